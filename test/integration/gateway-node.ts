/**
 * Plays the node of pods that have a gateway: each pod's gateway is the real program with the configuration that the operator
 * wrote, and an agent that asks a model through it. What the gateway reports becomes the pod's termination message, as a kubelet
 * does it.
 */
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Test } from "tap";
import { parse } from "yaml";
import type { GatewayFile } from "#src/gateway/gateway-file.js";
import type { UsageReport } from "#src/gateway/usage-report.js";
import { isPodLive } from "#src/runs/observed.js";
import { ConfigMaps } from "#src/runtime/client/builtin.js";
import type { HttpClient } from "#src/runtime/client/http.js";
import type { Pod, Stored } from "#src/runtime/client/objects.js";
import type { ModelProvider } from "../gateway/model-provider.js";
import { newDirectory, post, startGatewayProgram, type GatewayProgram } from "../gateway/served-gateway.js";
import { endPod } from "./finisher.js";

/** When a gateway is killed: in the middle of its first answer, or after it. */
export type GatewayKill = "in an answer" | "after an answer";

/** What the agent of a pod does. */
export interface AgentPlan {
  /** Requests that it sends, one after the other; it gives up when one is refused. */
  readonly requests: number;
  readonly kill?: GatewayKill;
}

/** What came of a pod. */
export interface PodEnd {
  readonly plan: AgentPlan;
  readonly report: UsageReport;
  /** A request was refused. */
  readonly isRefused: boolean;
}

/** Gateways that run at once: each is a process. */
const atOnce = 4;

export class GatewayNode {
  /** Of each pod that has ended, by UID. */
  readonly ends = new Map<string, PodEnd>();
  /** Gateways that were killed. */
  kills = 0;
  readonly #options: {
    readonly client: HttpClient;
    readonly provider: ModelProvider;
    readonly plan: (pod: Stored<Pod>) => AgentPlan;
  };
  readonly #test: Test;
  readonly #directory: string;
  /** Pods that have begun. */
  readonly #begun = new Set<string>();
  readonly #waiting: Stored<Pod>[] = [];
  /** Keys of agents whose next answer is held after its first part, and what is called then. */
  readonly #held = new Map<string, () => void>();
  #running = 0;
  #failure: Error | undefined;

  /** @param options.plan of a pod's agent; read once for each pod */
  constructor(
    t: Test,
    options: {
      readonly client: HttpClient;
      readonly provider: ModelProvider;
      readonly plan: (pod: Stored<Pod>) => AgentPlan;
    },
  ) {
    this.#test = t;
    this.#options = options;
    this.#directory = newDirectory(t);
    options.provider.next.beforePart = (index, _response, { headers }) => {
      const hold = index === 2 ? this.#held.get(String(headers["x-api-key"])) : undefined;
      if (hold === undefined) return undefined;
      hold();
      return new Promise<void>(() => undefined);
    };
  }

  /** Starts the pods that are new. @throws what the life of an earlier pod threw */
  start(pods: readonly Stored<Pod>[]): void {
    if (this.#failure !== undefined) throw this.#failure;
    for (const pod of pods.filter(isPodLive)) {
      if (this.#begun.has(pod.metadata.uid)) continue;
      this.#begun.add(pod.metadata.uid);
      this.#waiting.push(pod);
    }
    this.#next();
  }

  #next(): void {
    while (this.#running < atOnce) {
      const pod = this.#waiting.shift();
      if (pod === undefined) return;
      this.#running++;
      void this.#live(pod)
        .catch((error: unknown) => (this.#failure ??= new Error("the life of a pod failed", { cause: error })))
        .finally(() => {
          this.#running--;
          this.#next();
        });
    }
  }

  /** A pod's life: its agent asks until its plan is done or it is refused, and then the gateway reports. */
  async #live(pod: Stored<Pod>): Promise<void> {
    const plan = this.#options.plan(pod);
    const file = await this.#configuration(pod);
    let gateway = await startGatewayProgram(this.#test, file);
    let isRefused = false;
    for (let number = 1; number <= plan.requests && !isRefused; number++) {
      const kill = number === 1 ? plan.kill : undefined;
      isRefused = !(await this.#ask(gateway, pod.metadata.uid, kill));
      if (kill !== undefined) gateway = await startGatewayProgram(this.#test, file);
    }
    const exit = once(gateway.child, "exit");
    gateway.child.kill("SIGTERM");
    await exit;
    const report = JSON.parse(readFileSync(join(file, "..", "report.json"), "utf8")) as UsageReport;
    this.ends.set(pod.metadata.uid, { plan, report, isRefused });
    await endPod(this.#options.client, pod, isRefused ? 1 : 0, undefined, report);
  }

  /** Sends a request. @returns whether it was not refused */
  async #ask({ child, url }: GatewayProgram, key: string, kill: GatewayKill | undefined): Promise<boolean> {
    const body = { model: "priced-1", stream: true, max_tokens: 30, messages: [] };
    const answer = post(`${url}/anthropic/v1/messages`, body);
    const end = async (): Promise<void> => {
      const exit = once(child, "exit");
      child.kill("SIGKILL");
      await exit;
      this.kills++;
    };
    if (kill === "in an answer") {
      const cutOff = answer.then(
        ({ body }) => !body.includes("message_stop"),
        () => true,
      );
      await new Promise<void>((resolve) => this.#held.set(key, resolve));
      await end();
      this.#held.delete(key);
      if (!(await cutOff)) throw new Error("an answer was completed although its gateway was killed");
      return true;
    }
    const { status } = await answer;
    if (kill !== undefined) await end();
    return status === 200;
  }

  /** Writes the configuration of a pod's gateway, with places of this machine. @returns the file */
  async #configuration({ metadata, spec }: Stored<Pod>): Promise<string> {
    const { namespace = "", uid } = metadata;
    const name = spec?.volumes?.find((volume) => volume.name === "task-files")?.configMap?.name ?? "";
    const { data } = await this.#options.client.get(ConfigMaps, { namespace, name });
    const written = parse(data?.["gateway.yaml"] ?? "") as GatewayFile;
    const directory = join(this.#directory, uid);
    mkdirSync(directory);
    const [file, keyFile] = [join(directory, "gateway.json"), join(directory, "key")];
    writeFileSync(keyFile, uid);
    const anthropic = { format: "anthropic", baseUrl: this.#options.provider.url, keyFile };
    const places = { port: 0, stateDirectory: directory, terminationMessage: join(directory, "report.json") };
    writeFileSync(file, JSON.stringify({ ...written, ...places, upstreams: { anthropic } }));
    return file;
  }
}
