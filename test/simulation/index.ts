/** What the suite's tests use of the bundle. */
export { historyOf, QUIET } from "./generate.ts";
export { PLANTED } from "./planted.ts";
export { brokenPromises, readHistory, renderHistory, shortHistory } from "./render.ts";
export { brokenBy, shrinkBug } from "./search.ts";
export { Simulation } from "./simulate.ts";
