/** `orchestrator ui` as a person runs it: the built program in a process of its own. */
import { spawn } from "node:child_process";
import type { Test } from "tap";
import { orchestratorProgram } from "#src/cluster/program.js";
import { eventually } from "../eventually.js";

export interface LocalPage {
  /** Works once. */
  readonly link: string;
  /** Presses Ctrl-C; resolves with the exit code. */
  readonly end: () => Promise<number | null>;
}

/** Starts it without a browser of its own; it ends with the test. */
export async function startLocalPage(t: Test, kubeconfig: string, namespace: string): Promise<LocalPage> {
  const args = ["ui", "--no-open", "--kubeconfig", kubeconfig, "-n", namespace];
  const child = spawn(process.execPath, [orchestratorProgram(), ...args], { stdio: ["ignore", "pipe", "pipe"] });
  t.teardown(() => child.kill("SIGKILL"));
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text: Buffer) => (output += text.toString()));
  const link = await eventually(
    "the link is printed",
    () => /http:\/\/127\.0\.0\.1:\d+\/ui\/open\?secret=\S+/.exec(output)?.[0],
  );
  return {
    link,
    end: () => {
      child.kill("SIGINT");
      return ended;
    },
  };
}
