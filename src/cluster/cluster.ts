import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { AdminApi } from "./api.js";
import { resolveBinaries } from "./binaries/resolve.js";
import { kubernetesPrograms, nodePrograms } from "./binaries/versions.js";
import type { Program } from "./binaries/versions.js";
import { cleanUp } from "./cleanup.js";
import { auditLog } from "./control-plane.js";
import { requestSupervisor } from "./control.js";
import { isOurs, kubeconfig, writeKubeconfig } from "./kubeconfig.js";
import { importImage } from "./node/containerd.js";
import { canInstall, installPackages, missingPackages } from "./node/packages.js";
import { whyNoRealNode } from "./node/real.js";
import { ClusterRunningError } from "./options.js";
import type { Cluster, ClusterOptions } from "./options.js";
import { pkiAt } from "./pki.js";
import { isAlive, signal, until } from "./process.js";
import { clusterDirectories, clusterDirectory, readState } from "./state.js";
import type { ClusterState, NodeMode } from "./state.js";
import { DETACH } from "./supervisor-protocol.js";
import type { StartRequest, SupervisorEvent } from "./supervisor-protocol.js";

const quiet = (): void => undefined;

/**
 * Starts a cluster and resolves when it is ready: the API server, the default ServiceAccount, the node.
 *
 * @throws {ClusterRunningError} when a cluster of that name is running or starting.
 * @throws {Error} when the start fails; nothing is left of it then.
 */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const name = options.name ?? "local";
  const progress = options.progress ?? quiet;
  const running = await aliveState(clusterDirectory(name));
  if (running !== undefined) throw new ClusterRunningError(running);
  const exported = options.kubeconfig === undefined ? undefined : resolve(options.kubeconfig);
  if (exported !== undefined && existsSync(exported) && !isOurs(exported) && options.overwriteKubeconfig !== true) {
    throw new Error(
      `${exported} already exists and is not a local cluster's kubeconfig: choose another file, or replace it with --force`,
    );
  }

  const node = await chooseNode(options, progress);
  const controllerManager = options.components?.controllerManager ?? true;
  const scheduler = options.components?.scheduler ?? node !== "none";
  const needed: Program[] = kubernetesPrograms.filter(
    (program) =>
      (program !== "kube-controller-manager" || controllerManager) && (program !== "kube-scheduler" || scheduler),
  );
  if (node === "real") needed.push(...nodePrograms);
  if (node === "simulated") needed.push("kwok");
  const binaries = await resolveBinaries(needed, {
    progress,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  options.signal?.throwIfAborted();

  const state = await supervise(
    {
      name,
      node,
      internet: options.internet === true,
      controllerManager,
      scheduler,
      audit: options.audit ?? true,
      apiServerFlags: options.apiServerFlags ?? [],
      binaries: binaries.programs,
      kwokStages: binaries.kwokStages,
      ...(exported === undefined ? {} : { kubeconfig: exported }),
    },
    options,
    progress,
  );
  return handle(state);
}

/** The running cluster of that name, if there is one. Removes what a crashed one left. */
export async function findCluster(name: string): Promise<Cluster | undefined> {
  const state = await aliveState(clusterDirectory(name));
  return state?.phase === "ready" ? handle(state) : undefined;
}

/** Stops the cluster of that name and resolves when everything of it is removed; false when there was none. */
export async function stopCluster(name: string): Promise<boolean> {
  const state = readState(clusterDirectory(name));
  if (state === undefined) return false;
  await stop(state);
  return true;
}

/** The clusters of this user, running or starting. */
export async function listClusters(): Promise<ClusterState[]> {
  const states = await Promise.all(clusterDirectories().map(aliveState));
  return states.filter((state) => state !== undefined).sort((a, b) => a.name.localeCompare(b.name));
}

/** The state of a cluster whose supervisor is running; removes what is left of any other. */
async function aliveState(directory: string): Promise<ClusterState | undefined> {
  const state = readState(directory);
  if (state === undefined) return undefined;
  if (isAlive(state.supervisor)) return state;
  await finishRemoval(state);
  return undefined;
}

async function stop(state: ClusterState): Promise<void> {
  signal(state.supervisor, "SIGTERM");
  const ended = await until(5_000, () => (isAlive(state.supervisor) ? undefined : true), 20);
  if (ended === undefined) signal(state.supervisor, "SIGKILL");
  await finishRemoval(state);
}

/** Waits for the janitor of a supervisor that has exited, and does its work if the janitor cannot. */
async function finishRemoval(state: ClusterState): Promise<void> {
  const isRemoved = (): boolean => readState(state.directory)?.id !== state.id;
  const { janitor } = state;
  await until(30_000, () => (isRemoved() || janitor === undefined || !isAlive(janitor) ? true : undefined), 20);
  if (!isRemoved()) await cleanUp(state);
}

async function chooseNode(options: ClusterOptions, progress: (line: string) => void): Promise<NodeMode> {
  const wanted = options.node ?? "auto";
  const internet = options.internet === true;
  if (wanted !== "real" && wanted !== "auto") {
    if (internet) throw new Error(`--internet needs --node real: no pods run with --node ${wanted}`);
    return wanted;
  }
  const instead = (reason: string): NodeMode => {
    if (internet) throw new Error(`--internet needs a real node, but ${reason}`);
    if (wanted === "real") throw new Error(`${reason}. Use --node simulated or --node none`);
    progress(`using a simulated node: ${reason}`);
    return "simulated";
  };
  const obstacle = await whyNoRealNode();
  if (obstacle !== undefined) return instead(obstacle);
  const packages = missingPackages({ internet });
  if (packages.length > 0) {
    if (options.installPackages === false || !canInstall())
      return instead(`a real node needs packages that are not installed: ${packages.join(", ")}`);
    await installPackages(packages, progress, options.signal);
    const still = missingPackages({ internet });
    if (still.length > 0)
      return instead(
        `these packages were installed, but programs of theirs that a real node needs are missing: ${still.join(", ")}`,
      );
  }
  return "real";
}

/** Starts the supervisor and resolves with the cluster's state when the cluster is ready. */
async function supervise(
  request: StartRequest,
  options: ClusterOptions,
  progress: (line: string) => void,
): Promise<ClusterState> {
  const supervisor = spawn(process.execPath, [fileURLToPath(new URL("./supervisor.js", import.meta.url))], {
    detached: true, // in its own session: a Ctrl-C in the terminal reaches only the starter, and the supervisor notices
    stdio: ["pipe", "pipe", "pipe"],
    cwd: "/",
  });
  let stderr = "";
  supervisor.stderr.on("data", (chunk: Buffer) => (stderr = (stderr + chunk.toString()).slice(-4_000)));
  supervisor.stdin.on("error", quiet); // the supervisor's exit is what counts
  const timeout = options.timeout ?? 180_000;
  const expiry = new AbortController();
  const timer = setTimeout(
    () => expiry.abort(new Error(`cluster ${request.name} was not ready within ${timeout / 1000} s`)),
    timeout,
  );
  const aborted = options.signal === undefined ? expiry.signal : AbortSignal.any([options.signal, expiry.signal]);
  try {
    return await new Promise<ClusterState>((resolve, reject) => {
      let failed = false;
      const fail = (error: Error): void => {
        if (failed) return; // the first error is the cause; the supervisor's exit is its consequence
        failed = true;
        supervisor.stdin.end(); // the supervisor exits, and the janitor removes what is left
        removeAfterFailure(request.name, supervisor.pid).then(() => reject(error), reject);
      };
      const onAbort = (): void => fail(aborted.reason instanceof Error ? aborted.reason : new Error("start aborted"));
      aborted.addEventListener("abort", onAbort, { once: true });
      supervisor.once("error", fail);
      supervisor.once("close", (code) =>
        fail(new Error(`the cluster's supervisor exited (exit code ${code ?? 0})\n${stderr}`)),
      );
      createInterface({ input: supervisor.stdout }).on("line", (line) => {
        const event = JSON.parse(line) as SupervisorEvent;
        if ("progress" in event) progress(event.progress);
        else if ("failed" in event) fail(new Error(event.failed));
        else if ("taken" in event) fail(nameTaken(request.name));
        else {
          if (options.detached === true) supervisor.stdin.write(`${DETACH}\n`);
          release(supervisor);
          resolve(event.ready);
        }
      });
      supervisor.stdin.write(`${JSON.stringify(request)}\n`);
    });
  } finally {
    clearTimeout(timer);
  }
}

/** Removes what a failed start left, unless another supervisor holds the name. */
async function removeAfterFailure(name: string, pid: number | undefined): Promise<void> {
  const left = pid === undefined ? undefined : readState(clusterDirectory(name));
  if (left !== undefined && left.supervisor.pid === pid) await stop(left);
}

function nameTaken(name: string): Error {
  const other = readState(clusterDirectory(name));
  return other === undefined
    ? new Error(`cluster ${name} was being removed at the same time: try again`)
    : new ClusterRunningError(other);
}

/** Lets this process exit while the supervisor runs. The pipe stays open until then, which is what the supervisor observes. */
function release(supervisor: ChildProcess): void {
  supervisor.removeAllListeners("close");
  supervisor.unref();
  for (const stream of [supervisor.stdin, supervisor.stdout, supervisor.stderr]) {
    if (stream !== null && "unref" in stream && typeof stream.unref === "function") (stream.unref as () => void)();
  }
}

function handle(initial: ClusterState): Cluster {
  const { name, node, server, directory, data, kubectl, network } = initial;
  const pki = pkiAt(join(directory, "pki"));
  const state = (): ClusterState => {
    const now = readState(directory);
    if (now?.id !== initial.id) throw new Error(`cluster ${name} is no longer running`);
    return now;
  };
  return {
    name,
    node,
    server,
    directory,
    kubectl,
    kubeconfig: join(directory, "kubeconfig"),
    auditLog: auditLog(directory),
    caFile: pki.ca,
    clientCertFile: pki.certificate("admin"),
    clientKeyFile: pki.key("admin"),
    hostAddress: "127.0.0.1",
    hostAddressForPods: network?.hostAddress,
    state,
    async loadImage(archive) {
      const { nodeProcess } = state();
      if (nodeProcess === undefined) return;
      const failure = await importImage(nodeProcess.pid, archive);
      if (failure !== undefined) throw new Error(`could not load the image in ${archive}: ${failure}`);
    },
    async serviceAccountKubeconfig(namespace, serviceAccount, file) {
      const api = new AdminApi(server, { ca: pki.ca, certificate: pki.certificate("admin"), key: pki.key("admin") });
      try {
        const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${serviceAccount}/token`;
        const { status } = await api.call<{ status: { token: string } }>("POST", path, {
          apiVersion: "authentication.k8s.io/v1",
          kind: "TokenRequest",
          spec: { expirationSeconds: 31_536_000 },
        });
        writeKubeconfig(
          file,
          kubeconfig({ cluster: name, server, caFile: pki.ca, credentials: { token: status.token }, namespace }),
        );
      } finally {
        await api.close();
      }
    },
    // eslint-disable-next-line @typescript-eslint/require-await -- a wrong name must reject, not throw
    async signalComponent(component, signalName) {
      const found = state().components.find((one) => one.name === component);
      if (found?.process === undefined) throw new Error(`cluster ${name} has no component ${component}`);
      if (!signal(found.process, signalName)) throw new Error(`${component} of cluster ${name} is not running`);
    },
    startComponent: (component) => requestSupervisor(data, { start: component }),
    keepComponentRunning: (component) => requestSupervisor(data, { keepRunning: component }),
    restartComponent: (component) => requestSupervisor(data, { restart: component }),
    async stop() {
      if (readState(directory)?.id === initial.id) await stop(state());
    },
  };
}
