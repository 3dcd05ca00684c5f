/** The gateway of a pod for repositories, with the entry that production writes for the run. */
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Test } from "tap";
import { defaultConfiguration } from "#src/configuration/defaults.js";
import type { GitEntry } from "#src/gateway/git/git-entry.js";
import type { Configuration } from "#src/configuration/configuration.js";
import { gitOrigins, type GitAccess } from "#src/kinds/git.js";
import { serveGateway } from "../gateway/served-gateway.js";
import type { GitHubServer } from "./github-server.js";
import type { Pod } from "./pod.js";

export interface PodGateway {
  /** For containers of the start script. */
  readonly environment: Readonly<Record<string, string>>;
  readonly logged: readonly string[];
}

/** Serves until the test ends. Hosts other than the server's have no API. */
export async function podGateway(
  t: Test,
  pod: Pod,
  github: GitHubServer,
  run: {
    readonly access: (configuration: Configuration) => GitAccess | undefined;
    readonly hosts?: readonly string[];
  },
): Promise<PodGateway> {
  const apiUrl = github.apiUrl;
  const hosts = (run.hosts ?? ["127.0.0.1:*"]).map((host) => ({ host, apiUrl }));
  const git = { ...defaultConfiguration.git, hosts };
  const { gateway } = run.access({ ...defaultConfiguration, git }) ?? {};
  const writeDirectory = join(pod.secrets, "gateway");
  mkdirSync(writeDirectory, { recursive: true });
  if (gateway === undefined) return { environment: {}, logged: [] };
  const entry = gateway.entry as Omit<GitEntry, "writeDirectory">;
  const credentials = Object.fromEntries(
    Object.entries(entry.credentials).map(([name, each]) => [name, { ...each, directory: pod.gatewaySecrets }]),
  );
  const ssh = entry.ssh && { ...entry.ssh, directory: pod.gatewaySecrets, sockets: pod.sockets };
  const served = await serveGateway(t, undefined, {
    git: { ...entry, credentials, writeDirectory, ...(ssh && { ssh }) },
  });
  const file = join(writeDirectory, "capability");
  if (existsSync(file)) pod.capability = readFileSync(file, "utf8");
  return {
    environment: { GATEWAY: served.url, GATEWAY_ORIGINS: gitOrigins(gateway.entry).join(" "), WRITE_CAPABILITY: file },
    logged: served.logged,
  };
}
