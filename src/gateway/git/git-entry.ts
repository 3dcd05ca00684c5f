/** The part `git` of the gateway's file. */
import { join } from "node:path";
import { GitHubApi } from "../../github/github-api.js";
import type { ReviewActs } from "../../github/reviews.js";
import { GitHubApp } from "../../github/github-app.js";
import type { Clock } from "../../runtime/clock.js";
import { readAppFile } from "../../github/app-key.js";
import type { ValueSchema } from "../../runtime/schema/value-schema.js";
import {
  AppCredentials,
  BasicCredentials,
  CredentialsError,
  TokenCredentials,
  type GitAccess,
  type GitCredentials,
} from "./credentials.js";
import type { SshKeyOptions } from "../ssh/ssh-key.js";
import { GitServer } from "./git-server.js";

/** One Secret, mounted in a directory. */
export interface CredentialsEntry {
  readonly type: "app" | "token" | "basic";
  readonly directory: string;
  /** Name of the Secret, for messages. */
  readonly secretName: string;
  /** `token`: the file's name. Default `token`. */
  readonly key?: string;
  /** `app`: its name, for messages; its id, if the Secret has none. */
  readonly appName?: string;
  readonly appId?: string;
  /** `token`: without it, no pull request is opened. */
  readonly isOptional?: boolean;
}

export interface RepositoryEntry {
  readonly url: string;
  readonly access: GitAccess;
  readonly branch?: string;
  /** What the run's verdict about its pull request leads to. Absent: nothing. */
  readonly verdict?: VerdictEntry;
  /** One of `credentials`. */
  readonly credentials?: string;
}

export interface VerdictEntry extends ReviewActs {
  /** Absent: the open one of the branch. */
  readonly pullRequest?: number;
}

export interface HostEntry {
  /** URL of its GitHub API. Absent: it has none that is known. */
  readonly apiUrl?: string;
  readonly caFile?: string;
  readonly proxy?: string;
}

export interface GitEntry {
  readonly repositories: readonly RepositoryEntry[];
  readonly credentials: Readonly<Record<string, CredentialsEntry>>;
  /** By host, with the port if it is not the usual one. */
  readonly hosts?: Readonly<Record<string, HostEntry>>;
  readonly writeDirectory: string;
  /** Has the Secrets of the agent's variables, a directory for each. Absent: there are none. */
  readonly variablesDirectory?: string;
  /** Absent: no repository is reached by ssh. */
  readonly ssh?: SshEntry;
}

export interface SshEntry extends SshKeyOptions {
  /** Directories for the sockets of an ssh-agent: for the container that prepares, and for the one that delivers. */
  readonly sockets: { readonly prepare: string; readonly deliver: string };
}

const text: ValueSchema = { type: "string", minLength: 1, maxLength: 4096 };

const object = (properties: Readonly<Record<string, ValueSchema>>, required: readonly string[] = []): ValueSchema => ({
  type: "object",
  properties,
  required: [...required],
});

const url: ValueSchema = { ...text, pattern: "^https?://[^/?#@]+(/[^?#]*)?$" };

export const gitSchema: ValueSchema = object(
  {
    repositories: {
      type: "array",
      maxItems: 20,
      items: object(
        {
          ...{ url, access: { type: "string", enum: ["read", "write"] }, branch: text, credentials: text },
          verdict: object({
            label: text,
            approve: { type: "boolean" },
            requestChanges: { type: "boolean" },
            pullRequest: { type: "integer", minimum: 1 },
          }),
        },
        ["url", "access"],
      ),
    },
    credentials: {
      type: "object",
      maxProperties: 20,
      additionalProperties: object(
        {
          type: { type: "string", enum: ["app", "token", "basic"] },
          ...{ directory: text, secretName: text, key: text, appName: text, appId: text },
          isOptional: { type: "boolean" },
        },
        ["type", "directory", "secretName"],
      ),
    },
    hosts: {
      type: "object",
      maxProperties: 20,
      additionalProperties: object({ apiUrl: url, caFile: text, proxy: text }),
    },
    writeDirectory: text,
    variablesDirectory: text,
    ssh: object(
      {
        ...{ directory: text, secretName: text },
        sockets: object({ prepare: text, deliver: text }, ["prepare", "deliver"]),
      },
      ["directory", "secretName", "sockets"],
    ),
  },
  ["repositories", "credentials", "writeDirectory"],
);

/** The servers of a file. @param authorities reads a file of authorities @throws Error for one that cannot be read */
export async function gitServers(
  { repositories, credentials, hosts = {} }: GitEntry,
  authorities: (file: string) => Promise<readonly string[]>,
  clock: Clock,
): Promise<readonly GitServer[]> {
  const origins = [...new Set(repositories.map((each) => new URL(each.url).origin))];
  return await Promise.all(
    origins.map(async (origin) => {
      const { apiUrl, caFile, proxy } = hosts[new URL(origin).host] ?? {};
      const connection = {
        ...(caFile !== undefined && { ca: await authorities(caFile) }),
        ...(proxy !== undefined && { proxy }),
      };
      const api = apiUrl === undefined ? undefined : new GitHubApi({ url: apiUrl, clock, ...connection });
      const own = repositories.filter((each) => new URL(each.url).origin === origin);
      const made = new Map<string, GitCredentials>();
      return new GitServer({
        ...{ origin, ...connection },
        ...(api && { api }),
        repositories: own.map(({ credentials: name, ...each }) => {
          const entry = name === undefined ? undefined : credentials[name];
          if (name === undefined || entry === undefined) return each;
          const { owner } = place(each.url);
          const key = `${name}/${owner}`;
          const known =
            made.get(key) ??
            credentialsOf(
              entry,
              owner,
              api,
              own.filter((other) => other.credentials === name),
              clock,
            );
          made.set(key, known);
          return { ...each, credentials: known };
        }),
      });
    }),
  );
}

function credentialsOf(
  { type, directory, secretName, key = "token", appName = secretName, appId, isOptional }: CredentialsEntry,
  owner: string,
  api: GitHubApi | undefined,
  repositories: readonly RepositoryEntry[],
  clock: Clock,
): GitCredentials {
  const missing = (name: string): string => `the Secret ${secretName} must have the key ${name}`;
  if (type === "token") return new TokenCredentials(join(directory, key), missing(key), isOptional === true);
  if (type === "basic") return new BasicCredentials(directory, missing);
  const privateKey = async (): Promise<string> =>
    (await readAppFile(directory, "privateKey")) ?? absent(missing("private-key"));
  const names = (access?: GitAccess): string[] =>
    once(
      repositories
        .filter((each) => place(each.url).owner === owner && (access === undefined || each.access === access))
        .map((each) => place(each.url).name),
    );
  if (api === undefined)
    throw new CredentialsError(`the GitHub App ${appName} has no API: add its host to git.hosts of the configuration`);
  const app = new GitHubApp({
    ...{ name: appName, api, clock },
    read: async () => ({
      id: (await readAppFile(directory, "id")) ?? appId ?? absent(missing("app-id")),
      privateKey: await privateKey(),
    }),
  });
  return new AppCredentials(app, { owner, readable: names(), writable: names("write"), privateKey });
}

const once = (values: readonly string[]): string[] => [...new Set(values)];

/** Owner and name of a repository, in lower case, as GitHub compares them. */
function place(repositoryUrl: string): { readonly owner: string; readonly name: string } {
  const path = new URL(repositoryUrl).pathname.replace(/\/+$/, "").replace(/\.git$/, "");
  const [name = "", owner = ""] = path.split("/").reverse();
  return { owner: owner.toLowerCase(), name: name.toLowerCase() };
}

function absent(message: string): never {
  throw new CredentialsError(message);
}
