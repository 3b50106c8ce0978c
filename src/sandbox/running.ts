/** The running sandbox of a cloud's folder: how other processes of this user find and stop it. */
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { randomBytes } from "node:crypto";
import { request } from "node:http";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import * as z from "zod";

const ANSWER_MS = 2000;
const END_MS = 10_000;

const schema = z.object({
  apiUrl: z.string(),
  gatewayUrl: z.string(),
  apiKey: z.string(),
  pid: z.number(),
});

export type RunningSandbox = z.infer<typeof schema>;

const fileIn = (folder: string): string => path.join(folder, "server.json");

/** Private from its first byte: it contains the key. @returns a function that removes it. */
export async function announceRunning(
  folder: string,
  running: RunningSandbox,
): Promise<() => Promise<void>> {
  const file = fileIn(folder);
  const temporary = `${file}.${randomBytes(4).toString("hex")}`;
  await writeFile(temporary, JSON.stringify(running), { mode: 0o600, flag: "wx" });
  await rename(temporary, file);
  return async () => {
    // Another sandbox may have replaced it.
    if ((await readRunning(folder))?.pid === running.pid) await rm(file, { force: true });
  };
}

/** Undefined if none answers. */
export async function findRunning(folder: string): Promise<RunningSandbox | undefined> {
  const running = await readRunning(folder);
  return running && (await ask(running, "GET", "health")) ? running : undefined;
}

/** @returns whether one was running; it has ended when this resolves. */
export async function stopRunning(folder: string): Promise<boolean> {
  const running = await findRunning(folder);
  if (!running) return false;
  await ask(running, "POST", "stop");
  const end = performance.now() + END_MS;
  while (performance.now() < end && (await ask(running, "GET", "health"))) await delay(50);
  return true;
}

async function readRunning(folder: string): Promise<RunningSandbox | undefined> {
  try {
    const parsed = schema.safeParse(JSON.parse(await readFile(fileIn(folder), "utf8")));
    return parsed.data;
  } catch {
    return undefined;
  }
}

/** Not with `fetch`, which Node takes longer to load than the request takes. @returns whether it answers 200 in time. */
function ask({ apiUrl, apiKey }: RunningSandbox, method: string, what: string): Promise<boolean> {
  const signal = AbortSignal.timeout(ANSWER_MS);
  return new Promise((resolve) => {
    const options = { method, signal, headers: { "x-api-key": apiKey } };
    try {
      request(`${apiUrl}/__sandbox/${what}`, options, (answer) => {
        answer
          .once("error", () => resolve(false))
          .once("end", () => resolve(answer.statusCode === 200));
        answer.resume();
      })
        .once("error", () => resolve(false))
        .end();
    } catch {
      resolve(false);
    }
  });
}
