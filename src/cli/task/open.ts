import { Command } from "commander";
import { isTerminal } from "../../api/phase.js";
import { nameOf, type Found } from "../../operations/any-run.js";
import { OperationError } from "../../operations/operation-error.js";
import { browserOpener, isWebUrl, openUrl } from "../open-browser.js";
import { withExitCode, type CommandIo } from "../io.js";
import type { ServerOptions } from "../runs/server-access.js";
import { withRuns, withRunsOptions } from "../runs/with-runs.js";
import { runArgument } from "./run-argument.js";

interface Options extends ServerOptions {
  readonly print?: boolean;
}

/** `orchestrator task open`. Exit codes: 0 success; 1 the run has no pull request; 2 wrong usage or no cluster. */
export function openCommand(io: CommandIo, environment: NodeJS.ProcessEnv = process.env): Command {
  return withRunsOptions(new Command("open"))
    .description("print the pull request of a run, and open it in a browser")
    .addArgument(runArgument())
    .option("--print", "address only, without a browser")
    .addHelpText("after", examples)
    .action(
      withExitCode(io, (reference: string, options: Options) =>
        withRuns(options, io, async (runs) => {
          const url = pullRequestOf(await runs.find(reference));
          io.out(`${url}\n`);
          const isShown = options.print !== true && io.terminal !== undefined;
          const opener = isShown ? browserOpener(process.platform, environment) : undefined;
          if (opener !== undefined) openUrl(opener, url);
          return 0;
        }),
      ),
    );
}

const examples = `
Examples:
  orchestrator task open auth-task-5
  gh pr checkout "$(orchestrator task open auth-task-5 --print)"`;

/** @throws OperationError without one */
function pullRequestOf(found: Found): string {
  const { phase, pullRequestUrl } = found.run.status ?? {};
  // an agent reports it, so it may be anything
  if (pullRequestUrl !== undefined && isWebUrl(pullRequestUrl)) return pullRequestUrl;
  const when = isTerminal(phase) ? `it ended as ${phase ?? ""}` : "it has not ended";
  throw new OperationError(`${nameOf(found)} has reported no pull request; ${when}. See orchestrator task describe`);
}
