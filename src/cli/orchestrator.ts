#!/usr/bin/env node
/** The entry point of the command line: one file per command, loaded only when the command is used. */
import { Command } from "commander";
import { version } from "../version.js";
import { exitOnUsageError } from "./options.js";

/** Commands by name. Each is loaded on demand, so that `orchestrator validate` does not load the operator. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  manager: async () => (await import("./manager.js")).managerCommand(),
  server: async () => (await import("./server.js")).serverCommand(),
  task: async () => (await import("./task/task.js")).taskCommand(),
  validate: async () => (await import("./validate.js")).validateCommand(),
  convert: async () => (await import("./convert.js")).convertCommand(),
  render: async () => (await import("./render.js")).renderCommand(),
  config: async () => (await import("./config.js")).configCommand(),
  doctor: async () => (await import("./doctor.js")).doctorCommand(),
  version: async () => (await import("./version.js")).versionCommand(),
  cluster: async () => (await import("./cluster.js")).clusterCommand(),
};

const program = new Command("orchestrator")
  .description("run AI coding agents as Kubernetes custom resources")
  .version(version)
  .showHelpAfterError("(see orchestrator --help)");
// a reader that closes the pipe early, such as head, is not a failure
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});
const wanted = process.argv[2];
const chosen = wanted === undefined ? undefined : commands[wanted];
const loaders = chosen === undefined ? Object.values(commands) : [chosen];
for (const load of loaders) program.addCommand(await load());
for (const command of [program, ...program.commands]) exitOnUsageError(command);
await program.parseAsync();
