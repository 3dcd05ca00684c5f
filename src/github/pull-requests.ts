/** The pull request of a branch: the open one, or a new one. */
import { isObject } from "../runtime/schema/json.js";
import type { GitHubAnswer, GitHubApi } from "./github-api.js";

export interface PullRequestContent {
  readonly owner: string;
  readonly repository: string;
  /** Branch with the work, in the same repository. */
  readonly head: string;
  readonly base: string;
  /** Its first 250 characters count. */
  readonly title: string;
  readonly body: string;
  readonly labels: readonly string[];
}

export interface PullRequest {
  readonly url: string;
  /** False: it was open already, and was left as it is. */
  readonly isNew: boolean;
  /** What did not work beside it. */
  readonly warning?: string;
}

/** GitHub did not do what was requested. */
export class PullRequestError extends Error {}

/** @throws PullRequestError in GitHub's words; GitHubUnavailable without an answer */
export async function openPullRequest(api: GitHubApi, token: string, wanted: PullRequestContent): Promise<PullRequest> {
  const path = `/repos/${encodeURIComponent(wanted.owner)}/${encodeURIComponent(wanted.repository)}`;
  const query = new URLSearchParams({ state: "open", head: `${wanted.owner}:${wanted.head}` });
  const find = async (): Promise<string | undefined> => {
    const answer = await api.request("GET", `${path}/pulls?${query.toString()}`, token);
    if (answer.status !== 200) throw failed("pull requests cannot be listed", answer);
    const [first] = Array.isArray(answer.content) ? (answer.content as unknown[]) : [];
    return urlOf(first);
  };
  const open = await find();
  if (open !== undefined) return { url: open, isNew: false };
  const { head, base, title, body, labels } = wanted;
  const answer = await api.request("POST", `${path}/pulls`, token, { title: title.slice(0, 250), head, base, body });
  if (answer.status === 422) {
    // someone else may have opened it meanwhile
    const meanwhile = await find();
    if (meanwhile !== undefined) return { url: meanwhile, isNew: false };
  }
  const url = urlOf(answer.content);
  if (answer.status !== 201 || url === undefined) throw failed("the pull request cannot be opened", answer);
  const { number } = answer.content as { number?: unknown };
  if (labels.length === 0 || !Number.isSafeInteger(number)) return { url, isNew: true };
  const labelled = await api.request("POST", `${path}/issues/${String(number)}/labels`, token, { labels: [...labels] });
  if (labelled.status === 200) return { url, isNew: true };
  return { url, isNew: true, warning: failed("the pull request was not labelled", labelled).message };
}

function urlOf(content: unknown): string | undefined {
  const url = isObject(content) ? content.html_url : undefined;
  return typeof url === "string" && /^https?:\/\/\S{1,500}$/.test(url) ? url : undefined;
}

/** @param what happened, before GitHub's words */
export function failed(what: string, { status, message }: GitHubAnswer): PullRequestError {
  return new PullRequestError(`${what} (HTTP ${status})${message === "" ? "" : `: ${message}`}`);
}
