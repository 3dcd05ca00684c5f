/** Restarts of a cluster's components, with real processes. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { signal } from "#src/cluster/process.js";
import { Supervision } from "#src/cluster/supervision.js";
import type { ComponentState } from "#src/cluster/state.js";
import { eventually } from "../eventually.js";
import { scratch } from "./local-cluster.js";

class Supervised {
  readonly supervision: Supervision;
  readonly #starts: string;

  constructor(t: Test) {
    const directory = scratch(t);
    this.#starts = join(directory, "starts");
    this.supervision = new Supervision({
      id: "test",
      logs: directory,
      nodePid: () => undefined,
      onChange: () => undefined,
    });
    t.teardown(() => this.kill());
  }

  /** Starts a component that counts its starts, and then does this. */
  start(script: string): Promise<void> {
    return this.supervision.start({ name: "program", argv: ["sh", "-c", `echo >> ${this.#starts}; ${script}`] });
  }

  kill(): void {
    const { process } = this.state;
    if (process !== undefined) signal(process, "SIGKILL");
  }

  get starts(): number {
    return existsSync(this.#starts) ? readFileSync(this.#starts, "utf8").length : 0;
  }

  get state(): ComponentState {
    const [state] = this.supervision.states();
    if (state === undefined) throw new Error("no component");
    return state;
  }
}

t.test("a component that is kept running is restarted whenever it exits, and the restarts are counted", async (t) => {
  const supervised = new Supervised(t);
  await supervised.start("exec sleep 600");
  supervised.supervision.keepRunning("program");
  t.match(supervised.state, { restarts: 0, exit: undefined });
  await eventually("its start is counted", () => (supervised.starts === 1 ? true : undefined));
  supervised.kill();
  await eventually("it is restarted", () => (supervised.starts === 2 ? true : undefined));
  await eventually("its process is known", () => supervised.state.process);
  t.match(supervised.state, { restarts: 1, lastExit: "killed by SIGKILL", exit: undefined });
  await supervised.supervision.restart("program");
  await eventually("it runs again", () => (supervised.starts === 3 ? true : undefined));
  t.equal(supervised.state.restarts, 1, "a restart on request is not an exit");
});

t.test("a component that has exited before is restarted, too, and only by one of two starts", async (t) => {
  const supervised = new Supervised(t);
  await supervised.start("exit 3");
  await eventually("its exit is known", () => supervised.state.exit);
  supervised.supervision.keepRunning("program");
  t.match(supervised.state, { restarts: 0, exit: "exit code 3" });
  await supervised.start("exec sleep 600");
  await supervised.supervision.start({ name: "other", argv: ["sleep", "1.5"] });
  await eventually("more time than the pause before a restart", () =>
    supervised.supervision.states().find(({ name, exit }) => name === "other" && exit !== undefined),
  );
  t.equal(supervised.starts, 2, "the start by hand replaced the one that was due");
  t.equal(supervised.state.restarts, undefined);
});

t.test("a component that is not kept running stays away", async (t) => {
  const supervised = new Supervised(t);
  await supervised.start("exit 0");
  await eventually("its exit is known", () => supervised.state.exit);
  t.match(supervised.state, { exit: "exit code 0", restarts: undefined });
  t.throws(() => supervised.supervision.keepRunning("nothing"), /has no component nothing; its components: program/);
});
