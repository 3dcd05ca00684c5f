/** Generated runs of each kind: valid ones, and ones that something was done to. */
import fc from "../property.js";

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const dnsLabel = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?$/);
const dnsName = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,10}[a-z0-9])?(\.[a-z0-9]{1,8}){0,2}$/);
const text = fc.string({ minLength: 1, maxLength: 60, unit: "grapheme" });

const optional = <T extends Record<string, fc.Arbitrary<unknown>>>(members: T): fc.Arbitrary<unknown> =>
  fc.record(members, { requiredKeys: [] });

const quantities = fc.dictionary(
  fc.constantFrom("cpu", "memory", "ephemeral-storage", "example.com/gpu"),
  fc.constantFrom<Json>("500m", "2", 1, 3, "4Gi", "1.5", "1e3", "0.5Ki"),
  { noNullPrototype: true },
);

const unique = <T>(item: fc.Arbitrary<T>, key: (each: T) => unknown, minLength = 0): fc.Arbitrary<T[]> =>
  fc.uniqueArray(item, { minLength, maxLength: 4, selector: key });

const file = fc.record(
  {
    filename: fc.stringMatching(/^[a-zA-Z0-9_-][a-zA-Z0-9._-]{0,12}\.md$/),
    content: text,
    fileType: fc.constantFrom("task", "design-spec", "prompt", "context", "acceptance-criteria"),
  },
  { requiredKeys: ["filename", "content"] },
);

const tool = fc.record(
  {
    name: fc.stringMatching(/^[a-z]{1,10}$/),
    enabled: fc.boolean(),
    config: fc.dictionary(fc.stringMatching(/^[a-zA-Z]{1,6}$/), fc.jsonValue({ maxDepth: 2 }).filter(hasNoOddNumber), {
      maxKeys: 3,
      noNullPrototype: true,
    }),
    restrictions: fc.array(text, { maxLength: 3 }),
  },
  { requiredKeys: ["name"] },
);

/** Numbers whose text JavaScript and Go write differently are of no interest here. */
function hasNoOddNumber(value: unknown): boolean {
  return !/\d[eE]|-0(?![.\d])|\d{16}/.test(JSON.stringify(value) + (Object.is(value, -0) ? "-0" : ""));
}

const repository = fc.record(
  {
    url: fc.constantFrom("https://github.com/x/y", "git@github.com:x/y.git", "ssh://git@host/x", "http://host:80/%20"),
    branch: fc.constantFrom("main", "feature/task-1", "x.y"),
    githubUser: fc.constantFrom("swe-1", "Some_User", "a"),
    path: fc.constantFrom("src", "a/b", "..x", "a..b/c"),
    auth: fc.record(
      { type: fc.constantFrom("Token", "SshKey", "BasicAuth"), secretName: dnsName, secretKey: fc.constant("k.e_y-1") },
      { requiredKeys: ["type", "secretName"] },
    ),
  },
  { requiredKeys: ["url"] },
);

const small = fc.integer({ min: 1, max: 50 });

/** What runs of every kind may say. */
const common = {
  model: fc.constantFrom("sonnet", "claude-sonnet-4-20250514", "vendor/model:1@x"),
  contextVersion: small,
  priority: fc.constantFrom("low", "medium", "high", "critical"),
  retryAttempt: small,
  image: fc.constantFrom("busybox:1.36", "ghcr.io/a/b@sha256:0123"),
  imagePullPolicy: fc.constantFrom("Always", "IfNotPresent", "Never"),
  serviceAccountName: dnsName,
  workspace: optional({ pvcName: dnsName }),
  resources: optional({ requests: quantities, limits: quantities }),
  activeDeadlineSeconds: small,
  ttlSecondsAfterFinished: fc.integer({ min: 0, max: 100 }),
  retry: optional({
    maxRetries: fc.integer({ min: 0, max: 100 }),
    initialBackoffSeconds: fc.integer({ min: 0, max: 10 }),
    maxBackoffSeconds: fc.integer({ min: 10, max: 20 }),
    terminalExitCodes: fc.uniqueArray(fc.integer({ min: 1, max: 255 }), { maxLength: 3 }),
  }),
  dependsOn: fc.uniqueArray(dnsName, { maxLength: 3 }),
  onDependencyFailure: fc.constantFrom("Wait", "Fail"),
  suspend: fc.boolean(),
  cancel: fc.boolean(),
  envFromSecrets: unique(
    fc.record({
      name: fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,8}$/),
      secretName: dnsName,
      secretKey: fc.constant("k.e_y-1"),
    }),
    ({ name }) => name,
  ),
};

const taskId = fc.integer({ min: 1, max: 2_147_483_647 });

const taskRun = fc.record(
  {
    ...common,
    taskId,
    serviceName: dnsLabel,
    markdownFiles: unique(file, ({ filename }) => filename, 1),
    agentName: fc.stringMatching(/^[A-Za-z0-9]([-A-Za-z0-9_.]{0,10}[A-Za-z0-9])?$/),
    agentTools: unique(tool, ({ name }) => name),
    repository,
    githubApp: fc.constantFrom("Acme-Rex", "a"),
    env: unique(
      fc.record({ name: fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,8}$/), value: fc.string({ maxLength: 20 }) }),
      ({ name }) => name,
    ),
  },
  { requiredKeys: ["taskId", "serviceName", "markdownFiles"] },
);

const repositoryUrl = fc.constantFrom("https://github.com/x/y", "git@github.com:x/y.git", "ssh://git@host/x", "x/y.z");
const directory = fc.constantFrom(".", "src", "_projects/trader", "a..b/c", "日本");
const mcpTools = fc.uniqueArray(fc.stringMatching(/^[!-~]{1,8}$/), { maxLength: 3 });

/** What CodeRuns and DocsRuns may say. */
const ofRepositories = {
  ...common,
  repositoryUrl,
  localTools: mcpTools,
  remoteTools: mcpTools,
  env: fc.dictionary(fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,8}$/), fc.string({ maxLength: 20 }), {
    maxKeys: 3,
    noNullPrototype: true,
  }),
};

/** Who works: one of the two. */
const identity = fc.oneof(
  fc.record({ githubApp: fc.constantFrom("5DLabs-Rex", "My Team_QA", "a") }),
  fc.record({ githubUser: fc.constantFrom("swe-1", "Some_User", "a") }),
);

const withIdentity = <T extends object>(fields: fc.Arbitrary<T>): fc.Arbitrary<object> =>
  fc.tuple(fields, identity).map(([spec, who]) => ({ ...spec, ...who }));

const codeRun = withIdentity(
  fc.record(
    {
      ...ofRepositories,
      taskId,
      service: dnsLabel,
      runType: fc.constantFrom("implementation", "quality"),
      template: directory,
      docsRepositoryUrl: repositoryUrl,
      docsProjectDirectory: directory,
      docsBranch: fc.constantFrom("main", "feature/task-1", "x.y"),
      workingDirectory: directory,
      cliConfig: fc.record(
        {
          cliType: fc.constantFrom("claude", "codex", "any-1"),
          model: common.model,
          settings: fc.dictionary(
            fc.stringMatching(/^[a-zA-Z]{1,6}$/),
            fc.jsonValue({ maxDepth: 2 }).filter(hasNoOddNumber),
            { maxKeys: 3, noNullPrototype: true },
          ),
          maxTokens: small,
          temperature: fc.constantFrom(0, 1, 2, 0.5),
          modelRotation: fc.array(common.model, { maxLength: 3 }),
        },
        { requiredKeys: ["cliType"] },
      ),
      toolConfig: fc.constantFrom("minimal", "default", "advanced"),
      promptModification: text,
      promptMode: fc.constantFrom("append", "replace"),
      continueSession: fc.boolean(),
      overwriteMemory: fc.boolean(),
      enableDocker: fc.boolean(),
      taskRequirements: fc.base64String({ maxLength: 40 }),
    },
    { requiredKeys: ["taskId", "service", "repositoryUrl", "docsRepositoryUrl"] },
  ),
);

const docsRun = withIdentity(
  fc.record(
    {
      ...ofRepositories,
      workingDirectory: directory,
      sourceBranch: fc.constantFrom("main", "feature/task-1", "x.y"),
      cli: fc.constantFrom("claude", "codex", "any-1"),
      includeCodebase: fc.boolean(),
    },
    { requiredKeys: ["repositoryUrl", "workingDirectory", "sourceBranch"] },
  ),
);

/** Values that stand where they don't belong. */
const junk: fc.Arbitrary<Json> = fc.constantFrom<Json>(
  null,
  true,
  0,
  -1,
  1.5,
  2 ** 31,
  2 ** 40,
  1e20,
  300,
  "",
  " ",
  "A_",
  "a b",
  "..",
  "../x.md",
  "..x.md",
  "x.md",
  "/abs",
  "a/../b",
  "a\u00a0b",
  "a\u2028b",
  "a\nb",
  "\u{1F600}".repeat(40),
  "x".repeat(63),
  "x".repeat(64),
  "x".repeat(254),
  "é".repeat(513),
  "2024-07-02T10:00:00Z",
  "medium",
  [],
  [null],
  ["a", "a"],
  [{}],
  [{ name: "a" }, { name: "a" }],
  {},
  { a: 1 },
  { cpu: true, memory: "x" },
  { token: "t" },
);

type Path = readonly (string | number)[];

/** Every place within a value, its own included. */
function places(value: Json, at: Path = []): Path[] {
  if (Array.isArray(value)) return [at, ...value.flatMap((item, index) => places(item, [...at, index]))];
  if (typeof value === "object" && value !== null)
    return [at, ...Object.entries(value).flatMap(([key, child]) => places(child, [...at, key]))];
  return [at];
}

type Breakage =
  | { readonly do: "replace"; readonly where: number; readonly value: Json }
  | { readonly do: "remove" | "repeat"; readonly where: number }
  | { readonly do: "add"; readonly where: number; readonly key: string; readonly value: Json };

const where = fc.nat({ max: 10_000 });
const breakage: fc.Arbitrary<Breakage> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant("replace" as const), where, value: junk }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("remove" as const, "repeat" as const), where }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("add" as const),
      where,
      key: fc.constantFrom("extra", "token", "path", "cancel", "enabled", "nullable", "__proto__", "constructor"),
      value: junk,
    }),
  },
);

function broken(value: Json, step: Breakage): Json {
  const all = places(value);
  const [first, ...rest] = all[step.where % all.length] ?? [];
  const at = first === undefined ? [] : [first, ...rest];
  return change(value, at, (old) => {
    if (step.do === "replace") return step.value;
    if (step.do === "add" && typeof old === "object" && old !== null && !Array.isArray(old))
      return Object.fromEntries([...Object.entries(old), [step.key, step.value]]);
    if (step.do === "repeat" && Array.isArray(old) && old[0] !== undefined) return [...old, old[0]];
    return step.do === "remove" ? undefined : old;
  });
}

function change(value: Json, at: Path, edit: (old: Json) => Json | undefined): Json {
  const [key, ...rest] = at;
  if (key === undefined) return edit(value) ?? null;
  const next = (child: Json): Json | undefined => (rest.length === 0 ? edit(child) : change(child, rest, edit));
  if (Array.isArray(value)) return value.flatMap((child, index) => (index === key ? [next(child) ?? null] : [child]));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, child]) => {
      const result = name === key ? next(child) : child;
      return result === undefined ? [] : [[name, result]];
    }),
  );
}

/** Specs of one kind. */
export interface Specs {
  /** The schema admits it; as plain JSON. */
  readonly valid: fc.Arbitrary<Json>;
  /** Up to three things were done to it. Some are still valid. */
  readonly broken: fc.Arbitrary<Json>;
  /** A valid one, and what an update made of it. */
  readonly updated: fc.Arbitrary<{ before: Json; after: Json }>;
}

function specsOf(spec: fc.Arbitrary<unknown>, changing: readonly string[]): Specs {
  const valid = spec.map((value) => JSON.parse(JSON.stringify(value)) as Json);
  const changes = fc.dictionary(
    fc.constantFrom(...changing, "retryAttempt", "contextVersion", "cancel"),
    fc.constantFrom<Json>(1, 7, 60, "other", true, false, null),
    { noNullPrototype: true },
  );
  return {
    valid,
    broken: fc
      .tuple(valid, fc.array(breakage, { minLength: 1, maxLength: 3 }))
      .map(([value, steps]) => steps.reduce(broken, value)),
    updated: fc.tuple(valid, fc.array(breakage, { maxLength: 2 }), changes).map(([before, steps, changed]) => {
      const after = steps.reduce(broken, before);
      const isPlain = typeof after === "object" && after !== null && !Array.isArray(after);
      return { before, after: isPlain ? { ...after, ...changed } : after };
    }),
  };
}

/** By kind, with the fields that an update may try to change though they stay. */
export const specs = {
  TaskRun: specsOf(taskRun, ["taskId", "serviceName"]),
  CodeRun: specsOf(codeRun, ["taskId", "service", "githubApp", "githubUser"]),
  DocsRun: specsOf(docsRun, ["workingDirectory", "githubApp", "githubUser"]),
} as const;
