/** The kind Budget: what several runs may spend together in a period. */
import type { KubernetesObject, ObjectKey, ObjectMeta } from "../runtime/client/objects.js";
import { resourceType } from "../runtime/client/resource.js";
import type { BudgetSpec, BudgetStatus } from "./generated/budget.js";
import type { Reason } from "./reasons.js";

export type { BudgetAmount, BudgetSpec, BudgetStatus, Reservation } from "./generated/budget.js";

/** Fields with a default in the CRD are always set in objects from the API server. */
export interface Budget extends KubernetesObject {
  metadata?: ObjectMeta;
  spec: BudgetSpec;
  status?: BudgetStatus;
}

export const Budgets = resourceType<Budget>({
  group: "orchestrator.io",
  version: "v1",
  kind: "Budget",
  plural: "budgets",
  namespaced: true,
});

/** A Budget in messages: `Budget team-a/month`. */
export const budgetInWords = ({ namespace = "", name }: ObjectKey): string => `Budget ${namespace}/${name}`;

/** The Budget that a run waits for, from its reason and message; undefined if it waits for none. */
export function awaitedBudget(reason: string | undefined, message: string | undefined): ObjectKey | undefined {
  if (reason === undefined || !budgetGates.has(reason)) return undefined;
  const [, namespace, name] =
    /\bBudget ([a-z0-9-]{1,63})\/([a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)/.exec(message ?? "") ?? [];
  return namespace === undefined || name === undefined ? undefined : { namespace, name };
}

/** Reasons of runs whose attempt does not fit into a Budget. */
const budgetGates: ReadonlySet<string> = new Set<Reason>(["BudgetExhausted", "BudgetTooSmall"]);
