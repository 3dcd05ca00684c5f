/** What holds for all rules together; each rule has a test of its own in rules/. */
import { readdirSync } from "node:fs";
import fc from "../property.js";
import t from "tap";
import type { RuleContext } from "#src/admission/context.js";
import type { AdmittedKind, AnyRun } from "#src/admission/index.js";
import { viewOf } from "#src/admission/view.js";
import type { Configuration } from "#src/configuration/configuration.js";
import { defaultConfiguration } from "#src/configuration/defaults.js";
import { admittedKinds } from "#src/kinds/admitted-kinds.js";
import { jsonEqual } from "#src/runtime/schema/json.js";
import { codeRun, docsRun, fileSchemas, lookupOf, taskRun, validateCodeRun } from "./runs.js";

const rules = [...new Map(admittedKinds.flatMap((kind) => kind.rules).map((rule) => [rule.id, rule])).values()];

t.test("every rule has a file and a test named after its id", (t) => {
  const ids = rules.map(({ id }) => id).sort();
  const names = (directory: string, suffix: string): string[] =>
    readdirSync(directory)
      .filter((name) => name.endsWith(suffix))
      .map((name) => name.slice(0, -suffix.length))
      .sort();
  t.same(names("src/admission/rules", ".ts"), ids);
  t.same(names("test/admission/rules", ".test.ts"), ids);
  t.end();
});

type Fields = Readonly<Record<string, unknown>>;

const big = "x".repeat(1_100_000);
const encoded = (yaml: string): string => Buffer.from(yaml).toString("base64");

/** Values that some rule denies, and one that none does, by kind and field. */
const values: Readonly<Record<string, Readonly<Record<string, readonly unknown[]>>>> = {
  TaskRun: {
    markdownFiles: [[{ filename: "a.md", content: big }], [{ filename: "b.md", content: "fine" }]],
    repository: [{ url: "https://u:p@h/x" }, { url: "https://h/x" }],
    agentName: ["nobody", "rex"],
  },
  CodeRun: {
    env: [{ A: big }, { B: "fine" }],
    repositoryUrl: ["https://u:p@h/x", "a/b"],
    enableDocker: [true, false],
    taskRequirements: ["%", encoded("environment: {A: 1}"), encoded("environment: {A: b}")],
    cliConfig: [{ cliType: "claude", settings: { cleanupPeriodDays: "30" } }, { cliType: "claude", model: "none" }, {}],
    githubApp: ["5DLabs-Nobody", "5DLabs-Rex"],
  },
  DocsRun: { env: [{ A: big }, { B: "fine" }], repositoryUrl: ["https://u:p@h/x", "a/b"] },
};
const common = {
  model: ["opsu", "sonnet"],
  resources: [{ requests: { cpu: 2 }, limits: { cpu: 1 } }, { limits: { cpu: -1 } }, { limits: { cpu: 1 } }],
  dependsOn: [["round"], ["other"]],
  priority: ["low", "high"],
  suspend: [true, false],
  cancel: [true],
  retryAttempt: [1, 2],
  contextVersion: [1, 2],
};
const phases = ["Pending", "Running", "Succeeded", "Failed"] as const;

/** Lists and forbids as much as it can. */
const configuration: Configuration = { ...defaultConfiguration, models: ["sonnet"], agents: { rex: {} }, strict: true };
const runOf: Readonly<Record<string, (name: string) => AnyRun>> = {
  TaskRun: (name) => taskRun({}, undefined, name),
  CodeRun: (name) => codeRun({}, undefined, name),
  DocsRun: (name) => docsRun({}, name),
};

function withSpec(run: AnyRun, fields: Fields): AnyRun {
  return { ...run, spec: { ...run.spec, ...fields } } as unknown as AnyRun;
}

/** Denials of rules for fields that an update leaves alone. */
function deniedForUnchanged(kind: AdmittedKind, object: AnyRun, oldObject: AnyRun): string[] {
  const [view, oldView] = [viewOf(object), viewOf(oldObject)];
  const runNamed = runOf[kind.type.kind] ?? taskRun;
  const revived = view.retryAttempt > oldView.retryAttempt || view.contextVersion > oldView.contextVersion;
  const context: RuleContext = {
    ...{ kind, object, oldObject, view, oldView, configuration, fileSchemas, namespace: "default" },
    lookup: lookupOf(kind, runNamed("rival"), withSpec(runNamed("round"), { taskId: 8, dependsOn: ["this"] })),
    surroundings: { serviceAccountExists: () => false },
  };
  return kind.rules
    .filter(({ id }) => id !== "schema") // as the server does, it lets unchanged values be, but not required ones be absent
    .filter(({ id }) => !(id === "one-live-run" && revived)) // a retry is denied for what the run does
    .flatMap((rule) =>
      (rule.check(context).errors ?? []).map(({ field, message }) => ({ id: rule.id, field, message })),
    )
    .filter(({ field }) => {
      const name = /^spec\.(\w+)/.exec(field)?.[1] ?? "";
      return jsonEqual(view.spec[name], oldView.spec[name]);
    })
    .map(({ id, field, message }) => `${id}: ${field}: ${message}`);
}

for (const kind of admittedKinds) {
  const name = kind.type.kind;
  const fields = { ...common, ...values[name] };
  const spec = fc.record(
    Object.fromEntries(Object.entries(fields).map(([field, each]) => [field, fc.constantFrom<unknown>(...each)])),
    { requiredKeys: [] },
  );
  const base = (runOf[name] ?? taskRun)("this");
  t.test(`an update of a ${name} that leaves a field alone is never denied for that field`, (t) => {
    fc.assert(
      fc.property(spec, spec, fc.constantFrom(...phases), (before, changed, phase) => {
        const oldObject = { ...withSpec(base, before), status: { phase } } as AnyRun;
        const denied = deniedForUnchanged(kind, withSpec(oldObject, changed), oldObject);
        if (denied.length > 0) throw new Error(denied.join("\n"));
      }),
      { numRuns: process.env.TEST_FULL === "1" ? 5000 : 100 },
    );
    t.pass("no rule does");
    t.end();
  });

  t.test(`a creation of a ${name} with one of those values is denied or admitted for that field`, (t) => {
    for (const [field, each] of Object.entries(values[name] ?? {}))
      t.ok(
        each.some((value) => {
          const object = withSpec(base, { [field]: value });
          const context = { kind, object, view: viewOf(object), configuration, fileSchemas, namespace: "default" };
          const lookup = lookupOf(kind);
          return kind.rules.some((rule) =>
            rule.check({ ...context, lookup }).errors?.some((error) => error.field.startsWith(`spec.${field}`)),
          );
        }),
        `some value of ${field} is denied`,
      );
    t.end();
  });
}

t.test("warnings are in the order of the rules and of the fields' positions, however the spec is ordered", (t) => {
  const fields: Fields = {
    template: "x",
    remoteTools: ["search"],
    localTools: ["own", "other"],
    env: { MY_TOKEN: "a", API_KEY: "b" },
    serviceAccountName: "sa",
    model: "opsu",
    dependsOn: ["first", "second"],
    cliConfig: { cliType: "claude", temperature: 1 },
  };
  const expected = [
    "spec.dependsOn",
    "spec.dependsOn",
    "spec.model",
    "spec.serviceAccountName",
    "spec.env[MY_TOKEN]",
    "spec.env[API_KEY]",
    "spec.remoteTools",
    "spec.localTools[0]",
    "spec.localTools[1]",
    "spec.template",
    "spec.cliConfig.temperature",
  ];
  const change = {
    configuration: { ...defaultConfiguration, models: ["sonnet"] },
    surroundings: { serviceAccountExists: () => false },
  };
  fc.assert(
    fc.property(fc.shuffledSubarray(Object.entries(fields), { minLength: Object.keys(fields).length }), (entries) => {
      const { errors, warnings } = validateCodeRun(codeRun(Object.fromEntries(entries)), change);
      t.same(errors, []);
      t.same(
        warnings.map((each) => each.slice(0, each.indexOf(": "))),
        expected,
      );
    }),
    { numRuns: 20 },
  );
  t.end();
});
