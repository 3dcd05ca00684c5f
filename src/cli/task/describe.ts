import { Command } from "commander";

import { Forbidden } from "../../runtime/client/errors.js";
import { withColorOf, withExitCode, type CommandIo } from "../io.js";
import type { ServerOptions } from "../runs/server-access.js";
import { withRuns, withRunsOptions } from "../runs/with-runs.js";
import { runArgument } from "./run-argument.js";
import { descriptionOf } from "./run-description.js";

/** `orchestrator task describe`. Exit codes: 0 success; 1 there is no such run; 2 wrong usage or no cluster. */
export function describeCommand(io: CommandIo): Command {
  return withRunsOptions(new Command("describe"))
    .description("print a run's state and history, and what to do next")
    .addArgument(runArgument())
    .addHelpText("after", examples)
    .action(
      withExitCode(io, (reference: string, options: ServerOptions) =>
        withRuns(options, io, async (runs) => {
          const found = await runs.find(reference);
          const events = await runs.events(found).catch((error: unknown) => {
            if (error instanceof Forbidden) return "you may not list Events here";
            throw error;
          });
          io.out(descriptionOf(found, events, Date.now(), withColorOf(options, io).terminal));
          return 0;
        }),
      ),
    );
}

const examples = `
Examples:
  orchestrator task describe auth-task-5
  orchestrator task describe coderun/auth-code-5 -n team-a`;
