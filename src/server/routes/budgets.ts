/** What several runs may spend together. */
import { budgetList } from "../../operations/budget-list.js";
import type { Answer, Call, Handlers } from "../call.js";
import { smallList } from "../large-lists.js";

async function budgets(call: Call): Promise<Answer> {
  const { namespace } = call.parametersAs<{ readonly namespace?: string }>();
  // it reads whole objects: in its turn, as a large list
  return { body: await call.list(smallList + 1, () => budgetList(call.client, namespace, call.signal)) };
}

export const budgetHandlers: Handlers<"listAllBudgets" | "listBudgets"> = {
  listAllBudgets: budgets,
  listBudgets: budgets,
};
