/** What the steps need of the outside world. Adapters implement it; `cli/dependencies.ts` hands them in. */
import type { CvmSettings } from "./settings.ts";
import type { AppCompose } from "./compose-hash.ts";
import type { SignedEnvKey } from "./attestation.ts";
import type { Cvm } from "./domain.ts";
import type { ClusterError } from "../errors/cluster-error.ts";

/**
 * The answer to "is it there?". `unknown` is what a 401, a 5xx, a time-out or half a body means, and it is
 * never treated as `absent`: a second registry has been created that way.
 */
export type Lookup<T> =
  | { readonly kind: "present"; readonly value: T }
  | { readonly kind: "absent" }
  | {
      readonly kind: "unknown";
      readonly reason: string;
      /** The same with the code of its cause and what helps, where an adapter knows it. */
      readonly error?: ClusterError | undefined;
      /** The API refuses the key (401, 403): asking again won't help. */
      readonly refusal?: ClusterError | undefined;
    };

export type Account = {
  readonly username: string;
  readonly workspace: string;
  /** The platform's id of it; null where the API does not say. */
  readonly workspaceId: string | null;
  /** Spendable credit in USD, or null where the API does not say or the workspace pays afterwards. */
  readonly creditUsd: number | null;
  readonly postPaid: boolean;
};

export type PlatformNode = {
  readonly id: number;
  readonly name: string;
  readonly region: string | null;
  readonly listed: boolean;
};

export type InstanceType = {
  readonly id: string;
  readonly vcpu: number;
  readonly memoryMb: number;
  /** USD per hour, as the API's decimal text. */
  readonly hourlyRate: string;
  readonly requiresGpu: boolean;
};

/** `done` only on the platform's own clear word; words that nobody knows are `unknown`, which is not success. */
export type OperationState = "done" | "failed" | "running" | "unknown";

/** One entry of a CVM's operations list: the evidence that an update happened and finished. */
export type CvmOperation = {
  /** Made of its start where the platform gives it no id; null where it tells neither. */
  readonly correlationId: string | null;
  /** `create`, `compose_update`, `power_on`, … */
  readonly type: string;
  /** The platform's word, for people. */
  readonly status: string;
  /** What it means, computed in one place. */
  readonly state: OperationState;
  /** ISO 8601, UTC. */
  readonly startedAt: string | null;
  readonly completedAt: string | null;
  readonly errorMessage: string | null;
  readonly composeHash: string | null;
};

/** What tells a CVM from all others; `name` is empty where the API says none. */
export type CvmIdentity = Pick<Cvm, "name" | "appId" | "vmUuid">;

/** Which CVMs of an account are wanted. */
export type CvmFilter = {
  /** Only those are held in memory; absent: all. Called for every CVM of the account. */
  readonly keep?: (cvm: CvmIdentity) => boolean;
  /** A text in the names of what is wanted: lets the server confirm the list cheaply. It never narrows the answer. */
  readonly search?: string;
};

/** `not-offered`: the CVM is there, and this platform keeps no list of its operations. */
export type OperationsLookup = Lookup<readonly CvmOperation[]> | { readonly kind: "not-offered" };

/** The true time is within `uncertaintyMs` of `ms` (since the epoch). */
export type ServerTime = { readonly ms: number; readonly uncertaintyMs: number };

/**
 * The platform's time: the median of its last answers, carried on by the monotonic clock. Machines that share a
 * cluster agree on it, whatever their own clocks say. Null before the first answer that has a Date.
 */
export type ServerClock = {
  now(): ServerTime | null;
  /** Server time minus this machine's wall clock, now; for what was recorded by that clock. */
  skewMs(): number | null;
};

/**
 * Read-only client of Phala's REST API. `Lookup` methods never throw for what the server does; list methods
 * throw a ClusterError (kind `platform`, or `prerequisite` for 401/403) because an incomplete list is no list.
 * All throw the signal's reason when aborted.
 */
export type CloudApi = {
  /** Host and port of the API: state is kept apart by it. */
  readonly host: string;
  account(signal: AbortSignal): Promise<Account>;
  /** By exact name, app_id or vm_uuid. */
  findCvm(id: string, signal: AbortSignal): Promise<Lookup<Cvm>>;
  /**
   * Every page, until two passes agree (or their union): several CVMs of one name or one app_id are each in it.
   * Callers match exact names.
   */
  listCvms(signal: AbortSignal, filter?: CvmFilter): Promise<readonly Cvm[]>;
  /**
   * Read strictly: a text that Python and JavaScript hash differently is `unknown` (`app-compose-ambiguous`). With
   * `composeHash`, the measured text of the attestation counts where the API's file does not have that hash.
   */
  appCompose(id: string, signal: AbortSignal, composeHash?: string): Promise<Lookup<AppCompose>>;
  /** Newest first, the first page. */
  operations(id: string, signal: AbortSignal): Promise<OperationsLookup>;
  nodes(signal: AbortSignal): Promise<readonly PlatformNode[]>;
  instanceTypes(signal: AbortSignal): Promise<readonly InstanceType[]>;
  readonly serverClock: ServerClock;
};

export type EnvironmentVariable = { readonly name: string; readonly value: string };

/** What a CVM is to run. */
export type Deployment = {
  readonly composeText: string;
  /** In this order they become `allowed_envs`. Of an update the whole: whatever is not here is gone afterwards. */
  readonly environment: readonly EnvironmentVariable[];
};

export type CreateCvmRequest = CvmSettings &
  Deployment & {
    readonly name: string;
    /** The platform's numeric node id; absent: the platform chooses. */
    readonly nodeId?: number | undefined;
  };

export type UpdateCvmRequest = Deployment & { readonly cvmId: string };

/** How a query of the `phala` CLI ended. `unclear`: killed, timed out, exit 0 without the JSON of a success, garbage. */
export type CliOutcome<T> =
  | { readonly kind: "ok"; readonly value: T }
  | { readonly kind: "refused"; readonly message: string }
  | { readonly kind: "unclear"; readonly message: string };

/** An error answer of the API in full; the CLI drops most of it. */
export type ApiError = {
  readonly status: number;
  /** `ERR-01-004`; null where the answer has none. */
  readonly code: string | null;
  readonly message: string;
  readonly details: readonly {
    readonly field: string | null;
    readonly value: unknown;
    readonly message: string | null;
  }[];
  readonly suggestions: readonly string[];
  readonly links: readonly { readonly url: string; readonly label: string | null }[];
};

/**
 * Why a mutation was not made. `busy`: the platform said "not now" (429, or 409 while another operation runs), so
 * that repeating it later is safe. `unexpected-request`: the CLI asked for something that its command does not need.
 * `stopped`: interrupted or timed out before the request was forwarded.
 */
export type RefusalReason =
  | "busy"
  | "name-taken"
  | "not-found"
  | "denied"
  | "redirected"
  | "unreachable"
  | "unsupported"
  | "unexpected-request"
  | "stopped"
  | "other";

/** Nothing was changed, for certain. */
export type Refused = {
  readonly kind: "refused";
  readonly message: string;
  readonly reason: RefusalReason;
  /** Null where the API was not what refused it. */
  readonly apiError: ApiError | null;
  /** What the API asked for before another try. */
  readonly retryAfterMs: number | null;
};

/** May or may not have happened; to be settled by the ids. */
export type Unclear = {
  readonly kind: "unclear";
  readonly message: string;
  /** Of a create: what the CVM is, if it exists. */
  readonly provisioned: Provisioned | null;
  /** Whether the request that changes the cloud was forwarded. False: the CLI claims a success that was not seen. */
  readonly committed: boolean;
  /** A create's commit was refused by the API, maybe for what it made itself: a load balancer repeated the request. */
  readonly conflict: Refused | null;
};

/** How a mutation ended, by what passed between the `phala` CLI and the API; its text and exit code do not decide. */
export type MutationOutcome<T> = { readonly kind: "ok"; readonly value: T } | Refused | Unclear;

export type CreatedCvm = {
  readonly name: string;
  readonly appId: string;
  readonly vmUuid: string | null;
  readonly composeHash: string;
};

/** The answer to a provisioning, the first request of a create: nothing exists or is paid for yet. */
export type Provisioned = {
  readonly appId: string;
  readonly composeHash: string;
  /** X25519 public key (hex) that the environment is sealed with; null where the answer has none. */
  readonly envKey: string | null;
};

/** An update that the API accepted. The id is that of its operation; null where the answer has none. */
export type AcceptedUpdate = { readonly correlationId: string | null };

/** The public key that the CLI is about to seal an environment with, as the API sent it. */
export type EnvKey = SignedEnvKey & {
  /** 40 hex digits. */
  readonly appId: string;
};

/** Called while the CLI waits for an answer; what a hook throws ends the call before it can change anything. */
export type DeployHooks = {
  /** Before the CLI gets the key: after a throw it never does, nothing is sealed or sent, and the call rethrows. */
  readonly onEnvKey?: (key: EnvKey) => Promise<void>;
  /** Of a create, right before the request that makes the CVM is forwarded. */
  readonly onProvisioned?: (provisioned: Provisioned) => Promise<void>;
  /** Of an update, right before it is forwarded: starting the CLI takes a second or more, in which others act. */
  readonly onUpdate?: () => Promise<void>;
};

/** Which log, and how much of it. */
export type LogRequest = {
  /** app_id, or a name. */
  readonly cvmId: string;
  /** Null: the console of the CVM. */
  readonly container: string | null;
  /** Lines from the end. */
  readonly tail: number;
  /** What the container wrote to stderr too. */
  readonly stderr: boolean;
  /** RFC 3339, or relative: `42m`. */
  readonly since: string | undefined;
};

/** What only looks. */
export type PhalaQueries = {
  /** The program's absolute path, links not followed; undefined where there is none. */
  locate(): Promise<string | undefined>;
  /** `phala --version`, as `1.1.18`. `missing`: no such program. */
  version(
    signal: AbortSignal,
  ): Promise<CliOutcome<string> | { readonly kind: "missing"; readonly message: string }>;
  /**
   * `phala logs`: its lines, redacted, oldest first. With `onLine` it follows until the signal is aborted, and each
   * line is handed on as it comes.
   */
  logs(
    request: LogRequest,
    signal: AbortSignal,
    onLine?: (line: string) => void,
  ): Promise<CliOutcome<readonly string[]>>;
  /**
   * Whether it is the npm package, and a run of it can begin: `login` would then say no more of the key than Phala's
   * API does, which costs no start.
   */
  isReady(): Promise<boolean>;
  /**
   * So many runs of it are certain to follow in this command (0: none). Each is started, and loads its libraries, while
   * the one before it or the cloud is waited for; it learns what it is to do when it is called. Never fails.
   * @returns when one is started; with 0, when none is left.
   */
  expectRuns(count: number): Promise<void>;
  /** Logged in means JSON with a username: the exit code is 0 without a key too. */
  login(signal: AbortSignal): Promise<CliOutcome<{ readonly username: string }>>;
};

/**
 * What changes the cloud. Only `workflow/mutations.ts` calls these: it puts the intent on disk first. None throws for
 * an aborted signal: what was forwarded by then is waited for, and the outcome says what came of it.
 */
export type PhalaMutations = {
  createCvm(
    request: CreateCvmRequest,
    signal: AbortSignal,
    hooks?: DeployHooks,
  ): Promise<MutationOutcome<CreatedCvm>>;
  /** The first half of a create, which changes nothing: the commit is withheld. */
  provisionCvm(
    request: CreateCvmRequest,
    signal: AbortSignal,
    hooks?: DeployHooks,
  ): Promise<MutationOutcome<Provisioned>>;
  updateCvm(
    request: UpdateCvmRequest,
    signal: AbortSignal,
    hooks?: DeployHooks,
  ): Promise<MutationOutcome<AcceptedUpdate>>;
  /** `ok`: accepted; the deletion itself is asynchronous. */
  deleteCvm(cvmId: string, signal: AbortSignal): Promise<MutationOutcome<void>>;
};

export type PhalaCli = PhalaQueries & PhalaMutations;

/** What a CVM's spawntee answered on `/health` or `/capacity`, or why there was no answer. */
export type SpawnteeAnswer<T> =
  | { readonly kind: "answered"; readonly value: T }
  /** Something else answered: another status code, HTML, no JSON. */
  | { readonly kind: "other"; readonly detail: string }
  | { readonly kind: "silent"; readonly detail: string };

export type Health = {
  readonly status: string;
  readonly service: string | null;
  readonly mode: string | null;
  /** Seconds since the service started, where it says so. */
  readonly uptimeSeconds: number | null;
};

export type Capacity = {
  readonly acceptingNewModels: boolean;
  readonly runningModels: number | null;
  readonly totalMemoryMb: number | null;
};

export type ApproveHashAnswer =
  | { readonly kind: "approved" }
  /** The registry has no such endpoint (404): an older one. */
  | { readonly kind: "not-offered" }
  | { readonly kind: "refused"; readonly detail: string }
  | { readonly kind: "unclear"; readonly detail: string };

/** What `GET /tasks` answered: a list (200), 401, anything else of HTTP, or nothing. */
export type TasksProbe =
  | { readonly kind: "listed" | "unauthorized" }
  | { readonly kind: "other" | "silent"; readonly detail: string };

/** The spawntee service behind the gateway of one CVM, as far as it only tells. `url` is its base, without a path. */
export type SpawnteeQueries = {
  health(url: string, signal: AbortSignal): Promise<SpawnteeAnswer<Health>>;
  capacity(url: string, signal: AbortSignal): Promise<SpawnteeAnswer<Capacity>>;
  /** Whether `/debug/exec`, which runs commands for anybody, is there. Asked without a command. */
  debugEndpoint(url: string, signal: AbortSignal): Promise<"closed" | "open" | "unknown">;
  /** `GET /tasks`, which the orchestrator needs on every CVM: signed where a key (PEM text) is given. */
  tasks(url: string, signal: AbortSignal, privateKeyPem?: string): Promise<TasksProbe>;
};

/** What changes a registry: as with `PhalaMutations`, only `workflow/mutations.ts` calls it. */
export type SpawnteeMutations = {
  /** `POST /registry/approve-hash`, signed with the coordinator's RSA key (PEM text) again at every call. */
  approveHashes(
    url: string,
    hashes: readonly string[],
    privateKeyPem: string,
    signal: AbortSignal,
  ): Promise<ApproveHashAnswer>;
};

export type Spawntee = SpawnteeQueries & SpawnteeMutations;

/** How requests to one address leave this machine. A proxy is named without its credentials. */
export type ProxyRoute =
  | { readonly kind: "direct" }
  /** A proxy is set, and NO_PROXY (or that it is this machine) exempts the address. */
  | { readonly kind: "exempt"; readonly proxy: string }
  | { readonly kind: "proxied"; readonly proxy: string; readonly credentials: boolean };

/** Time as the steps see it. */
export type Clock = {
  /** Wall clock, ms since the epoch: for records, never for limits. */
  now(): number;
  /** Monotonic ms: a clock change does not move it. */
  monotonic(): number;
  /** Resolves after `ms`; rejects with the signal's reason as soon as it is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** A signal that is aborted after `ms`; it does not keep the process alive. */
  deadline(ms: number): AbortSignal;
};
