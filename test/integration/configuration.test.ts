/** The configuration in a real cluster: denied when invalid, in force without a restart, the last valid one kept. */
import t from "tap";
import { stringify } from "yaml";
import { TaskRuns, type TaskRun } from "#src/api/taskrun.js";
import type { Cluster } from "#src/cluster/index.js";
import { ConfigMaps, Events, Leases, Namespaces } from "#src/runtime/client/builtin.js";
import { Invalid } from "#src/runtime/client/errors.js";
import { NotFound } from "#src/runtime/client/errors.js";
import type { HttpClient } from "#src/runtime/client/http.js";
import type { Stored } from "#src/runtime/client/objects.js";
import { configurationKey, operatorNames } from "#src/configuration/names.js";
import { versionCommand } from "#src/cli/version.js";
import { version } from "#src/version.js";
import { configCommand } from "#src/cli/config.js";
import { outcomeOf, type Outcome } from "../cli/command-line.js";
import { eventually } from "../eventually.js";
import { adminClient, disableConfigurationWebhook, testCluster, testNamespace } from "./cluster.js";
import { startOperator, type OperatorProcess } from "./operator.js";

let cluster: Cluster;
let operator: OperatorProcess;
let client: HttpClient;
t.before(async () => {
  cluster = await testCluster(t);
  client = await adminClient(t, cluster);
  // one of an earlier operator says that none leads any more, and this one leads without a Lease
  await client.delete(Leases, { namespace: key.namespace, name: operatorNames.lease }).catch(unlessGone);
  operator = await startOperator(t, cluster);
  // other tests use the cluster after this; the latest teardown runs first, so the client is still open
  t.teardown(async () => {
    await client.delete(ConfigMaps, key).catch(unlessGone);
  });
});

const key = { namespace: "orchestrator", name: operatorNames.configuration };

function unlessGone(error: unknown): void {
  if (!(error instanceof NotFound)) throw error;
}

/** As `kubectl apply` does. */
async function configure(text: string): Promise<void> {
  await client.apply(ConfigMaps, { metadata: key, data: { [configurationKey]: text } }, { force: true });
}

const successful = async (): Promise<string | undefined> =>
  /^orchestrator_config_last_reload_successful (\d)$/m.exec(await operator.metrics())?.[1];

/** The defaults that a new run gets at admission, by a dry run. */
async function imageOfNextRun(namespace: string): Promise<string | undefined> {
  const created = await client.create(
    TaskRuns,
    {
      metadata: { namespace, name: "probe" },
      spec: { taskId: 1, serviceName: "a", markdownFiles: [{ filename: "a.md", content: "x" }] },
    },
    { dryRun: true },
  );
  return created.spec.image;
}

/** Each number is a task in a separate workspace. */
function begin(namespace: string, name: string, number = 1): Promise<Stored<TaskRun>> {
  return client.create(TaskRuns, {
    metadata: { namespace, name },
    spec: {
      taskId: number,
      serviceName: `service-${number}`,
      markdownFiles: [{ filename: "a.md", content: "x" }],
    },
  });
}

async function isRunning(namespace: string, name: string): Promise<boolean> {
  return (await client.get(TaskRuns, { namespace, name })).status?.phase === "Running";
}

const bad: Readonly<Record<string, [text: string, ...refusals: RegExp[]]>> = {
  "no YAML": ["job: [", /data\[config\.yaml\].*invalid YAML: .*\(line 1, column 7\)/],
  "a list": ["- job", /must be a map/],
  "a number out of bounds": ["job: {backoffLimit: -1}", /job\.backoffLimit: .*a whole number from 0 to 100, is -1/],
  "a string for a number": ['job: {activeDeadlineSeconds: "1h"}', /job\.activeDeadlineSeconds: .*is "1h"/],
  "an unknown choice": ["agent: {imagePullPolicy: Sometimes}", /one of Always, IfNotPresent, Never/],
  "no quantity": ["priorities: {high: {resources: {limits: {memory: 4 GB}}}}", /must be a quantity such as "500m"/],
  "no name of an object": ["secrets: {apiKeySecretName: My_Secret}", /the name of a Kubernetes object/],
  "half an image": ["agent: {image: {tag: v1}}", /has tag but no repository: write both/],
  "a mount of nothing": [
    "agent: {volumeMounts: [{name: x, mountPath: /x}]}",
    /volumeMounts\[0\]\.name: .*names no volume/,
  ],
  "many mistakes": [
    stringify({ job: { backoffLimit: "3" }, telemetry: { otlpProtocol: "udp" }, namespaces: 1, strict: "no" }),
    /job\.backoffLimit/,
    /telemetry\.otlpProtocol/,
    /namespaces/,
    /strict: .*must be true or false/,
  ],
};

for (const [what, [text, ...refusals]] of Object.entries(bad))
  t.test(`denied when applied: ${what}`, async (t) => {
    const error = await configure(text).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    t.type(error, Invalid);
    if (error instanceof Invalid) for (const refusal of refusals) t.match(error.message, refusal);
    t.equal(await successful(), "1");
  });

/** The shortest of several durations, which other load on the machine affects least. */
const atBest = (times: readonly number[]): number => Math.min(...times);

t.test("a valid change applies to the next run within a second, without a restart", async (t) => {
  const namespace = await testNamespace(t, client);
  const took: number[] = [];
  for (const image of ["example.test/agent:1", "example.test/agent:2", "example.test/agent:3"]) {
    await configure(stringify({ agent: { image } }));
    const written = Date.now();
    await eventually(`new runs get ${image}`, async () => (await imageOfNextRun(namespace)) === image);
    took.push(Date.now() - written);
  }
  t.ok(atBest(took) < 1000, `after ${took.join(", ")} ms`);
  t.notMatch(operator.log, /stopping/);
});

t.test("an invalid change that bypasses the webhook leaves the last valid one in force, and is reported", async (t) => {
  const namespace = await testNamespace(t, client);
  await configure("agent: {image: example.test/good:1}");
  await eventually("it is in force", async () => (await imageOfNextRun(namespace)) === "example.test/good:1");
  await disableConfigurationWebhook(t, client);
  await configure("agent: {image: [1]}");
  await eventually("the metric says so", async () => (await successful()) === "0");
  t.equal(await imageOfNextRun(namespace), "example.test/good:1");
  await eventually("an Event says so", async () => {
    const { items } = await client.list(Events, { namespace: key.namespace });
    return items.some(
      ({ reason, note, regarding }) =>
        reason === "InvalidConfiguration" && regarding?.name === key.name && (note ?? "").includes("agent.image"),
    );
  });
  await eventually("the log says so", () => operator.log.includes("the last valid one stays"));
  await configure("agent: {image: example.test/good:2}");
  await eventually("a good one mends it", async () => (await successful()) === "1");
  t.equal(await imageOfNextRun(namespace), "example.test/good:2");
});

const shown = async (...args: string[]): Promise<Outcome> =>
  outcomeOf(configCommand, [...args, "--kubeconfig", cluster.kubeconfig, "-n", key.namespace]);

t.test("config show asks what is in force, and names its lines", async (t) => {
  await configure("# ours\nagent:\n  image: example.test/shown:1\n");
  t.match(await shown("show"), {
    code: 0,
    out: /^# In force since \S+: ConfigMap orchestrator\/taskrun-controller-config \(resourceVersion \d+\)\.\n/,
    err: "",
  });
  const { out } = await shown("show");
  t.match(out, "image: example.test/shown:1 # ConfigMap orchestrator/taskrun-controller-config config.yaml:3");
  t.match(await shown("get", "agent.image"), { code: 0, out: "example.test/shown:1\n" });
  t.match(await shown("get", "agent.image", "--context", "nowhere"), { code: 2, err: /no access to a cluster/ });
});

t.test("version prints this program's, and the operator's if the cluster answers", async (t) => {
  const versions = (...args: string[]): Promise<Outcome> => outcomeOf(versionCommand, [...args, "-n", key.namespace]);
  const asked = ["--kubeconfig", cluster.kubeconfig];
  t.match(await versions(...asked), { code: 0, out: `client: ${version}\noperator: ${version}\n` });
  t.same(JSON.parse((await versions(...asked, "-o", "json")).out), { client: version, operator: version });
  t.match(await outcomeOf(versionCommand, [...asked, "-n", "nowhere"]), {
    code: 0,
    out: `client: ${version}\noperator: unknown: no operator has reported to namespace nowhere\n`,
  });
  t.match(await versions("--context", "nowhere"), { code: 0, out: /\noperator: unknown: no access to a cluster/ });
  t.match(await versions("--client"), { code: 0, out: `client: ${version}\n` });
});

t.test("config show says that a refused ConfigMap is not in force, and why, also after a restart", async (t) => {
  const namespace = await testNamespace(t, client);
  await configure("agent: {image: example.test/kept:1}");
  await eventually("it is in force", async () => (await imageOfNextRun(namespace)) === "example.test/kept:1");
  await disableConfigurationWebhook(t, client);
  await configure("agent: {image: [1]}");
  const refused = {
    code: 1,
    out: "example.test/kept:1\n",
    err: /^error: ConfigMap \S+ \(resourceVersion \d+\) is not in force: agent\.image must be .* In force since .*: an earlier content/,
  };
  t.match(await shown("get", "agent.image"), refused);
  await operator.end("SIGTERM");
  await operator.start();
  t.equal(await imageOfNextRun(namespace), "example.test/kept:1", "and not the default");
  t.match(await shown("get", "agent.image"), refused);
  await client.delete(ConfigMaps, { ...key, name: operatorNames.inForce });
  t.match(await shown("show"), { err: /^note: no operator has reported what is in force/ });
  await configure("agent: {image: example.test/kept:2}");
  await eventually(
    "a change restores the report",
    async () => (await shown("get", "agent.image")).out === "example.test/kept:2\n",
  );
});

t.test("templates with mistakes are denied when applied, and those without effect give warnings", async (t) => {
  const templates = { metadata: { namespace: key.namespace, name: operatorNames.templates } };
  const error = await client
    .apply(ConfigMaps, { ...templates, data: { "code_claude.md.hbs": "{{one}}\n{{two}}" } }, { dryRun: true })
    .then(
      () => undefined,
      (reason: unknown) => reason,
    );
  t.type(error, Invalid);
  t.match((error as Invalid).message, /code_claude\.md\.hbs\]: .*line 1, column 3: .*line 2, column 3: /s);
  await client.apply(ConfigMaps, { ...templates, data: { "code_claud.md.hbs": "x" } }, { dryRun: true });
});

t.test("a higher limit starts a waiting run within a second", async (t) => {
  const namespace = await testNamespace(t, client);
  const image = "example.test/limited:1";
  await configure(stringify({ agent: { image }, concurrency: { perNamespace: 1 } }));
  await eventually("it is in force", async () => (await imageOfNextRun(namespace)) === image);
  await begin(namespace, "first", 1);
  await eventually("one runs", () => isRunning(namespace, "first"));
  const took: number[] = [];
  for (const [perNamespace, name] of [
    [2, "second"],
    [3, "third"],
    [4, "fourth"],
  ] as const) {
    await begin(namespace, name, perNamespace);
    await eventually(`the ${name} waits`, async () => {
      const { status } = await client.get(TaskRuns, { namespace, name });
      return status?.conditions?.some(({ reason }) => reason === "WaitingForSlot") === true;
    });
    await configure(stringify({ agent: { image }, concurrency: { perNamespace } }));
    const written = Date.now();
    await eventually(`the ${name} runs`, () => isRunning(namespace, name));
    took.push(Date.now() - written);
  }
  t.ok(atBest(took) < 1000, `after ${took.join(", ")} ms`);
});

t.test("runs in namespaces that the configuration excludes wait until it includes them", async (t) => {
  const ours = await testNamespace(t, client);
  const other = await testNamespace(t, client);
  await configure(stringify({ namespaces: [ours], concurrency: { total: 1 } }));
  await eventually("the other is left out", async () => (await imageOfNextRun(other)) === undefined);
  const left = await begin(other, "waiting");
  t.notOk(left.metadata.finalizers, "nothing that would keep it from being deleted");
  await begin(ours, "first");
  await eventually("ours runs, though only one may", () => isRunning(ours, "first"));
  // the default from the API server: it was not reconciled
  t.same((await client.get(TaskRuns, { namespace: other, name: "waiting" })).status, { observedGeneration: 0 });

  await client.patch(Namespaces, { name: other }, { type: "merge", body: { metadata: { labels: { tenant: "x" } } } });
  await configure(stringify({ namespaces: { matchLabels: { tenant: "x" } } }));
  await eventually("the other is taken in by its label", () => isRunning(other, "waiting"));
});
