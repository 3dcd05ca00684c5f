/** `orchestrator doctor` on a real API server: what it finds of an operator that works, and of what is then broken. */
import { randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createGunzip } from "node:zlib";
import t, { type Test } from "tap";
import { extract } from "tar-stream";
import { TaskRuns } from "#src/api/taskrun.js";
import { configurationName } from "#src/admission/manifests.js";
import { doctorCommand } from "#src/cli/doctor.js";
import type { Finding } from "#src/cli/doctor/finding.js";
import { probeNetwork } from "#src/cli/doctor/network-probe.js";
import { supportBundleCommand } from "#src/cli/support-bundle.js";
import type { Cluster } from "#src/cluster/index.js";
import { kubectl } from "#src/cluster/install.js";
import { freePorts } from "#src/cluster/ports.js";
import { configurationKey, operatorNames } from "#src/configuration/names.js";
import {
  ConfigMaps,
  CustomResourceDefinitions,
  MutatingWebhookConfigurations,
  NetworkPolicies,
  Pods,
  Secrets,
  StorageClasses,
  ValidatingWebhookConfigurations,
} from "#src/runtime/client/builtin.js";
import type { HttpClient } from "#src/runtime/client/http.js";
import type { Pod, Stored } from "#src/runtime/client/objects.js";
import type { Clock } from "#src/runtime/clock.js";
import { version } from "#src/version.js";
import { outcomeOf } from "../cli/command-line.js";
import { eventually } from "../eventually.js";
import { adminClient, disableConfigurationWebhook, testCluster, testNamespace } from "./cluster.js";
import { flagsBeside, installBeside, OperatorProcess } from "./operator.js";

let cluster: Cluster;
let client: HttpClient;
let runs: string;
t.before(async () => {
  cluster = await testCluster(t);
  const [probes = 0, webhooks = 0] = await freePorts(2, cluster.hostAddress);
  const kubeconfig = await installBeside(t, cluster, `https://${cluster.hostAddress}:${webhooks}`);
  // it leads, as doctor expects of an installation
  const operator = new OperatorProcess(flagsBeside(cluster, kubeconfig, probes, webhooks), probes);
  t.teardown(() => operator.end("SIGTERM"));
  await operator.start();
  client = await adminClient(t, cluster);
  runs = await testNamespace(t, client);
  await client.create(Secrets, { metadata: { namespace: runs, name: "orchestrator-secrets" }, stringData: { a: "b" } });
  const annotations = { "storageclass.kubernetes.io/is-default-class": "true" };
  const { items } = await client.list(StorageClasses);
  if (!items.some(({ metadata }) => metadata.annotations?.["storageclass.kubernetes.io/is-default-class"] === "true")) {
    const name = `doctor-${runs}`;
    await client.create(StorageClasses, { metadata: { name, annotations }, provisioner: "example.com/none" });
    t.teardown(() => client.delete(StorageClasses, { name }));
  }
});

interface Report {
  readonly healthy: boolean;
  readonly errors: number;
  readonly findings: readonly Finding[];
}

async function doctor(kubeconfig = cluster.kubeconfig): Promise<Report & { readonly code: number | undefined }> {
  const args = ["--kubeconfig", kubeconfig, "--runs-namespace", runs, "-o", "json"];
  const { code, out } = await outcomeOf(doctorCommand, args);
  return { ...(JSON.parse(out) as Report), code };
}

/** The findings that are neither ok nor what every test here has: no Deployment, and no probe. */
async function bad(): Promise<Finding[]> {
  const { findings } = await doctor();
  return findings.filter(
    ({ severity, check }) => severity !== "ok" && !["operator Deployment", "network policies"].includes(check),
  );
}

/** Waits until a broken thing is the only finding, and gives it. */
async function onlyFinding(check: string): Promise<Finding | undefined> {
  return eventually(`the finding about ${check} is the only one`, async () => {
    const findings = await bad();
    return findings.length === 1 && findings[0]?.check === check ? findings[0] : undefined;
  });
}

t.test("a working operator has no errors, and the table has a line for each finding", async (t) => {
  await eventually("the operator reports its configuration", async () => (await bad()).length === 0);
  const { code, findings } = await doctor();
  t.equal(code, 0);
  t.match(
    findings.find(({ check }) => check === "certificate of the webhooks"),
    { severity: "ok" },
  );
  t.match(
    findings.find(({ check }) => check === "webhooks answer"),
    { severity: "ok" },
  );
  t.match(
    findings.find(({ check }) => check === "rights of the operator"),
    { severity: "ok" },
  );
  t.match(
    findings.find(({ check }) => check === "clock"),
    { severity: "ok" },
  );
  const { out, err } = await outcomeOf(doctorCommand, ["--kubeconfig", cluster.kubeconfig, "--runs-namespace", runs]);
  t.match(out, /^RESULT +CHECK +MESSAGE\nok +Kubernetes version/);
  t.match(out, /not checked +network policies[^\n]*\n +-> Run the command with --probe-network/);
  t.equal(err, "0 errors, 1 warning\n");
  t.same((await client.list(TaskRuns, { namespace: runs })).items, [], "a dry run creates nothing");
});

t.test("a right that the operator lacks is found", async (t) => {
  const role = ["clusterrole", "orchestrator-manager"];
  const rules = await kubectl(cluster, ["get", ...role, "-o", "json"]);
  const { rules: before } = JSON.parse(rules) as { rules: { resources: string[] }[] };
  const patch = (value: unknown): Promise<string> =>
    kubectl(cluster, [
      "patch",
      ...role,
      "--type=json",
      "-p",
      JSON.stringify([{ op: "replace", path: "/rules", value }]),
    ]);
  t.teardown(() => patch(before));
  await patch(before.filter(({ resources }) => !resources.includes("jobs")));
  t.match(await onlyFinding("rights of the operator"), { severity: "error", message: /create jobs\.batch/ });
  t.equal((await doctor()).code, 1);
});

t.test("a CRD that differs from the program's is found", async (t) => {
  const name = { name: "taskruns.orchestrator.io" };
  const path = "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/taskId/maximum";
  const patch = (value: number): Promise<unknown> =>
    client.patch(CustomResourceDefinitions, name, { type: "json", body: [{ op: "replace", path, value }] });
  t.teardown(() => patch(2_147_483_647));
  await patch(2_147_483_646);
  const { findings } = await doctor();
  t.match(
    findings.find(({ check }) => check === `CRD ${name.name}`),
    { severity: "error", message: /not the one/ },
  );
});

t.test("webhooks of the wrong certificate or address are found by the API server's own call", async (t) => {
  const name = { name: configurationName };
  for (const type of [MutatingWebhookConfigurations, ValidatingWebhookConfigurations]) {
    const { webhooks = [] } = await client.get(type, name);
    const replace = (value: unknown): Promise<unknown> =>
      client.patch(type, name, {
        type: "json",
        body: [{ op: "replace", path: "/webhooks", value }],
      });
    t.teardown(() => replace(webhooks));
    await replace(
      webhooks.map((each) => ({ ...each, clientConfig: { ...each.clientConfig, url: "https://127.0.0.1:1/nothing" } })),
    );
  }
  const found = await eventually("it is found", async () => {
    const { findings } = await doctor();
    const finding = findings.find(({ check }) => check === "webhooks answer");
    return finding?.severity === "error" ? findings : undefined;
  });
  t.match(
    found.find(({ check }) => check === "webhooks answer"),
    { message: /does not reach them/ },
  );
  t.match(
    found.find(({ check }) => check === "certificate of the webhooks"),
    { severity: "notChecked" },
  );
});

t.test("an invalid configuration that got stored is found", async (t) => {
  await eventually("all is well again", async () => (await bad()).length === 0);
  await disableConfigurationWebhook(t, client);
  const metadata = { namespace: "orchestrator", name: operatorNames.configuration };
  await client.apply(ConfigMaps, { metadata, data: { [configurationKey]: "job: 1\n" } }, { force: true });
  t.teardown(() => client.delete(ConfigMaps, metadata));
  const { findings } = await doctor();
  t.match(
    findings.find(({ check }) => check === "configuration"),
    { severity: "error", message: /is invalid/ },
  );
});

t.test("a missing Secret is found", async (t) => {
  const key = { namespace: runs, name: "orchestrator-secrets" };
  await client.delete(Secrets, key);
  t.teardown(() => client.create(Secrets, { metadata: key, stringData: { a: "b" } }));
  const { findings } = await doctor();
  t.match(
    findings.find(({ check }) => check === "Secret orchestrator-secrets"),
    { severity: "error" },
  );
});

t.test("a caller without rights gets no error, and learns which rights each check needs", async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "doctor-"));
  t.teardown(() => rm(directory, { recursive: true }));
  await kubectl(cluster, ["create", "serviceaccount", "nobody", "-n", runs]);
  const file = join(directory, "kubeconfig");
  await cluster.serviceAccountKubeconfig(runs, "nobody", file);
  const { findings } = await doctor(file);
  t.match(
    findings.find(({ check }) => check === "your rights"),
    { severity: "warning", message: /create taskruns/ },
  );
  t.match(
    findings.find(({ check }) => check === "webhooks answer"),
    { severity: "notChecked", remedy: /create taskruns/ },
  );
  t.match(
    findings.find(({ check }) => check === "Secret orchestrator-secrets"),
    { severity: "notChecked" },
  );
  t.same(
    findings.filter(({ severity }) => severity === "error"),
    [],
  );
});

t.test("no access to a cluster is exit code 2", async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "doctor-"));
  t.teardown(() => rm(directory, { recursive: true }));
  await writeFile(join(directory, "none"), "");
  const { code } = await outcomeOf(doctorCommand, ["--kubeconfig", join(directory, "none")]);
  t.equal(code, 2);
});

/** Time passes only as the test lets it: each sleep is one look of the caller. */
function steppingClock(step: () => Promise<unknown>): Clock {
  let time = 0;
  return {
    now: () => Date.now(),
    monotonic: () => time,
    after: (delay, callback) => {
      time += delay;
      void step().finally(callback);
      return { cancel: () => undefined };
    },
  };
}

/** Plays the kubelet: the pods of a role get this status. */
async function setPhases(namespace: string, phases: Readonly<Record<string, string>>): Promise<void> {
  const { items } = await client.list(Pods, { namespace });
  for (const pod of items) {
    const phase = phases[roleOf(pod)];
    if (phase === undefined || pod.status?.phase === phase) continue;
    const status = { phase, podIP: "10.0.0.1", podIPs: [{ ip: "10.0.0.1" }] };
    const key = { namespace, name: pod.metadata.name };
    await client.patch(Pods, key, { type: "merge", body: { status } }, { subresource: "status" });
  }
}

function roleOf({ metadata }: Stored<Pod>): string {
  return metadata.name.split("-").at(-1) ?? "";
}

for (const [title, phases, result] of [
  ["reached", { server: "Running", control: "Succeeded", agent: "Succeeded" }, { result: "notEnforced" }],
  ["did not reach", { server: "Running", control: "Succeeded", agent: "Failed" }, { result: "enforced" }],
] as const) {
  t.test(
    `the probe says ${result.result} if the pod with the policy ${title} the other, and removes everything`,
    async (t) => {
      const namespace = await restricted(t);
      const clock = steppingClock(() => setPhases(namespace, phases));
      t.same(await probe(namespace, clock), result);
      await nothingIsLeft(t, namespace);
    },
  );
}

t.test(
  "the probe has no result, and removes everything, if a pod cannot start or nothing can be reached",
  async (t) => {
    const namespace = await restricted(t);
    const idle = steppingClock(() => Promise.resolve());
    t.match(await probe(namespace, idle), { result: "unknown", reason: /server did not start within 90 s/ });
    const failing = steppingClock(() =>
      setPhases(namespace, { server: "Running", control: "Failed", agent: "Failed" }),
    );
    t.match(await probe(namespace, failing), { result: "unknown", reason: /without a NetworkPolicy/ });
    const interrupted = new AbortController();
    const late = steppingClock(() => {
      interrupted.abort(new Error("interrupted"));
      return Promise.resolve();
    });
    t.match(await probe(namespace, late, interrupted.signal), { result: "unknown", reason: /interrupted/ });
    await nothingIsLeft(t, namespace);
  },
);

function restricted(t: Test): Promise<string> {
  return testNamespace(t, client, { "pod-security.kubernetes.io/enforce": "restricted" });
}

function probe(namespace: string, clock: Clock, signal = new AbortController().signal): Promise<unknown> {
  return probeNetwork({ client, namespace, image: "busybox:1.36", signal, clock, note: (line) => t.comment(line) });
}

async function nothingIsLeft(t: Test, namespace: string): Promise<void> {
  const left = [
    ...(await client.list(Pods, { namespace })).items,
    ...(await client.list(NetworkPolicies, { namespace })).items,
  ];
  t.same(
    left.map(({ metadata }) => metadata.name),
    [],
  );
}

/** The files of an archive, by path. */
async function extracted(file: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  const archive = createReadStream(file).pipe(createGunzip()).pipe(extract());
  for await (const entry of archive) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    files.set(entry.header.name, Buffer.concat(chunks).toString("utf8"));
  }
  return files;
}

t.test("a support bundle shows the state of the installation, and nothing secret", async (t) => {
  const canary = `canary${randomBytes(12).toString("hex")}`;
  await client.create(Secrets, { metadata: { namespace: runs, name: "canary" }, stringData: { key: canary } });
  await client.create(ConfigMaps, { metadata: { namespace: runs, name: "canary" }, data: { key: canary } });
  await client.create(TaskRuns, {
    metadata: { namespace: runs, name: "bundled" },
    spec: {
      ...{ taskId: 77, serviceName: "bundled", suspend: true, env: [{ name: "EXTRA", value: canary }] },
      markdownFiles: [{ filename: "task.md", content: `# ${canary}` }],
    },
  });
  await client.create(Pods, {
    metadata: { namespace: runs, name: "bundled" },
    spec: {
      nodeName: "nowhere",
      containers: [{ name: "a", image: "a", args: [canary], env: [{ name: "A", value: canary }] }],
    },
  });
  const directory = await mkdtemp(join(tmpdir(), "bundle-"));
  t.teardown(() => rm(directory, { recursive: true }));
  const file = join(directory, "bundle.tar.gz");
  const args = ["--kubeconfig", cluster.kubeconfig, "--runs-namespace", runs, "--file", file];
  const { code, out, err } = await outcomeOf(supportBundleCommand, args);
  t.same([code, out], [0, `${file}\n`], err);
  t.equal((await stat(file)).mode & 0o777, 0o600, "only its owner reads it");
  const files = await extracted(file);
  for (const [path, text] of files) t.notMatch(text, canary, path);
  t.match(JSON.parse(files.get("versions.json") ?? ""), { client: version });
  t.match(JSON.parse(files.get(`namespaces/${runs}/taskruns.json`) ?? ""), {
    items: [{ metadata: { name: "bundled" }, spec: { taskId: 77, env: [{ name: "EXTRA" }] } }],
  });
  t.ok((JSON.parse(files.get("doctor.json") ?? "") as unknown[]).length > 10);
  t.match(files.get("README.txt"), "Look through the files");

  const again = await outcomeOf(supportBundleCommand, args);
  t.equal(again.code, 2, "an earlier bundle is not overwritten");
  t.match(again.err, "cannot be written");
});
