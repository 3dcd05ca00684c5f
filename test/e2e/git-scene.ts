/**
 * The environment of runs on repositories: a namespace with their Secrets, a git server with the GitHub API that pods reach
 * over https, and repositories on it. The server listens only on this machine's end of the link to the node.
 */
import { execFileSync } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Test } from "tap";
import type { CodeRun } from "#src/api/coderun.js";
import type { DocsRun } from "#src/api/docsrun.js";
import type { TaskRun } from "#src/api/taskrun.js";
import { createAuthority, issueLeaf, type KeyPair } from "#src/runtime/certs/authority.js";
import { ConfigMaps, Secrets } from "#src/runtime/client/builtin.js";
import { GitHubServer } from "../templates/github-server.js";
import { Repositories } from "../templates/repositories.js";
import { SshServer } from "../templates/ssh-server.js";
import { AGENT_IMAGE } from "./agent-image.js";
import { demoAgent, type RealCluster } from "./real-cluster.js";

export const authority = { configMap: "git-authority", file: "ca.crt" };

export const scriptedAgent = {
  ...demoAgent,
  image: AGENT_IMAGE,
  command: [],
  resources: { requests: { cpu: "10m", memory: "16Mi" }, limits: { cpu: "2", memory: "256Mi" } },
};

/** The configuration that docs/guide/coderun.md describes for a git server with a private authority; the servers' ports are chosen late. */
export function gitHosts({ cluster }: RealCluster): { readonly hosts: readonly object[] } {
  return { hosts: [{ host: `${cluster.hostAddressForPods ?? "127.0.0.1"}:*`, caConfigMapName: authority.configMap }] };
}

/** The App of every agent. */
export const app = {
  id: "1724452",
  ...generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
  }),
};

const day = 86_400_000;
let issued: Promise<{ readonly ca: string; readonly leaf: KeyPair }> | undefined;

/** A certificate for the address, from an authority that only these tests trust, and that of the ConfigMap in each scene. */
export function sceneCertificate(address: string): Promise<{ readonly ca: string; readonly leaf: KeyPair }> {
  return (issued ??= certificateFor(address));
}

async function certificateFor(address: string): Promise<{ readonly ca: string; readonly leaf: KeyPair }> {
  const ca = await createAuthority("git-server", Date.now(), day);
  return { ca: ca.certificate, leaf: await issueLeaf(ca, [address], Date.now(), day) };
}

type Named<R> = R & { readonly metadata: { readonly name: string; readonly namespace: string } };

export class GitScene {
  /** Secret values, which must not be found anywhere. */
  readonly #confidential: string[] = [];
  /** The API key of the model's provider. */
  readonly apiKey = `sk-ant-api03-${randomBytes(12).toString("hex")}`;
  /** The directory of the task's documents in the docs repository. */
  readonly project = "projects/a";

  private constructor(
    readonly namespace: string,
    readonly github: GitHubServer,
    readonly repositories: Repositories,
    private readonly real: RealCluster,
    private readonly address: string,
  ) {}

  /** Starts the server with the repositories `acme/auth` and `acme/platform`, and stops it at the end of the test. */
  static async of(t: Test, real: RealCluster): Promise<GitScene> {
    const address = real.cluster.hostAddressForPods ?? "127.0.0.1";
    const { ca, leaf } = await sceneCertificate(address);
    const namespace = await real.restrictedNamespace(t, { secret: false });
    const directory = mkdtempSync(join(tmpdir(), "git-scene-"));
    const repositories = new Repositories(directory);
    const github = await GitHubServer.start(directory, { address, certificate: leaf });
    t.teardown(async () => {
      await github.stop();
      rmSync(directory, { recursive: true });
    });
    const scene = new GitScene(namespace, github, repositories, real, address);
    const name = authority.configMap;
    await real.client.create(ConfigMaps, { metadata: { namespace, name }, data: { [authority.file]: ca } });
    scene.#confidential.push(scene.apiKey);
    await real.createSecret(namespace, scene.apiKey);
    repositories.create("acme/auth", { "README.md": "# Auth\n" });
    repositories.create("acme/platform", {
      ...taskDocuments(scene.project, [7, 8]),
      [`${scene.project}/.taskmaster/tasks/tasks.json`]: '{"master":{"tasks":[]}}\n',
    });
    return scene;
  }

  /** A user with a token that the server accepts. */
  async user(name = "octocat", token = `token-${randomBytes(16).toString("hex")}`): Promise<{ githubUser: string }> {
    this.github.tokens.add(token);
    await this.#secret(`github-pat-${name}`, { token: `${token}\n` });
    this.#confidential.push(token, Buffer.from(`x-access-token:${token}`).toString("base64"));
    return { githubUser: name };
  }

  /** An App whose signature the server accepts. */
  async app(name = "Acme-Rex"): Promise<{ githubApp: string }> {
    this.github.app = app;
    await this.#secret(`github-app-${name.toLowerCase()}`, { "app-id": `${app.id}\n`, "private-key": app.privateKey });
    this.#confidential.push(...linesOf(app.privateKey));
    return { githubApp: name };
  }

  /** Creates a Secret with a provider's API key under the name of its variable, and returns the key. */
  async key(secret: string, variable: string): Promise<string> {
    const key = randomBytes(24).toString("hex");
    await this.#secret(secret, { [variable]: key });
    this.#confidential.push(key);
    return key;
  }

  /** Starts an SSH server for the same repositories, with an authorized user, and returns the base URL of repositories. */
  async ssh(t: Test, name: string): Promise<SshServer> {
    const server = await SshServer.start(this.repositories.directory, this.address);
    t.teardown(() => server.stop());
    await this.#sshKey(name, server, server.privateKey);
    return server;
  }

  /** A user with a key that the server rejects. */
  async stranger(server: SshServer, name = "stranger"): Promise<{ githubUser: string }> {
    const file = join(this.repositories.directory, name);
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", file]);
    await this.#sshKey(name, server, readFileSync(file, "utf8"));
    return { githubUser: name };
  }

  async #sshKey(name: string, server: SshServer, privateKey: string): Promise<void> {
    await this.#secret(`github-ssh-${name}`, { "ssh-privatekey": privateKey, known_hosts: server.knownHost });
    this.#confidential.push(...linesOf(privateKey));
  }

  async #secret(name: string, stringData: Record<string, string>): Promise<void> {
    await this.real.client.create(Secrets, { metadata: { namespace: this.namespace, name }, stringData });
  }

  get confidential(): string[] {
    return [...this.#confidential, ...this.github.issued, ...this.github.signatures];
  }

  urlOf(slug: string): string {
    return `${this.github.url}/${slug}.git`;
  }

  bare(slug: string): string {
    return join(this.repositories.directory, `${slug}.git`);
  }

  git(slug: string, ...args: string[]): string {
    return this.repositories.git(this.bare(slug), ...args);
  }

  /** The exact content of a file in a branch. */
  read(slug: string, branch: string, path: string): string {
    return execFileSync("git", ["-C", this.bare(slug), "cat-file", "blob", `${branch}:${path}`], { encoding: "utf8" });
  }

  /** @param script the script of the agent, see agent-image.ts */
  code(script: string, spec: Partial<CodeRun["spec"]>): Named<CodeRun> {
    return this.codeRun({ ...spec, env: { AGENT_SCRIPT: script, ...spec.env } });
  }

  docs(script: string, spec: Partial<DocsRun["spec"]>): DocsRun {
    return this.docsRun({ ...spec, env: { AGENT_SCRIPT: script, ...spec.env } });
  }

  codeRun(spec: Partial<CodeRun["spec"]>): Named<CodeRun> {
    return {
      apiVersion: "orchestrator.io/v1",
      kind: "CodeRun",
      metadata: { namespace: this.namespace, name: `task-${spec.taskId ?? 7}` },
      spec: {
        taskId: 7,
        service: "auth",
        repositoryUrl: this.urlOf("acme/auth"),
        docsRepositoryUrl: this.urlOf("acme/platform"),
        docsProjectDirectory: this.project,
        workingDirectory: ".",
        ...spec,
      },
    };
  }

  task(script: string, spec: Partial<TaskRun["spec"]>): Named<TaskRun> {
    const { env = [], ...more } = spec;
    return {
      apiVersion: "orchestrator.io/v1",
      kind: "TaskRun",
      metadata: { namespace: this.namespace, name: `task-${spec.taskId ?? 7}-${spec.agentName ?? "any"}` },
      spec: {
        taskId: 7,
        serviceName: "auth",
        env: [{ name: "AGENT_SCRIPT", value: script }, ...env],
        markdownFiles: [
          { filename: "task.md", content: "# Password reset\n\nBy mail.\n", fileType: "task" },
          { filename: "prompt.md", content: "Implement the password reset.\n", fileType: "prompt" },
        ],
        ...more,
      },
    };
  }

  docsRun(spec: Partial<DocsRun["spec"]>): Named<DocsRun> {
    return {
      apiVersion: "orchestrator.io/v1",
      kind: "DocsRun",
      metadata: { namespace: this.namespace, name: "documents" },
      spec: {
        repositoryUrl: this.urlOf("acme/platform"),
        workingDirectory: this.project,
        sourceBranch: "main",
        ...spec,
      },
    };
  }
}

/** The documents of tasks, as in the project directory of a docs repository. */
export function taskDocuments(project: string, tasks: readonly number[]): Record<string, string> {
  return Object.fromEntries(
    tasks.flatMap((task) => {
      const directory = `${project}/.taskmaster/docs/task-${task}`;
      return [
        [`${directory}/task.md`, `# Password reset ${task}\n\nBy mail.\n`],
        [`${directory}/prompt.md`, `Implement the password reset ${task}.\n`],
      ];
    }),
  );
}

/** The secret lines of a PEM. */
function linesOf(pem: string): string[] {
  return pem.split("\n").filter((line) => line.length > 8 && !line.startsWith("-----"));
}
