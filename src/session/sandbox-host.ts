/** In place of a host, for the state of the embedded sandbox: its port may be another one each time. */
export const SANDBOX_HOST = "sandbox";
