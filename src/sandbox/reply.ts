/** Answers to requests, and refusals of the API. */

export type Reply = {
  readonly status: number;
  readonly json?: unknown;
  /** Sent verbatim, instead of the JSON. */
  readonly text?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
};

export const ok = (json: unknown): Reply => ({ status: 200, json });

/** An error in FastAPI's form. */
export const failure = (status: number, detail: unknown): Reply => ({ status, json: { detail } });

export class Refusal extends Error {
  readonly status: number;
  readonly body: unknown;

  constructor(status: number, body: unknown) {
    super(`HTTP ${status}`);
    this.status = status;
    this.body = body;
  }
}

/** 422, in FastAPI's form. */
export const invalid = (loc: readonly string[], msg: string, type: string): Refusal =>
  new Refusal(422, { detail: [{ loc, msg, type }] });

/** The body of a business error. */
export function structured(
  code: string,
  message: string,
  suggestions: readonly string[] = [],
): unknown {
  return { detail: { error_code: code, message, details: [], suggestions, links: [] } };
}

export function nameTaken(name: string): Refusal {
  const message = `A CVM with the name "${name}" already exists in this workspace`;
  return new Refusal(409, structured("ERR-01-004", message, ["Choose another name"]));
}
