/** Keeps one comment and the Check Runs of an issue or pull request as they should be. */
import { isObject, type JsonObject } from "../runtime/schema/json.js";
import type { GitHubAnswer, GitHubApi } from "./github-api.js";
import { GitHubUnavailable } from "./unavailable.js";

/** GitHub does not let this program write. Asking again soon does not help. */
export class WriteRefused extends Error {}

export interface ReportWriterOptions {
  readonly api: Pick<GitHubApi, "request">;
  readonly owner: string;
  readonly repository: string;
  /** App id or client id: whatever another account wrote is not touched. */
  readonly appId: string;
}

export interface WantedCheck {
  readonly id: string;
  readonly name: string;
  readonly revision: string;
  readonly status: string;
  readonly conclusion?: string;
  readonly title: string;
  readonly summary: string;
}

/** Pages of comments that are searched, of 100 each: ours is among the first. */
const maxPages = 10;

export class ReportWriter {
  readonly #options: ReportWriterOptions;
  readonly #path: string;

  constructor(options: ReportWriterOptions) {
    this.#options = options;
    this.#path = `/repos/${encodeURIComponent(options.owner)}/${encodeURIComponent(options.repository)}`;
  }

  /**
   * Writes the comment that begins with the marker, unless it is so already. May be repeated.
   *
   * @param known id of the comment; absent: it is searched for
   * @returns its id
   * @throws WriteRefused, GitHubUnavailable
   */
  async comment(token: string, number: number, marker: string, body: string, known?: number): Promise<number> {
    const found = known ?? (await this.#find(token, number, marker, body));
    if (typeof found === "object") return found.id;
    if (found !== undefined) {
      const path = `${this.#path}/issues/comments/${found}`;
      const edited = await this.#options.api.request("PATCH", path, token, { body });
      if (edited.status === 200) return found;
      if (edited.status !== 404) throw refusal(edited, "the comment was not changed");
      // someone has deleted it
      if (known !== undefined) return await this.comment(token, number, marker, body);
    }
    const made = await this.#options.api.request("POST", `${this.#path}/issues/${number}/comments`, token, { body });
    const id = isObject(made.content) ? made.content.id : undefined;
    if (made.status !== 201 || !Number.isSafeInteger(id)) throw refusal(made, "the comment was not accepted");
    return id as number;
  }

  /** Adds labels to an issue or pull request. May be repeated. @throws WriteRefused, GitHubUnavailable */
  async label(token: string, number: number, labels: readonly string[]): Promise<void> {
    const answer = await this.#options.api.request("POST", `${this.#path}/issues/${number}/labels`, token, { labels });
    if (answer.status !== 200) throw refusal(answer, "the labels were not accepted");
  }

  /** Writes a Check Run, unless it is so already. May be repeated. @throws WriteRefused, GitHubUnavailable */
  async check(token: string, wanted: WantedCheck): Promise<void> {
    const { id, name, revision, status, conclusion, title, summary } = wanted;
    const query = new URLSearchParams({ check_name: name, filter: "all", per_page: "100" });
    const path = `${this.#path}/commits/${encodeURIComponent(revision)}/check-runs?${query.toString()}`;
    const all = await this.#options.api.request("GET", path, token);
    if (all.status !== 200) throw refusal(all, "the checks cannot be listed");
    const listed = isObject(all.content) && Array.isArray(all.content.check_runs) ? all.content.check_runs : [];
    const before = (listed as unknown[]).find(
      (each): each is JsonObject => isObject(each) && each.external_id === id && this.#isOurs(each.app),
    );
    const body = {
      ...{ name, external_id: id, status, output: { title, summary } },
      ...(conclusion !== undefined && { conclusion }),
    };
    if (before === undefined) {
      const made = await this.#options.api.request("POST", `${this.#path}/check-runs`, token, {
        ...body,
        head_sha: revision,
      });
      if (made.status !== 201) throw refusal(made, "the check was not accepted");
      return;
    }
    const output = isObject(before.output) ? before.output : {};
    const isSame = before.status === status && (before.conclusion ?? undefined) === conclusion;
    if (isSame && output.title === title && output.summary === summary) return;
    const edited = await this.#options.api.request(
      "PATCH",
      `${this.#path}/check-runs/${String(before.id)}`,
      token,
      body,
    );
    if (edited.status !== 200) throw refusal(edited, "the check was not changed");
  }

  /** The id of our comment; an object if it has that text already. */
  async #find(
    token: string,
    number: number,
    marker: string,
    body: string,
  ): Promise<number | { readonly id: number } | undefined> {
    for (let page = 1; page <= maxPages; page++) {
      const path = `${this.#path}/issues/${number}/comments?per_page=100&page=${page}`;
      const answer = await this.#options.api.request("GET", path, token);
      if (answer.status !== 200) throw refusal(answer, "the comments cannot be listed");
      const comments: readonly unknown[] = Array.isArray(answer.content) ? answer.content : [];
      for (const each of comments) {
        if (!isObject(each) || typeof each.body !== "string" || !each.body.startsWith(marker)) continue;
        if (!Number.isSafeInteger(each.id) || !this.#isOurs(each.performed_via_github_app)) continue;
        const id = each.id as number;
        return each.body.replaceAll("\r\n", "\n").trim() === body.trim() ? { id } : id;
      }
      if (comments.length < 100) return undefined;
    }
    return undefined;
  }

  #isOurs(app: unknown): boolean {
    const { appId } = this.#options;
    return isObject(app) && (String(app.id) === appId || app.client_id === appId);
  }
}

/** A rate limit is no refusal. */
function refusal({ status, message }: GitHubAnswer, what: string): Error {
  const said = `${what} (HTTP ${status})${message === "" ? "" : `: ${message}`}`;
  const isFinal = [401, 403, 404, 410, 422].includes(status) && !/rate limit/i.test(message);
  return isFinal ? new WriteRefused(said) : new GitHubUnavailable(said);
}
