/** Decides about each Delivery once, and carries the decision out once, however often it is interrupted. */
import { Deliveries, isFinished, redeliverAnnotation, type Delivery, type DeliveryStatus } from "../api/delivery.js";
import type { Workflow } from "../argo/workflow.js";
import { WorkflowDenied, WorkflowsUnreadable } from "../argo/workflows.js";
import { AppRefused } from "../github/github-app.js";
import { GitHubUnavailable } from "../github/unavailable.js";
import { WriteRefused } from "../github/report-writer.js";
import { ReadRefused } from "../github/repository-reader.js";
import type { Stored } from "../runtime/client/objects.js";
import { unlessMissing } from "../runtime/client/unless-missing.js";
import type { ReconcileContext, Reconciler, Request, Result } from "../runtime/controller/reconciler.js";
import { decidePush } from "./conflicts.js";
import { laterOrThrow, longestTimer } from "./later.js";
import { decide, type Decision } from "./decision.js";
import { DeliveryActions, type DeliveryActionsOptions } from "./delivery-actions.js";
import { writeStatus } from "./delivery-status.js";
import { taskOfEvent } from "./event-task.js";
import { factsOf } from "./github-facts.js";
import { managedRunsOf, repositoryIndex, repositoryKeyOf, subjectIndex, subjectKey } from "./indexes.js";
import { NoAccess } from "./report-access.js";
import { superfluous } from "./retention.js";
import { judge } from "./rules.js";

export interface DeliveryReconcilerOptions extends DeliveryActionsOptions {
  /** Webhooks that GitHub sent until then are not accepted again, in milliseconds since the epoch. */
  readonly recoveredUntil: () => number;
}

export class DeliveryReconciler implements Reconciler {
  readonly #options: DeliveryReconcilerOptions;
  readonly #actions: DeliveryActions;

  constructor(options: DeliveryReconcilerOptions) {
    this.#options = options;
    this.#actions = new DeliveryActions(options);
  }

  async reconcile(request: Request, { signal }: ReconcileContext): Promise<Result> {
    const delivery = this.#options.deliveries.get(request);
    if (delivery?.metadata.deletionTimestamp !== undefined || delivery === undefined) return {};
    if (!this.#options.configuration().github.webhook.enabled) return {};
    const requested = delivery.metadata.annotations?.[redeliverAnnotation]?.slice(0, 64);
    const isRequested = requested !== undefined && requested !== delivery.status?.redelivery;
    if (isFinished(delivery) && !isRequested) return await this.#expire(delivery, signal);
    if (delivery.status?.phase === undefined || isFinished(delivery))
      return await this.#decide(delivery, requested, signal);
    return await this.#carryOut(delivery, signal);
  }

  /** Writes what is to be done before any of it is done. */
  async #decide(delivery: Stored<Delivery>, redelivery: string | undefined, signal: AbortSignal): Promise<Result> {
    const decision = await this.#decision(delivery, signal);
    if (decision instanceof GitHubUnavailable) {
      // the queue backs off, unless GitHub says how long; the object says why it waits
      await this.#write(delivery, { reason: "GitHubUnavailable", message: decision.message }, signal);
      return laterOrThrow(decision);
    }
    const decidedAt = this.#now();
    const isFinal = decision.phase !== undefined;
    await this.#write(
      delivery,
      {
        phase: "Decided",
        ...decision,
        decidedAt,
        ...(redelivery !== undefined && { redelivery }),
        ...(isFinal && { finishedAt: decidedAt }),
      },
      signal,
    );
    return isFinal ? await this.#tidy(delivery, signal) : { requeueAfter: 0 };
  }

  async #decision(delivery: Stored<Delivery>, signal: AbortSignal): Promise<Decision | GitHubUnavailable> {
    const { deliveries, runs, repository, manages } = this.#options;
    const configuration = this.#options.configuration();
    const { spec } = delivery;
    const { rule } = judge(spec, configuration.github.rules);
    if (rule === undefined)
      return {
        phase: "Ignored",
        decision: "ignore",
        reason: "NoRuleMatches",
        message: "No rule of github.rules matches.",
      };
    const base = { decision: rule.then.action as "ignore", rule: rule.name };
    if (rule.then.action === "ignore")
      return { ...base, phase: "Ignored", reason: "RuleMatched", message: `Rule ${rule.name} ignores it.` };
    if (rule.then.action === "findConflicts") {
      const ofRepository = deliveries.byIndex(repositoryIndex, repositoryKeyOf(spec));
      return this.#unlessDry(decidePush({ delivery, runs: managedRunsOf(runs, spec, manages), ofRepository }, rule));
    }
    try {
      // whoever has the secret of Grafana's webhook may do what its rules do
      const facts =
        spec.source === "grafana"
          ? { mayWrite: true, event: spec }
          : await factsOf(spec, await repository(spec), configuration.agents);
      const subject = subjectKey(spec);
      const ofRepository = managedRunsOf(runs, spec, manages);
      const association = taskOfEvent(facts, ofRepository, rule.then);
      const decision = decide(
        {
          ...{ delivery, configuration, manages, association },
          sameSubject: subject === undefined ? [] : deliveries.byIndex(subjectIndex, subject),
          runs: ofRepository,
          workflows: "task" in association ? await this.#workflowsOf(association.task, spec, signal) : [],
        },
        rule,
        facts,
      );
      return this.#unlessDry(decision);
    } catch (error) {
      if (isRefusal(error)) return { ...base, phase: "Failed", reason: "GitHubRefused", message: error.message };
      if (error instanceof WorkflowsUnreadable)
        return { ...base, phase: "Failed", reason: "WorkflowsUnreadable", message: error.message };
      if (error instanceof GitHubUnavailable) return error;
      throw error;
    }
  }

  #unlessDry(decision: Decision): Decision {
    if (decision.phase !== undefined || !this.#options.configuration().github.dryRun) return decision;
    return { ...decision, phase: "Ignored", reason: "DryRun", message: `github.dryRun: ${decision.message}` };
  }

  async #carryOut(cached: Stored<Delivery>, signal: AbortSignal): Promise<Result> {
    // another leader may have finished it: the cache may not show that yet
    const delivery = await this.#options.client.get(Deliveries, keyOf(cached), { signal });
    if (isFinished(delivery)) return { requeueAfter: 0 };
    try {
      const outcome = await this.#actions.carryOut(delivery, signal);
      if (outcome.do === "finish") return await this.#finish(delivery, outcome.status, signal);
      const { reason, message, requeueAfter } = outcome;
      await this.#write(delivery, { phase: "Waiting", reason, message }, signal);
      return { requeueAfter };
    } catch (error) {
      if (error instanceof WorkflowDenied)
        return await this.#finish(delivery, failure("WorkflowDenied", error.message), signal);
      if (error instanceof WorkflowsUnreadable)
        return await this.#finish(delivery, failure("WorkflowsUnreadable", error.message), signal);
      if (isRefusal(error)) return await this.#finish(delivery, failure("GitHubRefused", error.message), signal);
      return laterOrThrow(error);
    }
  }

  async #workflowsOf(task: number, event: Delivery["spec"], signal: AbortSignal): Promise<readonly Stored<Workflow>[]> {
    return (await this.#options.workflows()?.of(task, repositoryKeyOf(event), signal)) ?? [];
  }

  async #finish(delivery: Stored<Delivery>, more: Partial<DeliveryStatus>, signal: AbortSignal): Promise<Result> {
    const { run, cancelled, workflow, decision } = delivery.status ?? {};
    const stopped = [
      ...(workflow === undefined ? [] : [`Workflow ${workflow.namespace}/${workflow.name}`]),
      ...(cancelled ?? []),
    ];
    const verb = decision === "retry" ? "Requested another attempt of" : "Started";
    const done = run === undefined ? `Cancelled ${stopped.join(", ")}.` : `${verb} ${run.namespace}/${run.name}.`;
    await this.#write(
      delivery,
      { phase: "Done", reason: "CarriedOut", message: done, ...more, finishedAt: this.#now() },
      signal,
    );
    return await this.#tidy(delivery, signal);
  }

  async #write(delivery: Stored<Delivery>, next: DeliveryStatus, signal: AbortSignal): Promise<void> {
    await writeStatus(this.#options.client, delivery, next, this.#now(), signal);
  }

  /** Removes a finished Delivery when its time is over. */
  async #expire(delivery: Stored<Delivery>, signal: AbortSignal): Promise<Result> {
    const { ttlSeconds } = this.#options.configuration().github;
    const finished = Date.parse(delivery.status?.finishedAt ?? "");
    const left = finished + ttlSeconds * 1000 - this.#options.clock.now();
    if (left > 0) return { requeueAfter: Math.min(left, longestTimer) };
    await this.#remove(delivery, signal);
    return {};
  }

  /** Removes the oldest ones beyond the bound of a repository, after one more is finished. */
  async #tidy({ spec, metadata }: Stored<Delivery>, signal: AbortSignal): Promise<Result> {
    const { deliveries, configuration, recoveredUntil } = this.#options;
    const all = deliveries.byIndex(repositoryIndex, repositoryKeyOf(spec));
    const retention = { keep: configuration().github.maxPerRepository, recoveredUntil: recoveredUntil() };
    for (const other of superfluous(all, retention))
      if (other.metadata.name !== metadata.name) await this.#remove(other, signal);
    return { requeueAfter: Math.min(configuration().github.ttlSeconds * 1000, longestTimer) };
  }

  async #remove(delivery: Stored<Delivery>, signal: AbortSignal): Promise<void> {
    const { uid } = delivery.metadata;
    await unlessMissing(this.#options.client.delete(Deliveries, keyOf(delivery), { preconditions: { uid }, signal }));
  }

  #now(): string {
    return new Date(this.#options.clock.now()).toISOString();
  }
}

const failure = (reason: string, message: string): Partial<DeliveryStatus> => ({ phase: "Failed", reason, message });

/** GitHub does not let the operator do it, now or later. */
function isRefusal(error: unknown): error is Error {
  return [NoAccess, AppRefused, ReadRefused, WriteRefused].some((each) => error instanceof each);
}

function keyOf({ metadata: { namespace = "", name } }: Stored<Delivery>): Request & { namespace: string } {
  return { namespace, name };
}
