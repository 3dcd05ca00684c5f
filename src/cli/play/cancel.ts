import { Command } from "commander";
import { cancelPlay, findPlay } from "../../operations/plays.js";
import { printable } from "../../printable.js";
import { inCluster, withAccessOptions, type AccessOptions } from "../cluster-access.js";
import { processIo, withExitCode, type CommandIo } from "../io.js";
import { positiveInteger } from "../options.js";

interface Options extends AccessOptions {
  readonly repo?: string;
}

/** `orchestrator play cancel`. Exit codes: 0 cancelled, or nothing was live; 1 the API server refuses, or there is no such play; 2 wrong usage or no cluster. */
export function cancelCommand(io: CommandIo = processIo): Command {
  return withAccessOptions(new Command("cancel"))
    .description("stop the Workflow of a task's play, and cancel the live runs of the task; nothing is deleted")
    .argument("<task-id>", "number of the task", positiveInteger)
    .option("-r, --repo <url>", "repository of the task, if several have the number")
    .addHelpText("after", examples)
    .action(
      withExitCode(io, (task: number, options: Options) =>
        inCluster(options, io, async ({ client, namespace }) => {
          const { repo } = options;
          const play = await findPlay(client, { namespace, task, ...(repo !== undefined && { repository: repo }) });
          const ended = await cancelPlay(client, play);
          for (const name of ended) io.out(`${printable(name)} cancelled\n`);
          if (ended.length === 0) io.err(`Nothing of task ${task} is live.\n`);
          return 0;
        }),
      ),
    );
}

const examples = `
Examples:
  orchestrator play cancel 7
  orchestrator play cancel 7 --repo acme/shop -n team-a`;
