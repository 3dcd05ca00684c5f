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
    labels: labels ?? [...pull.labels],
    branch: branch ?? pull.branch,
    baseBranch: event.baseBranch ?? pull.baseBranch,
    ...(revision !== undefined && { revision }),
    fork: event.fork === true || pull.fork,
  };
}

/** The agent whose App the sender is: its name could be anybody's, so ids have to agree. */
async function ownAgentOf(
  { sender }: DeliverySpec,
  reader: RepositoryReader,
  agents: Configuration["agents"],
): Promise<string | undefined> {
  if (sender?.type !== "Bot" || sender.id === undefined) return undefined;
  for (const { githubApp, appId } of Object.values(agents ?? {})) {
    const isNamedSo = githubApp !== undefined && `${slugOf(githubApp)}[bot]` === sender.login.toLowerCase();
    if (!isNamedSo || appId === undefined) continue;
    if (await reader.isBotOfApp(sender.login, sender.id, Number(appId))) return agentOfApp(githubApp);
  }
  return undefined;
}

const slugOf = (githubApp: string): string => githubApp.toLowerCase().replaceAll(/[_ ]/g, "-");

async function markersAt(revision: string, reader: RepositoryReader): Promise<TaskMarkers> {
  const names = await reader.namesIn(".task", revision);
  const directories = names.map(taskNumber).filter((task) => task !== undefined);
  const file = await reader.jsonFile(currentTaskFile, revision);
  const { taskId, task_id: older } = (file ?? {}) as { readonly taskId?: unknown; readonly task_id?: unknown };
  const current = taskNumber(taskId) ?? taskNumber(older);
  return { directories, ...(current !== undefined && { current }) };
}
