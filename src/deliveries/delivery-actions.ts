/**
 * Carries out what was decided about a Delivery. Each action finds what it did before an interruption, and says how it ended: only the
 * reconciler writes the status.
 */
import { agentOf, CodeRuns, type CodeRun } from "../api/coderun.js";
import { Deliveries, type Delivery, type DeliveryStatus } from "../api/delivery.js";
import { isLive } from "../api/phase.js";
import type { PlayWorkflows } from "../argo/workflows.js";
import type { Configuration } from "../configuration/configuration.js";
import type { RepositoryReader } from "../github/repository-reader.js";
import type { Reader } from "../runtime/cache/reader.js";
import type { Client } from "../runtime/client/client.js";
import { AlreadyExists, Forbidden, Invalid } from "../runtime/client/errors.js";
import type { Stored } from "../runtime/client/objects.js";
import { unlessMissing } from "../runtime/client/unless-missing.js";
import type { Clock } from "../runtime/clock.js";
import { followsFromCommit, isConflict } from "./commit-events.js";
import { conflictsAfter } from "./conflicts.js";
import { deliveryAnnotation, isOfRepository, overtakenMessage } from "./decision.js";
import { overtaking } from "./event-order.js";
import { managedRunsOf, repositoryKeyOf, runRepositoryIndex, subjectIndex, subjectKey } from "./indexes.js";
import { PlayActions } from "./play-actions.js";
import type { ReportAccess } from "./report-access.js";
import { stateOf } from "./report.js";
import type { Rule } from "./rules.js";
import { startedPlay } from "./started-play.js";
import { startedRun } from "./started-run.js";

export interface DeliveryActionsOptions {
  readonly client: Pick<Client, "get" | "create" | "patch" | "delete">;
  readonly clock: Clock;
  readonly deliveries: Reader<Delivery>;
  readonly runs: Reader<CodeRun>;
  readonly configuration: () => Pick<Configuration, "github" | "agents" | "argo">;
  /** Whether the operator manages a namespace. */
  readonly manages: (namespace: string) => boolean;
  /** Reads a repository of GitHub. @throws NoAccess; AppRefused; GitHubUnavailable */
  readonly repository: (delivery: Delivery["spec"]) => Promise<RepositoryReader>;
  /** Writes to a repository of GitHub. @throws NoAccess */
  readonly access: (repository: NonNullable<Delivery["spec"]["repository"]>) => Promise<ReportAccess>;
  /** The Workflows of plays, with `argo.enabled`. */
  readonly workflows: () => PlayWorkflows | undefined;
}

/** How an action ended. */
export type Outcome =
  /** For good: `status` replaces parts of the usual one, phase `Done` with reason `CarriedOut`. */
  | { readonly do: "finish"; readonly status: Partial<DeliveryStatus> }
  /** It cannot continue yet: the Delivery is `Waiting`, and is reconciled again after so many milliseconds. */
  | { readonly do: "wait"; readonly reason: string; readonly message: string; readonly requeueAfter: number };

/** Milliseconds after which a waiting Delivery is reconciled, even if no run of its task has ended. */
const waitAgain = 300_000;

/** Milliseconds after which mergeability is read again from GitHub, doubled each time, and for how long. */
const mergeTry = 10_000;
const maxMergeTry = 300_000;

/** Milliseconds after which a Workflow that has not reached a node is read again. */
const lookAgain = 5_000;

type RunKey = NonNullable<DeliveryStatus["run"]>;

export class DeliveryActions {
  readonly #options: DeliveryActionsOptions;

  constructor(options: DeliveryActionsOptions) {
    this.#options = options;
  }

  /**
   * @param delivery as the API server has it
   * @throws WorkflowDenied; NoAccess, AppRefused, ReadRefused, WriteRefused; GitHubUnavailable; errors of the API server
   */
  async carryOut(delivery: Stored<Delivery>, signal: AbortSignal): Promise<Outcome> {
    const { decision, workflow, cancelled = [], run, retryAttempt = 1 } = delivery.status ?? {};
    if (decision === "resume") return await this.#resume(delivery, signal);
    if (decision === "play") return await this.#play(delivery, signal);
    if (decision === "label" || decision === "comment") return await this.#tell(delivery);
    if (decision === "findConflicts") return await this.#findConflicts(delivery, signal);
    if (decision === "retry" && run !== undefined) return await this.#retry(run, retryAttempt, signal);
    if (workflow !== undefined) await this.#plays()?.stop(delivery, signal);
    for (const name of cancelled) await this.#cancel(name, signal);
    return run === undefined ? carriedOut : await this.#start(delivery, run, signal);
  }

  #plays(): PlayActions | undefined {
    const { client, clock, runs, workflows } = this.#options;
    const found = workflows();
    return found && new PlayActions({ client, clock, runs, workflows: found });
  }

  async #resume(delivery: Stored<Delivery>, signal: AbortSignal): Promise<Outcome> {
    const plays = this.#plays();
    if (plays === undefined) return argoOff;
    const end = await plays.resume(delivery, signal);
    const { message } = end;
    if (end.do === "end") return finish({ phase: end.phase, reason: end.reason, message });
    return { do: "wait", reason: "WorkflowBusy", message, requeueAfter: lookAgain };
  }

  async #play(delivery: Stored<Delivery>, signal: AbortSignal): Promise<Outcome> {
    const { spec, status = {} } = delivery;
    const plays = this.#plays();
    if (plays === undefined) return argoOff;
    const rule = this.#ruleOf(status);
    if (rule === undefined) return ruleGone(status);
    const play = startedPlay(delivery, rule.then, this.#options.configuration());
    const started = await plays.start(delivery, play, repositoryKeyOf(spec), signal);
    if ("do" in started) {
      const { phase, reason, message } = started;
      return finish({ phase, reason, message });
    }
    const { namespace = "", name, uid } = started.metadata;
    return finish({ workflow: { namespace, name, uid }, message: `Started Workflow ${namespace}/${name}.` });
  }

  /** Raises `spec.retryAttempt` to the value that was decided, unless it has that already. */
  async #retry(run: RunKey, retryAttempt: number, signal: AbortSignal): Promise<Outcome> {
    const key = { namespace: run.namespace, name: run.name };
    const { client } = this.#options;
    const found = await unlessMissing(client.get(CodeRuns, key, { signal }));
    if (found === undefined) return failed("RunGone", `CodeRun ${run.namespace}/${run.name} is gone.`);
    if ((found.spec.retryAttempt ?? 1) >= retryAttempt) return carriedOut;
    const { uid, resourceVersion } = found.metadata;
    const body = { metadata: { uid, resourceVersion }, spec: { retryAttempt } };
    try {
      await client.patch(CodeRuns, key, { type: "merge", body }, { signal });
      return carriedOut;
    } catch (error) {
      return denied(error);
    }
  }

  /** Stores an event for each pull request that cannot be merged after a push. */
  async #findConflicts(delivery: Stored<Delivery>, signal: AbortSignal): Promise<Outcome> {
    const { client, clock, repository, runs, manages } = this.#options;
    const { spec, status = {} } = delivery;
    const ofRepository = managedRunsOf(runs, spec, manages);
    const { events, unknown } = await conflictsAfter(delivery, ofRepository, await repository(spec));
    for (const event of events) {
      try {
        await client.create(Deliveries, event, { signal });
      } catch (error) {
        if (!(error instanceof AlreadyExists)) throw error;
      }
    }
    const waited = clock.now() - Date.parse(status.decidedAt ?? "");
    const untried = `GitHub has not tried to merge ${numbersOf(unknown)}.`;
    if (unknown.length > 0 && waited <= maxMergeTry)
      return { do: "wait", reason: "MergeUnknown", message: untried, requeueAfter: Math.max(mergeTry, waited) };
    const conflicting = numbersOf(events.map((each) => each.spec.subject?.number ?? 0));
    const message =
      events.length === 0
        ? `No pull request of a task conflicts with ${spec.branch ?? ""}.`
        : `In conflict with ${spec.branch ?? ""}: ${conflicting}.`;
    return finish({ message: unknown.length > 0 ? `${message} ${untried}` : message });
  }

  /** Labels, or comments on, the issue or pull request. What was written before an interruption is found again. */
  async #tell({ status = {}, spec, metadata }: Stored<Delivery>): Promise<Outcome> {
    const { repository, subject } = spec;
    const rule = this.#ruleOf(status);
    if (repository === undefined || subject === undefined || rule === undefined) return ruleGone(status);
    const access = await this.#options.access(repository);
    const token = await access.commentToken();
    const { labels = [], text } = rule.then;
    if (status.decision === "label") {
      await access.writer.label(token, subject.number, labels);
      return finish({ message: "Labelled it." });
    }
    const marker = `<!-- agent-orchestrator: ${metadata.name} -->`;
    await access.writer.comment(token, subject.number, marker, `${marker}\n${text ?? this.#stateOf(spec)}\n`);
    return finish({ message: "Commented." });
  }

  #ruleOf({ rule }: DeliveryStatus): Rule | undefined {
    return this.#options.configuration().github.rules.find(({ name }) => name === rule);
  }

  /** What agents do about the issue or pull request, in Markdown. */
  #stateOf(spec: Delivery["spec"]): string {
    const { deliveries, runs } = this.#options;
    const about = deliveries.byIndex(subjectIndex, subjectKey(spec) ?? "");
    return stateOf(about, runs.byIndex(runRepositoryIndex, repositoryKeyOf(spec)));
  }

  async #cancel(key: string, signal: AbortSignal): Promise<void> {
    const [namespace = "", name = ""] = key.split("/");
    const { client, runs } = this.#options;
    const run = runs.get({ namespace, name });
    if (run === undefined || run.spec.cancel === true || !isLive(run)) return;
    const body = { metadata: { uid: run.metadata.uid }, spec: { cancel: true } };
    await unlessMissing(client.patch(CodeRuns, { namespace, name }, { type: "merge", body }, { signal }));
  }

  async #start(delivery: Stored<Delivery>, run: RunKey, signal: AbortSignal): Promise<Outcome> {
    const { client, runs, configuration } = this.#options;
    const { status = {}, spec } = delivery;
    if (runs.get(run) !== undefined) return await this.#afterExists(run, signal);
    const source = status.source === undefined ? undefined : runs.get({ ...run, name: status.source });
    if (source === undefined && status.source !== undefined)
      return failed("SourceGone", `CodeRun ${status.source}, which it continues, is gone.`);
    const live = this.#liveRun(run.namespace, delivery, source);
    if (live !== undefined) return waitsFor(live.metadata.name);
    const later = this.#overtaking(delivery);
    if (later !== undefined)
      return finish({ phase: "Ignored", reason: "Superseded", message: overtakenMessage(later) });
    if (status.phase === "Waiting" && (await this.#isOutdated(spec))) return finish(outdated(spec));
    const then: Rule["then"] = this.#ruleOf(status)?.then ?? { action: "start" };
    try {
      await client.create(CodeRuns, startedRun(delivery, source, then, configuration()), { signal });
      return carriedOut;
    } catch (error) {
      if (error instanceof AlreadyExists) return await this.#afterExists(run, signal);
      // a run of the task that the cache did not show yet
      if (isDenial(error) && error.causes.some(({ reason }) => reason === "FieldValueDuplicate"))
        return waitsFor("another run of the task");
      return denied(error);
    }
  }

  /** Of the same agent, task and service. */
  #liveRun(
    namespace: string,
    { spec, status = {} }: Stored<Delivery>,
    source: Stored<CodeRun> | undefined,
  ): Stored<CodeRun> | undefined {
    return this.#options.runs
      .list(namespace)
      .find(
        (each) =>
          isLive(each) &&
          each.spec.taskId === status.task &&
          agentOf(each.spec) === status.agent &&
          (source === undefined || each.spec.service === source.spec.service) &&
          isOfRepository(each, spec),
      );
  }

  /** What came while it waited, such as another push, or the closing of the pull request. */
  #overtaking(delivery: Stored<Delivery>): Stored<Delivery> | undefined {
    const { deliveries, configuration } = this.#options;
    const about = deliveries.byIndex(subjectIndex, subjectKey(delivery.spec) ?? "");
    return overtaking(delivery, about, configuration().github.rules);
  }

  /** Whether what follows from a commit was mended while it waited: the branch has newer commits, or can be merged again. */
  async #isOutdated(event: Delivery["spec"]): Promise<boolean> {
    const { subject, revision } = event;
    if (!followsFromCommit(event) || subject?.kind !== "PullRequest" || revision === undefined) return false;
    const pull = await (await this.#options.repository(event)).pullRequest(subject.number);
    if (pull === undefined) return false;
    return !pull.isOpen || pull.revision !== revision || (isConflict(event) && pull.mergeable === true);
  }

  /** Ours, from before an interruption or for another check of the same commit, or someone else's. */
  async #afterExists({ namespace, name }: RunKey, signal: AbortSignal): Promise<Outcome> {
    const run = await this.#options.client.get(CodeRuns, { namespace, name }, { signal });
    const isOurs = run.metadata.annotations?.[deliveryAnnotation] !== undefined;
    return isOurs ? carriedOut : failed("NameTaken", `CodeRun ${namespace}/${name} exists, and no event started it.`);
  }
}

const finish = (status: Partial<DeliveryStatus>): Outcome => ({ do: "finish", status });

const carriedOut = finish({});

const failed = (reason: string, message: string): Outcome => finish({ phase: "Failed", reason, message });

const ruleGone = ({ rule = "" }: DeliveryStatus): Outcome => failed("RuleGone", `Rule ${rule} is gone.`);

const argoOff = finish({ phase: "Ignored", reason: "ArgoOff", message: "argo.enabled is false." });

const waitsFor = (run: string): Outcome => ({
  ...{ do: "wait", reason: "LiveRun", message: `Waiting until ${run} has ended.` },
  requeueAfter: waitAgain,
});

const isDenial = (error: unknown): error is Invalid | Forbidden =>
  error instanceof Invalid || error instanceof Forbidden;

/** @throws the error, unless the run was denied */
function denied(error: unknown): Outcome {
  if (!isDenial(error)) throw error;
  return failed("RunDenied", error.status.message ?? "The run was denied.");
}

const outdated = ({ subject, revision = "" }: Delivery["spec"]): Partial<DeliveryStatus> => ({
  ...{ phase: "Ignored", reason: "Outdated" },
  message: `Pull request ${subject?.number ?? 0} has changed since commit ${revision.slice(0, 7)}: nothing is left to mend there.`,
});

const numbersOf = (pulls: readonly number[]): string => pulls.map((number) => `#${number}`).join(", ");
