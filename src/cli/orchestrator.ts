#!/usr/bin/env node
/** The entry point of the command line. As `kubectl-orchestrator` in PATH it is a plug-in of kubectl. */
import { basename } from "node:path";
import { programWith } from "./commands.js";
import { printAsPlugin } from "./plugin.js";

// a reader that closes the pipe early, such as head, is not a failure
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});
// Node.js 20 can loop forever while it frees what is left after the last event; process.exit does without. Everything is written by then.
process.once("beforeExit", () => process.exit());
const isPlugin = basename(process.argv[1] ?? "").startsWith("kubectl-orchestrator");
const [first, second] = process.argv.slice(2);
if (first === "__complete") {
  const { complete } = await import("./completion/complete.js");
  await complete(process.argv.slice(3));
} else {
  const program = await programWith(
    isPlugin ? "kubectl orchestrator" : "orchestrator",
    first === "help" ? second : first,
  );
  if (isPlugin) printAsPlugin(program);
  await program.parseAsync();
}
