import fc from "fast-check";
import t from "tap";
import type { RunChange, RunLookup } from "#src/admission/context.js";
import { admittedTaskRun as kind } from "#src/kinds/taskrun/admission.js";
import { defaultRun, validateRun } from "#src/admission/run.js";
import { cleanupFinalizer, type TaskRun, type TaskRunSpec, type TaskRunStatus } from "#src/api/taskrun.js";
import { defaultConfiguration } from "#src/configuration/defaults.js";
import type { Configuration } from "#src/configuration/configuration.js";
import { FileSchemas } from "#src/templates/file-schemas.js";
import { specs } from "./arbitrary.js";

const fileSchemas = new FileSchemas();

const plain: TaskRunSpec = {
  taskId: 7,
  serviceName: "auth",
  markdownFiles: [{ filename: "task.md", content: "# Task" }],
};

function run(changes: Partial<TaskRunSpec> = {}, status?: TaskRunStatus, name = "this"): TaskRun {
  return { metadata: { name }, spec: { ...plain, ...changes }, ...(status && { status }) };
}

const lookupOf = (...all: TaskRun[]): RunLookup => ({
  get: (_namespace, name) => all.find(({ metadata }) => metadata?.name === name),
  byWork: (_namespace, key) => all.filter(({ spec }) => `${spec.serviceName}/${spec.taskId}` === key),
});

function judge(object: TaskRun, more: Partial<RunChange> = {}): { errors: string[]; warnings: readonly string[] } {
  const change = {
    namespace: "default",
    configuration: defaultConfiguration,
    lookup: lookupOf(),
    fileSchemas,
    ...more,
  };
  const defaulted = defaultRun(kind, object, change.configuration, change.oldObject);
  const old = change.oldObject && { oldObject: defaultRun(kind, change.oldObject as TaskRun, change.configuration) };
  const { errors, warnings } = validateRun(kind, { ...change, object: defaulted, ...old });
  return { errors: errors.map(({ field, message }) => `${field}: ${message}`), warnings };
}

t.test("defaulting is idempotent, changes nothing it is given, and makes valid what was valid", (t) => {
  fc.assert(
    fc.property(specs.TaskRun.valid, (spec) => {
      const object = JSON.parse(JSON.stringify({ metadata: { name: "not-its-own-dependency" }, spec })) as TaskRun;
      const before = JSON.stringify(object);
      const once = defaultRun(kind, object, defaultConfiguration);
      return (
        JSON.stringify(object) === before &&
        defaultRun(kind, once, defaultConfiguration) === once &&
        kind.schema.validate(once).length === 0
      );
    }),
  );
  t.end();
});

t.test("whatever stands in a TaskRun, defaulting and judging don't throw", (t) => {
  const anything = fc.oneof(
    specs.TaskRun.broken.map((spec): unknown => ({ metadata: { name: "a" }, spec })),
    fc.record({ metadata: fc.jsonValue(), spec: fc.jsonValue(), status: fc.jsonValue() }, { requiredKeys: [] }),
    fc.jsonValue(),
  );
  fc.assert(
    fc.property(anything, anything, (object, old) => {
      const configuration = defaultConfiguration;
      const defaulted = defaultRun(kind, object as TaskRun, configuration, old as TaskRun);
      const isObject = typeof object === "object" && object !== null;
      const oldIsObject = typeof old === "object" && old !== null;
      if (!isObject || !oldIsObject) return;
      const change = { object: defaulted, namespace: "a", configuration, lookup: lookupOf(), fileSchemas };
      validateRun(kind, change);
      validateRun(kind, { ...change, oldObject: old as TaskRun });
    }),
    { numRuns: 1_000 },
  );
  t.end();
});

t.test("what the configuration says is put in where the run says nothing", (t) => {
  const { spec, metadata } = defaultRun(kind, run({ priority: "high", model: "opus" }), defaultConfiguration);
  t.match(spec, {
    agentName: "claude-agent-1",
    model: "opus",
    image: defaultConfiguration.agent.image,
    resources: defaultConfiguration.resources.high,
    activeDeadlineSeconds: 3600,
    workspace: { pvcName: "auth-workspace-pvc" },
    retry: { maxRetries: 3, initialBackoffSeconds: 30, maxBackoffSeconds: 600 },
  });
  t.match(metadata?.labels, { priority: "high", "orchestrator.io/agent": "claude-agent-1" });
  t.end();
});

t.test("what was put in once stays, though the configuration changes", (t) => {
  const configuration: Configuration = {
    ...defaultConfiguration,
    agent: { ...defaultConfiguration.agent, model: "other", image: "new" },
  };
  const old = defaultRun(kind, run(), defaultConfiguration);
  const replaced = defaultRun(kind, run({ model: "mine" }), configuration, old);
  t.equal(replaced.spec.image, defaultConfiguration.agent.image);
  t.equal(replaced.spec.model, "mine");
  t.end();
});

t.test("configured waits never contradict those of the run", (t) => {
  const waits = (retry: TaskRunSpec["retry"]): unknown =>
    defaultRun(kind, run({ ...(retry && { retry }) }), defaultConfiguration).spec.retry;
  t.match(waits({ maxBackoffSeconds: 5 }), { initialBackoffSeconds: 5, maxBackoffSeconds: 5 });
  t.match(waits({ initialBackoffSeconds: 900 }), { initialBackoffSeconds: 900, maxBackoffSeconds: 900 });
  t.end();
});

t.test("the finalizer comes with creation and not while the object is deleted", (t) => {
  t.strictSame(defaultRun(kind, run(), defaultConfiguration).metadata?.finalizers, [cleanupFinalizer]);
  const leaving: TaskRun = { ...run(), metadata: { name: "a", deletionTimestamp: "2024-01-01T00:00:00Z" } };
  t.equal(defaultRun(kind, leaving, defaultConfiguration).metadata?.finalizers, undefined);
  t.end();
});

t.test("a second live TaskRun for a task is refused and the first one named; an ended one is no hindrance", (t) => {
  const other = (status?: TaskRunStatus): { lookup: RunLookup } => ({ lookup: lookupOf(run({}, status, "other")) });
  t.match(judge(run(), other({ phase: "Running" })).errors, [/^spec\.taskId: .*"other" \(Running\)/]);
  t.match(judge(run(), other()).errors, [/"other" \(Pending\)/]);
  t.strictSame(judge(run(), other({ phase: "Failed" })).errors, []);
  t.strictSame(judge(run(), { lookup: lookupOf(run()) }).errors, [], "it is no second of itself");
  const ended = run({}, { phase: "Failed" });
  t.strictSame(
    judge(run({ priority: "low" }), { oldObject: run(), ...other() }).errors,
    [],
    "the loser of a race can change",
  );
  t.match(
    judge(run({ retryAttempt: 2 }), { oldObject: ended, ...other() }).errors,
    [/spec\.taskId/],
    "retried after its end",
  );
  t.end();
});

t.test("files are counted with their names, in bytes, against what a ConfigMap takes", (t) => {
  const files = (bytes: number): Partial<TaskRunSpec> => ({
    markdownFiles: [{ filename: "a.md", content: "é".repeat((bytes - 4) / 2) }],
  });
  t.strictSame(judge(run(files(1_015_808))).errors, []);
  t.match(judge(run(files(1_015_810))).errors, [/^spec\.markdownFiles: .*1015810 bytes.*2 more than the 1015808/]);
  t.end();
});

t.test("a run's makings change only with a new run while it goes on", (t) => {
  const oldObject = run({}, { phase: "Running" });
  t.match(judge(run({ model: "opus" }), { oldObject }).errors, [/^spec\.model: Forbidden: .*contextVersion: 2/]);
  t.strictSame(judge(run({ model: "opus", contextVersion: 2 }), { oldObject }).errors, []);
  t.strictSame(judge(run({ model: "opus", retryAttempt: 2 }), { oldObject }).errors, []);
  t.strictSame(judge(run({ priority: "low", suspend: true }), { oldObject }).errors, []);
  t.strictSame(judge(run({ model: "opus" }), { oldObject: run({}, { phase: "Pending" }) }).errors, []);
  t.match(judge(run({ model: "opus" }), { oldObject: run({}, { phase: "Succeeded" }) }).warnings, [/nothing happens/]);
  t.end();
});

t.test("a cancelled TaskRun stays so and isn't retried", (t) => {
  const oldObject = run({ cancel: true }, { phase: "Cancelled" });
  t.match(judge(run({ cancel: true, retryAttempt: 2 }), { oldObject }).errors, [
    /^spec\.retryAttempt: .*create a new one/,
  ]);
  t.match(judge(run({ cancel: false }), { oldObject }).errors, [/^spec\.cancel: .*stays cancelled/]);
  t.end();
});

t.test("TaskRuns that would wait for each other are refused with the whole circle", (t) => {
  const a = run({ taskId: 1, dependsOn: ["b"] }, undefined, "a");
  const b = run({ taskId: 2, dependsOn: ["c"] }, undefined, "b");
  const lookup = lookupOf(a, b);
  t.match(judge(run({ dependsOn: ["a"] }, undefined, "c"), { lookup }).errors, [
    /^spec\.dependsOn: .*c -> a -> b -> c/,
  ]);
  t.strictSame(judge(run({ dependsOn: ["a"] }, undefined, "d"), { lookup }).errors, []);
  t.match(judge(run({ dependsOn: ["d"] }, undefined, "d")).errors, [/own name/]);
  t.match(judge(run({ dependsOn: ["x"] })).warnings, [/no TaskRun "x" in namespace default yet/]);
  t.end();
});

t.test("credentials don't stand in the spec: some are refused, others warned of, none repeated", (t) => {
  const repository = (more: object): Partial<TaskRunSpec> => ({
    repository: { url: "https://github.com/x/y", ...more },
  });
  const refused = [
    judge(run(repository({ token: "s3cret" }))),
    judge(run(repository({ url: "https://u:s3cret@github.com/x/y" }))),
  ];
  for (const { errors } of refused) {
    t.match(errors, [/Forbidden: (a token must not|the URL must not contain a password)/]);
    t.notMatch(errors.join(), "s3cret");
  }
  const { errors, warnings } = judge(
    run({
      env: [
        { name: "MY_TOKEN", value: "s3cret" },
        { name: "A", value: "ghp_s3cret" },
        { name: "KEYBOARD", value: "x" },
      ],
    }),
  );
  t.strictSame(errors, []);
  t.match(warnings, [/^spec\.env\[0\]\.value: "MY_TOKEN"/, /^spec\.env\[1\]\.value: "A"/]);
  t.equal(warnings.length, 2);
  t.notMatch(warnings.join(), "s3cret");
  t.end();
});

t.test("a model or agent that the configuration doesn't list is a warning, and with strict a denial", (t) => {
  const listed = {
    ...defaultConfiguration,
    models: ["sonnet", "opus"],
    agents: { "claude-agent-1": {}, rex: { model: "opus" } },
  };
  const odd = run({ model: "opsu", agentName: "max" });
  t.strictSame(judge(run({ agentName: "rex" }), { configuration: listed }), { errors: [], warnings: [] });
  t.match(judge(odd, { configuration: listed }), {
    errors: [],
    warnings: [/spec.model: Unsupported value: "opsu": supported values: "sonnet", "opus"/, /spec.agentName/],
  });
  const strict = { ...listed, strict: true };
  t.match(judge(odd, { configuration: strict }), { errors: [/spec.model/, /spec.agentName/], warnings: [] });
  const withoutDefault = { ...listed, agents: { rex: {} } };
  for (const strict of [false, true])
    t.strictSame(
      judge(run(), { configuration: { ...withoutDefault, strict } }),
      { errors: [], warnings: [] },
      "the default agent is known",
    );
  const longer = { ...odd, spec: { ...odd.spec, activeDeadlineSeconds: 9 } };
  t.strictSame(judge(longer, { configuration: strict, oldObject: odd }).errors, [], "what was let in stays");
  t.equal(defaultRun(kind, run({ agentName: "rex" }), listed).spec.model, "opus");
  t.end();
});

t.test("a missing ServiceAccount is a warning; any GitHub login names a valid Secret", (t) => {
  const surroundings = { serviceAccountExists: () => false };
  const repository = { url: "git@github.com:x/y", githubUser: "swe" };
  t.match(judge(run({ repository, serviceAccountName: "sa" }), { surroundings }).warnings, [/no ServiceAccount "sa"/]);
  t.strictSame(judge(run({ repository, serviceAccountName: "sa" })).warnings, [], "offline nobody knows");
  for (const githubUser of ["Swe_1", "Some_User", "A-b_C"])
    t.strictSame(
      judge(run({ repository: { ...repository, githubUser } })).errors,
      [],
      "the name of the Secret is in lower case, with dashes for underscores",
    );
  t.end();
});

t.test("requests fit into limits", (t) => {
  const resources = (cpu: string | number, limit: string | number): string[] =>
    judge(run({ resources: { requests: { cpu }, limits: { cpu: limit } } })).errors;
  t.strictSame(resources("500m", 1), []);
  t.strictSame(resources("1Gi", "1.1G"), []);
  t.match(resources(2, "1500m"), [/^spec\.resources\.requests\.cpu: .*not be more than/]);
  t.match(resources("-1", 1), [/must not be negative/]);
  t.end();
});

t.test("an update that leaves the spec alone passes, whatever was stored", (t) => {
  const bad = run({ serviceName: "Not_A_Label" });
  t.strictSame(
    validateRun(kind, {
      object: bad,
      oldObject: bad,
      namespace: "a",
      configuration: defaultConfiguration,
      lookup: lookupOf(),
      fileSchemas,
    }),
    {
      errors: [],
      warnings: [],
    },
  );
  t.end();
});
