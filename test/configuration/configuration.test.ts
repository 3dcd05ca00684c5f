import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "../property.js";
import t from "tap";
import { parse, stringify } from "yaml";
import { defaultConfiguration } from "#src/configuration/defaults.js";
import { isSection, schema, schemaAt, type SettingSchema } from "#src/configuration/schema.js";
import { fileLayer } from "#src/configuration/layers.js";
import type { Problem } from "#src/configuration/problem.js";
import { configure, parseConfiguration } from "#src/configuration/parse.js";
import { ConfigurationSource, formatProblem } from "#src/configuration/source.js";
import { withoutUnset } from "#src/configuration/unset.js";
import { suggestedKey } from "#src/configuration/validation.js";

/** The documented sample configuration. */
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
network:
  allow:
    - namespace: telemetry
`;

void t.test("an empty file, and none at all, give the defaults", (t) => {
  t.same(parseConfiguration("").configuration, defaultConfiguration);
  t.same(parseConfiguration("job:\nagent: {}\n"), { configuration: defaultConfiguration, problems: [] });
  t.end();
});

void t.test("the documented configuration is valid and gives no warning", (t) => {
  const { configuration, problems } = parseConfiguration(seed);
  t.same(problems, []);
  t.match(configuration, {
    job: { backoffLimit: 3, activeDeadlineSeconds: 3600, ttlSecondsAfterFinished: 86_400 },
    telemetry: { enabled: true, otlpProtocol: "grpc" },
  });
  const ordinary = { requests: { cpu: "1", memory: "2Gi" }, limits: { cpu: "2", memory: "4Gi" } };
  t.same(configuration?.resources, { low: ordinary, medium: ordinary, high: ordinary, critical: ordinary });
  t.end();
});

void t.test("the sample ConfigMap is the documented configuration, and priority high gets more resources", (t) => {
  const sample = readFileSync(new URL("../../../config/samples/configuration.yaml", import.meta.url), "utf8");
  const { data } = parse(sample) as { data: Record<string, string> };
  const { priorities: profiles, ...rest } = parse(data["config.yaml"] ?? "") as Record<string, unknown>;
  t.same(parseConfiguration(stringify(rest)), parseConfiguration(seed));
  t.same(Object.keys(profiles as object), ["high", "critical"]);
  const { configuration, problems } = parseConfiguration(data["config.yaml"] ?? "");
  t.same(problems, []);
  t.notSame(configuration?.resources.high, configuration?.resources.medium);
  t.same(configuration?.resources.high, defaultConfiguration.resources.high);
  t.same(configuration?.resources.critical, defaultConfiguration.resources.critical);
  t.end();
});

void t.test(
  "an agents block need not list the built-in default agent; a configured agent.name has to be in it",
  (t) => {
    const block = `agents: {rex: {name: Rex, githubApp: 5DLabs-Rex, appId: "1724452", clientId: Iv23liTnu9e0imdRPhCC}}`;
    t.same(parseConfiguration(block).problems, []);
    t.same(parseConfiguration(`${block}\nstrict: true`).problems, []);
    t.match(parseConfiguration(`${block}\nagent: {name: rxe}`).problems, [
      { severity: "warning", path: "agent.name", message: /rxe/ },
    ]);
    t.match(parseConfiguration(`${block}\nagent: {name: rxe}\nstrict: true`).problems, [
      { severity: "error", path: "agent.name" },
    ]);
    t.end();
  },
);

void t.test("RUST_LOG in the environment is a warning that names the variable to use instead", (t) => {
  const { configuration, problems } = parseConfiguration("", { RUST_LOG: "info" });
  t.same(configuration, defaultConfiguration);
  t.match(problems, [{ severity: "warning", path: "RUST_LOG", message: /has no effect.*LOG_LEVEL/ }]);
  t.same(parseConfiguration("", { RUST_LOG: "" }).problems, []);
  t.match(new ConfigurationSource({ RUST_LOG: "info" }).inForce, { problems: [{ path: "RUST_LOG" }] });
  t.end();
});

void t.test("backoffLimit is 0 where the file doesn't say otherwise", (t) => {
  t.equal(parseConfiguration("job:\n  activeDeadlineSeconds: 60\n").configuration?.job.backoffLimit, 0);
  t.end();
});

void t.test("an image may be one string or its parts", (t) => {
  const of = (yaml: string) => parseConfiguration(yaml).configuration?.agent;
  t.equal(of("agent: {image: x/y:1}")?.image, "x/y:1");
  t.match(of("agent: {image: {repository: x/y, tag: v2, pullPolicy: Always}}"), {
    image: "x/y:v2",
    imagePullPolicy: "Always",
  });
  t.equal(of('agent: {image: {repository: x/y, tag: "sha256:ab"}}')?.image, "x/y@sha256:ab");
  t.equal(of("agent: {image: {repository: x/y}}")?.image, "x/y");
  t.match(parseConfiguration("agent: {image: {tag: v2}}").problems, [{ severity: "error", path: "agent.image" }]);
  t.end();
});

void t.test("a priority's own profile wins over agent.resources", (t) => {
  const { configuration } = parseConfiguration(
    "agent: {resources: {limits: {cpu: 1}}}\npriorities: {critical: {resources: {limits: {cpu: 8}}}}",
  );
  t.same(configuration?.resources.critical, { limits: { cpu: "8" } });
  t.same(configuration?.resources.low, { limits: { cpu: "1" } });
  t.end();
});

void t.test("each of thousands of unknown keys is reported, the first with a suggestion", (t) => {
  const wrong = Array.from({ length: 2_000 }, (_, index) => `imag${index}: 1`);
  const remedies = (yaml: string): [number, number] => {
    const { problems } = parseConfiguration(yaml);
    return [problems.length, problems.filter(({ message }) => /did you mean|known here/.test(message)).length];
  };
  t.same(remedies(`agent: {${wrong.join(", ")}}`), [2_000, 50], "keys of a section");
  t.same(remedies(`agents: {rex: {${wrong.join(", ")}}}`), [2_000, 50], "keys of a value");
  t.end();
});

void t.test("an unknown key is reported with its path and a suggestion, and the rest applies", (t) => {
  const { configuration, problems } = parseConfiguration(
    "job:\n  backoff_limit: 3\n  activeDeadlineSeconds: 60\nfluentd: {}\n",
  );
  t.equal(configuration?.job.activeDeadlineSeconds, 60);
  t.match(problems, [
    { severity: "warning", path: "job.backoff_limit", message: /did you mean backoffLimit\?/ },
    { severity: "warning", path: "fluentd", message: /no effect; known here: server, kubernetes, job, agent/ },
  ]);
  t.end();
});

void t.test("all mistakes come at once, each with its path and what to write instead", (t) => {
  const { configuration, problems } = parseConfiguration(
    [
      'job: {backoffLimit: "3", activeDeadlineSeconds: 0}',
      "agent: {imagePullPolicy: Sometimes, env: [{name: 1A, value: x}, {name: A, value: 1}], command: claude}",
      "storage: {size: big}",
      "telemetry: [enabled]",
    ].join("\n"),
  );
  t.equal(configuration, undefined);
  t.same(
    problems.filter(({ severity }) => severity === "error").map(({ path }) => path),
    [
      "job.backoffLimit",
      "job.activeDeadlineSeconds",
      "agent.imagePullPolicy",
      "agent.env[0].name",
      "agent.env[1].value",
      "agent.command",
      "storage.size",
      "telemetry",
    ],
  );
  t.match(problems[0]?.message, 'must be a whole number from 0 to 100, is "3"');
  t.end();
});

void t.test("invalid YAML is an error with its line", (t) => {
  const { configuration, problems } = parseConfiguration("job: [");
  t.equal(configuration, undefined);
  t.match(problems, [{ message: /^invalid YAML: /, position: { line: 1, column: 7 } }]);
  t.end();
});

void t.test("invalid YAML is reported with one position, that of the mistake", (t) => {
  const cases: [text: string, ...found: string[]][] = [
    ["job:\n\tbackoffLimit: 3\n", "2:1 invalid YAML: Tabs are not allowed as indentation"],
    ['agent:\n  image: "a\n  name: x\n', "2:10 invalid YAML: this quote is never closed"],
    ["agent:\n  name: 'it''s\njob: {}\n", "2:9 invalid YAML: this quote is never closed"],
    ["job: {}\nx: *y\n", "2:4 invalid YAML: *y has no anchor &y before it"],
    ["job: {}\njob: {}\nagent: {}\nagent: {}\n", "2:1 invalid YAML: Map keys", "4:1 invalid YAML: Map keys"],
    ["job: {}\n---\njob: {}\n", "2:1 invalid YAML: the text contains more than one document"],
    ["agent: [{]\njob: }\n", "1:10 invalid YAML: "],
  ];
  for (const [text, ...expected] of cases) {
    const found = parseConfiguration(text).problems.map(
      ({ position, message }) => `${position?.line ?? 0}:${position?.column ?? 0} ${message}`,
    );
    t.equal(found.length, expected.length, text);
    for (const [index, each] of expected.entries()) t.equal(found[index]?.slice(0, each.length), each);
    t.notMatch(found.join(), / at line /, "no second position");
  }
  t.equal(
    formatProblem({ severity: "error", path: "", message: "invalid YAML: x", position: { line: 2, column: 3 } }),
    "config.yaml line 2, column 3: invalid YAML: x",
  );
  t.end();
});

// cspell:ignore agnet totla backof
void t.test("a misspelt key, or one at the wrong level, names the key that was meant", (t) => {
  const cases: Readonly<Record<string, string>> = {
    "jobs: {}": "job",
    "agnet: {}": "agent",
    "job: {back_off_limit: 2}": "backoffLimit",
    "job: {ttlSecondAfterFinished: 3}": "ttlSecondsAfterFinished",
    "history: {keepPerServise: 1}": "keepPerService",
    "backoffLimit: 3": "job.backoffLimit",
    "agent: {keepPerService: 1}": "history.keepPerService",
    "concurrency: {totla: 1}": "total",
  };
  for (const [text, meant] of Object.entries(cases))
    t.match(parseConfiguration(text).problems, [{ severity: "warning", message: `did you mean ${meant}?` }], text);
  t.match(parseConfiguration("frobnicate: 1").problems, [{ message: /; known here: server, / }]);
  t.match(parseConfiguration("ab: 1").problems, [{ message: /; known here: / }], "anything is close to a short name");
  t.equal(suggestedKey(["job", "backofLimit"]), "job.backoffLimit");
  t.equal(suggestedKey(["jbo", "backoffLimit"]), "job.backoffLimit");
  t.equal(suggestedKey(["nothing", "alike"]), undefined);
  t.end();
});

void t.test("an address in the cluster that agents are sent to, and may not reach, is warned of", (t) => {
  const warned = (yaml: string): unknown => parseConfiguration(yaml).problems;
  for (const url of ["http://tools.mcp.svc:8080/", "https://tools/mcp", "http://10.1.2.3:80", "http://x.internal"])
    t.match(warned(`toolServerUrl: "${url}"`), [
      { severity: "warning", path: "network.allow", message: /agents cannot reach toolServerUrl / },
    ]);
  t.same(warned('toolServerUrl: "https://tools.example.com/mcp"'), [], "a public one");
  t.same(warned('toolServerUrl: "http://tools.mcp.svc/"\nnetwork: {allow: [{namespace: mcp}]}'), []);
  t.same(warned('toolServerUrl: "http://tools.mcp.svc/"\nnetwork: {enabled: false}'), []);
  t.end();
});

void t.test("the environment wins over the file, in every priority", (t) => {
  const { configuration, problems } = parseConfiguration(seed, {
    JOB_IMAGE: "mine:1",
    JOB_TTL_SECONDS: "60",
    JOB_MEMORY_REQUEST: "1Gi",
    JOB_CPU_LIMIT: "3",
    JOB_BACKOFF_LIMIT: "",
  });
  t.same(problems, []);
  t.equal(configuration?.agent.image, "mine:1");
  t.match(configuration?.job, { ttlSecondsAfterFinished: 60, backoffLimit: 3 });
  t.same(configuration?.resources.high, { requests: { cpu: "1", memory: "1Gi" }, limits: { cpu: "3", memory: "4Gi" } });
  t.end();
});

void t.test("missing members are reported for each map", (t) => {
  const yaml = "secrets: {providerApiKeys: {a: {secretName: s}, b: {secretKey: k, secretName: B}}}";
  t.match(
    parseConfiguration(yaml).problems.map(({ path, message }) => `${path} ${message}`),
    ["secrets.providerApiKeys.a needs secretKey", "secrets.providerApiKeys.b.secretName must be the name"],
  );
  t.end();
});

void t.test("a wrong variable is reported by its name", (t) => {
  t.match(parseConfiguration("", { JOB_TTL_SECONDS: "soon" }).problems, [
    { severity: "error", path: "JOB_TTL_SECONDS" },
  ]);
  t.throws(() => new ConfigurationSource({ JOB_TTL_SECONDS: "soon" }), /JOB_TTL_SECONDS must be a whole number/);
  t.end();
});

void t.test("a source keeps the last good configuration when a bad one comes", (t) => {
  const source = new ConfigurationSource();
  t.same(source.current(), defaultConfiguration);
  t.ok(source.update("job: {backoffLimit: 2}").accepted);
  const good = source.current();
  t.equal(good.job.backoffLimit, 2);
  const { accepted, problems } = source.update("job: {backoffLimit: many}");
  t.notOk(accepted);
  t.equal(problems.length, 1);
  t.equal(source.current(), good);
  t.match(source.refused, { text: "job: {backoffLimit: many}" });
  t.ok(source.update(undefined).accepted, "a ConfigMap that is gone means the defaults");
  t.same(source.current(), defaultConfiguration);
  t.end();
});

void t.test("keys with the names of Object.prototype are unknown keys like others", (t) => {
  const { configuration, problems } = parseConfiguration("__proto__: {job: 1}\nconstructor: 1\n");
  t.same(configuration, defaultConfiguration);
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
        const { configuration, problems } = parseConfiguration(text);
        return configuration !== undefined || problems.length > 0;
      },
    ),
  );
  t.pass("as many as fast-check thought of");
  t.end();
});

/** Paths of all keys that have an effect; sections too, but not what is only one value. */
function pathsOf(part: SettingSchema, under: readonly string[] = []): (readonly string[])[] {
  return Object.entries(part.properties ?? {}).flatMap(([key, each]) => {
    if (each["x-no-effect"] !== undefined) return [];
    return [[...under, key], ...(isSection(each) ? pathsOf(each, [...under, key]) : [])];
  });
}

const written = (path: readonly string[], value: unknown): unknown =>
  path.reduceRight((inner, key) => ({ [key]: inner }), value);

void t.test(
  "each key of the original system's configuration takes effect, or gives a warning that says why not",
  (t) => {
    const original = readFileSync(
      new URL("../../../test/fixtures/configurations/original.yaml", import.meta.url),
      "utf8",
    );
    const { configuration, problems } = parseConfiguration(original);
    t.same(
      problems.map(({ path }) => path),
      [
        "job.restartPolicy",
        "initContainer.securityContext",
        "initContainer.script",
        "controller.reconcileInterval",
        "controller.historyLimit",
        "volumes",
        "fluentBit",
        "controller.maxRetries",
        "agent.command",
      ],
    );
    for (const { severity, message } of problems)
      t.match([severity, message], ["warning", /^(has no effect: |starts Claude Code without a prompt).{20}/]);
    t.match(configuration, {
      agent: {
        image: "ghcr.io/5dlabs/platform/claude-code:latest",
        imagePullPolicy: "Always",
        securityContext: { runAsUser: 1001, runAsGroup: 1000 },
        serviceAccountName: "agents",
        imagePullSecrets: ["ghcr-secret"],
      },
      initContainer: { image: "busybox:1.36" },
      storage: { pvcName: "shared-workspace", storageClassName: "local-path", size: "50Gi" },
      nodeAffinity: { enabled: true, required: false },
      pod: { securityContext: { fsGroup: 2001 }, annotations: { "prometheus.io/scrape": "true" } },
      retry: { maxRetries: 0, providerLimits: { maxRetries: 0 }, disruptions: { maxRetries: 0 } },
      telemetry: { metricsExportInterval: 60_000, costCenter: "42" },
      secrets: { apiKeySecretName: "anthropic-api-key", githubTokenSecretName: "github-token" },
      labels: { team: "platform" },
    });
    t.same(
      configuration?.initContainer.resources,
      { requests: { cpu: "100m", memory: "64Mi" } },
      "all of it or nothing",
    );
    t.end();
  },
);

void t.test("another name of a key gives way to the key itself", (t) => {
  const { configuration } = parseConfiguration(
    "storage: {size: 1Gi, workspaceSize: 2Gi}\ncontroller: {maxRetries: 9}\n",
  );
  t.equal(configuration?.storage.size, "1Gi");
  t.equal(configuration?.retry.maxRetries, 9);
  t.equal(
    parseConfiguration("agent: {image: {repository: a, pullPolicy: Always}, imagePullPolicy: Never}").configuration
      ?.agent.imagePullPolicy,
    "Never",
  );
  t.end();
});

void t.test("agents and namespaces may be written in several ways", (t) => {
  const agentsOf = (yaml: string) => parseConfiguration(yaml).configuration?.agents;
  t.same(agentsOf("agents: [rex, cleo]"), { rex: {}, cleo: {} });
  t.same(agentsOf("agents: {rex: {model: opus, role: Architect}, cleo: }"), {
    rex: { model: "opus", role: "Architect" },
    cleo: {},
  });
  t.same(
    agentsOf("agents: {rex: {appId: 1724452, clientId: Iv23li, temperature: 0.5, tools: {localServers: {memory: }}}}"),
    {
      rex: { appId: "1724452", clientId: "Iv23li", temperature: 0.5, tools: { localServers: { memory: {} } } },
    },
  );
  t.equal(agentsOf(""), undefined);
  const problemsOf = (yaml: string) =>
    parseConfiguration(yaml).problems.map(({ path, message }) => `${path}: ${message}`);
  t.match(
    problemsOf("agents: {rex: {temperature: hot, githubApp: a/b, tools: {remote: [a b]}, clientConfig: {a: 1}}}"),
    [
      /^agents.rex.temperature: must be a number from 0 to 2, is "hot"/,
      /^agents.rex.githubApp: must be the name of a GitHub App/,
      /^agents.rex.tools.remote\[0\]: must be the name of a tool/,
      /^agents.rex.clientConfig: has no effect: set agents.<name>.tools instead/,
    ],
  );
  const namespacesOf = (yaml: string) => parseConfiguration(yaml).configuration?.namespaces;
  t.same(namespacesOf("namespaces: all"), {});
  t.same(namespacesOf("namespaces: [a, b]"), { names: ["a", "b"] });
  t.same(namespacesOf("namespaces: {matchLabels: {tenant: x}}"), { matchLabels: { tenant: "x" } });
  t.match(parseConfiguration("namespaces: 1").problems, [
    { path: "namespaces", message: /all, a list of names or a label/ },
  ]);
  t.end();
});

void t.test("every value knows its source: default, place in the file, variable or flag", (t) => {
  const { configuration, entries } = configure({
    file: "agent: {image: {repository: r, tag: t}}\njob: {backoffLimit: 1}\ntelemetry: {enabled: true}\n",
    environment: { JOB_BACKOFF_LIMIT: "2", JOB_CPU_LIMIT: "3", SERVER_PORT: "81" },
    flags: [{ name: "--set", path: "telemetry.enabled", text: "false" }],
  });
  t.match(entries.get("agent.image"), { value: "r:t", origin: { source: "file", keys: ["agent", "image"] } });
  t.match(entries.get("job.backoffLimit"), { value: 2, origin: { source: "environment", name: "JOB_BACKOFF_LIMIT" } });
  t.match(entries.get("priorities.low.resources.limits.cpu"), { origin: { name: "JOB_CPU_LIMIT" } });
  t.match(entries.get("priorities.low.resources.limits.memory"), { origin: { source: "default" } });
  t.match(entries.get("telemetry.enabled"), { value: false, origin: { source: "flag", name: "--set" } });
  t.equal(configuration?.server.port, 81);
  t.end();
});

void t.test("the gateway's image is the operator's own, which the file overrides", (t) => {
  const imageOf = (yaml: string, OPERATOR_IMAGE: string) =>
    parseConfiguration(yaml, { OPERATOR_IMAGE }).configuration?.gateway.image;
  t.equal(imageOf("", "registry/orchestrator:1.2"), "registry/orchestrator:1.2");
  t.equal(imageOf("gateway: {image: other:3}", "registry/orchestrator:1.2"), "other:3");
  t.equal(imageOf("", ""), defaultConfiguration.gateway.image);
  t.match(configure({ environment: { OPERATOR_IMAGE: "a b" } }).problems, [
    { severity: "error", path: "OPERATOR_IMAGE" },
  ]);
  t.end();
});

void t.test("a key that is read only at the start gives a warning in the file", (t) => {
  const { configuration, problems } = parseConfiguration("server: {port: 81}");
  t.equal(configuration?.server.port, 8080);
  t.match(problems, [{ severity: "warning", path: "server.port", message: /SERVER_PORT or --port/ }]);
  t.end();
});

void t.test("contradicting settings are reported", (t) => {
  const paths = (yaml: string) => parseConfiguration(yaml).problems.map(({ severity, path }) => `${severity} ${path}`);
  t.same(paths("telemetry: {enabled: true}"), ["warning telemetry.enabled"]);
  t.same(paths("nodeAffinity: {enabled: true}"), ["warning nodeAffinity.enabled"]);
  t.same(paths("agent: {volumes: [{name: tmp}], volumeMounts: [{name: x, mountPath: /x}]}"), [
    "error agent.volumes[0].name",
    "error agent.volumeMounts[0].name",
  ]);
  const rules = (...items: string[]): string =>
    `github: {webhook: {enabled: true}, rules: [${items.join(", ")}]}\nagents: {rex: {githubApp: A-Rex}}`;
  t.same(
    paths(
      rules("{name: a, events: [push], then: {action: label}}", "{name: a, events: [push], then: {action: start}}"),
    ),
    ["error github.rules[0].then.labels", "error github.rules[1].name", "error github.rules[1].then.agent"],
  );
  t.same(paths(rules("{name: a, events: [push], then: {action: start, agent: tess}}")), [
    "warning github.rules[0].then.agent",
  ]);
  t.same(paths(rules("{name: a, events: [push], then: {action: cancel, stage: x}}")), [
    "warning github.rules[0].then.stage",
  ]);
  t.same(
    paths(
      rules(
        "{name: a, events: [issues], then: {action: cancel, run: {service: a}, namespace: b}}",
        "{name: b, events: [issues], then: {action: retry, node: x, replace: [quality], agent: rex}}",
        "{name: c, events: [issues], then: {action: comment, labels: [x]}}",
        "{name: d, events: [issues], then: {action: label, labels: [x], text: y}}",
        "{name: e, events: [issues], then: {action: start, agent: rex, run: {taskId: 5}}}",
      ),
    ),
    [
      "warning github.rules[4].then.run.taskId",
      ...["namespace", "run"].map((key) => `warning github.rules[0].then.${key}`),
      ...["node", "agent", "replace"].map((key) => `warning github.rules[1].then.${key}`),
      "warning github.rules[2].then.labels",
      "warning github.rules[3].then.text",
    ],
  );
  t.same(paths(rules("{name: a, events: [push], when: {labels: []}, then: {action: ignore}}")), [
    "error github.rules[0].when.labels",
  ]);
  t.same(paths("cloudEvents: {sinks: [{name: a, url: 'https://a'}, {name: a, url: 'https://me:key@b'}]}"), [
    "error cloudEvents.sinks[1].name",
    "error cloudEvents.sinks[1].url",
  ]);
  const upstream = "{baseUrl: 'https://a:70000', proxy: 'http://p:99999', secretKey: k}";
  t.same(paths(`gateway: {upstreams: {house: ${upstream}, bare: {secretName: s}}}`), [
    "error gateway.upstreams.house.baseUrl",
    "error gateway.upstreams.house.proxy",
    "warning gateway.upstreams.house.secretKey",
    "error gateway.upstreams.bare",
  ]);
  t.same(paths("podTemplate: {spec: {restartPolicy: OnFailure}}"), ["error podTemplate.spec.restartPolicy"]);
  t.end();
});

void t.test("each key's default is what holds without it", (t) => {
  const paths = pathsOf(schema);
  t.ok(paths.length > 100);
  for (const path of paths) {
    const { default: standard } = schemaAt(path) ?? {};
    if (standard === undefined) continue;
    t.same(parseConfiguration(stringify(written(path, standard))).configuration, defaultConfiguration, path.join("."));
  }
  t.end();
});

void t.test("schema and reader agree on what is wrong", (t) => {
  const source = readFileSync(new URL("../../../schemas/configuration.yaml", import.meta.url), "utf8");
  const validate = new Ajv2020({ strict: false }).compile(parse(source) as object);
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
      const problems: Problem[] = [];
      fileLayer(content, problems);
      const isRead = !problems.some(({ severity }) => severity === "error");
      const isValid = validate(withoutUnset(content, schema));
      if (isValid !== isRead) throw new Error(`${JSON.stringify(content)}: schema ${isValid}, reader ${isRead}`);
    }),
    { numRuns: 6000 },
  );
  t.pass("6000 values");
  t.end();
});

t.test("a configuration beyond its bounds is refused with the bound and the remedy", (t) => {
  const messagesOf = (text: string): string[] => parseConfiguration(text).problems.map(({ message }) => message);
  t.match(messagesOf(`#${"x".repeat(65_536)}`), [/^has more than 65536 bytes; shorten it$/]);
  t.match(messagesOf(`agent: ${"[".repeat(100)}`), [/^is nested deeper than 64 levels; flatten it$/]);
  t.equal(messagesOf("}\n".repeat(5000)).length, 1, "the first error explains the others");
  t.equal(messagesOf("job: {}\n".repeat(50)).length, 10, "of many repeated keys the first ten are reported");
  t.end();
});

void t.test("a number beyond its limits is an error with the limit", (t) => {
  const messageOf = (text: string): string | undefined => parseConfiguration(text).problems[0]?.message;
  t.match(messageOf("job: {activeDeadlineSeconds: 0}"), /\b1\b/);
  t.match(messageOf("retry: {maxRetries: 1000000}"), /\d+/);
  t.notMatch(messageOf("job: {activeDeadlineSeconds: 0}"), /at least 0/);
  t.end();
});
