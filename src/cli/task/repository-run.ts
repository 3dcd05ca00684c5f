/** What `task code` and `task docs` share: options of runs that work in a repository, and their defaults. */
import type { Command } from "commander";
import { OperationError } from "../../operations/operation-error.js";
import { hasCredentials, repositoryUrl, type CurrentRepository } from "../current-repository.js";
import { commaSeparated, repeatable } from "../options.js";

export interface RepositoryRunOptions {
  readonly repo?: string;
  readonly githubUser?: string;
  readonly githubApp?: string;
  readonly model?: string;
  readonly cli?: string;
  readonly localTools?: readonly string[];
  readonly remoteTools?: readonly string[];
  readonly env?: readonly string[];
  readonly envFromSecrets?: readonly string[];
  readonly priority?: string;
}

/** Adds the options that fields of CodeRun and DocsRun have in common. */
export function withRepositoryRunOptions(command: Command, programField: string): Command {
  return command
    .option("--github-user <login>", "spec.githubUser (default: git's github.user, else user.name if it is a login)")
    .option("--github-app <name>", "spec.githubApp, instead of a user")
    .option("-m, --model <name>", "spec.model (default: the configuration's)")
    .option("--cli <program>", `${programField}: agent program, such as claude or codex (default: the configuration's)`)
    .option("--local-tools <names>", "spec.localTools: comma-separated MCP servers beside the agent", commaSeparated)
    .option(
      "--remote-tools <names>",
      "spec.remoteTools: comma-separated tools of the cluster's MCP server",
      commaSeparated,
    )
    .option(
      "--env <name=value>",
      "spec.env: a variable of the agent; the value may hold commas; can be repeated",
      repeatable,
    )
    .option(
      "--env-from-secrets <name:secret:key>",
      "spec.envFromSecrets: a variable from a key of a Secret; can be repeated",
      repeatable,
    )
    .option("--priority <level>", "spec.priority: low, medium, high or critical (default: medium)");
}

/** @throws OperationError if options name both a user and an App */
export function refuseTwoIdentities({
  githubUser,
  githubApp,
}: Pick<RepositoryRunOptions, "githubUser" | "githubApp">): void {
  if (githubUser !== undefined && githubApp !== undefined)
    throw new OperationError("--github-user and --github-app: a run works as one of them; omit the other");
}

/** The fields of these options. @throws OperationError that names the option */
export function repositoryRunSpec(
  options: RepositoryRunOptions,
  current: CurrentRepository | undefined,
): Readonly<Record<string, unknown>> {
  const { githubUser, githubApp, model, localTools, remoteTools, env = [], envFromSecrets = [], priority } = options;
  refuseTwoIdentities(options);
  const user = githubUser ?? (githubApp === undefined ? current?.user : undefined);
  if (user === undefined && githubApp === undefined)
    throw new OperationError(
      "whom does the agent work as? Name --github-user or --github-app, or set git config github.user",
    );
  return {
    repositoryUrl: urlOf("--repo", options.repo, current),
    ...(user === undefined ? { githubApp } : { githubUser: user }),
    ...(model !== undefined && { model }),
    ...(localTools !== undefined && { localTools }),
    ...(remoteTools !== undefined && { remoteTools }),
    ...(env.length > 0 && { env: Object.fromEntries(env.map(variable)) }),
    ...(envFromSecrets.length > 0 && { envFromSecrets: envFromSecrets.map(secretVariable) }),
    ...(priority !== undefined && { priority }),
  };
}

/** The repository that an option names, or the current one. @throws OperationError without one */
export function urlOf(option: string, given: string | undefined, current: CurrentRepository | undefined): string {
  const url = given ?? current?.url;
  if (url === undefined)
    throw new OperationError(`there is no git repository with a remote origin here; name the URL with ${option}`);
  if (hasCredentials(url))
    throw new OperationError(
      `${option}: the URL contains credentials, which everyone who can read the run could read; remove them`,
    );
  // owner/name on GitHub stays as it is
  return given !== undefined && /^[\w.-]+\/[\w.-]+$/.test(given) ? given : (repositoryUrl(url) ?? url);
}

function variable(text: string): [string, string] {
  const [, name = "", value = ""] = /^([A-Za-z_][A-Za-z0-9_]*)=([^]*)$/.exec(text) ?? [];
  // the value may be a password that was meant for a Secret
  if (name === "")
    throw new OperationError(
      `--env ${JSON.stringify(text.split("=")[0])}: write NAME=value, with a name of letters, digits and _`,
    );
  return [name, value];
}

function secretVariable(text: string): {
  readonly name: string;
  readonly secretName: string;
  readonly secretKey: string;
} {
  const [name = "", secretName = "", secretKey = "", ...more] = text.split(":");
  if (name === "" || secretName === "" || secretKey === "" || more.length > 0)
    throw new OperationError(`--env-from-secrets ${text}: write <name>:<secret>:<key>, such as TOKEN:api-keys:token`);
  return { name, secretName, secretKey };
}
