/** What the stand-in answers to a request. */

export type Reply = {
  readonly status: number;
  readonly json?: unknown;
  /** In place of the JSON, as it is. */
  readonly text?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
};

export const ok = (json: unknown): Reply => ({ status: 200, json });

/** An error in FastAPI's form. */
export const failure = (status: number, detail: unknown): Reply => ({ status, json: { detail } });
