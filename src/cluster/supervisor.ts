/**
 * The supervisor of a cluster: the parent of all its processes. It is started detached and reads what to start from
 * standard input. Until it gets the message to detach, it exits when its starter does, which it notices by the end of standard
 * input. When it exits, for whatever reason, the kernel kills its children and the janitor removes what they leave.
 */
import { errorText } from "../runtime/error-text.js";
import { createInterface } from "node:readline";
import { superviseCluster } from "./cluster-start.js";
import { DETACH } from "./supervisor-protocol.js";
import type { StartRequest, SupervisorEvent } from "./supervisor-protocol.js";

process.stdout.on("error", () => undefined); // the starter has exited, as it may once we are detached
process.stderr.on("error", () => undefined);
for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, () => process.exit(0));

const input = createInterface({ input: process.stdin });
let isDetached = false;
let hasRequest = false;
input.on("line", (line) => {
  if (line === DETACH) isDetached = true;
  else if (!hasRequest) {
    hasRequest = true;
    // Only startCluster writes requests, so that this one has its shape.
    superviseCluster(JSON.parse(line) as StartRequest, emit).catch((error: unknown) => {
      const text = errorText(error);
      // Exit only after the line is written: it is all that the starter can show.
      process.stdout.write(`${JSON.stringify({ failed: text } satisfies SupervisorEvent)}\n`, () => process.exit(1));
    });
  }
});
input.on("close", () => {
  if (!isDetached) process.exit(0);
});

function emit(event: SupervisorEvent): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}
