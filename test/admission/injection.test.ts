/** What admission records as injected, and what an update keeps, replaces or leaves to the user. */
import fc from "../property.js";
import t from "tap";
import type { AdmittedKind, AnyRun } from "#src/admission/index.js";
import { defaultRun } from "#src/admission/run.js";
import { injectablePaths, injectedPaths, userSpec } from "#src/api/injected.js";
import type { TaskRun, TaskRunSpec, TaskRunStatus } from "#src/api/taskrun.js";
import type { Configuration } from "#src/configuration/configuration.js";
import { defaultConfiguration } from "#src/configuration/defaults.js";
import { admittedCodeRun } from "#src/kinds/coderun/admission.js";
import { admittedDocsRun } from "#src/kinds/docsrun/admission.js";
import { admittedTaskRun } from "#src/kinds/taskrun/admission.js";
import { jsonEqual } from "#src/runtime/schema/json.js";
import { specs } from "./arbitrary.js";
import { codeRun, taskRun } from "./runs.js";

/** Another value for everything that is injected. */
const changed: Configuration = {
  ...defaultConfiguration,
  agent: {
    ...defaultConfiguration.agent,
    ...{ name: "other", model: "opus", image: "agent:2", imagePullPolicy: "Never", serviceAccountName: "other" },
  },
  job: { ...defaultConfiguration.job, activeDeadlineSeconds: 7200, ttlSecondsAfterFinished: 7 },
  retry: {
    ...defaultConfiguration.retry,
    ...{ maxRetries: 9, initialBackoffSeconds: 1, maxBackoffSeconds: 2, terminalExitCodes: [42] },
  },
  budget: { default: { maxCostUSD: 5 }, ceiling: {} },
  kueue: { enabled: true, queueName: "team" },
  resources: { ...defaultConfiguration.resources, medium: { requests: { cpu: "7" } } },
  storage: { ...defaultConfiguration.storage, pvcName: "shared" },
};

const admit = (object: TaskRun, old?: TaskRun, configuration = defaultConfiguration): TaskRun =>
  defaultRun(admittedTaskRun, object, configuration, old);
const recordOf = (run: AnyRun): string | undefined => run.metadata?.annotations?.["orchestrator.io/injected"];

/** The stored run after a patch of its spec. */
const patched = (run: TaskRun, spec: Partial<TaskRunSpec>): TaskRun => ({ ...run, spec: { ...run.spec, ...spec } });

function withRecord(run: TaskRun, record: string): TaskRun {
  const annotations = { ...run.metadata?.annotations, "orchestrator.io/injected": record };
  return { ...run, metadata: { ...run.metadata, annotations } };
}

/** The defaults of the schema. */
const constants = {
  contextVersion: 1,
  priority: "medium",
  retryAttempt: 1,
  onDependencyFailure: "Wait",
  suspend: false,
  cancel: false,
};

const started: TaskRunStatus = { phase: "Failed", runs: [{ number: 1, outcome: "Failed" }] };

t.test("a creation records what it injected, and not what the user set", (t) => {
  const run = admit(taskRun({ model: "mine", retry: { maxRetries: 0 } }));
  t.equal(
    recordOf(run),
    "activeDeadlineSeconds,agentName,image,imagePullPolicy,resources,retry.initialBackoffSeconds,retry.maxBackoffSeconds," +
      "serviceAccountName,ttlSecondsAfterFinished,workspace.pvcName",
  );
  t.match(userSpec(run), { model: "mine", retry: { maxRetries: 0 }, workspace: undefined, priority: "medium" });
  t.end();
});

t.test("every path that is injected can be recorded, and the reverse", (t) => {
  const withApp = { ...changed, agents: { [changed.agent.name]: { githubApp: "Acme-Rex" } } };
  const found = [
    admit(taskRun(), undefined, changed),
    admit(taskRun({ repository: { url: "https://github.com/a/b" } }), undefined, withApp),
    defaultRun(admittedCodeRun, codeRun(), changed) as AnyRun,
  ].flatMap((run) => injectedPaths(run.metadata));
  t.strictSame([...new Set(found)].sort(), [...injectablePaths]);
  const run = admit(taskRun(), undefined, changed);
  t.strictSame(userSpec(run), { ...taskRun().spec, ...constants }, "nothing else is injected");
  t.end();
});

t.test("admission of its own result changes nothing: created again, updated, or read back from a manifest", (t) => {
  for (const [name, kind] of [
    ["TaskRun", admittedTaskRun],
    ["CodeRun", admittedCodeRun],
    ["DocsRun", admittedDocsRun],
  ] as const)
    fc.assert(
      fc.property(specs[name].valid, fc.boolean(), (spec, isChanged) => {
        const configuration = isChanged ? changed : defaultConfiguration;
        const any = kind as unknown as AdmittedKind;
        const manifest = { metadata: { name: "not-its-own-dependency" }, spec } as unknown as AnyRun;
        const stored = defaultRun(any, manifest, configuration);
        return (
          defaultRun(any, stored, configuration) === stored &&
          defaultRun(any, stored, configuration, stored) === stored &&
          defaultRun(any, stored, defaultConfiguration, stored) === stored
        );
      }),
      { numRuns: 50 },
    );
  t.end();
});

t.test("the user's manifest, applied again in any way, keeps the injected values and their record", (t) => {
  fc.assert(
    fc.property(specs.TaskRun.valid, (spec) => {
      const manifest = JSON.parse(JSON.stringify({ metadata: { name: "a" }, spec })) as TaskRun;
      const text = JSON.stringify(manifest);
      const applied = { annotations: { "kubectl.kubernetes.io/last-applied-configuration": text } };
      const fields = Object.fromEntries(Object.keys(manifest.spec).map((key) => [`f:${key}`, {}]));
      const managed = { managedFields: [{ operation: "Apply", fieldsV1: { "f:spec": fields } }] };
      const all = [applied, managed].map((metadata) => {
        const stored = admit({ ...manifest, metadata: { ...manifest.metadata, ...metadata } });
        return [admit(stored, stored, changed), stored] as const;
      });
      const stored = admit(manifest);
      const replaced = admit(manifest, stored, changed);
      return [...all, [replaced, stored] as const].every(
        ([after, before]) => jsonEqual(after.spec, before.spec) && recordOf(after) === recordOf(before),
      );
    }),
    { numRuns: 50 },
  );
  t.end();
});

t.test("a field leaves the record once the user sets it", (t) => {
  const stored = admit(taskRun());
  const other = admit(patched(stored, { image: "mine:1", retry: { ...stored.spec.retry, maxRetries: 7 } }), stored);
  t.notMatch(recordOf(other), /image,|maxRetries/);
  t.match(userSpec(other), { image: "mine:1", retry: { maxRetries: 7 } });

  const same = { image: defaultConfiguration.agent.image };
  const annotations = { "kubectl.kubernetes.io/last-applied-configuration": JSON.stringify({ spec: same }) };
  const byApply = {
    ...stored,
    metadata: { ...stored.metadata, annotations: { ...stored.metadata?.annotations, ...annotations } },
  };
  t.notMatch(recordOf(admit(byApply, stored)), /image,/, "with the injected value, by kubectl apply");
  const managedFields = [
    { operation: "Apply", fieldsV1: { "f:spec": { "f:image": {}, "f:workspace": { "f:pvcName": {} } } } },
  ];
  const byServer = admit({ ...stored, metadata: { ...stored.metadata, managedFields } }, stored);
  t.notMatch(recordOf(byServer), /image,|pvcName/, "or by server-side apply");
  const broken = { "kubectl.kubernetes.io/last-applied-configuration": "{" };
  t.equal(
    recordOf(
      admit(
        { ...stored, metadata: { ...stored.metadata, annotations: { ...stored.metadata?.annotations, ...broken } } },
        stored,
      ),
    ),
    recordOf(stored),
  );
  t.end();
});

t.test("a field that the user no longer sets gets the configured value, and is recorded", (t) => {
  const stored = admit(taskRun({ image: "mine:1" }));
  const replaced = admit(taskRun(), stored);
  t.equal(replaced.spec.image, defaultConfiguration.agent.image);
  t.match(recordOf(replaced), /image,/);
  t.end();
});

for (const request of [{ retryAttempt: 2 }, { contextVersion: 2 }])
  t.test(
    `a request for another attempt takes the configuration's present values: ${Object.keys(request).join()}`,
    (t) => {
      const stored = { ...admit(taskRun({ model: "mine", priority: "medium" })), status: started };
      const next = admit(patched(stored, request), stored, changed);
      t.match(next.spec, {
        ...request,
        model: "mine",
        agentName: "other",
        image: "agent:2",
        imagePullPolicy: "Never",
        serviceAccountName: "other",
        resources: { requests: { cpu: "7" } },
        activeDeadlineSeconds: 7200,
        retry: { maxRetries: 9, initialBackoffSeconds: 1, maxBackoffSeconds: 2, terminalExitCodes: [42] },
      });
      t.match(next.metadata?.labels, { "orchestrator.io/agent": "other" });
      t.equal(next.spec.workspace?.pvcName, "auth-workspace-pvc", "the claim holds the work of earlier attempts");
      t.equal(
        recordOf(next),
        recordOf(stored)
          ?.replace("agentName", "agentName,budget")
          .replace("resources", "queueName,resources")
          .replace("retry.maxRetries", "retry.maxRetries,retry.terminalExitCodes"),
      );
      t.equal(admit(next, stored, changed), next, "and admission of the result changes nothing");
      t.equal(admit(next, next, defaultConfiguration), next, "nor does a later update that requests nothing");
      const replaced = admit(taskRun({ model: "mine", ...request }), stored, changed);
      t.strictSame(replaced.spec, next.spec, "the same for a manifest that replaces it");
      t.end();
    },
  );

t.test("a run that never started takes the configured workspace with a request", (t) => {
  const stored = admit(taskRun());
  t.equal(admit(patched(stored, { retryAttempt: 2 }), stored, changed).spec.workspace?.pvcName, "shared");
  t.end();
});

t.test("a request for another attempt leaves what the user sets in the same update", (t) => {
  const stored = { ...admit(taskRun()), status: started };
  const next = admit(patched(stored, { retryAttempt: 2, image: "mine:1" }), stored, changed);
  t.equal(next.spec.image, "mine:1");
  t.notMatch(recordOf(next), /image,/);
  t.end();
});

t.test("of a run without a record everything stays, and nothing counts as injected", (t) => {
  const { metadata, ...rest } = admit(taskRun());
  const old: TaskRun = { ...rest, metadata: { ...metadata, annotations: {} }, status: started };
  const next = admit(patched(old, { retryAttempt: 2 }), old, changed);
  t.equal(next.spec.image, defaultConfiguration.agent.image);
  t.equal(
    recordOf(next),
    "budget,queueName,retry.terminalExitCodes",
    "but for what the configuration did not set before",
  );
  t.equal(admit(next, old, changed), next);
  const forged = withRecord(patched(old, { retryAttempt: 2 }), "image,model");
  t.equal(admit(forged, old, changed).spec.image, defaultConfiguration.agent.image, "whatever the request records");
  t.end();
});

t.test("a record that a user writes is replaced", (t) => {
  const forged = withRecord(taskRun({ image: "mine:1", model: "mine" }), "image,model,markdownFiles,taskId");
  const stored = admit(forged);
  t.match(stored.spec, { image: "mine:1", model: "mine" });
  t.notMatch(recordOf(stored), /image,|model|markdownFiles|taskId/);
  const again = admit(withRecord(stored, "image,model"), stored);
  t.equal(recordOf(again), recordOf(stored));
  t.equal(recordOf(admit(withRecord(stored, ""), stored)), recordOf(stored), "or removed");
  t.end();
});

t.test("a run that is created from its own export keeps its record, for values that would be injected now", (t) => {
  const stored = admit(taskRun({ model: "mine" }));
  t.equal(recordOf(admit(stored)), recordOf(stored));
  t.notMatch(recordOf(admit(stored, undefined, changed)), /image,/, "an earlier configuration's are the export's");
  t.end();
});
