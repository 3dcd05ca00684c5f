/** The host's ends of nodes' links: each is claimed by one cluster at a time, and released only by that cluster. */
import { createServer } from "node:net";
import t from "tap";
import { API_PORT, claimNetwork, hasLink, releaseNetwork } from "#src/cluster/node/network.js";
import { whyNoRealNode } from "#src/cluster/node/real.js";
import { must } from "#src/cluster/process.js";
import type { NodeNetwork } from "#src/cluster/state.js";

const skip = (await whyNoRealNode()) ?? false;

async function claimed(t: { teardown: (after: () => Promise<void>) => void }): Promise<NodeNetwork> {
  const network = await claimNetwork();
  t.teardown(() => releaseNetwork(network));
  return network;
}

t.test("networks claimed at the same time differ, and a released one leaves nothing", { skip }, async (t) => {
  const networks = await Promise.all(Array.from({ length: 5 }, () => claimed(t)));
  t.equal(new Set(networks.map(({ link }) => link)).size, 5);
  t.equal(new Set(networks.map(({ hostAddress }) => hostAddress)).size, 5);
  t.strictSame(networks.map(hasLink), [true, true, true, true, true]);
  await Promise.all(networks.map(releaseNetwork));
  t.strictSame(networks.map(hasLink), [false, false, false, false, false]);
});

t.test(
  "a cluster whose link ended with its node does not remove a later link of the same name",
  { skip },
  async (t) => {
    const mine = await claimed(t);
    await must(["ip", "link", "delete", mine.link]);
    await must(["ip", "link", "add", mine.link, "type", "veth", "peer", "name", `${mine.link}-node`]);
    t.teardown(() => must(["ip", "link", "delete", mine.link]));
    t.notOk(hasLink(mine));
    await releaseNetwork(mine);
    t.match(await must(["ip", "link", "show", mine.link]), mine.link);
  },
);

t.test("a network is not claimed while an API server still listens on it", { skip }, async (t) => {
  const ended = await claimed(t);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(API_PORT, ended.hostAddress, resolve));
  t.teardown(() => server.close());
  await must(["ip", "link", "delete", ended.link]);
  const next = await claimed(t);
  t.not(next.hostAddress, ended.hostAddress);
  await t.rejects(must(["ip", "link", "show", ended.link]), /does not exist/);
});
