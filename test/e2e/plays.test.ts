/**
 * A play on real parts: Argo's controller and executor, runs on real pods and a real git server, webhooks that are signed and sent to the
 * server. Only the agent programs are stand-ins (agent-image.ts), and GitHub's API is a double.
 */
import { createHmac } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t, { type Test } from "tap";
import { stringify } from "yaml";
import { playCommand } from "#src/cli/play.js";
import { playName } from "#src/operations/plays.js";
import { CodeRuns, type CodeRun } from "#src/api/coderun.js";
import { Deliveries, type Delivery } from "#src/api/delivery.js";
import { isEnded, waitingNodes, Workflows, type Workflow } from "#src/argo/workflow.js";
import type { Cluster } from "#src/cluster/index.js";
import { freePorts } from "#src/cluster/ports.js";
import { Pods } from "#src/runtime/client/builtin.js";
import type { Stored } from "#src/runtime/client/objects.js";
import { packageRoot } from "#src/version.js";
import { noArgo } from "../argo/argo-programs.js";
import { argoManifests, startArgo } from "../argo/argo-cluster.js";
import { outcomeOf, type Outcome } from "../cli/command-line.js";
import { eventually } from "../eventually.js";
import { OperatorProcess } from "../integration/operator.js";
import { hasHttpBackend } from "../templates/github-server.js";
import { agentImage, noAgentImage } from "./agent-image.js";
import { app, GitScene, gitHosts, sceneCertificate, scriptedAgent } from "./git-scene.js";
import { realCluster, whyNot, type RealCluster } from "./real-cluster.js";

const skip = whyNot ?? noAgentImage ?? (hasHttpBackend ? noArgo : "git has no git-http-backend here");
const own = "orchestrator";
const branch = "feature/task-7-implementation";
const secret = "the secret of the webhook";
const patience = 240_000;

/** Quality holds until it sees a second commit, so that the push comes in the middle of it. */
const script = [
  'case "$WORKFLOW_STAGE" in',
  "implementation) echo x > work.txt ;;",
  'quality) [ -e second.txt ] || sleep 600; echo \'{"qaStatus":"approved"}\' > "$RESULT_FILE" ;;',
  'testing) echo \'{"qaStatus":"approved"}\' > "$RESULT_FILE" ;;',
  "esac",
].join("\n");

let real: RealCluster;
let directory: string;

/** The operator, with the key of an App that reads the repositories. */
async function operatorOptions(cluster: Cluster): Promise<object> {
  const { ca } = await sceneCertificate(cluster.hostAddressForPods ?? "127.0.0.1");
  writeFileSync(join(directory, "ca.crt"), ca);
  writeFileSync(join(directory, "app-id"), `${app.id}\n`);
  writeFileSync(join(directory, "private-key"), app.privateKey);
  return {
    arguments: ["--github-app-dir", directory],
    environment: { NODE_EXTRA_CA_CERTS: join(directory, "ca.crt") },
  };
}

/** @returns the URL of the webhook */
async function startReceiver(t: Test): Promise<string> {
  const { cluster, client } = real;
  for (const file of [
    "config/server/service-account.yaml",
    "config/github/rbac.yaml",
    "config/argo/operator/rbac.yaml",
  ])
    await real.kubectl(["apply", "-f", join(packageRoot, file)]);
  const answer = await client.raw({
    method: "POST",
    path: `/api/v1/namespaces/${own}/serviceaccounts/orchestrator-server/token`,
    body: { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} },
  });
  writeFileSync(join(directory, "token"), (answer as { status: { token: string } }).status.token);
  writeFileSync(join(directory, "config.yaml"), stringify({ github: { webhook: { enabled: true } } }));
  const secrets = mkdtempSync(join(directory, "secrets-"));
  writeFileSync(join(secrets, "current"), secret);
  const kubeconfig = join(directory, "server-kubeconfig");
  await cluster.serviceAccountKubeconfig(own, "orchestrator-server", kubeconfig);
  const [port = 0] = await freePorts(1);
  const flags = [
    ...["--kubeconfig", kubeconfig, "--host", "127.0.0.1", "--port", String(port), "--namespace", own],
    ...["--config", join(directory, "config.yaml"), "--webhook-secrets-dir", secrets],
    ...["--webhook-token-file", join(directory, "token")],
  ];
  const server = new OperatorProcess(flags, port, {}, "server");
  t.teardown(() => server.end("SIGTERM"));
  await server.start();
  return server.url("/webhook/github");
}

if (skip === false) {
  t.before(async () => {
    directory = mkdtempSync(join(tmpdir(), "plays-"));
    t.teardown(() => rmSync(directory, { recursive: true, force: true }));
    real = await realCluster(t, operatorOptions);
    const image = async (): Promise<void> => {
      await agentImage(join(directory, "agent.tar"));
      await real.cluster.loadImage(join(directory, "agent.tar"));
    };
    await Promise.all([image(), startArgo(real.cluster, (line) => t.comment(line))]);
  });
}

/** One task's play, and GitHub as far as its events go. */
class Play {
  constructor(
    private readonly scene: GitScene,
    private readonly url: string,
    readonly workflow: string,
  ) {}

  get #key(): { readonly namespace: string; readonly name: string } {
    return { namespace: this.scene.namespace, name: this.workflow };
  }

  /** Sends a webhook as GitHub does. @returns status and outcome */
  async send(id: string, event: string, payload: object): Promise<string> {
    const [pull] = this.scene.github.pulls;
    const sha = this.scene.git("acme/auth", "rev-parse", branch).trim();
    const html_url = `${this.scene.github.url}/acme/auth`;
    const body = JSON.stringify({
      repository: { id: 1, name: "auth", html_url, owner: { login: "acme" } },
      sender: { login: "ann", id: 1, type: "User" },
      pull_request: {
        ...{ number: pull?.number ?? 1, draft: false, user: { login: "ann", id: 1, type: "User" }, merged: false },
        ...{
          labels: (pull?.labels ?? []).map((name) => ({ name })),
          ...(payload as { pull_request?: object }).pull_request,
        },
        head: { ref: branch, sha, repo: { id: 1 } },
        base: { ref: "main", sha, repo: { id: 1 } },
      },
      ...Object.fromEntries(Object.entries(payload).filter(([key]) => key !== "pull_request")),
    });
    const response = await fetch(this.url, {
      ...{ method: "POST", body },
      headers: {
        ...{ "content-type": "application/json", "x-github-event": event, "x-github-delivery": id },
        "x-hub-signature-256": `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`,
      },
    });
    return `${response.status} ${((await response.json()) as { outcome?: string }).outcome ?? ""}`;
  }

  async get(): Promise<Stored<Workflow>> {
    return await real.client.get(Workflows, this.#key);
  }

  async runs(): Promise<Stored<CodeRun>[]> {
    const { items } = await real.client.list(CodeRuns, { namespace: this.scene.namespace });
    return items;
  }

  async run(stage: string, round: number, phase: string): Promise<Stored<CodeRun>> {
    return await this.#until(`${stage} ${round} is ${phase}`, async () =>
      (await this.runs()).find(
        ({ metadata, status }) =>
          metadata.labels?.["workflow-stage"] === stage &&
          metadata.name.endsWith(`-${round}`) &&
          status?.phase === phase,
      ),
    );
  }

  /** Waits until the play rests in a node, and its stage says so. */
  async waitsIn(node: string): Promise<void> {
    await this.#until(`the play waits in ${node}`, async () => {
      const workflow = await this.get();
      const [waiting, second] = waitingNodes(workflow).map(({ displayName }) => displayName);
      return waiting === node && second === undefined && workflow.metadata.labels?.["current-stage"] === node;
    });
  }

  async ends(): Promise<Stored<Workflow>> {
    return await this.#until("the play has ended", async () => {
      const workflow = await this.get();
      return isEnded(workflow) && workflow;
    });
  }

  async delivery(id: string, phase: string): Promise<Stored<Delivery>> {
    return await this.#until(`${id} is ${phase}`, async () => {
      const found = await real.client.get(Deliveries, { namespace: own, name: `github-${id}` });
      return found.status?.phase === phase && found;
    });
  }

  async #until<T>(what: string, probe: () => Promise<T>): Promise<Exclude<T, false | undefined>> {
    const found = await eventually(
      what,
      async () => {
        const value = await probe();
        if (value !== undefined && (value as unknown) !== false) return { value };
        const { status } = await this.get();
        return (status?.phase === "Failed" || status?.phase === "Error") && { ended: status.message ?? "" };
      },
      patience,
    ).catch(async (error: unknown) => {
      await this.#tell();
      throw error;
    });
    if ("value" in found) return found.value as Exclude<T, false | undefined>;
    await this.#tell();
    throw new Error(`the play has ended before ${what}: ${found.ended}`);
  }

  async #tell(): Promise<void> {
    t.comment(JSON.stringify((await this.get()).status?.nodes, null, 1));
    t.comment(
      await real.kubectl(["get", "-A", "deliveries.orchestrator.io,coderuns.orchestrator.io,pods", "-o", "wide"]),
    );
  }
}

interface Started {
  readonly play: Play;
  readonly scene: GitScene;
  /** `orchestrator play`, for the play's namespace. */
  readonly cli: (...args: string[]) => Promise<Outcome>;
}

async function startPlay(t: Test): Promise<Started> {
  const scene = await GitScene.of(t, real);
  for (const name of ["Acme-Rex", "Acme-Cleo", "Acme-Tess"]) await scene.app(name);
  scene.github.writers.add("ann");
  await real.kubectl(["apply", "-n", scene.namespace, "-f", "-"], await argoManifests(real.cluster, scene.namespace));
  await real.configure({
    agent: { ...scriptedAgent, env: [{ name: "AGENT_SCRIPT", value: script }] },
    git: gitHosts(real),
    github: { webhook: { enabled: true } },
    argo: { enabled: true },
    agents: { rex: { githubApp: "Acme-Rex" }, cleo: { githubApp: "Acme-Cleo" }, tess: { githubApp: "Acme-Tess" } },
  });
  const url = await startReceiver(t);
  const repository = scene.urlOf("acme/auth");
  const cli = (...args: string[]): Promise<Outcome> =>
    outcomeOf(playCommand, [...args, "--kubeconfig", real.cluster.kubeconfig, "-n", scene.namespace]);
  const key = { namespace: scene.namespace, name: playName(7, repository) };
  const options = [
    ...["--repo", repository, "--docs-repo", scene.urlOf("acme/platform"), "--docs-project-directory", scene.project],
    ...["--working-directory", ".", "--implementation-agent", "Acme-Rex"],
    ...["--quality-agent", "Acme-Cleo", "--testing-agent", "Acme-Tess"],
  ];
  // Argo's controller fails a Workflow whose template its cache does not show yet
  await eventually("the controller knows the templates", async () => {
    const { code, err } = await cli("start", "7", ...options);
    if (code !== 0) throw new Error(err);
    const found = await eventually("the play has begun", async () => {
      const workflow = await real.client.get(Workflows, key);
      return workflow.status?.phase !== undefined && workflow;
    });
    if (found.status?.phase !== "Error" || found.status.message?.includes("not found") !== true) return true;
    await real.client.delete(Workflows, key);
    return false;
  });
  t.match((await cli("start", "7", ...options)).out, `workflow/${key.name} runs already\n`);
  return { play: new Play(scene, url, key.name), scene, cli };
}

t.test(
  "a play goes from its start to merged, with a push in the middle of quality, doubled and late events",
  { skip, timeout: 600_000 },
  async (t) => {
    const { play, scene, cli } = await startPlay(t);
    await play.run("implementation", 1, "Succeeded");
    // it may come before the play has reached its node
    t.same(
      await Promise.all(["opened", "opened"].map((id) => play.send(id, "pull_request", { action: "opened" }))).then(
        (all) => all.sort(),
      ),
      ["202 accepted", "202 repeated"],
    );
    await play.run("quality", 1, "Running");
    await play.delivery("opened", "Done");

    scene.repositories.commitTo(scene.bare("acme/auth"), branch, { "second.txt": "y\n" });
    t.equal(await play.send("pushed", "pull_request", { action: "synchronize" }), "202 accepted");
    await play.run("quality", 1, "Cancelled");
    await play.delivery("pushed", "Done");
    await play.run("quality", 2, "Succeeded");
    await play.waitsIn("waiting-ready-for-qa");

    const { out } = await cli("status", "7");
    for (const line of [
      /✓ +implementation +rex /,
      /↺ +quality +cleo /,
      /✓ +quality +cleo /,
      /… +waiting-ready-for-qa /,
    ])
      t.match(out, line);

    const labelled = { action: "labeled", label: { name: "ready-for-qa" } };
    t.equal(await play.send("labelled", "pull_request", labelled), "202 accepted");
    await play.run("testing", 2, "Succeeded");
    t.equal(await play.send("late", "pull_request", { action: "opened" }), "202 accepted");
    t.match((await play.delivery("late", "Ignored")).status, { reason: "AlreadyResumed" });
    await play.waitsIn("waiting-pr-approved");

    const review = {
      action: "submitted",
      review: { id: 1, state: "approved", body: "", user: { login: "ann", id: 1, type: "User" } },
    };
    t.equal(await play.send("approved", "pull_request_review", review), "202 accepted");
    await play.waitsIn("waiting-pr-merged");
    t.equal(
      await play.send("merged", "pull_request", { action: "closed", pull_request: { merged: true } }),
      "202 accepted",
    );
    const workflow = await play.ends();

    t.equal(workflow.status?.phase, "Succeeded", workflow.status?.message ?? "");
    t.match(workflow.metadata.labels, {
      ...{
        "task-id": "7",
        repository: "acme-auth",
        "workflow-type": "play-orchestration",
        "current-stage": "completed",
      },
    });
    const runs = await play.runs();
    t.same(
      runs.map(({ metadata, status }) => [metadata.labels?.["workflow-stage"], status?.phase, status?.attempts]).sort(),
      [
        ["implementation", "Succeeded", 1],
        ["quality", "Cancelled", 1],
        ["quality", "Succeeded", 1],
        ["testing", "Succeeded", 1],
      ],
    );
    for (const { metadata } of runs) {
      t.match(metadata.labels, { "task-id": "7", "workflow-name": play.workflow, service: "auth" });
      t.match(metadata.ownerReferences, [{ kind: "Workflow", name: play.workflow }]);
    }
    t.equal(scene.github.pulls.length, 1);
    const [pull] = scene.github.pulls;
    const outputs = (workflow.status as { outputs?: { parameters?: object[] } }).outputs?.parameters ?? [];
    t.match(
      outputs.find((each) => (each as { name: string }).name === "pull-request-url"),
      { value: pull?.html_url },
    );
    t.match(
      outputs.find((each) => (each as { name: string }).name === "actions-url"),
      { value: `${pull?.html_url ?? ""}/checks` },
    );
    t.match(await cli("cancel", "7"), { code: 0, err: "Nothing of task 7 is live.\n" });
    const pods = await real.client.list(Pods, {
      namespace: scene.namespace,
      labelSelector: "workflows.argoproj.io/workflow",
    });
    t.ok(pods.items.length <= 1, "pods of finished nodes are removed");
  },
);
