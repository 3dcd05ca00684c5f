/** Pods that do not start: what is reported, and when the attempt fails. */
import t from "tap";
import { Manager, runName } from "./manager.js";
import { exampleRun, ModelCluster } from "./model-cluster.js";
import { TaskRuns } from "#src/api/taskrun.js";
import { findCondition } from "#src/api/conditions.js";
import { Events, Jobs, PersistentVolumeClaims, Pods } from "#src/runtime/client/builtin.js";
import type { Pod } from "#src/runtime/client/objects.js";
import { formatTime } from "#src/runtime/clock.js";
import type { Configuration } from "#src/configuration/configuration.js";
import { defaultConfiguration } from "#src/configuration/defaults.js";

const stuckPodSeconds = 300;

/** A run whose pod has had the given state for `seconds`. */
async function withPod(status: NonNullable<Pod["status"]>): Promise<Manager> {
  const cluster = new ModelCluster();
  cluster.create(TaskRuns, exampleRun({ retry: { maxRetries: 1 } }));
  const manager = new Manager(cluster);
  manager.configuration = { ...defaultConfiguration, stuckPodSeconds };
  await manager.reconcile();
  cluster.runJobController();
  cluster.change(Pods, cluster.livePods[0]?.metadata.name ?? "", (pod) => {
    const time = formatTime(cluster.time);
    const conditions = (status.conditions ?? []).map((each) => ({ ...each, lastTransitionTime: time }));
    pod.status = { phase: "Pending", ...status, conditions };
  });
  return manager;
}

const scheduled = { type: "PodScheduled", status: "True" } as const;

function container(reason: string, message?: string): NonNullable<Pod["status"]> {
  return {
    conditions: [scheduled],
    containerStatuses: [
      {
        name: "claude-agent",
        image: "agent:none",
        imageID: "",
        ready: false,
        restartCount: 0,
        state: { waiting: { reason, ...(message !== undefined && { message }) } },
      },
    ],
  };
}

function warn(manager: Manager, regarding: { name: string; uid: string }, note: string): void {
  manager.cluster.create(Events, {
    metadata: { name: `warning-${regarding.uid}`, namespace: "orchestrator" },
    regarding: { name: regarding.name, uid: regarding.uid },
    type: "Warning",
    note,
    eventTime: formatTime(manager.cluster.time),
  });
}

function podOf(manager: Manager): { name: string; uid: string } {
  const pod = manager.cluster.all(Pods)[0];
  if (pod === undefined) throw new Error("no pod");
  return { name: pod.metadata.name, uid: pod.metadata.uid };
}

/** Everything that happens until a stopped Job is deleted. */
async function settle(manager: Manager): Promise<void> {
  for (let round = 0; round < 4; round++) {
    manager.cluster.settle();
    await manager.reconcile();
  }
}

void t.test("an image that cannot be pulled is reported at once, and ends the run once it has lasted", async (t) => {
  const manager = await withPod(container("ImagePullBackOff", "Back-off pulling image"));
  manager.cluster.time += 15_000;
  const reported = await manager.reconcile();
  const limit = formatTime(manager.cluster.time + (stuckPodSeconds - 15) * 1000);
  t.match(manager.run.status, { phase: "Running", reason: "ImagePullBackOff" });
  t.match(
    manager.run.status?.message,
    /^Attempt 1: container claude-agent of pod \S+ cannot start: ImagePullBackOff, image agent:none cannot be pulled\. The attempt waits/,
  );
  t.match(manager.run.status?.message, `until ${limit}.`);
  t.match(findCondition(manager.run.status?.conditions, "Stalled"), { status: "True", reason: "ImagePullBackOff" });
  t.equal(
    reported?.requeueAfter,
    (stuckPodSeconds - 15) * 1000,
    "it requeues the run for when the problem has lasted long enough",
  );
  manager.cluster.time += (stuckPodSeconds - 15) * 1000;
  await manager.reconcile();
  await settle(manager);
  t.same(manager.outcomes, ["1 Initial Failed"]);
  t.match(manager.run.status, {
    phase: "Failed",
    reason: "ImagePullBackOff",
    runs: [{ reason: "ImagePullBackOff" }],
    message:
      /^Attempt 1 failed before the agent started: container claude-agent .* No retry follows: another attempt would/,
  });
  t.match(findCondition(manager.run.status?.conditions, "Ended"), { status: "True", reason: "NotRetryable" });
  t.same(
    manager.events.map(({ type, reason }) => `${type} ${reason}`),
    ["Normal JobCreated", "Warning ImagePullBackOff", "Warning RunFailed"],
  );
  manager.cluster.time += 86_400_000;
  await manager.reconcile();
  t.equal(manager.cluster.jobsCreated.length, 1, "no attempt is made again with the same values");
  manager.cluster.change(TaskRuns, runName, ({ spec }) => (spec.retryAttempt = 2));
  await manager.reconcile();
  t.same(manager.outcomes, ["1 Initial Failed", "2 ManualRetry -"]);
  t.match(findCondition(manager.run.status?.conditions, "Ended"), { status: "False", reason: "NotEnded" });
});

/** The message that a run gets whose image cannot be pulled. */
async function remedyFor(
  image: string,
  record: string,
  agent: Partial<Configuration["agent"]> = {},
  pulled = image,
): Promise<string> {
  const status = container("ImagePullBackOff");
  const manager = await withPod({
    ...status,
    containerStatuses: status.containerStatuses?.map((each) => ({ ...each, image: pulled })) ?? [],
  });
  manager.configuration = { ...manager.configuration, agent: { ...defaultConfiguration.agent, ...agent } };
  manager.cluster.change(TaskRuns, runName, (run) => {
    run.spec.image = image;
    run.metadata.annotations = { "orchestrator.io/injected": record };
  });
  manager.cluster.time += 10_000;
  await manager.reconcile();
  return manager.run.status?.message ?? "";
}

const retry = `kubectl -n orchestrator patch taskruns.orchestrator.io ${runName} --type merge -p '{"spec":{"retryAttempt":2}}'`;

void t.test("the message names the place where a wrong image was set, and the command that tries again", async (t) => {
  t.match(
    await remedyFor("agent:9", "image", { image: "agent:9" }),
    `cannot be pulled. Make the image available, or correct agent.image in the operator's ConfigMap taskrun-controller-config, and run \`${retry}\`.`,
  );
  t.match(await remedyFor("codex:9", "image", { cliImages: { codex: "codex:9" } }), "correct agent.cliImages.codex in");
  t.match(
    await remedyFor("agent:9", "image", { image: "agent:10" }),
    `The configuration has another image by now; to use it run \`${retry}\`.`,
  );
  t.match(
    await remedyFor("agent:9", "model", { image: "agent:9" }),
    /use another: `kubectl .* -p '\{"spec":\{"image":"<image>","retryAttempt":2\}\}'`\./,
    "a user's image is in the spec",
  );
  const { image } = defaultConfiguration.initContainer;
  t.match(await remedyFor("agent:9", "image", {}, image), `Correct initContainer.image in the operator's ConfigMap`);
});

void t.test(
  "a manager killed at any write while it ends a stuck attempt records the same end, and nothing is lost",
  async (t) => {
    for (let at = 1; at <= 4; at++) {
      for (const when of ["before", "after"] as const) {
        const manager = await withPod(container("CreateContainerConfigError", 'secret "keys" not found'));
        manager.cluster.time += stuckPodSeconds * 1000;
        await manager.reconcile({ kill: { at, when } });
        await manager.reconcile();
        await settle(manager);
        t.same(manager.outcomes, ["1 Initial Failed"], `killed ${when} write ${at}`);
        t.equal(manager.run.status?.runs?.[0]?.reason, "SecretMissing");
      }
    }
  },
);

void t.test("an agent that cannot start ends the attempt, though what delivers its work waits for it", async (t) => {
  const { conditions = [], containerStatuses = [] } = container(
    "CreateContainerConfigError",
    'secret "keys" not found',
  );
  const deliver = { name: "deliver", image: "", imageID: "", ready: true, restartCount: 0, state: { running: {} } };
  const manager = await withPod({ phase: "Running", conditions, containerStatuses: [...containerStatuses, deliver] });
  manager.cluster.time += stuckPodSeconds * 1000;
  await manager.reconcile();
  await settle(manager);
  t.match(manager.run.status, { phase: "Failed", reason: "SecretMissing" });
});

void t.test("what took long before the agent does not count against its start", async (t) => {
  const manager = await withPod({ phase: "Running", conditions: [scheduled] });
  manager.cluster.time += 10 * stuckPodSeconds * 1000;
  const finishedAt = formatTime(manager.cluster.time);
  const prepared = { name: "prepare-workspace", image: "", imageID: "", ready: true, restartCount: 0 };
  manager.cluster.change(Pods, podOf(manager).name, (pod) => {
    const { containerStatuses = [] } = container("CreateContainerConfigError", 'secret "keys" not found');
    const initContainerStatuses = [{ ...prepared, state: { terminated: { exitCode: 0, finishedAt } } }];
    pod.status = { ...pod.status, phase: "Pending", containerStatuses, initContainerStatuses };
  });
  manager.cluster.time += 15_000;
  await manager.reconcile();
  t.match(manager.run.status, { phase: "Running", reason: "SecretMissing" });
  manager.cluster.time += stuckPodSeconds * 1000;
  await manager.reconcile();
  await settle(manager);
  t.match(manager.run.status, { phase: "Failed", reason: "SecretMissing" });
});

void t.test("an agent that eventually starts is not stopped", async (t) => {
  const manager = await withPod(container("ErrImagePull"));
  manager.cluster.time += 200_000;
  await manager.reconcile();
  manager.cluster.change(
    Pods,
    podOf(manager).name,
    (pod) => (pod.status = { phase: "Running", conditions: [scheduled] }),
  );
  manager.cluster.time += 200_000;
  await manager.reconcile();
  t.equal(manager.run.status?.message, `Attempt 1 is starting in Job ${runName}-run-1.`);
  t.equal(findCondition(manager.run.status?.conditions, "Stalled"), undefined);
  t.equal(manager.cluster.all(Jobs)[0]?.metadata.deletionTimestamp, undefined);
  t.match(manager.events.at(-1), {
    type: "Normal",
    reason: "Starting",
    note: `Attempt 1 is starting in Job ${runName}-run-1. The problem is gone: ImagePullBackOff.`,
  });
});

void t.test("a Job that ends while it is being stopped keeps its own outcome", async (t) => {
  const manager = await withPod(container("ErrImagePull"));
  manager.cluster.time += stuckPodSeconds * 1000;
  await manager.reconcile({ kill: { at: 1, when: "after" } });
  manager.cluster.endPods(0);
  manager.cluster.runJobController();
  await manager.reconcile();
  await settle(manager);
  t.same(manager.outcomes, ["1 Initial Succeeded"]);
});

void t.test("a pod that fits on no node is reported as stalled, and the run continues once a node fits", async (t) => {
  const message = "0/3 nodes are available: 3 Insufficient cpu.";
  const manager = await withPod({
    conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message }],
  });
  manager.cluster.time += 15_000;
  await manager.reconcile();
  t.match(manager.run.status?.message, /cannot be scheduled: 0\/3 nodes are available: 3 Insufficient cpu\.$/);
  t.equal(findCondition(manager.run.status?.conditions, "Stalled"), undefined);
  t.match(manager.events.at(-1), { type: "Warning", reason: "Unschedulable" });
  manager.cluster.time += stuckPodSeconds * 1000;
  await manager.reconcile();
  t.match(findCondition(manager.run.status?.conditions, "Stalled"), { status: "True", reason: "Unschedulable" });
  t.same(
    manager.events.map(({ reason }) => reason),
    ["JobCreated", "Unschedulable"],
    "announced once",
  );
  t.equal(manager.cluster.all(Jobs)[0]?.metadata.deletionTimestamp, undefined, "a node may yet come");
  manager.cluster.change(
    Pods,
    podOf(manager).name,
    (pod) => (pod.status = { phase: "Running", conditions: [scheduled] }),
  );
  await manager.reconcile();
  t.equal(findCondition(manager.run.status?.conditions, "Stalled"), undefined);
  t.equal(findCondition(manager.run.status?.conditions, "Reconciling")?.status, "True");
});

void t.test("an unbound workspace is named, with the reason from the cluster", async (t) => {
  const manager = await withPod({
    conditions: [
      {
        type: "PodScheduled",
        status: "False",
        reason: "Unschedulable",
        message: "unbound immediate PersistentVolumeClaims",
      },
    ],
  });
  const claim = manager.cluster.all(PersistentVolumeClaims)[0];
  if (claim === undefined) throw new Error("no claim");
  manager.cluster.change(PersistentVolumeClaims, claim.metadata.name, (each) => (each.status = { phase: "Pending" }));
  warn(manager, { name: claim.metadata.name, uid: claim.metadata.uid }, 'storageclass.storage.k8s.io "fast" not found');
  manager.cluster.time += 15_000;
  await manager.reconcile();
  t.match(
    manager.run.status?.message,
    /auth-service-workspace-pvc, is not bound: storageclass.storage.k8s.io "fast" not found/,
  );
  t.match(findCondition(manager.run.status?.conditions, "WorkspaceReady"), { status: "False" });
});

void t.test("a missing Secret for a mount is named and ends the run", async (t) => {
  const manager = await withPod(container("ContainerCreating"));
  warn(
    manager,
    podOf(manager),
    'MountVolume.SetUp failed for volume "repository-secret" : secret "github-pat-ann" not found',
  );
  manager.cluster.time += 15_000;
  await manager.reconcile();
  t.match(
    manager.run.status?.message,
    /^Attempt 1: pod \S+ cannot start: secret "github-pat-ann" not found\. Create it;/,
  );
  manager.cluster.time += stuckPodSeconds * 1000;
  await manager.reconcile();
  await settle(manager);
  t.match(manager.run.status?.runs, [{ outcome: "Failed", reason: "SecretMissing" }]);
});

void t.test("a missing Secret for a variable is named and ends the run", async (t) => {
  // messages of the kubelet: for the Secret of a variable, a whole Secret, a key, and a ConfigMap
  for (const message of [
    'secret "database" not found',
    "couldn't find key token in Secret orchestrator/database",
    'configmap "settings" not found',
    "couldn't find key level in ConfigMap orchestrator/settings",
  ]) {
    const manager = await withPod(container("CreateContainerConfigError", message));
    manager.cluster.time += 15_000;
    await manager.reconcile();
    t.match(manager.run.status?.message, /^Attempt 1: container claude-agent of pod \S+ cannot start: /);
    t.match(manager.run.status?.message, `cannot start: ${message}.`);
    manager.cluster.time += stuckPodSeconds * 1000;
    await manager.reconcile();
    await settle(manager);
    t.match(manager.run.status?.runs, [{ outcome: "Failed", reason: "SecretMissing" }]);
    const failed = manager.events.find(({ reason }) => reason === "RunFailed");
    t.match(failed, { type: "Warning", note: message });
  }
});

void t.test("other errors in the configuration of a container are reported in the kubelet's words", async (t) => {
  const message = "container has runAsNonRoot and image will run as root";
  const manager = await withPod(container("CreateContainerConfigError", message));
  manager.cluster.time += 15_000;
  await manager.reconcile();
  t.match(manager.run.status?.message, `cannot start: CreateContainerConfigError, ${message}.`);
});

void t.test(
  "a side-car that ends again and again is reported in its own words, whichever step of that is seen",
  async (t) => {
    const terminated = { exitCode: 1, message: "gateway.yaml: upstreams: Required.\n" };
    for (const reason of ["CrashLoopBackOff", "PostStartHookError"]) {
      const status = { name: "gateway", image: "orchestrator:1", imageID: "", ready: false, restartCount: 3 };
      const manager = await withPod({
        phase: "Pending",
        conditions: [scheduled],
        initContainerStatuses: [
          { ...status, state: { waiting: { reason, message: "back-off 10s" } }, lastState: { terminated } },
        ],
      });
      manager.cluster.time += 15_000;
      await manager.reconcile();
      t.equal(manager.run.status?.reason, "SidecarFailing");
      t.match(
        manager.run.status?.message,
        /container gateway of pod \S+ cannot start: it exits with code 1, gateway\.yaml: upstreams: Required\. /,
      );
    }
  },
);

void t.test("a long image pull without a warning is not a start problem", async (t) => {
  const manager = await withPod(container("ContainerCreating"));
  manager.cluster.time += 10 * stuckPodSeconds * 1000;
  const result = await manager.reconcile();
  t.equal(manager.run.status?.message, `Attempt 1 is starting in Job ${runName}-run-1.`);
  t.equal(result?.requeueAfter, 60_000);
});

void t.test("why a pod cannot be created is reported in the words of the Job's Event", async (t) => {
  for (const [note, reason, stalled] of [
    ["Error creating: pods is forbidden: exceeded quota: small", "QuotaExceeded", undefined],
    ['Error creating: pods "x" is forbidden: violates PodSecurity "restricted"', "PodNotCreated", undefined],
    [
      'Error creating: pods "x" is forbidden: error looking up service account a/b: serviceaccount "b" not found',
      "ServiceAccountMissing",
      "True",
    ],
  ] as const) {
    const cluster = new ModelCluster();
    cluster.create(TaskRuns, exampleRun());
    const manager = new Manager(cluster);
    await manager.reconcile();
    const job = cluster.all(Jobs)[0];
    if (job === undefined) throw new Error("no Job");
    warn(manager, { name: job.metadata.name, uid: job.metadata.uid }, note);
    cluster.time += 10_000;
    await manager.reconcile();
    t.match(manager.run.status, { reason, message: `has no pod yet: ${note}` });
    t.equal(findCondition(manager.run.status?.conditions, "Stalled")?.status, stalled);
    t.match(manager.events.at(-1), { type: "Warning", reason });
  }
});

void t.test("a missing StorageClass is stalled at once, and keeps waiting", async (t) => {
  const message = "unbound immediate PersistentVolumeClaims";
  const conditions = [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message }] as const;
  const manager = await withPod({ conditions: [...conditions] });
  const claim = manager.cluster.all(PersistentVolumeClaims)[0];
  if (claim === undefined) throw new Error("no claim");
  manager.cluster.change(PersistentVolumeClaims, claim.metadata.name, (each) => (each.status = { phase: "Pending" }));
  warn(manager, { name: claim.metadata.name, uid: claim.metadata.uid }, 'storageclass.storage.k8s.io "fast" not found');
  manager.cluster.time += 10_000;
  await manager.reconcile();
  t.match(findCondition(manager.run.status?.conditions, "Stalled"), { reason: "StorageClassMissing" });
  manager.cluster.time += 2 * stuckPodSeconds * 1000;
  await manager.reconcile();
  t.match(manager.run.status, { phase: "Running", reason: "StorageClassMissing" });
});

void t.test("a container that a node could not start ends the attempt, and the retry policy applies", async (t) => {
  const manager = await withPod(container("CreateContainerError", "context deadline exceeded"));
  manager.cluster.time += 10_000;
  await manager.reconcile();
  t.match(manager.run.status?.reason, "CreateContainerError");
  t.equal(findCondition(manager.run.status?.conditions, "Stalled"), undefined, "another node may do");
  manager.cluster.time += stuckPodSeconds * 1000;
  await manager.reconcile();
  await settle(manager);
  t.match(manager.run.status, { phase: "Pending", reason: "RetryBackOff", runs: [{ reason: "CreateContainerError" }] });
});

void t.test("a run says Starting until the agent's container runs", async (t) => {
  const cluster = new ModelCluster();
  cluster.create(TaskRuns, exampleRun());
  const manager = new Manager(cluster);
  await manager.reconcile();
  t.match(manager.run.status, { phase: "Running", reason: "Starting" });
  cluster.runJobController();
  await manager.reconcile();
  t.match(manager.run.status, {
    phase: "Running",
    reason: "Running",
    message: `Attempt 1 is running in Job ${runName}-run-1.`,
  });
  t.equal(cluster.writes.filter((write) => write === "patch taskruns/status").length, 2, "one write more");
});
