/** The answer to a request. */

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
