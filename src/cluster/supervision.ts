import { errorText } from "../runtime/error-text.js";
import { closeSync, openSync, readFileSync } from "node:fs";
import type { ChildProcess } from "node:child_process";
import { join } from "node:path";
import type { ComponentSpec } from "./control-plane.js";
import { SYSTEM_PATH, childrenOf, diesWithParent, identify, isAlive, signal, start, until } from "./process.js";
import type { ProcessIdentity } from "./process.js";
import { restartDelay } from "./restart-delay.js";
import { ID_VARIABLE } from "./state.js";
import type { ComponentState } from "./state.js";

interface Running {
  readonly spec: ComponentSpec;
  readonly startedAt: number;
  child: ChildProcess;
  process: ProcessIdentity | undefined;
  exit: string | undefined;
  /** Present if the component is restarted whenever it exits. */
  restarts?: Restarts;
}

interface Restarts {
  count: number;
  lastExit?: string;
  /** Milliseconds before the latest restart. */
  delay?: number;
  timer?: NodeJS.Timeout;
}

/** Starts, observes, restarts and stops the programs of one cluster, as children of this process. */
export class Supervision {
  readonly #running = new Map<string, Running>();

  constructor(
    private readonly options: {
      readonly id: string;
      readonly logs: string;
      /** The PID of the first process in the node's namespaces; undefined before it has started. */
      readonly nodePid: () => number | undefined;
      readonly onChange: () => void;
    },
  ) {}

  /** Starts a component. When this resolves, its process exists or has failed; it may not be ready. */
  async start(spec: ComponentSpec): Promise<void> {
    await this.#start(spec);
  }

  async #start(spec: ComponentSpec, restarts?: Restarts): Promise<void> {
    clearTimeout(this.#running.get(spec.name)?.restarts?.timer);
    const log = openSync(this.#log(spec.name), "a", 0o600);
    let argv = spec.argv;
    if (spec.inNode === true) {
      const pid = this.options.nodePid();
      if (pid === undefined) throw new Error(`${spec.name} needs a real node, and this cluster has none`);
      argv = ["nsenter", `--target=${pid}`, "--mount", "--net", "--pid", "--", ...spec.argv];
    }
    const child = start(diesWithParent(argv), {
      stdio: ["ignore", log, log],
      cwd: spec.cwd ?? "/",
      // Without the user's environment: it may contain secrets, and proxies that a local cluster must not use.
      env: { PATH: SYSTEM_PATH, HOME: "/", [ID_VARIABLE]: this.options.id, ...spec.environment },
    });
    closeSync(log);
    const startedAt = Date.now();
    const running: Running = { spec, startedAt, child, process: undefined, exit: undefined };
    if (restarts !== undefined) running.restarts = restarts;
    this.#running.set(spec.name, running);
    const ended = (reason: string): void => {
      running.exit ??= reason;
      this.#restartLater(running);
      this.options.onChange();
    };
    child.on("error", (error) => ended(error.message));
    child.on("exit", (code, by) => ended(by === null ? `exit code ${code ?? 0}` : `killed by ${by}`));
    running.process = await until(
      5_000,
      () => this.#find(running) ?? (running.exit === undefined ? undefined : { pid: 0, startTime: "" }),
      5,
    );
    if (running.process?.pid === 0) running.process = undefined;
    this.options.onChange();
  }

  /** From now on restarts the component whenever it exits by itself, after a pause of at most half a minute. */
  keepRunning(name: string): void {
    const running = this.#named(name);
    running.restarts ??= { count: 0 };
    if (running.exit !== undefined) this.#restartLater(running);
    this.options.onChange();
  }

  #restartLater(running: Running): void {
    const { restarts, spec, startedAt } = running;
    if (restarts === undefined || restarts.timer !== undefined || this.#running.get(spec.name) !== running) return;
    const delay = restartDelay(restarts.delay, Date.now() - startedAt);
    const timer = setTimeout(() => {
      const { timer: _timer, ...before } = restarts;
      const next: Restarts = { ...before, count: restarts.count + 1, delay, lastExit: running.exit ?? "" };
      this.#start(spec, next).catch((error: unknown) => {
        running.exit = errorText(error);
        this.options.onChange();
      });
    }, delay);
    restarts.timer = timer;
  }

  #named(name: string): Running {
    const running = this.#running.get(name);
    if (running !== undefined) return running;
    throw new Error(`this cluster has no component ${name}; its components: ${[...this.#running.keys()].join(", ")}`);
  }

  /**
   * Restarts a component with the same command line; kills it after two seconds. An API server would otherwise wait up
   * to a minute for its watches to end.
   */
  async restart(name: string): Promise<void> {
    const running = this.#named(name);
    const { process: identity, restarts } = running;
    delete running.restarts; // this exit is not by itself
    clearTimeout(restarts?.timer);
    if (identity !== undefined) {
      signal(identity, "SIGCONT"); // a stopped process does not handle SIGTERM
      signal(identity, "SIGTERM");
      const gone = (): true | undefined => (isAlive(identity) ? undefined : true);
      if ((await until(2_000, gone, 20)) === undefined) {
        signal(identity, "SIGKILL");
        await until(5_000, gone, 20);
      }
    }
    if (restarts === undefined) return this.start(running.spec);
    const { timer: _timer, ...kept } = restarts;
    return this.#start(running.spec, kept);
  }

  /** @throws {Error} naming the first component that has exited, with its last log lines. */
  throwIfOneEnded(): void {
    for (const { spec, exit } of this.#running.values()) {
      if (exit !== undefined)
        throw new Error(`${spec.name} exited (${exit}). Last log lines:\n${this.lastLines(spec.name)}`);
    }
  }

  lastLines(name: string, count = 12): string {
    try {
      return readFileSync(this.#log(name), "utf8").trimEnd().split("\n").slice(-count).join("\n");
    } catch {
      return "(empty log)";
    }
  }

  states(): ComponentState[] {
    return [...this.#running.values()].map(({ spec, process: identity, exit, restarts }) => ({
      name: spec.name,
      log: this.#log(spec.name),
      ...(spec.port === undefined ? {} : { port: spec.port }),
      ...(identity === undefined ? {} : { process: identity }),
      ...(exit === undefined ? {} : { exit }),
      ...(restarts === undefined ? {} : { restarts: restarts.count }),
      ...(restarts?.lastExit === undefined ? {} : { lastExit: restarts.lastExit }),
    }));
  }

  #log(name: string): string {
    return join(this.options.logs, `${name}.log`);
  }

  /** The process of the program itself: a child of nsenter if it runs in the node, otherwise the started process. */
  #find({ spec, child }: Running): ProcessIdentity | undefined {
    if (child.pid === undefined) return undefined;
    if (spec.inNode !== true) return identify(child.pid);
    const inner = childrenOf(child.pid)[0];
    return inner === undefined ? undefined : identify(inner);
  }
}
