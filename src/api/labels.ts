/** Labels of runs of every kind, and of everything made for them. */
import { isLabelValue } from "../runtime/schema/objectmeta.js";

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
  const texts = Object.entries(facts).flatMap(([fact, value]): [string, string][] => {
    const text = typeof value === "number" || typeof value === "string" ? String(value) : "";
    return text !== "" && isLabelValue(text) ? [[fact, text]] : [];
  });
  return Object.fromEntries(
    [labels, plainLabels].flatMap((names: Readonly<Record<string, string>>) =>
      texts.flatMap(([fact, text]) => {
        const label = names[fact];
        return label === undefined ? [] : [[label, text]];
      }),
    ),
  );
}
