/** What the suite's tests use of the bundle. */
export { historyOf } from "./generate.ts";
export { QUIET } from "./history.ts";
export { PLANTED } from "./planted.ts";
export { brokenPromises, readHistory, renderHistory, shortHistory } from "./render.ts";
export { brokenBy, plantOf, shrinkBug } from "./search.ts";
export { Simulation } from "./simulate.ts";
