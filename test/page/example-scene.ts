/** Runs as a cluster has them on a busy day, for tests and pictures of the page. */
import type { Condition, Run } from "#src/page/run-types.js";
import { RestModel } from "./rest-model.js";

const minute = 60_000;

/** A moment some minutes ago. */
const ago = (minutes: number): string => new Date(Date.now() - minutes * minute).toISOString().replace(/\.\d+/, "");

interface Given {
  readonly kind?: Run["kind"];
  readonly namespace?: string;
  readonly task: number;
  readonly service: string;
  readonly agent?: string;
  readonly phase: NonNullable<Run["status"]>["phase"] & string;
  readonly reason: string;
  readonly attempts?: number;
  readonly minutes: number;
}

const given: readonly Given[] = [
  { task: 41, service: "billing", phase: "Running", reason: "Running", attempts: 2, minutes: 3 },
  { task: 40, service: "auth-service", phase: "Running", reason: "Starting", attempts: 1, minutes: 4 },
  { task: 39, service: "search", phase: "Pending", reason: "WaitingForSlot", minutes: 7 },
  { task: 38, service: "search", phase: "Pending", reason: "WaitingForDependency", minutes: 9 },
  {
    kind: "CodeRun",
    task: 37,
    service: "checkout",
    agent: "rex",
    phase: "Failed",
    reason: "NoPullRequest",
    attempts: 3,
    minutes: 16,
  },
  {
    kind: "CodeRun",
    task: 36,
    service: "checkout",
    agent: "blaze",
    phase: "Succeeded",
    reason: "Completed",
    attempts: 1,
    minutes: 24,
  },
  { task: 35, service: "auth-service", phase: "Failed", reason: "DeadlineExceeded", attempts: 1, minutes: 41 },
  {
    kind: "DocsRun",
    task: 0,
    service: "docs/product",
    phase: "Succeeded",
    reason: "Completed",
    attempts: 1,
    minutes: 55,
  },
  { task: 34, service: "billing", phase: "Pending", reason: "RetryBackOff", attempts: 1, minutes: 58 },
  {
    namespace: "team-b",
    task: 12,
    service: "ledger",
    phase: "Succeeded",
    reason: "Completed",
    attempts: 2,
    minutes: 75,
  },
  {
    namespace: "team-b",
    task: 11,
    service: "ledger",
    phase: "Cancelled",
    reason: "Cancelled",
    attempts: 1,
    minutes: 130,
  },
  {
    namespace: "team-b",
    kind: "CodeRun",
    task: 10,
    service: "reports",
    agent: "rex",
    phase: "Failed",
    reason: "SecretMissing",
    attempts: 1,
    minutes: 190,
  },
  { task: 33, service: "search", phase: "Pending", reason: "Suspended", minutes: 240 },
  { task: 32, service: "auth-service", phase: "Succeeded", reason: "Completed", attempts: 1, minutes: 600 },
  { task: 31, service: "billing", phase: "Succeeded", reason: "Completed", attempts: 1, minutes: 1500 },
  { task: 30, service: "billing", phase: "Succeeded", reason: "Completed", attempts: 4, minutes: 3100 },
];

/** The REST API with these runs; `billing-task-41` has a whole story. */
export function exampleScene(): RestModel {
  const model = new RestModel();
  for (const each of given) {
    const run = runOf(each);
    model.put(each.task === 41 ? withStory(run) : run);
  }
  model.events = [
    {
      type: "Normal",
      reason: "Created",
      message: "Created Job billing-task-41-run-1.",
      count: 1,
      firstSeen: ago(26),
      lastSeen: ago(26),
    },
    {
      type: "Warning",
      reason: "AttemptFailed",
      message: "Attempt 1 failed: the agent exited with code 1.",
      count: 1,
      firstSeen: ago(4),
      lastSeen: ago(4),
    },
    {
      type: "Normal",
      reason: "Created",
      message: "Created Job billing-task-41-run-2.",
      count: 1,
      firstSeen: ago(3),
      lastSeen: ago(3),
    },
  ];
  const text =
    "# Invoices by e-mail\n\nSend each invoice as PDF.\n\n- template in `mail/invoice.hbs`\n- retry three times\n";
  model.files = [
    { filename: "task.md", type: "task", size: Buffer.byteLength(text), content: text },
    {
      filename: "acceptance.md",
      type: "acceptance-criteria",
      size: 42,
      content: "1. An invoice arrives.\n2. Tests are green.\n",
    },
    { filename: "prompt.md", type: "prompt", size: 48, content: "Implement the task in task.md, with tests first.\n" },
  ];
  model.log = [
    ["attempt", { attempt: 2, pod: "billing-task-41-run-2-x7k2p" }],
    ["output", { text: `${logText.join("\n")}\n` }],
  ];
  return model;
}

const logText = [
  "claude: model sonnet, session 4f1c9a0e, in /workspace/billing",
  "reading .task/41/run-2/task.md",
  "plan: 1. failing test for the mailer  2. template  3. retries",
  "\u001b[36mbash\u001b[0m npm test -- mailer",
  "  \u001b[31m1 failing\u001b[0m: sends the invoice as PDF",
  "edit src/mailer.ts (+48 -3)",
  "edit mail/invoice.hbs (+31)",
  "bash npm test -- mailer",
  "  \u001b[32m14 passing\u001b[0m (212ms)",
  "bash git commit -m 'Send invoices by e-mail'",
];

function runOf({
  kind = "TaskRun",
  namespace = "team-a",
  task,
  service,
  agent = "claude-agent-1",
  ...rest
}: Given): Run {
  const name =
    kind === "TaskRun"
      ? `${service}-task-${task}`
      : `${kind === "CodeRun" ? "code" : "docs"}-${task}-${service.replaceAll("/", "-")}`;
  const { phase, reason, attempts, minutes } = rest;
  return {
    apiVersion: "orchestrator.io/v1",
    kind,
    metadata: { name, namespace, uid: `uid-${name}`, resourceVersion: "1", creationTimestamp: ago(minutes) },
    spec: {
      ...(task > 0 && { taskId: task }),
      serviceName: service,
      agentName: agent,
      model: "sonnet",
      priority: "medium",
    },
    status: { phase, reason, ...(attempts !== undefined && { attempts }) },
  };
}

function withStory(run: Run): Run {
  const { taskId, serviceName, agentName, model } = run.spec;
  const condition = (
    type: string,
    status: Condition["status"],
    reason: string,
    message: string,
    minutes: number,
  ): Condition => ({
    ...{ type, status, reason, message, lastTransitionTime: ago(minutes) },
  });
  return {
    ...run,
    metadata: { ...run.metadata, creationTimestamp: ago(27) },
    spec: {
      ...{ taskId, serviceName, agentName, model, priority: "high", contextVersion: 1, retryAttempt: 1 },
      dependsOn: ["auth-service-task-40", "billing-task-30", "search-task-39"],
      markdownFiles: [
        { filename: "task.md", fileType: "task", content: "# Invoices by e-mail\n\nSend each invoice as PDF.\n" },
      ],
    },
    status: {
      ...{ phase: "Running", reason: "Running", attempts: 2, startTime: ago(26), sessionId: "4f1c9a0e" },
      message: "Attempt 2 is running: the agent has been at work for 3 minutes.",
      pullRequestUrl: "https://github.com/example/billing/pull/128",
      runs: [
        {
          number: 1,
          jobName: "billing-task-41-run-1",
          cause: "Created",
          startTime: ago(26),
          completionTime: ago(4),
          outcome: "Failed",
          exitCode: 1,
          reason: "AgentFailed: the agent exited with code 1",
        },
        { number: 2, jobName: "billing-task-41-run-2", cause: "AutomaticRetry", startTime: ago(3) },
      ],
      conditions: [
        condition("Reconciling", "True", "Running", "The agent's container is running.", 3),
        condition("DependenciesMet", "True", "Succeeded", "All 3 dependencies have succeeded.", 27),
        condition("Admitted", "True", "SlotFree", "A slot is free.", 3),
        condition("WorkspaceReady", "True", "Bound", "The claim billing-workspace-pvc is bound.", 26),
        condition("Ended", "False", "Running", "The run has not ended.", 27),
      ],
    },
  };
}
