import { Command } from "commander";
import { Deliveries, redeliverAnnotation } from "../../api/delivery.js";
import { printable } from "../../printable.js";
import { inCluster, type AccessOptions } from "../cluster-access.js";
import { processIo, withExitCode, type CommandIo } from "../io.js";
import { namespaceOf, withDeliveryOptions } from "./delivery-options.js";

/** `orchestrator github redeliver NAME...`. Exit codes: 0 requested; 1 the API server refuses one; 2 wrong usage or no cluster. */
export function redeliverCommand(io: CommandIo = processIo, now: () => number = Date.now): Command {
  return withDeliveryOptions(new Command("redeliver"))
    .description("request another decision about received webhooks, for example after rules or rights changed")
    .argument("<name...>", "names of Deliveries, as orchestrator github deliveries prints them")
    .addHelpText("after", examples)
    .action(
      withExitCode(io, (names: readonly string[], options: AccessOptions) =>
        inCluster(options, io, async ({ client }) => {
          const namespace = namespaceOf(options);
          const body = { metadata: { annotations: { [redeliverAnnotation]: new Date(now()).toISOString() } } };
          for (const name of names) {
            await client.patch(Deliveries, { namespace, name }, { type: "merge", body });
            io.out(`delivery/${printable(name)} will be decided again\n`);
          }
          return 0;
        }),
      ),
    );
}

const examples = `
Examples:
  orchestrator github redeliver github-72d3162e-cc78-11e3-81ab-4c9367dc0958`;
