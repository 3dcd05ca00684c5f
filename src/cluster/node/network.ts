import { existsSync, readFileSync } from "node:fs";
import { isFree } from "../ports.js";
import { SYSTEM_PATH, must, run } from "../process.js";
import type { NodeNetwork } from "../state.js";

const environment = { PATH: SYSTEM_PATH };
const NETWORKS = 250;

/** Where the API server of a cluster with a real node listens, at the host's end of the link. */
export const API_PORT = 6443;

/**
 * Takes the first network that nothing on this machine uses. A node's link is 198.18.N.0/30 and its pods are in
 * 198.19.N.0/24: RFC 2544 keeps 198.18.0.0/15 for tests of network devices, so that neither a VPN nor a container
 * engine has it. The link's name is the lock: of two clusters at once only one can create it. Since a link is gone
 * with its node, a server that outlives it at its address keeps the network from being taken.
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
    if (code !== 0) throw new Error(`no link to a node can be made: ${output.trim()}`);
    const network = { ...addresses, linkIndex: indexOf(addresses.link) };
    await must(["ip", "address", "add", `${network.hostAddress}/30`, "dev", network.link], { env: environment });
    await must(["ip", "link", "set", network.link, "up"], { env: environment });
    if (await isFree(API_PORT, network.hostAddress)) return network;
    await releaseNetwork(network);
  }
  throw new Error(`all ${NETWORKS} networks for nodes are in use: orchestrator cluster status`);
}

/** The network between a node and slirp4netns, in the node's namespace alone: the last of {@link claimNetwork}'s range. */
const OUTWARDS = "198.18.255";

/** Where a node with a way to elsewhere finds a resolver that asks this machine's, also one on its loopback. */
export const OUTWARD_RESOLVER = `${OUTWARDS}.3`;

/**
 * The program that is a node's way to elsewhere: what goes there becomes connections of its own, so that the host's
 * packet filter and forwarding stay as they are. This machine's own loopback is not to be reached by it.
 */
export function outwards(nodePid: number): readonly string[] {
  return [
    "slirp4netns",
    "--configure",
    "--mtu=65520",
    "--disable-host-loopback",
    `--cidr=${OUTWARDS}.0/24`,
    String(nodePid),
    "tap0",
  ];
}

/** Whether the node's default route is there. */
export async function hasDefaultRoute(nodePid: number): Promise<boolean> {
  const { output } = await run(["nsenter", `--target=${nodePid}`, "--net", "--", "ip", "route", "show", "default"], {
    env: environment,
  });
  return output.startsWith("default");
}

/**
 * Removes the network's link if it is still there. A link of its name that another cluster has made since then is
 * another link, and stays: the kernel gives no number twice.
 */
export async function releaseNetwork({ linkIndex }: NodeNetwork): Promise<void> {
  await run(["ip", "link", "delete", `if${linkIndex}`], { env: environment });
}

/** Whether the link of that network is on this machine. */
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
 * Puts the link's other end into the node, and the route to the pods on the host. Both end with the link. The host
 * forwards nothing for it; a node that is to reach further gets its default route from {@link outwards}.
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
