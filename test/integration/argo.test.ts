/** Argo Workflows' own CRDs and linter, and what the operator's account may do with Workflows. Argo's controller runs in test/e2e. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import { playWorkflow } from "#src/argo/play.js";
import { argumentOf, Workflows, type Workflow } from "#src/argo/workflow.js";
import { PlayWorkflows, WorkflowDenied, WorkflowsUnreadable } from "#src/argo/workflows.js";
import { installOperator, kubectl } from "#src/cluster/install.js";
import type { Cluster } from "#src/cluster/index.js";
import { hasPlayTemplate } from "#src/operations/plays.js";
import { kubeconfigAccess } from "#src/runtime/client/kubeconfig.js";
import { HttpClient } from "#src/runtime/client/http.js";
import { Namespaces } from "#src/runtime/client/builtin.js";
import { AlreadyExists, Conflict, Forbidden } from "#src/runtime/client/errors.js";
import type { Stored } from "#src/runtime/client/objects.js";
import { unlessMissing } from "#src/runtime/client/unless-missing.js";
import { packageRoot } from "#src/version.js";
import { applyArgoDefinitions, argoManifests } from "../argo/argo-cluster.js";
import { argoPrograms, noArgo, type ArgoPrograms } from "../argo/argo-programs.js";
import { eventually } from "../eventually.js";
import { argoEvents, installDefinitions } from "../chart/definitions.js";
import { adminClient, testCluster, testNamespace } from "./cluster.js";

const { signal } = new AbortController();
const skip = noArgo;
let cluster: Cluster;
let admin: HttpClient;
let operator: HttpClient;
let plays: PlayWorkflows;
let programs: ArgoPrograms;
let namespace: string;
let directory: string;

if (skip === false) {
  t.before(async () => {
    programs = await argoPrograms((line) => t.comment(line));
    cluster = await testCluster(t);
    admin = await adminClient(t, cluster);
    namespace = await testNamespace(t, admin);
    directory = await mkdtemp(join(tmpdir(), "argo-test-"));
    t.teardown(() => rm(directory, { recursive: true, force: true }));
    await installOperator(cluster, "https://127.0.0.1:1");
    // nobody serves these webhooks
    await kubectl(cluster, [
      ...["delete", "mutatingwebhookconfiguration/orchestrator", "validatingwebhookconfiguration/orchestrator"],
      "--ignore-not-found",
    ]);
    const file = join(directory, "kubeconfig");
    await cluster.serviceAccountKubeconfig("orchestrator", "orchestrator-manager", file);
    operator = new HttpClient({ access: await kubeconfigAccess({ file }) });
    t.teardown(() => operator.close());
    // other files use the cluster, too
    t.teardown(async () => {
      const files = [...programs.definitions, join(packageRoot, "config/argo/operator/rbac.yaml")];
      await kubectl(cluster, [
        "delete",
        "--ignore-not-found",
        "--wait=false",
        ...files.flatMap((file) => ["-f", file]),
      ]);
    });
    plays = new PlayWorkflows({ client: operator, manages: (name) => name === namespace });
  });
}

async function unlessExists(made: Promise<unknown>): Promise<void> {
  await made.catch((error: unknown) => {
    if (!(error instanceof AlreadyExists)) throw error;
  });
}

/** A Workflow of task 7 that waits for its pull request, as Argo's controller leaves it. */
async function waiting(name: string, type = "play-orchestration"): Promise<Stored<Workflow>> {
  return await admin.create(Workflows, {
    metadata: { namespace, name, labels: { "workflow-type": type, "task-id": "7" } },
    spec: {
      workflowTemplateRef: { name: "play-template" },
      arguments: { parameters: [{ name: "repository", value: "acme/shop" }] },
    },
    status: {
      phase: "Running",
      nodes: {
        "play-1": {
          ...{ id: "play-1", name: "play.wait", displayName: "waiting-pr-created", type: "Suspend", phase: "Running" },
          ...{ startedAt: "2026-01-01T00:00:00Z", finishedAt: null },
          outputs: { parameters: [{ name: "event", valueFrom: { supplied: {}, default: "resumed" } }] },
        },
      },
    },
  });
}

t.test(
  "without the rights, the error says what to install; without Argo Workflows, no play has a Workflow",
  { skip },
  async (t) => {
    const found = (): ReturnType<PlayWorkflows["of"]> => plays.of(7, "github.com/acme/shop", signal);
    await t.rejects(found(), WorkflowsUnreadable);
    await kubectl(cluster, ["apply", "-f", join(packageRoot, "config/argo/operator/rbac.yaml")]);
    t.same(await eventually("the rights are known", found), []);
    t.equal(await hasPlayTemplate(admin, namespace), false);
    await applyArgoDefinitions(cluster, programs);
    t.same(await found(), []);
  },
);

t.test("Argo's linter and CRDs accept every template", { skip }, async (t) => {
  const manifests = await argoManifests(cluster, namespace);
  const lint = (text: string): Promise<{ readonly code: number; readonly output: string }> =>
    new Promise((resolve, reject) => {
      const file = join(directory, "lint.yaml");
      writeFile(file, text).then(() => {
        const child = execFile(programs.lint, [file], (_, output, errors) =>
          resolve({ code: child.exitCode ?? -1, output: output + errors }),
        );
      }, reject);
    });
  t.match(await lint(manifests), { code: 0, output: "no linting errors found" });
  t.match(await lint(manifests.replace("template: ready", "template: missing")), { code: 1, output: /missing/ });
  await kubectl(cluster, ["apply", "--server-side", "--dry-run=server", "--validate=strict", "-f", "-"], manifests);
  await kubectl(cluster, ["apply", "-f", "-"], manifests);
  t.equal(await hasPlayTemplate(admin, namespace), true);
});

t.test("the CRDs of Argo Events accept the samples", { skip }, async (t) => {
  await installDefinitions(cluster, argoEvents);
  t.teardown(() =>
    kubectl(cluster, [
      "delete",
      "crd",
      "eventsources.argoproj.io",
      "sensors.argoproj.io",
      "--ignore-not-found",
      "--wait=false",
    ]),
  );
  await unlessExists(admin.create(Namespaces, { metadata: { name: "argo-events" } }));
  t.teardown(() => unlessMissing(admin.delete(Namespaces, { name: "argo-events" })));
  const folder = join(packageRoot, "config/samples/argo-events");
  const out = await kubectl(cluster, ["apply", "--server-side", "--dry-run=server", "--validate=strict", "-f", folder]);
  t.match(out, /eventsource.*github[^]*sensor.*orchestrator/);
});

t.test("the operator's account resumes and stops a play, only from the version that it read", { skip }, async (t) => {
  await waiting("play-1");
  const [found, second] = await plays.of(7, "github.com/acme/shop", signal);
  if (found === undefined) throw new Error("the Workflow is not found");
  t.equal(second, undefined);
  const [node] = Object.values(found.status?.nodes ?? {});
  if (node === undefined) throw new Error("it has no node");
  const by = { by: "github-1", now: "2026-01-01T00:01:00.000Z", signal };
  await plays.resume(found, node, "resumed", by);
  const after = await admin.get(Workflows, { namespace, name: "play-1" });
  t.match(after, {
    metadata: { annotations: { "orchestrator.io/resumed-by": "github-1" } },
    status: {
      nodes: {
        "play-1": {
          ...{ name: "play.wait", phase: "Succeeded", finishedAt: "2026-01-01T00:01:00Z" },
          outputs: { parameters: [{ name: "event", value: "resumed" }] },
        },
      },
    },
  });
  await t.rejects(plays.resume(found, node, "resumed", by), Conflict);
  await plays.record(after, { by: "github-2", at: "2026-01-01T00:02:00Z", revision: "ab" }, signal);
  await t.rejects(plays.stop(after, "github-3", signal), Conflict);
  await plays.stop(await admin.get(Workflows, { namespace, name: "play-1" }), "github-3", signal);
  t.equal((await admin.get(Workflows, { namespace, name: "play-1" })).spec.shutdown, "Stop");
});

t.test("the operator's account submits plays for a Delivery, and no other Workflow", { skip }, async (t) => {
  const annotations = { "orchestrator.io/delivery": "github-1" };
  const parameters = { "task-id": "9", repository: "acme/shop", "task-description": "Say {{workflow.uid}}." };
  const play = playWorkflow({ namespace, name: "play-9" }, parameters, annotations);
  const made = await plays.submit(play, signal);
  t.match(await plays.of(9, "github.com/acme/shop", signal), [{ metadata: { uid: made.metadata.uid } }]);
  t.equal((await plays.submit(play, signal)).metadata.uid, made.metadata.uid, "it is submitted once");
  t.equal(argumentOf(made, "task-description"), "Say { {workflow.uid}}.");
  const others: readonly Workflow[] = [
    playWorkflow({ namespace, name: "other" }, parameters),
    { ...play, spec: { ...play.spec, workflowTemplateRef: { name: "other" } } },
    { ...play, spec: { ...play.spec, workflowTemplateRef: { name: "play-template", clusterScope: true } as object } },
    { ...play, spec: { ...play.spec, serviceAccountName: "default" } as Workflow["spec"] },
    { ...play, spec: { templates: [{ name: "main", container: { image: "any" } }] } as Workflow["spec"] },
  ];
  for (const other of others)
    await t.rejects(
      plays.submit({ ...other, metadata: { ...other.metadata, name: "other" } }, signal),
      /may create only Workflows of play-template, for a Delivery/,
    );
  const elsewhere = await testNamespace(t, admin);
  await t.rejects(
    plays.submit(playWorkflow({ namespace: elsewhere, name: "play-9" }, parameters, annotations), signal),
    new WorkflowDenied(
      `Namespace ${elsewhere} has no WorkflowTemplate play-template: apply config/argo to it, as docs/guide/plays.md describes.`,
    ),
  );
});

t.test("the operator's account can change nothing else of a Workflow, and no other Workflow", { skip }, async (t) => {
  const play = await waiting("play-2");
  const key = { namespace, name: "play-2" };
  const patch = (body: object): Promise<unknown> => operator.patch(Workflows, key, { type: "merge", body });
  await eventually("the policy is in force", async () =>
    patch({ spec: { serviceAccountName: "other" } }).then(
      () => false,
      (error: unknown) => error instanceof Forbidden && error.message.includes("may only resume and stop Workflows"),
    ),
  );
  await t.rejects(patch({ metadata: { labels: { "task-id": "8" } } }), Forbidden);
  await t.rejects(patch({ spec: { workflowTemplateRef: { name: "other" } } }), Forbidden);
  const other = await waiting("other", "orchestrator-dag");
  const [node] = Object.values(other.status?.nodes ?? {});
  if (node === undefined) throw new Error("it has no node");
  const by = { by: "github-1", now: "2026-01-01T00:01:00.000Z", signal };
  await t.rejects(plays.resume(other, node, "resumed", by), WorkflowDenied);
  await t.rejects(operator.delete(Workflows, key), Forbidden);
  const { uid } = play.metadata;
  t.equal((await plays.get(key, uid, signal))?.metadata.name, "play-2");
  t.equal(await plays.get(key, "another", signal), undefined);
  await unlessMissing(admin.delete(Workflows, key));
  t.equal(await plays.get(key, uid, signal), undefined);
});
