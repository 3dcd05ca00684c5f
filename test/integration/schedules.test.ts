/** Schedules on a real API server, as the installed accounts; the operator's clock is moved to the next time. */
import t from "tap";
import { findCondition } from "#src/api/conditions.js";
import { Schedules, type Schedule } from "#src/api/schedule.js";
import { TaskRuns, type TaskRun } from "#src/api/taskrun.js";
import type { Cluster } from "#src/cluster/index.js";
import { operatorNames } from "#src/configuration/names.js";
import { ConfigMaps } from "#src/runtime/client/builtin.js";
import type { HttpClient } from "#src/runtime/client/http.js";
import type { Stored } from "#src/runtime/client/objects.js";
import { unlessMissing } from "#src/runtime/client/unless-missing.js";
import { eventually } from "../eventually.js";
import { adminClient, testCluster, testNamespace } from "./cluster.js";
import { startIntercepted, type OperatorProcess } from "./operator.js";

const hour = 3_600_000;

let cluster: Cluster;
let client: HttpClient;
let operator: OperatorProcess;
let namespace: string;

t.before(async () => {
  cluster = await testCluster(t);
  client = await adminClient(t, cluster);
  await unlessMissing(client.delete(ConfigMaps, { namespace: "orchestrator", name: operatorNames.configuration }));
  ({ operator } = await startIntercepted(t, cluster, { clock: [0, hour, 2 * hour] }));
  namespace = await testNamespace(t, client);
});

const schedule = (name: string, spec: Partial<Schedule["spec"]> = {}, run: object = {}): Schedule => ({
  metadata: { namespace, name },
  spec: {
    schedule: "@hourly",
    startingDeadlineSeconds: 86_400,
    ...spec,
    run: {
      kind: "TaskRun",
      spec: {
        ...{
          taskId: 7,
          serviceName: name,
          markdownFiles: [{ filename: "task.md", content: "# Task\n", fileType: "task" }],
        },
        ...run,
      },
    },
  },
});

const readyOf = async (name: string): Promise<{ reason?: string; message?: string }> => {
  const { status } = await client.get(Schedules, { namespace, name });
  return findCondition(status?.conditions, "Ready") ?? {};
};

const runsOf = async (name: string): Promise<Stored<TaskRun>[]> =>
  (await client.list(TaskRuns, { namespace, labelSelector: `orchestrator.io/schedule=${name}` })).items;

/** A change that makes the operator look at it with its moved clock. */
const touch = (name: string): Promise<unknown> =>
  client.patch(
    Schedules,
    { namespace, name },
    { type: "merge", body: { metadata: { annotations: { touched: String(Math.random()) } } } },
  );

t.test("what cannot be counted is denied with its field", async (t) => {
  await t.rejects(
    client.create(Schedules, schedule("bad", { schedule: "61 * * * *" })),
    /spec\.schedule: .*minute: 61/,
  );
  await t.rejects(client.create(Schedules, schedule("bad", { timeZone: "Nowhere/City" })), /spec\.timeZone: .*IANA/);
  await t.rejects(client.create(Schedules, schedule("b".repeat(53))), /at most 52 characters/);
});

t.test("a run that would be denied is reported before its time comes", async (t) => {
  const envFromSecrets = [{ name: "KEY", secretName: "team-key", secretKey: "key" }];
  await client.create(Schedules, schedule("denied", {}, { envFromSecrets }));
  await eventually("it is not ready", async () => (await readyOf("denied")).reason === "RunDenied");
  t.match((await readyOf("denied")).message, /may not get Secret team-key/);
  await client.delete(Schedules, { namespace, name: "denied" });
});

t.test("each time starts one run, a live one is replaced, and all go with their Schedule", async (t) => {
  await client.create(Schedules, schedule("hourly", { concurrencyPolicy: "Replace" }));
  await eventually("it is ready", async () => (await readyOf("hourly")).reason === "Scheduled");
  t.strictSame(await runsOf("hourly"), []);
  operator.signal("SIGUSR2");
  await eventually("its first run is started", async () => {
    await touch("hourly");
    return (await runsOf("hourly")).length === 1;
  });
  const [first] = await runsOf("hourly");
  await eventually("the run has an attempt", async () => (await runsOf("hourly"))[0]?.status?.attempts === 1);
  const { status } = await client.get(Schedules, { namespace, name: "hourly" });
  t.equal(status?.lastRun, first?.metadata.name);
  operator.signal("SIGUSR2");
  await eventually("the second run has replaced it", async () => {
    await touch("hourly");
    return (await runsOf("hourly")).length === 2;
  });
  const after = await runsOf("hourly");
  t.match(
    after.find(({ metadata }) => metadata.name === first?.metadata.name),
    { spec: { cancel: true }, status: { phase: "Cancelled" } },
  );
  await client.delete(Schedules, { namespace, name: "hourly" });
  await eventually("its runs are gone", async () => (await runsOf("hourly")).length === 0);
});
