/** What the suite's tests use of the bundle. */
export { history } from "./history.ts";
export { PLANTED } from "./planted.ts";
export { brokenPromises, renderHistory } from "./render.ts";
export { Simulation } from "./simulate.ts";
