/**
 * The supervisor of a cluster: the parent of all its processes. It is started detached, and reads what to start from
 * its standard input, which it also watches: until told to detach it ends with its starter. When it ends, in whatever
 * way, the kernel kills its children and the janitor removes what they leave.
 */
import { randomBytes } from "node:crypto";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { errorText } from "../runtime/error-text.js";
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
import { freePorts } from "./ports.js";
import { identify, self, until } from "./process.js";
import { LocalVolumes } from "./volumes.js";
import { claim, clusterDirectory, writeState } from "./state.js";
import type { ClusterState } from "./state.js";
import { Supervision } from "./supervision.js";
import { DETACH } from "./supervisor-protocol.js";
import type { StartRequest, SupervisorEvent } from "./supervisor-protocol.js";

const startedAt = Date.now();
const seconds = (): string => `${((Date.now() - startedAt) / 1000).toFixed(1)} s`;
const emit = (event: SupervisorEvent): void => void process.stdout.write(`${JSON.stringify(event)}\n`);
const progress = (line: string): void => emit({ progress: line });

process.stdout.on("error", () => undefined); // the starter has gone, as it may once we are detached
process.stderr.on("error", () => undefined);
for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, () => process.exit(0));

const input = createInterface({ input: process.stdin });
let detached = false;
let begun = false;
input.on("line", (line) => {
  if (line === DETACH) detached = true;
  else if (!begun) {
    begun = true;
    // A request is written by this program's own starter.
    supervise(JSON.parse(line) as StartRequest).catch((error: unknown) => {
      const text = errorText(error);
      // Not before the line is out: the starter has nothing else to show.
      process.stdout.write(`${JSON.stringify({ failed: text } satisfies SupervisorEvent)}\n`, () => process.exit(1));
    });
  }
});
input.on("close", () => {
  if (!detached) process.exit(0);
});

async function supervise(request: StartRequest): Promise<void> {
  const id = randomBytes(5).toString("hex");
  const directory = clusterDirectory(request.name);
  const data = join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), `ao-${request.name}-${id}`);
  let state: ClusterState = {
    version: 1,
    name: request.name,
    id,
    phase: "starting",
    node: request.node,
    createdAt: new Date().toISOString(),
    server: "",
    directory,
    data,
    kubectl: request.binaries.kubectl ?? "kubectl",
    supervisor: self(),
    components: [],
  };
  if (!claim(state)) {
    emit({ taken: true });
    process.exit(0);
  }
  const save = (change: Partial<ClusterState>): void => {
    state = { ...state, ...change };
    writeState(state);
  };

  mkdirSync(join(directory, "logs"), { mode: 0o700 });
  const keepJanitor = (): void => {
    const janitor = startJanitor(directory, id);
    const identity = janitor.pid === undefined ? undefined : identify(janitor.pid);
    if (identity !== undefined) save({ janitor: identity });
    janitor.once("exit", keepJanitor);
  };
  keepJanitor();
  mkdirSync(data, { mode: 0o700 });

  const supervision: Supervision = new Supervision({
    id,
    logs: join(directory, "logs"),
    nodePid: () => state.nodeProcess?.pid,
    onChange: () => save({ components: supervision.states() }),
  });

  const realNode =
    request.node === "real"
      ? await RealNode.create({
          name: request.name,
          id,
          data,
          binaries: new Map(Object.entries(request.binaries)),
          internet: request.internet,
          progress,
        })
      : undefined;
  if (realNode !== undefined) save({ network: realNode.network });
  const [etcdPort = 0, freePort = 0] = await freePorts(2);
  const layout: ControlPlaneLayout = {
    name: request.name,
    directory,
    data,
    address: realNode?.network.hostAddress ?? "127.0.0.1",
    apiPort: realNode === undefined ? freePort : API_PORT,
    etcdPort,
    nodeName: request.name,
    ...(realNode === undefined ? {} : { nodeAddress: realNode.network.nodeAddress }),
    audit: request.audit,
    apiServerFlags: request.apiServerFlags,
    binaries: new Map(Object.entries(request.binaries)),
  };
  save({ server: serverOf(layout) });
  const pki = await writeControlPlaneFiles(layout);

  progress("etcd and kube-apiserver start");
  await Promise.all([supervision.start(etcd(layout, pki)), supervision.start(kubeApiServer(layout, pki))]);
  // The node's runtime needs no API server, and takes its second while that one comes up.
  const nodeBegun = realNode?.begin(supervision, (nodeProcess) => save({ nodeProcess }));
  nodeBegun?.catch(() => undefined); // awaited below; until then a rejection must not be a crash

  const api = new AdminApi(state.server, { ca: pki.ca, certificate: pki.certificate("admin"), key: pki.key("admin") });
  const wait = async (what: string, limit: number, condition: () => Promise<boolean>): Promise<void> => {
    let tellAt = Date.now() + 10_000;
    const met = await until(limit, async () => {
      if (Date.now() >= tellAt) {
        tellAt = Date.now() + 10_000;
        progress(`waiting until ${what}: ${seconds()}`);
      }
      supervision.throwIfOneEnded();
      try {
        return (await condition()) ? true : undefined;
      } catch (error) {
        if (error instanceof ApiError || isUnreachable(error)) return undefined;
        throw error;
      }
    });
    if (met === undefined)
      throw new Error(
        `${what}: not within ${limit / 1000} s. kube-apiserver's last lines:\n${supervision.lastLines("kube-apiserver")}`,
      );
    progress(`${what} after ${seconds()}`);
  };
  const apiReady = async (): Promise<boolean> => (await api.call<string>("GET", "/readyz")) === "ok";
  await wait("the API server is ready", 90_000, apiReady);

  await Promise.all([
    request.controllerManager ? supervision.start(kubeControllerManager(layout, pki)) : undefined,
    request.scheduler ? supervision.start(kubeScheduler(layout, pki)) : undefined,
    nodeBegun?.then(() => realNode?.join(supervision, pki, state.server)),
    request.node === "simulated"
      ? simulatedNode(layout, request.kwokStages, api).then((kwok) => supervision.start(kwok))
      : undefined,
    request.controllerManager
      ? api.ensure("/apis/storage.k8s.io/v1/storageclasses", LocalVolumes.storageClass)
      : undefined,
  ]);
  if (request.controllerManager) {
    await wait("the default ServiceAccount is there", 60_000, async () => {
      await api.call("GET", "/api/v1/namespaces/default/serviceaccounts/default");
      return true;
    });
  }
  if (request.node !== "none") {
    const volumes = new LocalVolumes(api, join(data, "volumes"), request.name);
    void volumes.run(new AbortController().signal);
    await wait(`the ${request.node} node is ready`, 90_000, () => nodeReady(api, request.name));
  }

  await serveControl(data, async (control: ControlRequest) => {
    if ("start" in control) {
      const running = supervision.states().find(({ name, exit }) => name === control.start.name && exit === undefined);
      if (running !== undefined) throw new Error(`${control.start.name} runs already in this cluster`);
      return supervision.start(control.start);
    }
    if (control.restart === "node") throw new Error("the node's namespaces hold all its parts and are not restarted");
    await supervision.restart(control.restart);
    if (control.restart === "etcd" || control.restart === "kube-apiserver") {
      const ready = await until(60_000, () =>
        apiReady().then(
          (ok) => (ok ? true : undefined),
          () => undefined,
        ),
      );
      if (ready === undefined)
        throw new Error(
          `${control.restart} runs again, but the API server is not ready. Its last lines:\n${supervision.lastLines("kube-apiserver")}`,
        );
    }
  });
  if (request.kubeconfig !== undefined) {
    save({ exportedKubeconfig: request.kubeconfig });
    writeKubeconfig(request.kubeconfig, readFileSync(join(directory, "kubeconfig"), "utf8"));
  }
  save({ phase: "ready" });
  emit({ ready: state });
}

function startJanitor(directory: string, id: string): ReturnType<typeof spawn> {
  const log = openSync(join(directory, "logs", "janitor.log"), "a", 0o600);
  const janitor = spawn(process.execPath, [fileURLToPath(new URL("./janitor.js", import.meta.url)), directory], {
    detached: true, // a session of its own: a Ctrl-C or a killed process group must not reach it
    stdio: ["pipe", log, log],
    cwd: "/",
  });
  janitor.stdin?.on("error", () => undefined);
  janitor.stdin?.write(`${id}\n`);
  return janitor;
}

async function nodeReady(api: AdminApi, name: string): Promise<boolean> {
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
