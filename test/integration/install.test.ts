/** The rendered config/default, and its application to a real API server. test/e2e/install.test.ts covers the pods. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import t from "tap";
import { parseAllDocuments, stringify } from "yaml";
import { kubectl, waitEstablished } from "#src/cluster/install.js";
import type { Cluster } from "#src/cluster/index.js";
import { OPERATOR_IMAGE } from "#src/cluster/images/operator-image.js";
import { installFolder } from "#src/cluster/pods.js";
import type { KubernetesObject } from "#src/runtime/client/objects.js";
import { packageRoot } from "#src/version.js";
import { ownCluster } from "./cluster.js";
import { printedCommandsOfRuns, runPrinted, tektonDefinition, tektonTaskRun } from "./tekton.js";

let cluster: Cluster;
t.before(async () => {
  // no server answers its webhooks, which would make other tests fail
  cluster = await ownCluster(t);
});

interface Container {
  readonly image: string;
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
}

interface Rendered extends KubernetesObject {
  readonly subjects?: readonly { readonly namespace: string }[];
  readonly webhooks?: readonly { readonly clientConfig: { readonly service: { readonly namespace: string } } }[];
  readonly spec?: { readonly template?: { readonly spec: { readonly containers: readonly Container[] } } };
}

async function render(folder: string): Promise<Rendered[]> {
  const text = await kubectl(cluster, ["kustomize", folder]);
  return parseAllDocuments(text).map((document) => document.toJS() as Rendered);
}

/** The standard error of kubectl. @throws if kubectl fails */
async function complaints(args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(cluster.kubectl, ["--kubeconfig", cluster.kubeconfig, ...args], (error, _, stderr) =>
      error === null ? resolve(stderr) : reject(new Error(stderr)),
    );
  });
}

// first, because the cluster has none of ours yet: to delete them again takes an API server five minutes
t.test("without our CustomResourceDefinitions no printed command reaches Tekton's objects instead", async (t) => {
  const run = { namespace: "default", name: "auth-service-task-1001" };
  await kubectl(cluster, ["apply", "-f", "-"], stringify(tektonDefinition));
  await waitEstablished(cluster, ["crd/taskruns.tekton.dev"]);
  await kubectl(cluster, ["apply", "-f", "-"], stringify(tektonTaskRun(run.namespace, run.name)));
  const reached = await runPrinted(cluster, { file: "here", words: ["get", "taskruns", "-A"] }, run);
  t.match(reached.requests.join(), "/apis/tekton.dev/v1/taskruns", "the plural alone does");
  for (const command of printedCommandsOfRuns()) {
    const { requests } = await runPrinted(cluster, command, run);
    t.notMatch(requests.join(), "/tekton.dev/", `${command.file}: kubectl ${command.words.join(" ")}`);
  }
});

t.test("config/default uses the image that is loaded into the local cluster", async (t) => {
  const objects = await render(installFolder);
  const images = objects.flatMap(({ spec }) => spec?.template?.spec.containers.map(({ image }) => image) ?? []);
  t.same(images, [OPERATOR_IMAGE, OPERATOR_IMAGE]);
  const containers = objects.flatMap(({ spec }) => spec?.template?.spec.containers ?? []);
  const gateway = containers.flatMap(({ env = [] }) => env.filter(({ name }) => name === "OPERATOR_IMAGE"));
  t.same(gateway, [{ name: "OPERATOR_IMAGE", value: OPERATOR_IMAGE }], "and so does the gateway in agents' pods");
});

t.test("an overlay moves everything to another namespace, including the webhooks", async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "overlay-"));
  t.teardown(() => rm(directory, { recursive: true }));
  const overlay = { namespace: "elsewhere", resources: [relative(directory, installFolder)] };
  await writeFile(join(directory, "kustomization.yaml"), stringify(overlay));
  const objects = await render(directory);
  const named = objects.flatMap((object) => [
    ...(object.kind === "Namespace" ? [object.metadata?.name] : []),
    ...(object.metadata?.namespace === undefined ? [] : [object.metadata.namespace]),
    ...(object.subjects ?? []).map(({ namespace }) => namespace),
    ...(object.webhooks ?? []).map(({ clientConfig }) => clientConfig.service.namespace),
  ]);
  t.ok(named.length > 10);
  t.same([...new Set(named)], ["elsewhere"]);
});

t.test("profiling and its permissions are optional", async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "overlay-"));
  t.teardown(() => rm(directory, { recursive: true }));
  const component = relative(directory, join(packageRoot, "config/profiling"));
  const overlay = { resources: [relative(directory, installFolder)], components: [component] };
  await writeFile(join(directory, "kustomization.yaml"), stringify(overlay));
  const withIt = await kubectl(cluster, ["kustomize", directory]);
  t.match(withIt, /args:\n\s+- manager\n\s+- --profiling\n/);
  t.match(withIt, /name: system:auth-delegator\n/);
  t.notMatch(await kubectl(cluster, ["kustomize", installFolder]), /profiling|auth-delegator/);
});

t.test("kubectl apply -k succeeds without a warning, also when repeated", async (t) => {
  t.equal(await complaints(["apply", "-k", installFolder]), "");
  t.equal(await complaints(["apply", "-k", join(packageRoot, "config/network-policy")]), "");
  t.equal(await complaints(["apply", "-k", installFolder]), "");
});

t.test("folders of manifests can also be applied one by one", async (t) => {
  for (const folder of ["crds", "webhooks", "config/rbac"])
    t.equal(await complaints(["apply", "-f", join(packageRoot, folder)]), "");
});
