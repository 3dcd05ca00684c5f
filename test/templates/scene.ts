/** A scene for container.sh: a pod, a git server with the GitHub API, two repositories, and an identity with its Secret. */
import { generateKeyPairSync } from "node:crypto";
import type { Test } from "tap";
import { type GitHubServer, hasHttpBackend, podWithGitHub } from "./github-server.js";
import type { Pod, End } from "./pod.js";
import { podGateway } from "./pod-gateway.js";
import type { CodeContext, DocsContext } from "#src/templates/context.js";
import type { GitIdentity } from "#src/api/git.js";
import { codeRunRepositories } from "#src/kinds/coderun/pod.js";
import { gitAccess, type RepositoryUse, type Verdict } from "#src/kinds/git.js";
import { TemplateSource } from "#src/templates/source.js";

export const templates = new TemplateSource().current();
export const { privateKey, publicKey } = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs1", format: "pem" },
});

export const skip = hasHttpBackend ? false : "git has no git-http-backend here";
export const options = { skip };
export const branch = "feature/task-7-implementation";
export const docsBranch = "docs-generation-20260102-030405-0123abcd";
export const token = "user-token-0123456789abcdef";

/** What a real one prints, as far as the script reads it. */
export const says = (session: string, result: string): string =>
  [
    `echo '{"type":"system","subtype":"init","session_id":"${session}"}'`,
    `echo '{"type":"result","is_error":false,"session_id":"${session}","result":"${result}"}'`,
  ].join("\n");

export const works = `echo "$1" > /dev/null; printf 'export const reset = true;\\n' > reset.ts\n${says("session-1", "Added the reset.")}`;

export interface Scene {
  readonly pod: Pod;
  readonly github: GitHubServer;
  readonly target: string;
  readonly docs: string;
  /** Runs a CodeRun, and holds that nothing confidential can be read anywhere afterwards. */
  readonly code: (change?: Partial<CodeContext>) => Promise<End>;
  readonly documents: (change?: Partial<DocsContext>) => Promise<End>;
  /** Variables of a CodeRun's containers, with a gateway that serves its repositories. */
  readonly codeEnvironment: (
    change?: Partial<CodeContext>,
    verdict?: Verdict,
  ) => Promise<Readonly<Record<string, string>>>;
  readonly codeFiles: (change?: Partial<CodeContext>) => Record<string, string>;
}

export async function scene(t: Test, identity: "user" | "app" = "user"): Promise<Scene> {
  const { pod, github } = await podWithGitHub(t);
  const target = pod.repositories.create("acme/auth", {
    "README.md": "# Auth\n",
    "services/auth/index.ts": "export {};\n",
  });
  const docs = pod.repositories.create("acme/platform", {
    "projects/a/.taskmaster/docs/task-7/task.md": "# Password reset\n\nBy mail.\n",
    "projects/a/.taskmaster/docs/task-7/acceptance-criteria.md": "- A mail is sent.\n",
    "projects/a/.taskmaster/docs/task-7/prompt.md": "Implement the password reset.\n",
    "projects/a/.taskmaster/docs/architecture.md": "# Architecture\n",
    "projects/a/.taskmaster/tasks/tasks.json": '{"master":{"tasks":[]}}\n',
  });
  if (identity === "user") {
    pod.secret("token", `${token}\n`);
    github.tokens.add(token);
  } else {
    pod.secret("app-id", "1724452\n");
    pod.secret("private-key", privateKey);
    github.app = { id: "1724452", publicKey };
  }
  const as = identity === "user" ? { githubUser: "octocat" } : { githubApp: "Acme-Rex" };
  const common = {
    run: { name: "task-7-auth", namespace: "orchestrator" },
    branch,
    number: 1,
    agent: {},
    settings: { model: "sonnet", permissions: { allow: [], deny: [] } },
  };
  const codeFiles = (change: Partial<CodeContext> = {}): Record<string, string> =>
    templates.code({
      ...common,
      continueSession: false,
      ...change,
      spec: codeSpec(change),
    });
  const codeSpec = (change: Partial<CodeContext> = {}): CodeContext["spec"] => ({
    taskId: 7,
    service: "auth",
    repositoryUrl: `${github.url}/acme/auth.git`,
    docsRepositoryUrl: `${github.url}/acme/platform.git`,
    docsProjectDirectory: "projects/a",
    workingDirectory: "services/auth",
    ...as,
    ...change.spec,
  });
  const key = { ANTHROPIC_API_KEY: "sk-ant-api03-not-a-real-key" };
  pod.confidential.push(key.ANTHROPIC_API_KEY);
  const environmentOf = async (
    spec: GitIdentity,
    repositories: readonly RepositoryUse[],
  ): Promise<Readonly<Record<string, string>>> => ({
    ...key,
    ...(await podGateway(t, pod, github, { access: (configuration) => gitAccess(spec, repositories, configuration) }))
      .environment,
  });
  const codeEnvironment: Scene["codeEnvironment"] = (change = {}, verdict) => {
    const spec = codeSpec(change);
    const repositories = codeRunRepositories({ ...spec, docsProjectDirectory: "" });
    return environmentOf(
      spec,
      repositories.map((each) => (verdict === undefined || each.branch === undefined ? each : { ...each, verdict })),
    );
  };
  const checked = async (
    files: Record<string, string>,
    environment: Readonly<Record<string, string>>,
  ): Promise<End> => {
    const end = await pod.run(files, environment);
    t.same(pod.leaks(end, github.issued), [], "nothing confidential can be read");
    t.same(pod.temporaryFiles, [], "no file is left in the temporary directory");
    return end;
  };
  return {
    pod,
    github,
    target,
    docs,
    codeFiles,
    codeEnvironment,
    code: async (change) => checked(codeFiles(change), await codeEnvironment(change)),
    documents: async (change) => {
      const spec = {
        repositoryUrl: `${github.url}/acme/platform.git`,
        workingDirectory: "projects/a",
        sourceBranch: "main",
        ...as,
        ...change?.spec,
      };
      const run = { name: "docs-a", namespace: "orchestrator" };
      const files = templates.docs({ ...common, run, branch: docsBranch, ...change, spec });
      return checked(files, await environmentOf(spec, [{ url: spec.repositoryUrl, branch: docsBranch }]));
    },
  };
}

export const spec = (fields: Partial<CodeContext["spec"]>): Partial<CodeContext> => ({
  spec: fields as CodeContext["spec"],
});
