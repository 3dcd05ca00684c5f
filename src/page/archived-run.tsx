/** An archived run: as it was when history removed it, with its Events and, where they were kept, its logs. */
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { ArchivedRun } from "../server/generated/rest.js";
import { ArchivedLog } from "./archived-log.js";
import { EventTable } from "./run-events.js";
import { useLoaded } from "./loaded.js";
import { archiveUrl, type ArchivedReference } from "./location.js";
import { Notice, PhaseMark } from "./parts.js";
import { plainLine } from "./plain-text.js";
import { apiPath } from "./rest-client.js";
import { RunSpec } from "./run-spec.js";
import { RunStory } from "./run-story.js";
import { phaseOf } from "./run-types.js";

export function ArchivedRunView({ reference }: { readonly reference: ArchivedReference }): JSX.Element {
  const { namespace, kind, name, uid } = reference;
  useEffect(() => void (document.title = `${plainLine(name)} · Archive · orchestrator`), [name]);
  const path = apiPath("namespaces", namespace, "archived-runs", kind.plural, name, uid);
  const { value, error } = useLoaded<ArchivedRun>(path, uid).value;
  const all = archiveUrl({ namespace, name: "", kind: "" });
  return (
    <main class="run">
      <div class="run-head">
        <div class="crumbs">
          <a href={all}>Archive</a> <span aria-hidden="true">/</span> {plainLine(namespace)}{" "}
          <span aria-hidden="true">/</span> {kind.kind}
        </div>
        <div class="run-title">
          <h1>{plainLine(name)}</h1>
          {value !== undefined && <PhaseMark phase={phaseOf(value.run)} />}
        </div>
        <p class="sentence">
          History has removed this run from the cluster.{" "}
          {value !== undefined && plainLine(value.run.status?.message ?? "")}
        </p>
      </div>
      {value === undefined ? (
        error === undefined ? (
          <Notice title="Loading the run" />
        ) : (
          <Notice kind="error" title="The archived run cannot be read">
            <p>{plainLine(error)}</p>
            <a href={all}>All archived runs of the namespace</a>
          </Notice>
        )
      ) : (
        <div class="scrolling">
          <RunStory run={value.run} />
          <section class="story" aria-labelledby="events">
            <h2 id="events">Events</h2>
            {value.events.length === 0 ? <p class="quiet">None were kept.</p> : <EventTable events={value.events} />}
          </section>
          <section class="story archived-log" aria-labelledby="log">
            <h2 id="log">Log</h2>
            <ArchivedLog path={path} attempts={value.run.status?.attempts ?? 0} />
          </section>
          <section class="story" aria-labelledby="resource">
            <h2 id="resource">Custom resource</h2>
            <RunSpec run={value.run} />
          </section>
        </div>
      )}
    </main>
  );
}
