/** One run: its head with what can be done, and a tab for each part of its story. */
import { signal, type ReadonlySignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { awaitedBudget } from "./budget-text.js";
import { Following } from "./following.js";
import { onKeys } from "./keys.js";
import { budgetsUrl, listUrl, navigate, runUrl, type RunReference } from "./location.js";
import { LogView } from "./log-view.js";
import { ConnectionState, Notice, PhaseMark } from "./parts.js";
import { plainLine } from "./plain-text.js";
import { problemOf, stream } from "./rest-client.js";
import { RunActions } from "./run-actions.js";
import { RunEvents } from "./run-events.js";
import { RunFiles } from "./run-files.js";
import { runPath } from "./run-path.js";
import { RunSpec } from "./run-spec.js";
import { RunStory } from "./run-story.js";
import { phaseOf, type Run } from "./run-types.js";

const tabs = [
  { id: "story", title: "Story" },
  { id: "logs", title: "Logs" },
  { id: "files", title: "Files" },
  { id: "events", title: "Events" },
  { id: "spec", title: "Spec" },
] as const;

interface RunState {
  readonly run: ReadonlySignal<Run | undefined>;
  readonly isDeleted: ReadonlySignal<boolean>;
  readonly following: Following;
}

function followRun(reference: RunReference): RunState {
  const run = signal<Run | undefined>(undefined);
  const isDeleted = signal(false);
  const following = new Following(async (stop, onLive) => {
    for await (const { event, data } of stream(`${runPath(reference)}?watch=true`, stop, onLive)) {
      if (event === "error") throw problemOf(data);
      if (event !== "run" || data === "") continue;
      const change = JSON.parse(data) as { readonly type: string; readonly run: Run };
      run.value = change.run;
      isDeleted.value = change.type === "deleted";
    }
    return isDeleted.value;
  });
  return { run, isDeleted, following };
}

interface Properties {
  readonly reference: RunReference;
  readonly tab: string;
}

export function RunView({ reference, tab }: Properties): JSX.Element {
  const state = useMemo(() => followRun(reference), []);
  useEffect(() => () => state.following.stop(), [state]);
  useEffect(() => void (document.title = `${plainLine(reference.name)} · orchestrator`), [reference.name]);
  useEffect(
    () =>
      onKeys(
        Object.fromEntries(
          tabs.map(({ id }, index) => [String(index + 1), () => navigate(runUrl(reference, id), { replace: true })]),
        ),
      ),
    [],
  );
  const run = state.run.value;
  const connection = state.following.state.value;
  return (
    <main class="run">
      <div class="run-head">
        <div class="crumbs">
          <a href={listUrl.value}>Runs</a> <span aria-hidden="true">/</span> {plainLine(reference.namespace)}{" "}
          <span aria-hidden="true">/</span> {reference.kind.kind}
        </div>
        <div class="run-title">
          <h1>{plainLine(reference.name)}</h1>
          {run !== undefined && <PhaseMark phase={phaseOf(run)} />}
          <span class="gap" />
          {run !== undefined && !state.isDeleted.value && <RunActions run={run} reference={reference} />}
        </div>
        {run !== undefined && <Sentence run={run} isDeleted={state.isDeleted.value} />}
        <Tabs reference={reference} tab={tab} following={state.following} />
      </div>
      {run === undefined ? (
        connection.state === "lost" ? (
          <Notice kind="error" title={connection.status === 404 ? "There is no such run" : "The run cannot be loaded"}>
            <p>{plainLine(connection.message)}</p>
            <a href={listUrl.value}>All runs</a>
          </Notice>
        ) : (
          <Notice title="Loading the run" />
        )
      ) : (
        <TabContent run={run} reference={reference} tab={tab} />
      )}
    </main>
  );
}

function Sentence({ run, isDeleted }: { readonly run: Run; readonly isDeleted: boolean }): JSX.Element | null {
  const { message, reason } = run.status ?? {};
  if (isDeleted) return <p class="sentence">This run was deleted. What you see is its last state.</p>;
  if (run.metadata.deletionTimestamp !== undefined)
    return <p class="sentence">This run is being deleted: it goes once its attempt has stopped.</p>;
  if (message === undefined && reason === undefined) return <p class="sentence">The operator has not seen it yet.</p>;
  const budget = awaitedBudget(reason, message);
  return (
    <p class="sentence">
      {reason !== undefined && <strong>{plainLine(reason)}</strong>}
      {message !== undefined && ` ${plainLine(message)}`}
      {budget !== undefined && (
        <>
          {" "}
          <a href={budgetsUrl(budget)}>See the Budget</a>
        </>
      )}
    </p>
  );
}

function Tabs({ reference, tab, following }: Properties & { readonly following: Following }): JSX.Element {
  return (
    <nav class="tabs" aria-label="Parts of the run">
      {tabs.map(({ id, title }) => (
        <a key={id} href={runUrl(reference, id)} aria-current={id === tab ? "page" : undefined}>
          {title}
        </a>
      ))}
      <span class="gap" />
      {tab !== "logs" && <ConnectionState following={following} />}
    </nav>
  );
}

function TabContent({ run, reference, tab }: Properties & { readonly run: Run }): JSX.Element {
  if (tab === "logs") return <LogView run={run} reference={reference} />;
  if (tab === "files") return <RunFiles run={run} reference={reference} />;
  if (tab === "events") return <RunEvents run={run} reference={reference} />;
  if (tab === "spec") return <RunSpec run={run} />;
  return <RunStory run={run} kind={reference.kind} />;
}
