/** The answer of `sandbox`, given when it is up. */
export type SandboxResult = {
  readonly ok: true;
  readonly command: "sandbox";
  readonly running: boolean;
  /** `http://127.0.0.1:PORT`; the API is below it, at `/api/v1`. Null where none runs, as all that follows. */
  readonly url: string | null;
  /** Gateway template. */
  readonly gateway_url: string | null;
  readonly api_key: string | null;
  /** Empty where none runs. To export, for `tee-cluster` and `phala`. */
  readonly variables: Readonly<Record<string, string>>;
};
