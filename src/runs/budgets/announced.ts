/** The Events about a Budget: each period, once when it is nearly spent. Pure. */
import type { BudgetStatus } from "../../api/budget.js";
import { findCondition, isConditionTrue } from "../../api/conditions.js";
import type { Announcement } from "../announcements.js";

export function announced(before: BudgetStatus | undefined, after: BudgetStatus): Announcement[] {
  const nearly = findCondition(after.conditions, "NearlySpent");
  const isNews = before?.resetsAt !== after.resetsAt || !isConditionTrue(before?.conditions, "NearlySpent");
  if (nearly?.status !== "True" || !isNews) return [];
  return [{ type: "Warning", reason: nearly.reason, action: "Count", note: nearly.message }];
}
