/** What the gateway shows to git servers and to their APIs in the agent's place. */
import { join } from "node:path";
import { AppRefused, type GitHubApp, type Permissions } from "../../github/github-app.js";
import { readBoundedFile } from "../../runtime/input/bounded-file.js";

/** What a request needs. */
export type GitAccess = "read" | "write";

/** The credentials do not work, or are not there: asking again does not help. */
export class CredentialsError extends Error {}

export interface GitLogin {
  readonly username: string;
  readonly password: string;
}

/** One Secret. */
export interface GitCredentials {
  /** For a server of repositories. @throws CredentialsError, AppRefused, GitHubUnavailable */
  login(access: GitAccess): Promise<GitLogin>;
  /** For the API; undefined if these are none for it. @throws as `login` */
  apiToken(): Promise<string | undefined>;
  /** Every confidential text that is known here, for a search. A line of a key counts as one. */
  secrets(): Promise<readonly string[]>;
  /** Called when the server has refused them. */
  refused(): void;
}

/** Bytes of one key of a Secret. */
const maxBytes = 65_536;

async function readSecret(file: string, missing: string): Promise<string> {
  const content = await readBoundedFile(file, maxBytes);
  if (content === undefined) throw new CredentialsError(missing);
  const text = content.toString().trim();
  // a line break would end the header
  if (text === "" || /[\0\r\n]/.test(text)) throw new CredentialsError(`${missing}, on one line`);
  return text;
}

/** A personal access token. */
export class TokenCredentials implements GitCredentials {
  readonly #file: string;
  readonly #missing: string;
  readonly #isOptional: boolean;
  #known: string | undefined;

  /**
   * @param missing says which key of which Secret has to be there
   * @param isOptional the API does without it
   */
  constructor(file: string, missing: string, isOptional: boolean) {
    this.#isOptional = isOptional;
    this.#file = file;
    this.#missing = missing;
  }

  async login(): Promise<GitLogin> {
    return { username: "x-access-token", password: await this.#token() };
  }

  async apiToken(): Promise<string | undefined> {
    if (this.#isOptional && (await readBoundedFile(this.#file, maxBytes)) === undefined) return undefined;
    return await this.#token();
  }

  async secrets(): Promise<readonly string[]> {
    return [await this.#token().catch(() => this.#known ?? "")];
  }

  async #token(): Promise<string> {
    this.#known = await readSecret(this.#file, this.#missing);
    return this.#known;
  }

  refused(): void {
    // it is read again anyway
  }
}

/** A user and a password. */
export class BasicCredentials implements GitCredentials {
  readonly #directory: string;
  readonly #missing: (key: string) => string;

  /** @param directory has the files `username` and `password` */
  constructor(directory: string, missing: (key: string) => string) {
    this.#directory = directory;
    this.#missing = missing;
  }

  async login(): Promise<GitLogin> {
    const username = await readSecret(join(this.#directory, "username"), this.#missing("username"));
    const password = await readSecret(join(this.#directory, "password"), this.#missing("password"));
    if (username.includes(":")) throw new CredentialsError(`${this.#missing("username")}, without a colon`);
    return { username, password };
  }

  apiToken(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  async secrets(): Promise<readonly string[]> {
    return await this.login().then(
      ({ password }) => [password],
      () => [],
    );
  }

  refused(): void {
    // it is read again anyway
  }
}

const read: Permissions = { contents: "read", metadata: "read" };
const write: Permissions = { contents: "write", pull_requests: "write", metadata: "read" };

/** An App, for the run's own repositories of one owner. */
export class AppCredentials implements GitCredentials {
  readonly #app: GitHubApp;
  readonly #owner: string;
  readonly #readable: readonly string[];
  readonly #writable: readonly string[];
  readonly #privateKey: () => Promise<string>;
  readonly #issued = new Set<string>();

  /**
   * @param readable names of the repositories that tokens for reading are for
   * @param writable those that tokens for writing are for
   */
  constructor(
    app: GitHubApp,
    {
      owner,
      readable,
      writable,
      privateKey,
    }: {
      readonly owner: string;
      readonly readable: readonly string[];
      readonly writable: readonly string[];
      readonly privateKey: () => Promise<string>;
    },
  ) {
    this.#app = app;
    this.#owner = owner;
    this.#readable = readable;
    this.#writable = writable;
    this.#privateKey = privateKey;
  }

  async login(access: GitAccess): Promise<GitLogin> {
    const isRead = access === "read";
    const repositories = isRead ? this.#readable : this.#writable;
    if (repositories.length === 0) throw new AppRefused(`nothing of ${this.#owner} may be written`);
    const password = await this.#app.token({
      ...{ owner: this.#owner, repositories, permissions: isRead ? read : write },
    });
    this.#issued.add(password);
    return { username: "x-access-token", password };
  }

  async apiToken(): Promise<string> {
    return (await this.login("write")).password;
  }

  async secrets(): Promise<readonly string[]> {
    const key = await this.#privateKey().catch(() => "");
    return [...this.#issued, ...key.split("\n").filter((line) => !line.startsWith("-----"))];
  }

  refused(): void {
    this.#app.forget();
  }
}
