import { Command, Option } from "commander";
import { Deliveries, type Delivery } from "../../api/delivery.js";
import { isWanted } from "../../operations/delivery-list.js";
import { byCreationDescending } from "../../runtime/client/creation-order.js";
import type { Stored } from "../../runtime/client/objects.js";
import { printable } from "../../printable.js";
import { ageSince } from "../age.js";
import { aligned } from "../aligned.js";
import { inCluster, type AccessOptions } from "../cluster-access.js";
import { processIo, withExitCode, type CommandIo } from "../io.js";
import { namespaceOf, withDeliveryOptions } from "./delivery-options.js";

interface Options extends AccessOptions {
  readonly repository?: string;
  readonly number?: string;
  readonly phase?: string;
  readonly output: "table" | "json";
}

/** `orchestrator github deliveries`. Exit codes: 0 listed, also if there are none; 1 the API server refuses; 2 wrong usage or no cluster. */
export function deliveriesCommand(io: CommandIo = processIo): Command {
  const phases = ["Undecided", "Decided", "Waiting", "Done", "Ignored", "Failed"];
  return withDeliveryOptions(new Command("deliveries"))
    .description("list received webhooks, newest first, with the decision about each")
    .option("--repository <name>", "only of this repository, such as acme/shop")
    .option("--number <number>", "only about this issue or pull request")
    .addOption(new Option("--phase <phase>", "only in this phase").choices(phases))
    .addOption(new Option("-o, --output <format>", "output format").choices(["table", "json"]).default("table"))
    .addHelpText("after", examples)
    .action(withExitCode(io, (options: Options) => inCluster(options, io, ({ client }) => list(client, options, io))));
}

const examples = `
Examples:
  orchestrator github deliveries --repository acme/shop --number 12
  orchestrator github deliveries --phase Failed -o json`;

type Lists = Parameters<Parameters<typeof inCluster>[2]>[0]["client"];

async function list(client: Lists, options: Options, io: CommandIo): Promise<number> {
  const namespace = namespaceOf(options);
  const { items } = await client.list(Deliveries, { namespace });
  const { number, ...others } = options;
  const query = { ...others, ...(number !== undefined && { number: Number(number) }) };
  const found = items.filter((each) => isWanted(each, query)).sort(byCreationDescending);
  if (options.output === "json") {
    const plain = found.map(({ metadata: { name, creationTimestamp }, spec, status }) => ({
      ...{ name, receivedAt: creationTimestamp, spec, status },
    }));
    io.out(`${JSON.stringify({ items: plain }, null, 2)}\n`);
  } else if (found.length === 0) io.err(`No such Delivery in namespace ${printable(namespace)}.\n`);
  else io.out(table(found));
  return 0;
}

function table(deliveries: readonly Stored<Delivery>[]): string {
  const head = ["NAME", "EVENT", "REPOSITORY", "SENDER", "PHASE", "DECISION", "RUN", "AGE", "MESSAGE"];
  const lines = deliveries.map(({ metadata, spec, status = {} }) => {
    const { repository, subject, action } = spec;
    const number = subject === undefined ? "" : `#${subject.number}`;
    const where = repository === undefined ? "" : `${repository.owner}/${repository.name}${number}`;
    const object = status.run ?? status.workflow;
    const run = object === undefined ? "" : `${object.namespace}/${object.name}`;
    return [
      ...[
        metadata.name,
        action === undefined ? spec.event : `${spec.event} ${action}`,
        where,
        spec.sender?.login ?? "",
      ],
      ...[
        status.phase ?? "Undecided",
        status.decision ?? "",
        run,
        ageSince(metadata.creationTimestamp, Date.now()),
        status.message ?? "",
      ],
    ].map((cell) => (cell === "" ? "<none>" : printable(cell)));
  });
  return aligned([head, ...lines]);
}
