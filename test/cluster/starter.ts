/** A program that starts a cluster, reports when it is ready, and keeps running: for tests that kill it. */
import { startCluster } from "#src/cluster/index.js";
import type { ClusterOptions } from "#src/cluster/index.js";

const options = JSON.parse(process.argv[2] ?? "{}") as ClusterOptions;
const cluster = await startCluster({
  ...options,
  progress: (line) => void process.stdout.write(`${JSON.stringify({ line })}\n`),
});
process.stdout.write(`${JSON.stringify({ state: cluster.state() })}\n`);
process.stdin.resume();
