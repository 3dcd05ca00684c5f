/** Deliveries: the events that were received, what was decided about each, and the run that it led to. */
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { DeliverySummary } from "../server/generated/rest.js";
import { Choice, FilterForm } from "./filter-bar.js";
import { deliveriesUrl, navigate, runUrl, type DeliveryQuery } from "./location.js";
import { kindOf } from "./kinds.js";
import { Age, Notice } from "./parts.js";
import { linkTarget, plainLine } from "./plain-text.js";
import { RefreshedList } from "./refreshed-list.js";
import { apiPath } from "./rest-client.js";

/** The phases of a Delivery, with the color of a run's phase. */
const phases: Readonly<Record<DeliverySummary["phase"], string>> = {
  ...{ Undecided: "pending", Decided: "running", Waiting: "pending", Done: "succeeded", Ignored: "cancelled" },
  Failed: "failed",
};

export function DeliveryList(query: DeliveryQuery): JSX.Element {
  useEffect(() => void (document.title = "Deliveries · orchestrator"), []);
  const change = (changes: Partial<DeliveryQuery>): void => navigate(deliveriesUrl({ ...query, ...changes }));
  return (
    <main class="scrolling">
      <FilterForm>
        <Choice label="Namespace" name="namespace" value={query.namespace} change={change} />
        <Choice label="Repository" name="repository" value={query.repository} change={change} />
        <Choice label="Issue or pull request" name="number" value={query.number} change={change} />
        <div class="chips" role="group" aria-label="Phases">
          {Object.entries(phases).map(([phase, color]) => (
            <button
              key={phase}
              type="button"
              class={`chip phase-${color}`}
              aria-pressed={query.phase === phase}
              onClick={() => change({ phase: query.phase === phase ? "" : phase })}
            >
              <span class="dot" aria-hidden="true" />
              {phase}
            </button>
          ))}
        </div>
      </FilterForm>
      <RefreshedList<DeliverySummary>
        path={pathOf(query)}
        what="Deliveries"
        more="choose a repository or a phase."
        empty={
          <Notice title="No Deliveries">
            <p>
              Each event of GitHub that the server receives becomes a Delivery, in the namespace of the operator. Events
              are received if <code>github.webhook.enabled</code> is set.
            </p>
          </Notice>
        }
      >
        {(items) => <Table items={items} />}
      </RefreshedList>
    </main>
  );
}

function pathOf({ namespace, repository, number, phase }: DeliveryQuery): string {
  const path = namespace === "" ? apiPath("deliveries") : apiPath("namespaces", namespace, "deliveries");
  const query = new URLSearchParams({
    ...(repository !== "" && { repository }),
    ...(number !== "" && { number }),
    ...(phase !== "" && { phase }),
  }).toString();
  return query === "" ? path : `${path}?${query}`;
}

function Table({ items }: { readonly items: readonly DeliverySummary[] }): JSX.Element {
  return (
    <div class="wide-table" tabIndex={0} role="region" aria-label="Deliveries">
      <table>
        <thead>
          <tr>
            <th class="number">Age</th>
            <th>Event</th>
            <th>About</th>
            <th>Sender</th>
            <th>Phase</th>
            <th>Rule</th>
            <th>Led to</th>
            <th>Message</th>
          </tr>
        </thead>
        <tbody>
          {items.map((delivery) => (
            <Row key={`${delivery.namespace}/${delivery.name}`} delivery={delivery} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ delivery }: { readonly delivery: DeliverySummary }): JSX.Element {
  const { namespace, name, receivedAt, event, action, sender, phase, decision, rule, message } = delivery;
  return (
    <tr>
      <td class="number">
        <Age time={receivedAt} />
      </td>
      <td title={plainLine(`${namespace}/${name}`)}>
        {plainLine(action === undefined ? event : `${event} ${action}`)}
      </td>
      <td>
        <About delivery={delivery} />
      </td>
      <td>{plainLine(sender ?? "–")}</td>
      <td>
        <span class={`phase phase-${phases[phase]}`}>
          <span class="dot" aria-hidden="true" />
          {phase}
        </span>
      </td>
      <td title={decision === undefined ? undefined : `action ${plainLine(decision)}`}>{plainLine(rule ?? "–")}</td>
      <td>
        <LedTo delivery={delivery} />
      </td>
      <td class="text">{plainLine(message ?? "")}</td>
    </tr>
  );
}

function About({ delivery: { repository, subject, url } }: { readonly delivery: DeliverySummary }): JSX.Element {
  const text = plainLine(`${repository ?? "–"}${subject === undefined ? "" : `#${subject.number}`}`);
  const target = url === undefined ? undefined : linkTarget(url);
  const title = subject?.title === undefined ? undefined : plainLine(subject.title);
  if (target === undefined) return <span title={title}>{text}</span>;
  return (
    <a href={target} title={title} target="_blank" rel="noopener noreferrer">
      {text}
    </a>
  );
}

function LedTo({ delivery: { run, workflow } }: { readonly delivery: DeliverySummary }): JSX.Element {
  const kind = kindOf("coderun");
  if (run !== undefined && kind !== undefined)
    return <a href={runUrl({ namespace: run.namespace, kind, name: run.name })}>{plainLine(run.name)}</a>;
  if (workflow !== undefined) return <span title="Workflow of Argo">{plainLine(workflow.name)}</span>;
  return <span class="quiet">–</span>;
}
