/** The cloud adapters of the composition root, loaded on first use. */
import path from "node:path";
import type { AttestationSources } from "../core/attestation.ts";
import type { Clock, CloudApi, PhalaCli } from "../core/ports.ts";
import type { Redactor } from "../core/redact.ts";
import type { Connection } from "../core/settings.ts";
import type { Stopwatch, Wait } from "../core/stopwatch.ts";
import type { Reporter } from "../output/reporter.ts";
import { createAttestationSources } from "../platform/attestation/sources.ts";
import { createHttpClient, type HttpClient } from "../platform/net/http.ts";
import { createCloudApi } from "../platform/phala/api.ts";
import { createPhalaCli } from "../platform/phala/cli.ts";
import { createSpawntee } from "../platform/spawntee/client.ts";
import { pricesOf } from "../runners/price.ts";
import type { AttestationOrigin, Ports } from "../session/dependencies.ts";
import type { Ledger } from "../workflow/ledger.ts";

type CloudOptions = {
  readonly env: NodeJS.ProcessEnv;
  readonly clock: Clock;
  readonly reporter: Reporter;
  readonly redactor: Redactor;
  readonly stopwatch: Stopwatch;
  readonly ledger: Ledger;
  /** The built src/platform/phala/preload.ts. */
  readonly preload: string;
};

export type CloudAdapters = {
  connect(connection: Connection): Ports;
  attestationSources(from: AttestationOrigin): AttestationSources;
  close(): Promise<void>;
};

export function createCloudAdapters(options: CloudOptions): CloudAdapters {
  const { env, clock, reporter, redactor, stopwatch, ledger, preload } = options;
  const client = createHttpClient(env);
  const http = timedHttp(client, stopwatch, "api");
  const clis: PhalaCli[] = [];
  const onDetail = (message: string): void => reporter.emit({ type: "detail", message });
  // Adapters truncate long responses: half a secret would escape the reporter's redaction.
  const redact = (text: string): string => redactor.redact(text);
  return {
    connect: ({ phalaApiUrl: apiUrl, phalaApiKey: apiKey, phalaBin: bin }) => {
      const shared = { apiUrl, apiKey, http, clock, onDetail, redact };
      const cli = createPhalaCli({ ...shared, bin, env, preload, stopwatch });
      clis.push(cli);
      return {
        cli,
        api: pricing(createCloudApi(shared), ledger),
        spawntee: createSpawntee(timedHttp(client, stopwatch, "cloud"), clock, redact),
      };
    },
    attestationSources: ({ phalaApiUrl: apiUrl, phalaApiKey: apiKey, collateralUrl, stateDir }) => {
      const cacheDir = path.join(stateDir, "collateral");
      return createAttestationSources({
        apiUrl,
        apiKey,
        collateralUrl,
        cacheDir,
        http,
        clock,
        onDetail,
      });
    },
    async close() {
      await Promise.all(clis.map((cli) => cli.expectRuns(0)));
      await client.close();
    },
  };
}

function timedHttp(http: HttpClient, stopwatch: Stopwatch, part: Wait): HttpClient {
  return { ...http, send: (...what) => stopwatch.measure(part, () => http.send(...what)) };
}

/** Records prices for the list of CVMs that are left behind. */
const pricing = (api: CloudApi, ledger: Ledger): CloudApi => ({
  ...api,
  async instanceTypes(signal) {
    const types = await api.instanceTypes(signal);
    ledger.learnPrices(pricesOf(types));
    return types;
  },
});
