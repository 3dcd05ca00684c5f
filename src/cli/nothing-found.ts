import type { ReadRuns } from "./manifest-files.js";
import type { Source } from "./sources.js";

/**
 * Why there is no run in what was named: one line with the remedy. A check of nothing must not look like a success.
 *
 * @param verb what was to be done
 * @param read what is in the sources, as far as it is known
 */
export function whyNothing(
  verb: "check" | "convert" | "render",
  names: readonly string[],
  sources: readonly Source[],
  read: readonly ReadRuns[] = [],
): string {
  const named = names.map((name) => (name === "-" ? "standard input" : name)).join(", ");
  const nothing = `error: nothing to ${verb}`;
  if (sources.length === 0) return `${nothing}: ${named} has no files that end in .yaml, .yml or .json`;
  if (sources.every(({ text }) => text.trim() === "")) return `${nothing}: ${named} is empty`;
  const older = read.reduce((sum, each) => sum + each.older, 0);
  if (older > 0)
    return `${nothing}: all runs belong to older API groups or versions; convert them first: orchestrator convert -f ${names.join(" -f ")}`;
  const groups = verb === "convert" ? "a group that it knows" : "orchestrator.io/v1";
  const kinds = verb === "check" ? "TaskRun, CodeRun, DocsRun or Budget" : "TaskRun, CodeRun or DocsRun";
  return `${nothing}: ${named} has no ${kinds} of ${groups}`;
}
