import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import t from "tap";
import { parse, stringify } from "yaml";
import { defaultSettings } from "#src/settings/defaults.js";
import { parseSettings } from "#src/settings/parse.js";
import { SettingsSource } from "#src/settings/source.js";

/** The seeds' ConfigMap, as it stands in their design. */
const seed = `
job:
  backoffLimit: 3
  activeDeadlineSeconds: 3600
  ttlSecondsAfterFinished: 86400
agent:
  image: "ghcr.io/5dlabs/platform/claude-code:latest"
  resources:
    requests:
      cpu: "1"
      memory: "2Gi"
    limits:
      cpu: "2"
      memory: "4Gi"
telemetry:
  enabled: true
  otlpEndpoint: "otel-collector-opentelemetry-collector.telemetry.svc.cluster.local:4317"
`;

void t.test("an empty file, and none at all, give the defaults", (t) => {
  t.same(parseSettings("").settings, defaultSettings);
  t.same(parseSettings("job:\nagent: {}\n"), { settings: defaultSettings, problems: [] });
  t.end();
});

void t.test("the seeds' configuration is understood without a complaint", (t) => {
  const { settings, problems } = parseSettings(seed);
  t.same(problems, []);
  t.match(settings, {
    job: { backoffLimit: 3, activeDeadlineSeconds: 3600, ttlSecondsAfterFinished: 86_400 },
    telemetry: { enabled: true, otlpProtocol: "grpc" },
  });
  const ordinary = { requests: { cpu: "1", memory: "2Gi" }, limits: { cpu: "2", memory: "4Gi" } };
  t.same(settings?.resources, { low: ordinary, medium: ordinary, high: ordinary, critical: ordinary });
  t.end();
});

void t.test("the sample ConfigMap is the seeds' configuration", (t) => {
  const sample = readFileSync(new URL("../../../config/samples/configuration.yaml", import.meta.url), "utf8");
  const { data } = parse(sample) as { data: Record<string, string> };
  t.same(parseSettings(data["config.yaml"] ?? ""), parseSettings(seed));
  t.end();
});

void t.test("backoffLimit is 0 where the file doesn't say otherwise", (t) => {
  t.equal(parseSettings("job:\n  activeDeadlineSeconds: 60\n").settings?.job.backoffLimit, 0);
  t.end();
});

void t.test("an image may be one string or its parts", (t) => {
  const of = (yaml: string) => parseSettings(yaml).settings?.agent;
  t.equal(of("agent: {image: x/y:1}")?.image, "x/y:1");
  t.match(of("agent: {image: {repository: x/y, tag: v2, pullPolicy: Always}}"), {
    image: "x/y:v2",
    imagePullPolicy: "Always",
  });
  t.equal(of('agent: {image: {repository: x/y, tag: "sha256:ab"}}')?.image, "x/y@sha256:ab");
  t.equal(of("agent: {image: {repository: x/y}}")?.image, "x/y");
  t.match(parseSettings("agent: {image: {tag: v2}}").problems, [{ severity: "error", path: "agent.image" }]);
  t.end();
});

void t.test("a priority's own profile wins over agent.resources", (t) => {
  const { settings } = parseSettings(
    "agent: {resources: {limits: {cpu: 1}}}\npriorities: {critical: {resources: {limits: {cpu: 8}}}}",
  );
  t.same(settings?.resources.critical, { limits: { cpu: "8" } });
  t.same(settings?.resources.low, { limits: { cpu: "1" } });
  t.end();
});

void t.test("an unknown key is told with its path and the key that was meant, and the rest holds", (t) => {
  const { settings, problems } = parseSettings(
    "job:\n  backoff_limit: 3\n  activeDeadlineSeconds: 60\nfluentBit: {}\n",
  );
  t.equal(settings?.job.activeDeadlineSeconds, 60);
  t.match(problems, [
    { severity: "warning", path: "job.backoff_limit", message: /did you mean backoffLimit\?/ },
    { severity: "warning", path: "fluentBit", message: /no effect; known here: job, agent/ },
  ]);
  t.end();
});

void t.test("all mistakes come at once, each with its path and what to write instead", (t) => {
  const { settings, problems } = parseSettings(
    [
      'job: {backoffLimit: "3", activeDeadlineSeconds: 0}',
      "agent: {imagePullPolicy: Sometimes, env: [{name: 1A, value: x}, {name: A, value: 1}], command: claude}",
      "storage: {size: big}",
      "telemetry: []",
    ].join("\n"),
  );
  t.equal(settings, undefined);
  t.same(
    problems.filter(({ severity }) => severity === "error").map(({ path }) => path),
    [
      "job.backoffLimit",
      "job.activeDeadlineSeconds",
      "agent.imagePullPolicy",
      "agent.env[0].name",
      "agent.env[0]",
      "agent.env[1].value",
      "agent.env[1]",
      "agent.command",
      "storage.size",
      "telemetry",
    ],
  );
  t.match(problems[0]?.message, 'must be a whole number from 0 to 100, is "3"');
  t.end();
});

void t.test("text that is no YAML is an error with its line", (t) => {
  const { settings, problems } = parseSettings("job: [");
  t.equal(settings, undefined);
  t.match(problems[0]?.message, /line 1/);
  t.end();
});

void t.test("the environment wins over the file, in every priority", (t) => {
  const { settings, problems } = parseSettings(seed, {
    JOB_IMAGE: "mine:1",
    JOB_TTL_SECONDS: "60",
    JOB_MEMORY_REQUEST: "1Gi",
    JOB_CPU_LIMIT: "3",
    JOB_BACKOFF_LIMIT: "",
  });
  t.same(problems, []);
  t.equal(settings?.agent.image, "mine:1");
  t.match(settings?.job, { ttlSecondsAfterFinished: 60, backoffLimit: 3 });
  t.same(settings?.resources.high, { requests: { cpu: "1", memory: "1Gi" }, limits: { cpu: "3", memory: "4Gi" } });
  t.end();
});

void t.test("a wrong variable is told by its name", (t) => {
  t.match(parseSettings("", { JOB_TTL_SECONDS: "soon" }).problems, [{ severity: "error", path: "JOB_TTL_SECONDS" }]);
  t.throws(() => new SettingsSource({ JOB_TTL_SECONDS: "soon" }), /JOB_TTL_SECONDS must be a whole number/);
  t.end();
});

void t.test("a source keeps the last good configuration when a bad one comes", (t) => {
  const source = new SettingsSource();
  t.same(source.current(), defaultSettings);
  t.ok(source.update("job: {backoffLimit: 2}").accepted);
  const good = source.current();
  t.equal(good.job.backoffLimit, 2);
  const { accepted, problems } = source.update("job: {backoffLimit: many}");
  t.notOk(accepted);
  t.equal(problems.length, 1);
  t.equal(source.current(), good);
  t.notOk(source.last.accepted);
  t.ok(source.update(undefined).accepted, "a ConfigMap that is gone means the defaults");
  t.same(source.current(), defaultSettings);
  t.end();
});

void t.test("keys with the names of Object.prototype are unknown keys like others", (t) => {
  const { settings, problems } = parseSettings("__proto__: {job: 1}\nconstructor: 1\n");
  t.same(settings, defaultSettings);
  t.equal(problems.length, 2);
  t.end();
});

void t.test("any text is read without an exception", (t) => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.object().map((value) => stringify(value)),
      ),
      (text) => {
        const { settings, problems } = parseSettings(text);
        return settings !== undefined || problems.length > 0;
      },
    ),
  );
  t.pass("as many as fast-check thought of");
  t.end();
});

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly default?: unknown;
}

/** Paths of all keys, sections too. */
function pathsOf({ properties = {} }: Schema, under: readonly string[] = []): (readonly string[])[] {
  return Object.entries(properties).flatMap(([key, each]) => [[...under, key], ...pathsOf(each, [...under, key])]);
}

const written = (path: readonly string[], value: unknown): unknown =>
  path.reduceRight((inner, key) => ({ [key]: inner }), value);

const schemaText = readFileSync(new URL("../../../schemas/configuration.yaml", import.meta.url), "utf8");
// the file is ours, and compiled by ajv below
const schema = parse(schemaText) as Schema;

void t.test("schemas/configuration.yaml has the same keys as the reader, and the same defaults", (t) => {
  const at = (path: readonly string[]): Schema =>
    path.reduce<Schema>((under, key) => under.properties?.[key] ?? {}, schema);
  const known = (path: readonly string[]): string[] => {
    const [problem] = parseSettings(stringify(written([...path, "nothing"], 1))).problems;
    return (/known here: (.*)/.exec(problem?.message ?? "")?.[1] ?? "").split(", ");
  };
  t.same(Object.keys(schema.properties ?? {}), known([]));
  for (const path of pathsOf(schema)) {
    const { default: standard, properties } = at(path);
    const read = parseSettings(stringify(written(path, standard ?? null)));
    t.notOk(
      read.problems.some(({ severity }) => severity === "warning"),
      `${path.join(".")} is known`,
    );
    if (standard !== undefined) t.same(read.settings, defaultSettings, `${path.join(".")} has its default`);
    if (properties !== undefined) t.same(Object.keys(properties), known(path));
  }
  t.end();
});

void t.test("schema and reader agree on what is wrong", (t) => {
  const validate = new Ajv2020({ strict: false }).compile(schema);
  const value = fc.oneof(
    {
      weight: 3,
      arbitrary: fc.constantFrom<unknown>(0, 1, 3, 101, -1, 1.5, "1", "2Gi", "x", "", "Always", true, null),
    },
    fc.constantFrom<unknown>(
      [],
      ["a"],
      [1],
      [255],
      [""],
      {},
      { repository: "r", tag: "t" },
      { tag: "t" },
      { requests: { cpu: 1 } },
    ),
    fc.constantFrom<unknown>([{ name: "A", value: "b" }], [{ name: "A" }], { resources: { limits: { cpu: "x" } } }),
  );
  const paths = pathsOf(schema);
  fc.assert(
    fc.property(fc.constantFrom(...paths), value, (path, each) => {
      const content = written(path, each);
      const isRead = parseSettings(stringify(content)).settings !== undefined;
      if (validate(content) !== isRead)
        throw new Error(`${JSON.stringify(content)}: schema ${validate(content)}, reader ${isRead}`);
    }),
    { numRuns: 2000 },
  );
  t.pass("2000 values");
  t.end();
});
