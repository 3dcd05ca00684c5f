/** Idle workspaces on a real API server, deleted by the installed account; the operator's clock is moved instead of waiting. */
import t from "tap";
import { TaskRuns, type TaskRun } from "#src/api/taskrun.js";
import { operatorNames } from "#src/configuration/names.js";
import { ConfigMaps, PersistentVolumeClaims, Pods } from "#src/runtime/client/builtin.js";
import { unlessMissing } from "#src/runtime/client/unless-missing.js";
import { eventually } from "../eventually.js";
import { adminClient, testCluster, testNamespace } from "./cluster.js";
import { startIntercepted } from "./operator.js";

const hour = 3_600_000;
const mark = "orchestrator.io/workspace-idle-since";

t.test("only claims that nothing needs are deleted, after the configured time", async (t) => {
  const cluster = await testCluster(t);
  const client = await adminClient(t, cluster);
  const configuration = { namespace: "orchestrator", name: operatorNames.configuration };
  await unlessMissing(client.delete(ConfigMaps, configuration));
  t.teardown(() => unlessMissing(client.delete(ConfigMaps, configuration)));
  const { operator } = await startIntercepted(t, cluster, { clock: [0, 2 * hour] });
  const namespace = await testNamespace(t, client);

  const claim = async (name: string, managedBy = "agent-orchestrator"): Promise<void> => {
    const labels = { "app.kubernetes.io/managed-by": managedBy };
    const spec = { accessModes: ["ReadWriteOnce" as const], resources: { requests: { storage: "1Gi" } } };
    await client.create(PersistentVolumeClaims, { metadata: { namespace, name, labels }, spec });
  };
  for (const name of ["idle", "mounted", "waiting"]) await claim(name);
  await claim("foreign", "somebody");
  const volumes = [{ name: "workspace", persistentVolumeClaim: { claimName: "mounted" } }];
  await client.create(Pods, {
    metadata: { namespace, name: "shell" },
    spec: { volumes, containers: [{ name: "shell", image: "localhost/none" }], automountServiceAccountToken: false },
  });
  const run: TaskRun = {
    metadata: { namespace, name: "a" },
    spec: {
      ...{ taskId: 1, serviceName: "auth", suspend: true, workspace: { pvcName: "waiting" } },
      markdownFiles: [{ filename: "task.md", content: "# Task\n", fileType: "task" }],
    },
  };
  await client.create(TaskRuns, run);

  /** Each change also makes the operator look at once. */
  const configure = (seconds: number): Promise<unknown> =>
    client.apply(ConfigMaps, {
      metadata: configuration,
      data: { "config.yaml": `storage: { keepIdleSeconds: ${seconds} }\n` },
    });
  const left = async (): Promise<Record<string, string | undefined>> => {
    const { items } = await client.list(PersistentVolumeClaims, { namespace });
    const kept = items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    return Object.fromEntries(kept.map(({ metadata }) => [metadata.name, metadata.annotations?.[mark]]));
  };
  await configure(3600);
  await eventually("idle claims are marked", async () => {
    const { idle, mounted } = await left();
    return idle !== undefined && mounted !== undefined;
  });
  const before = await left();
  t.equal(before.foreign, undefined, "not ours");
  t.equal(before.waiting, undefined, "a suspended run works in it later");

  operator.signal("SIGUSR2");
  await configure(3601);
  await eventually("the idle one is deleted", async () => !Object.hasOwn(await left(), "idle"));
  await eventually("the mounted one counts as used", async () => (await left()).mounted !== before.mounted);
  t.same(Object.keys(await left()).sort(), ["foreign", "mounted", "waiting"]);
  t.match(operator.log, /workspace deleted: storage\.keepIdleSeconds is over/);
  t.notMatch(operator.log, /forbidden/i);
});
