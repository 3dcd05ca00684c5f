import { Command } from "commander";
import { processIo, type CommandIo } from "./io.js";
import { cancelCommand } from "./play/cancel.js";
import { startCommand } from "./play/start.js";
import { statusCommand } from "./play/status.js";

/** `orchestrator play start|status|cancel`. */
export function playCommand(io: CommandIo = processIo): Command {
  return new Command("play")
    .description("start, show and cancel plays: implementation, quality, testing and merge of one task")
    .addCommand(startCommand(io))
    .addCommand(statusCommand(io))
    .addCommand(cancelCommand(io));
}
