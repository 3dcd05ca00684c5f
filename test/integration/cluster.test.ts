import { spawnSync, type SpawnSyncReturns } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { Agent, request } from "undici";
import {
  ClusterRunningError,
  DEMO_AGENT_IMAGE,
  findCluster,
  listClusters,
  startCluster,
  startOperator,
  stopCluster,
} from "#src/cluster/index.js";
import type { ClusterState } from "#src/cluster/index.js";
import { isAlive, signal } from "#src/cluster/process.js";
import { orchestratorProgram } from "#src/cluster/program.js";
import { clusterDirectory, readState, type ComponentState } from "#src/cluster/state.js";
import { packageRoot } from "#src/version.js";
import { eventually } from "../eventually.js";
import { clusterName, kubectl, leftovers, scratch, startElsewhere, testCluster } from "../cluster/local-cluster.js";

/** `orchestrator cluster …`, as a user calls it. */
const clusterCommand = (...args: string[]): SpawnSyncReturns<string> =>
  spawnSync(process.execPath, [orchestratorProgram(), "cluster", ...args], { encoding: "utf8" });

const nothingLeft = (state: ClusterState): Promise<true> =>
  eventually(
    `nothing is left of ${state.name}: ${leftovers(state).join(", ")}`,
    () => (leftovers(state).length === 0 ? true : undefined),
    20_000,
  );

void t.test("a cluster without a node", async (t) => {
  const kubeconfig = join(scratch(t), "kubeconfig");
  const cluster = await testCluster(t, { node: "none", kubeconfig });

  await t.test("serves the API with RBAC on, and its controllers work", async (t) => {
    await kubectl(cluster, "create", "namespace", "somewhere");
    await eventually("the namespace's ServiceAccount", () =>
      kubectl(cluster, "get", "serviceaccount", "default", "--namespace=somewhere").catch(() => undefined),
    );
    t.match(await kubectl(cluster, "get", "storageclass", "--output=name"), /standard/);
    const file = join(scratch(t), "kubeconfig");
    await cluster.serviceAccountKubeconfig("somewhere", "default", file);
    await t.rejects(
      kubectl({ ...cluster, kubeconfig: file }, "get", "pods"),
      /pods is forbidden: User "system:serviceaccount:somewhere:default"/,
    );
  });

  await t.test("is found by its name, and a second start reports that it is running", async (t) => {
    t.equal((await findCluster(cluster.name))?.server, cluster.server);
    t.ok((await listClusters()).some(({ name }) => name === cluster.name));
    await t.rejects(startCluster({ name: cluster.name, node: "none" }), ClusterRunningError);
    await t.rejects(startCluster({ name: cluster.name, node: "none" }), {
      message: new RegExp(`is already running: none node, ${cluster.server}`),
    });
  });

  await t.test("trusts each authority in one place alone", async (t) => {
    const file = (name: string): string => readFileSync(join(cluster.directory, "pki", name), "utf8");
    const post = async (user: string, ca: string, url: string, headers = {}): Promise<[number, unknown]> => {
      const dispatcher = new Agent({ connect: { ca: file(ca), cert: file(`${user}.crt`), key: file(`${user}.key`) } });
      try {
        const options = { method: "POST", dispatcher, headers: { "content-type": "application/json", ...headers } };
        const { statusCode, body } = await request(url, { ...options, body: "{}" });
        return [statusCode, await body.json().catch(() => undefined)];
      } finally {
        await dispatcher.destroy();
      }
    };
    const whoAmI = `${cluster.server}/apis/authentication.k8s.io/v1/selfsubjectreviews`;
    const usernameOf = async (user: string): Promise<string | number> => {
      const headers = { "x-remote-user": "somebody" };
      const [code, review] = await post(user, "ca.crt", whoAmI, headers);
      const { status } = (review ?? {}) as { status?: { userInfo?: { username?: string } } };
      return status?.userInfo?.username ?? code;
    };
    t.equal(await usernameOf("admin"), "kubernetes-admin");
    t.equal(await usernameOf("front-proxy"), "somebody");
    t.equal(await usernameOf("etcd-client"), 401);
    t.equal(await usernameOf("kubelet-server"), 401);
    const { port = 0 } = cluster.state().components.find(({ name }) => name === "etcd") ?? {};
    const version = `https://127.0.0.1:${port}/v3/maintenance/status`;
    t.equal((await post("etcd-client", "etcd-ca.crt", version))[0], 200);
    for (const user of ["admin", "kubelet", "front-proxy", "kube-apiserver"])
      await t.rejects(post(user, "etcd-ca.crt", version), /other side closed|alert|socket/i, user);
    await t.rejects(post("etcd-client", "ca.crt", version), /certificate/i);
  });

  await t.test("writes an audit log of metadata", async (t) => {
    const line = await eventually("the namespace is in the audit log", () =>
      readFileSync(cluster.auditLog, "utf8")
        .split("\n")
        .find((entry) => entry.includes('"verb":"create"') && entry.includes("somewhere")),
    );
    const event = JSON.parse(line) as { level: string; requestObject?: unknown };
    t.equal(event.level, "Metadata");
    t.equal(event.requestObject, undefined);
  });

  await t.test("keeps its address and its objects when the API server and etcd are restarted", async (t) => {
    const before = cluster.state().components.find(({ name }) => name === "kube-apiserver")?.process;
    await cluster.restartComponent("kube-apiserver");
    t.not(cluster.state().components.find(({ name }) => name === "kube-apiserver")?.process?.pid, before?.pid);
    t.match(await kubectl(cluster, "get", "namespace", "somewhere", "--output=name"), "namespace/somewhere");
    await cluster.restartComponent("etcd");
    t.match(await kubectl(cluster, "get", "namespace", "somewhere", "--output=name"), "namespace/somewhere");
    await t.rejects(cluster.restartComponent("kubelet"), /has no component kubelet/);
  });

  await t.test("leaves a killed component down until it is restarted", async (t) => {
    await cluster.signalComponent("kube-controller-manager", "SIGKILL");
    const exit = await eventually(
      "its end is known",
      () => cluster.state().components.find(({ name }) => name === "kube-controller-manager")?.exit,
    );
    t.equal(exit, "killed by SIGKILL");
    await t.rejects(cluster.signalComponent("kube-controller-manager", "SIGKILL"), /is not running/);
    await cluster.restartComponent("kube-controller-manager");
    t.equal(cluster.state().components.find(({ name }) => name === "kube-controller-manager")?.exit, undefined);
  });

  await t.test("also restarts a stopped component", async (t) => {
    await cluster.signalComponent("etcd", "SIGSTOP");
    await cluster.restartComponent("etcd");
    t.match(await kubectl(cluster, "get", "namespace", "somewhere", "--output=name"), "namespace/somewhere");
  });

  await t.test("runs beside another one, and leaves nothing behind when it is stopped", async (t) => {
    const other = await testCluster(t, { node: "none", components: { controllerManager: false } });
    t.not(other.server, cluster.server);
    const state = cluster.state();
    t.ok(existsSync(kubeconfig));
    await cluster.stop();
    t.same(leftovers(state), []);
    t.equal(existsSync(kubeconfig), false, "the exported kubeconfig goes with it");
    t.match(await kubectl(other, "get", "--raw", "/readyz"), "ok");
    t.equal(await stopCluster(state.name), false);
    await cluster.stop();
  });
});

void t.test("a kubeconfig that is not ours is not overwritten", async (t) => {
  const file = join(scratch(t), "config");
  writeFileSync(file, "apiVersion: v1\nkind: Config\n");
  await t.rejects(
    startCluster({ name: clusterName(), node: "none", kubeconfig: file }),
    /is not a local cluster's kubeconfig/,
  );
  t.equal(readFileSync(file, "utf8"), "apiVersion: v1\nkind: Config\n");
});

void t.test("a killed starter takes its cluster with it", async (t) => {
  const starter = startElsewhere(t, { name: clusterName(), node: "none" });
  const state = await starter.ready;
  starter.child.kill("SIGKILL");
  await nothingLeft(state);
  t.equal(isAlive(state.supervisor), false);
});

void t.test("a starter that is killed during the start leaves nothing behind", async (t) => {
  const name = clusterName();
  const starter = startElsewhere(t, { name, node: "none", detached: true });
  const state = await eventually("etcd runs", () => {
    const now = readState(clusterDirectory(name));
    return now?.components.some((component) => component.process !== undefined) === true ? now : undefined;
  });
  starter.child.kill("SIGKILL");
  await nothingLeft(state);
  t.equal(isAlive(state.supervisor), false);
});

void t.test("an interrupted start leaves nothing behind", async (t) => {
  const name = clusterName();
  const interrupt = new AbortController();
  const start = startCluster({ name, node: "none", signal: interrupt.signal, detached: true });
  const state = await eventually("etcd runs", () => {
    const now = readState(clusterDirectory(name));
    return now?.components.some((component) => component.process !== undefined) === true ? now : undefined;
  });
  interrupt.abort(new Error("enough"));
  await t.rejects(start, /enough/);
  t.same(leftovers(state), []);
});

void t.test("a failed start reports the reason with the component's output, and leaves nothing behind", async (t) => {
  const name = clusterName();
  await t.rejects(
    startCluster({ name, node: "none", apiServerFlags: ["--no-such-flag"] }),
    /kube-apiserver exited[^]*unknown flag: --no-such-flag/,
  );
  t.equal(existsSync(clusterDirectory(name)), false);
});

void t.test("a detached cluster outlives its starter, and a killed supervisor leaves nothing behind", async (t) => {
  const starter = startElsewhere(t, { name: clusterName(), node: "none", detached: true });
  const state = await starter.ready;
  t.teardown(() => stopCluster(state.name));
  starter.child.kill("SIGKILL");
  await eventually("the starter is gone", () => (starter.child.signalCode === null ? undefined : true));
  const found = await findCluster(state.name);
  t.equal(found?.state().id, state.id);
  signal(state.supervisor, "SIGKILL");
  await nothingLeft(state);
  t.equal(await findCluster(state.name), undefined);
});

void t.test("even without supervisor and janitor the next start cleans up", async (t) => {
  const cluster = await testCluster(t, { node: "none" });
  const state = cluster.state();
  t.ok(state.janitor);
  // The supervisor is stopped first, or it would start another janitor.
  signal(state.supervisor, "SIGSTOP");
  if (state.janitor !== undefined) signal(state.janitor, "SIGKILL");
  signal(state.supervisor, "SIGKILL");
  await eventually("the supervisor is gone", () => (isAlive(state.supervisor) ? undefined : true));
  t.equal(await findCluster(state.name), undefined);
  t.same(leftovers(state), []);
});

void t.test("a killed janitor is replaced", async (t) => {
  const cluster = await testCluster(t, { node: "none" });
  const { janitor } = cluster.state();
  if (janitor !== undefined) signal(janitor, "SIGKILL");
  const next = await eventually("another janitor", () => {
    const now = cluster.state().janitor;
    return now === undefined || now.pid === janitor?.pid ? undefined : now;
  });
  t.ok(isAlive(next));
});

void t.test("of two simultaneous starts with the same name, one succeeds and the other reports it", async (t) => {
  const name = clusterName();
  const results = await Promise.allSettled([
    startCluster({ name, node: "none" }),
    startCluster({ name, node: "none" }),
  ]);
  t.teardown(() => stopCluster(name));
  t.equal(results.filter(({ status }) => status === "fulfilled").length, 1);
  const refused = results.find((result) => result.status === "rejected");
  t.type(refused?.reason, ClusterRunningError);
});

void t.test("a simulated node lets a Job complete", async (t) => {
  const cluster = await testCluster(t, { node: "simulated" });
  await kubectl(cluster, "create", "job", "hello", "--image=anything");
  await kubectl(cluster, "wait", "--for=condition=complete", "job/hello", "--timeout=30s");
  t.match(await kubectl(cluster, "get", "pods", "--output=jsonpath={.items[0].status.phase}"), "Succeeded");
});

void t.test("the operator of this checkout runs beside a cluster, and the API server calls its webhooks", async (t) => {
  const cluster = await testCluster(t, { node: "none" });
  const operator = await startOperator(cluster, { progress: (line) => t.comment(line) });
  const metrics = await fetch(`${operator.url}/metrics`);
  t.match(await metrics.text(), /controller_runtime_/);

  const taskRun = JSON.stringify({
    apiVersion: "orchestrator.io/v1",
    kind: "TaskRun",
    metadata: { name: "asked", namespace: "default" },
    spec: {},
  });
  const file = join(scratch(t), "taskrun.json");
  writeFileSync(file, taskRun);
  const create = (): Promise<string> => kubectl(cluster, "create", "--dry-run=server", "-f", file);
  const refused = await create().then(
    () => "",
    (error: unknown) => String(error),
  );
  t.notMatch(refused, "failed calling webhook");
  await t.rejects(startOperator(cluster), /operator is already running in cluster/);
  await cluster.signalComponent("operator", "SIGKILL");
  await t.rejects(create(), /failed calling webhook/, "without it nothing is let through");

  const up = (...args: string[]): SpawnSyncReturns<string> => clusterCommand("up", "--name", cluster.name, ...args);
  const again = up("--operator");
  t.equal(again.status, 0, again.stderr);
  t.match(again.stdout, /is already running; started the operator[^]* operator +\d+ +\d+ +running/);
  t.match(await create().catch(String), /spec\.taskId: Required value/, "it answers when the command returns");
  t.match(up("--operator").stdout, /is already running\.\n/, "and a third time there is nothing to do");
  const sample = join(packageRoot, "config/samples/taskrun-auth-service.yaml");
  const image = ["--dry-run=server", "-f", sample, "-o", "jsonpath={.spec.image}"];
  t.equal(await kubectl(cluster, "create", ...image), DEMO_AGENT_IMAGE, "TaskRuns get the demo agent");

  const operatorState = (): ComponentState | undefined =>
    cluster.state().components.find(({ name }) => name === "operator");
  const killed = operatorState()?.process?.pid;
  await cluster.signalComponent("operator", "SIGKILL");
  await eventually("the operator is restarted", () => {
    const now = operatorState();
    return now?.exit === undefined && now?.process !== undefined && now.process.pid !== killed ? true : undefined;
  });
  const { stdout } = clusterCommand("status", "--name", cluster.name);
  t.match(stdout, /operator +\d+ +\d+ +running, restarted once \(last: killed by SIGKILL\)/);
  await eventually("it answers again", () =>
    create().then(
      () => undefined,
      (error: unknown) => (String(error).includes("spec.taskId") ? true : undefined),
    ),
  );
  await cluster.restartComponent("operator");
  t.equal(operatorState()?.restarts, 1, "a restart on request does not count");
  const load = clusterCommand("load-image", "demo-agent", "--name", cluster.name);
  t.equal(load.status, 1);
  t.match(load.stderr, /node of cluster \S+ is none and runs no containers/);
  for (const [args, said] of [
    [["--node", "real"], /its node is none, not real: remove it first with: orchestrator cluster down --name/],
    [["--internet"], /is already running, without internet access: remove it first with/],
    [["--kubeconfig", "kubeconfig"], /--kubeconfig only applies at its start: cp \/.*\/kubeconfig kubeconfig/],
    [["--operator=pods"], /an operator is already running beside cluster/],
  ] as const) {
    const { status, stderr } = up(...args);
    t.equal(status, 1, args.join(" "));
    t.match(stderr, said);
  }
});

void t.test("every command reports an invalid cluster name as a usage error", (t) => {
  for (const command of ["up", "status", "down"]) {
    const { status, stderr } = clusterCommand(command, "--name", "My Cluster");
    t.equal(status, 2, command);
    t.match(stderr, /"My Cluster" is not a valid cluster name: at most 40/);
  }
  t.end();
});
