import { Command } from "commander";
import { findRun } from "../../operations/find.js";
import { runTable } from "../../operations/table.js";
import { inCluster, withAccessOptions, type AccessOptions } from "../cluster-access.js";
import { withExitCode, type CommandIo } from "../io.js";
import { runArgument } from "./run-argument.js";
import { objectText, outputOption, tableText, type Format } from "./run-output.js";

interface Options extends AccessOptions {
  readonly output: Format;
}

/** `orchestrator task get`. Exit codes: 0 success; 1 there is no such run; 2 wrong usage or no cluster. */
export function getCommand(io: CommandIo): Command {
  return withAccessOptions(new Command("get"))
    .description("print a run")
    .addArgument(runArgument())
    .addOption(outputOption())
    .action(
      withExitCode(io, (reference: string, options: Options) =>
        inCluster(options, io, async ({ client, namespace }) => {
          const found = await findRun(client, namespace, reference);
          const { output } = options;
          if (output === "json" || output === "yaml" || output === "name") {
            io.out(objectText([found], output, true));
            return 0;
          }
          const { name } = found.run.metadata;
          const table = await runTable(client, found.type, { namespace, fieldSelector: `metadata.name=${name}` });
          const style = { wide: output === "wide", namespaces: false, now: Date.now() };
          io.out(tableText([table], style) ?? "");
          return 0;
        }),
      ),
    );
}
