/** `orchestrator play`: with and without Argo Workflows, against an API server in memory. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import t, { type Test } from "tap";
import { cancelCommand } from "#src/cli/play/cancel.js";
import { playCommand } from "#src/cli/play.js";
import { statusCommand } from "#src/cli/play/status.js";
import { playName } from "#src/argo/play.js";
import { listen } from "../listen.js";
import { outcomeOf, type Outcome } from "./command-line.js";
import { writeKubeconfig } from "./kubeconfig.js";

const now = (): number => Date.parse("2026-01-01T01:00:00Z");
const team = "/apis/orchestrator.io/v1/namespaces/team/coderuns";
const argo = "/apis/argoproj.io/v1alpha1/namespaces/team";

const run = (name: string, minute: string, stage: string, phase: string): object => ({
  metadata: {
    namespace: "team",
    name,
    uid: name,
    creationTimestamp: `2026-01-01T00:${minute}:00Z`,
    labels: { "workflow-stage": stage },
  },
  spec: {
    taskId: 7,
    service: "shop",
    repositoryUrl: "acme/shop",
    githubApp: stage === "quality" ? "Acme-Cleo" : "Acme-Rex",
  },
  status: { phase, ...(stage === "implementation" && { pullRequestUrl: "https://github.com/acme/shop/pull/3" }) },
});
const workflow = {
  metadata: {
    ...{ namespace: "team", name: "play-1", uid: "w", creationTimestamp: "2026-01-01T00:00:00Z" },
    labels: { "task-id": "7", "workflow-type": "play-orchestration", "current-stage": "waiting-pr-created" },
  },
  spec: { arguments: { parameters: [{ name: "repository", value: "acme/shop" }] } },
  status: {
    phase: "Running",
    nodes: {
      a: {
        ...{ id: "a", displayName: "waiting-pr-created", type: "Suspend", phase: "Succeeded" },
        ...{ message: "Resumed by Delivery github-1.", startedAt: "2026-01-01T00:20:00Z" },
      },
    },
  },
};

interface Scene {
  readonly kubeconfig: string;
  /** `METHOD path body` of each write. */
  readonly written: string[];
}

/** @param answers by `METHOD path`; what is absent does not exist */
async function scene(t: Test, answers: Readonly<Record<string, object>>): Promise<Scene> {
  const written: string[] = [];
  const answer = (request: IncomingMessage, response: ServerResponse, body: string): void => {
    const [path = ""] = (request.url ?? "").split("?");
    const key = `${request.method ?? ""} ${path}`;
    if (request.method !== "GET") written.push(`${key} ${body}`);
    const found =
      answers[key] ??
      (request.method === "POST" || request.method === "PATCH" ? (JSON.parse(body) as object) : undefined);
    response.writeHead(found === undefined ? 404 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify(found ?? { kind: "Status", code: 404, reason: "NotFound", message: "not found" }));
  };
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => answer(request, response, body));
  });
  const kubeconfig = writeKubeconfig(t, `http://127.0.0.1:${await listen(t, server)}`);
  return { kubeconfig, written };
}

const start = ({ kubeconfig }: Scene, ...args: string[]): Promise<Outcome> =>
  outcomeOf(playCommand, [
    ...["start", "7", "--kubeconfig", kubeconfig, "-n", "team", "--repo", "acme/shop"],
    ...["--implementation-agent", "Acme-Rex", ...args],
  ]);

t.test(
  "where the namespace has the templates, start submits a Workflow, with the names of its parameters",
  async (t) => {
    const made = await scene(t, {
      [`GET ${argo}/workflowtemplates/play-template`]: { metadata: { name: "play-template" } },
    });
    const { code, out } = await start(made, "--quality-agent", "Acme-Cleo", "--docs-repo", "acme/docs");
    t.equal(code, 0);
    const name = playName(7, "acme/shop");
    t.equal(out, `workflow/${name} created\nFollow it with: orchestrator play status 7 -n team\n`);
    const [write = ""] = made.written;
    t.match(write, new RegExp(`^POST ${argo}/workflows `));
    t.match(JSON.parse(write.slice(write.indexOf("{"))), {
      metadata: { name },
      spec: { workflowTemplateRef: { name: "play-template" } },
    });
    for (const parameter of [
      '{"name":"task-id","value":"7"}',
      '{"name":"service","value":"shop"}',
      '{"name":"repository","value":"acme/shop"}',
      '{"name":"docs-repository","value":"acme/docs"}',
      '{"name":"implementation-agent","value":"Acme-Rex"}',
      '{"name":"quality-agent","value":"Acme-Cleo"}',
    ])
      t.ok(write.includes(parameter), parameter);
    t.notOk(write.includes("testing-agent"), "what is not named keeps its default");
  },
);

t.test("without the templates, or with --engine rules, start creates the implementation", async (t) => {
  for (const [answers, args] of [
    [{}, []],
    [{ [`GET ${argo}/workflowtemplates/play-template`]: { metadata: {} } }, ["--engine", "rules"]],
  ] as const) {
    const made = await scene(t, answers);
    t.match(await start(made, ...args), { code: 0, out: /^coderun\/shop-code-7 created\n/ });
    const [write = ""] = made.written;
    t.match(JSON.parse(write.slice(write.indexOf("{"))), {
      metadata: { name: "shop-code-7", labels: { "workflow-stage": "implementation" } },
      spec: { taskId: 7, service: "shop", repositoryUrl: "acme/shop", githubApp: "Acme-Rex" },
    });
  }
  const made = await scene(t, {});
  t.match(await start(made, "--engine", "rules", "--quality-agent", "x"), {
    code: 2,
    err: /--quality-agent: only a Workflow takes it/,
  });
});

const status = async (t: Test, answers: Readonly<Record<string, object>>, ...args: string[]): Promise<Outcome> => {
  const { kubeconfig } = await scene(t, answers);
  return outcomeOf((io) => statusCommand(io, now), ["7", "--kubeconfig", kubeconfig, "-n", "team", ...args]);
};

const listed = {
  [`GET ${team}`]: {
    metadata: {},
    items: [run("a", "10", "implementation", "Succeeded"), run("b", "30", "quality", "Running")],
  },
};

t.test("status draws what was, what is, and what is ahead", async (t) => {
  const { code, out } = await status(t, { ...listed, [`GET ${argo}/workflows`]: { metadata: {}, items: [workflow] } });
  t.equal(code, 0);
  t.equal(
    out,
    [
      "Task 7 of github.com/acme/shop in namespace team",
      "Workflow play-1: Running, stage waiting-pr-created",
      "",
      "    STAGE                  AGENT   RUN   STATE       AGE   ABOUT",
      "✓   implementation         rex     a     Succeeded   50m   https://github.com/acme/shop/pull/3",
      "✓   waiting-pr-created                   done        40m   Resumed by Delivery github-1.",
      "▶   quality                cleo    b     Running     30m",
      "·   waiting-ready-for-qa                 ahead",
      "·   testing                              ahead",
      "·   waiting-pr-approved                  ahead",
      "·   waiting-pr-merged                    ahead",
      "",
    ].join("\n"),
  );
  const byRules = await status(t, listed);
  t.match(byRules.out, /^Task 7 .*\ncarried by github.rules\n/);
  t.match(byRules.out, /▶ +quality .*\n· +testing +ahead\n$/);
  const json = JSON.parse((await status(t, listed, "-o", "json")).out) as object;
  t.match(json, {
    task: 7,
    steps: [{ stage: "implementation", run: "a", phase: "Succeeded" }, { run: "b" }, { state: "ahead" }],
  });
  t.match(await status(t, { [`GET ${team}`]: { metadata: {}, items: [] } }), {
    code: 1,
    err: /neither runs nor a Workflow/,
  });
});

t.test("cancel stops the Workflow, and cancels live runs", async (t) => {
  const made = await scene(t, { ...listed, [`GET ${argo}/workflows`]: { metadata: {}, items: [workflow] } });
  const outcome = await outcomeOf(cancelCommand, ["7", "--kubeconfig", made.kubeconfig, "-n", "team"]);
  t.match(outcome, { code: 0, out: "workflow/play-1 cancelled\ncoderun/b cancelled\n" });
  t.match(made.written, [/^PATCH .*\/workflows\/play-1 .*"shutdown":"Stop"/, /^PATCH .*\/coderuns\/b .*"cancel":true/]);
});
