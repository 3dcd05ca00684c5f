/** Reads from a repository before an event about it is acted on. */
import { parseBoundedJson } from "../runtime/input/bounded-json.js";
import { isObject } from "../runtime/schema/json.js";
import type { GitHubAnswer, GitHubApi } from "./github-api.js";
import { GitHubUnavailable } from "./unavailable.js";

/** GitHub does not let this program read what it asks for. Asking again does not help. */
export class ReadRefused extends Error {}

export interface PullRequestFacts {
  readonly labels: readonly string[];
  readonly branch: string;
  readonly baseBranch: string;
  readonly revision: string;
  /** Whether its branch is in another repository, or in none. */
  readonly fork: boolean;
  readonly isOpen: boolean;
  readonly isDraft: boolean;
  readonly title: string;
  /** Whether it has no conflict with its base branch; undefined while GitHub has not tried. A list does not say it. */
  readonly mergeable?: boolean;
}

export interface ListedPullRequest {
  readonly number: number;
  readonly facts: PullRequestFacts;
}

/** Open pull requests that are listed at once. */
const pageSize = 100;

export class RepositoryReader {
  readonly #api: Pick<GitHubApi, "request">;
  readonly #token: string;
  readonly #path: string;

  /** @param token that may read metadata, contents and pull requests of the repository */
  constructor(api: Pick<GitHubApi, "request">, token: string, owner: string, name: string) {
    this.#api = api;
    this.#token = token;
    this.#path = `/repos/${encodeURIComponent(owner)}/${encodeURIComponent(name)}`;
  }

  /** Whether an account may push to the repository. @throws ReadRefused, GitHubUnavailable */
  async mayWrite(login: string): Promise<boolean> {
    const answer = await this.#get(`${this.#path}/collaborators/${encodeURIComponent(login)}/permission`);
    const permission = isObject(answer?.content) ? answer.content.permission : undefined;
    return permission === "admin" || permission === "write";
  }

  /** Undefined if none has that number. @throws ReadRefused, GitHubUnavailable */
  async pullRequest(number: number): Promise<PullRequestFacts | undefined> {
    const content = (await this.#get(`${this.#path}/pulls/${number}`))?.content;
    return isObject(content) ? factsOf(content) : undefined;
  }

  /** Those whose base is the branch, the last changed first; at most 100. @throws ReadRefused, GitHubUnavailable */
  async openPullRequests(baseBranch: string): Promise<readonly ListedPullRequest[]> {
    const query = new URLSearchParams({ state: "open", base: baseBranch, sort: "updated", direction: "desc" });
    const content = (await this.#get(`${this.#path}/pulls?${query.toString()}&per_page=${pageSize}`))?.content;
    if (!Array.isArray(content)) return [];
    return content.slice(0, pageSize).flatMap((entry: unknown) => {
      const { number } = objectOf(entry);
      return Number.isSafeInteger(number) ? [{ number: number as number, facts: factsOf(objectOf(entry)) }] : [];
    });
  }

  /** Names in a directory at a commit; none if it is not there. @throws ReadRefused, GitHubUnavailable */
  async namesIn(directory: string, revision: string): Promise<readonly string[]> {
    const content = (await this.#get(this.#contents(directory, revision)))?.content;
    if (!Array.isArray(content)) return [];
    return content.slice(0, 1_000).map((entry: unknown) => textOf(objectOf(entry).name));
  }

  /** A JSON file at a commit; undefined if it is not there, or is no JSON. @throws ReadRefused, GitHubUnavailable */
  async jsonFile(path: string, revision: string): Promise<unknown> {
    const { content, encoding } = objectOf((await this.#get(this.#contents(path, revision)))?.content);
    if (typeof content !== "string" || encoding !== "base64" || content.length > 65_536) return undefined;
    try {
      return parseBoundedJson(Buffer.from(content, "base64"), 32);
    } catch {
      return undefined;
    }
  }

  /**
   * The id of the App whose bot an account is; undefined if it is none, or has another id. @param login such as `acme-rex[bot]`
   *
   * @throws ReadRefused, GitHubUnavailable
   */
  async appOfBot(login: string, accountId: number): Promise<number | undefined> {
    const [, slug] = /^([a-z0-9-]{1,100})\[bot\]$/i.exec(login) ?? [];
    if (slug === undefined) return undefined;
    const account = objectOf((await this.#get(`/users/${encodeURIComponent(login)}`))?.content);
    if (account.id !== accountId) return undefined;
    const { id } = objectOf((await this.#get(`/apps/${slug}`))?.content);
    return Number.isSafeInteger(id) ? (id as number) : undefined;
  }

  #contents(path: string, revision: string): string {
    const encoded = path.split("/").map(encodeURIComponent).join("/");
    return `${this.#path}/contents/${encoded}?ref=${encodeURIComponent(revision)}`;
  }

  /** Undefined for what does not exist. */
  async #get(path: string): Promise<GitHubAnswer | undefined> {
    const answer = await this.#api.request("GET", path, this.#token);
    const { status, message } = answer;
    if (status === 200) return answer;
    if (status === 404) return undefined;
    const said = `GitHub answers ${status}${message === "" ? "" : `: ${message}`}`;
    if ((status === 401 || status === 403) && !/rate limit/i.test(message)) throw new ReadRefused(said);
    throw new GitHubUnavailable(said);
  }
}

function factsOf(content: Readonly<Record<string, unknown>>): PullRequestFacts {
  const [head, base] = [objectOf(content.head), objectOf(content.base)];
  const labels: readonly unknown[] = Array.isArray(content.labels) ? content.labels : [];
  const repositoryOf = (side: Readonly<Record<string, unknown>>): unknown => objectOf(side.repo).id;
  return {
    labels: labels.slice(0, 100).map((label) => textOf(objectOf(label).name)),
    ...{ branch: textOf(head.ref), baseBranch: textOf(base.ref), revision: textOf(head.sha) },
    fork: repositoryOf(head) === undefined || repositoryOf(head) !== repositoryOf(base),
    ...{ isOpen: content.state === "open", isDraft: content.draft === true, title: textOf(content.title) },
    ...(typeof content.mergeable === "boolean" && { mergeable: content.mergeable }),
  };
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return isObject(value) ? value : {};
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
