#!/usr/bin/env node
/** The command line: one file a command, each loaded only when it is called. */
import { Command } from "commander";
import { version } from "../version.js";

/** Commands by name; the loaders keep `orchestrator --help` from reading the whole program. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  manager: async () => (await import("./manager.js")).managerCommand(),
  validate: async () => (await import("./validate.js")).validateCommand(),
  convert: async () => (await import("./convert.js")).convertCommand(),
  render: async () => (await import("./render.js")).renderCommand(),
  config: async () => (await import("./config.js")).configCommand(),
  cluster: async () => (await import("./cluster.js")).clusterCommand(),
};

const program = new Command("orchestrator")
  .description("runs AI coding agents as Kubernetes custom resources")
  .version(version)
  .showHelpAfterError("(orchestrator --help tells more)");
// whoever reads no further, as head, is no failure
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});
const wanted = process.argv[2];
const chosen = wanted === undefined ? undefined : commands[wanted];
const loaders = chosen === undefined ? Object.values(commands) : [chosen];
for (const load of loaders) program.addCommand(await load());
for (const command of [program, ...program.commands]) {
  // commander's own code for wrong usage is 1, which is ours for failure
  command.exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
}
await program.parseAsync();
