/** What is done about an event: the rule's action, unless something forbids it. Pure. */
import { agentOf, isImplementation, issueLabel, pullRequestLabel, stageLabel, type CodeRun } from "../api/coderun.js";
import type { Delivery, DeliverySpec, DeliveryStatus } from "../api/delivery.js";
import { agentOfApp, repositoryKey } from "../api/git.js";
import type { Workflow } from "../argo/workflow.js";
import { shortHash } from "../api/names.js";
import { isLive } from "../api/phase.js";
import type { Configuration } from "../configuration/configuration.js";
import { byCreationDescending } from "../runtime/client/creation-order.js";
import type { Stored } from "../runtime/client/objects.js";
import type { Association, TaskMarkers } from "./association.js";
import { followsFromCommit, isConflict } from "./commit-events.js";
import { earlierDelivery, eventIdentity, overtaking } from "./event-order.js";
import { playDecision } from "./play-decision.js";
import { appMissing, playStart, startsPlay } from "./play-start.js";
import { redeliverAnnotation } from "../api/delivery.js";
import type { Rule } from "./rules.js";

/** What GitHub says about an event and who caused it. */
export interface EventFacts {
  /** Whether the sender may push to the repository. */
  readonly mayWrite: boolean;
  /** The agent whose App the sender is, recognized by id. */
  readonly ownAgent?: string;
  readonly markers?: TaskMarkers;
  /** The event with what GitHub says of its pull request. */
  readonly event: DeliverySpec;
}

export interface Known {
  readonly delivery: Stored<Delivery>;
  /** Deliveries about the same issue or pull request, this one among them. */
  readonly sameSubject: readonly Stored<Delivery>[];
  /** The runs of the repository in managed namespaces. */
  readonly runs: readonly Stored<CodeRun>[];
  /** The task of the event. */
  readonly association: Association;
  /** Whether the operator manages a namespace. */
  readonly manages: (namespace: string) => boolean;
  /** The Workflows that play the task of the event; empty without Argo. */
  readonly workflows: readonly Stored<Workflow>[];
  readonly configuration: Pick<Configuration, "github" | "agents" | "argo">;
}

/** Annotation with the Delivery that started a run or a play. */
export const deliveryAnnotation = "orchestrator.io/delivery";

/** A decision; without a phase of its own it is Decided, and carried out next. */
export type Decision = DeliveryStatus & { readonly reason: string; readonly message: string };

type Refusal = (reason: string, message: string) => Decision;

/** @param rule that matches, whose action is not `ignore` */
export function decide(known: Known, rule: Rule, facts: EventFacts): Decision {
  const { event } = facts;
  const { action } = rule.then;
  const base = { decision: action, rule: rule.name };
  const ignored: Refusal = (reason, message) => ({ ...base, phase: "Ignored", reason, message });
  const failed: Refusal = (reason, message) => ({ ...base, phase: "Failed", reason, message });
  if (event.fork === true) return ignored("Fork", "The branch is in another repository: its events start nothing.");
  const sender = event.sender?.login ?? "nobody";
  if (!followsFromCommit(event) && !facts.mayWrite && facts.ownAgent === undefined)
    return ignored(
      "NotPermitted",
      `${sender} may not write to the repository, and is not an agent's App (agents.<name>.appId).`,
    );
  const earlier = earlierDelivery(known.delivery, known.sameSubject);
  if (earlier !== undefined) return ignored("Repeated", `Delivery ${earlier.metadata.name} is about the same event.`);
  const storm = stormOf(known);
  if (action === "label" || action === "comment")
    return storm === undefined ? toldThere(facts, rule, { ignored, base }) : ignored("TooManyEvents", storm);
  if (event.repository === undefined)
    return ignored(
      "NoRepository",
      "The event names no repository. An alert does by its label repository, as owner/name.",
    );
  const { association } = known;
  if (!("task" in association))
    return association.problem === "none"
      ? ignored("NoTask", association.message)
      : failed("TaskUncertain", association.message);
  const { task } = association;
  const ofTask = known.runs.filter((run) => run.spec.taskId === task);
  const places = new Set(ofTask.map(({ metadata, spec }) => `${metadata.namespace ?? ""}/${spec.service}`));
  if (places.size > 1)
    return {
      ...failed(
        "RunUncertain",
        `Task ${task} has runs of several services: ${[...places].sort().slice(0, 10).join(", ")}.`,
      ),
      task,
    };
  const source = sourceOf(ofTask);
  const isIssue = event.subject?.kind === "Issue";
  const isOrigin = isIssue || event.alert !== undefined;
  if (source === undefined && !(isOrigin && action === "start"))
    return {
      ...ignored("NoRun", `Task ${task} has no CodeRun for this repository: create its implementation first.`),
      task,
    };
  if (storm !== undefined) return { ...ignored("TooManyEvents", storm), task };
  if (facts.ownAgent !== undefined && (isIssue || action === "retry"))
    return { ...ignored("OwnEvent", `Agent ${facts.ownAgent} caused the event itself.`), task };
  const live = liveOf(ofTask, rule.then.replace);
  const inPlay = playDecision({ workflows: known.workflows, live, base }, rule);
  const found = { task, source, ofTask, ignored, base };
  const decided = inPlay ?? tooLate(known, event, ignored);
  return { ...(decided ?? (action === "retry" ? retried(found, rule) : planned(known, rule, facts, found))), task };
}

export function overtakenMessage({ metadata, spec }: Stored<Delivery>): string {
  const what = spec.subject?.kind === "Issue" ? "issue" : "pull request";
  return `Delivery ${metadata.name} is about a later state of the ${what}.`;
}

/** A pull request that has changed since. A Workflow comes first: it knows which events it waits for, in any order. */
function tooLate(
  { delivery, sameSubject, configuration }: Known,
  event: DeliverySpec,
  ignored: Refusal,
): Decision | undefined {
  const { subject } = event;
  // whoever writes a comment sees that it is closed
  const isReaction = followsFromCommit(event) || event.event.startsWith("pull_request_review");
  if (isReaction && subject?.kind === "PullRequest" && subject.open === false)
    return ignored("PullRequestClosed", `Pull request ${subject.number} is closed: nothing is left to mend there.`);
  const later = overtaking(delivery, sameSubject, configuration.github.rules);
  return later && ignored("Superseded", overtakenMessage(later));
}

/** Labels and comments: whoever they are about, no run is concerned. */
function toldThere(
  { event, ownAgent }: EventFacts,
  rule: Rule,
  { ignored, base }: Pick<Found, "ignored" | "base">,
): Decision {
  const { action, labels = [] } = rule.then;
  const { subject } = event;
  if (subject === undefined) return ignored("NoSubject", "The event is about no issue or pull request.");
  // an agent could make it answer its own words without end
  if (action === "comment" && ownAgent !== undefined)
    return ignored("OwnEvent", `Agent ${ownAgent} caused the event itself.`);
  const what = action === "label" ? `adds ${labels.join(", ")} to` : "comments on";
  return { ...base, reason: "RuleMatched", message: `Rule ${rule.name} ${what} ${subject.number}.` };
}

/** Another attempt of the newest run, if that has failed. */
function retried({ task, ofTask, ignored, base }: Found, rule: Rule): Decision {
  const [newest] = [...ofTask]
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .sort(byCreationDescending);
  const live = ofTask.find((run) => isLive(run));
  if (newest === undefined) return ignored("NoRun", `Task ${task} has no CodeRun.`);
  if (live !== undefined) return ignored("LiveRun", `${live.metadata.name} of task ${task} has not ended.`);
  const { metadata, spec, status = {} } = newest;
  const { namespace = "", name } = metadata;
  const requested = spec.retryAttempt ?? 1;
  if (requested > (status.observedRetryAttempt ?? 1))
    return ignored("LiveRun", `Another attempt of ${name} is requested already.`);
  if (status.phase !== "Failed" || spec.cancel === true)
    return ignored("NothingFailed", `${name}, the newest run of task ${task}, has not failed: ${status.phase ?? ""}.`);
  return {
    ...base,
    run: { kind: "CodeRun", namespace, name },
    retryAttempt: requested + 1,
    ...{ reason: "RuleMatched", message: `Rule ${rule.name} requests another attempt of ${namespace}/${name}.` },
  };
}

/** The live runs that are not yet cancelled, as `namespace/name`. @param stages of which; absent: all */
function liveOf(runs: readonly Stored<CodeRun>[], stages: readonly string[] | undefined): string[] {
  return runs
    .filter((run) => isLive(run) && run.spec.cancel !== true)
    .filter((run) => stages === undefined || stages.includes(stageOf(run)))
    .map(({ metadata }) => `${metadata.namespace ?? ""}/${metadata.name}`)
    .sort()
    .slice(0, 100);
}

interface Found {
  readonly task: number;
  /** Absent: an issue starts the first run of its task. */
  readonly source: Stored<CodeRun> | undefined;
  readonly ofTask: readonly Stored<CodeRun>[];
  readonly ignored: Refusal;
  readonly base: Pick<Decision, "decision" | "rule">;
}

function planned(known: Known, rule: Rule, facts: EventFacts, found: Found): Decision {
  const { delivery, configuration } = known;
  const { task, source, ofTask, ignored, base } = found;
  const { action, agent, replace } = rule.then;
  const stages = action === "cancel" ? replace : (replace ?? []);
  const cancelled = liveOf(ofTask, stages);
  if (action === "cancel") {
    if (cancelled.length === 0) return ignored("NothingLive", `Task ${task} has no live run to cancel.`);
    return { ...base, cancelled, reason: "RuleMatched", message: `Rule ${rule.name} cancels ${cancelled.join(", ")}.` };
  }
  const target = targetOf(agent, source, configuration);
  if (target === undefined) return ignored("NoAgent", appMissing(agent ?? ""));
  if (facts.ownAgent === target && !followsFromCommit(facts.event))
    return ignored("OwnEvent", `Agent ${target} caused the event itself.`);
  // an issue that is labelled twice, or an alert that fires again, asks for one run; each comment has words of its own
  const live = ofTask.find((run) => isLive(run) && agentOf(run.spec) === target);
  if (live !== undefined && (facts.event.event === "issues" || facts.event.alert !== undefined))
    return ignored("LiveRun", `${live.metadata.name} of task ${task} has not ended.`);
  const tooMany = tooManyOf(known, ofTask);
  if (tooMany !== undefined) return ignored("TooManyRuns", tooMany);
  const namespace =
    source === undefined ? (rule.then.namespace ?? configuration.github.namespace) : (source.metadata.namespace ?? "");
  if (namespace === undefined)
    return ignored("NoNamespace", "No namespace is set for runs of issues: set github.namespace in the configuration.");
  if (!known.manages(namespace))
    return ignored("NamespaceNotManaged", `Namespace ${namespace} is not managed by this operator.`);
  if (startsPlay(facts.event, rule, source, configuration)) {
    const play = { task, namespace, agent: target, cause: JSON.stringify(causeOf(delivery, facts.event)) };
    return { ...base, ...playStart(play, facts.event, { ...known, rule }) };
  }
  const name = runName(delivery, facts.event, task, target, action);
  return {
    ...base,
    ...(cancelled.length > 0 && { cancelled }),
    agent: target,
    ...(source !== undefined && { source: source.metadata.name }),
    run: { kind: "CodeRun", namespace, name },
    ...{ reason: "RuleMatched", message: `Rule ${rule.name} starts ${namespace}/${name} for agent ${target}.` },
  };
}

/** The stage of a run; without a label it is an implementation, or something else that nothing is known of. */
export function stageOf(run: CodeRun): string {
  return run.metadata?.labels?.[stageLabel] ?? (isImplementation(run) ? "implementation" : (run.spec.runType ?? ""));
}

export function isOfRepository(
  { spec }: Pick<CodeRun, "spec">,
  { repository }: Pick<DeliverySpec, "repository">,
): boolean {
  if (repository === undefined) return false;
  const { host, owner, name } = repository;
  return repositoryKey(spec.repositoryUrl) === `${host}/${owner}/${name}`.toLowerCase();
}

/** The newest implementation, else the newest run. */
function sourceOf(runs: readonly Stored<CodeRun>[]): Stored<CodeRun> | undefined {
  const present = runs.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const implementations = present.filter(isImplementation);
  return [...(implementations.length > 0 ? implementations : present)].sort(byCreationDescending)[0];
}

/** The agent by the name that its runs have. */
function targetOf(
  agent: string | undefined,
  source: CodeRun | undefined,
  { agents }: Known["configuration"],
): string | undefined {
  if (agent === undefined) return source && agentOf(source.spec);
  const profile = agents !== undefined && Object.hasOwn(agents, agent) ? agents[agent] : undefined;
  return profile?.githubApp === undefined ? undefined : agentOfApp(profile.githubApp);
}

/** Runs that events of the issue, pull request or alert have started, if they are as many as are allowed. */
function tooManyOf(
  { delivery, sameSubject, runs, configuration }: Known,
  ofTask: readonly CodeRun[],
): string | undefined {
  const { subject, alert } = delivery.spec;
  const { maxRunsPerPullRequest: limit } = configuration.github;
  if (alert !== undefined) {
    const byEvents = ofTask.filter(({ metadata }) => metadata?.annotations?.[deliveryAnnotation] !== undefined);
    return byEvents.length < limit
      ? undefined
      : `Events of alert ${alert.name} have started ${byEvents.length} runs (github.maxRunsPerPullRequest).`;
  }
  if (subject === undefined) return undefined;
  const [label, what] = subject.kind === "Issue" ? [issueLabel, "issue"] : [pullRequestLabel, "pull request"];
  const started = runs.filter(({ metadata }) => metadata.labels?.[label] === String(subject.number));
  const names = new Set(started.map(({ metadata }) => metadata.name));
  // decided, and waiting for a live run to end
  for (const { status } of sameSubject)
    if (status?.run !== undefined && (status.phase === "Decided" || status.phase === "Waiting"))
      names.add(status.run.name);
  return names.size < limit
    ? undefined
    : `Events of ${what} ${subject.number} have started ${names.size} runs (github.maxRunsPerPullRequest).`;
}

/** The same for every try and for each Delivery of one event, so that a run is created once. */
function runName(delivery: Stored<Delivery>, event: DeliverySpec, task: number, agent: string, action: string): string {
  const { host = "", owner = "", name = "" } = event.repository ?? {};
  const front = `task-${task}-${agent}`.slice(0, 40).replace(/-+$/, "");
  const parts = [host, owner, name, task, agent, action, ...causeOf(delivery, event)];
  return `${front}-${shortHash(JSON.stringify(parts), 10)}`;
}

/**
 * What a run is started for. Checks that failed at one commit share a run, and so do conflicts of one commit; every other event has one of its
 * own, and so has each further decision that a person requests.
 */
function causeOf(delivery: Stored<Delivery>, event: DeliverySpec): [cause: string, again: string] {
  const isShared = followsFromCommit(event) && event.revision !== undefined;
  const what = isConflict(event) ? "conflict of" : "commit";
  const own = eventIdentity(delivery.spec) ?? `delivery ${delivery.metadata.name}`;
  const again = delivery.metadata.annotations?.[redeliverAnnotation] ?? "";
  return [isShared ? `${what} ${event.revision ?? ""}` : own, again];
}

/** Whether more events came within a minute than are acted on; the result does not depend on the time of the call. */
function stormOf({ delivery, sameSubject, configuration }: Known): string | undefined {
  const { maxEventsPerMinute: limit } = configuration.github;
  const at = Date.parse(delivery.metadata.creationTimestamp ?? "");
  const before = sameSubject.filter(({ metadata }) => {
    const time = Date.parse(metadata.creationTimestamp ?? "");
    const isEarlier = time < at || (time === at && metadata.name < delivery.metadata.name);
    return isEarlier && time > at - 60_000;
  });
  return before.length < limit
    ? undefined
    : `${before.length} other events of it came within a minute (github.maxEventsPerMinute); deliver it again if it is wanted.`;
}
