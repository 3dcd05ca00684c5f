/** Labels of runs of every kind, and of everything made for them. */
import { isLabelValue } from "../runtime/schema/object-meta.js";

export const labels = {
  taskId: "orchestrator.io/task-id",
  service: "orchestrator.io/service",
  agent: "orchestrator.io/agent",
  priority: "orchestrator.io/priority",
} as const;

/** The same facts under the names of the first design, which people's selectors use. */
export const plainLabels = { taskId: "task-id", service: "service", priority: "priority" } as const;

/** What labels tell of a run; `unknown`, since admission reads them from what may be malformed. */
export type LabelFacts = Readonly<Partial<Record<keyof typeof labels, unknown>>>;

/** Label by label; a fact that isn't there, or that no label can tell, gives none. */
export function runLabels(facts: LabelFacts): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [fact, names] of labelNames) {
    const value = facts[fact];
    const text = typeof value === "number" || typeof value === "string" ? String(value) : "";
    if (text === "" || !isLabelValue(text)) continue;
    for (const name of names) found[name] = text;
  }
  return found;
}

const plain: Readonly<Partial<Record<keyof typeof labels, string>>> = plainLabels;

/** Both names of each fact. */
const labelNames = (Object.keys(labels) as (keyof typeof labels)[]).map((fact) => {
  const other = plain[fact];
  return [fact, [labels[fact], ...(other === undefined ? [] : [other])]] as const;
});
