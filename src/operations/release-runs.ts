/**
 * Ends what the operator holds in a cluster, so that it can be uninstalled: it is stopped, its webhooks are deleted, and its finalizers
 * are removed from runs and Jobs. No run and no Job is deleted. See docs/adr/030-chart.md.
 */
import { configurationName } from "../admission/manifests.js";
import { cleanupFinalizer as ofCodeRuns, olderFinalizers as olderOfCodeRuns } from "../api/coderun.js";
import { cleanupFinalizer as ofDocsRuns, olderFinalizers as olderOfDocsRuns } from "../api/docsrun.js";
import { cleanupFinalizer as ofTaskRuns, olderFinalizers as olderOfTaskRuns } from "../api/taskrun.js";
import { operatorNames } from "../configuration/names.js";
import { recordedFinalizer, runLabels } from "../runs/metadata.js";
import {
  Jobs,
  MutatingWebhookConfigurations,
  Pods,
  ValidatingWebhookConfigurations,
} from "../runtime/client/builtin.js";
import type { Client } from "../runtime/client/client.js";
import { Conflict, NotFound } from "../runtime/client/errors.js";
import { objectKey, type Job, type KubernetesObject, type Stored } from "../runtime/client/objects.js";
import { resourceType, type ResourceType } from "../runtime/client/resource.js";
import { unlessMissing } from "../runtime/client/unless-missing.js";
import { sleep, systemClock, type Clock } from "../runtime/clock.js";
import { runTypes } from "./any-run.js";
import { OperationError } from "./operation-error.js";

export interface ReleaseOptions {
  readonly client: Client;
  /** Namespace of the operator. */
  readonly namespace: string;
  /** Namespaces with runs. Empty: all. */
  readonly namespaces: readonly string[];
  /** With agents that run: change nothing and fail, or let them run on. */
  readonly runningAgents: "refuse" | "leave";
  /** Whether to delete the webhook configurations; false where the caller may not. */
  readonly webhooks: boolean;
  /** Ends the waiting for the operator's pods. */
  readonly signal: AbortSignal;
  /** A line for each thing that was done. */
  readonly say: (line: string) => void;
  /** Default: the system's. */
  readonly clock?: Clock;
}

interface Deployment extends KubernetesObject {
  readonly spec?: { readonly replicas?: number };
}
const Deployments = resourceType<Deployment>({
  ...{ group: "apps", version: "v1", kind: "Deployment", plural: "deployments", namespaced: true },
});

/** Our finalizers, former ones included. Others are not ours to remove. */
const finalizers: ReadonlySet<string> = new Set([
  ...[recordedFinalizer, ofTaskRuns, ofCodeRuns, ofDocsRuns],
  ...[...olderOfTaskRuns, ...olderOfCodeRuns, ...olderOfDocsRuns],
]);

/** Milliseconds between reads of the operator's pods. */
const interval = 500;

/**
 * Can be repeated after a failure.
 *
 * @throws OperationError with agents that run, unless they may be left; the operator then works as before
 * @throws OperationError if the operator's pods are still there when the signal fires
 */
export async function releaseRuns(options: ReleaseOptions): Promise<void> {
  await refuseRunning(options);
  const replicas = await stopOperator(options);
  try {
    // one may have started until the operator stopped
    await refuseRunning(options);
  } catch (error) {
    await scale(options, replicas);
    throw error;
  }
  if (options.webhooks) await deleteWebhooks(options);
  for (const type of runTypes) await release(options, type);
  await release(options, Jobs, runLabels.ownerUID);
}

/** The objects of a kind, page by page, in all namespaces or in those given. */
async function* each<T extends KubernetesObject>(
  { client, namespaces }: ReleaseOptions,
  type: ResourceType<T>,
  labelSelector?: string,
): AsyncGenerator<Stored<T>> {
  const selector = labelSelector === undefined ? {} : { labelSelector };
  for (const scope of namespaces.length === 0 ? [{}] : namespaces.map((namespace) => ({ namespace }))) {
    try {
      for await (const page of client.listPages(type, { ...scope, ...selector, limit: 500 })) yield* page.items;
    } catch (error) {
      // the CRD is gone, and its objects with it
      if (!(error instanceof NotFound)) throw error;
    }
  }
}

/** Names that a message lists; more would hide the remedy. */
const listed = 5;

async function refuseRunning(options: ReleaseOptions): Promise<void> {
  if (options.runningAgents === "leave") return;
  const running: string[] = [];
  for await (const job of each(options, Jobs, runLabels.ownerUID))
    if (isHeld(job) && !hasEnded(job)) running.push(`${job.metadata.namespace ?? ""}/${job.metadata.name}`);
  if (running.length === 0) return;
  const more = running.length > listed ? ` and ${running.length - listed} more` : "";
  throw new OperationError(
    `${running.length} agents run: Jobs ${running.slice(0, listed).join(", ")}${more}. Wait until they end, or cancel their runs ` +
      "(orchestrator task cancel); with --running-agents=leave they continue to run, and nothing retries or stops them",
    { problem: "Conflict" },
  );
}

function isHeld({ metadata }: Stored<KubernetesObject>): boolean {
  return metadata.finalizers?.some((name) => finalizers.has(name)) === true;
}

function hasEnded({ status }: Job): boolean {
  return status?.conditions?.some(({ type, status }) => /^(Complete|Failed)$/.test(type) && status === "True") === true;
}

/** Its replicas until now; 0 if there is no Deployment. */
async function stopOperator(options: ReleaseOptions): Promise<number> {
  const { client, namespace, signal, say, clock = systemClock } = options;
  const key = { namespace, name: operatorNames.deployment };
  const replicas = await unlessMissing(client.get(Deployments, key));
  await scale(options, 0);
  const pods = { namespace, labelSelector: `app=${operatorNames.deployment}`, limit: 1 };
  while ((await client.list(Pods, pods)).items.length > 0)
    if (!(await sleep(clock, interval, signal))) {
      await scale(options, replicas?.spec?.replicas ?? 1);
      throw new OperationError(`the operator's pods in namespace ${namespace} do not stop; it was started again`);
    }
  say("the operator is stopped");
  return replicas?.spec?.replicas ?? 1;
}

async function scale({ client, namespace }: ReleaseOptions, replicas: number): Promise<void> {
  const key = { namespace, name: operatorNames.deployment };
  await unlessMissing(client.patch(Deployments, key, { type: "merge", body: { spec: { replicas } } }));
}

/** Before the finalizers are removed, which they would have to admit; nobody answers them any more. */
async function deleteWebhooks({ client, say }: ReleaseOptions): Promise<void> {
  for (const type of [MutatingWebhookConfigurations, ValidatingWebhookConfigurations])
    await unlessMissing(client.delete(type as ResourceType, { name: configurationName }));
  say("the webhook configurations are deleted");
}

async function release<T extends KubernetesObject>(
  options: ReleaseOptions,
  type: ResourceType<T>,
  labelSelector?: string,
): Promise<void> {
  let released = 0;
  for await (const object of each(options, type, labelSelector))
    if (isHeld(object) && (await releaseOne(options.client, type, object))) released++;
  if (released > 0) options.say(`${released} ${type.plural} are released: they stay, and can be deleted`);
}

/** Whether it had one of our finalizers. Decides on what is stored: the object may have changed since the list. */
async function releaseOne<T extends KubernetesObject>(
  client: Client,
  type: ResourceType<T>,
  seen: Stored<T>,
): Promise<boolean> {
  const { uid } = seen.metadata;
  let object = seen;
  for (let attempt = 0; attempt < 5; attempt++) {
    const { resourceVersion, finalizers: present = [] } = object.metadata;
    const metadata = { uid, resourceVersion, finalizers: present.filter((name) => !finalizers.has(name)) };
    try {
      await client.patch(type, objectKey(seen), { type: "merge", body: { metadata } });
      return true;
    } catch (error) {
      if (error instanceof NotFound) return false;
      if (!(error instanceof Conflict)) throw error;
    }
    const now = await unlessMissing(client.get(type, objectKey(seen)));
    if (now?.metadata.uid !== uid || !isHeld(now)) return false;
    object = now;
  }
  const { namespace = "", name } = seen.metadata;
  throw new OperationError(`${type.kind} ${namespace}/${name} changes all the time; stop what changes it`, {
    problem: "Conflict",
  });
}
