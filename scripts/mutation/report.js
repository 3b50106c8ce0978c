/** What the log of a module's run says of its mutants. */

const idsOf = (entries, kind) => new Set(entries.flatMap((entry) => entry[kind] ?? []));

/** A mutant whose kill could not be told from what others left behind, and that was not tried alone yet. */
export function toTryAlone(entries) {
  const tried = new Set(
    ["killed", "timeout", "survived"].flatMap((kind) => [...idsOf(entries, kind)]),
  );
  return [...idsOf(entries, "alone")].find((id) => !tried.has(id));
}

/** @returns the mutants by what became of them, and the score: killed or timed out, in percent of all but the fixed ones */
export function verdictsOf(mutants, entries) {
  const [killed, timeout, fixed] = ["killed", "timeout", "fixed"].map((kind) =>
    idsOf(entries, kind),
  );
  const reached = new Set(entries.flatMap(({ look }) => Object.keys(look?.reached ?? {})));
  const verdictOf = ({ id }) => {
    if (killed.has(id)) return "killed";
    if (timeout.has(id)) return "timeout";
    if (reached.has(id)) return "survived";
    // Part of a constant that is made while the module loads: only a new process would activate it.
    return fixed.has(id) ? "fixed" : "unreached";
  };
  const of = (verdict) => mutants.filter((mutant) => verdictOf(mutant) === verdict);
  const dead = of("killed").length + of("timeout").length;
  const all = mutants.length - of("fixed").length;
  return {
    dead,
    all,
    score: (100 * dead) / all,
    timeouts: of("timeout").length,
    fixed: of("fixed"),
    survivors: [...of("survived"), ...of("unreached")],
    unreached: of("unreached"),
  };
}

const oneLine = (text) =>
  (text.length > 100 ? `${text.slice(0, 99)}…` : text).replaceAll(/\s+/g, " ");

/** The module's score, and a line per survivor. */
export function render({ module, seconds, verdicts }) {
  const { dead, all, score, timeouts, fixed, survivors, unreached } = verdicts;
  const lines = survivors.map((mutant) => {
    const { fileName, location, mutatorName, replacement } = mutant;
    const place = `${fileName}:${location.start.line + 1}:${location.start.column + 1}`;
    const how = unreached.includes(mutant) ? " (no test reaches it)" : "";
    return `  ${place} ${mutatorName} -> ${oneLine(replacement)}${how}`;
  });
  const head = `${module.name}: ${dead} of ${all} killed (${score.toFixed(1)} %), ${timeouts} of them by time, ${fixed.length} in constants not tried, ${seconds.toFixed(0)} s`;
  return [head, ...lines].join("\n");
}
