/** The output of a run's agents. */
import { isTerminal } from "../api/phase.js";
import { agentContainer, deliverContainer, prepareContainer } from "../api/names.js";
import { runLabels } from "../runs/metadata.js";
import { LinkedAbort } from "../runtime/abort.js";
import { Pods } from "../runtime/client/builtin.js";
import type { HttpClient } from "../runtime/client/http.js";
import { objectKey, type Pod, type Stored } from "../runtime/client/objects.js";
import { unlessMissing } from "../runtime/client/unless-missing.js";
import { objectPath } from "../runtime/client/urls.js";
import { nameOf, type AnyRun, type Found } from "./any-run.js";
import { OperationError } from "./operation-error.js";
import { runWhen } from "./wait.js";

export interface LogOptions {
  /** Go on as long as the run lives, also through its next attempts. Default false. */
  readonly follow?: boolean;
  /** Default: the latest. */
  readonly attempt?: number;
  /** Lines from the end of an attempt's output. Default: all. */
  readonly tail?: number;
  /** Begin each line with its time. Default false. */
  readonly timestamps?: boolean;
}

/** The output of one pod. */
export interface AttemptOutput {
  readonly attempt: number;
  readonly pod: string;
  readonly bytes: AsyncIterable<Uint8Array>;
}

/**
 * The output of the agent, and of what prepares and delivers its work, attempt by attempt; without `follow` of one alone. Read each one's bytes to their end before the next.
 *
 * @throws OperationError if there is no output and none can come, with the reason that the run gives; an API error
 */
export async function* agentOutput(
  client: HttpClient,
  found: Found,
  options: LogOptions,
  signal: AbortSignal,
): AsyncGenerator<AttemptOutput> {
  const shown = new Set<string>();
  let first = options.attempt;
  for (;;) {
    const { pods, resourceVersion, run } = await state(client, found, signal);
    first ??= Math.max(0, ...pods.map(attemptOf));
    const wanted = pods.filter((pod) => attemptOf(pod) >= (first ?? 0) && !shown.has(pod.metadata.uid));
    const [next] = options.follow === true ? wanted : wanted.filter((pod) => attemptOf(pod) === first);
    if (next !== undefined && hasStarted(next)) {
      shown.add(next.metadata.uid);
      yield { attempt: attemptOf(next), pod: next.metadata.name, bytes: outputOf(client, next, options, signal) };
      if (options.follow !== true) return;
      continue;
    }
    const isOver = run === undefined || isTerminal(run.status?.phase);
    if (isOver || options.follow !== true) {
      if (shown.size === 0) throw new OperationError(whyNone(found, run, options.attempt));
      return;
    }
    await nextChange(client, { type: found.type, run }, resourceVersion, signal);
  }
}

interface State {
  /** By attempt; of one attempt, the earliest first. */
  readonly pods: readonly Stored<Pod>[];
  /** Of the pods. */
  readonly resourceVersion: string | undefined;
  /** Absent: deleted. */
  readonly run: Stored<AnyRun> | undefined;
}

async function state(client: HttpClient, { type, run }: Found, signal: AbortSignal): Promise<State> {
  const { namespace, uid } = run.metadata;
  // before the pods: a run that has ended then has all the pods that it will ever have
  const current = await unlessMissing(client.get(type, objectKey(run), { signal }));
  const labelSelector = `${runLabels.ownerUID}=${uid}`;
  const { items, metadata } = await client.list(Pods, {
    labelSelector,
    signal,
    ...(namespace !== undefined && { namespace }),
  });
  const created = ({ metadata: { creationTimestamp = "" } }: Stored<Pod>): string => creationTimestamp;
  const pods = items.sort((a, b) => attemptOf(a) - attemptOf(b) || created(a).localeCompare(created(b)));
  return { pods, resourceVersion: metadata.resourceVersion, run: current?.metadata.uid === uid ? current : undefined };
}

const attemptOf = ({ metadata }: Stored<Pod>): number => Number(metadata.labels?.[runLabels.attempt] ?? 0);

const hasStarted = (pod: Stored<Pod>): boolean => containersOf(pod).length > 0;

/** The agent, and then what delivers its work; in place of both the container before them, if it has failed. */
function containersOf({ status }: Stored<Pod>): string[] {
  const started = (status?.containerStatuses ?? [])
    .filter(({ state }) => state?.running !== undefined || state?.terminated !== undefined)
    .map(({ name }) => name);
  if (started.includes(agentContainer)) return [agentContainer, ...started.filter((name) => name === deliverContainer)];
  const prepared = status?.initContainerStatuses?.find(({ name }) => name === prepareContainer)?.state?.terminated;
  return prepared !== undefined && prepared.exitCode !== 0 ? [prepareContainer] : [];
}

async function* outputOf(
  client: HttpClient,
  pod: Stored<Pod>,
  options: LogOptions,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const [first = agentContainer] = containersOf(pod);
  yield* containerOutput(client, pod, first, options, signal);
  // what delivers may have started since
  const now = await unlessMissing(client.get(Pods, objectKey(pod), { signal }));
  for (const container of now === undefined ? [] : containersOf(now).slice(1))
    yield* containerOutput(client, pod, container, options, signal);
}

function containerOutput(
  client: HttpClient,
  pod: Stored<Pod>,
  container: string,
  { follow, tail, timestamps }: LogOptions,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const query = new URLSearchParams({ container });
  if (follow === true) query.set("follow", "true");
  if (tail !== undefined) query.set("tailLines", String(tail));
  if (timestamps === true) query.set("timestamps", "true");
  return client.stream(`${objectPath(Pods, objectKey(pod), "log")}?${query.toString()}`, { accept: "*/*", signal });
}

/** Returns when the run or one of its pods has changed. */
async function nextChange(
  client: HttpClient,
  found: Found,
  resourceVersion: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { namespace, uid, resourceVersion: before } = found.run.metadata;
  const either = new LinkedAbort(signal);
  const podChange = async (): Promise<void> => {
    const labelSelector = `${runLabels.ownerUID}=${uid}`;
    const events = client.watch(Pods, {
      ...{ labelSelector, signal: either.signal },
      ...(namespace !== undefined && { namespace }),
      ...(resourceVersion !== undefined && { resourceVersion }),
    });
    for await (const event of events) if (event.type !== "BOOKMARK") return;
  };
  const runChange = runWhen(client, found, ({ metadata }) => metadata.resourceVersion !== before, either.signal);
  try {
    await Promise.race([podChange(), runChange]);
  } finally {
    either.unlink();
    either.abort(new Error("one of them changed"));
    // the other one ends with the abort
    await Promise.allSettled([runChange]);
  }
}

function whyNone(found: Found, run: Stored<AnyRun> | undefined, attempt: number | undefined): string {
  const name = nameOf(found);
  if (run === undefined) return `${name} is deleted, and its pods are gone`;
  const { attempts = 0, message = "it is new", phase } = run.status ?? {};
  if (attempts === 0) return `${name} has no attempt yet: ${message}`;
  if (attempt !== undefined && attempt > attempts)
    return `${name} has had ${attempts} attempts so far, no attempt ${attempt}`;
  return isTerminal(phase)
    ? `the pods of ${name} are gone; the archive may have kept their output (--archived). It ended as ${phase ?? ""}: ${message}`
    : `the agent of ${name} has not started yet: ${message}`;
}
