/** What the list shows. Filters live in the page's URL, so that a link, a reload and the back button keep them. */
import { kindOf } from "./kinds.js";
import type { RunSummary } from "../server/generated/rest.js";

export interface Filters {
  /** Empty: all. */
  readonly namespace: string;
  readonly kinds: readonly string[];
  readonly phases: readonly string[];
  readonly service: string;
  readonly task: string;
  /** Words that have to occur in a row, in any column and order. */
  readonly text: string;
}

export const noFilters: Filters = { namespace: "", kinds: [], phases: [], service: "", task: "", text: "" };

/** In the order of a run's life. */
export const phases = ["Pending", "Running", "Succeeded", "Failed", "Cancelled"] as const;

/** Characters of a filter; what a URL has beyond them is ignored. */
const maxLength = 253;

/** The filters in a query. Unknown kinds and phases are ignored. */
export function filtersFrom(query: string): Filters {
  const parameters = new URLSearchParams(query);
  const text = (name: string): string => (parameters.get(name) ?? "").slice(0, maxLength);
  return {
    namespace: text("namespace"),
    kinds: [...new Set(parameters.getAll("kind").flatMap((word) => kindOf(word)?.word ?? []))],
    phases: phases.filter((phase) => parameters.getAll("phase").includes(phase)),
    service: text("service"),
    task: text("task"),
    text: text("text"),
  };
}

/** The query of filters, with `?`; empty without any. */
export function queryOf(filters: Filters): string {
  const query = new URLSearchParams();
  if (filters.namespace !== "") query.set("namespace", filters.namespace);
  for (const kind of filters.kinds) query.append("kind", kind);
  for (const phase of filters.phases) query.append("phase", phase);
  for (const name of ["service", "task", "text"] as const) if (filters[name] !== "") query.set(name, filters[name]);
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}

/** A test of runs by all filters except those that the server applies: namespace and kinds. */
export function matcherOf(filters: Filters): (run: RunSummary) => boolean {
  const words = filters.text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
  const wanted = new Set(filters.phases);
  return (run) => {
    if (wanted.size > 0 && !wanted.has(run.phase)) return false;
    if (filters.service !== "" && run.service !== filters.service) return false;
    if (filters.task !== "" && String(run.task ?? "") !== filters.task) return false;
    if (words.length === 0) return true;
    const row = rowText(run);
    return words.every((word) => row.includes(word));
  };
}

/** All that a row shows, in lower case. */
function rowText({ kind, namespace, name, task, service, agent, phase, reason }: RunSummary): string {
  return [kind, namespace, name, task ?? "", service ?? "", agent ?? "", phase, reason ?? ""].join("\n").toLowerCase();
}

/** A value added to a list that lacks it, or removed from one that has it. */
export function toggled(values: readonly string[], value: string): readonly string[] {
  return values.includes(value) ? values.filter((each) => each !== value) : [...values, value];
}
