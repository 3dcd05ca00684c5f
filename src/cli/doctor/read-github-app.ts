/** Reads a GitHub App with its own key, which goes nowhere but to GitHub's API. */
import type { Configuration } from "../../configuration/configuration.js";
import { gitServer } from "../../configuration/git-hosts.js";
import { readAppFile } from "../../github/app-key.js";
import { GitHubApi } from "../../github/github-api.js";
import { GitHubApp } from "../../github/github-app.js";
import { systemClock } from "../../runtime/clock.js";
import { parseBoundedJson } from "../../runtime/input/bounded-json.js";
import { isObject } from "../../runtime/schema/json.js";
import type { GitHubAppFacts } from "./facts.js";

/** Bytes of an answer; GitHub's have some thousands. */
const maxAnswer = 256 * 1024;

/**
 * @param directory with the files `app-id` and `private-key`
 * @throws Error if a file is missing, `git.hosts` names no GitHub, or GitHub does not accept the key or does not answer
 */
export async function readGitHubApp(directory: string, configuration: Configuration): Promise<GitHubAppFacts> {
  const [id, privateKey] = await Promise.all([readAppFile(directory, "id"), readAppFile(directory, "privateKey")]);
  if (id === undefined || privateKey === undefined)
    throw new Error(`${directory} lacks the files app-id and private-key`);
  const named = configuration.git.hosts.find(({ host }) => !host.includes("*"))?.host;
  const server = named === undefined ? undefined : gitServer(`https://${named}/owner/name`, configuration);
  if (named === undefined || server === undefined) throw new Error("git.hosts of the configuration names no host");
  const api = new GitHubApi({ url: server.apiUrl, clock: systemClock, timeout: 15_000 });
  try {
    const app = new GitHubApp({ name: id, api, read: () => Promise.resolve({ id, privateKey }), clock: systemClock });
    const read = async (path: string): Promise<Readonly<Record<string, unknown>>> => {
      const content = parseBoundedJson((await app.read(path, maxAnswer)).body, 32);
      return isObject(content) ? content : {};
    };
    return factsOf(named, await read("/app"), await read("/app/hook/config"));
  } finally {
    await api.close();
  }
}

type Answer = Readonly<Record<string, unknown>>;

function factsOf(host: string, app: Answer, hook: Answer): GitHubAppFacts {
  const slug = textOf(app.slug);
  const permissions = isObject(app.permissions) ? Object.entries(app.permissions) : [];
  return {
    slug,
    settings: `https://${host}/settings/apps/${slug}, or the settings of its organization`,
    permissions: Object.fromEntries(permissions.map(([name, level]) => [name, textOf(level)])),
    events: Array.isArray(app.events) ? app.events.filter((event): event is string => typeof event === "string") : [],
    ...(typeof hook.url === "string" && {
      webhook: {
        ...{ url: hook.url, contentType: textOf(hook.content_type), hasSecret: textOf(hook.secret) !== "" },
        insecure: hook.insecure_ssl === "1" || hook.insecure_ssl === 1,
      },
    }),
  };
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
