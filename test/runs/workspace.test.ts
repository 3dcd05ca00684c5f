/** Which claim an attempt works in: one for each identity and trust level. */
import t from "tap";
import { Manager, runName } from "./manager.js";
import { exampleRun, ModelCluster } from "./model-cluster.js";
import { TaskRuns, type TaskRun } from "#src/api/taskrun.js";
import { Jobs, PersistentVolumeClaims } from "#src/runtime/client/builtin.js";
import type { PersistentVolumeClaim, Stored } from "#src/runtime/client/objects.js";
import { codeRunKind } from "#src/kinds/coderun/coderun.js";
import { taskRunKind } from "../kinds/task-runs.js";
import {
  ownerAnnotations,
  trustLevelOf,
  workspaceBase,
  workspaceFor,
  type WorkspaceOwner,
} from "#src/runs/workspace.js";
import { parseConfiguration } from "#src/configuration/parse.js";
import { codeRun } from "../admission/runs.js";
import fc from "../property.js";

const seedName = "auth-service-workspace-pvc";
const repository = { url: "https://github.com/acme/auth", branch: "main" };
const asUser = (githubUser: string): Partial<TaskRun["spec"]> => ({ repository: { ...repository, githubUser } });

/** A claim of an earlier version of the operator, or of somebody else. */
function claim(name: string, labels: Record<string, string>, annotations?: Record<string, string>) {
  return {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name, namespace: "orchestrator", labels, ...(annotations && { annotations }) },
    spec: { resources: { requests: { storage: "10Gi" } } },
  } satisfies PersistentVolumeClaim;
}

const managed = { "app.kubernetes.io/managed-by": "agent-orchestrator" };

/** A run of another name and task, so that neither waits for the other. */
function another(name: string, spec: Partial<TaskRun["spec"]>): TaskRun {
  const run = exampleRun({ taskId: 2002, ...spec });
  return { ...run, metadata: { ...run.metadata, name } };
}

function claimOfJob(manager: Manager, job: string): string | undefined {
  const { volumes = [] } = manager.cluster.get(Jobs, job)?.spec?.template.spec ?? {};
  return volumes.flatMap(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? [])[0];
}

function ownersOf({ cluster }: Manager): Record<string, string | undefined> {
  return Object.fromEntries(
    cluster
      .all(PersistentVolumeClaims)
      .map(({ metadata }) => [
        metadata.name,
        [
          metadata.annotations?.["orchestrator.io/workspace-identity"],
          metadata.annotations?.["orchestrator.io/workspace-trust-level"],
        ].join("|"),
      ]),
  );
}

async function worked(manager: Manager, name: string): Promise<void> {
  await manager.reconcile({}, name);
  manager.cluster.runJobController();
  manager.cluster.endPods(0);
  manager.cluster.runJobController();
  await manager.reconcile({}, name);
}

t.test("two identities that name one workspace work in two claims, and each finds its own again", async (t) => {
  const cluster = new ModelCluster();
  const manager = new Manager(cluster);
  cluster.create(TaskRuns, exampleRun(asUser("alice")));
  cluster.create(TaskRuns, another("second", { ...asUser("mallory"), workspace: { pvcName: seedName } }));
  await worked(manager, runName);
  await worked(manager, "second");
  t.equal(claimOfJob(manager, "auth-service-task-1001-run-1"), seedName, "the first keeps the documented name");
  const own = claimOfJob(manager, "auth-service-task-2002-run-1") ?? "";
  t.match(own, /^auth-service-workspace-pvc-id-[0-9a-f]{16}$/);
  t.same(ownersOf(manager), { [seedName]: "user:alice|", [own]: "user:mallory|" });

  cluster.create(TaskRuns, another("third", { taskId: 3003, ...asUser("mallory") }));
  await worked(manager, "third");
  t.equal(claimOfJob(manager, "auth-service-task-3003-run-1"), own, "by the service's name, too");
  cluster.create(TaskRuns, another("fourth", { taskId: 4004, ...asUser("mallory"), workspace: { pvcName: own } }));
  await worked(manager, "fourth");
  t.equal(claimOfJob(manager, "auth-service-task-4004-run-1"), own, "and by the claim's");
  t.equal(cluster.all(PersistentVolumeClaims).length, 2);
});

t.test("a claim from an earlier version is found, and is from then on its first user's", async (t) => {
  const cluster = new ModelCluster();
  const manager = new Manager(cluster);
  cluster.create(PersistentVolumeClaims, claim(seedName, managed));
  cluster.create(TaskRuns, exampleRun(asUser("alice")));
  cluster.create(TaskRuns, another("second", asUser("mallory")));
  await worked(manager, runName);
  await worked(manager, "second");
  t.equal(claimOfJob(manager, "auth-service-task-1001-run-1"), seedName);
  t.not(claimOfJob(manager, "auth-service-task-2002-run-1"), seedName);
  t.equal(ownersOf(manager)[seedName], "user:alice|");
  t.equal(
    cluster.writes.filter((write) => write === "patch persistentvolumeclaims").length,
    1,
    "it is recorded once, before the Job",
  );
});

t.test(
  "a claim from an earlier version is left to the identity with an attempt that is not finished in it",
  async (t) => {
    const cluster = new ModelCluster();
    const manager = new Manager(cluster);
    manager.configuration = { ...manager.configuration, retry: { ...manager.configuration.retry, maxRetries: 3 } };
    cluster.create(TaskRuns, exampleRun(asUser("alice")));
    await manager.reconcile();
    await manager.work(1);
    t.equal(manager.phase, "Pending");
    // as an earlier version left it
    cluster.change(PersistentVolumeClaims, seedName, ({ metadata }) => delete metadata.annotations);
    cluster.create(TaskRuns, another("second", asUser("mallory")));
    await worked(manager, "second");
    t.not(claimOfJob(manager, "auth-service-task-2002-run-1"), seedName);
    cluster.time += 3_600_000;
    await manager.reconcile();
    t.equal(claimOfJob(manager, "auth-service-task-1001-run-2"), seedName, "its next attempt goes on in it");
  },
);

t.test("of two identities that find a claim without a record, only the first to write it works in it", async (t) => {
  const cluster = new ModelCluster();
  const manager = new Manager(cluster);
  cluster.create(PersistentVolumeClaims, claim(seedName, managed));
  cluster.create(TaskRuns, exampleRun(asUser("alice")));
  cluster.onWrite = () => undefined;
  // the other's record is written, but the cache of claims does not show it yet
  cluster.change(PersistentVolumeClaims, seedName, ({ metadata }) => {
    metadata.annotations = ownerAnnotations({ identity: "user:mallory", trustLevel: "" });
  });
  await manager.reconcile({ age: (plural) => (plural === "persistentvolumeclaims" ? 1 : 0) });
  await manager.reconcile();
  t.equal(ownersOf(manager)[seedName], "user:mallory|");
  t.match(claimOfJob(manager, "auth-service-task-1001-run-1"), /-id-/);
});

t.test("where the trust level of a namespace changes, its runs find none of the earlier files", async (t) => {
  const cluster = new ModelCluster();
  const manager = new Manager(cluster);
  const { configuration } = parseConfiguration(
    "isolation: [{namespaces: {matchLabels: {trust: low}}, trustLevel: low}, {namespaces: {matchLabels: {zone: a}}, runtimeClassName: x}]",
  );
  if (configuration === undefined) throw new Error("it is valid");
  manager.configuration = configuration;
  manager.namespaceLabels = { trust: "low", zone: "a" };
  cluster.create(TaskRuns, exampleRun());
  await worked(manager, runName);
  manager.namespaceLabels = { zone: "a" };
  cluster.create(TaskRuns, another("second", {}));
  await worked(manager, "second");
  const own = claimOfJob(manager, "auth-service-task-2002-run-1") ?? "";
  t.same(ownersOf(manager), { [seedName]: "none|low", [own]: "none|" });
  manager.namespaceLabels = { trust: "low" };
  cluster.create(TaskRuns, another("third", { taskId: 3003 }));
  await worked(manager, "third");
  t.equal(claimOfJob(manager, "auth-service-task-3003-run-1"), seedName, "and those of the level, when it is back");
});

t.test(
  "while a trust level depends on labels that are not known, no attempt starts and no claim is made",
  async (t) => {
    const cluster = new ModelCluster();
    const manager = new Manager(cluster);
    const namespaces = { matchLabels: { trust: "low" } };
    manager.configuration = { ...manager.configuration, isolation: [{ namespaces, trustLevel: "low" }] };
    cluster.create(TaskRuns, exampleRun());
    t.same(await manager.reconcile(), { requeueAfter: 1000 });
    t.match(manager.run.status, { phase: "Pending", reason: "NamespaceUnknown" });
    t.same(ownersOf(manager), {});
    manager.namespaceLabels = { trust: "low" };
    await manager.reconcile();
    t.same(ownersOf(manager), { [seedName]: "none|low" });
    const byName = { names: ["orchestrator"] };
    t.equal(
      trustLevelOf([{ namespaces: byName, trustLevel: "low" }], { name: "orchestrator", isOperators: false }),
      "low",
    );
  },
);

t.test("a claim that someone else created is used by every run that may name it, and not modified", async (t) => {
  const cluster = new ModelCluster();
  const manager = new Manager(cluster);
  cluster.create(PersistentVolumeClaims, claim("shared", {}));
  cluster.create(TaskRuns, exampleRun({ ...asUser("alice"), workspace: { pvcName: "shared" } }));
  cluster.create(TaskRuns, another("second", { ...asUser("bob"), workspace: { pvcName: "shared" } }));
  await worked(manager, runName);
  await worked(manager, "second");
  t.equal(claimOfJob(manager, "auth-service-task-1001-run-1"), "shared");
  t.equal(claimOfJob(manager, "auth-service-task-2002-run-1"), "shared");
  t.same(ownersOf(manager), { shared: "|" });
});

t.test("a claim that has the name of an identity's own and serves another is never used", async (t) => {
  for (const labels of [managed, {}]) {
    const cluster = new ModelCluster();
    const manager = new Manager(cluster);
    cluster.create(TaskRuns, exampleRun(asUser("alice")));
    await manager.reconcile();
    const probe = workspaceFor(
      seedName,
      { identity: "user:bob", trustLevel: "" },
      (name) => (name === seedName ? cluster.get(PersistentVolumeClaims, seedName) : undefined),
      () => false,
    );
    cluster.create(
      PersistentVolumeClaims,
      claim(probe.name, labels, ownerAnnotations({ identity: "x", trustLevel: "" })),
    );
    cluster.create(TaskRuns, another("second", asUser("bob")));
    await manager.reconcile({}, "second");
    t.match(cluster.get(TaskRuns, "second")?.status, {
      phase: "Pending",
      reason: "NameConflict",
      message: new RegExp(`PersistentVolumeClaim ${probe.name} already exists`),
    });
    t.equal(cluster.get(Jobs, "auth-service-task-2002-run-1"), undefined);
  }
});

t.test("deleting a run with its workspace leaves the claim of another identity", async (t) => {
  const cluster = new ModelCluster();
  const manager = new Manager(cluster);
  manager.configuration = {
    ...manager.configuration,
    cleanup: { ...manager.configuration.cleanup, deleteWorkspace: true },
  };
  cluster.create(TaskRuns, exampleRun(asUser("alice")));
  cluster.create(TaskRuns, another("second", asUser("bob")));
  await worked(manager, runName);
  await worked(manager, "second");
  cluster.delete(TaskRuns, "second");
  for (let round = 0; round < 3; round++) {
    await manager.reconcile({}, "second");
    cluster.settle();
  }
  t.same(Object.keys(ownersOf(manager)), [seedName]);
});

t.test("an identity is the whole of it: Apps of two organizations, users, keys", (t) => {
  const code = codeRunKind({ current: () => ({ code: () => ({}), docs: () => ({}) }) });
  const ofCode = (spec: object): string => {
    const run = codeRun();
    const { githubApp: _app, ...rest } = run.spec;
    return code.identity({ ...run, spec: { ...rest, ...spec } });
  };
  t.equal(ofCode({ githubApp: "Acme-Rex" }), "app:acme-rex");
  t.equal(ofCode({ githubApp: "Other-Rex" }), "app:other-rex");
  t.equal(ofCode({ githubUser: "rex" }), "user:rex");
  t.equal(ofCode({ githubUser: "Swe_1" }), ofCode({ githubUser: "swe-1" }), "both have the Secret github-pat-swe-1");
  const ofTask = (given: TaskRun["spec"]["repository"]): string =>
    taskRunKind.identity(exampleRun(given === undefined ? {} : { repository: given }));
  const identities = [
    undefined,
    repository,
    { ...repository, githubUser: "rex" },
    { ...repository, auth: { type: "Token" as const, secretName: "key" } },
    { ...repository, auth: { type: "Token" as const, secretName: "key", secretKey: "other" } },
    { ...repository, auth: { type: "BasicAuth" as const, secretName: "key" } },
  ].map(ofTask);
  t.same(identities, ["none", "configured", "user:rex", "secret:key/token", "secret:key/other", "secret:key"]);
  t.end();
});

const owner = fc.record({
  identity: fc.constantFrom("app:a-rex", "app:b-rex", "user:rex", "none"),
  trustLevel: fc.constantFrom("", "low"),
});
const named = fc.constantFrom("w", "x-workspace-pvc", `${"l".repeat(252)}x`);
const uses = fc.array(fc.record({ owner, name: named, own: fc.boolean() }), { maxLength: 12 });

t.test(
  "whatever the order of runs, no claim of the operator serves two owners, and each owner keeps its claim",
  (t) => {
    fc.assert(
      fc.property(uses, (sequence) => {
        const claims = new Map<string, Stored<PersistentVolumeClaim>>();
        const served = new Map<string, string>();
        const chosen = new Map<string, string>();
        for (const use of sequence) {
          const key = JSON.stringify(use.owner);
          const before = chosen.get(`${key} ${use.name}`);
          const given = use.own && before !== undefined ? before : use.name;
          const found = workspaceFor(
            given,
            use.owner,
            (name) => claims.get(name),
            () => false,
          );
          if (found.isTaken || found.name.length > 253 || workspaceBase(found.name).length === 0) return false;
          if (before !== undefined && found.name !== before) return false;
          if ((served.get(found.name) ?? key) !== key) return false;
          chosen.set(`${key} ${use.name}`, found.name);
          served.set(found.name, key);
          claims.set(found.name, storedFor(found.name, use.owner));
        }
        return true;
      }),
    );
    t.end();
  },
);

function storedFor(name: string, by: WorkspaceOwner): Stored<PersistentVolumeClaim> {
  const made = claim(name, managed, ownerAnnotations(by));
  return { ...made, metadata: { ...made.metadata, uid: name, resourceVersion: "1" } };
}
