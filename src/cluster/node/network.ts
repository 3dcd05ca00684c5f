import { SYSTEM_PATH, must, run } from "../process.js";
import type { NodeNetwork } from "../state.js";

const environment = { PATH: SYSTEM_PATH };
const NETWORKS = 250;

/**
 * Takes the first network that nothing on this machine uses. A node's link is 198.18.N.0/30 and its pods are in
 * 198.19.N.0/24: RFC 2544 keeps 198.18.0.0/15 for tests of network devices, so that neither a VPN nor a container
 * engine has it. The link's name is the lock: of two clusters at once only one can create it.
 */
export async function claimNetwork(): Promise<NodeNetwork> {
  const used =
    (await must(["ip", "-o", "address"], { env: environment })) + (await must(["ip", "route"], { env: environment }));
  for (let number = 0; number < NETWORKS; number++) {
    const network = networkOf(number);
    if (used.includes(`198.18.${number}.`) || used.includes(`198.19.${number}.`)) continue;
    const { code, output } = await run(
      ["ip", "link", "add", network.link, "type", "veth", "peer", "name", `${network.link}-node`],
      { env: environment },
    );
    if (code !== 0 && output.includes("File exists")) continue;
    if (code !== 0) throw new Error(`no link to a node can be made: ${output.trim()}`);
    await must(["ip", "address", "add", `${network.hostAddress}/30`, "dev", network.link], { env: environment });
    await must(["ip", "link", "set", network.link, "up"], { env: environment });
    return network;
  }
  throw new Error(`all ${NETWORKS} networks for nodes are in use: orchestrator cluster status`);
}

export function networkOf(number: number): NodeNetwork {
  return {
    link: `ao-${number}`,
    hostAddress: `198.18.${number}.1`,
    nodeAddress: `198.18.${number}.2`,
    podCidr: `198.19.${number}.0/24`,
    podGateway: `198.19.${number}.1`,
  };
}

/** Puts the link's other end into the node, and the route to the pods on the host. Both end with the link. */
export async function connectNode(network: NodeNetwork, nodePid: number): Promise<void> {
  const inside = (argv: readonly string[]): Promise<string> =>
    must(["nsenter", `--target=${nodePid}`, "--net", "--", ...argv], { env: environment });
  await must(["ip", "link", "set", `${network.link}-node`, "netns", String(nodePid), "name", "eth0"], {
    env: environment,
  });
  await inside(["ip", "address", "add", `${network.nodeAddress}/30`, "dev", "eth0"]);
  await inside(["ip", "link", "set", "eth0", "up"]);
  await inside(["ip", "route", "add", "default", "via", network.hostAddress]);
  await must(["ip", "route", "add", network.podCidr, "via", network.nodeAddress, "dev", network.link], {
    env: environment,
  });
}
