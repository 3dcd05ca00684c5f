/**
 * Pull requests that conflict with the branch that someone has pushed to. GitHub sends no webhook for a conflict: after a push the
 * operator asks for each open pull request of a task, and stores an event `pull_request` with the action `conflict` for each that
 * cannot be merged. The rules decide about that as about any other.
 */
import type { CodeRun } from "../api/coderun.js";
import { cutText } from "../cut-text.js";
import { deliveryName, type Delivery, type DeliverySpec } from "../api/delivery.js";
import type { PullRequestFacts, RepositoryReader } from "../github/repository-reader.js";
import { byCreation } from "../runtime/client/creation-order.js";
import type { Stored } from "../runtime/client/objects.js";
import { taskOf } from "./association.js";
import { conflictAction } from "./commit-events.js";
import type { Decision } from "./decision.js";
import type { Rule } from "./rules.js";

/** What is known when a push is decided about. */
export interface PushKnown {
  readonly delivery: Stored<Delivery>;
  /** The runs of the repository in managed namespaces. */
  readonly runs: readonly Stored<CodeRun>[];
  /** The Deliveries of the repository, this one among them. */
  readonly ofRepository: readonly Stored<Delivery>[];
}

/** Whether the pull requests for a branch have to be checked. Sends no request to GitHub. */
export function decidePush({ delivery, runs, ofRepository }: PushKnown, rule: Rule): Decision {
  const { spec, metadata } = delivery;
  const base = { decision: rule.then.action, rule: rule.name };
  const ignored = (reason: string, message: string): Decision => ({ ...base, phase: "Ignored", reason, message });
  const { branch } = spec;
  if (spec.event !== "push" || branch === undefined || spec.revision === undefined)
    return ignored("NoBranch", "Nothing was pushed to a branch.");
  if (runs.length === 0) return ignored("NoRun", "The repository has no CodeRun.");
  const later = ofRepository.some(
    (each) =>
      each.spec.event === "push" &&
      each.spec.branch === branch &&
      each.status?.phase === undefined &&
      byCreation(each, delivery) > 0,
  );
  if (later) return ignored("Superseded", `A later push to ${branch} is checked instead of ${metadata.name}.`);
  const message = `Rule ${rule.name} looks for pull requests that conflict with ${branch}.`;
  return { ...base, reason: "RuleMatched", message };
}

export interface Conflicts {
  /** To be stored; those that are stored already are the same. */
  readonly events: readonly Delivery[];
  /** Numbers of pull requests that GitHub has not tried to merge yet. */
  readonly unknown: readonly number[];
}

/** Pull requests that are checked after one push: each costs a request. */
const maxPulls = 50;

/** @throws ReadRefused, GitHubUnavailable */
export async function conflictsAfter(
  { spec, metadata }: Stored<Delivery>,
  runs: readonly Stored<CodeRun>[],
  reader: RepositoryReader,
): Promise<Conflicts> {
  const tasks = new Set(runs.map((run) => run.spec.taskId));
  const events: Delivery[] = [];
  const unknown: number[] = [];
  const open = await reader.openPullRequests(spec.branch ?? "");
  const concerned = open.filter(({ facts: { fork, labels, branch } }) => {
    const association = taskOf({ labels, branch });
    return !fork && "task" in association && tasks.has(association.task);
  });
  for (const { number } of concerned.slice(0, maxPulls)) {
    const facts = await reader.pullRequest(number);
    if (facts?.isOpen !== true || facts.mergeable === true) continue;
    if (facts.mergeable === undefined) unknown.push(number);
    else events.push(conflictOf(spec, number, facts, metadata.namespace ?? ""));
  }
  return { events, unknown };
}

function conflictOf(push: DeliverySpec, number: number, facts: PullRequestFacts, namespace: string): Delivery {
  const spec = conflictEvent(push, number, facts);
  return {
    apiVersion: "orchestrator.io/v1",
    kind: "Delivery",
    metadata: { namespace, name: deliveryName(spec) },
    spec,
  };
}

/** A repetition of the push gives the same id. */
function conflictEvent(push: DeliverySpec, number: number, facts: PullRequestFacts): DeliverySpec {
  const { source, repository, installation, sender } = push;
  const id = `${push.id.slice(0, 47).replace(/-+$/, "")}-${number}`;
  return {
    ...{ source, id, event: "pull_request", action: conflictAction },
    ...(repository !== undefined && { repository }),
    ...(installation !== undefined && { installation }),
    ...(sender !== undefined && { sender }),
    subject: { kind: "PullRequest", number, title: cutText(facts.title, 256), draft: facts.isDraft },
    labels: facts.labels.slice(0, 100).map((label) => cutText(label, 100)),
    ...{ branch: cutText(facts.branch, 255), baseBranch: cutText(facts.baseBranch, 255), fork: facts.fork },
    ...(/^[0-9a-f]{7,64}$/.test(facts.revision) && { revision: facts.revision }),
  };
}
