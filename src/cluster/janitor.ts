/**
 * The janitor of a cluster: a process that waits until the supervisor exits, for whatever reason, and then removes what
 * is left. It notices by the end of its standard input, whose other end only the supervisor holds.
 *
 * It loads all its code when it starts: the checkout may have been rebuilt or deleted by the time it runs.
 */
import { cleanUp } from "./cleanup.js";
import { readState } from "./state.js";

const directory = process.argv[2];
if (directory === undefined) throw new Error("usage: janitor DIRECTORY");

for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => undefined);
let id: string | undefined;
process.stdin.on("data", (chunk: Buffer) => (id = chunk.toString().trim()));
process.stdin.on("end", () => {
  const state = readState(directory);
  // A directory with another id belongs to a later cluster of the same name.
  if (state === undefined || state.id !== id) process.exit(0);
  cleanUp(state).then(
    () => process.exit(0),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
