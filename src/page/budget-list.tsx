/** What several runs may spend together: the Budgets, how far they are spent, and how many runs wait for them. */
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { BudgetSummary } from "../server/generated/rest.js";
import { localTime, now } from "./age.js";
import { amountText, budgetState, shareSpent, spentOf } from "./budget-text.js";
import { duration } from "./duration.js";
import { Choice, FilterForm } from "./filter-bar.js";
import { budgetsUrl, navigate, waitingUrl, type BudgetQuery } from "./location.js";
import { Notice } from "./parts.js";
import { plainLine } from "./plain-text.js";
import { RefreshedList } from "./refreshed-list.js";
import { apiPath } from "./rest-client.js";

export function BudgetList({ namespace, name }: BudgetQuery): JSX.Element {
  useEffect(() => void (document.title = "Budgets · orchestrator"), []);
  return (
    <main class="scrolling">
      <FilterForm>
        <Choice
          label="Namespace"
          name="namespace"
          value={namespace}
          change={(changes) => navigate(budgetsUrl({ namespace: changes.namespace ?? "", name: "" }))}
        />
        {name !== "" && (
          <button type="button" onClick={() => navigate(budgetsUrl({ namespace, name: "" }))}>
            All Budgets {namespace === "" ? "" : "of the namespace"}
          </button>
        )}
      </FilterForm>
      <RefreshedList<BudgetSummary>
        path={namespace === "" ? apiPath("budgets") : apiPath("namespaces", namespace, "budgets")}
        what="Budgets"
        more="choose a namespace."
        isShown={(budget) => name === "" || budget.name === name}
        empty={
          <Notice title={name === "" ? "No Budgets" : `No Budget ${plainLine(name)}`}>
            <p>A Budget limits what all runs that it selects spend together in a day, a week or a month.</p>
          </Notice>
        }
      >
        {(items) => <Table items={items} />}
      </RefreshedList>
    </main>
  );
}

function Table({ items }: { readonly items: readonly BudgetSummary[] }): JSX.Element {
  return (
    <div class="wide-table" tabIndex={0} role="region" aria-label="Budgets">
      <table>
        <thead>
          <tr>
            <th>Budget</th>
            <th>Namespace</th>
            <th>State</th>
            <th>Spent</th>
            <th>Reserved</th>
            <th>Limit</th>
            <th>Period</th>
            <th class="number">Resets</th>
            <th class="number">Running</th>
            <th class="number">Waiting</th>
          </tr>
        </thead>
        <tbody>
          {items.map((budget) => (
            <Row key={`${budget.namespace}/${budget.name}`} budget={budget} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ budget }: { readonly budget: BudgetSummary }): JSX.Element {
  const { namespace, name, limit, reserved, period, timeZone, runningAttempts, problem } = budget;
  const share = shareSpent(budget);
  const percent = `${Math.round(share * 100)} %`;
  return (
    <tr>
      <td>{plainLine(name)}</td>
      <td>{plainLine(namespace)}</td>
      <td class="text" title={problem === undefined ? undefined : plainLine(problem)}>
        {problem === undefined ? budgetState(budget) : plainLine(problem)}
      </td>
      <td>
        <meter
          min={0}
          max={1}
          high={0.8}
          optimum={0}
          value={share}
          aria-label={`${plainLine(name)}: ${percent} spent`}
        />{" "}
        {amountText(limit, spentOf(budget))}
      </td>
      <td>{amountText(limit, reserved)}</td>
      <td>{amountText(limit, limit)}</td>
      <td title={plainLine(timeZone)}>{period}</td>
      <td class="number">
        <Reset time={budget.resetsAt} />
      </td>
      <td class="number">{runningAttempts}</td>
      <td class="number">
        <Waiting budget={budget} />
      </td>
    </tr>
  );
}

function Reset({ time }: { readonly time: string | undefined }): JSX.Element {
  if (time === undefined) return <span class="quiet">–</span>;
  return (
    <time dateTime={time} title={localTime(time)}>
      in {duration(Date.parse(time) - now.value)}
    </time>
  );
}

function Waiting({
  budget: { namespace, name, waitingRuns, waiting = [] },
}: {
  readonly budget: BudgetSummary;
}): JSX.Element {
  if (waitingRuns === undefined) return <span title="You may not list runs here">–</span>;
  if (waitingRuns === 0) return <>0</>;
  // a Budget in the operator's namespace applies to runs of other namespaces
  const isLocal = waiting.every((run) => run.namespace === namespace);
  return (
    <a
      href={waitingUrl(isLocal ? namespace : "")}
      aria-label={`${waitingRuns} ${waitingRuns === 1 ? "run waits" : "runs wait"} for ${plainLine(name)}`}
    >
      {waitingRuns}
    </a>
  );
}
