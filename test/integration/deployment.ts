/** Several replicas of the operator behind one address, as a Deployment and its Service. */
import { fileURLToPath } from "node:url";
import type { Test } from "tap";
import type { Cluster } from "#src/cluster/index.js";
import { freePorts } from "#src/cluster/ports.js";
import { eventually } from "../eventually.js";
import { Balancer } from "./balancer.js";
import { flagsBeside, installBeside, OperatorProcess } from "./operator.js";

/** After which another replica leads if the leader is gone. */
export const leaseSeconds = 6;

const closing = fileURLToPath(new URL("../chaos/close-connections.js", import.meta.url));

export interface Replica {
  readonly process: OperatorProcess;
  /** Port of its webhooks. */
  readonly webhooks: number;
}

/** Replicas behind one address, each of which gets requests while it is ready. */
export class Deployment {
  readonly balancer = new Balancer();
  readonly replicas: Replica[] = [];
  #kubeconfig = "";

  /** @param flags of each replica, beside those of the deployment */
  constructor(
    readonly t: Test,
    readonly cluster: Cluster,
    readonly flags: readonly string[] = [],
  ) {}

  async install(): Promise<void> {
    await this.balancer.start(this.t);
    this.#kubeconfig = await installBeside(this.t, this.cluster, `https://127.0.0.1:${this.balancer.port}`);
  }

  /** Resolves when it is ready and gets requests. */
  async add(): Promise<Replica> {
    const [probes = 0, webhooks = 0] = await freePorts(2);
    const flags = [
      ...flagsBeside(this.cluster, this.#kubeconfig, probes, webhooks),
      ...["--lease-duration", String(leaseSeconds), "--renew-deadline", "4", "--retry-period", "0.5"],
      ...["--drain-delay", "3", ...this.flags],
    ];
    const process = new OperatorProcess(flags, probes, { NODE_OPTIONS: `--import=${closing}` });
    const replica = { process, webhooks };
    this.t.teardown(() => this.remove(replica, "SIGTERM"));
    await process.start();
    this.replicas.push(replica);
    void this.#follow(replica);
    await eventually("requests come to it", () => this.balancer.backends.includes(webhooks));
    return replica;
  }

  /** Resolves with its exit code once it has ended, on request or by itself. */
  async remove(replica: Replica, signal?: "SIGTERM" | "SIGKILL"): Promise<number | undefined> {
    const code = await (signal === undefined ? replica.process.ended() : replica.process.end(signal));
    const at = this.replicas.indexOf(replica);
    if (at >= 0) this.replicas.splice(at, 1);
    return code;
  }

  async leader(): Promise<Replica> {
    return eventually("one leads", async () => {
      for (const replica of this.replicas) {
        const leads = /^leader_election_master_status\{name="orchestrator"\} 1$/m;
        if (leads.test(await replica.process.metrics())) return replica;
      }
      return false;
    });
  }

  /** Probes like the kubelet, only more often. */
  async #follow(replica: Replica): Promise<void> {
    while (this.replicas.includes(replica)) {
      const ready = await replica.process.isReady().catch(() => false);
      this.balancer.set(replica.webhooks, ready);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    this.balancer.set(replica.webhooks, false);
  }
}
