/** Checks of Budgets, and of what budgets need to be counted. Pure. */
import type { BudgetSummary } from "../../operations/budget-list.js";
import { budgetInWords } from "../../api/budget.js";
import type { Facts } from "./facts.js";
import { about, ok, warning, type Finding } from "./finding.js";

const remedyOfPrices = "Set gateway.prices in the configuration, or use maxTokens in place of maxCostUSD.";

/** Budgets in US dollars need prices: a gateway refuses a model without one. */
export function checkPrices({ configuration, budgets }: Facts): readonly Finding[] {
  if (configuration.state !== "seen") return [];
  const { gateway, budget, credentials } = configuration.value.effective;
  const inDollars = [
    ...(["default", "ceiling"] as const)
      .filter((name) => budget[name].maxCostUSD !== undefined)
      .map((name) => `budget.${name}`),
    ...(budgets.state === "seen"
      ? budgets.value.filter(({ limit }) => limit.costUSD !== undefined).map(budgetInWords)
      : []),
  ];
  const [first] = inDollars;
  if (first === undefined) return [];
  const check = "prices";
  const who = inDollars.length === 1 ? `${first} limits` : `${first} and ${inDollars.length - 1} more limit`;
  if (credentials !== "gateway") {
    const message = `${who} US dollars, but agents have their keys in the environment (credentials: ${credentials}): nothing counts what they spend.`;
    return [warning(check, message, "Set credentials: gateway in the configuration.")];
  }
  const models = Object.keys(gateway.prices).length;
  if (models === 0)
    return [warning(check, `${who} US dollars, but no model has a price: their requests are refused.`, remedyOfPrices)];
  return [ok(check, `${who} US dollars, and ${models} ${models === 1 ? "model has a price" : "models have prices"}.`)];
}

export function checkBudgets(facts: Facts): readonly Finding[] {
  const check = "Budgets";
  const absent = warning(check, "The API server does not know Budgets.", "Apply the CRDs of this version.");
  return about(check, "list budgets.orchestrator.io", facts.budgets, absent, (budgets) => {
    if (budgets.length === 0) return ok(check, "None exists: only budgets of single runs limit what is spent.");
    const findings = budgets.flatMap((budget) => checkBudget(budget, facts));
    const many = budgets.length === 1 ? "Budget is" : "Budgets are";
    return findings.length > 0 ? findings : ok(check, `${budgets.length} ${many} counted, and no run waits for one.`);
  });
}

function checkBudget(budget: BudgetSummary, { configuration, namespaces, namespace: operators }: Facts): Finding[] {
  const { namespace, name, selector, problem, resetsAt, waitingRuns = 0 } = budget;
  const check = budgetInWords(budget);
  const findings: Finding[] = [];
  if (problem !== undefined)
    findings.push(warning(check, `It is not counted as it is written. ${problem}`, "Correct it."));
  else if (resetsAt === undefined)
    findings.push(warning(check, "No operator has counted it yet.", "Check that an operator leads, and its version."));
  const selected = namespace === operators ? (selector?.namespaces ?? []) : [namespace];
  const missing = namespaces.state === "seen" ? selected.filter((each) => !namespaces.value.includes(each)) : [];
  if (missing.length > 0) {
    const message = `It selects ${missing.length === 1 ? "namespace" : "namespaces"} ${missing.join(", ")}, which ${missing.length === 1 ? "does" : "do"} not exist.`;
    findings.push(warning(check, message, "Correct spec.selector.namespaces."));
  }
  const names = configuration.state === "seen" ? configuration.value.effective.namespaces.names : undefined;
  if (names !== undefined && selected.length > 0 && !selected.some((each) => names.includes(each)))
    findings.push(
      warning(
        check,
        "It selects no run: the operator manages none of its namespaces.",
        "Move the Budget, or see namespaces in the configuration.",
      ),
    );
  if (waitingRuns > 0) {
    const runs = waitingRuns === 1 ? "1 run waits" : `${waitingRuns} runs wait`;
    const command = `\`orchestrator budget get ${name} -n ${namespace}\``;
    findings.push(
      warning(
        check,
        `${runs} for it; it resets at ${resetsAt ?? "an unknown time"}.`,
        `Wait, or raise it; see ${command}.`,
      ),
    );
  }
  return findings;
}
