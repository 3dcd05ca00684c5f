/** What the git repository that a person stands in says: defaults of commands. */
import { execFileSync, type StdioOptions } from "node:child_process";
import { basename } from "node:path";
import { dnsLabel } from "../api/git.js";

export interface CurrentRepository {
  /** Root of the working tree. */
  readonly root: string;
  /** URL of the remote `origin`, without credentials, in a form that runs accept; absent without one. */
  readonly url?: string;
  /** Absent on a detached HEAD. */
  readonly branch?: string;
  /** Where the person stands, relative to the root; `.` at the root. */
  readonly path: string;
  /** GitHub login, from git's `github.user`, else `user.name` if it has the form of a login. */
  readonly user?: string;
}

/** Milliseconds that git has for an answer. */
const timeout = 5_000;

/** The repository around a directory; undefined outside of one, or without git. */
export function currentRepository(directory: string): CurrentRepository | undefined {
  const git = (...args: string[]): string | undefined => {
    try {
      const stdio: StdioOptions = ["ignore", "pipe", "ignore"];
      return execFileSync("git", args, { cwd: directory, timeout, encoding: "utf8", stdio }).trim() || undefined;
    } catch {
      return undefined;
    }
  };
  const [root, prefix] = [git("rev-parse", "--show-toplevel"), git("rev-parse", "--show-prefix")];
  if (root === undefined) return undefined;
  const url = git("config", "--get", "remote.origin.url");
  const remote = url === undefined ? undefined : repositoryUrl(url);
  const branch = git("symbolic-ref", "--short", "--quiet", "HEAD");
  const user = [git("config", "--get", "github.user"), git("config", "--get", "user.name")].find(isLogin);
  return {
    ...{ root, path: prefix === undefined ? "." : prefix.replace(/\/+$/, "") },
    ...(remote !== undefined && { url: remote }),
    ...(branch !== undefined && { branch }),
    ...(user !== undefined && { user }),
  };
}

const isLogin = (name: string | undefined): boolean => /^[A-Za-z0-9]([-A-Za-z0-9_]*[A-Za-z0-9])?$/.test(name ?? "");

/**
 * The URL of a remote as runs accept it: https, http, ssh, or git@. Credentials in it are dropped, since everyone who can read
 * a run could read them. Undefined for a path of this machine and other protocols.
 */
export function repositoryUrl(remote: string): string | undefined {
  const [, scheme = "", credentials = "", rest = ""] = /^(https?|ssh):\/\/(?:([^/@]*)@)?([!-~]+)$/i.exec(remote) ?? [];
  if (rest !== "") {
    const [user = ""] = credentials.split(":");
    const isSsh = scheme.toLowerCase() === "ssh";
    return `${scheme.toLowerCase()}://${isSsh && user !== "" ? `${user}@` : ""}${rest}`;
  }
  // scp's form; only that of git@ is one of runs
  const [, user = "", host = "", path = ""] = /^([\w.-]+)@([\w.-]+):([!-~]+)$/.exec(remote) ?? [];
  if (path === "") return undefined;
  return user === "git" ? `git@${host}:${path}` : `ssh://${user}@${host}/${path.replace(/^\/+/, "")}`;
}

/** Whether a URL holds a password or token. */
export function hasCredentials(url: string): boolean {
  const [, scheme = "", credentials] = /^(https?|ssh):\/\/(?:([^/@]*)@)?/i.exec(url) ?? [];
  if (credentials === undefined) return false;
  return credentials.includes(":") || scheme.toLowerCase() !== "ssh";
}

/** The last part of a repository's URL or path as a DNS label: `auth` for `git@github.com:acme/Auth.git`. */
export function repositoryName(url: string): string {
  return dnsLabel(
    basename(
      url
        .replace(/[/]+$/, "")
        .replace(/\.git$/, "")
        .replace(/^[^/]*:/, ""),
    ),
  );
}
