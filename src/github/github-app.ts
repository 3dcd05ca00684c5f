/** A GitHub App: its signature, and the tokens of its installations. */
import { createPrivateKey, createSign, type KeyObject } from "node:crypto";
import type { Clock } from "../runtime/clock.js";
import { isObject } from "../runtime/schema/json.js";
import type { GitHubAnswer, GitHubApi, RawAnswer } from "./github-api.js";
import { GitHubUnavailable } from "./unavailable.js";

/** What a token may do, as GitHub names it, such as `{ contents: "read" }`. */
export type Permissions = Readonly<Record<string, "read" | "write">>;

export interface TokenRequest {
  /** Owner of the repositories, who has installed the App. */
  readonly owner: string;
  /** Names without the owner: the token is for these alone. At least one. */
  readonly repositories: readonly string[];
  readonly permissions: Permissions;
}

export interface GitHubAppOptions {
  /** Its name, for messages. */
  readonly name: string;
  readonly api: GitHubApi;
  /** Reads its id and its private key, for each new token, so that a rotated Secret counts. */
  readonly read: () => Promise<{ readonly id: string; readonly privateKey: string }>;
  /** Its installation, if it is known. */
  readonly installation?: string;
  readonly clock: Clock;
}

/** GitHub, or the App's key, does not allow the request. Repeating it does not help. */
export class AppRefused extends Error {}

/** Milliseconds before its end when a token is replaced: a push that has begun must not lose its token. */
const renewBefore = 10 * 60_000;

/** Seconds: docs.github.com, "Generating a JSON Web Token for a GitHub App". At most 600 between the two. */
const issuedBefore = 60;
const expiresAfter = 540;

interface Token {
  readonly text: string;
  readonly expires: number;
}

export class GitHubApp {
  readonly #options: GitHubAppOptions;
  readonly #tokens = new Map<string, Promise<Token>>();

  constructor(options: GitHubAppOptions) {
    this.#options = options;
  }

  /**
   * A token for exactly these repositories and permissions, valid for at least ten minutes; a new one is requested only if there is
   * none yet.
   *
   * @throws AppRefused if the App is not installed there, lacks a permission, or its key is wrong; GitHubUnavailable if GitHub does not
   * answer, or has no more requests for the App now
   */
  async token(request: TokenRequest): Promise<string> {
    const key = JSON.stringify([request.owner, [...request.repositories].sort(), request.permissions]).toLowerCase();
    const held = this.#tokens.get(key);
    const known = await held?.catch(() => undefined);
    if (known !== undefined && known.expires - this.#options.clock.now() > renewBefore) return known.text;
    // another caller may have begun meanwhile
    if (this.#tokens.get(key) !== held) return await this.token(request);
    const asked = this.#ask(request);
    this.#tokens.set(key, asked);
    asked.catch(() => this.#tokens.get(key) === asked && this.#tokens.delete(key));
    return (await asked).text;
  }

  /**
   * Reads what belongs to the App itself, such as the list of its webhooks.
   *
   * @param maxBytes of the answer
   * @throws AppRefused, GitHubUnavailable
   */
  async read(path: string, maxBytes: number): Promise<RawAnswer> {
    const { name, api } = this.#options;
    const signature = await this.#signature();
    const answer = await api.read(path, signature, maxBytes);
    if (answer.status === 200) return answer;
    const text = `GitHub denied the App ${name} its ${path.replace(/[?].*/, "")} (HTTP ${answer.status})`;
    throw refusal({ status: answer.status, content: undefined, message: "" }, text);
  }

  /** The next tokens are new ones. */
  forget(): void {
    this.#tokens.clear();
  }

  async #ask({ owner, repositories, permissions }: TokenRequest): Promise<Token> {
    const { name, clock } = this.#options;
    const signature = await this.#signature();
    const [first = ""] = repositories;
    const slug = `${owner}/${first}`;
    const installation = this.#options.installation ?? (await this.#installationFor(owner, first, signature));
    const path = `/app/installations/${encodeURIComponent(installation)}/access_tokens`;
    const answer = await this.#options.api.request("POST", path, signature, {
      repositories: [...repositories],
      permissions: { ...permissions },
    });
    if (answer.status !== 201)
      throw refusal(answer, `GitHub denied the App ${name} a token for ${slug} (HTTP ${answer.status})`);
    const { token, expires_at: expires } = isObject(answer.content) ? answer.content : {};
    if (typeof token !== "string" || !/^[\x21-\x7e]{1,4096}$/.test(token))
      throw new GitHubUnavailable(`GitHub's answer for the App ${name} has no token`);
    const end = typeof expires === "string" ? Date.parse(expires) : NaN;
    return { text: token, expires: Number.isNaN(end) ? clock.now() + 60 * 60_000 : end };
  }

  async #installationFor(owner: string, repository: string, signature: string): Promise<string> {
    const path = `/repos/${encodeURIComponent(owner)}/${encodeURIComponent(repository)}/installation`;
    const answer = await this.#options.api.request("GET", path, signature);
    const slug = `${owner}/${repository}`;
    if (answer.status !== 200)
      throw refusal(
        answer,
        `GitHub has no installation of the App ${this.#options.name} for ${slug} (HTTP ${answer.status})`,
      );
    const id = isObject(answer.content) ? answer.content.id : undefined;
    if (!Number.isSafeInteger(id)) throw new GitHubUnavailable(`GitHub's answer for ${slug} has no installation`);
    return String(id);
  }

  /** For the whole App, in all its installations: it goes nowhere but to its API. */
  async #signature(): Promise<string> {
    const { name, clock, read } = this.#options;
    const { id, privateKey } = await read();
    const now = Math.floor(clock.now() / 1000);
    const claims = { iat: now - issuedBefore, exp: now + expiresAfter, iss: id };
    const unsigned = [{ alg: "RS256", typ: "JWT" }, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
      .join(".");
    const signature = createSign("RSA-SHA256").update(unsigned).sign(keyOf(privateKey, name)).toString("base64url");
    return `${unsigned}.${signature}`;
  }
}

function keyOf(text: string, name: string): KeyObject {
  try {
    const key = createPrivateKey(text);
    if (key.asymmetricKeyType === "rsa") return key;
  } catch {
    // its own error could show a part of the key
  }
  throw new AppRefused(`the private-key of the GitHub App ${name} cannot be used: it must be an RSA key in PEM`);
}

/** A rate limit is no refusal. */
function refusal({ status, message }: GitHubAnswer, text: string): Error {
  const said = message === "" ? text : `${text}: ${message}`;
  const isFinal = [401, 403, 404, 422].includes(status) && !/rate limit/i.test(message);
  return isFinal ? new AppRefused(said) : new GitHubUnavailable(said);
}
