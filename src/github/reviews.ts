/** What follows an agent's verdict about a pull request: a label, or a review. */
import { isObject } from "../runtime/schema/json.js";
import type { GitHubApi } from "./github-api.js";
import { failed } from "./pull-requests.js";

/** What the agent may do. */
export interface ReviewActs {
  /** Label that a passing verdict sets. */
  readonly label?: string;
  /** Whether a passing verdict approves. */
  readonly approve?: boolean;
  /** Whether another verdict requests changes. */
  readonly requestChanges?: boolean;
}

export interface Review {
  readonly owner: string;
  readonly repository: string;
  /** Of the pull request. Absent: the open one of the branch. */
  readonly number?: number;
  readonly head: string;
  readonly passed: boolean;
  /** Text of the review. */
  readonly body: string;
  /** Identifies the attempt: of several reviews with it, only the first is made. */
  readonly id: string;
  /** Commits that the agent saw or made; empty: not known. A pull request that has another one is left alone. */
  readonly revisions: readonly string[];
  readonly acts: ReviewActs;
}

export interface ReviewResult {
  /** What is so now, such as `the label ready-for-qa is set`. */
  readonly done: readonly string[];
  /** Why nothing was done. */
  readonly warning?: string;
  /** Of the pull request; empty: none exists. */
  readonly url: string;
}

interface Pull {
  readonly number: number;
  readonly url: string;
  readonly revision: string;
  readonly labels: readonly string[];
}

/** Does what is not done yet: it may be repeated. @throws PullRequestError in GitHub's words; GitHubUnavailable without an answer */
export async function review(api: GitHubApi, token: string, wanted: Review): Promise<ReviewResult> {
  const { acts, passed, owner, repository } = wanted;
  const path = `/repos/${encodeURIComponent(owner)}/${encodeURIComponent(repository)}`;
  const pull = await find(api, token, path, wanted);
  if (pull === undefined) return { done: [], url: "" };
  const { revision, url } = pull;
  if (wanted.revisions.length > 0 && revision !== "" && !wanted.revisions.includes(revision))
    return { done: [], url, warning: `the pull request is at commit ${revision}, which the agent has not seen` };
  const done: string[] = [];
  if (passed && acts.label !== undefined) {
    await setLabel(api, token, `${path}/issues/${pull.number}/labels`, acts.label, pull);
    done.push(`the label ${acts.label} is set`);
  }
  const event = passed ? (acts.approve === true ? "APPROVE" : undefined) : requested(acts);
  if (event !== undefined) {
    await submit(api, token, `${path}/pulls/${pull.number}/reviews`, event, pull, wanted);
    done.push(event === "APPROVE" ? "the pull request is approved" : "changes are requested");
  }
  return { done, url };
}

/**
 * A label that is set already says so of an earlier commit, and GitHub sends no event when it is set again: it is removed before. If this is
 * interrupted and repeated, there are two events of one verdict.
 */
async function setLabel(api: GitHubApi, token: string, path: string, label: string, { labels }: Pull): Promise<void> {
  if (labels.some((each) => each.toLowerCase() === label.toLowerCase())) {
    const removed = await api.request("DELETE", `${path}/${encodeURIComponent(label)}`, token);
    if (removed.status !== 200 && removed.status !== 404) throw failed(`the label ${label} was not removed`, removed);
  }
  const answer = await api.request("POST", path, token, { labels: [label] });
  if (answer.status !== 200) throw failed(`the label ${label} was not set`, answer);
}

const requested = ({ requestChanges }: ReviewActs): "REQUEST_CHANGES" | undefined =>
  requestChanges === true ? "REQUEST_CHANGES" : undefined;

async function submit(
  api: GitHubApi,
  token: string,
  path: string,
  event: "APPROVE" | "REQUEST_CHANGES",
  { revision }: Pull,
  { body, id }: Review,
): Promise<void> {
  const marker = `<!-- ${id.replaceAll(/[^A-Za-z0-9 ./_-]/g, "")} -->`;
  const before = await api.request("GET", `${path}?per_page=100`, token);
  if (before.status !== 200) throw failed("reviews cannot be listed", before);
  const reviews: readonly unknown[] = Array.isArray(before.content) ? before.content : [];
  if (reviews.some((each) => isObject(each) && typeof each.body === "string" && each.body.includes(marker))) return;
  const answer = await api.request("POST", path, token, {
    ...{ event, body: `${body}\n\n${marker}` },
    // GitHub refuses the review if the commit is the pull request's no longer
    ...(revision !== "" && { commit_id: revision }),
  });
  if (answer.status !== 200) throw failed("the review was not accepted", answer);
}

/** One that is open, of the repository itself. */
async function find(
  api: GitHubApi,
  token: string,
  path: string,
  { number, owner, head }: Review,
): Promise<Pull | undefined> {
  const query = new URLSearchParams({ state: "open", head: `${owner}:${head}` });
  const answer = await api.request(
    "GET",
    `${path}/pulls${number === undefined ? `?${query.toString()}` : `/${number}`}`,
    token,
  );
  if (number !== undefined && answer.status === 404) return undefined;
  if (answer.status !== 200) throw failed("the pull request cannot be read", answer);
  const content = Array.isArray(answer.content) ? (answer.content[0] as unknown) : answer.content;
  if (!isObject(content) || content.state === "closed" || !Number.isSafeInteger(content.number)) return undefined;
  const side = (name: "head" | "base"): Readonly<Record<string, unknown>> => {
    const value = content[name];
    return isObject(value) ? value : {};
  };
  const idOf = ({ repo }: Readonly<Record<string, unknown>>): unknown => (isObject(repo) ? repo.id : undefined);
  if (idOf(side("head")) !== idOf(side("base"))) return undefined;
  const { sha } = side("head");
  const { html_url: url } = content;
  const named: readonly unknown[] = Array.isArray(content.labels) ? content.labels : [];
  return {
    number: content.number as number,
    url: typeof url === "string" && /^https?:\/\/\S{1,500}$/.test(url) ? url : "",
    revision: typeof sha === "string" && /^[0-9a-f]{40,64}$/.test(sha) ? sha : "",
    labels: named.flatMap((each) => (isObject(each) && typeof each.name === "string" ? [each.name] : [])),
  };
}
