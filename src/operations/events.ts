/** What Kubernetes' Events say of a run. */
import type { Client } from "../runtime/client/client.js";
import type { CoreEvent, Stored } from "../runtime/client/objects.js";
import { resourceType } from "../runtime/client/resource.js";
import type { Found } from "./any-run.js";

/** One kind of occurrence; times as RFC 3339. */
export interface RunEvent {
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
  /** How often it occurred; at least 1. */
  readonly count: number;
  readonly firstSeen: string;
  readonly lastSeen: string;
}

/** The older API shows the Events of both, and more roles may read it. */
const CoreEvents = resourceType<CoreEvent>({
  ...{ group: "", version: "v1", kind: "Event", plural: "events" },
  namespaced: true,
});

/** The Events of this run, and not of an earlier one of its name; the latest last. @throws an API error */
export async function eventsOf(client: Client, { run }: Found, signal?: AbortSignal): Promise<RunEvent[]> {
  const { namespace, uid } = run.metadata;
  const { items } = await client.list(CoreEvents, {
    fieldSelector: `involvedObject.uid=${uid}`,
    ...(namespace !== undefined && { namespace }),
    ...(signal && { signal }),
  });
  return items.map(runEvent).sort((a, b) => a.lastSeen.localeCompare(b.lastSeen));
}

function runEvent(event: Stored<CoreEvent>): RunEvent {
  const { type, reason = "", message = "", series, eventTime, firstTimestamp, lastTimestamp, metadata } = event;
  const firstSeen = firstTimestamp ?? eventTime ?? metadata.creationTimestamp ?? "";
  return {
    ...{ type: type === "Warning" ? "Warning" : "Normal", reason, message, firstSeen },
    count: series?.count ?? event.count ?? 1,
    lastSeen: series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? firstSeen,
  };
}
