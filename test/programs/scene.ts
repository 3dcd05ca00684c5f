/** A task for a real agent program: its model on loopback, a git server, an MCP server, and the files of an attempt. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Test } from "tap";
import { podWithGitHub } from "../templates/github-server.js";
import type { End, Pod } from "../templates/pod.js";
import { podGateway } from "../templates/pod-gateway.js";
import { installed } from "./installed.js";
import { noContainer, startLikeAPod } from "./pod-like.js";
import { type Answer, type Call, ModelServer, type Question } from "./model-server.js";
import type { Program } from "./program.js";
import { ToolServer } from "./tool-server.js";
import type { CodeContext, DocsContext } from "#src/templates/context.js";
import { gitAccess } from "#src/kinds/git.js";
import { TemplateSource } from "#src/templates/source.js";

const templates = new TemplateSource().current();

/** Characters that would change if they were used unquoted anywhere. */
export const systemPrompt = `You are Rex.\nMind "quotes", 'these' too, \`backticks\`, $(touch hurt), \\n and ünïcode.`;
export const prompt = `Implement the password reset.\n\n- "quoted" $HOME \`touch hurt\` \\ and ☂\n`;

export const branch = "feature/task-7-implementation";

/** The two tools of the MCP server: one that runs may use, and one that they may not. */
export const [givenTool, otherTool] = ["memory_create_entities", "memory_delete_entities"];

/** The requests to the agent program, in the fields of a CodeRun. */
export const options = { maxTokens: 12_345, temperature: 0.5, reasoningEffort: "high" };

export interface Scene {
  readonly pod: Pod;
  readonly model: ModelServer;
  readonly tools: ToolServer;
  /** The bare target repository. */
  readonly target: string;
  readonly code: (change?: Partial<CodeContext>, rewrite?: Rewrite) => Promise<End>;
  readonly documents: (change?: Partial<DocsContext>) => Promise<End>;
  /** Its requests to the model for the task, without auxiliary ones, such as for a title. */
  readonly questions: () => readonly Question[];
}

type Files = Readonly<Record<string, string>>;
type Rewrite = (files: Files) => Files;

export async function scene(t: Test, program: Program): Promise<Scene> {
  const found = await installed(program.name);
  if (typeof found === "string") throw new Error(found);
  const { pod, github } = await podWithGitHub(t);
  const [model, tools] = [await ModelServer.start(), await ToolServer.start([givenTool, otherTool])];
  t.teardown(async () => await Promise.all([model.stop(), tools.stop()]));
  pod.install(program.name, found.command);
  const target = pod.repositories.create("acme/auth", {
    "README.md": "# Auth\n",
    ".taskmaster/docs/task-7/task.md": "# Password reset\n\nBy mail.\n",
    ".taskmaster/docs/task-7/acceptance-criteria.md": "- A mail is sent.\n",
    ".taskmaster/docs/task-7/prompt.md": prompt,
    ".taskmaster/docs/architecture.md": "# Architecture\n",
    ".taskmaster/tasks/tasks.json": '{"master":{"tasks":[]}}\n',
  });
  pod.secret("token", "user-token-0123456789abcdef\n");
  github.tokens.add("user-token-0123456789abcdef");
  pod.confidential.push(program.key.value);
  const repository = `${github.url}/acme/auth.git`;
  const common = {
    branch,
    number: 1,
    agent: {},
    settings: { model: program.model, permissions: { allow: [], deny: [] }, toolServerUrl: tools.url },
  };
  const { environment: ofGateway } = await podGateway(t, pod, github, {
    access: (configuration) => gitAccess({ githubUser: "octocat" }, [{ url: repository, branch }], configuration),
  });
  // the container of these tests mounts it elsewhere
  const inPod = {
    ...ofGateway,
    ...(noContainer === undefined && { WRITE_CAPABILITY: "/secrets/gateway/capability" }),
  };
  const run = async (files: Files): Promise<End> => {
    const environment = {
      ...inPod,
      [program.key.variable]: program.key.value,
      ...program.environment(model.url),
      ...model.proxyVariables,
    };
    const all = { ...files, "system-prompt.md": systemPrompt };
    const child =
      noContainer === undefined ? startLikeAPod(pod, all, environment, [found.directory]) : pod.start(all, environment);
    const end = await pod.end(child);
    t.same(pod.leaks(end), [], "no key can be read anywhere");
    // a pod that is killed leaves behind what a program would have removed at its end
    t.notOk(existsSync(join(pod.workspace, ".orchestrator/codex/shell_snapshots")), "nor was written for a while");
    return end;
  };
  const { reasoningEffort, ...others } = options;
  return {
    ...{ pod, model, tools, target },
    code: async (change = {}, rewrite = (files) => files) =>
      await run(
        rewrite(
          templates.code({
            ...common,
            run: { name: "task-7-auth", namespace: "orchestrator" },
            continueSession: false,
            ...change,
            spec: {
              ...{ taskId: 7, service: "auth", workingDirectory: ".", githubUser: "octocat" },
              ...{ repositoryUrl: repository, docsRepositoryUrl: repository },
              cliConfig: {
                ...{ cliType: program.name, model: program.model, ...others },
                settings: { reasoningEffort, ...program.settings(model.url) },
              },
              ...change.spec,
            },
          }),
        ),
      ),
    documents: async (change = {}) =>
      await run(
        templates.docs({
          ...common,
          agent: { cli: program.name },
          run: { name: "docs-auth", namespace: "orchestrator" },
          ...change,
          spec: {
            ...{ repositoryUrl: repository, workingDirectory: ".", sourceBranch: "main", githubUser: "octocat" },
            ...change.spec,
          },
        }),
      ),
    questions: () => model.questions.filter(({ tools: offered }) => offered.length > 0),
  };
}

/** A model that calls these tools one after the other, and then answers. */
export function scripted(calls: readonly Call[], last: string): (question: Question) => Answer {
  return ({ tools: offered, results }) => {
    if (offered.length === 0) return { say: "An aside." };
    const call = calls[results.length];
    return call === undefined ? { say: last } : { call };
  };
}
