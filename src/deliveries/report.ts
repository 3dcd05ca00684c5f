/** The report about agents in their issue or pull request: one comment, and the Check Runs. Pure. */
import { agentOf, type CodeRun } from "../api/coderun.js";
import { isFinished, type Delivery } from "../api/delivery.js";
import { byCreationDescending } from "../runtime/client/creation-order.js";
import type { Stored } from "../runtime/client/objects.js";
import { stageOf } from "./decision.js";

/** The first line of the comment, by which it is found again. */
export const reportMarker = "<!-- agent-orchestrator: report -->";

export interface CheckReport {
  /** The run's UID. */
  readonly id: string;
  readonly name: string;
  /** Commit that the run is about. */
  readonly revision: string;
  readonly status: "queued" | "in_progress" | "completed";
  /** Never `failure`: that would be a check for the agents to repair. */
  readonly conclusion?: "success" | "action_required" | "cancelled";
  readonly title: string;
  readonly summary: string;
}

export interface Report {
  readonly comment: string;
  readonly checks: readonly CheckReport[];
}

/** Runs in the comment, the newest ones. */
const maxRuns = 20;

/** Events in the comment that led to nothing, the newest ones. */
const maxEvents = 5;

/** Characters of a message. */
const maxMessage = 300;

/** Why an event was ignored that someone may wait for. */
const told: ReadonlySet<string> = new Set(["TooManyRuns", "TooManyEvents", "NoAgent", "NoNamespace", "NotReached"]);

/** Why a command was ignored. */
const toldOfCommands: ReadonlySet<string> = new Set([
  ...["NotPermitted", "NothingLive", "NothingFailed", "NoRun", "NoTask", "LiveRun", "NamespaceNotManaged"],
]);

/** Verdicts of quality and testing that pass; no verdict passes, too. */
const passing: ReadonlySet<string> = new Set(["", "approved", "passed", "pass"]);

/**
 * Undefined: there is nothing to tell.
 *
 * @param deliveries about the issue or pull request
 * @param runs of the repository, and of the tasks that the Deliveries name
 */
export function reportOf(
  deliveries: readonly Stored<Delivery>[],
  runs: readonly Stored<CodeRun>[],
): Report | undefined {
  const known = newestRuns(deliveries, runs);
  const events = deliveries.filter(isTold).sort(byCreationDescending).slice(0, maxEvents);
  if (known.length === 0 && events.length === 0) return undefined;
  const lines = [
    reportMarker,
    ...(known.length === 0 ? [] : ["", ...tableOf(known)]),
    ...(events.length === 0 ? [] : ["", "Events that led to nothing:", "", ...events.map((event) => eventLine(event))]),
  ];
  return { comment: `${lines.join("\n")}\n`, checks: checksOf(deliveries, known) };
}

/** The runs of an issue or pull request as they are now, in Markdown. @param runs of the repository */
export function stateOf(deliveries: readonly Stored<Delivery>[], runs: readonly Stored<CodeRun>[]): string {
  const known = newestRuns(deliveries, runs);
  return known.length === 0 ? "No event here has started a run." : tableOf(known).join("\n");
}

function newestRuns(deliveries: readonly Stored<Delivery>[], runs: readonly Stored<CodeRun>[]): Stored<CodeRun>[] {
  return runsOf(deliveries, runs).sort(byCreationDescending).slice(0, maxRuns);
}

function tableOf(runs: readonly Stored<CodeRun>[]): string[] {
  const rows = runs.map((run) => {
    const { metadata, spec } = run;
    const cells = [`${metadata.namespace ?? ""}/${metadata.name}`, agentOf(spec) ?? "", stageOf(run)];
    return `| ${cells.map((cell) => code(cell)).join(" | ")} | ${phaseOf(run)} |`;
  });
  return ["| Run | Agent | Stage | State |", "|---|---|---|---|", ...rows];
}

/** A run counts in the namespaces that the operator itself has named: anybody may write a label or a repository's URL. */
function runsOf(deliveries: readonly Stored<Delivery>[], runs: readonly Stored<CodeRun>[]): Stored<CodeRun>[] {
  const places = new Set<string>();
  for (const { status = {} } of deliveries) {
    const named = [
      ...(status.run === undefined ? [] : [status.run.namespace]),
      ...(status.workflow === undefined ? [] : [status.workflow.namespace]),
      ...(status.cancelled ?? []).map((key) => key.slice(0, key.indexOf("/"))),
    ];
    for (const namespace of named) places.add(`${namespace}/${status.task ?? 0}`);
  }
  return runs.filter(({ metadata, spec }) => places.has(`${metadata.namespace ?? ""}/${spec.taskId}`));
}

function isTold({ spec, status = {} }: Stored<Delivery>): boolean {
  if (!isFinished({ status })) return false;
  // anybody may close an issue of theirs
  const isCommand = spec.event === "issue_comment" || (spec.event === "issues" && spec.action === "labeled");
  return (
    (status.phase === "Failed" && status.reason !== "GitHubRefused") ||
    (status.phase === "Ignored" &&
      (told.has(status.reason ?? "") || (isCommand && toldOfCommands.has(status.reason ?? ""))))
  );
}

function eventLine({ metadata, spec, status = {} }: Stored<Delivery>): string {
  const event = [spec.event, spec.action].filter((each) => each !== undefined).join(" ");
  const from = spec.sender === undefined ? "" : ` from ${code(spec.sender.login)}`;
  return `- ${metadata.creationTimestamp ?? ""}, ${code(event)}${from}: ${code(status.message ?? "")} (${code(status.reason ?? "")})`;
}

function phaseOf({ spec, status = {} }: CodeRun): string {
  const { phase = "Pending", reason = "", qaStatus = "", attempts = 0 } = status;
  const more = [
    ...(phase === "Running" || attempts < 2 ? [] : [`${attempts} attempts`]),
    ...(phase === "Running" && attempts > 1 ? [`attempt ${attempts}`] : []),
    ...(spec.cancel === true && phase !== "Cancelled" ? ["is being cancelled"] : []),
    ...(phase === "Succeeded" && qaStatus !== "" ? [code(qaStatus)] : []),
    ...((phase === "Failed" || phase === "Pending") && reason !== "" ? [code(reason)] : []),
  ];
  return more.length === 0 ? phase : `${phase}: ${more.join(", ")}`;
}

/** Of runs that events about a commit have started. */
function checksOf(deliveries: readonly Stored<Delivery>[], runs: readonly Stored<CodeRun>[]): CheckReport[] {
  const revisions = new Map<string, string>();
  for (const { spec, status } of deliveries)
    if (status?.run !== undefined && spec.revision !== undefined)
      revisions.set(`${status.run.namespace}/${status.run.name}`, spec.revision);
  return runs.flatMap((run) => {
    const revision = revisions.get(`${run.metadata.namespace ?? ""}/${run.metadata.name}`);
    return revision === undefined ? [] : [checkOf(run, revision)];
  });
}

function checkOf(run: Stored<CodeRun>, revision: string): CheckReport {
  const { metadata, spec, status = {} } = run;
  const { phase = "Pending", message = "", qaStatus = "" } = status;
  const conclusion =
    phase === "Cancelled"
      ? "cancelled"
      : phase === "Succeeded" && passing.has(qaStatus)
        ? "success"
        : "action_required";
  const isOver = phase === "Succeeded" || phase === "Failed" || phase === "Cancelled";
  return {
    ...{ id: metadata.uid, name: `${agentOf(spec) ?? "agent"}: ${stageOf(run)}`.slice(0, 100), revision },
    status: isOver ? "completed" : phase === "Running" ? "in_progress" : "queued",
    ...(isOver && { conclusion }),
    title: [phase, ...(isOver && qaStatus !== "" ? [qaStatus] : [])].join(": ").slice(0, 200),
    summary: [code(`${metadata.namespace ?? ""}/${metadata.name}`), ...(isOver ? [code(message)] : [])].join(" "),
  };
}

/** In a code span nothing is formatted, nobody is mentioned and nothing is linked. */
function code(text: string): string {
  const plain = text
    .slice(0, maxMessage)
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ")
    .replaceAll("`", "'")
    .replaceAll("|", "/")
    .trim();
  return plain === "" ? "-" : `\`${plain}\``;
}
