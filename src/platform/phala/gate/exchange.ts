/** A request of the `phala` CLI and its result. */
import type {
  ApiError,
  CreateCvmRequest,
  DeployHooks,
  UpdateCvmRequest,
} from "../../../core/ports.ts";

/** What the CLI was started for, which determines the mutations that may pass. */
export type GateOperation =
  | { readonly kind: "create"; readonly request: CreateCvmRequest; readonly hooks: DeployHooks }
  /** A create whose commit is withheld. */
  | { readonly kind: "provision"; readonly request: CreateCvmRequest; readonly hooks: DeployHooks }
  | { readonly kind: "update"; readonly request: UpdateCvmRequest; readonly hooks: DeployHooks }
  | { readonly kind: "delete"; readonly cvmId: string }
  | { readonly kind: "read" };

/** `provision` is a POST that changes nothing by itself; `commit` creates, updates or deletes the CVM. */
export type Role = "read" | "provision" | "commit";

export type GateRequest = {
  readonly method: string;
  /** Without the gate's prefix and the query: `/cvms/provision`. */
  readonly path: string;
  /** With the question mark; empty if there is none. */
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

export type Answered = {
  readonly kind: "answered";
  readonly status: number;
  readonly text: string;
  /** Undefined if the body is not JSON. */
  readonly json: unknown;
  /** Null for a 2xx. */
  readonly error: ApiError | null;
  readonly retryAfterMs: number | null;
  readonly contentType: string;
};

/** Not forwarded. */
export type Withheld = {
  readonly kind: "withheld";
  readonly reason: "stopped" | "unexpected-request" | "unsupported" | "provision-only" | "hook";
  readonly message: string;
};

export type Result =
  | Answered
  /** No answer. `sent`: the request may have arrived; false: it certainly has not. */
  | { readonly kind: "failed"; readonly message: string; readonly sent: boolean }
  | Withheld;

export type Exchange = {
  readonly role: Role;
  readonly method: string;
  readonly path: string;
  readonly result: Result;
};

export const isSuccess = ({ status }: Answered): boolean => status >= 200 && status < 300;
