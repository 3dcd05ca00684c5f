/** The kind Budget: what several runs may spend together in a period. */
import type { KubernetesObject, ObjectMeta } from "../runtime/client/objects.js";
import { resourceType } from "../runtime/client/resource.js";
import type { BudgetSpec, BudgetStatus } from "./generated/budget.js";

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
