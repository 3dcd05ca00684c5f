import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { stringify } from "yaml";
import { errorText } from "../../runtime/error-text.js";
import { controlGroupOf } from "../cleanup.js";
import { busyboxImage, pauseImage, PAUSE_IMAGE } from "../images/busybox.js";
import type { Pki } from "../pki.js";
import { SYSTEM_PATH, childrenOf, identify, must, until, which } from "../process.js";
import type { ProcessIdentity } from "../process.js";
import type { NodeNetwork } from "../state.js";
import type { Supervision } from "../supervision.js";
import { importImage } from "./containerd.js";
import { OUTWARD_RESOLVER, claimNetwork, connectNode, hasDefaultRoute, outwards } from "./network.js";

export interface RealNodeOptions {
  readonly name: string;
  readonly id: string;
  readonly data: string;
  readonly binaries: ReadonlyMap<string, string>;
  /** Pods, and pulls of images, reach what this machine reaches. */
  readonly internet: boolean;
  readonly progress: (line: string) => void;
}

/**
 * A real node in namespaces of its own: process, mount and network. Several of them don't meet, the host's packet
 * filter and directories stay untouched, and with the namespaces' first process everything of the node is gone:
 * pods, shims, mounts, bridges, rules. Only its control groups and the host's end of its link are left to remove.
 */
export class RealNode {
  private constructor(
    private readonly options: RealNodeOptions,
    readonly network: NodeNetwork,
  ) {}

  /** Takes a network for the node: its host end has its address when this resolves. */
  static async create(options: RealNodeOptions): Promise<RealNode> {
    return new RealNode(options, await claimNetwork());
  }

  /** Makes the namespaces and starts the container runtime in them, with the images it needs. */
  async begin(supervision: Supervision, save: (nodeProcess: ProcessIdentity) => void): Promise<void> {
    const { data, id } = this.options;
    const directory = join(data, "node");
    mkdirSync(join(directory, "cni"), { recursive: true });
    makeControlGroups(controlGroupOf(id));
    this.#writeFiles(directory);

    const script = initScript({
      data,
      programs: dirname(this.#program("kubelet")),
      ready: join(directory, "init-ready"),
      name: this.options.name,
      ...(this.options.internet ? { resolvers: join(directory, "resolv.conf") } : {}),
    });
    await supervision.start({
      name: "node",
      argv: [
        "unshare",
        "--mount",
        "--net",
        "--uts",
        "--pid",
        "--fork",
        "--kill-child=KILL",
        "--mount-proc",
        "--",
        "/bin/sh",
        "-c",
        script,
      ],
    });
    const unshare = supervision.states().find(({ name }) => name === "node")?.process;
    const first = await until(
      10_000,
      () => (unshare === undefined ? undefined : identify(childrenOf(unshare.pid)[0] ?? 0)),
      5,
    );
    supervision.throwIfOneEnded();
    if (first === undefined) throw new Error("the node's namespaces were not made within 10 s");
    save(first);
    await connectNode(this.network, first.pid, this.options.internet);
    if (this.options.internet) {
      await supervision.start({ name: "slirp4netns", argv: outwards(first.pid) });
      const isOpen = await until(10_000, async () => {
        supervision.throwIfOneEnded();
        return (await hasDefaultRoute(first.pid)) ? true : undefined;
      });
      if (isOpen === undefined)
        throw new Error(`the node got no way to elsewhere within 10 s:\n${supervision.lastLines("slirp4netns")}`);
    }
    const ready = await until(
      10_000,
      () => {
        supervision.throwIfOneEnded();
        return existsSync(join(directory, "init-ready")) ? true : undefined;
      },
      10,
    );
    if (ready === undefined)
      throw new Error(`the node's namespaces were not set up within 10 s:\n${supervision.lastLines("node")}`);

    await supervision.start({
      name: "containerd",
      inNode: true,
      argv: [this.#host("containerd"), "--config", join(directory, "containerd.toml")],
    });
    const [busybox, pause] = [join(directory, "busybox.tar"), join(directory, "pause.tar")];
    await Promise.all([busyboxImage(busybox), pauseImage(pause)]);
    const listening = await until(
      30_000,
      async () => {
        supervision.throwIfOneEnded();
        return (await importImage(first.pid, pause)) === undefined ? true : undefined;
      },
      100,
    );
    if (listening === undefined)
      throw new Error(
        `containerd takes no images: ${(await importImage(first.pid, pause)) ?? ""}\n${supervision.lastLines("containerd")}`,
      );
    const failure = await importImage(first.pid, busybox);
    if (failure !== undefined) throw new Error(`the busybox image was not imported: ${failure}`);
  }

  /** Starts kubelet and kube-proxy; the API server has to answer by then. */
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
          // The machine's connection tracking is not ours to resize.
          "--conntrack-max-per-core=0",
          "--conntrack-tcp-timeout-established=0",
          "--conntrack-tcp-timeout-close-wait=0",
          // Services are programmed at once: the default waits up to a second, which is a start-up race for webhooks.
          "--iptables-min-sync-period=100ms",
        ],
      }),
    ]);
  }

  #writeFiles(directory: string): void {
    const { network } = this;
    const upstream = existsSync("/etc/resolv.conf") ? readFileSync("/etc/resolv.conf", "utf8") : "";
    // A resolver on the host's loopback is another loopback in a pod.
    const unwanted = this.options.internet ? /^nameserver\s/ : /^nameserver\s+(127\.|::1)/;
    const lines = upstream.split("\n").filter((line) => !unwanted.test(line));
    if (this.options.internet) lines.unshift(`nameserver ${OUTWARD_RESOLVER}`);
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
      authentication: { anonymous: { enabled: false }, webhook: { enabled: true }, x509: { clientCAFile: pki.ca } },
      authorization: { mode: "Webhook" },
      tlsCertFile: pki.certificate("kubelet"),
      tlsPrivateKeyFile: pki.key("kubelet"),
      cgroupDriver: "cgroupfs",
      cgroupRoot: `/${controlGroupOf(this.options.id)}`,
      failCgroupV1: false,
      failSwapOn: false,
      localStorageCapacityIsolation: false,
      // Lowering it needs CAP_SYS_RESOURCE, which root in a container may lack.
      oomScoreAdj: 0,
      containerRuntimeEndpoint: "unix:///run/containerd/containerd.sock",
      resolvConf: join(directory, "resolv.conf"),
      clusterDomain: "cluster.local",
      maxPods: 200,
      // The disk is the developer's: a full one must not evict, and images that were loaded can't be pulled again.
      evictionHard: {
        "memory.available": "50Mi",
        "nodefs.available": "0%",
        "imagefs.available": "0%",
        "nodefs.inodesFree": "0%",
      },
      imageGCHighThresholdPercent: 100,
      imageGCLowThresholdPercent: 99,
      serializeImagePulls: false,
      // Kept short so that a local agent's phases are seen soon; defaults suit thousands of nodes.
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
    if (file === undefined) throw new Error(`no ${name} was found or built`);
    return file;
  }

  #host(name: string): string {
    const file = which(name, SYSTEM_PATH);
    if (file === undefined) throw new Error(`${name} is not installed`);
    return file;
  }
}

/** Where the CNI plugins of the distribution, or of the plugins' own release, are. */
export function cniPlugins(): string | undefined {
  return ["/usr/lib/cni", "/opt/cni/bin", "/usr/libexec/cni"].find((directory) =>
    existsSync(join(directory, "bridge")),
  );
}

/**
 * What the first process of the namespaces does. Directories whose paths are fixed in containerd, CNI and kubelet
 * become memory that ends with the mount namespace; the programs are bound where those can't hide them. Then it waits
 * for ever: a shell that waits also reaps, and shims leave it their dead.
 */
function initScript(options: {
  data: string;
  programs: string;
  ready: string;
  name: string;
  /** What pulls of images resolve names by; absent: by what the host has. */
  resolvers?: string;
}): string {
  return `set -e
hostname ${options.name}
resolvers=$(readlink -f /etc/resolv.conf)
mkdir -p ${quote(join(options.data, "programs"))}
mount --bind ${quote(options.programs)} ${quote(join(options.data, "programs"))}
for directory in /run /var/lib /var/log; do mount -t tmpfs -o mode=755 tmpfs $directory; done
mkdir -p /run/lock /var/lib/kubelet /var/lib/cni /var/log/pods
${options.resolvers === undefined ? "" : resolveBy(options.resolvers)}
ip link set lo up
echo 1 > /proc/sys/net/ipv4/ip_forward
touch ${quote(options.ready)}
while :; do sleep 86400 & wait $!; done`;
}

/** The host's file is often a link into /run, which is the node's own by then; elsewhere nothing is made that isn't there. */
const resolveBy = (file: string): string => `case "$resolvers" in
  /run/*) mkdir -p "$(dirname "$resolvers")"; : > "$resolvers" ;;
esac
if [ -e "$resolvers" ]; then mount --bind ${quote(file)} "$resolvers"; fi`;

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

function containerdConfiguration(cniConfiguration: string, cniBinaries: string): string {
  return `version = 2
root = "/var/lib/containerd"
state = "/run/containerd"
oom_score = 0
disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs", "io.containerd.internal.v1.opt", "io.containerd.tracing.processor.v1.otlp"]
[grpc]
  address = "/run/containerd/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${PAUSE_IMAGE}"
  restrict_oom_score_adj = true
  disable_tcp_service = true
  stream_server_address = "127.0.0.1"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${cniBinaries}"
    conf_dir = "${cniConfiguration}"
`;
}

/** Makes the pods' control group in every hierarchy: kubelet wants it to be there. */
function makeControlGroups(name: string): void {
  const root = "/sys/fs/cgroup";
  if (existsSync(join(root, "cgroup.controllers"))) {
    const available = readFileSync(join(root, "cgroup.controllers"), "utf8").trim().split(" ");
    for (const controller of ["cpuset", "cpu", "io", "memory", "hugetlb", "pids"].filter((one) =>
      available.includes(one),
    )) {
      try {
        writeFileSync(join(root, "cgroup.subtree_control"), `+${controller}`);
      } catch {
        // kubelet says which one it can't do without
      }
    }
    mkdirSync(join(root, name), { recursive: true });
    return;
  }
  for (const hierarchy of readdirSync(root, { withFileTypes: true })) {
    if (hierarchy.isDirectory()) mkdirSync(join(root, hierarchy.name, name), { recursive: true });
  }
}

/** Whether this user may make the namespaces of a real node here; undefined if so, else why not. */
export async function whyNoRealNode(): Promise<string | undefined> {
  if (process.platform !== "linux") return `a real node needs Linux, and this is ${process.platform}`;
  if (process.getuid?.() !== 0) return "a real node needs root (pods are real containers)";
  try {
    await must(
      ["unshare", "--mount", "--net", "--uts", "--pid", "--fork", "--kill-child=KILL", "--mount-proc", "--", "true"],
      { env: { PATH: SYSTEM_PATH } },
    );
    return undefined;
  } catch (error) {
    return `a real node needs namespaces, and this root may not make them (${errorText(error)})`;
  }
}
