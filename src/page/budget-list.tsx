/** What several runs may spend together: the Budgets, how far they are spent, and how many runs wait for them. */
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { useSignal } from "@preact/signals";
import type { BudgetList as Budgets, BudgetSummary } from "../server/generated/rest.js";
import { localTime, now } from "./age.js";
import { amountText, budgetState, shareSpent, spentOf } from "./budget-text.js";
import { duration } from "./duration.js";
import { Choice } from "./filter-bar.js";
import { useLoaded } from "./loaded.js";
import { budgetsUrl, navigate, waitingUrl, type BudgetQuery } from "./location.js";
import { Notice } from "./parts.js";
import { plainLine } from "./plain-text.js";
import { apiPath } from "./rest-client.js";

/** Milliseconds between two requests: Budgets change when attempts begin and end. */
const interval = 30_000;

export function BudgetList({ namespace, name }: BudgetQuery): JSX.Element {
  const tick = useSignal(0);
  useEffect(() => {
    const timer = setInterval(() => (tick.value += 1), interval);
    return () => clearInterval(timer);
  }, []);
  useEffect(() => void (document.title = "Budgets · orchestrator"), []);
  const path = namespace === "" ? apiPath("budgets") : apiPath("namespaces", namespace, "budgets");
  return (
    <main class="budgets">
      <form class="filters" role="search" aria-label="Filters" onSubmit={(event) => event.preventDefault()}>
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
      </form>
      {/* another path is another list */}
      <Content key={path} path={path} name={name} version={String(tick.value)} />
    </main>
  );
}

interface ContentProperties {
  readonly path: string;
  /** Only the Budget of this name; empty: all. */
  readonly name: string;
  readonly version: string;
}

function Content({ path, name, version }: ContentProperties): JSX.Element {
  const { value, error } = useLoaded<Budgets>(path, version).value;
  if (value === undefined)
    return error === undefined ? (
      <Notice title="Loading Budgets" />
    ) : (
      <Notice kind="error" title="The Budgets cannot be loaded">
        <p>{plainLine(error)}</p>
        <p>If you may not list them everywhere, choose a namespace.</p>
      </Notice>
    );
  const items = value.items.filter((budget) => name === "" || budget.name === name);
  if (items.length === 0)
    return (
      <Notice title={name === "" ? "No Budgets" : `No Budget ${plainLine(name)}`}>
        <p>A Budget limits what all runs that it selects spend together in a day, a week or a month.</p>
      </Notice>
    );
  return (
    <>
      {error !== undefined && <p class="quiet budgets-note">Not up to date: {plainLine(error)}</p>}
      {value.isTruncated && <p class="quiet budgets-note">There are more: choose a namespace.</p>}
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
    </>
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
  // a Budget in the operator's namespace holds for runs of others
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
