/** Labels of runs of every kind, and of the objects created for them. */
import { isLabelValue } from "../runtime/schema/object-meta.js";

export const labels = {
  taskId: "orchestrator.io/task-id",
  service: "orchestrator.io/service",
  agent: "orchestrator.io/agent",
  priority: "orchestrator.io/priority",
} as const;

/** Former names of these labels, which users' selectors may contain. */
export const plainLabels = { taskId: "task-id", service: "service", priority: "priority" } as const;

/** The values of a run's labels; `unknown`, since admission reads them from objects that may be malformed. */
export type LabelFacts = Readonly<Partial<Record<keyof typeof labels, unknown>>>;

/** The labels of a run, by name. Values that are absent or not valid as a label are omitted. */
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

/** The names of the labels that have each value. */
const labelNames = (Object.keys(labels) as (keyof typeof labels)[]).map((fact) => {
  const other = plain[fact];
  return [fact, [labels[fact], ...(other === undefined ? [] : [other])]] as const;
});

/** Annotation of kubectl's: the whole object as it was applied last, a second time. */
export const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";
