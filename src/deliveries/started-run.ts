/** The CodeRun that an event starts: a continuation of one that was admitted before. Pure. */
import { agentOf, CodeRuns, pullRequestLabel, stageLabel, type CodeRun, type CodeRunSpec } from "../api/coderun.js";
import type { Delivery, DeliverySpec } from "../api/delivery.js";
import { agentOfApp } from "../api/git.js";
import type { Configuration } from "../configuration/configuration.js";
import type { Stored } from "../runtime/client/objects.js";
import { deliveryAnnotation } from "./decision.js";
import type { Rule } from "./rules.js";

/** What belongs to the task, and not to the agent that works on it. */
const taskFields = [
  ...["taskId", "service", "repositoryUrl", "docsRepositoryUrl", "docsProjectDirectory", "docsBranch"],
  ...["workingDirectory", "taskRequirements", "env", "envFromSecrets", "priority"],
] as const;

/** What belongs to one life of a run. */
const ownFields: ReadonlySet<string> = new Set([
  ...["retryAttempt", "contextVersion", "cancel", "suspend", "dependsOn", "onDependencyFailure"],
]);

/** Characters of `promptModification`. */
const maxPrompt = 65_536;

/** @throws Error unless the delivery is decided to start a run */
export function startedRun(
  delivery: Stored<Delivery>,
  source: Stored<CodeRun>,
  rule: Rule["then"],
  { agents }: Pick<Configuration, "agents">,
): CodeRun {
  const { status = {}, spec: event } = delivery;
  const { run, agent, decision } = status;
  if (run === undefined || agent === undefined) throw new Error(`${delivery.metadata.name} starts no run`);
  const isSame = agentOf(source.spec) === agent;
  const number = event.subject?.number;
  const stage = rule.stage ?? (decision === "remediate" ? "remediation" : undefined);
  const spec = {
    ...(isSame ? without(source.spec, ownFields) : { ...taskPart(source.spec), githubApp: appOf(agent, agents) }),
    ...(decision === "remediate" && { continueSession: true }),
    promptModification: promptOf(event, rule, isSame ? source.spec.promptModification : undefined),
    promptMode: "append",
    env: environment(source.spec.env, event, stage),
  } as CodeRunSpec;
  return {
    apiVersion: `${CodeRuns.group}/${CodeRuns.version}`,
    kind: CodeRuns.kind,
    metadata: {
      ...{ name: run.name, namespace: run.namespace },
      annotations: { [deliveryAnnotation]: delivery.metadata.name },
      labels: {
        ...(number !== undefined && { [pullRequestLabel]: String(number) }),
        ...(stage !== undefined && { [stageLabel]: stage }),
      },
    },
    spec,
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
    ...(event.subject?.kind === "PullRequest" && { PR_NUMBER: String(event.subject.number), PR_URL: pageOf(event) }),
    ...(stage !== undefined && { WORKFLOW_STAGE: stage }),
  };
  return { ...before, ...more };
}

function pageOf({ repository, subject }: DeliverySpec): string {
  const { host = "", owner = "", name = "" } = repository ?? {};
  return `https://${host}/${owner}/${name}/pull/${subject?.number ?? 0}`;
}

/** What people wrote is quoted: it is material, and nobody's instruction to the agent but theirs. */
function promptOf(event: DeliverySpec, { instructions }: Rule["then"], before: string | undefined): string {
  const { check, comment, subject, conclusion, revision } = event;
  const lines = [
    ...(before === undefined ? [] : [before, ""]),
    subject?.kind === "PullRequest"
      ? `This run is about pull request ${pageOf(event)}.`
      : `This run is about branch ${event.branch ?? ""}.`,
    ...(check === undefined
      ? []
      : [
          `The check ${check.name ?? ""} ended with ${conclusion ?? ""} at commit ${revision ?? ""}. ${check.url ?? ""}`.trim(),
        ]),
    ...(comment?.text === undefined
      ? []
      : [
          `${comment.author?.login ?? "Somebody"} wrote${comment.path === undefined ? "" : ` about ${comment.path}`}:`,
          ...comment.text.split(/\r?\n/).map((line) => `> ${line}`),
        ]),
    ...(instructions === undefined ? [] : ["", instructions]),
  ];
  return lines.join("\n").slice(0, maxPrompt);
}
