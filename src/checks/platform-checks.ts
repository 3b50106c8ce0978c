/** Checks of the CLI, the key and the account: they need no cluster. */
import { failed, passed, skipped, type Check } from "./check.ts";
import type { Facts } from "../session/facts.ts";

/** The version that everything here was measured with; older ones are not known to work. */
export const PHALA_VERSION_SEEN = "1.1.18";
export const INSTALL = `npm install -g phala@${PHALA_VERSION_SEEN}`;

export const platformChecks: readonly Check<Facts>[] = [
  {
    id: "phala-cli",
    title: "Phala CLI installed",
    severity: "error",
    needs: ["phalaBin"],
    after: ["proxy"],
    async run({ version: ask, connection }) {
      const version = await ask();
      if (version.kind === "missing")
        return failed(version.message, `${INSTALL}, or name it with --phala-bin`);
      if (version.kind !== "ok")
        return failed(`${connection.phalaBin}: ${version.message}`, INSTALL);
      const found = `${connection.phalaBin} ${version.value}`;
      if (compareVersions(version.value, PHALA_VERSION_SEEN) < 0)
        return failed(`${found}, needed is ${PHALA_VERSION_SEEN} or newer`, INSTALL);
      return passed(found);
    },
  },
  {
    id: "phala-login",
    title: "Phala CLI logged in",
    severity: "error",
    needs: ["phalaBin", "phalaApiKey", "phalaApiUrl"],
    after: ["proxy"],
    async run({ cli, version, account, signal, loginByKey }) {
      if (await loginByKey()) {
        const known = await account().catch(() => undefined);
        signal.throwIfAborted();
        if (known) return passed(`as ${known.username}, by the key that phala gets`);
        return skipped("needs: Phala API key accepted");
      }
      // The exit code is 0 without a key too: only JSON with a username counts.
      const [login, { kind }] = await Promise.all([cli.login(signal), version()]);
      if (kind === "missing") return skipped("needs: Phala CLI installed");
      if (login.kind === "ok") return passed(`as ${login.value.username}`);
      // Trouble on the way, or with the key, is the business of api-key, which names its cause.
      const isReached = await account().then(
        () => true,
        () => false,
      );
      signal.throwIfAborted();
      if (!isReached) return skipped("needs: Phala API key accepted");
      return failed(login.message, "put a valid key into PHALA_API_KEY");
    },
  },
  {
    id: "api-key",
    title: "Phala API key accepted",
    severity: "error",
    needs: ["phalaApiKey", "phalaApiUrl"],
    after: ["proxy"],
    async run({ account }) {
      const { username, workspace } = await account();
      return passed(workspace === "" ? username : `${username}, workspace ${workspace}`);
    },
  },
  {
    id: "credit",
    title: "Account has credit",
    severity: "error",
    needs: ["phalaApiKey", "phalaApiUrl"],
    after: ["api-key"],
    async run({ account }) {
      const { creditUsd, postPaid } = await account();
      if (postPaid) return passed("paid afterwards");
      if (creditUsd === null) return skipped("the API does not say");
      if (creditUsd > 0) return passed(`$${creditUsd.toFixed(2)}`);
      return failed(
        `$${creditUsd.toFixed(2)} left: no CVM can be created`,
        "add credit: https://cloud.phala.com/dashboard",
      );
    },
  },
  {
    id: "clock",
    title: "Clock agrees with the platform's",
    severity: "warning",
    needs: ["phalaApiKey", "phalaApiUrl"],
    after: ["proxy"],
    async run({ api, account, signal }) {
      // Every answer has the time, a refusal too; that there is none is the business of api-key.
      await account().catch(() => signal.throwIfAborted());
      const skew = api.serverClock.skewMs();
      if (skew === null) return skipped("the API does not say the time");
      const seconds = Math.round(Math.abs(skew) / 1000);
      if (seconds <= 60) return passed(`${seconds}s apart`);
      return failed(
        `${seconds}s apart: signed requests may be refused, and the age of CVMs is wrong`,
        "set the clock, with NTP",
      );
    },
  },
];

/** Below 0: `a` is older than `b`; 0: the same. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => text.split(".").map(Number));
  const at = (left ?? []).findIndex((part, index) => part !== right?.[index]);
  return at === -1 ? 0 : (left?.[at] ?? 0) - (right?.[at] ?? 0);
}
