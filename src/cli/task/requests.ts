/** `orchestrator task retry|suspend|resume|cancel|delete`. */
import { Command } from "commander";
import { nameOf } from "../../operations/any-run.js";
import { withExitCode, type CommandIo } from "../io.js";
import type { ServerOptions } from "../runs/server-access.js";
import type { RunRequest } from "../runs/runs.js";
import { withRuns, withRunsOptions } from "../runs/with-runs.js";
import { runArgument } from "./run-argument.js";

interface Verb {
  readonly name: RunRequest;
  readonly description: string;
}

const verbs: readonly Verb[] = [
  {
    name: "suspend",
    description: "keep a run from starting attempts until it is resumed; the pod of a running attempt stops",
  },
  { name: "resume", description: "let a suspended run start attempts again; a stopped pod restarts" },
  { name: "cancel", description: "stop a run for good; its files stay in the workspace" },
];

/** Exit codes: 0 done, or already so; 1 refused; 2 wrong usage or no cluster. */
export function requestCommands(io: CommandIo): Command[] {
  return [
    requestCommand(io, { name: "retry", description: "start another attempt of a run" }).option(
      "--replace",
      "stop a running attempt as well",
    ),
    ...verbs.map((verb) => requestCommand(io, verb)),
    deleteCommand(io),
  ];
}

function requestCommand(io: CommandIo, { name, description }: Verb): Command {
  return withRunsOptions(new Command(name))
    .description(description)
    .addArgument(runArgument())
    .action(
      withExitCode(io, (reference: string, options: ServerOptions & { readonly replace?: boolean }) =>
        withRuns(options, io, async (runs) => {
          const found = await runs.find(reference);
          const { what } = await runs.request(found, name, options);
          io.out(`${nameOf(found)}: ${what}\n`);
          return 0;
        }),
      ),
    );
}

function deleteCommand(io: CommandIo): Command {
  return withRunsOptions(new Command("delete"))
    .description("stop a run and delete it with its Jobs and files; the workspace stays")
    .addArgument(runArgument())
    .option("--no-wait", "do not wait until it is gone")
    .action(
      withExitCode(io, (reference: string, options: ServerOptions & { readonly wait: boolean }) =>
        withRuns(options, io, async (runs) => {
          const found = await runs.find(reference);
          await runs.remove(found);
          if (options.wait) await runs.when(found, () => false, new AbortController().signal);
          io.out(`${nameOf(found)}: deleted\n`);
          return 0;
        }),
      ),
    );
}
