/** The CodeRun that an event starts: a continuation of one that was admitted before, or the first one of an issue's task. Pure. */
import {
  agentOf,
  CodeRuns,
  issueLabel,
  pullRequestLabel,
  stageLabel,
  type CodeRun,
  type CodeRunSpec,
} from "../api/coderun.js";
import { subjectUrl, type Delivery, type DeliverySpec } from "../api/delivery.js";
import { agentOfApp } from "../api/git.js";
import type { Configuration } from "../configuration/configuration.js";
import type { Stored } from "../runtime/client/objects.js";
import { isConflict } from "./commit-events.js";
import { deliveryAnnotation } from "./decision.js";
import type { Rule } from "./rules.js";

/** What belongs to the task, and not to the agent that works on it. */
const taskFields = [
  ...["taskId", "service", "repositoryUrl", "docsRepositoryUrl", "docsProjectDirectory", "docsBranch"],
  ...["workingDirectory", "taskDescription", "taskRequirements", "env", "envFromSecrets", "priority"],
] as const;

/** What belongs to one life of a run. */
const ownFields: ReadonlySet<string> = new Set([
  ...["retryAttempt", "contextVersion", "cancel", "suspend", "dependsOn", "onDependencyFailure"],
]);

/** Characters of `promptModification`. */
const maxPrompt = 65_536;

/**
 * @param source the run that it continues; absent: it is the first one of an issue's task
 * @throws Error unless the delivery is decided to start a run
 */
export function startedRun(
  delivery: Stored<Delivery>,
  source: Stored<CodeRun> | undefined,
  rule: Rule["then"],
  { agents }: Pick<Configuration, "agents">,
): CodeRun {
  const { run, agent, decision } = delivery.status ?? {};
  if (run === undefined || agent === undefined) throw new Error(`${delivery.metadata.name} starts no run`);
  const stage = rule.stage ?? (decision === "remediate" ? "remediation" : undefined);
  return {
    apiVersion: `${CodeRuns.group}/${CodeRuns.version}`,
    kind: CodeRuns.kind,
    metadata: {
      ...{ name: run.name, namespace: run.namespace },
      annotations: { [deliveryAnnotation]: delivery.metadata.name },
      labels: {
        ...subjectLabels(delivery.spec, source),
        ...(stage !== undefined && { [stageLabel]: stage }),
      },
    },
    spec: startedSpec(delivery, source, { ...rule, ...(stage !== undefined && { stage }) }, agents),
  };
}

/** The spec of the run. @param source as for startedRun @param rule with the stage of the run */
export function startedSpec(
  delivery: Stored<Delivery>,
  source: Stored<CodeRun> | undefined,
  rule: Rule["then"],
  agents: Configuration["agents"],
): CodeRunSpec {
  const { status = {}, spec: event } = delivery;
  const { agent = "", decision } = status;
  const githubApp = appOf(agent, agents);
  const isDescribed = source === undefined && rule.run?.docsRepositoryUrl === undefined;
  const before = source?.spec ?? firstSpec(delivery, rule);
  const isSame = source === undefined || agentOf(source.spec) === agent;
  return {
    ...(isSame ? without(before, ownFields) : taskPart(before)),
    ...((source === undefined || !isSame) && { githubApp }),
    ...(decision === "remediate" && { continueSession: true }),
    promptModification: promptOf(event, rule, isSame ? before.promptModification : undefined, isDescribed),
    promptMode: "append",
    env: environment(before.env, event, rule.stage),
  } as CodeRunSpec;
}

/** The task of an issue, and where it is worked on. */
function firstSpec({ spec: event, status = {} }: Stored<Delivery>, { run = {} }: Rule["then"]): CodeRunSpec {
  const { host = "", owner = "", name = "" } = event.repository ?? {};
  const repositoryUrl = `https://${host}/${owner}/${name}`;
  return {
    ...{ taskId: status.task ?? 0, repositoryUrl, docsRepositoryUrl: repositoryUrl },
    service: serviceOf(name),
    workingDirectory: ".",
    ...(run.docsRepositoryUrl === undefined && { taskDescription: descriptionOf(event) }),
    ...run,
  };
}

/** A repository's name as the name of a service. */
function serviceOf(name: string): string {
  const plain = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .slice(0, 63)
    .replaceAll(/^-+|-+$/g, "");
  return plain === "" ? "repository" : plain;
}

/** What the issue or alert says, with its title or name as the heading. */
function descriptionOf(event: DeliverySpec): string {
  const { alert } = event;
  if (alert !== undefined) {
    const from = `From the alert ${alert.name}${alert.url === undefined ? "" : `, ${alert.url}`}, with the labels:`;
    const text = alert.text === undefined ? [] : ["", "It says:", "", ...quoted(alert.text)];
    return [`# Alert: ${alert.name}`, "", from, "", ...quoted((event.labels ?? []).join("\n")), ...text].join("\n");
  }
  const { title = "", text, author } = event.subject ?? { title: "" };
  const heading = title.replaceAll(/\s+/g, " ").trim();
  return [
    `# ${heading === "" ? `Issue ${event.subject?.number ?? 0}` : heading}`,
    "",
    `From ${subjectUrl(event)}${author === undefined ? "" : `, by ${author.login}`}:`,
    "",
    ...(text === undefined ? ["The issue has no text."] : quoted(text)),
  ].join("\n");
}

function subjectLabels({ subject }: DeliverySpec, source: Stored<CodeRun> | undefined): Record<string, string> {
  const issue = subject?.kind === "Issue" ? String(subject.number) : source?.metadata.labels?.[issueLabel];
  return {
    ...(subject?.kind === "PullRequest" && { [pullRequestLabel]: String(subject.number) }),
    ...(issue !== undefined && { [issueLabel]: issue }),
  };
}

function appOf(agent: string, agents: Configuration["agents"]): string | undefined {
  const apps = Object.values(agents ?? {}).map(({ githubApp }) => githubApp);
  return apps.find((app) => app !== undefined && agentOfApp(app) === agent);
}

function without(spec: CodeRunSpec, fields: ReadonlySet<string>): object {
  return Object.fromEntries(Object.entries(spec).filter(([key]) => !fields.has(key)));
}

function taskPart(spec: CodeRunSpec): object {
  const all = spec as unknown as Readonly<Record<string, unknown>>;
  return Object.fromEntries(taskFields.filter((key) => all[key] !== undefined).map((key) => [key, all[key]]));
}

function environment(before: CodeRunSpec["env"], event: DeliverySpec, stage: string | undefined): CodeRunSpec["env"] {
  const more = {
    ...(event.subject?.kind === "PullRequest" && {
      PR_NUMBER: String(event.subject.number),
      PR_URL: subjectUrl(event),
    }),
    ...(stage !== undefined && { WORKFLOW_STAGE: stage }),
  };
  return { ...before, ...more };
}

/** What people wrote is quoted: it is material, and nobody's instruction to the agent but theirs. */
function promptOf(
  event: DeliverySpec,
  { instructions }: Rule["then"],
  before: string | undefined,
  isDescribed: boolean,
): string {
  const { check, comment, subject, conclusion, revision } = event;
  const lines = [
    ...(before === undefined ? [] : [before, ""]),
    aboutOf(event),
    ...(subject?.kind !== "Issue" || subject.text === undefined || isDescribed
      ? []
      : ["The issue says:", ...quoted(subject.text)]),
    ...(event.alert?.text === undefined || isDescribed ? [] : ["The alert says:", ...quoted(event.alert.text)]),
    ...(isConflict(event) ? [conflictOf(event)] : []),
    ...(check === undefined
      ? []
      : [
          `The check ${check.name ?? ""} ended with ${conclusion ?? ""} at commit ${revision ?? ""}. ${check.url ?? ""}`.trim(),
        ]),
    ...(comment?.text === undefined
      ? []
      : [
          `${comment.author?.login ?? "Somebody"} wrote${comment.path === undefined ? "" : ` about ${comment.path}`}:`,
          ...quoted(comment.text),
        ]),
    ...(instructions === undefined ? [] : ["", instructions]),
  ];
  return lines.join("\n").slice(0, maxPrompt);
}

function conflictOf({ baseBranch = "" }: DeliverySpec): string {
  return `It cannot be merged, since its branch conflicts with ${baseBranch}. Fetch origin/${baseBranch} (with --unshallow if the clone is shallow), merge it into the branch, resolve the conflicts so that the intent of both sides is kept, and run the tests. Do not rebase: commits that were pushed stay.`;
}

function aboutOf(event: DeliverySpec): string {
  const { alert, action = "" } = event;
  if (alert !== undefined)
    return `This run is about the alert ${alert.name}, which is ${action}. Find the cause in the repository and mend it, with a test that would have failed. If it is not there, change nothing, and say in your last message where else to look.`;
  if (event.subject === undefined) return `This run is about branch ${event.branch ?? ""}.`;
  const what = event.subject.kind === "Issue" ? "issue" : "pull request";
  return `This run is about ${what} ${subjectUrl(event)}.`;
}

const quoted = (text: string): string[] => text.split(/\r?\n/).map((line) => `> ${line}`);
