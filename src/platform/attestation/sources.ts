/** Evidence of a CVM, from Phala's API and from the CVM's port 8090; the environment key's signature. */
import * as z from "zod";
import type {
  AttestationSources,
  Shown,
  ShownEvidence,
  Unavailable,
} from "../../core/attestation.ts";
import {
  collateralSource,
  type CollateralOptions,
  fetchEvidence,
  type FetchOptions,
} from "./collateral.ts";
import { parseJson } from "../../lib/json.ts";

const API_VERSION = "2026-01-21";

export type SourceOptions = FetchOptions &
  CollateralOptions & {
    /** Without `/api/v1`. */
    readonly apiUrl: string;
    readonly apiKey: string;
  };

const logEvent = z.object({
  imr: z.number(),
  event_type: z.number(),
  event: z.string(),
  event_payload: z.string(),
});
const tcbInfo = z.object({ event_log: z.array(logEvent), app_compose: z.string() });
const certificate = z.object({ quote: z.string().nullish() });
const apiAnswer = z.object({
  error: z.string().nullish(),
  app_certificates: z.array(certificate).nullish(),
  tcb_info: tcbInfo.nullish(),
});
/** `tcb_info` is JSON within JSON, and empty without `public_tcbinfo`. */
const guestAnswer = z.object({ app_cert: z.string(), tcb_info: z.union([z.string(), tcbInfo]) });
const keyAnswer = z.object({ public_key: z.string(), signature: z.string().nullish() });

export function createAttestationSources(options: SourceOptions): AttestationSources {
  const { apiUrl, apiKey } = options;
  const headers = { "x-api-key": apiKey, "x-phala-version": API_VERSION };
  const fromApi = (path: string, signal: AbortSignal): ReturnType<typeof fetchEvidence> =>
    fetchEvidence(options, { url: `${apiUrl}/api/v1${path}`, headers }, signal);
  return {
    async fromApi(cvmId, signal) {
      const fetched = await fromApi(`/cvms/${encodeURIComponent(cvmId)}/attestation`, signal);
      return "answer" in fetched ? apiEvidence(fetched.answer.text) : noneFromApi(fetched);
    },
    async fromCvm(url, signal) {
      // Before dstack 0.5 the method had the service's name.
      const first = await fetchEvidence(options, { url: `${url}/prpc/Info` }, signal);
      const fetched =
        "answer" in first || first.passing
          ? first
          : await fetchEvidence(options, { url: `${url}/prpc/Worker.Info` }, signal);
      return "answer" in fetched ? guestEvidence(fetched.answer.text) : noneFromCvm(fetched);
    },
    collateral: collateralSource(options),
    async envKey(appId, signal) {
      const fetched = await fromApi(`/kms/phala/pubkey/${appId}`, signal);
      if (!("answer" in fetched)) return noSignature(fetched);
      const parsed = keyAnswer.safeParse(parseJson(fetched.answer.text));
      if (!parsed.success) return noSignature(lasting("the answer is not readable"));
      const { public_key: publicKey, signature } = parsed.data;
      return { kind: "shown", value: { publicKey, signature: signature ?? undefined } };
    },
  };
}

const unavailable =
  (what: string) =>
  ({ reason, passing }: Unavailable): Shown<never> => ({
    kind: "unavailable",
    reason: `${what}: ${reason}`,
    passing,
  });
const noneFromApi = unavailable("the API shows no evidence");
const noneFromCvm = unavailable("the CVM itself shows no evidence");
const noSignature = unavailable("no signature of the environment key");

const lasting = (reason: string): Unavailable => ({ reason, passing: false });

function apiEvidence(text: string): Shown<ShownEvidence> {
  const parsed = apiAnswer.safeParse(parseJson(text));
  if (!parsed.success) return noneFromApi(lasting("its answer is not readable"));
  const { app_certificates: certificates, tcb_info: info, error } = parsed.data;
  const quote = certificates?.find((one) => one.quote)?.quote;
  // The API lags behind the CVM.
  if (!quote) return noneFromApi({ reason: error ?? "no certificate with a quote", passing: true });
  return { kind: "shown", value: { from: "api", quote, ...logged(info) } };
}

function guestEvidence(text: string): Shown<ShownEvidence> {
  const parsed = guestAnswer.safeParse(parseJson(text));
  if (!parsed.success) return noneFromCvm(lasting("its answer is not readable"));
  const { app_cert: certificates, tcb_info: shown } = parsed.data;
  const info = tcbInfo.safeParse(typeof shown === "string" ? parseJson(shown) : shown).data;
  return { kind: "shown", value: { from: "cvm", certificates, ...logged(info) } };
}

const logged = (
  info: z.infer<typeof tcbInfo> | null | undefined,
): Pick<ShownEvidence, "eventLog" | "appCompose"> => ({
  eventLog: info?.event_log,
  appCompose: info?.app_compose,
});
