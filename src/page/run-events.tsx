/** The Kubernetes Events of a run. */
import type { JSX } from "preact";
import type { RunEventList } from "../server/generated/rest.js";
import { useLoaded } from "./loaded.js";
import type { RunReference } from "./location.js";
import { Age, Notice } from "./parts.js";
import { plainLine } from "./plain-text.js";
import { runPath } from "./run-path.js";
import type { Run } from "./run-types.js";

export function RunEvents({ run, reference }: { readonly run: Run; readonly reference: RunReference }): JSX.Element {
  const { value, error } = useLoaded<RunEventList>(runPath(reference, "events"), run.metadata.resourceVersion).value;
  if (value === undefined)
    return error === undefined ? (
      <Notice title="Loading the Events" />
    ) : (
      <Notice kind="error" title="The Events cannot be loaded">
        {plainLine(error)}
      </Notice>
    );
  if (value.items.length === 0)
    return <Notice title="No Events">The API server keeps Events for an hour, unless configured otherwise.</Notice>;
  return <EventTable events={value.items.map(({ lastSeen: time, ...event }) => ({ ...event, time }))} />;
}

/** An Event of the cluster or of the archive. */
interface ShownEvent {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  /** When it occurred last; RFC 3339. */
  readonly time: string;
  readonly count: number;
}

/** @param events the latest last; shown the other way round */
export function EventTable({ events }: { readonly events: readonly ShownEvent[] }): JSX.Element {
  return (
    <div class="wide-table" tabIndex={0} role="region" aria-label="Events">
      <table>
        <thead>
          <tr>
            <th class="number">Age</th>
            <th>Type</th>
            <th>Reason</th>
            <th>Message</th>
            <th class="number">Count</th>
          </tr>
        </thead>
        <tbody>
          {events.toReversed().map((event, index) => (
            <tr key={index} class={event.type === "Warning" ? "warning" : ""}>
              <td class="number">
                <Age time={event.time} />
              </td>
              <td>{plainLine(event.type)}</td>
              <td>{plainLine(event.reason)}</td>
              <td class="text">{plainLine(event.message)}</td>
              <td class="number">{event.count}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
