import { errorText } from "../../runtime/error-text.js";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { stringify } from "yaml";
import { busyboxImage, pauseImage } from "../images/busybox.js";
import type { Pki } from "../pki.js";
import { SYSTEM_PATH, childrenOf, identify, must, until, which } from "../process.js";
import type { ProcessIdentity } from "../process.js";
import type { NodeNetwork } from "../state.js";
import type { Supervision } from "../supervision.js";
import { containerdConfiguration, importImage } from "./containerd.js";
import { controlGroupOf, makeControlGroups } from "./control-groups.js";
import { initScript } from "./init-script.js";
import { SLIRP_RESOLVER, claimNetwork, connectNode, hasDefaultRoute, slirpCommand } from "./network.js";

/** Runs a command as the first process of new namespaces; it dies with its parent. */
const unshare = [
  "unshare",
  ...["--mount", "--net", "--uts", "--pid", "--fork", "--kill-child=KILL", "--mount-proc", "--"],
] as const;

export interface RealNodeOptions {
  readonly name: string;
  readonly id: string;
  readonly data: string;
  readonly binaries: ReadonlyMap<string, string>;
  /** Whether pods and image pulls reach everything that this machine reaches. */
  readonly internet: boolean;
  readonly progress: (line: string) => void;
}

/**
 * A real node in its own process, mount and network namespaces. Several nodes do not interfere, and the host's packet
 * filter and directories stay unchanged. When the first process of the namespaces ends, so does everything in them:
 * pods, shims, mounts, bridges, rules. Only control groups and the host's end of the link remain to be removed.
 */
export class RealNode {
  private constructor(
    private readonly options: RealNodeOptions,
    readonly network: NodeNetwork,
  ) {}

  /** Claims a network for the node. When this resolves, the host's end of the link has its address. */
  static async create(options: RealNodeOptions): Promise<RealNode> {
    return new RealNode(options, await claimNetwork());
  }

  /** Creates the namespaces and starts the container runtime in them, with the images that it needs. */
  async startRuntime(supervision: Supervision, save: (nodeProcess: ProcessIdentity) => void): Promise<void> {
    const { data, id, internet } = this.options;
    const directory = join(data, "node");
    mkdirSync(join(directory, "cni"), { recursive: true });
    makeControlGroups(controlGroupOf(id));
    this.#writeFiles(directory);

    const first = await this.#createNamespaces(supervision, directory);
    save(first);
    await connectNode(this.network, first.pid, internet);
    if (internet) await this.#connectInternet(supervision, first.pid);
    const ready = await until(
      10_000,
      () => {
        supervision.throwIfOneEnded();
        return existsSync(join(directory, "init-ready")) ? true : undefined;
      },
      10,
    );
    if (ready === undefined)
      throw new Error(
        `the node's namespaces were not set up within 10 s. Last log lines:\n${supervision.lastLines("node")}`,
      );
    await this.#startContainerd(supervision, directory, first.pid);
  }

  /** Starts the first process of the node's namespaces and returns its identity. */
  async #createNamespaces(supervision: Supervision, directory: string): Promise<ProcessIdentity> {
    const script = initScript({
      data: this.options.data,
      programs: dirname(this.#program("kubelet")),
      ready: join(directory, "init-ready"),
      name: this.options.name,
      ...(this.options.internet ? { resolvConf: join(directory, "resolv.conf") } : {}),
    });
    await supervision.start({ name: "node", argv: [...unshare, "/bin/sh", "-c", script] });
    const parent = supervision.states().find(({ name }) => name === "node")?.process;
    const first = await until(
      10_000,
      () => (parent === undefined ? undefined : identify(childrenOf(parent.pid)[0] ?? 0)),
      5,
    );
    supervision.throwIfOneEnded();
    if (first === undefined) throw new Error("the node's namespaces were not created within 10 s");
    return first;
  }

  async #connectInternet(supervision: Supervision, nodePid: number): Promise<void> {
    await supervision.start({ name: "slirp4netns", argv: slirpCommand(nodePid) });
    const isConnected = await until(10_000, async () => {
      supervision.throwIfOneEnded();
      return (await hasDefaultRoute(nodePid)) ? true : undefined;
    });
    if (isConnected === undefined)
      throw new Error(
        `the node got no default route within 10 s. Last log lines:\n${supervision.lastLines("slirp4netns")}`,
      );
  }

  async #startContainerd(supervision: Supervision, directory: string, nodePid: number): Promise<void> {
    await supervision.start({
      name: "containerd",
      inNode: true,
      argv: [this.#host("containerd"), "--config", join(directory, "containerd.toml")],
    });
    const [busybox, pause] = [join(directory, "busybox.tar"), join(directory, "pause.tar")];
    await Promise.all([busyboxImage(busybox), pauseImage(pause)]);
    const isListening = await until(
      30_000,
      async () => {
        supervision.throwIfOneEnded();
        return (await importImage(nodePid, pause)) === undefined ? true : undefined;
      },
      100,
    );
    if (isListening === undefined)
      throw new Error(
        `containerd accepts no images: ${(await importImage(nodePid, pause)) ?? ""}\nLast log lines:\n${supervision.lastLines("containerd")}`,
      );
    const failure = await importImage(nodePid, busybox);
    if (failure !== undefined) throw new Error(`the busybox image was not imported: ${failure}`);
  }

  /** Starts kubelet and kube-proxy. The API server must be ready. */
  async join(supervision: Supervision, pki: Pki, server: string): Promise<void> {
    const directory = join(this.options.data, "node");
    const programs = join(this.options.data, "programs");
    writeFileSync(join(directory, "kubelet.yaml"), stringify(this.#kubeletConfiguration(pki, directory)));
    await Promise.all([
      supervision.start({
        name: "kubelet",
        inNode: true,
        argv: [
          join(programs, "kubelet"),
          `--config=${join(directory, "kubelet.yaml")}`,
          `--kubeconfig=${join(pki.directory, "kubelet.kubeconfig")}`,
          `--hostname-override=${this.options.name}`,
          `--node-ip=${this.network.nodeAddress}`,
          "--root-dir=/var/lib/kubelet",
        ],
      }),
      supervision.start({
        name: "kube-proxy",
        inNode: true,
        argv: [
          join(programs, "kube-proxy"),
          `--kubeconfig=${join(pki.directory, "kube-proxy.kubeconfig")}`,
          `--master=${server}`,
          `--hostname-override=${this.options.name}`,
          "--proxy-mode=iptables",
          `--cluster-cidr=${this.network.podCidr}`,
          // The host's connection tracking limits must stay as they are.
          "--conntrack-max-per-core=0",
          "--conntrack-tcp-timeout-established=0",
          "--conntrack-tcp-timeout-close-wait=0",
          // The default of one second delays Services, and lets webhooks fail right after their pods are ready.
          "--iptables-min-sync-period=100ms",
        ],
      }),
    ]);
  }

  #writeFiles(directory: string): void {
    const { network } = this;
    const upstream = existsSync("/etc/resolv.conf") ? readFileSync("/etc/resolv.conf", "utf8") : "";
    // A resolver on the host's loopback is not reachable from a pod, which has its own loopback.
    const unwanted = this.options.internet ? /^nameserver\s/ : /^nameserver\s+(127\.|::1)/;
    const lines = upstream.split("\n").filter((line) => !unwanted.test(line));
    if (this.options.internet) lines.unshift(`nameserver ${SLIRP_RESOLVER}`);
    writeFileSync(join(directory, "resolv.conf"), lines.join("\n"));
    writeFileSync(
      join(directory, "cni", "10-bridge.conflist"),
      JSON.stringify({
        cniVersion: "0.4.0",
        name: "pods",
        plugins: [
          {
            type: "bridge",
            bridge: "cni0",
            isGateway: true,
            ipMasq: true,
            hairpinMode: true,
            ipam: {
              type: "host-local",
              ranges: [[{ subnet: network.podCidr, gateway: network.podGateway }]],
              routes: [{ dst: "0.0.0.0/0" }],
            },
          },
          { type: "portmap", capabilities: { portMappings: true } },
        ],
      }),
    );
    writeFileSync(
      join(directory, "containerd.toml"),
      containerdConfiguration(join(directory, "cni"), cniPlugins() ?? "/opt/cni/bin"),
    );
  }

  #kubeletConfiguration(pki: Pki, directory: string): object {
    return {
      apiVersion: "kubelet.config.k8s.io/v1beta1",
      kind: "KubeletConfiguration",
      authentication: {
        anonymous: { enabled: false },
        webhook: { enabled: true },
        x509: { clientCAFile: pki.clientCa },
      },
      authorization: { mode: "Webhook" },
      tlsCertFile: pki.certificate("kubelet-server"),
      tlsPrivateKeyFile: pki.key("kubelet-server"),
      cgroupDriver: "cgroupfs",
      cgroupRoot: `/${controlGroupOf(this.options.id)}`,
      failCgroupV1: false,
      failSwapOn: false,
      localStorageCapacityIsolation: false,
      // Lowering the score needs CAP_SYS_RESOURCE, which root in a container may lack.
      oomScoreAdj: 0,
      containerRuntimeEndpoint: "unix:///run/containerd/containerd.sock",
      resolvConf: join(directory, "resolv.conf"),
      clusterDomain: "cluster.local",
      maxPods: 200,
      // The disk is the developer's: no eviction when it is full, and loaded images cannot be pulled again.
      evictionHard: {
        "memory.available": "50Mi",
        "nodefs.available": "0%",
        "imagefs.available": "0%",
        "nodefs.inodesFree": "0%",
      },
      imageGCHighThresholdPercent: 100,
      imageGCLowThresholdPercent: 99,
      serializeImagePulls: false,
      // Short, so that pod phases appear quickly; the defaults suit thousands of nodes.
      syncFrequency: "10s",
      nodeStatusUpdateFrequency: "5s",
      fileCheckFrequency: "60s",
      shutdownGracePeriod: "0s",
      kubeAPIQPS: 100,
      kubeAPIBurst: 200,
      volumePluginDir: "/var/lib/kubelet/volume-plugins",
    };
  }

  #program(name: string): string {
    const file = this.options.binaries.get(name);
    if (file === undefined) throw new Error(`${name} was neither found nor built`);
    return file;
  }

  #host(name: string): string {
    const file = which(name, SYSTEM_PATH);
    if (file === undefined) throw new Error(`${name} is not installed`);
    return file;
  }
}

/** The directory of the CNI plugins, from the distribution or from the plugins' own release. */
export function cniPlugins(): string | undefined {
  return ["/usr/lib/cni", "/opt/cni/bin", "/usr/libexec/cni"].find((directory) =>
    existsSync(join(directory, "bridge")),
  );
}

/** Why this user cannot create the namespaces of a real node on this machine; undefined if it can. */
export async function whyNoRealNode(): Promise<string | undefined> {
  if (process.platform !== "linux") return `a real node needs Linux; this is ${process.platform}`;
  if (process.getuid?.() !== 0) return "a real node needs root (pods are real containers)";
  try {
    await must([...unshare, "true"], { env: { PATH: SYSTEM_PATH } });
    return undefined;
  } catch (error) {
    return `a real node needs namespaces, and root may not create them here (${errorText(error)})`;
  }
}
