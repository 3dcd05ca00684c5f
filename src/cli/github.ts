import { Command } from "commander";
import { deliveriesCommand } from "./github/deliveries.js";
import { explainCommand } from "./github/explain.js";
import { redeliverCommand } from "./github/redeliver.js";
import { processIo, type CommandIo } from "./io.js";

/** `orchestrator github explain|deliveries|redeliver`. */
export function githubCommand(io: CommandIo = processIo): Command {
  return new Command("github")
    .description("list webhooks of GitHub, what is decided about them and why, and request other decisions")
    .addCommand(explainCommand(io))
    .addCommand(deliveriesCommand(io))
    .addCommand(redeliverCommand(io));
}
