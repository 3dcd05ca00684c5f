/** The event of a run's phase. Pure. */
import type { KubernetesObject, Stored } from "../runtime/client/objects.js";
import type { ResourceType } from "../runtime/client/resource.js";

type Phase = "Pending" | "Running" | "Succeeded" | "Failed" | "Cancelled";

/** What all kinds of runs have, as far as events tell of it. */
export interface Run extends KubernetesObject {
  readonly spec: object;
  readonly status?: {
    readonly phase?: Phase;
    readonly reason?: string;
    readonly message?: string;
    readonly attempts?: number;
    readonly pullRequestUrl?: string;
    readonly startTime?: string;
    readonly completionTime?: string;
    readonly lastUpdated?: string;
  };
}

/** A CloudEvent 1.0 in structured mode. */
export interface CloudEvent {
  readonly specversion: "1.0";
  /** The same for the same phase of the same attempt, whoever sends it: receivers recognize repetitions by it. */
  readonly id: string;
  /** The collection of the run, as a path of the Kubernetes API. */
  readonly source: string;
  /** `io.orchestrator.<kind>.<phase>` in lower case. */
  readonly type: string;
  /** Name of the run. */
  readonly subject: string;
  /** When the status was last changed, RFC 3339. */
  readonly time?: string;
  readonly datacontenttype: "application/json";
  readonly data: RunState;
}

/** What an event tells of the run; what the run does not have is absent. */
export interface RunState {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly phase: Phase;
  readonly reason?: string;
  readonly message?: string;
  /** Attempts so far. */
  readonly attempts: number;
  readonly taskId?: number;
  readonly service?: string;
  readonly pullRequestUrl?: string;
  readonly startTime?: string;
  readonly completionTime?: string;
}

/** The longest message that an event carries, in characters. */
const maxMessage = 4096;

/** The event of a run's present phase; undefined before it has one. */
export function cloudEvent(type: ResourceType, run: Stored<Run>): CloudEvent | undefined {
  const { status } = run;
  const phase = status?.phase;
  if (status === undefined || phase === undefined) return undefined;
  const { namespace = "", name, uid } = run.metadata;
  const { attempts = 0, reason, message, pullRequestUrl, startTime, completionTime, lastUpdated } = status;
  return {
    specversion: "1.0",
    id: `${uid}-${attempts}-${phase.toLowerCase()}`,
    source: `/apis/${type.group}/${type.version}/namespaces/${namespace}/${type.plural}`,
    type: `io.orchestrator.${type.kind.toLowerCase()}.${phase.toLowerCase()}`,
    subject: name,
    ...(lastUpdated !== undefined && { time: lastUpdated }),
    datacontenttype: "application/json",
    data: {
      ...{ kind: type.kind, namespace, name, uid, phase },
      ...(reason !== undefined && { reason }),
      ...(message !== undefined && { message: message.slice(0, maxMessage) }),
      attempts,
      ...subjectOf(run),
      ...(pullRequestUrl !== undefined && { pullRequestUrl }),
      ...(startTime !== undefined && { startTime }),
      ...(completionTime !== undefined && { completionTime }),
    },
  };
}

/** A TaskRun has a `serviceName`, a CodeRun a `service`, a DocsRun neither. */
function subjectOf({ spec }: Run): Pick<RunState, "taskId" | "service"> {
  const { taskId, serviceName, service = serviceName } = spec as Readonly<Record<string, unknown>>;
  return { ...(typeof taskId === "number" && { taskId }), ...(typeof service === "string" && { service }) };
}
