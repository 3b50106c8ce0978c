/** What the sizes mean, with the orchestrator's own arithmetic. */

export type Sizing = { readonly models: number; readonly newRunnerAt: number };

export function sizing(
  memoryMb: number,
  memoryPerModelMb: number,
  provisionFactor: number,
): Sizing {
  const models = Math.floor(memoryMb / memoryPerModelMb);
  return { models, newRunnerAt: Math.max(1, Math.floor(models * provisionFactor)) };
}

/** `4096 MB at 1024 MB per model: 4 models, a new runner at 3`. */
export function describeSizing(
  memoryMb: number,
  memoryPerModelMb: number,
  provisionFactor: number,
): string {
  const { models, newRunnerAt } = sizing(memoryMb, memoryPerModelMb, provisionFactor);
  const plural = models === 1 ? "1 model" : `${models} models`;
  return `${memoryMb} MB at ${memoryPerModelMb} MB per model: ${plural}, a new runner at ${newRunnerAt}`;
}
