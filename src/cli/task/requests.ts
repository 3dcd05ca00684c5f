/** `orchestrator task retry|suspend|resume|cancel|delete`. */
import { Command } from "commander";
import { nameOf, type Found } from "../../operations/any-run.js";
import { findRun } from "../../operations/find.js";
import type { Requested } from "../../operations/change-spec.js";
import { cancel, remove, resume, retry, suspend } from "../../operations/requests.js";
import { runWhen } from "../../operations/wait.js";
import type { HttpClient } from "../../runtime/client/http.js";
import { inCluster, withAccessOptions, type AccessOptions } from "../cluster-access.js";
import { withExitCode, type CommandIo } from "../io.js";
import { runArgument } from "./run-argument.js";

interface Verb {
  readonly name: string;
  readonly description: string;
  readonly request: (client: HttpClient, found: Found, options: { readonly replace?: boolean }) => Promise<Requested>;
}

const verbs: readonly Verb[] = [
  {
    name: "suspend",
    description: "keep a run from starting attempts, and stop the pod of a running one until it is resumed",
    request: suspend,
  },
  { name: "resume", description: "let a suspended run start; a stopped pod starts again", request: resume },
  { name: "cancel", description: "stop a run for good; its files stay in the workspace", request: cancel },
];

/** Exit codes: 0 done, or already so; 1 refused; 2 wrong usage or no cluster. */
export function requestCommands(io: CommandIo): Command[] {
  return [
    requestCommand(io, { name: "retry", description: "start another attempt of a run", request: retry }).option(
      "--replace",
      "stop a running attempt as well",
    ),
    ...verbs.map((verb) => requestCommand(io, verb)),
    deleteCommand(io),
  ];
}

function requestCommand(io: CommandIo, { name, description, request }: Verb): Command {
  return withAccessOptions(new Command(name))
    .description(description)
    .addArgument(runArgument())
    .action(
      withExitCode(io, (reference: string, options: AccessOptions & { readonly replace?: boolean }) =>
        inCluster(options, io, async ({ client, namespace }) => {
          const found = await findRun(client, namespace, reference);
          const { what } = await request(client, found, options);
          io.out(`${nameOf(found)}: ${what}\n`);
          return 0;
        }),
      ),
    );
}

function deleteCommand(io: CommandIo): Command {
  return withAccessOptions(new Command("delete"))
    .description("stop a run and delete it with its Jobs and files; the workspace stays")
    .addArgument(runArgument())
    .option("--no-wait", "do not wait until it is gone")
    .action(
      withExitCode(io, (reference: string, options: AccessOptions & { readonly wait: boolean }) =>
        inCluster(options, io, async ({ client, namespace }) => {
          const found = await findRun(client, namespace, reference);
          await remove(client, found);
          if (options.wait) await runWhen(client, found, () => false, new AbortController().signal);
          io.out(`${nameOf(found)}: deleted\n`);
          return 0;
        }),
      ),
    );
}
