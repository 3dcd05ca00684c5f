import { Command, Option } from "commander";
import type { Association } from "../../deliveries/association.js";
import { startsPlay } from "../../deliveries/play-start.js";
import { taskOfEvent } from "../../deliveries/event-task.js";
import { githubEvent, knownEvents, PayloadError } from "../../deliveries/github-event.js";
import { probableEvent } from "../../deliveries/event-name.js";
import { grafanaAlerts } from "../../deliveries/grafana-event.js";
import { judge, type Judgement } from "../../deliveries/rules.js";
import type { DeliverySpec } from "../../api/delivery.js";
import type { Configuration } from "../../configuration/configuration.js";
import { DepthError, parseBoundedJson } from "../../runtime/input/bounded-json.js";
import { isObject } from "../../runtime/schema/json.js";
import { printable } from "../../printable.js";
import { loadConfiguration } from "../configuration-file.js";
import { contentOf, processIo, UsageError, withExitCode, type CommandIo } from "../io.js";

/** Of Grafana, whose payload is another one. */
const alertEvent = "alert";

interface Options {
  readonly filename: string;
  readonly event?: string;
  readonly config?: string;
  readonly output: "text" | "json";
}

/**
 * `orchestrator github explain -f FILE`: which rule matches a payload, without a cluster and without GitHub.
 *
 * Exit codes: 0 explained, whatever the rule is; 2 wrong usage, or a file that cannot be read.
 */
export function explainCommand(io: CommandIo = processIo): Command {
  return new Command("explain")
    .description("print which rule matches the payload of a webhook, and why the rules before it do not")
    .requiredOption("-f, --filename <file>", "payload in JSON, as GitHub or Grafana sends it, or - for standard input")
    .option(
      "--event <name>",
      "event, as in X-GitHub-Event, or alert for Grafana's (default: detected from the payload)",
    )
    .option("--config <file>", "operator configuration (config.yaml) with the rules (default: the default rules)")
    .addOption(new Option("-o, --output <format>", "output format").choices(["text", "json"]).default("text"))
    .addHelpText("after", examples)
    .action(withExitCode(io, (options: Options) => explain(options, io)));
}

const examples = `
Examples:
  orchestrator github explain -f payload.json
  orchestrator github explain -f payload.json --event pull_request --config config.yaml
  orchestrator github explain -f notification.json --event alert --config config.yaml`;

function explain({ filename, event, config, output }: Options, io: CommandIo): number {
  const file = filename === "-" ? "<stdin>" : filename;
  const text = contentOf(filename, io);
  const name = event ?? probableEvent(parsed(file, text));
  if (name === undefined)
    throw new UsageError(`${file}: error: the payload looks like no event with rules; name it with --event`);
  const configuration = loadConfiguration(config, io);
  if (name === alertEvent)
    return explainAlerts(
      read(file, () => grafanaAlerts(Buffer.from(text))),
      configuration,
      output,
      io,
    );
  const spec = read(file, () => githubEvent(name, "explain", Buffer.from(text)));
  if (spec === undefined) {
    if (output === "json") io.out(`${JSON.stringify({ event: name, outcome: "notTakenIn" }, null, 2)}\n`);
    else
      io.out(`${printable(name)} is not taken in: no rule can be for it. Rules are for ${knownEvents.join(", ")}.\n`);
    return 0;
  }
  const explained = explanation(spec, configuration);
  if (output === "json") io.out(`${JSON.stringify(report(explained), null, 2)}\n`);
  else io.out(story(explained));
  return 0;
}

/** Each alert of a notification of Grafana is decided about on its own. */
function explainAlerts(
  alerts: readonly DeliverySpec[],
  configuration: Configuration,
  output: Options["output"],
  io: CommandIo,
): number {
  const explained = alerts.map((spec) => explanation(spec, configuration));
  if (output === "json") io.out(`${JSON.stringify({ alerts: explained.map(report) }, null, 2)}\n`);
  else if (alerts.length === 0) io.out("The notification has no alert that fires or is resolved.\n");
  else io.out(explained.map(story).join("\n"));
  return 0;
}

interface Explanation {
  readonly event: DeliverySpec;
  readonly judgement: Judgement;
  readonly association: Association;
  /** Whether the event starts the play of a task that has no run, instead of its first run. */
  readonly isPlay: boolean;
}

function explanation(event: DeliverySpec, configuration: Configuration): Explanation {
  const judgement = judge(event, configuration.github.rules);
  const { rule } = judgement;
  // as if the repository had no run yet
  const association = taskOfEvent({ event, mayWrite: true }, [], rule?.then ?? { action: "ignore" });
  const isPlay = rule !== undefined && startsPlay(event, rule, undefined, configuration);
  return { event, judgement, association, isPlay };
}

function parsed(file: string, text: string): object {
  try {
    const payload = parseBoundedJson(text, 64);
    if (isObject(payload)) return payload;
  } catch (error) {
    if (error instanceof DepthError) throw new UsageError(`${file}: error: the payload ${error.message}`);
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new UsageError(`${file}: error: the payload is not a JSON object; copy it from the App's settings in GitHub`);
}

/** @throws UsageError for a payload that cannot be read */
function read<T>(file: string, specs: () => T): T {
  try {
    return specs();
  } catch (error) {
    if (!(error instanceof PayloadError)) throw error;
    throw new UsageError(`${file}: error: the payload ${error.message}`);
  }
}

function report({ event, judgement: { rule, trials }, association, isPlay }: Explanation): object {
  return { event, rule: rule?.name ?? null, then: rule?.then ?? { action: "ignore" }, isPlay, trials, association };
}

function story({ event, judgement: { rule, trials }, association, isPlay }: Explanation): string {
  const { repository, subject, action } = event;
  const where = repository === undefined ? "" : ` in ${repository.owner}/${repository.name}`;
  const about = event.alert === undefined ? "" : `, ${event.alert.name}`;
  const what = subject === undefined ? about : `, ${subject.kind} ${subject.number}`;
  const lines = [
    `event: ${event.event}${action === undefined ? "" : ` ${action}`}${what}${where}`,
    ...trials.map((trial) => (trial.matches ? `rule ${trial.rule}: matches` : `rule ${trial.rule}: no, ${trial.why}`)),
    rule === undefined ? "decision: ignore, since no rule matches" : `decision: ${decision(rule.then)}`,
    "task" in association
      ? `task: ${association.task}, from ${association.from.join(" and ")}`
      : `task: none. ${association.message}`,
    ...(isPlay ? ["note: with argo.startFromIssues it starts the play of the task, as a Workflow"] : []),
    ...(event.fork === true ? ["note: the branch is in another repository: the operator ignores it"] : []),
    ...(rule !== undefined && rule.then.action !== "ignore" && event.source === "github"
      ? ["note: the operator also asks GitHub for marker files and for the permission of the sender"]
      : []),
  ];
  return lines.map((line) => `${printable(line)}\n`).join("");
}

function decision(then: NonNullable<Judgement["rule"]>["then"]): string {
  const { action, agent, stage, namespace, replace, labels, node, restart } = then;
  const parts = [
    ...(agent === undefined ? [] : [`agent ${agent}`]),
    ...(stage === undefined ? [] : [`stage ${stage}`]),
    ...(namespace === undefined ? [] : [`in namespace ${namespace}, for an issue without a run`]),
    ...(labels === undefined ? [] : [labels.join(", ")]),
    ...(replace === undefined ? [] : [`live runs of stage ${replace.join(", ")} are cancelled`]),
    ...(node === undefined ? [] : [`if a Workflow plays the task, ${node} is resumed instead`]),
    ...(restart === true ? ["if a Workflow plays the task, it begins a new round instead"] : []),
  ];
  return parts.length === 0 ? action : `${action} (${parts.join("; ")})`;
}
