/** The examples work as described, run as a user would. */
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import t, { type Test } from "tap";
import { parse } from "yaml";
import type { Cluster } from "#src/cluster/index.js";
import { freePorts } from "#src/cluster/ports.js";
import {
  ConfigMaps,
  CustomResourceDefinitions,
  Leases,
  MutatingWebhookConfigurations,
  ServiceAccounts,
  ValidatingWebhookConfigurations,
} from "#src/runtime/client/builtin.js";
import { Invalid, NotFound } from "#src/runtime/client/errors.js";
import type { HttpClient } from "#src/runtime/client/http.js";
import type { CustomResourceDefinition, KubernetesObject } from "#src/runtime/client/objects.js";
import { resourceType } from "#src/runtime/client/resource.js";
import { packageRoot } from "#src/version.js";
import { eventually } from "../eventually.js";
import { adminClient, testCluster, testNamespace } from "./cluster.js";

interface Website extends KubernetesObject {
  spec?: { title?: string };
  status?: { page?: string; observedGeneration?: number };
}
const Websites = resourceType<Website>({
  group: "examples.orchestrator.io",
  version: "v1",
  kind: "Website",
  plural: "websites",
  namespaced: true,
});
const ClusterRoleBindings = resourceType<KubernetesObject & { roleRef: object; subjects: object[] }>({
  group: "rbac.authorization.k8s.io",
  version: "v1",
  kind: "ClusterRoleBinding",
  plural: "clusterrolebindings",
  namespaced: false,
});
const Deployments = resourceType<KubernetesObject & { spec: object }>({
  group: "apps",
  version: "v1",
  kind: "Deployment",
  plural: "deployments",
  namespaced: true,
});

let cluster: Cluster;
let client: HttpClient;
t.before(async () => {
  cluster = await testCluster(t);
  client = await adminClient(t, cluster);
  const crd = parse(readFileSync(join(packageRoot, "examples/websites.yaml"), "utf8")) as CustomResourceDefinition;
  await client.apply(CustomResourceDefinitions, crd);
  t.teardown(() => client.delete(CustomResourceDefinitions, { name: "websites.examples.orchestrator.io" }));
  await eventually("Websites are served", async () => {
    await client.list(Websites);
    return true;
  });
});

interface Example {
  readonly output: () => string;
  /** Its exit code after a SIGTERM. */
  stop(): Promise<number | null>;
}

/** Runs an example as a process with credentials of the namespace, and resolves when it reports that it is ready. */
async function start(
  t: Test,
  namespace: string,
  name: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Example> {
  const directory = mkdtempSync(join(tmpdir(), "example-"));
  const kubeconfig = join(directory, "kubeconfig");
  await eventually("the namespace has its ServiceAccount", () =>
    client.get(ServiceAccounts, { namespace, name: "default" }).then(() => true),
  );
  await client.apply(ClusterRoleBindings, {
    metadata: { name: `example-${namespace}` },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
    subjects: [{ kind: "ServiceAccount", name: "default", namespace }],
  });
  await cluster.serviceAccountKubeconfig(namespace, "default", kubeconfig);
  const [port = 0] = await freePorts(1);
  const child = spawn(process.execPath, [join(packageRoot, "build/examples", `${name}.js`)], {
    env: { ...process.env, KUBECONFIG: kubeconfig, PORT: String(port), ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text: Buffer) => (output += text.toString()));
  const exited = new Promise<number | null>((resolve) => child.once("close", resolve));
  const stop = async (): Promise<number | null> => {
    child.kill("SIGTERM");
    return exited;
  };
  t.teardown(async () => {
    await stop();
    rmSync(directory, { recursive: true, force: true });
    await client.delete(ClusterRoleBindings, { name: `example-${namespace}` });
  });
  await eventually(`${name} is ready`, async () => {
    if (child.exitCode !== null) throw new Error(`${name} ended: ${output}`);
    return (await fetch(`http://127.0.0.1:${port}/readyz`)).ok;
  }).catch((error: unknown) => {
    throw new Error(output, { cause: error });
  });
  return { output: () => output, stop };
}

t.test("operator.ts creates the page of a Website, repairs it, and writes nothing if nothing changed", async (t) => {
  const namespace = await testNamespace(t, client);
  // without a holder: a process that creates the Lease waits before it leads
  await client.create(Leases, { metadata: { namespace, name: "website-operator" } });
  const operator = await start(t, namespace, "operator");
  const key = { namespace, name: "home" };
  const page = { namespace, name: "home-page" };
  await client.create(Websites, { metadata: key, spec: { title: "Hello" } });
  const has = (html: string) => async (): Promise<boolean> =>
    (await client.get(ConfigMaps, page)).data?.["index.html"] === html;
  await eventually("its page is there", has("<h1>Hello</h1>"));
  const told = await eventually("its status says so", async () => {
    const website = await client.get(Websites, key);
    return website.status?.observedGeneration === 1 && website;
  });
  t.equal(told.status?.page, "home-page");
  t.match((await client.get(ConfigMaps, page)).metadata.ownerReferences, [
    { kind: "Website", name: "home", uid: told.metadata.uid, controller: true },
  ]);

  await client.patch(ConfigMaps, page, { type: "merge", body: { data: { "index.html": "spoilt" } } });
  await eventually("a change by somebody else is undone", has("<h1>Hello</h1>"));
  await client.delete(ConfigMaps, page);
  await eventually("a deleted page is made again", has("<h1>Hello</h1>"));
  await client.patch(Websites, key, { type: "merge", body: { spec: { title: "Goodbye" } } });
  await eventually("a new title is followed", has("<h1>Goodbye</h1>"));
  await eventually("and told", async () => (await client.get(Websites, key)).status?.observedGeneration === 2);

  const before = (await client.get(ConfigMaps, page)).metadata.resourceVersion;
  await client.patch(Websites, key, { type: "merge", body: { metadata: { labels: { some: "label" } } } });
  await client.create(Websites, { metadata: { namespace, name: "later" }, spec: { title: "Later" } });
  await eventually("what came after it is done", () => client.get(ConfigMaps, { namespace, name: "later-page" }));
  t.equal((await client.get(ConfigMaps, page)).metadata.resourceVersion, before);

  await client.delete(Websites, key);
  await eventually(
    "the page goes with its owner",
    () =>
      client.get(ConfigMaps, page).then(
        () => false,
        (error: unknown) => error instanceof NotFound,
      ),
    // the garbage collector looks for new kinds every 30 s
    90_000,
  );
  t.equal(await operator.stop(), 0);
});

t.test("the commands in the README work", async (t) => {
  const namespace = await testNamespace(t, client);
  const [port = 0] = await freePorts(1);
  const readme = readFileSync(join(packageRoot, "examples/README.md"), "utf8");
  const commands = /```sh\n([^]*?)```/.exec(readme)?.[1]?.split("\n") ?? [];
  t.match(
    commands.splice(0, 2),
    [/npm run build$/, /cluster up .*export KUBECONFIG=/],
    "the first two are done already",
  );
  const kubeconfig = join(t.testdir({}), "kubeconfig");
  const admin = parse(readFileSync(cluster.kubeconfig, "utf8")) as { contexts: { context: object }[] };
  for (const each of admin.contexts) Object.assign(each.context, { namespace });
  writeFileSync(kubeconfig, JSON.stringify(admin));
  const shell = spawn("bash", ["-e", "-c", [...commands, "wait $! || exit $?"].join("\n")], {
    cwd: packageRoot,
    env: {
      ...process.env,
      KUBECONFIG: kubeconfig,
      PORT: String(port),
      PATH: `${dirname(cluster.kubectl)}:${process.env.PATH ?? ""}`,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [shell.stdout, shell.stderr]) stream.on("data", (text: Buffer) => (output += text.toString()));
  const code = await new Promise<number | null>((resolve) => shell.once("close", resolve));
  t.equal(code, 0, output);
  t.match(output, /index\.html: <h1>Hello<\/h1>/);
});

t.test("operator.ts is at most 60 lines", (t) => {
  const lines = readFileSync(join(packageRoot, "examples/operator.ts"), "utf8").trimEnd().split("\n");
  t.ok(lines.length <= 60, `${lines.length} lines`);
  t.end();
});

t.test("webhook.ts sets a default title, denies an invalid one and warns about a long one", async (t) => {
  const namespace = await testNamespace(t, client);
  t.teardown(async () => {
    await client.delete(MutatingWebhookConfigurations, { name: "website-webhook" });
    await client.delete(ValidatingWebhookConfigurations, { name: "website-webhook" });
  });
  const [port = 0] = await freePorts(1, cluster.hostAddress);
  await start(t, namespace, "webhook", {
    WEBHOOK_HOST: cluster.hostAddress,
    WEBHOOK_PORT: String(port),
  });
  const create = (title?: string): Promise<Website> =>
    client.create(
      Websites,
      { metadata: { namespace, name: "site" }, spec: { ...(title !== undefined && { title }) } },
      { dryRun: true },
    );
  const created = await eventually("the API server calls it", () => create());
  t.equal(created.spec?.title, "Untitled");
  t.equal((await create("Mine")).spec?.title, "Mine");
  const refused = await create("<b>").catch((error: unknown) => error);
  t.type(refused, Invalid);
  t.match((refused as Invalid).causes, [{ field: "spec.title", message: /a title is text, not HTML/ }]);
});

t.test("watch.ts reports which pods run an image, and changes of them", async (t) => {
  const namespace = await testNamespace(t, client);
  const watch = await start(t, namespace, "watch");
  const deployment = (name: string, image: string) => ({
    metadata: { namespace, name },
    spec: {
      replicas: 0,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: "main", image }] } },
    },
  });
  const says = (line: string) => () => watch.output().split("\n").includes(line);
  await client.create(Deployments, deployment("web", `${namespace}:1`));
  await eventually("it is told of the first", says(`${namespace}:1: ${namespace}/web`));
  await client.create(Deployments, deployment("api", `${namespace}:1`));
  await eventually("and of both", says(`${namespace}:1: ${namespace}/api, ${namespace}/web`));
  await client.apply(Deployments, deployment("api", `${namespace}:2`));
  await client.delete(Deployments, { namespace, name: "web" });
  await eventually("and when nobody does any more", says(`${namespace}:1: nobody`));
  t.equal(await watch.stop(), 0);
});

t.test("every example is run by a test, or imported by one that is", (t) => {
  const names = readdirSync(join(packageRoot, "examples")).filter((name) => name.endsWith(".ts"));
  t.same(names.sort(), ["operator.ts", "watch.ts", "webhook.ts", "website.ts"]);
  t.end();
});
