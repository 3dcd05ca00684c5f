/** What the supervisor does: starts the parts of a cluster in order, and then serves requests to its components. */
import { randomBytes } from "node:crypto";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { AdminApi, ApiError } from "./api.js";
import {
  etcd,
  kubeApiServer,
  kubeControllerManager,
  kubeScheduler,
  serverOf,
  writeControlPlaneFiles,
} from "./control-plane.js";
import type { ControlPlaneLayout } from "./control-plane.js";
import { serveControl } from "./control.js";
import type { ControlRequest } from "./control.js";
import { writeKubeconfig } from "./kubeconfig.js";
import { API_PORT } from "./node/network.js";
import { RealNode } from "./node/real.js";
import { simulatedNode } from "./node/simulated.js";
import type { Pki } from "./pki.js";
import { freePorts } from "./ports.js";
import { identify, self, until } from "./process.js";
import { LocalVolumes } from "./volumes.js";
import { claim, clusterDirectory, writeState } from "./state.js";
import type { ClusterState } from "./state.js";
import { Supervision } from "./supervision.js";
import type { StartRequest, SupervisorEvent } from "./supervisor-protocol.js";

/**
 * Starts a cluster as children of this process and reports progress. Exits with 0 when the name is taken.
 *
 * @throws Error naming the component that failed, with its last log lines.
 */
export async function superviseCluster(request: StartRequest, emit: (event: SupervisorEvent) => void): Promise<void> {
  const record = ClusterRecord.claim(request);
  if (record === undefined) {
    emit({ taken: true });
    process.exit(0);
  }
  const progress = (line: string): void => emit({ progress: line });
  const { directory, data, id } = record.state;
  mkdirSync(join(directory, "logs"), { mode: 0o700 });
  keepJanitor(record);
  mkdirSync(data, { mode: 0o700 });

  const supervision: Supervision = new Supervision({
    id,
    logs: join(directory, "logs"),
    nodePid: () => record.state.nodeProcess?.pid,
    onChange: () => record.save({ components: supervision.states() }),
  });
  const node = await createNode(request, record, progress);
  const layout = await layOut(request, record, node);
  const pki = await writeControlPlaneFiles(layout);

  progress("starting etcd and kube-apiserver");
  await Promise.all([supervision.start(etcd(layout, pki)), supervision.start(kubeApiServer(layout, pki))]);
  // The container runtime does not need the API server, so that both start at the same time.
  const runtimeStarted = node?.startRuntime(supervision, (nodeProcess) => record.save({ nodeProcess }));
  runtimeStarted?.catch(() => undefined); // awaited below; a rejection before that must not crash the process

  const { server } = record.state;
  const api = new AdminApi(server, { ca: pki.ca, certificate: pki.certificate("admin"), key: pki.key("admin") });
  const wait = waiting(supervision, progress);
  await wait("the API server is ready", 90_000, () => isApiReady(api));

  await Promise.all([
    startControllers(request, layout, pki, api, supervision),
    runtimeStarted?.then(() => node?.join(supervision, pki, server)),
  ]);
  if (request.controllerManager) {
    await wait("the default ServiceAccount exists", 60_000, async () => {
      await api.call("GET", "/api/v1/namespaces/default/serviceaccounts/default");
      return true;
    });
  }
  if (request.node !== "none") {
    const volumes = new LocalVolumes(api, join(data, "volumes"), request.name);
    void volumes.run(new AbortController().signal);
    await wait(`the ${request.node} node is ready`, 90_000, () => isNodeReady(api, request.name));
  }
  await serveControl(data, (control) => handleControl(control, supervision, api));
  if (request.kubeconfig !== undefined) {
    record.save({ exportedKubeconfig: request.kubeconfig });
    writeKubeconfig(request.kubeconfig, readFileSync(join(directory, "kubeconfig"), "utf8"));
  }
  record.save({ phase: "ready" });
  emit({ ready: record.state });
}

/** The state of the cluster, in memory and in its file. */
class ClusterRecord {
  private constructor(private current: ClusterState) {}

  /** Claims the name of the request; undefined when it is taken. */
  static claim(request: StartRequest): ClusterRecord | undefined {
    const id = randomBytes(5).toString("hex");
    const state: ClusterState = {
      version: 1,
      name: request.name,
      id,
      phase: "starting",
      node: request.node,
      createdAt: new Date().toISOString(),
      server: "",
      directory: clusterDirectory(request.name),
      data: join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), `ao-${request.name}-${id}`),
      kubectl: request.binaries.kubectl ?? "kubectl",
      supervisor: self(),
      components: [],
    };
    return claim(state) ? new ClusterRecord(state) : undefined;
  }

  get state(): ClusterState {
    return this.current;
  }

  save(change: Partial<ClusterState>): void {
    this.current = { ...this.current, ...change };
    writeState(this.current);
  }
}

/** Starts the janitor, and another one whenever it exits. */
function keepJanitor(record: ClusterRecord): void {
  const { directory, id } = record.state;
  const log = openSync(join(directory, "logs", "janitor.log"), "a", 0o600);
  const janitor = spawn(process.execPath, [fileURLToPath(new URL("./janitor.js", import.meta.url)), directory], {
    detached: true, // in its own session: a Ctrl-C or a killed process group must not reach it
    stdio: ["pipe", log, log],
    cwd: "/",
  });
  janitor.stdin?.on("error", () => undefined);
  janitor.stdin?.write(`${id}\n`);
  const identity = janitor.pid === undefined ? undefined : identify(janitor.pid);
  if (identity !== undefined) record.save({ janitor: identity });
  janitor.once("exit", () => keepJanitor(record));
}

async function createNode(
  request: StartRequest,
  record: ClusterRecord,
  progress: (line: string) => void,
): Promise<RealNode | undefined> {
  if (request.node !== "real") return undefined;
  const node = await RealNode.create({
    name: request.name,
    id: record.state.id,
    data: record.state.data,
    binaries: new Map(Object.entries(request.binaries)),
    internet: request.internet,
    progress,
  });
  record.save({ network: node.network });
  return node;
}

/** Chooses the addresses and ports of the control plane. */
async function layOut(
  request: StartRequest,
  record: ClusterRecord,
  node: RealNode | undefined,
): Promise<ControlPlaneLayout> {
  const [etcdPort = 0, freePort = 0] = await freePorts(2);
  const layout: ControlPlaneLayout = {
    name: request.name,
    directory: record.state.directory,
    data: record.state.data,
    address: node?.network.hostAddress ?? "127.0.0.1",
    apiPort: node === undefined ? freePort : API_PORT,
    etcdPort,
    nodeName: request.name,
    ...(node === undefined ? {} : { nodeAddress: node.network.nodeAddress }),
    audit: request.audit,
    apiServerFlags: request.apiServerFlags,
    binaries: new Map(Object.entries(request.binaries)),
  };
  record.save({ server: serverOf(layout) });
  return layout;
}

async function startControllers(
  request: StartRequest,
  layout: ControlPlaneLayout,
  pki: Pki,
  api: AdminApi,
  supervision: Supervision,
): Promise<void> {
  await Promise.all([
    request.controllerManager ? supervision.start(kubeControllerManager(layout, pki)) : undefined,
    request.scheduler ? supervision.start(kubeScheduler(layout, pki)) : undefined,
    request.node === "simulated"
      ? simulatedNode(layout, request.kwokStages, api).then((kwok) => supervision.start(kwok))
      : undefined,
    request.controllerManager
      ? api.ensure("/apis/storage.k8s.io/v1/storageclasses", LocalVolumes.storageClass)
      : undefined,
  ]);
}

/** A function that polls a condition, reports progress every ten seconds, and fails when a component exits. */
function waiting(
  supervision: Supervision,
  progress: (line: string) => void,
): (what: string, timeout: number, condition: () => Promise<boolean>) => Promise<void> {
  const elapsed = (): string => `${process.uptime().toFixed(1)} s`;
  return async (what, timeout, condition) => {
    let reportAt = Date.now() + 10_000;
    const isMet = await until(timeout, async () => {
      if (Date.now() >= reportAt) {
        reportAt = Date.now() + 10_000;
        progress(`waiting until ${what}: ${elapsed()}`);
      }
      supervision.throwIfOneEnded();
      try {
        return (await condition()) ? true : undefined;
      } catch (error) {
        if (error instanceof ApiError || isUnreachable(error)) return undefined;
        throw error;
      }
    });
    if (isMet === undefined)
      throw new Error(
        `timed out after ${timeout / 1000} s waiting until ${what}. Last log lines of kube-apiserver:\n${supervision.lastLines("kube-apiserver")}`,
      );
    progress(`${what} after ${elapsed()}`);
  };
}

async function handleControl(control: ControlRequest, supervision: Supervision, api: AdminApi): Promise<void> {
  if ("start" in control) {
    const running = supervision.states().find(({ name, exit }) => name === control.start.name && exit === undefined);
    if (running !== undefined) throw new Error(`${control.start.name} is already running in this cluster`);
    return supervision.start(control.start);
  }
  if ("keepRunning" in control) {
    supervision.keepRunning(control.keepRunning);
    return;
  }
  if (control.restart === "node") throw new Error("the node's namespaces hold all its parts and cannot be restarted");
  await supervision.restart(control.restart);
  if (control.restart !== "etcd" && control.restart !== "kube-apiserver") return;
  const ready = await until(60_000, () =>
    isApiReady(api).then(
      (ok) => (ok ? true : undefined),
      () => undefined,
    ),
  );
  if (ready === undefined)
    throw new Error(
      `${control.restart} was restarted, but the API server is not ready. Last log lines of kube-apiserver:\n${supervision.lastLines("kube-apiserver")}`,
    );
}

async function isApiReady(api: AdminApi): Promise<boolean> {
  return (await api.call<string>("GET", "/readyz")) === "ok";
}

async function isNodeReady(api: AdminApi, name: string): Promise<boolean> {
  const node = await api.call<{ status?: { conditions?: { type: string; status: string }[] } }>(
    "GET",
    `/api/v1/nodes/${name}`,
  );
  return node.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;
}

function isUnreachable(error: unknown): boolean {
  return (
    error instanceof Error &&
    "code" in error &&
    typeof error.code === "string" &&
    /^(E[A-Z]+|UND_ERR_[A-Z_]+)$/.test(error.code)
  );
}
