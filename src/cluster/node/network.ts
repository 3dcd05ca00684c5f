import { existsSync, readFileSync } from "node:fs";
import { isFree } from "../ports.js";
import { SYSTEM_PATH, must, run } from "../process.js";
import type { NodeNetwork } from "../state.js";

const environment = { PATH: SYSTEM_PATH };
const NETWORKS = 250;

/** The port of the API server of a cluster with a real node, at the host's end of the link. */
export const API_PORT = 6443;

/**
 * Claims the first network that nothing on this machine uses. A node's link is 198.18.N.0/30 and its pods are in
 * 198.19.N.0/24: RFC 2544 reserves 198.18.0.0/15 for benchmarks of network devices, so that neither VPNs nor container
 * engines use it. The link's name is the lock: only one of two clusters can create it. The link disappears with its
 * node, so a network whose API server address is still in use is skipped.
 *
 * @throws Error where no link can be created, or all networks are in use.
 */
export async function claimNetwork(): Promise<NodeNetwork> {
  const used =
    (await must(["ip", "-o", "address"], { env: environment })) + (await must(["ip", "route"], { env: environment }));
  for (let number = 0; number < NETWORKS; number++) {
    const addresses = networkOf(number);
    if (used.includes(`198.18.${number}.`) || used.includes(`198.19.${number}.`)) continue;
    const { code, output } = await run(
      ["ip", "link", "add", addresses.link, "type", "veth", "peer", "name", `${addresses.link}-node`],
      { env: environment },
    );
    if (code !== 0 && output.includes("File exists")) continue;
    if (code !== 0) throw new Error(`cannot create a link to a node: ${output.trim()}`);
    const network = { ...addresses, linkIndex: indexOf(addresses.link) };
    await must(["ip", "address", "add", `${network.hostAddress}/30`, "dev", network.link], { env: environment });
    await must(["ip", "link", "set", network.link, "up"], { env: environment });
    if (await isFree(API_PORT, network.hostAddress)) return network;
    await releaseNetwork(network);
  }
  throw new Error(`all ${NETWORKS} networks for nodes are in use: list clusters with orchestrator cluster status`);
}

/** The network between a node and slirp4netns, only in the node's namespace: the last of {@link claimNetwork}'s range. */
const SLIRP_NETWORK = "198.18.255";

/** The DNS resolver of slirp4netns, which forwards to the host's, even to one on the host's loopback. */
export const SLIRP_RESOLVER = `${SLIRP_NETWORK}.3`;

/**
 * The command that gives a node internet access. slirp4netns opens the node's connections itself, so that the host's
 * packet filter and forwarding stay unchanged. The host's loopback is not reachable through it.
 */
export function slirpCommand(nodePid: number): readonly string[] {
  return [
    "slirp4netns",
    "--configure",
    "--mtu=65520",
    "--disable-host-loopback",
    // it parses what pods send, as root of this machine: no file system and few system calls are left to it
    "--enable-sandbox",
    "--enable-seccomp",
    `--cidr=${SLIRP_NETWORK}.0/24`,
    String(nodePid),
    "tap0",
  ];
}

/** Whether the node has a default route. */
export async function hasDefaultRoute(nodePid: number): Promise<boolean> {
  const { output } = await run(["nsenter", `--target=${nodePid}`, "--net", "--", "ip", "route", "show", "default"], {
    env: environment,
  });
  return output.startsWith("default");
}

/**
 * Removes the network's link if it still exists. A link of the same name that another cluster has created since then
 * stays: the link is identified by its index, which the kernel never reuses.
 */
export async function releaseNetwork({ linkIndex }: NodeNetwork): Promise<void> {
  await run(["ip", "link", "delete", `if${linkIndex}`], { env: environment });
}

/** Whether the link of the network exists on this machine. */
export function hasLink({ link, linkIndex }: NodeNetwork): boolean {
  return existsSync(`/sys/class/net/${link}`) && indexOf(link) === linkIndex;
}

function indexOf(link: string): number {
  return Number(readFileSync(`/sys/class/net/${link}/ifindex`, "utf8"));
}

function networkOf(number: number): Omit<NodeNetwork, "linkIndex"> {
  return {
    link: `ao-${number}`,
    hostAddress: `198.18.${number}.1`,
    nodeAddress: `198.18.${number}.2`,
    podCidr: `198.19.${number}.0/24`,
    podGateway: `198.19.${number}.1`,
  };
}

/**
 * Moves the link's other end into the node and adds the route to the pods on the host. Both disappear with the link.
 * The host forwards nothing for the node; a node with internet access gets its default route from {@link slirpCommand}.
 */
export async function connectNode(network: NodeNetwork, nodePid: number, internet: boolean): Promise<void> {
  const inside = (argv: readonly string[]): Promise<string> =>
    must(["nsenter", `--target=${nodePid}`, "--net", "--", ...argv], { env: environment });
  await must(["ip", "link", "set", `${network.link}-node`, "netns", String(nodePid), "name", "eth0"], {
    env: environment,
  });
  await inside(["ip", "address", "add", `${network.nodeAddress}/30`, "dev", "eth0"]);
  await inside(["ip", "link", "set", "eth0", "up"]);
  if (!internet) await inside(["ip", "route", "add", "default", "via", network.hostAddress]);
  await must(["ip", "route", "add", network.podCidr, "via", network.nodeAddress, "dev", network.link], {
    env: environment,
  });
}
