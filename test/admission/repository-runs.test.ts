/** What admission makes of CodeRuns and DocsRuns. What they share with TaskRuns is held by taskrun.test.ts. */
import fc from "fast-check";
import t from "tap";
import type { RunChange, RunLookup } from "#src/admission/context.js";
import { cachedRuns, indexByWork, workIndex, type AdmittedKind, type AnyRun } from "#src/admission/index.js";
import { admittedCodeRun } from "#src/kinds/coderun/admission.js";
import { admittedDocsRun } from "#src/kinds/docsrun/admission.js";
import { environmentLimit } from "#src/admission/rules/environment-fits.js";
import { defaultRun, validateRun } from "#src/admission/run.js";
import type { CodeRun, CodeRunSpec, CodeRunStatus } from "#src/api/coderun.js";
import type { DocsRun, DocsRunSpec } from "#src/api/docsrun.js";
import { Store } from "#src/runtime/cache/store.js";
import { defaultConfiguration } from "#src/configuration/defaults.js";
import { FileSchemas } from "#src/templates/file-schemas.js";
import type { Configuration } from "#src/configuration/configuration.js";

const fileSchemas = new FileSchemas();

const plainCode: CodeRunSpec = {
  taskId: 7,
  service: "trader",
  repositoryUrl: "https://github.com/5dlabs/trader",
  docsRepositoryUrl: "5dlabs/platform",
  githubApp: "5DLabs-Rex",
};
const plainDocs: DocsRunSpec = {
  repositoryUrl: "a/b",
  workingDirectory: "_projects/trader",
  sourceBranch: "main",
  githubUser: "swe",
};

function codeRun(changes: Partial<CodeRunSpec> = {}, status?: CodeRunStatus, name = "this"): CodeRun {
  return { metadata: { name, namespace: "default" }, spec: { ...plainCode, ...changes }, ...(status && { status }) };
}

function docsRun(changes: Partial<DocsRunSpec> = {}, name = "this"): DocsRun {
  return { metadata: { name, namespace: "default" }, spec: { ...plainDocs, ...changes } };
}

/** A cache, as the manager has one. */
function lookupOf(kind: AdmittedKind, ...all: AnyRun[]): RunLookup {
  const store = new Store<AnyRun>();
  store.addIndex(workIndex, indexByWork(kind));
  for (const [index, run] of all.entries())
    store.put({ ...run, metadata: { name: "a", uid: `u-${index}`, resourceVersion: "1", ...run.metadata } });
  return cachedRuns(store);
}

function judge<R extends AnyRun>(
  kind: AdmittedKind<R>,
  object: R,
  more: Partial<Omit<RunChange, "oldObject">> & { readonly oldObject?: R } = {},
): { errors: string[]; warnings: readonly string[] } {
  const change = {
    namespace: "default",
    configuration: defaultConfiguration,
    lookup: lookupOf(kind),
    fileSchemas,
    ...more,
  };
  const oldObject = more.oldObject && defaultRun(kind, more.oldObject, change.configuration);
  const defaulted = defaultRun(kind, object, change.configuration, oldObject);
  const { errors, warnings } = validateRun(kind, { ...change, object: defaulted, ...(oldObject && { oldObject }) });
  return { errors: errors.map(({ field, message }) => `${field}: ${message}`), warnings };
}

const judgeCode = (object: CodeRun, more: Parameters<typeof judge<CodeRun>>[2] = {}): ReturnType<typeof judge> =>
  judge(admittedCodeRun, object, more);

t.test("a run gets workspace, directory, model, image, labels and finalizer, and is admitted", (t) => {
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
  t.strictSame(judgeCode(codeRun(), { configuration }), { errors: [], warnings: [] });

  const docs = defaultRun(admittedDocsRun, docsRun(), defaultConfiguration);
  t.match(docs, {
    metadata: { finalizers: ["docsrun.orchestrator.io/cleanup"], labels: { "orchestrator.io/agent": "swe" } },
    spec: { workspace: { pvcName: "docs-workspace-projects-trader" }, model: "sonnet" },
  });
  t.strictSame(judge(admittedDocsRun, docsRun()), { errors: [], warnings: [] });
  t.end();
});

t.test("whatever stands in them, defaulting and judging don't throw, and defaulting twice is as once", (t) => {
  const part = fc.oneof(fc.jsonValue(), fc.constantFrom<unknown>("a-b", "", 7, "bWFw", { a: 1 }, ["x"], null));
  const specs = [plainCode, plainDocs].map((spec) =>
    fc.record(
      Object.fromEntries(
        [...Object.keys(spec), "env", "envFromSecrets", "cliConfig", "taskRequirements", "workspace", "githubUser"].map(
          (key) => [key, part],
        ),
      ),
      { requiredKeys: [] },
    ),
  );
  const anything = fc.record(
    { metadata: fc.jsonValue(), spec: fc.oneof(...specs, fc.jsonValue()) },
    { requiredKeys: [] },
  );
  for (const kind of [admittedCodeRun, admittedDocsRun] as readonly AdmittedKind[])
    fc.assert(
      fc.property(anything, anything, (given, before) => {
        const [object, oldObject] = [given, before] as unknown as [AnyRun, AnyRun];
        const once = defaultRun(kind, object, defaultConfiguration);
        validateRun(kind, {
          object: once,
          namespace: "a",
          configuration: defaultConfiguration,
          lookup: lookupOf(kind),
          fileSchemas,
        });
        validateRun(kind, {
          object: once,
          oldObject,
          namespace: "a",
          configuration: defaultConfiguration,
          lookup: lookupOf(kind),
          fileSchemas,
        });
        return defaultRun(kind, once, defaultConfiguration) === once;
      }),
      { numRuns: 500 },
    );
  t.end();
});

t.test("exactly one of githubUser and githubApp is given, and stays", (t) => {
  const message = /^spec: .*exactly one of githubUser and githubApp/;
  t.match(judgeCode(codeRun({ githubUser: "swe" })).errors, [message]);
  const { githubUser: _user, ...nobody } = plainDocs;
  t.match(judge(admittedDocsRun, { metadata: { name: "a" }, spec: nobody }).errors, [message]);
  t.match(judgeCode(codeRun({ githubApp: "5DLabs-Cleo" }), { oldObject: codeRun() }).errors, [
    /^spec: .*githubUser and githubApp can't be changed/,
  ]);
  t.end();
});

t.test("one CodeRun of an agent is at a task; another agent's, and one after a cancelled one, may be there", (t) => {
  const beside = (...others: CodeRun[]): string[] =>
    judgeCode(codeRun(), { lookup: lookupOf(admittedCodeRun, ...others) }).errors;
  const running: CodeRunStatus = { phase: "Running" };
  t.match(beside(codeRun({}, running, "first")), [
    /^spec\.taskId: .*CodeRun "first" \(Running\) already has task 7 of service "trader" for agent "rex"/,
  ]);
  t.strictSame(beside(codeRun({ githubApp: "5DLabs-Tess" }, running, "qa")), []);
  t.strictSame(beside(codeRun({ cancel: true }, running, "cancelled")), []);
  t.strictSame(beside(codeRun({}, { phase: "Failed" }, "failed")), []);
  t.end();
});

t.test("one DocsRun is at the documents of a directory and branch, however the repository is written", (t) => {
  const beside = (changes: Partial<DocsRunSpec>): string[] =>
    judge(admittedDocsRun, docsRun(), { lookup: lookupOf(admittedDocsRun, docsRun(changes, "first")) }).errors;
  t.match(beside({ repositoryUrl: "git@github.com:A/b.git" }), [
    /^spec\.workingDirectory: .*DocsRun "first" \(Pending\)/,
  ]);
  t.strictSame(beside({ sourceBranch: "other" }), []);
  t.strictSame(beside({ workingDirectory: "elsewhere" }), []);
  t.end();
});

t.test("what a run is made from is frozen while it works; what leads it is not", (t) => {
  const oldObject = codeRun({}, { phase: "Running" });
  t.match(judgeCode(codeRun({ env: { A: "b" }, docsBranch: "next" }), { oldObject }).errors, [
    /^spec\.env: Forbidden: .*contextVersion: 2/,
    /^spec\.docsBranch: Forbidden/,
  ]);
  t.strictSame(judgeCode(codeRun({ env: { A: "b" }, contextVersion: 2 }), { oldObject }).errors, []);
  t.strictSame(judgeCode(codeRun({ priority: "low", suspend: true }), { oldObject }).errors, []);
  t.match(judgeCode(codeRun({ service: "other" }), { oldObject }).errors, [/^spec\.service: .*create another CodeRun/]);
  const cancelled = codeRun({ cancel: true }, { phase: "Cancelled" });
  t.match(judgeCode(codeRun({ cancel: true, retryAttempt: 2 }), { oldObject: cancelled }).errors, [
    /^spec\.retryAttempt: .*this CodeRun was cancelled/,
  ]);
  t.end();
});

t.test("a Docker daemon is refused unless the configuration allows it", (t) => {
  t.match(judgeCode(codeRun({ enableDocker: true })).errors, [/^spec\.enableDocker: Forbidden: .*agent\.allowDocker/]);
  const configuration: Configuration = {
    ...defaultConfiguration,
    agent: { ...defaultConfiguration.agent, allowDocker: true },
  };
  t.strictSame(judgeCode(codeRun({ enableDocker: true }), { configuration }).errors, []);
  t.end();
});

const encoded = (yaml: string): string => Buffer.from(yaml).toString("base64");

t.test("requirements that can't be read are refused by the place within them, and no value is repeated", (t) => {
  const told = (yaml: string): string[] => judgeCode(codeRun({ taskRequirements: encoded(yaml) })).errors;
  t.strictSame(told("secrets: [{name: db}, {name: api, keys: [{token: API_TOKEN}]}]\nenvironment: {A: b}"), []);
  t.strictSame(told(""), []);
  t.match(told("secrets: [{name: Db}, {name: a, keys: [{k: 1x}]}, s3cret]\nenvironment: {A: 7, '1-b': s3cret}"), [
    /^spec\.taskRequirements\.secrets\[0\]\.name: /,
    /^spec\.taskRequirements\.secrets\[1\]\.keys\[0\]\.k: /,
    /^spec\.taskRequirements\.secrets\[2\]: /,
    /^spec\.taskRequirements\.environment\.A: .*put it in quotes/,
    /^spec\.taskRequirements\.environment\.1-b: /,
  ]);
  t.match(told("a: [s3cret"), [/^spec\.taskRequirements: .*is not YAML once decoded/]);
  t.match(told("[]"), [/has to be a map/]);
  t.match(judgeCode(codeRun({ taskRequirements: "no base64!" })).errors, [/is not base64/]);
  t.match(told(`a: &a [x, x]\nb: &b [*a, *a, *a]\n`.repeat(1) + `c: [${"*b,".repeat(200)}]`), [
    /is not YAML once decoded/,
  ]);
  const { warnings } = judgeCode(codeRun({ taskRequirements: encoded("mcp: x\nenvironment: {API_KEY: s3cret}") }));
  t.match(warnings, [/^spec\.taskRequirements\.mcp: has no effect/, /environment\.API_KEY: looks like a credential/]);
  t.notMatch([...warnings, ...told("environment: [s3cret]"), ...told("secrets: s3cret")].join(), "s3cret");
  t.end();
});

t.test("credentials are neither in URLs nor, unwarned of, in variables", (t) => {
  t.match(judgeCode(codeRun({ docsRepositoryUrl: "https://u:s3cret@github.com/x/y" })).errors, [
    /^spec\.docsRepositoryUrl: Forbidden: a password must not stand/,
  ]);
  const { errors, warnings } = judgeCode(codeRun({ env: { MY_TOKEN: "s3cret", KEYBOARD: "x" } }));
  t.strictSame(errors, []);
  t.match(warnings, [/^spec\.env\[MY_TOKEN\]: .*name that in spec\.envFromSecrets/]);
  t.equal(warnings.length, 1);
  t.end();
});

t.test("a model or App that the configuration doesn't list is a warning, and with strict a denial", (t) => {
  const listed: Configuration = {
    ...defaultConfiguration,
    models: ["sonnet"],
    agents: { rex: {}, cleo: { githubApp: "X-Cleo" } },
  };
  t.strictSame(judgeCode(codeRun(), { configuration: listed }).warnings, []);
  const odd = codeRun({ githubApp: "5DLabs-Max", model: "opsu" });
  t.match(judgeCode(odd, { configuration: listed }), {
    errors: [],
    warnings: [/spec\.model/, /spec\.githubApp: Unsupported value: "5DLabs-Max": supported values: "rex", "X-Cleo"/],
  });
  t.match(judgeCode(odd, { configuration: { ...listed, strict: true } }).errors, [/spec\.model/, /spec\.githubApp/]);
  t.end();
});

t.test("variables are few enough for a process to be started with them", (t) => {
  const env = (bytes: number): Record<string, string> =>
    Object.fromEntries(
      Array.from({ length: bytes / 1024 }, (_, index) => [`V${String(index).padStart(3, "0")}`, "x".repeat(1020)]),
    );
  const errors = (bytes: number): string[] => judgeCode(codeRun({ env: env(bytes) })).errors;
  t.strictSame(errors(64 * 1024), []);
  const long = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`V${index}`, "x".repeat(32_000)]));
  t.match(judgeCode(codeRun({ env: long })).errors, [
    new RegExp(`^spec\\.env: .*${environmentLimit} that are let through`),
  ]);
  t.end();
});

t.test("a dependency is one of the same kind", (t) => {
  const lookup = lookupOf(admittedCodeRun, codeRun({ taskId: 1, dependsOn: ["this"] }, undefined, "first"));
  t.match(judgeCode(codeRun({ dependsOn: ["first"] }), { lookup }).errors, [/this -> first -> this/]);
  t.match(judgeCode(codeRun({ dependsOn: ["gone"] })).warnings, [/no CodeRun "gone" in namespace default yet/]);
  t.end();
});

t.test("tools that can't be had are a warning, once", (t) => {
  const asked = { remoteTools: ["search_web"], localTools: ["memory", "browser", "own"] };
  const configuration: Configuration = {
    ...defaultConfiguration,
    agents: { rex: { tools: { localServers: { browser: {} } } } },
  };
  const { errors, warnings } = judgeCode(codeRun(asked), { configuration });
  t.same(errors, []);
  t.match(warnings, [
    /^spec\.remoteTools: .* no toolServerUrl/,
    /^spec\.localTools\[2\]: no MCP server "own" is known/,
  ]);
  t.match(judge(admittedDocsRun, docsRun({ remoteTools: ["a"] })).warnings, [/toolServerUrl/]);
  const served = { ...configuration, toolServerUrl: "http://tools/mcp" };
  t.same(judgeCode(codeRun({ remoteTools: ["search_web"] }), { configuration: served }).warnings, []);
  t.same(judgeCode(codeRun({ ...asked, priority: "high" }), { configuration, oldObject: codeRun(asked) }).warnings, []);
  t.end();
});

t.test("what a run's program can't be told is a warning, by its path", (t) => {
  const settings = { own: 1, reasoningEffort: "high" };
  const warningsOf = (changes: Partial<CodeRunSpec>): readonly string[] => judgeCode(codeRun(changes)).warnings;
  t.same(warningsOf({ cliConfig: { cliType: "claude", maxTokens: 5, settings } }), []);
  t.match(warningsOf({ cliConfig: { cliType: "claude", temperature: 0.5, settings: { permissions: {} } } }), [
    "spec.cliConfig.temperature: has no effect: claude can't be told it",
    /^spec\.cliConfig\.settings\.permissions: has no effect/,
  ]);
  t.match(warningsOf({ cliConfig: { cliType: "cursor", settings } }), [
    "spec.cliConfig.settings.reasoningEffort: has no effect: cursor can't be told it",
    /^spec\.cliConfig\.settings: has no effect: cursor has no settings file/,
  ]);
  t.same(warningsOf({ cliConfig: { cliType: "claude", settings: { reasoningEffort: 5 } } }), [
    "spec.cliConfig.settings.reasoningEffort: has no effect: it has to be text, such as high",
  ]);
  const modelConfigs = { customOverrides: [] };
  const gemini = { cliType: "gemini", maxTokens: 5, temperature: 0.5 };
  t.same(warningsOf({ cliConfig: gemini }), []);
  t.same(warningsOf({ cliConfig: { ...gemini, settings: { modelConfigs } } }), [
    "spec.cliConfig.maxTokens: has no effect: spec.cliConfig.settings.modelConfigs takes its place",
    "spec.cliConfig.temperature: has no effect: spec.cliConfig.settings.modelConfigs takes its place",
  ]);
  t.match(warningsOf({ cliConfig: { cliType: "factory" }, template: "code/other.sh" }), [
    /^spec\.template: has no effect/,
    /^spec\.cliConfig\.cliType: "factory" is none of the known programs \(claude, codex/,
  ]);
  t.match(judge(admittedDocsRun, docsRun({ cli: "factory" })).warnings, [/^spec\.cli: "factory"/]);
  const same = codeRun({ cliConfig: { cliType: "factory" } });
  t.same(judgeCode(codeRun({ cliConfig: { cliType: "factory" }, priority: "low" }), { oldObject: same }).warnings, []);
  t.end();
});

const withSettings = (cliType: string, settings: Record<string, unknown>): CodeRun =>
  codeRun({ cliConfig: { cliType, settings } });

t.test("settings of a type that would cost a run its settings file, or its start, are refused by their path", (t) => {
  const errorsOf = (cliType: string, settings: Record<string, unknown>): string[] =>
    judgeCode(withSettings(cliType, settings)).errors;
  t.same(errorsOf("claude", { cleanupPeriodDays: "30", attribution: { commit: null }, language: null }), [
    "spec.cliConfig.settings.cleanupPeriodDays: Invalid value: must be of type integer, and is of type string: write a whole number, without quotes; claude passes over its whole settings file for it, with the run's permissions and hooks",
    "spec.cliConfig.settings.attribution.commit: Invalid value: must be of type string, and is of type null: write a text, in quotes; claude passes over its whole settings file for it, with the run's permissions and hooks",
  ]);
  t.match(errorsOf("claude", { availableModels: ["opus", { s3cret: 5 }] }), [
    /^spec\.cliConfig\.settings\.availableModels\[1\]: .* must be of type string, and is of type object/,
  ]);
  t.match(errorsOf("codex", { model_providers: { own: "x" }, tui: 5, model_context_window: 1.5 }), [
    /^spec\.cliConfig\.settings\.model_providers\.own: .* must be of type object/,
    /^spec\.cliConfig\.settings\.tui: .*; codex doesn't start with it$/,
    /\.model_context_window: .* must be of type integer, and is of type number/,
  ]);
  t.match(errorsOf("opencode", { lsp: 5, tools: { bash: "yes" } }), [
    /^spec\.cliConfig\.settings\.lsp: .* must be of type boolean or object, and is of type integer: write true or false, without quotes, or a map/,
    /^spec\.cliConfig\.settings\.tools\.bash: .* must be of type boolean/,
  ]);
  t.equal(
    errorsOf("claude", { availableModels: Array.from({ length: 1000 }, () => 5) }).length,
    10,
    "the first of them",
  );
  t.end();
});

t.test("settings that can't be written into the program's file are refused, as the run could never start", (t) => {
  const own = { a: [1, null], b: null, s3cret: "x" };
  const errors = judgeCode(withSettings("codex", { own, profile: null, model_providers: { x: null } })).errors;
  t.same(errors, [
    "spec.cliConfig.settings.model_providers.x: Invalid value: must be of type object, and is of type null: write a map, such as {a: b}; codex doesn't start with it",
    "spec.cliConfig.settings.own.a[1]: Invalid value: must not be null: leave it out; codex' settings file is TOML, which has none",
    "spec.cliConfig.settings.own.b: Invalid value: must not be null: leave it out; codex' settings file is TOML, which has none",
  ]);
  t.same(judgeCode(withSettings("claude", { own })).errors, []);
  const much = (bytes: number): string[] => judgeCode(withSettings("claude", { own: "x".repeat(bytes) })).errors;
  t.same(much(250_000), []);
  t.match(much(300_000), [/^spec\.cliConfig\.settings: .* have 300010 bytes as JSON, 37866 more than the 262144/]);
  t.end();
});

t.test("settings that a program may do without, or know better, are a warning, and all others are its own", (t) => {
  const told = (cliType: string, settings: Record<string, unknown>): readonly string[] => {
    const { errors, warnings } = judgeCode(withSettings(cliType, settings));
    t.same(errors, [], cliType);
    return warnings;
  };
  t.match(told("gemini", { model: 5, output: { format: "yaml" }, own: 1 }), [
    /^spec\.cliConfig\.settings\.model: .* must be of type object, .*; gemini complains of it, and starts nevertheless$/,
  ]);
  t.match(told("claude", { cleanupPeriodDays: 0, feedbackSurveyRate: 1 }), [
    /^spec\.cliConfig\.settings\.cleanupPeriodDays: less than 1 is not documented, .*: claude passes over its whole/,
  ]);
  t.match(told("codex", { model_verbosity: "loud", own: 1, constructor: "x" }), [
    /^spec\.cliConfig\.settings\.model_verbosity: Unsupported value: "loud": supported values: "low", "medium", "high"; a codex/,
  ]);
  t.match(told("opencode", { share: "some", snaphsot: true, lsp: { own: 1 } }), [
    /^spec\.cliConfig\.settings\.share: Unsupported value: "some"/,
    /^spec\.cliConfig\.settings\.snaphsot: no such member is known; older versions of opencode don't start/,
  ]);
  t.same(told("claude", { own: 1, effortLevel: "extreme", constructor: "x", sandbox: { a: [1] }, language: null }), []);
  t.same(told("factory", { cleanupPeriodDays: "30" }).length, 2, "of another program nothing is known");
  const stored = withSettings("claude", { cleanupPeriodDays: "30" });
  const { errors } = judgeCode({ ...stored, spec: { ...stored.spec, priority: "low" } }, { oldObject: stored });
  t.same(errors, [], "nor is what was stored before");
  t.end();
});

t.test("each model of a rotation has to be one that the configuration lists", (t) => {
  const configuration: Configuration = { ...defaultConfiguration, models: ["sonnet", "opus"], strict: true };
  const cliConfig = { cliType: "claude", model: "hiaku", modelRotation: ["opus", "sonet"] };
  const { errors } = judgeCode(codeRun({ cliConfig, model: "sonnet" }), { configuration });
  t.match(errors, [/^spec\.cliConfig\.model: .*hiaku/, /^spec\.cliConfig\.modelRotation\[1\]: .*sonet/]);
  t.end();
});
