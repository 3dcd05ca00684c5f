/** A run as text for people, in the form of kubectl describe. Pure. */
import type { BudgetAmount } from "../../api/budget.js";
import type { CodeRun } from "../../api/coderun.js";
import { authorship } from "../../api/authorship.js";
import type { DocsRun } from "../../api/docsrun.js";
import { isTerminal } from "../../api/phase.js";
import { reasons, type Reason } from "../../api/reasons.js";
import type { RunBudget, TaskRun, Usage } from "../../api/taskrun.js";
import type { Found } from "../../operations/any-run.js";
import type { RunEvent } from "../../operations/events.js";
import { printable } from "../../printable.js";
import { ageSince } from "../age.js";
import { aligned } from "../aligned.js";
import { colored, phaseColor, type Terminal } from "../terminal.js";

type Lines = readonly (readonly [name: string, value: unknown])[];

/**
 * @param events or why they are unknown
 * @param now milliseconds, to which times are relative
 */
export function descriptionOf(
  found: Found,
  events: readonly RunEvent[] | string,
  now: number,
  terminal?: Terminal,
): string {
  const sections = [
    factsOf(found, now, terminal),
    section("Conditions", conditionLines(found, now)),
    section("Attempts", attemptLines(found, now)),
    section("Files", fileLines(found)),
    typeof events === "string" ? `Events:  <unknown>: ${events}\n` : section("Events", eventLines(events, now)),
    nextSteps(found),
  ];
  return sections.join("");
}

function factsOf({ type, run }: Found, now: number, terminal: Terminal | undefined): string {
  const { metadata, status } = run;
  // the kinds differ in some fields; the others are absent
  const spec = run.spec as Partial<TaskRun["spec"] & CodeRun["spec"] & DocsRun["spec"]>;
  const { repository, cliConfig } = spec;
  const when = (time: string | undefined): string | undefined => time && `${time} (${ageSince(time, now)} ago)`;
  const phase = status?.phase ?? "Pending";
  const shownPhase = colored(phase, phaseColor(phase), terminal?.colors === true);
  const creator = metadata.annotations?.[authorship.createdBy];
  const lines: Lines = [
    ["Name", metadata.name],
    ["Namespace", metadata.namespace],
    ["Kind", type.kind],
    ["Created", `${when(metadata.creationTimestamp) ?? "<unknown>"}${creator === undefined ? "" : ` by ${creator}`}`],
    ["Deleted", when(metadata.deletionTimestamp)],
    ["Task", spec.taskId],
    ["Service", spec.serviceName ?? spec.service],
    ["Agent", spec.agentName ?? spec.githubApp ?? spec.githubUser],
    ["Program", spec.cli ?? cliConfig?.cliType],
    ["Model", cliConfig?.model ?? spec.model],
    ["Image", spec.image],
    ["Repository", repository?.url ?? spec.repositoryUrl],
    ["Branch", repository?.branch ?? spec.sourceBranch],
    ["Directory", repository?.path ?? spec.workingDirectory],
    ["Documents", spec.docsRepositoryUrl && `${spec.docsRepositoryUrl} (${spec.docsBranch ?? "main"})`],
    ["Workspace", spec.workspace?.pvcName],
    ["Priority", spec.priority],
    ["Depends on", spec.dependsOn?.join(", ")],
    ["Context", `version ${spec.contextVersion ?? 1}`],
    ["Suspended", spec.suspend === true ? "yes" : undefined],
    ["Phase", `${shownPhase}${status?.reason === undefined ? "" : ` (${printable(status.reason)})`}`],
    ["Message", status?.message],
    ["Started", when(status?.startTime)],
    ["Ended", when(status?.completionTime)],
    ["Next retry", status?.nextRetryTime],
    ["Pull request", status?.pullRequestUrl],
    ["Session", status?.sessionId],
    ["Budget", spec.budget && budgetText(spec.budget)],
    ["Models", status?.usage && usageText(status.usage)],
    ["Job", status?.jobName],
  ];
  return lines
    .filter(([, value]) => value !== undefined && value !== "")
    .map(([name, value]) => `${`${name}:`.padEnd(14)}${name === "Phase" ? String(value) : printable(String(value))}\n`)
    .join("");
}

function budgetText({ maxCostUSD, maxTokens }: RunBudget): string {
  return amountText({
    ...(maxCostUSD !== undefined && { costUSD: maxCostUSD }),
    ...(maxTokens !== undefined && { tokens: maxTokens }),
  });
}

function amountText({ costUSD, tokens }: BudgetAmount): string {
  return [
    ...(costUSD === undefined ? [] : [`$${costUSD.toFixed(2)}`]),
    ...(tokens === undefined ? [] : [`${tokens} tokens`]),
  ].join(", ");
}

/** What all attempts that have ended used. */
function usageText({ costUSD, unknownAttempts, unmeasured, ...usage }: Usage): string {
  const figures = [
    ["input", usage.inputTokens],
    ["output", usage.outputTokens],
    ["cache read", usage.cacheReadTokens],
    ["cache write", usage.cacheWriteTokens],
  ].flatMap(([name, tokens]) => (tokens === undefined || tokens === 0 ? [] : [`${name} ${tokens}`]));
  const parts = [
    ...(costUSD === undefined ? [] : [`$${costUSD.toFixed(2)}`]),
    `${usage.requests ?? 0} requests`,
    ...(figures.length === 0 ? [] : [`tokens: ${figures.join(", ")}`]),
    ...(unknownAttempts === undefined ? [] : [`attempts without a report: ${unknownAttempts}`]),
    ...(unmeasured === undefined ? [] : [`counted for them: ${amountText(unmeasured)}`]),
  ];
  return parts.join("; ");
}

/** A table under its name; `<none>` without lines. */
function section(name: string, lines: readonly (readonly string[])[]): string {
  if (lines.length < 2) return `${`${name}:`.padEnd(14)}<none>\n`;
  const rows = lines.map((line) => ["", ...line.map((text) => printable(text).trim() || "-")]);
  return `${name}:\n${aligned(rows, { gap: 2 })}`;
}

function conditionLines({ run }: Found, now: number): string[][] {
  const conditions = run.status?.conditions ?? [];
  return [
    ["TYPE", "STATUS", "REASON", "SINCE", "MESSAGE"],
    ...conditions.map(({ type, status, reason, lastTransitionTime, message }) => [
      ...[type, status, reason, ageSince(lastTransitionTime, now), message],
    ]),
  ];
}

function attemptLines({ run }: Found, now: number): string[][] {
  const attempts = run.status?.runs ?? [];
  return [
    ["NUMBER", "OUTCOME", "EXIT CODE", "REASON", "CAUSE", "STARTED", "DURATION", "JOB"],
    ...attempts.map(({ number, outcome, exitCode, reason, cause, startTime, completionTime, jobName }) => [
      ...[
        String(number),
        outcome ?? "Running",
        exitCode === undefined ? "" : String(exitCode),
        reason ?? "",
        cause ?? "",
      ],
      startTime === undefined ? "" : `${ageSince(startTime, now)} ago`,
      startTime === undefined
        ? ""
        : ageSince(startTime, completionTime === undefined ? now : Date.parse(completionTime)),
      jobName ?? "",
    ]),
  ];
}

function fileLines({ run }: Found): string[][] {
  const files = "markdownFiles" in run.spec ? run.spec.markdownFiles : [];
  const size = (content: string): string => `${Buffer.byteLength(content)} B`;
  return [
    ["NAME", "TYPE", "SIZE"],
    ...files.map(({ filename, fileType = "", content }) => [filename, fileType, size(content)]),
  ];
}

function eventLines(events: readonly RunEvent[], now: number): string[][] {
  return [
    ["TYPE", "REASON", "AGE", "COUNT", "MESSAGE"],
    ...events.map(({ type, reason, lastSeen, count, message }) => [
      ...[type, reason, ageSince(lastSeen, now), String(count), message],
    ]),
  ];
}

/** What a person can do now: the remedy of the run's reason, and commands. */
function nextSteps({ type, run }: Found): string {
  const { status, spec, metadata } = run;
  const reference = `${type.kind.toLowerCase()}/${metadata.name} -n ${metadata.namespace ?? ""}`;
  const command = (verb: string, options = ""): string => `orchestrator task ${verb} ${reference}${options}`;
  const reason = status?.reason ?? "";
  const { meaning, remedy } = Object.hasOwn(reasons, reason) ? reasons[reason as Reason] : { meaning: "", remedy: "" };
  const hasEnded = isTerminal(status?.phase);
  const steps = [
    ...(remedy === "" ? [] : [`${reason}: ${meaning}. Remedy: ${remedy}.`]),
    ...(status?.pullRequestUrl === undefined ? [] : [command("open")]),
    ...((status?.attempts ?? 0) > 0 ? [command("logs", hasEnded ? "" : " -f")] : []),
    ...(status?.phase === "Failed" ? [command("retry")] : []),
    ...(spec.suspend === true && !hasEnded ? [command("resume")] : []),
    ...(!hasEnded ? [command("wait")] : []),
  ];
  return `Next:\n${steps.map((step) => `  ${step}\n`).join("")}`;
}
