/** Searches for secret values everywhere a user without permission to read Secrets can look. */
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Test } from "tap";
import { hostProcesses } from "./host-processes.js";
import type { RealCluster } from "./real-cluster.js";

/** Everything in a namespace that belongs to a run, except Secrets. */
const kinds = "events,orchestrator,jobs,pods,configmaps,persistentvolumeclaims";

/** Sampling may miss short-lived processes; test/templates/container.test.ts records the arguments of all. */
const sampleEvery = 100;

export class LeakSearch {
  readonly #commandLines = new Set<string>();

  private constructor(private readonly real: RealCluster) {}

  /** Records the arguments of processes until the test ends. */
  static of(t: Test, real: RealCluster): LeakSearch {
    const search = new LeakSearch(real);
    const sampling = setInterval(() => search.#sample(), sampleEvery);
    t.teardown(() => clearInterval(sampling));
    return search;
  }

  #sample(): void {
    for (const { commandLine } of hostProcesses()) this.#commandLines.add(commandLine);
  }

  /** The places in a namespace that contain one of the values. */
  async find(namespace: string, values: readonly string[]): Promise<string[]> {
    const has = (text: string): boolean => values.some((value) => text.includes(value));
    const [objects, logs, workspaces] = await Promise.all([
      this.#objects(namespace),
      this.#podLogs(namespace),
      this.#workspaces(values),
    ]);
    const places: [string, string][] = [
      ...objects,
      ...logs,
      ...this.#componentLogs(),
      ["process arguments", [...this.#commandLines].join("\n")],
    ];
    return [...new Set([...places.filter(([, text]) => has(text)).map(([place]) => place), ...workspaces])].sort();
  }

  async #objects(namespace: string): Promise<[string, string][]> {
    const { items } = JSON.parse(await this.real.kubectl(["get", kinds, "-n", namespace, "-o", "json"])) as {
      items: { kind: string }[];
    };
    // the strings in objects, without JSON escapes
    return items.map((item) => [item.kind, textsOf(item).join("\n")]);
  }

  async #podLogs(namespace: string): Promise<[string, string][]> {
    const logs = [
      "logs",
      "-n",
      namespace,
      "-l",
      "orchestrator.io/owner-uid",
      "--all-containers",
      "--ignore-errors",
      "--tail=-1",
    ];
    return [["log of a pod", await this.real.kubectl(logs)]];
  }

  /** The logs of the operator at debug level, and of the cluster's components. */
  #componentLogs(): [string, string][] {
    const directory = join(this.real.cluster.directory, "logs");
    return readdirSync(directory).map((name) => [`log ${name}`, readFileSync(join(directory, name), "utf8")]);
  }

  async #workspaces(values: readonly string[]): Promise<string[]> {
    const directory = join(this.real.cluster.state().data, "volumes");
    const output = await new Promise<string>((resolve) => {
      const child = execFile("grep", ["-rlaFf", "-", directory], { maxBuffer: 64 << 20 }, (_, stdout) =>
        resolve(stdout),
      );
      child.stdin?.end(values.join("\n"));
    });
    return output === "" ? [] : ["workspace"];
  }
}

function textsOf(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsOf) : [];
}
