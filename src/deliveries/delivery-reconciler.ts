/** Decides about each Delivery once, and carries the decision out once, however often it is interrupted. */
import { agentOf, CodeRuns, type CodeRun } from "../api/coderun.js";
import { setCondition } from "../api/conditions.js";
import { Deliveries, isFinished, redeliverAnnotation, type Delivery, type DeliveryStatus } from "../api/delivery.js";
import { isLive } from "../api/phase.js";
import type { Workflow } from "../argo/workflow.js";
import { WorkflowDenied, WorkflowsUnreadable, type PlayWorkflows } from "../argo/workflows.js";
import type { Configuration } from "../configuration/configuration.js";
import { AppRefused } from "../github/github-app.js";
import { GitHubUnavailable } from "../github/unavailable.js";
import { WriteRefused } from "../github/report-writer.js";
import { ReadRefused, type RepositoryReader } from "../github/repository-reader.js";
import type { Reader } from "../runtime/cache/reader.js";
import type { Client } from "../runtime/client/client.js";
import { AlreadyExists, Forbidden, Invalid, NotFound } from "../runtime/client/errors.js";
import type { Stored } from "../runtime/client/objects.js";
import type { ReconcileContext, Reconciler, Request, Result } from "../runtime/controller/reconciler.js";
import type { Clock } from "../runtime/clock.js";
import { followsFromCommit, isConflict } from "./commit-events.js";
import { conflictsAfter, decidePush } from "./conflicts.js";
import { laterOrThrow, longestTimer } from "./later.js";
import { decide, deliveryAnnotation, isOfRepository, type Decision } from "./decision.js";
import { taskOfEvent } from "./event-task.js";
import { factsOf } from "./github-facts.js";
import { PlayActions } from "./play-actions.js";
import { repositoryIndex, repositoryKeyOf, runRepositoryIndex, subjectIndex, subjectKey } from "./indexes.js";
import { NoAccess, type ReportAccess } from "./report-access.js";
import { superfluous } from "./retention.js";
import { stateOf } from "./report.js";
import { judge, type Rule } from "./rules.js";
import { startedRun } from "./started-run.js";

export interface DeliveryReconcilerOptions {
  readonly client: Pick<Client, "get" | "create" | "patch" | "delete">;
  readonly clock: Clock;
  readonly deliveries: Reader<Delivery>;
  readonly runs: Reader<CodeRun>;
  readonly configuration: () => Pick<Configuration, "github" | "agents">;
  /** Whether the operator manages a namespace. */
  readonly manages: (namespace: string) => boolean;
  /** Reads a repository of GitHub. @throws NoAccess; AppRefused; GitHubUnavailable */
  readonly repository: (delivery: Delivery["spec"]) => Promise<RepositoryReader>;
  /** Writes to a repository of GitHub. @throws NoAccess */
  readonly access: (repository: NonNullable<Delivery["spec"]["repository"]>) => Promise<ReportAccess>;
  /** Webhooks that GitHub sent until then are not taken in again, in milliseconds since the epoch. */
  readonly recoveredUntil: () => number;
  /** The Workflows of plays, with `argo.enabled`. */
  readonly workflows: () => PlayWorkflows | undefined;
}

/** Milliseconds after which a Delivery that waits is looked at, even if no run of its task ended. */
const waitAgain = 300_000;

/** Milliseconds after which GitHub is asked again whether pull requests can be merged, then twice as many each time, and for how long. */
const mergeTry = 10_000;
const maxMergeTry = 300_000;

/** Milliseconds after which a Workflow that has not reached a node is looked at again. */
const lookAgain = 5_000;

export class DeliveryReconciler implements Reconciler {
  readonly #options: DeliveryReconcilerOptions;

  constructor(options: DeliveryReconcilerOptions) {
    this.#options = options;
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
    const { deliveries, repository, manages } = this.#options;
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
      return this.#unlessDry(decidePush({ delivery, runs: this.#runsOf(spec), ofRepository }, rule));
    }
    try {
      // whoever has the secret of Grafana's webhook may do what its rules do
      const facts =
        spec.source === "grafana"
          ? { mayWrite: true, event: spec }
          : await factsOf(spec, await repository(spec), configuration.agents);
      const subject = subjectKey(spec);
      const ofRepository = this.#runsOf(spec);
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

  /** The runs of the repository in managed namespaces. */
  #runsOf(event: Delivery["spec"]): readonly Stored<CodeRun>[] {
    const { runs, manages } = this.#options;
    return runs
      .byIndex(runRepositoryIndex, repositoryKeyOf(event))
      .filter(({ metadata }) => manages(metadata.namespace ?? ""));
  }

  #unlessDry(decision: Decision): Decision {
    if (decision.phase !== undefined || !this.#options.configuration().github.dryRun) return decision;
    return { ...decision, phase: "Ignored", reason: "DryRun", message: `github.dryRun: ${decision.message}` };
  }

  async #carryOut(cached: Stored<Delivery>, signal: AbortSignal): Promise<Result> {
    // another leader may have finished it: the cache may not show that yet
    const delivery = await this.#options.client.get(Deliveries, keyOf(cached), { signal });
    const { status = {} } = delivery;
    if (isFinished(delivery)) return { requeueAfter: 0 };
    try {
      return await this.#act(delivery, status, signal);
    } catch (error) {
      if (error instanceof WorkflowDenied)
        return await this.#finish(delivery, failure("WorkflowDenied", error.message), signal);
      if (isRefusal(error)) return await this.#finish(delivery, failure("GitHubRefused", error.message), signal);
      return laterOrThrow(error);
    }
  }

  async #act(delivery: Stored<Delivery>, status: DeliveryStatus, signal: AbortSignal): Promise<Result> {
    if (status.decision === "resume") return await this.#resume(delivery, signal);
    if (status.decision === "retry") return await this.#retry(delivery, signal);
    if (status.decision === "label" || status.decision === "comment") return await this.#tell(delivery, signal);
    if (status.decision === "findConflicts") return await this.#findConflicts(delivery, signal);
    if (status.workflow !== undefined) await this.#plays()?.stop(delivery, signal);
    for (const name of status.cancelled ?? []) await this.#cancel(name, signal);
    if (status.run === undefined) return await this.#finish(delivery, {}, signal);
    return await this.#start(delivery, signal);
  }

  async #workflowsOf(task: number, event: Delivery["spec"], signal: AbortSignal): Promise<readonly Stored<Workflow>[]> {
    return (await this.#options.workflows()?.of(task, repositoryKeyOf(event), signal)) ?? [];
  }

  #plays(): PlayActions | undefined {
    const { client, clock, runs, workflows } = this.#options;
    const found = workflows();
    return found && new PlayActions({ client, clock, runs, workflows: found });
  }

  async #resume(delivery: Stored<Delivery>, signal: AbortSignal): Promise<Result> {
    const plays = this.#plays();
    if (plays === undefined)
      return await this.#finish(
        delivery,
        { phase: "Ignored", reason: "ArgoOff", message: "argo.enabled is false." },
        signal,
      );
    const end = await plays.resume(delivery, signal);
    const { message } = end;
    if (end.do === "end")
      return await this.#finish(delivery, { phase: end.phase, reason: end.reason, message }, signal);
    await this.#write(delivery, { phase: "Waiting", reason: "WorkflowBusy", message }, signal);
    return { requeueAfter: lookAgain };
  }

  /** Raises `spec.retryAttempt` to the value that was decided, unless it has that already. */
  async #retry(delivery: Stored<Delivery>, signal: AbortSignal): Promise<Result> {
    const { run, retryAttempt = 1 } = delivery.status ?? {};
    if (run === undefined) return {};
    const key = { namespace: run.namespace, name: run.name };
    const { client } = this.#options;
    const found = await client.get(CodeRuns, key, { signal }).catch(missing);
    if (found === undefined)
      return await this.#finish(delivery, failure("RunGone", `CodeRun ${run.namespace}/${run.name} is gone.`), signal);
    if ((found.spec.retryAttempt ?? 1) < retryAttempt) {
      const { uid, resourceVersion } = found.metadata;
      const body = { metadata: { uid, resourceVersion }, spec: { retryAttempt } };
      try {
        await client.patch(CodeRuns, key, { type: "merge", body }, { signal });
      } catch (error) {
        if (!(error instanceof Invalid || error instanceof Forbidden)) throw error;
        return await this.#finish(delivery, denied(error), signal);
      }
    }
    return await this.#finish(delivery, {}, signal);
  }

  /** Stores an event for each pull request that cannot be merged after a push. */
  async #findConflicts(delivery: Stored<Delivery>, signal: AbortSignal): Promise<Result> {
    const { client, clock, repository } = this.#options;
    const { spec, status = {} } = delivery;
    const { events, unknown } = await conflictsAfter(delivery, this.#runsOf(spec), await repository(spec));
    for (const event of events) {
      try {
        await client.create(Deliveries, event, { signal });
      } catch (error) {
        if (!(error instanceof AlreadyExists)) throw error;
      }
    }
    const waited = clock.now() - Date.parse(status.decidedAt ?? "");
    const untried = `GitHub has not tried to merge ${numbersOf(unknown)}.`;
    if (unknown.length > 0 && waited <= maxMergeTry) {
      await this.#write(delivery, { phase: "Waiting", reason: "MergeUnknown", message: untried }, signal);
      return { requeueAfter: Math.max(mergeTry, waited) };
    }
    const conflicting = numbersOf(events.map((each) => each.spec.subject?.number ?? 0));
    const message =
      events.length === 0
        ? `No pull request of a task conflicts with ${spec.branch ?? ""}.`
        : `In conflict with ${spec.branch ?? ""}: ${conflicting}.`;
    return await this.#finish(delivery, { message: unknown.length > 0 ? `${message} ${untried}` : message }, signal);
  }

  /** Labels, or comments on, the issue or pull request. What was written before an interruption is found again. */
  async #tell(delivery: Stored<Delivery>, signal: AbortSignal): Promise<Result> {
    const { status = {}, spec, metadata } = delivery;
    const { repository, subject } = spec;
    const rule = this.#options.configuration().github.rules.find(({ name }) => name === status.rule);
    if (repository === undefined || subject === undefined || rule === undefined)
      return await this.#finish(delivery, failure("RuleGone", `Rule ${status.rule ?? ""} is gone.`), signal);
    const access = await this.#options.access(repository);
    const token = await access.commentToken();
    const { labels = [], text } = rule.then;
    if (status.decision === "label") await access.writer.label(token, subject.number, labels);
    else {
      const marker = `<!-- agent-orchestrator: ${metadata.name} -->`;
      await access.writer.comment(token, subject.number, marker, `${marker}\n${text ?? this.#stateOf(spec)}\n`);
    }
    const done = status.decision === "label" ? "Labelled it." : "Commented.";
    return await this.#finish(delivery, { message: done }, signal);
  }

  /** What agents do about the issue or pull request, in Markdown. */
  #stateOf(spec: Delivery["spec"]): string {
    const { deliveries, runs } = this.#options;
    const about = deliveries.byIndex(subjectIndex, subjectKey(spec) ?? "");
    return stateOf(about, runs.byIndex(runRepositoryIndex, repositoryKeyOf(spec)));
  }

  async #cancel(key: string, signal: AbortSignal): Promise<void> {
    const [namespace = "", name = ""] = key.split("/");
    const run = this.#options.runs.get({ namespace, name });
    if (run === undefined || run.spec.cancel === true || !isLive(run)) return;
    const body = { metadata: { uid: run.metadata.uid }, spec: { cancel: true } };
    await this.#options.client.patch(CodeRuns, { namespace, name }, { type: "merge", body }, { signal }).catch(gone);
  }

  async #start(delivery: Stored<Delivery>, signal: AbortSignal): Promise<Result> {
    const { client, runs } = this.#options;
    const { status = {}, spec } = delivery;
    const { run, source: sourceName, agent, task } = status;
    if (run === undefined) return {};
    const key = { namespace: run.namespace, name: run.name };
    if (runs.get(key) !== undefined) return await this.#afterExists(delivery, key, signal);
    const source = sourceName === undefined ? undefined : runs.get({ namespace: run.namespace, name: sourceName });
    if (source === undefined && sourceName !== undefined)
      return await this.#finish(
        delivery,
        failure("SourceGone", `CodeRun ${sourceName}, which it continues, is gone.`),
        signal,
      );
    const live = runs
      .list(run.namespace)
      .find(
        (each) =>
          isLive(each) &&
          each.spec.taskId === task &&
          agentOf(each.spec) === agent &&
          (source === undefined || each.spec.service === source.spec.service) &&
          isOfRepository(each, spec),
      );
    if (live !== undefined) return await this.#wait(delivery, live.metadata.name, signal);
    if (status.phase === "Waiting" && (await this.#isOutdated(spec)))
      return await this.#finish(delivery, outdated(spec), signal);
    const configuration = this.#options.configuration();
    const rule: Rule["then"] = configuration.github.rules.find(({ name }) => name === status.rule)?.then ?? {
      action: "start",
    };
    try {
      await client.create(CodeRuns, startedRun(delivery, source, rule, configuration), { signal });
    } catch (error) {
      if (error instanceof AlreadyExists) return await this.#afterExists(delivery, key, signal);
      if (!(error instanceof Invalid || error instanceof Forbidden)) throw error;
      // a run of the task that the cache did not show yet
      if (error.causes.some(({ reason }) => reason === "FieldValueDuplicate"))
        return await this.#wait(delivery, "", signal);
      return await this.#finish(delivery, denied(error), signal);
    }
    return await this.#finish(delivery, {}, signal);
  }

  /** Whether what follows from a commit was mended while it waited: the branch has newer commits, or can be merged again. */
  async #isOutdated(event: Delivery["spec"]): Promise<boolean> {
    const { subject, revision } = event;
    if (!followsFromCommit(event) || subject?.kind !== "PullRequest" || revision === undefined) return false;
    const pull = await (await this.#options.repository(event)).pullRequest(subject.number);
    if (pull === undefined) return false;
    return !pull.isOpen || pull.revision !== revision || (isConflict(event) && pull.mergeable === true);
  }

  /** Ours, from before an interruption or for another check of the same commit, or somebody else's. */
  async #afterExists(
    delivery: Stored<Delivery>,
    key: Request & { namespace: string },
    signal: AbortSignal,
  ): Promise<Result> {
    const run = await this.#options.client.get(CodeRuns, key, { signal });
    const isOurs = run.metadata.annotations?.[deliveryAnnotation] !== undefined;
    const problem = failure("NameTaken", `CodeRun ${key.namespace}/${key.name} exists, and no event started it.`);
    return await this.#finish(delivery, isOurs ? {} : problem, signal);
  }

  async #wait(delivery: Stored<Delivery>, run: string, signal: AbortSignal): Promise<Result> {
    const message = run === "" ? "Waiting until another run of the task has ended." : `Waiting until ${run} has ended.`;
    await this.#write(delivery, { phase: "Waiting", reason: "LiveRun", message }, signal);
    return { requeueAfter: waitAgain };
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

  /** Writes the status unless it is that already. A write of another version is a conflict, and everything is read again. */
  async #write(delivery: Stored<Delivery>, next: DeliveryStatus, signal: AbortSignal): Promise<void> {
    const before = delivery.status ?? {};
    const message = (next.message ?? "").slice(0, 4_096);
    const isNew = next.phase === "Decided" || before.phase === undefined || isFinished(delivery);
    const merged: DeliveryStatus = isNew
      ? { conditions: before.conditions ?? [], ...next, message }
      : { ...before, ...next, message };
    const status = { ...merged, conditions: conditionsOf(merged, this.#now()) };
    if (JSON.stringify(sorted(status)) === JSON.stringify(sorted(before))) return;
    const { uid, resourceVersion, namespace = "", name } = delivery.metadata;
    const cleared = Object.fromEntries(Object.keys(before).map((key) => [key, null]));
    const body = { metadata: { uid, resourceVersion }, status: { ...cleared, ...status } };
    await this.#options.client.patch(
      Deliveries,
      { namespace, name },
      { type: "merge", body },
      { subresource: "status", signal },
    );
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
    await this.#options.client.delete(Deliveries, keyOf(delivery), { preconditions: { uid }, signal }).catch(gone);
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

const outdated = ({ subject, revision = "" }: Delivery["spec"]): Partial<DeliveryStatus> => ({
  ...{ phase: "Ignored", reason: "Outdated" },
  message: `Pull request ${subject?.number ?? 0} has changed since commit ${revision.slice(0, 7)}: nothing is left to mend there.`,
});

const numbersOf = (pulls: readonly number[]): string => pulls.map((number) => `#${number}`).join(", ");

const denied = (error: Invalid | Forbidden): Partial<DeliveryStatus> =>
  failure("RunDenied", error.status.message ?? "The run was denied.");

function conditionsOf(
  { phase, reason = "Pending", message = "", conditions = [] }: DeliveryStatus,
  now: string,
): NonNullable<DeliveryStatus["conditions"]> {
  const isDecided = phase !== undefined;
  const isComplete = phase === "Done" || phase === "Ignored";
  const status = (holds: boolean): "True" | "False" => (holds ? "True" : "False");
  const decided = setCondition(conditions, { type: "Decided", status: status(isDecided), reason, message }, now);
  return [...setCondition(decided, { type: "Complete", status: status(isComplete), reason, message }, now)];
}

function sorted(status: DeliveryStatus): unknown {
  return Object.entries(status).sort(([a], [b]) => (a < b ? -1 : 1));
}

function keyOf({ metadata: { namespace = "", name } }: Stored<Delivery>): Request & { namespace: string } {
  return { namespace, name };
}

function missing(error: unknown): undefined {
  if (!(error instanceof NotFound)) throw error;
  return undefined;
}

function gone(error: unknown): void {
  if (!(error instanceof NotFound)) throw error;
}
