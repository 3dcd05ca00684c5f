import { Command } from "commander";
import { processIo, type CommandIo } from "../io.js";
import { exitOnUsageError } from "../options.js";
import { codeCommand } from "./code.js";
import { contextCommand } from "./context.js";
import { describeCommand } from "./describe.js";
import { docsCommand } from "./docs.js";
import { getCommand } from "./get.js";
import { listCommand } from "./list.js";
import { logsCommand } from "./logs.js";
import { openCommand } from "./open.js";
import { requestCommands } from "./requests.js";
import { submitCommand } from "./submit.js";
import { waitCommand } from "./wait.js";

/** `orchestrator task ...`: runs of all kinds, with the rights of the kubeconfig's user. */
export function taskCommand(io: CommandIo = processIo): Command {
  const command = new Command("task").description("submit, list, follow and steer runs in a cluster");
  const commands = [
    submitCommand(io),
    codeCommand(io),
    docsCommand(io),
    listCommand(io),
    getCommand(io),
    describeCommand(io),
    logsCommand(io),
    contextCommand(io),
    openCommand(io),
    waitCommand(io),
    ...requestCommands(io),
  ];
  for (const each of commands) command.addCommand(each);
  for (const each of command.commands) exitOnUsageError(each);
  return command;
}
