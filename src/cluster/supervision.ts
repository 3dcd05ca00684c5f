import { closeSync, openSync, readFileSync } from "node:fs";
import type { ChildProcess } from "node:child_process";
import { join } from "node:path";
import type { ComponentSpec } from "./control-plane.js";
import { SYSTEM_PATH, childrenOf, diesWithParent, identify, isAlive, signal, start, until } from "./process.js";
import type { ProcessIdentity } from "./process.js";
import { ID_VARIABLE } from "./state.js";
import type { ComponentState } from "./state.js";

interface Running {
  readonly spec: ComponentSpec;
  child: ChildProcess;
  process: ProcessIdentity | undefined;
  exit: string | undefined;
}

/** The programs of one cluster, as children of this process: started, watched, stopped, started again. */
export class Supervision {
  readonly #running = new Map<string, Running>();

  constructor(
    private readonly options: {
      readonly id: string;
      readonly logs: string;
      /** The first process of the node's namespaces, once there is one. */
      readonly nodePid: () => number | undefined;
      readonly onChange: () => void;
    },
  ) {}

  /** The command line's process is there when this resolves; whether it is of use, readiness has to tell. */
  async start(spec: ComponentSpec): Promise<void> {
    const log = openSync(this.#log(spec.name), "a", 0o600);
    let argv = spec.argv;
    if (spec.inNode === true) {
      const pid = this.options.nodePid();
      if (pid === undefined) throw new Error(`${spec.name} needs a node, and there is none`);
      argv = ["nsenter", `--target=${pid}`, "--mount", "--net", "--pid", "--", ...spec.argv];
    }
    const child = start(diesWithParent(argv), {
      stdio: ["ignore", log, log],
      cwd: spec.cwd ?? "/",
      // Nothing of the user's environment: it may hold secrets, and proxies that must not see a local cluster's calls.
      env: { PATH: SYSTEM_PATH, HOME: "/", [ID_VARIABLE]: this.options.id, ...spec.environment },
    });
    closeSync(log);
    const running: Running = { spec, child, process: undefined, exit: undefined };
    this.#running.set(spec.name, running);
    const ended = (reason: string): void => {
      running.exit ??= reason;
      this.options.onChange();
    };
    child.on("error", (error) => ended(error.message));
    child.on("exit", (code, by) => ended(by === null ? `exit code ${code ?? 0}` : `ended by ${by}`));
    running.process = await until(
      5_000,
      () => this.#find(running) ?? (running.exit === undefined ? undefined : { pid: 0, startTime: "" }),
      5,
    );
    if (running.process?.pid === 0) running.process = undefined;
    this.options.onChange();
  }

  /**
   * Stops it, by force after two seconds, and starts it with the same command line. An API server alone would wait a
   * minute for its watchers to leave.
   */
  async restart(name: string): Promise<void> {
    const running = this.#running.get(name);
    if (running === undefined)
      throw new Error(`there is no ${name} in this cluster: ${[...this.#running.keys()].join(", ")}`);
    const { process: identity } = running;
    if (identity !== undefined) {
      signal(identity, "SIGCONT"); // a stopped process would take no SIGTERM
      signal(identity, "SIGTERM");
      const gone = (): true | undefined => (isAlive(identity) ? undefined : true);
      if ((await until(2_000, gone, 20)) === undefined) {
        signal(identity, "SIGKILL");
        await until(5_000, gone, 20);
      }
    }
    await this.start(running.spec);
  }

  /** @throws {Error} naming the first component that has ended, with the last lines it wrote. */
  throwIfOneEnded(): void {
    for (const { spec, exit } of this.#running.values()) {
      if (exit !== undefined)
        throw new Error(`${spec.name} ended (${exit}). Its last lines:\n${this.lastLines(spec.name)}`);
    }
  }

  lastLines(name: string, count = 12): string {
    try {
      return readFileSync(this.#log(name), "utf8").trimEnd().split("\n").slice(-count).join("\n");
    } catch {
      return "(it wrote nothing)";
    }
  }

  states(): ComponentState[] {
    return [...this.#running.values()].map(({ spec, process: identity, exit }) => ({
      name: spec.name,
      log: this.#log(spec.name),
      ...(spec.port === undefined ? {} : { port: spec.port }),
      ...(identity === undefined ? {} : { process: identity }),
      ...(exit === undefined ? {} : { exit }),
    }));
  }

  #log(name: string): string {
    return join(this.options.logs, `${name}.log`);
  }

  /** The program itself: a child of nsenter where it runs in the node's process namespace, else what was started. */
  #find({ spec, child }: Running): ProcessIdentity | undefined {
    if (child.pid === undefined) return undefined;
    if (spec.inNode !== true) return identify(child.pid);
    const inner = childrenOf(child.pid)[0];
    return inner === undefined ? undefined : identify(inner);
  }
}
