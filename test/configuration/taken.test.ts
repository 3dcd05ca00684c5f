/** When a change of each key takes effect, as schemas/configuration.yaml says with x-taken. */
import t from "tap";
import { stringify } from "yaml";
import { defaultRun } from "#src/admission/run.js";
import type { CodeRun } from "#src/api/coderun.js";
import type { TaskRun } from "#src/api/taskrun.js";
import type { Configuration } from "#src/configuration/configuration.js";
import { parseConfiguration } from "#src/configuration/parse.js";
import { isSection, schema, schemaAt, takenAt, type SettingSchema } from "#src/configuration/schema.js";
import { admittedCodeRun } from "#src/kinds/coderun/admission.js";
import { admittedTaskRun } from "#src/kinds/taskrun/admission.js";
import { taskRunKind } from "../kinds/task-runs.js";
import type { Stored } from "#src/runtime/client/objects.js";
import { filesConfigMap, workspaceClaim } from "#src/runs/manifests.js";
import { jobOf } from "../kinds/attempt.js";
import { codeRun, taskRun } from "../admission/runs.js";

/** Keys that have an effect, without their sections. */
function keysOf(part: SettingSchema, under: readonly string[] = []): (readonly string[])[] {
  return Object.entries(part.properties ?? {}).flatMap(([key, each]) => {
    if (each["x-no-effect"] !== undefined) return [];
    const path = [...under, key];
    return isSection(each) ? keysOf(each, path) : [path];
  });
}

t.test("every key says when its change takes effect; those that are read at the start say restart", (t) => {
  const keys = keysOf(schema);
  t.ok(keys.length > 100);
  for (const path of keys) {
    const taken = takenAt(path);
    t.ok(taken.length > 0, path.join("."));
    t.equal(taken.includes("restart"), schemaAt(path)?.["x-at-start"] !== undefined, path.join("."));
  }
  t.same(takenAt(["job", "restartPolicy"]), [], "a key without effect never does");
  t.same(takenAt(["agent", "resources", "limits", "cpu"]), ["admission"], "another name is like the key itself");
  t.end();
});

/** Another value than the default for keys whose change shows in what is made of a run. */
const others: Readonly<Record<string, unknown>> = {
  "job.backoffLimit": 2,
  "job.activeDeadlineSeconds": 60,
  "job.ttlSecondsAfterFinished": 60,
  "agent.name": "other",
  "agent.model": "opus",
  "agent.image": "other:1",
  "agent.imagePullPolicy": "Never",
  "agent.serviceAccountName": "other",
  "agent.cliImages": { codex: "codex:1" },
  "agent.command": ["other"],
  "agent.env": [{ name: "A", value: "b" }],
  "agent.nodeSelector": { pool: "a" },
  "agent.tolerations": [{ operator: "Exists" }],
  "agent.scratch.tmp": "77Gi",
  "agent.securityContext.runAsUser": 77,
  "initContainer.image": "other:1",
  "containerLimits.ephemeral-storage": "77Gi",
  isolation: [{ runtimeClassName: "gvisor" }],
  "priorities.medium.resources.limits.cpu": "7",
  "priorities.medium.priorityClassName": "urgent",
  "storage.size": "77Gi",
  "storage.storageClassName": "fast",
  "storage.pvcName": "shared",
  "secrets.apiKeySecretName": "other",
  "retry.maxRetries": 7,
  "retry.initialBackoffSeconds": 7,
  "retry.maxBackoffSeconds": 700,
  "retry.terminalExitCodes": [7],
  "permissions.deny": ["Write"],
  labels: { team: "a" },
  annotations: { note: "a" },
  "pod.labels": { only: "pod" },
  podTemplate: { metadata: { labels: { x: "y" } } },
  "concurrency.total": 7,
  "cleanup.deleteWorkspace": true,
  stuckPodSeconds: 7,
  "history.keepPerService": 7,
  orphanSweepSeconds: 77,
  "codeRun.requirePullRequest": false,
  namespaces: ["a"],
};

function configurationWith(path: string, value: unknown): Configuration {
  const text = stringify(path.split(".").reduceRight<unknown>((inner, key) => ({ [key]: inner }), value));
  const { configuration, problems } = parseConfiguration(text);
  if (configuration === undefined) throw new Error(JSON.stringify(problems));
  return configuration;
}

const code: CodeRun = codeRun({ cliConfig: { cliType: "codex" } });
const { configuration: standard } = parseConfiguration("");

/** The specs that admission stores. */
const admitted = (configuration: Configuration): unknown[] => [
  defaultRun(admittedTaskRun, taskRun(), configuration).spec,
  defaultRun(admittedCodeRun, code, configuration).spec,
];

/** What an attempt of an admitted run is started with. */
function started(run: TaskRun, configuration: Configuration): unknown[] {
  const stored: Stored<TaskRun> = { ...run, metadata: { name: "a", uid: "u", resourceVersion: "1", namespace: "a" } };
  const names = taskRunKind.names(stored, 1);
  return [
    jobOf(taskRunKind, stored, configuration),
    filesConfigMap(taskRunKind, stored, 1, names, configuration),
    workspaceClaim(taskRunKind, stored, names, { identity: "none", trustLevel: "" }, configuration),
  ];
}

const differs = (a: unknown, b: unknown): boolean => JSON.stringify(a) !== JSON.stringify(b);

for (const [path, value] of Object.entries(others))
  t.test(`${path} takes effect on ${takenAt(path.split(".")).join(", ")}`, (t) => {
    if (standard === undefined) throw new Error("the defaults are valid");
    const changed = configurationWith(path, value);
    const taken = takenAt(path.split("."));
    const run = defaultRun(admittedTaskRun, taskRun(), standard);
    t.equal(differs(admitted(standard), admitted(changed)), taken.includes("admission"), "changes what is injected");
    t.equal(differs(started(run, standard), started(run, changed)), taken.includes("start"), "changes a start");
    t.end();
  });
