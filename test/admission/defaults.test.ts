/** Defaults of every kind; and that neither defaults nor rules ever throw. */
import fc from "../property.js";
import t from "tap";
import type { AdmittedKind, AnyRun } from "#src/admission/index.js";
import { defaultRun, validateRun } from "#src/admission/run.js";
import { cleanupFinalizer, type TaskRun, type TaskRunSpec } from "#src/api/taskrun.js";
import type { Configuration } from "#src/configuration/configuration.js";
import { defaultConfiguration } from "#src/configuration/defaults.js";
import { admittedCodeRun } from "#src/kinds/coderun/admission.js";
import { admittedDocsRun } from "#src/kinds/docsrun/admission.js";
import { admittedTaskRun } from "#src/kinds/taskrun/admission.js";
import { specs } from "./arbitrary.js";
import {
  codeRun,
  docsRun,
  fileSchemas,
  lookupOf,
  plainCode,
  plainDocs,
  taskRun,
  validateCodeRun,
  validateDocsRun,
} from "./runs.js";

const defaulted = (object: TaskRun, old?: TaskRun): TaskRun =>
  defaultRun(admittedTaskRun, object, defaultConfiguration, old);

t.test("defaulting is idempotent, does not modify its input, and keeps a valid object valid", (t) => {
  fc.assert(
    fc.property(specs.TaskRun.valid, (spec) => {
      const object = JSON.parse(JSON.stringify({ metadata: { name: "not-its-own-dependency" }, spec })) as TaskRun;
      const before = JSON.stringify(object);
      const once = defaulted(object);
      return (
        JSON.stringify(object) === before &&
        defaulted(once) === once &&
        admittedTaskRun.schema.validate(once).length === 0
      );
    }),
  );
  t.end();
});

/** Defaults and validates, as a creation and as an update; neither may throw. */
function admit(kind: AdmittedKind, given: unknown, before: unknown): AnyRun {
  const [object, oldObject] = [given, before] as [AnyRun, AnyRun]; // whatever they are
  const change = { namespace: "a", configuration: defaultConfiguration, lookup: lookupOf(kind), fileSchemas };
  const once = defaultRun(kind, object, defaultConfiguration, oldObject);
  validateRun(kind, { ...change, object: once });
  validateRun(kind, { ...change, object: once, oldObject });
  return once;
}

t.test("defaulting and validating a TaskRun never throw, whatever it contains", (t) => {
  const anything = fc.oneof(
    specs.TaskRun.broken.map((spec): unknown => ({ metadata: { name: "a" }, spec })),
    fc.record({ metadata: fc.jsonValue(), spec: fc.jsonValue(), status: fc.jsonValue() }, { requiredKeys: [] }),
    fc.jsonValue(),
  );
  const isObject = (value: unknown): boolean => typeof value === "object" && value !== null;
  fc.assert(
    fc.property(anything, anything, (object, old) => {
      if (isObject(object) && isObject(old)) admit(admittedTaskRun, object, old);
      else defaultRun(admittedTaskRun, object as TaskRun, defaultConfiguration, old as TaskRun);
    }),
    { numRuns: 1_000 },
  );
  t.end();
});

t.test("defaulting and validating CodeRuns and DocsRuns never throw, and defaulting twice is like once", (t) => {
  const part = fc.oneof(fc.jsonValue(), fc.constantFrom<unknown>("a-b", "", 7, "bWFw", { a: 1 }, ["x"], null));
  const further = ["env", "envFromSecrets", "cliConfig", "taskRequirements", "workspace", "githubUser"];
  const malformed = [plainCode, plainDocs].map((spec) =>
    fc.record(Object.fromEntries([...Object.keys(spec), ...further].map((key) => [key, part])), { requiredKeys: [] }),
  );
  const anything = fc.record(
    { metadata: fc.jsonValue(), spec: fc.oneof(...malformed, fc.jsonValue()) },
    { requiredKeys: [] },
  );
  for (const kind of [admittedCodeRun, admittedDocsRun] as readonly AdmittedKind[])
    fc.assert(
      fc.property(anything, anything, (object, old) => {
        admit(kind, object, old);
        const once = defaultRun(kind, object as unknown as AnyRun, defaultConfiguration);
        return defaultRun(kind, once, defaultConfiguration) === once;
      }),
      { numRuns: 500 },
    );
  t.end();
});

t.test("the configuration's values are injected for fields that the run leaves out", (t) => {
  const { spec, metadata } = defaulted(taskRun({ priority: "high", model: "opus" }));
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

t.test("injected values stay when the configuration changes", (t) => {
  const configuration: Configuration = {
    ...defaultConfiguration,
    agent: { ...defaultConfiguration.agent, model: "other", image: "new" },
  };
  const replaced = defaultRun(admittedTaskRun, taskRun({ model: "mine" }), configuration, defaulted(taskRun()));
  t.equal(replaced.spec.image, defaultConfiguration.agent.image);
  t.equal(replaced.spec.model, "mine");
  t.end();
});

t.test("the configured budget is injected as a whole, within the ceiling, and a raise is the user's", (t) => {
  const withBudget = (budget: Configuration["budget"]): Configuration => ({ ...defaultConfiguration, budget });
  const configuration = withBudget({ default: { maxCostUSD: 5, maxTokens: 900 }, ceiling: { maxTokens: 800 } });
  for (const [kind, object] of [
    [admittedTaskRun, taskRun()],
    [admittedCodeRun, codeRun()],
    [admittedDocsRun, docsRun()],
  ] as readonly (readonly [AdmittedKind, AnyRun])[]) {
    const admitted = defaultRun(kind, object, configuration);
    t.same(admitted.spec.budget, { maxCostUSD: 5, maxTokens: 800 });
    t.match(admitted.metadata?.annotations?.["orchestrator.io/injected"], /\bbudget\b/);
    const change = { namespace: "a", configuration, lookup: lookupOf(kind), fileSchemas };
    const { errors } = validateRun(kind, { ...change, object: admitted });
    t.notMatch(JSON.stringify(errors), "budget");
  }
  const own = defaultRun(admittedTaskRun, taskRun({ budget: { maxTokens: 9 } }), configuration);
  t.same(own.spec.budget, { maxTokens: 9 }, "a run that limits tokens is not held to dollars, too");
  t.equal(defaulted(taskRun()).spec.budget, undefined, "no default");
  const ceiling = withBudget({ default: {}, ceiling: { maxCostUSD: 1 } });
  t.equal(defaultRun(admittedTaskRun, taskRun(), ceiling).spec.budget, undefined, "a ceiling holds without one");

  const stored = defaultRun(admittedTaskRun, taskRun(), configuration);
  const raised = { ...stored, spec: { ...stored.spec, budget: { maxCostUSD: 10 }, retryAttempt: 2 } };
  const next = defaultRun(admittedTaskRun, raised, configuration, stored);
  t.same(next.spec.budget, { maxCostUSD: 10 });
  t.notMatch(next.metadata?.annotations?.["orchestrator.io/injected"], /\bbudget\b/);
  const more = withBudget({ default: { maxCostUSD: 20 }, ceiling: {} });
  const again = { ...stored, spec: { ...stored.spec, retryAttempt: 2 } };
  t.same(
    defaultRun(admittedTaskRun, again, more, stored).spec.budget,
    { maxCostUSD: 20 },
    "another attempt takes the present one",
  );
  t.end();
});

t.test("configured waits never contradict those of the run", (t) => {
  const waits = (retry: NonNullable<TaskRunSpec["retry"]>): unknown => defaulted(taskRun({ retry })).spec.retry;
  t.match(waits({ maxBackoffSeconds: 5 }), { initialBackoffSeconds: 5, maxBackoffSeconds: 5 });
  t.match(waits({ initialBackoffSeconds: 900 }), { initialBackoffSeconds: 900, maxBackoffSeconds: 900 });
  t.end();
});

t.test("the finalizer is added on creation, and not to an object that is being deleted", (t) => {
  t.strictSame(defaulted(taskRun()).metadata?.finalizers, [cleanupFinalizer]);
  const leaving: TaskRun = { ...taskRun(), metadata: { name: "a", deletionTimestamp: "2024-01-01T00:00:00Z" } };
  t.equal(defaulted(leaving).metadata?.finalizers, undefined);
  t.end();
});

t.test("a CodeRun or DocsRun gets workspace, directory, model, image, labels and finalizer, and is admitted", (t) => {
  const configuration: Configuration = {
    ...defaultConfiguration,
    agent: { ...defaultConfiguration.agent, cliImages: { codex: "codex:1", claude: "claude:1" } },
    agents: { rex: { githubApp: "5DLabs-Rex", model: "opus", cli: "codex" } },
  };
  const { spec, metadata } = defaultRun(admittedCodeRun, codeRun(), configuration);
  t.match(spec, {
    workingDirectory: "trader",
    workspace: { pvcName: "workspace-trader-rex" },
    model: "opus",
    image: "codex:1",
    docsBranch: "main",
    enableDocker: false,
    retry: { maxRetries: 3 },
    resources: defaultConfiguration.resources.medium,
  });
  t.match(metadata, {
    finalizers: ["coderun.orchestrator.io/cleanup"],
    labels: { "task-id": "7", service: "trader", "orchestrator.io/agent": "rex" },
  });
  const imageOf = (cliType: string): unknown =>
    defaultRun(admittedCodeRun, codeRun({ cliConfig: { cliType } }), configuration).spec.image;
  t.equal(imageOf("claude"), "claude:1", "the run's own program wins over its agent's");
  t.equal(imageOf("constructor"), defaultConfiguration.agent.image);
  t.strictSame(validateCodeRun(codeRun(), { configuration }), { errors: [], warnings: [] });

  const docs = defaultRun(admittedDocsRun, docsRun(), defaultConfiguration);
  t.match(docs, {
    metadata: { finalizers: ["docsrun.orchestrator.io/cleanup"], labels: { "orchestrator.io/agent": "swe" } },
    spec: { workspace: { pvcName: "docs-workspace-projects-trader" }, model: "sonnet" },
  });
  t.strictSame(validateDocsRun(docsRun()), { errors: [], warnings: [] });
  t.end();
});

t.test("a TaskRun works in its repository as the App of its agent's profile, unless another key is there", (t) => {
  const agents = { rex: { githubApp: "Acme-Rex" }, ada: {} };
  const configuration: Configuration = { ...defaultConfiguration, agents };
  const appOf = (repository: TaskRun["spec"]["repository"], agentName = "rex", given = configuration): unknown =>
    defaultRun(admittedTaskRun, taskRun({ agentName, ...(repository && { repository }) }), given).spec.githubApp;
  const url = "https://github.com/acme/auth";
  t.equal(appOf({ url }), "Acme-Rex");
  t.equal(appOf({ url: "git@github.com:acme/auth.git" }), "Acme-Rex", "it uses https then");
  t.equal(appOf(undefined), undefined, "there is nothing to work in");
  t.equal(appOf({ url }, "ada"), undefined);
  t.equal(appOf({ url, githubUser: "ann" }), undefined);
  t.equal(appOf({ url, auth: { type: "Token", secretName: "key" } }), undefined);
  t.equal(appOf({ url: "http://github.com/acme/auth" }), undefined, "a token goes over https alone");
  t.equal(appOf({ url: "https://git.example/acme/auth" }), undefined, "and to the hosts of the configuration");
  const secrets = { ...defaultConfiguration.secrets, githubTokenSecretName: "token" };
  t.equal(appOf({ url }, "rex", { ...configuration, secrets }), undefined, "the configured token stays in use");
  const named = taskRun({ repository: { url }, githubApp: "Acme-Tess" });
  t.equal(defaultRun(admittedTaskRun, named, configuration).spec.githubApp, "Acme-Tess");
  t.end();
});
