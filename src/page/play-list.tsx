/** Plays: the tasks on which several agents work one after the other, and how far each is. */
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { PlayStepSummary, PlaySummary } from "../server/generated/rest.js";
import { Choice, FilterForm } from "./filter-bar.js";
import { deliveriesUrl, navigate, playsUrl, runUrl, type PlayQuery } from "./location.js";
import { kindOf } from "./kinds.js";
import { Age, Notice, SafeLink } from "./parts.js";
import { plainLine } from "./plain-text.js";
import { RefreshedList } from "./refreshed-list.js";
import { apiPath } from "./rest-client.js";

/** The states of a step, with their mark and the color of a run's phase. */
const states: Readonly<Record<PlayStepSummary["state"], readonly [mark: string, color: string]>> = {
  done: ["✓", "succeeded"],
  running: ["▶", "running"],
  waiting: ["…", "pending"],
  failed: ["✗", "failed"],
  cancelled: ["↺", "cancelled"],
  ahead: ["·", "cancelled"],
};

export function PlayList({ namespace }: PlayQuery): JSX.Element {
  useEffect(() => void (document.title = "Plays · orchestrator"), []);
  return (
    <main class="scrolling">
      <FilterForm>
        <Choice
          label="Namespace"
          name="namespace"
          value={namespace}
          change={(changes) => navigate(playsUrl({ namespace: changes.namespace ?? "" }))}
        />
      </FilterForm>
      <RefreshedList<PlaySummary>
        path={namespace === "" ? apiPath("plays") : apiPath("namespaces", namespace, "plays")}
        what="plays"
        more="choose a namespace."
        empty={
          <Notice title="No plays">
            <p>
              A play is the work of several agents on one task, such as implementation, quality and testing. Start one
              with <code>orchestrator play start</code>, or with the label <code>orchestrator</code> on an issue.
            </p>
          </Notice>
        }
      >
        {(items) => items.map((play) => <Play key={`${play.namespace}/${play.repository}#${play.task}`} play={play} />)}
      </RefreshedList>
    </main>
  );
}

function Play({ play }: { readonly play: PlaySummary }): JSX.Element {
  const { namespace, task, repository, workflow, updatedAt, steps } = play;
  const [, ...path] = repository.split("/");
  const title = plainLine(`Task ${task} of ${path.join("/")}`);
  return (
    <section class="play" aria-label={title}>
      <header>
        <h2>{title}</h2>
        <span class="quiet">
          {plainLine(namespace)} ·{" "}
          {workflow === undefined ? "by rules" : `Workflow ${plainLine(workflow.name)}: ${plainLine(workflow.phase)}`} ·{" "}
          <Age time={updatedAt} />
        </span>
        <a href={deliveriesUrl({ namespace: "", repository: path.join("/"), number: "", phase: "" })}>Deliveries</a>
      </header>
      <ol>
        {steps.map((step, index) => (
          <Step key={`${index}/${step.run ?? step.stage}`} step={step} namespace={namespace} />
        ))}
      </ol>
    </section>
  );
}

function Step({ step, namespace }: { readonly step: PlayStepSummary; readonly namespace: string }): JSX.Element {
  const { stage, state, agent, run, phase, pullRequestUrl, message, at } = step;
  const [mark, color] = states[state];
  const kind = kindOf("coderun");
  return (
    <li class={`step-${state}`}>
      <span class={`phase phase-${color}`}>
        <span class="step-mark" aria-hidden="true">
          {mark}
        </span>
        {plainLine(stage)}
      </span>
      <span>{plainLine(agent ?? "")}</span>
      <span>
        {run !== undefined && kind !== undefined && (
          <a href={runUrl({ namespace, kind, name: run })}>{plainLine(run)}</a>
        )}
      </span>
      <span>{state === "ahead" ? "ahead" : plainLine(phase ?? state)}</span>
      <span class="number">{at !== undefined && <Age time={at} />}</span>
      <span class="text">
        {pullRequestUrl === undefined ? plainLine(message ?? "") : <SafeLink url={pullRequestUrl} />}
      </span>
    </li>
  );
}
