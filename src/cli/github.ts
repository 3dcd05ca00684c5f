import { Command } from "commander";
import { explainCommand } from "./github/explain.js";
import { processIo, type CommandIo } from "./io.js";

/** `orchestrator github explain`. */
export function githubCommand(io: CommandIo = processIo): Command {
  return new Command("github")
    .description("show what happens with webhooks of GitHub")
    .addCommand(explainCommand(io));
}
