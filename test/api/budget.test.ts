import t from "tap";
import { awaitedBudget, budgetInWords } from "#src/api/budget.js";

t.test("the Budget that a run waits for is read from its message", (t) => {
  for (const key of [
    { namespace: "a", name: "b" },
    { namespace: "team-1", name: "x.y-z.0" },
  ])
    for (const [before, after] of [
      ["Waiting for ", ", which allows nothing ($0)."],
      ["Waiting for ", ": as many attempts are running as it can count."],
      ["Attempt 1 may spend $2 and never fits ", " ($1 a day). Lower it."],
      ["", "."],
    ] as const)
      t.strictSame(awaitedBudget("BudgetExhausted", `${before}${budgetInWords(key)}${after}`), key);
  t.equal(awaitedBudget("AgentFailed", "Waiting for Budget a/b."), undefined, "another reason");
  t.equal(awaitedBudget("BudgetTooSmall", "no name"), undefined);
  t.equal(awaitedBudget(undefined, undefined), undefined);
  t.end();
});
