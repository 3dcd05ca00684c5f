/** Asks GitHub what a decision needs to know: who the sender is, and what the pull request and its commit say. */
import type { DeliverySpec } from "../api/delivery.js";
import { agentOfApp } from "../api/git.js";
import type { Configuration } from "../configuration/configuration.js";
import type { RepositoryReader } from "../github/repository-reader.js";
import { currentTaskFile, taskNumber, type TaskMarkers } from "./association.js";
import type { EventFacts } from "./decision.js";

/** @throws ReadRefused, GitHubUnavailable */
export async function factsOf(
  event: DeliverySpec,
  reader: RepositoryReader,
  agents: Configuration["agents"],
): Promise<EventFacts> {
  const known = await withPullRequest(event, reader);
  // nothing of a fork counts
  if (known.fork === true) return { mayWrite: false, event: known };
  const ownAgent = await ownAgentOf(known, reader, agents);
  const login = known.sender?.login;
  const mayWrite = ownAgent === undefined && login !== undefined ? await reader.mayWrite(login) : false;
  const markers = known.revision === undefined ? undefined : await markersAt(known.revision, reader);
  return { mayWrite, event: known, ...(ownAgent !== undefined && { ownAgent }), ...(markers && { markers }) };
}

/** A comment on a pull request, and a check, say little about it. */
async function withPullRequest(event: DeliverySpec, reader: RepositoryReader): Promise<DeliverySpec> {
  const { subject, labels, branch } = event;
  if (subject?.kind !== "PullRequest" || (labels !== undefined && branch !== undefined)) return event;
  const pull = await reader.pullRequest(subject.number);
  if (pull === undefined) return event;
  const revision = event.revision ?? (/^[0-9a-f]{7,64}$/.test(pull.revision) ? pull.revision : undefined);
  return {
    ...event,
    subject: { ...subject, open: pull.isOpen },
    labels: labels ?? [...pull.labels],
    branch: branch ?? pull.branch,
    baseBranch: event.baseBranch ?? pull.baseBranch,
    ...(revision !== undefined && { revision }),
    fork: event.fork === true || pull.fork,
  };
}

/** The agent whose App the sender is, by ids alone: a name could be anybody's, and an App may be renamed. */
async function ownAgentOf(
  { sender }: DeliverySpec,
  reader: RepositoryReader,
  agents: Configuration["agents"],
): Promise<string | undefined> {
  if (sender?.type !== "Bot" || sender.id === undefined) return undefined;
  const known = Object.values(agents ?? {}).filter(
    ({ githubApp, appId }) => githubApp !== undefined && appId !== undefined,
  );
  if (known.length === 0) return undefined;
  const app = await reader.appOfBot(sender.login, sender.id);
  if (app === undefined) return undefined;
  const { githubApp } = known.find(({ appId }) => Number(appId) === app) ?? {};
  return githubApp === undefined ? undefined : agentOfApp(githubApp);
}

async function markersAt(revision: string, reader: RepositoryReader): Promise<TaskMarkers> {
  const names = await reader.namesIn(".task", revision);
  const directories = names.map(taskNumber).filter((task) => task !== undefined);
  const file = await reader.jsonFile(currentTaskFile, revision);
  const { taskId, task_id: older } = (file ?? {}) as { readonly taskId?: unknown; readonly task_id?: unknown };
  const current = taskNumber(taskId) ?? taskNumber(older);
  return { directories, ...(current !== undefined && { current }) };
}
