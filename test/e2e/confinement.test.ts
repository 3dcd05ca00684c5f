/**
 * What a hostile agent, or hostile text, gets in real pods: keys, files, networks and processes that are not its own. Each test
 * also searches everything that it created for secrets.
 */
import { randomBytes } from "node:crypto";
import t from "tap";
import { stringify } from "yaml";
import { agentNetworkName } from "#src/configuration/names.js";
import { NetworkPolicies, PersistentVolumeClaims, Pods, Secrets } from "#src/runtime/client/builtin.js";
import { eventually } from "../eventually.js";
import { policyAllows } from "../runs/network-semantics.js";
import { GitScene, scriptedAgent, taskDocuments } from "./git-scene.js";
import { containerProcess, hostProcesses } from "./host-processes.js";
import {
  attemptsIn,
  forkedSeconds,
  hostileOutcomes,
  hostileScript,
  lookScript,
  stubbornScript,
} from "./hostile-agent.js";
import { foundIn, searchProgram, type Found } from "./key-search.js";
import type { LeakSearch } from "./leak-search.js";
import type { RealCluster } from "./real-cluster.js";
import { noSceneCluster, retries, sceneCluster, sceneTests, type SceneCluster } from "./scene-cluster.js";
import { figures } from "./streaming-provider.js";

const skip = noSceneCluster;
const branch = "feature/task-7-implementation";

let scenes: SceneCluster;
let real: RealCluster;
let search: LeakSearch;
const sceneTest = sceneTests(() => scenes);
t.jobs = 3;
if (skip === false) {
  t.before(async () => {
    scenes = await sceneCluster(t);
    ({ real, search } = scenes);
  });
}

/** Asks the model once; curl fails if the answer breaks off. */
const ask = (file: string): string =>
  `curl -sS -N --max-time 60 -o ${file} "$GATEWAY_URL/anthropic/v1/messages" -H 'content-type: application/json' -d '{"model":"claude-sonnet-4-5","stream":true,"max_tokens":99,"messages":[]}'`;

/** Waits for a file, which the test makes. */
const awaits = (file: string): string => `until [ -e ${file} ]; do sleep 0.2; done`;

sceneTest("a search for keys finds none in any container but the gateway, and each of them there", async (t, scene) => {
  const { namespace, apiKey } = scene;
  const user = await scene.user();
  const keys = scene.confidential.filter((value) => value === apiKey || value.startsWith("token-"));
  t.equal(keys.length, 2);
  const program = searchProgram(keys);
  // both keys are in use when it searches
  const script = `${ask("/tmp/answer")}\ngit fetch -q origin\nnode -e "$SEARCH"\n${awaits("/tmp/go")}\necho x > work.txt`;
  const run = scene.code(script, { ...user, env: { SEARCH: program } });
  let release = (): void => undefined;
  scene.github.held = new Promise((resolve) => (release = resolve));
  t.teardown(() => release());
  await real.apply(run);
  const [{ metadata }] = await eventually(
    "it clones",
    async () => {
      const pods = await real.livePods(namespace);
      const states = pods[0]?.status?.initContainerStatuses ?? [];
      const clones = states.some(({ name, state }) => name === "prepare-workspace" && state?.running !== undefined);
      return clones && (pods as [(typeof pods)[number]]);
    },
    240_000,
  );
  const inPod = (container: string, ...command: string[]): Promise<string> =>
    real.kubectl(["exec", "-n", namespace, metadata.name, "-c", container, "--", ...command]);
  const searchIn = async (container: string): Promise<Found> => {
    const found = foundIn(await inPod(container, "node", "-e", program));
    if (found === undefined) throw new Error(`the search in ${container} says nothing`);
    return found;
  };
  const inPrepare = await searchIn("prepare-workspace");
  release();
  const logs = ["logs", "-n", namespace, metadata.name, "-c", "claude-agent"];
  const asAgent = await eventually("it has searched", async () => foundIn(await real.kubectl(logs)), 240_000);
  const asGateway = foundIn(await inPod("gateway", "/usr/local/bin/node", "-e", program));
  const told = ({ places, searched, regions, ports }: Found): string =>
    `${searched} files, ${regions} pieces of memory, ports ${ports.join(", ")}: ${places.map((each) => each.join(" and ") || "nothing").join("; ")}`;
  t.comment(`as the agent: ${told(asAgent)}`);
  if (asGateway === undefined) throw new Error("the search in the gateway says nothing");
  t.comment(`as the gateway: ${told(asGateway)}`);
  for (const [container, looked] of Object.entries({ prepare: inPrepare, deliver: await searchIn("deliver") })) {
    t.comment(`in ${container}: ${told(looked)}`);
    t.same(looked.places, [[], []], `${container} has no key`);
    t.ok(looked.searched > 100 && looked.ports.includes(8811), "although it looked");
  }
  t.same(asAgent.places, [[], []], "the agent finds nothing");
  t.ok(asAgent.searched > 100 && asAgent.regions > 10, "although it looked");
  t.ok(asAgent.ports.includes(8811), "also at what listens");
  for (const places of asGateway.places)
    t.match(places, ["files", "memory"], "the gateway finds its files, and memory");
  await inPod("claude-agent", "touch", "/tmp/go");
  const { status } = await real.end(t, run, "Succeeded");
  t.match(status?.usage, { requests: 1, inputTokens: figures.input, outputTokens: figures.output });
});

sceneTest(
  "a gateway that is killed in the middle of a stream keeps the usage, and the run ends right",
  async (t, scene) => {
    const { namespace, apiKey } = scene;
    const model = scenes.provider.model(apiKey);
    model.held.add(1);
    const script = [
      `${ask("/tmp/first")} & asking=$!`,
      `until grep -qs "first half" /tmp/first; do sleep 0.1; done; echo "stream begun"`,
      `if wait "$asking"; then echo "ended whole"; else echo "broke off"; fi`,
      `until ${ask("/tmp/second")}; do sleep 0.2; done`,
      "grep -c '^event: message_stop' /tmp/second",
      "echo x > work.txt",
    ].join("\n");
    const run = scene.code(script, await scene.user());
    await real.apply(run);
    const { metadata } = await real.worker(namespace);
    const logs = ["logs", "-n", namespace, metadata.name, "-c", "claude-agent"];
    await eventually("its answer has begun", async () => (await real.kubectl(logs)).includes("stream begun"), 240_000);
    const pid = await eventually("the gateway runs", () => containerProcess(metadata.uid, "gateway\0--config"));
    process.kill(pid, "SIGKILL");
    const ended = await real.end(t, run, "Succeeded");
    t.match(await real.logs(ended), /broke off\n(curl: .*\n)*1\n/);
    t.same([model.asked, model.answered], [2, 1]);
    const { usage, runs } = ended.status ?? {};
    t.match(usage, { requests: 2, estimatedRequests: 1, inputTokens: 2 * figures.input, unknownAttempts: undefined });
    const output = usage?.outputTokens ?? 0;
    t.ok(output > figures.output && output < 2 * figures.output, `${output} tokens: what arrived of the first counts`);
    t.match(runs, [{ number: 1, outcome: "Succeeded", usage: { requests: 2 } }]);
    const gateway = (
      await real.client.get(Pods, { namespace, name: metadata.name })
    ).status?.initContainerStatuses?.find(({ name }) => name === "gateway");
    t.equal(gateway?.restartCount, 1, "it was started again");
  },
);

sceneTest("a hostile agent gets nothing that is not its own, and reaches no agent after it", async (t, scene) => {
  const { namespace } = scene;
  const marker = randomBytes(16).toString("hex");
  await real.client.create(Secrets, { metadata: { namespace, name: "not-for-agents" }, stringData: { key: marker } });
  const user = await scene.user();
  const script = `if [ "$RUN_NUMBER" = 1 ]; then\n${hostileScript(marker)}\nelse\n${lookScript}\nfi`;
  const hostile = scene.code(script, { ...user, ...retries(1), continueSession: true });
  const stubborn = scene.code(stubbornScript, { ...user, taskId: 8, workspace: { pvcName: "stubborn" } });
  stubborn.metadata.name = "stubborn";
  await real.apply(hostile, stubborn);
  const logOf = (job: string): Promise<string> =>
    real.kubectl(["logs", "-n", namespace, `job/${job}`, "-c", "claude-agent"]).catch(() => "");
  await eventually(
    "it has begun",
    async () => (await logOf("coderun-8-auth-stubborn-run-1")).includes("begun"),
    240_000,
  );
  const stop = ["patch", "-n", namespace, "coderuns.orchestrator.io/stubborn", "--type=merge", "-p"];
  await real.kubectl([...stop, '{"spec":{"cancel":true}}']);
  const ended = await real.end(t, hostile, "Succeeded");
  t.equal(ended.status?.sessionId, "session-7-2", "not what the link leads to");
  const [first = "", second = ""] = (ended.status?.runs ?? []).map(({ jobName = "" }) => jobName);
  const outcomes: Record<string, string> = { ...attemptsIn(await logOf(first)), ...attemptsIn(await logOf(second)) };
  const [agent] = (await real.client.list(Pods, { namespace, labelSelector: "task-id=7" })).items;
  const policy = await real.client.get(NetworkPolicies, { namespace, name: agentNetworkName });
  const labels = agent?.metadata.labels ?? {};
  t.ok("orchestrator.io/owner-uid" in labels && agent?.status?.podIP, "the policy selects the agent's pod");
  for (const [name, target] of Object.entries({
    "connect to the API server": { ip: "10.96.0.1", port: 443 },
    "connect to the webhooks": { ip: real.cluster.hostAddressForPods ?? "10.0.0.1", port: 9443 },
    "connect to another agent": { ip: agent?.status?.podIP ?? "", port: 80, pod: { namespace, labels } },
    "connect to a metadata service": { ip: "169.254.169.254", port: 80 },
  }))
    outcomes[name] = policyAllows(policy, namespace, target) ? "allowed" : "denied by the policy; not enforced here";

  // a run of somebody else, in the same service
  const other = scene.code(lookScript, { ...(await scene.user("other")), taskId: 8 });
  await real.apply(other);
  const after = await real.end(t, other, "Succeeded");
  for (const [name, outcome] of Object.entries(attemptsIn(await logOf(after.status?.jobName ?? ""))))
    outcomes[`${name}, of another identity`] = outcome;
  const claims = (await real.client.list(PersistentVolumeClaims, { namespace })).items.map(
    ({ metadata }) => `${metadata.annotations?.["orchestrator.io/workspace-identity"] ?? ""} in ${metadata.name}`,
  );
  t.match(claims.sort(), [
    /^user:octocat in stubborn$/,
    /^user:octocat in workspace-auth$/,
    /^user:other in workspace-auth-id-/,
  ]);

  await real.phase(t, stubborn, "Cancelled");
  const processes = hostProcesses().filter(({ commandLine }) => commandLine.includes(forkedSeconds));
  outcomes["ignore SIGTERM"] =
    (await real.livePods(namespace)).length === 0 ? "killed after the grace period" : "runs on";
  outcomes["outlive its attempt"] = processes.length === 0 ? "killed with the container" : "runs on";
  for (const [name, outcome] of Object.entries(outcomes)) t.comment(`${name.padEnd(70)} ${outcome || "nothing"}`);
  t.same(outcomes, hostileOutcomes);
});

t.test("the search for secrets finds a secret that an agent reveals", { skip, buffered: true }, async (t) => {
  const scene = await GitScene.of(t, real);
  const marker = "harmless-marker-4f1d0c";
  // in pieces: only the agent's output may contain the whole value
  const script = `m=harmless-; m=$m"marker-4f1d0c"; echo "$m"; echo "$m" > /workspace/note; summary=$m; bash -c 'sleep 1; :' "$m"; echo 1 > reset.ts`;
  const run = scene.code(script, await scene.user());
  await real.apply(run);
  await real.end(t, run, "Succeeded");
  const found = await search.find(scene.namespace, [marker]);
  for (const place of ["CodeRun", "Event", "Pod", "log of a pod", "process arguments", "workspace"])
    t.ok(found.includes(place), place);
  const rendered = scene.code("echo 1 > other.ts", {
    ...(await scene.user("hubot")),
    taskId: 8,
    promptModification: marker,
  });
  await real.apply(rendered);
  await real.end(t, rendered, "Succeeded");
  t.ok((await search.find(scene.namespace, [marker])).includes("ConfigMap"));
  // text that the operator's log certainly contains
  t.ok((await search.find(scene.namespace, [scene.namespace])).includes("log operator.log"));
});

/** Text that is a command, a variable, a delimiter or a new document to a program that interprets it. */
const hostile = [
  "$(touch hurt) $(ANTHROPIC_API_KEY) $$(TASK_ID) ${HOME} `touch hurt`",
  "';touch hurt;' \";touch hurt;\" && touch hurt | touch hurt # {{spec.service}} {{{x}}}",
  "-- --flag \\ \\n \\x41 %s %n !! ~ * ? [a] \t\r",
  "---\nkind: Pod\nEOF\n'\"'\"'",
  "ünïcödé ☃ 日本語 \u{1f980}",
].join("\n");
const hostileDirectory = 'a $(touch hurt) `touch hurt`/it\'s "b" ;&|<>*?[c] \\? \\n ünï☃/-d\n\te';
const hostileBranch = "docs/$(touch-hurt)'\"`touch-hurt`;&|<>#ünï☃";

sceneTest("text that tries to be shell, YAML or a template reaches the agent as it was written", async (t, scene) => {
  const platform = "acme/platform";
  scene.git(platform, "branch", hostileBranch, "main");
  scene.repositories.commitTo(scene.bare(platform), hostileBranch, taskDocuments(hostileDirectory, [7]));
  const script = `
    for name in HOSTILE REQUIRED WORKING_DIRECTORY DOCS_BRANCH DOCS_PROJECT_DIRECTORY; do printf '%s' "\${!name}" > "$name"; done
    printf '%s' "$prompt" > PROMPT; cp task/prompt.md DOCUMENT; pwd > DIRECTORY
    find "/workspace" -name hurt > HURT`;
  const requirements = stringify({ environment: { REQUIRED: hostile } });
  const run = scene.code(script, {
    ...(await scene.user()),
    promptMode: "replace",
    promptModification: hostile,
    docsBranch: hostileBranch,
    docsProjectDirectory: hostileDirectory,
    workingDirectory: hostileDirectory,
    taskRequirements: Buffer.from(requirements).toString("base64"),
    env: { HOSTILE: hostile },
  });
  await real.apply(run);
  await real.end(t, run, "Succeeded");
  const seen = (name: string): string => scene.read("acme/auth", branch, `${hostileDirectory}/${name}`);
  t.equal(seen("HOSTILE"), hostile);
  t.equal(seen("REQUIRED"), hostile);
  t.equal(seen("PROMPT"), `\n${hostile}`);
  t.equal(seen("WORKING_DIRECTORY"), hostileDirectory);
  t.equal(seen("DOCS_PROJECT_DIRECTORY"), hostileDirectory);
  t.equal(seen("DOCS_BRANCH"), hostileBranch);
  t.equal(seen("DIRECTORY"), `/workspace/target-repo/${hostileDirectory}\n`);
  t.equal(seen("DOCUMENT"), "Implement the password reset 7.\n");
  t.equal(seen("HURT"), "");
  const committed = scene.git("acme/auth", "diff", "--name-only", "-z", "main", branch).split("\0");
  t.equal(committed.filter((path) => path !== "").length, 9, "only what the agent wrote");
});

// the last, and alone: the configuration is that of all runs
t.test("a command of the configuration has no key, and pushes the branch of its run alone", { skip }, async (t) => {
  const command = ["/bin/bash", "-c", 'eval "$AGENT_SCRIPT"'];
  await real.configure({ ...scenes.configuration, agent: { ...scriptedAgent, command } });
  const scene = await GitScene.of(t, real);
  const { githubUser } = await scene.user();
  const keys = scene.confidential.filter((value) => value === scene.apiKey || value.startsWith("token-"));
  t.equal(keys.length, 2);
  const script = [
    "set -e",
    'git clone -q "$REPOSITORY_URL" repository && cd repository && git checkout -q -b "$BRANCH"',
    "echo x > work.txt && git add . && git -c user.name=a -c user.email=a@example.com commit -q -m work",
    "! git push origin HEAD:refs/heads/main",
    'node -e "$SEARCH"',
    'git push -q origin "$BRANCH"',
  ].join("\n");
  const repository = { url: scene.urlOf("acme/auth"), githubUser };
  const run = scene.task(script, { repository, env: [{ name: "SEARCH", value: searchProgram(keys) }] });
  await real.apply(run);
  const log = await real.logs(await real.end(t, run, "Succeeded"));
  t.match(log, /it updates refs\/heads\/main; only feature\/task-7-auth-/);
  const found = foundIn(log);
  t.same(found?.places, [[], []], "it finds no key");
  t.ok((found?.searched ?? 0) > 100 && found?.ports.includes(8811), "although it looked");
  t.equal(scene.git("acme/auth", "log", "-1", "--format=%s", "main"), "first");
  t.equal(scene.git("acme/auth", "diff", "--name-only", "main", "feature/task-7-auth-claude-agent-1"), "work.txt");
  t.same(await search.find(scene.namespace, scene.confidential), [], "nothing confidential can be read");
});
