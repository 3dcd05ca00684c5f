import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t, { type Test } from "tap";
import { parse, parseAllDocuments } from "yaml";
import { outcomeOf, type Outcome } from "./command-line.js";
import { configCommand } from "#src/cli/config.js";
import { parseConfiguration } from "#src/configuration/parse.js";

const config = async (args: readonly string[], stdin?: string): Promise<Outcome> =>
  outcomeOf(configCommand, args, stdin);

const file = `# of ours
job:
  backoffLimit: 3
agent:
  image: { repository: a, tag: b }
  resources: { limits: { cpu: 2 } }
`;

function inConfigMap(text: string): string {
  return `kind: Secret\n---\napiVersion: v1\nkind: ConfigMap\ndata:\n  config.yaml: |\n${text.replaceAll(/^(?=.)/gm, "    ")}`;
}

function withVariables(t: Test, variables: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(variables)) {
    process.env[name] = value;
    t.teardown(() => Reflect.deleteProperty(process.env, name));
  }
}
t.test("show prints the effective values, and the source of each", async (t) => {
  withVariables(t, { JOB_MEMORY_LIMIT: "1Gi", JOB_TTL_SECONDS: "60" });
  const { code, out, err } = await config(["show", "-f", "-", "--set", "strict=true"], file);
  t.strictSame([code, err], [0, ""]);
  for (const line of [
    "  backoffLimit: 3 # <stdin>:3",
    "  activeDeadlineSeconds: 3600 # default",
    "  ttlSecondsAfterFinished: 60 # env JOB_TTL_SECONDS",
    "  image: a:b # <stdin>:5",
    '        cpu: "2" # <stdin>:6',
    "        memory: 1Gi # env JOB_MEMORY_LIMIT",
    "strict: true # flag --set",
  ])
    t.ok(out.split("\n").includes(line), line);
});

t.test("the output of show is a configuration that gives the same values", async (t) => {
  const original = readFileSync("test/fixtures/configurations/original.yaml", "utf8");
  const { out } = await config(["show", "-f", "-"], original);
  t.same(parseConfiguration(out).configuration, parseConfiguration(original).configuration);
  t.same(
    parseConfiguration(out).problems.map(({ path }) => path),
    ["server.host", "server.port", "agent.command"],
  );
});

t.test("line numbers refer to the manifest of a ConfigMap", async (t) => {
  const { out } = await config(["show", "-f", "-", "-o", "json"], inConfigMap(file));
  t.match(JSON.parse(out), {
    settings: { job: { backoffLimit: 3 } },
    sources: { "job.backoffLimit": "<stdin>:9", "agent.image": "<stdin>:11", "agent.name": "default" },
  });
});

t.test("show of an invalid configuration reports the errors, and shows the rest", async (t) => {
  const { code, out, err } = await config(["show", "-f", "-"], "job: {backoffLimit: many}\nagent: {name: rex}\n");
  t.equal(code, 1);
  t.match(err, /error: job\.backoffLimit must be a whole number/);
  t.match(out, /name: rex # <stdin>:2/);
});

t.test("get prints a value or a section, or reports that a key is not set", async (t) => {
  t.match(await config(["get", "agent.image", "-f", "-"], file), { code: 0, out: "a:b\n" });
  t.match(await config(["get", "job", "-f", "-"], file), { code: 0, out: /^backoffLimit: 3\nactive/ });
  t.match(await config(["get", "storage.workspaceSize", "-f", "-", "-o", "json"], file), { out: '"10Gi"\n' });
  t.match(await config(["get", "concurrency.total", "-f", "-"], file), { code: 1, err: /is not set/ });
  t.match(await config(["get", "job.nothing", "-f", "-"], file), { code: 2, err: /no key job\.nothing/ });
  t.match(await config(["get", "fluentBit", "-f", "-"], file), { code: 2, err: /has no effect: agents write/ });
  t.match(await config(["get", "job", "-f", "/nowhere"], file), { code: 2, err: /can't be read/ });
});

t.test("list prints every key with default, variable and meaning", async (t) => {
  const { code, out } = await config(["list"]);
  t.equal(code, 0);
  t.match(out, 'agent.image = "ghcr.io/5dlabs/platform/claude-code:latest"  [JOB_IMAGE]\n');
  t.match(out, "volumes\n    No effect: home, settings");
  const keys = JSON.parse((await config(["list", "-o", "json"])).out) as { path: string; meaning: string }[];
  t.match(
    keys.find(({ path }) => path === "job.backoffLimit"),
    { default: 0, variable: "JOB_BACKOFF_LIMIT", meaning: /Retries of the Job/ },
  );
});

t.test("validate reports all problems with their lines, and exits with 1 for errors", async (t) => {
  const bad = "job:\n  backoffLimit: many\nagent:\n  env:\n    - { name: 1A, value: x }\nodd: 1\n";
  const { code, out, err } = await config(["validate", "-f", "-"], inConfigMap(bad));
  t.equal(code, 1);
  t.match(out, /^<stdin>:8: error: job\.backoffLimit must be/m);
  t.match(out, /^<stdin>:11: error: agent\.env\[0\]\.name must be/m);
  t.match(out, /^<stdin>:12: warning: odd is not a known key/m);
  t.match(err, "2 errors, 1 warning\n");
  t.match(await config(["validate", "-f", "-"], "job: {}\nodd: 1"), { code: 0 });
  t.match(await config(["validate", "-f", "-", "--strict"], "job: {}\nodd: 1"), { code: 1 });
  const json = JSON.parse((await config(["validate", "-f", "-", "-o", "json"], "job: [")).out) as unknown;
  t.match(json, { valid: false, errors: 1, findings: [{ severity: "error", message: /invalid YAML: / }] });
  for (const good of ["config/samples/configuration.yaml", "test/fixtures/configurations/original.yaml"])
    t.equal((await config(["validate", "-f", good])).code, 0, good);
});

t.test("convert says where customized templates belong", async (t) => {
  const { err } = await config(["convert", "-f", "-"], "templatesVersion: 3\n");
  t.match(err, /templatesVersion has no counterpart: put .* into the ConfigMap agent-templates/);
});

t.test(
  "convert turns Helm values into a ConfigMap, with comments, and reports keys without a counterpart",
  async (t) => {
    const values = "test/fixtures/values/controller.yaml";
    const { code, out, err } = await config(["convert", "-f", values]);
    t.equal(code, 0);
    t.equal(out, readFileSync("test/fixtures/values/controller.configmap.yaml", "utf8"));
    const { data } = parse(out) as { data: Record<string, string> };
    t.match(parseConfiguration(data["config.yaml"] ?? "").problems, [
      { severity: "warning", path: "network.allow", message: /telemetry\.otlpEndpoint/ },
    ]);
    t.match(parseConfiguration(data["config.yaml"] ?? "").configuration, {
      agent: { image: "ghcr.io/5dlabs/claude:1.2", imagePullSecrets: ["ghcr-secret"], cliImages: { claude: "a:b" } },
      storage: { storageClassName: "local-path", size: "10Gi" },
      agents: { rex: { model: "opus", githubApp: "5DLabs-Rex" } },
    });
    for (const told of [
      `${values}:3: warning: replicaCount has no counterpart: manager.replicas of the chart`,
      `${values}:5: warning: image has no counterpart: the operator's own image`,
      `${values}:19: warning: agent.inputBridge has no counterpart`,
      `${values}:44: warning: cleanup.completedJobDelayMinutes has no counterpart`,
      'agents.rex.systemPrompt has a line "tools:" in its text',
      "sidecars has no counterpart: containers beside the operator",
    ])
      t.ok(err.includes(told), told);
    t.notMatch(err, "USER-SUPPLIED");
    t.notMatch(err, "cleanup.enabled", "what holds anyway is not worth a line");
    t.equal((await config(["convert", "-f", values, "--strict"])).code, 1);
  },
);

t.test("several documents of values become one, and other objects are passed through", async (t) => {
  const text = [
    "job:\n  backoffLimit: 1 # first\nlabels: {a: b}\n",
    "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n",
    "",
    "# nothing\n",
    "job:\n  # second\n  backoffLimit: 2\n  activeDeadlineSeconds: 5\n",
  ].join("---\n");
  const { code, out } = await config(["convert", "-f", "-", "-n", "tenant"], text);
  t.equal(code, 0);
  const [first, second, ...more] = parseAllDocuments(out).map((each) => each.toJS() as unknown);
  t.match(first, {
    kind: "ConfigMap",
    metadata: { name: "taskrun-controller-config", namespace: "tenant" },
  });
  t.match(out, /# second\n *backoffLimit: 2\n/);
  t.match(out, /labels: *\{ *a: b *\}/);
  t.match(second, { kind: "Secret", metadata: { name: "s" } });
  t.same(more, []);
});

t.test("convert accepts an older ConfigMap, and rejects what it cannot read", async (t) => {
  const old = inConfigMap("controller: {maxRetries: 2}\nfluentBit: {enabled: true}\n");
  const { out, err } = await config(["convert", "-f", "-"], old);
  t.match(out, /controller: *\{ *maxRetries: 2 *\}/);
  t.match(err, "fluentBit has no counterpart");
  t.match(await config(["convert", "-f", "-"], "a: [\n"), { code: 2, out: "", err: /invalid YAML: / });
  t.match(await config(["convert", "-f", "-"], "job: {backoffLimit: x}\n"), { code: 1, err: /whole number/ });
  const bomb = `a: &a [1,1,1,1,1,1,1,1,1,1]\n${["b", "c", "d", "e", "f", "g"]
    .map(
      (key, i) =>
        `${key}: &${key} [${Array(10)
          .fill(`*${"abcdef"[i] ?? ""}`)
          .join(",")}]`,
    )
    .join("\n")}\n`;
  t.match(await config(["convert", "-f", "-"], bomb), { code: 2, err: /not usable YAML/ });
});

t.test("anchors, aliases and merge keys are expanded", async (t) => {
  const text = "x: &x { cpu: 1 }\nagent:\n  resources: { limits: *x, requests: { <<: *x, memory: 1Gi } }\n";
  const { out } = await config(["convert", "-f", "-"], text);
  const { data } = parse(out) as { data: Record<string, string> };
  t.same(parseConfiguration(data["config.yaml"] ?? "").configuration?.resources.low, {
    limits: { cpu: "1" },
    requests: { memory: "1Gi", cpu: "1" },
  });
});

t.test("a file is read by its name", async (t) => {
  const path = join(mkdtempSync(join(tmpdir(), "config-")), "config.yaml");
  writeFileSync(path, file);
  t.match((await config(["show", "-f", path])).out, `backoffLimit: 3 # ${path}:3`);
});
