/** The answer of `sandbox`, given when it is up. */
export type SandboxResult = {
  readonly ok: true;
  readonly command: "sandbox";
  /** `http://127.0.0.1:PORT`; the API is below it, at `/api/v1`. */
  readonly url: string;
  /** Gateway template. */
  readonly gateway_url: string;
  readonly api_key: string;
  /** To export, for `tee-cluster` and `phala`. */
  readonly variables: Readonly<Record<string, string>>;
};
