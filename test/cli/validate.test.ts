import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import { outcomeOf, type Outcome } from "./command-line.js";
import { validateCommand } from "#src/cli/validate.js";

const fixtures = "test/fixtures/taskruns";

const validate = async (args: readonly string[], stdin?: string): Promise<Outcome> =>
  outcomeOf(validateCommand, args, stdin);

function fileWith(text: string, name = "a.yaml"): string {
  const file = join(mkdtempSync(join(tmpdir(), "validate-")), name);
  writeFileSync(file, text);
  return file;
}

const run = (spec: string): string =>
  `apiVersion: orchestrator.io/v1\nkind: TaskRun\nmetadata: {name: a}\nspec:\n  taskId: 1\n  serviceName: auth\n  markdownFiles: [{filename: a.md, content: a}]\n${spec}`;

for (const file of readdirSync(`${fixtures}/good`))
  t.test(`good/${file} is admitted without findings`, async (t) => {
    const { code, out } = await validate(["-f", `${fixtures}/good/${file}`]);
    t.equal(out, "");
    t.equal(code, 0);
  });

for (const file of readdirSync(`${fixtures}/bad`).filter((name) => name.endsWith(".yaml")))
  t.test(`bad/${file} is denied with all errors, their positions, and remedies`, async (t) => {
    const { code, out } = await validate(["-f", `${fixtures}/bad/${file}`]);
    const expected = readFileSync(`${fixtures}/bad/${file.replace(/yaml$/, "txt")}`, "utf8");
    t.equal(out.replaceAll(`${fixtures}/bad/`, ""), expected);
    t.equal(code, 1);
  });

t.test("a directory stands for all its YAML and JSON files, checked together", async (t) => {
  const { code, out, err } = await validate(["-f", `${fixtures}/good`, "-f", `${fixtures}/good`]);
  t.equal(code, 1, "each is there twice");
  t.match(out, /everything\.json:4:\d+: error: metadata\.name: Duplicate value: "everything"/);
  t.match(err, /^8 TaskRuns checked/);
});

t.test("- stands for standard input, and runs in different namespaces do not conflict", async (t) => {
  const two = `${run("")}---\n${run("").replace("name: a", "name: b, namespace: other")}`;
  t.match(await validate(["-f", "-"], two), { code: 0, err: /^2 TaskRuns checked: 0 errors/ });
  t.match(await validate(["-f", "-", "-n", "other"], two), { code: 1, out: /^<stdin>:\d+:\d+: error: spec\.taskId: / });
});

t.test("what admission would warn of is a warning, as far as the files and the configuration say", async (t) => {
  const dependent = run("  dependsOn: [a, b]\n").replace("name: a}", "name: c}").replace("taskId: 1", "taskId: 2");
  const file = fileWith(`${run("")}---\n${dependent}`);
  t.match(await validate(["-f", file]), {
    code: 0,
    out: /^[^\n]*: warning: spec\.dependsOn: TaskRun "b" is not among these files; this run waits until it exists in namespace default[^\n]*\n$/,
  });
  const config = fileWith("namespaces: [agents]\n");
  t.match(await validate(["-f", fileWith(run("")), "--config", config]), {
    code: 0,
    out: /: warning: the orchestrator does not manage namespace default \(configuration: namespaces; flag: --watch-namespaces\): nothing will run\n$/,
  });
  t.match(await validate(["-f", fileWith(run("")), "--config", config, "-n", "agents"]), { code: 0, out: "" });
});

t.test("an unknown field is a warning, and an error with --strict", async (t) => {
  const file = fileWith(run("  colour: red\n"));
  t.match(await validate(["-f", file]), { code: 0, out: `${file}:8:11: warning: spec.colour: unknown field` });
  t.match(await validate(["-f", file, "--strict"]), { code: 1, out: `${file}:8:11: error: spec.colour` });
});

t.test("settings for an agent program are checked against its schema, and reported with their position", async (t) => {
  const code = `apiVersion: orchestrator.io/v1
kind: CodeRun
metadata: { name: a }
spec:
  { taskId: 1, service: auth, repositoryUrl: a/b, docsRepositoryUrl: a/c, githubUser: swe,
    cliConfig: { cliType: claude, settings: { cleanupPeriodDays: yes } } }
`;
  const file = fileWith(code);
  t.match(await validate(["-f", file]), {
    code: 1,
    out: `${file}:6:66: error: spec.cliConfig.settings.cleanupPeriodDays: Invalid value: must be of type integer, not boolean`,
  });
});

t.test("a run of an older group is skipped with a remedy, and another object with a note", async (t) => {
  const { code, out, err } = await validate(
    ["-f", "-"],
    [
      "apiVersion: agents.platform/v1\nkind: CodeRun\nmetadata: {name: old}",
      "apiVersion: v1\nkind: Secret\nmetadata: {name: s}",
    ].join("\n---\n"),
  );
  t.equal(code, 1, "nothing was checked");
  t.match(
    err,
    /^0 objects checked: .*\nerror: nothing to check: all runs belong to older .*: orchestrator convert -f -\n$/,
  );
  t.equal(
    out,
    '<stdin>:1:1: note: agents.platform/v1 CodeRun "old" is skipped: it belongs to an older API group or version; convert it with orchestrator convert\n' +
      '<stdin>:5:1: note: v1 Secret "s" is skipped: it is not of the group orchestrator.io\n',
  );
});

const budget = (spec: string, name = "team"): string =>
  `apiVersion: orchestrator.io/v1\nkind: Budget\nmetadata: {name: ${name}}\nspec:\n${spec}`;

t.test("Budgets are checked with their schema and the rules of admission", async (t) => {
  const good = budget("  maxCostUSD: 5\n  timeZone: Europe/Berlin\n");
  t.match(await validate(["-f", "-"], good), { code: 0, out: "", err: /^1 Budget checked: 0 errors, 0 warnings\n$/ });
  t.match((await validate(["-f", "-"], `${run("")}---\n${good}`)).err, /^1 TaskRun and 1 Budget checked: 0 errors/);
  for (const [text, message] of [
    ["  period: Day\n", /^<stdin>:4:\d+: error: spec: Invalid value: set maxCostUSD, maxTokens or both\n$/],
    ["  maxCostUSD: 5\n  period: Year\n", /:6:\d+: error: spec\.period: Unsupported value: "Year"/],
    ["  maxCostUSD: 5\n  timeZone: Nowhere\n", /:6:\d+: error: spec\.timeZone: .* IANA database/],
    ["  maxCostUSD: 5\n  perAttempt: {maxCostUSD: 6}\n", /must not exceed maxCostUSD; no attempt would fit/],
    ["  maxTokens: -1\n", /:5:\d+: error: spec\.maxTokens: /],
  ] as const)
    t.match(await validate(["-f", "-"], budget(text)), { code: 1, out: message });
  t.match(await validate(["-f", "-"], `${good}---\n${good}`), {
    code: 1,
    out: /^<stdin>:10:\d+: error: metadata\.name: Duplicate value: "team"\n$/,
  });
  t.match(await validate(["-f", "-"], good.replace("/v1", "/v2")), {
    code: 1,
    out: /apiVersion: .*must be orchestrator.io\/v1/,
  });
  t.match(await validate(["-f", "-"], good.replace("team}", "Team_1}")), { code: 1, out: /metadata\.name: / });
  t.match(await validate(["-f", "-", "--strict"], `${good}  colour: red\n`), {
    code: 1,
    out: /spec\.colour: unknown field/,
  });
  t.match(await validate(["-f", "-"], good.replace("Budget", "Budgets")), {
    code: 1,
    out: /did you mean orchestrator.io\/v1 Budget/,
  });
  const foreign = await validate(["-f", "-"], budget("  maxTokens: 5\n  selector: {namespaces: [other]}\n"));
  t.match(foreign, {
    code: 0,
    out: /warning: spec\.selector\.namespaces: denied unless default is the operator's namespace/,
  });
  t.match(await validate(["-f", "-", "-n", "other"], budget("  maxTokens: 5\n  selector: {namespaces: [other]}\n")), {
    code: 0,
    out: "",
  });
  t.match(await validate(["-f", "-"], "apiVersion: orchestrator.io/v1\nkind: Budget\n"), {
    code: 1,
    out: /spec: Required value/,
  });
});

t.test("JSON output contains the same findings", async (t) => {
  const { out, code } = await validate(["-f", fileWith(run("  priority: urgent\n")), "-o", "json"]);
  t.equal(code, 1);
  t.match(JSON.parse(out), {
    valid: false,
    checked: 1,
    errors: 1,
    findings: [{ line: 8, column: 13, severity: "error", field: "spec.priority", reason: "FieldValueNotSupported" }],
  });
});

t.test("defaults come from --config, and an invalid configuration is reported", async (t) => {
  const config = fileWith("agent: {name: 'rex'}\nretry: {maxRetries: 2}\n");
  t.match(await validate(["-f", "-", "--config", config], run("")), { code: 0 });
  t.match(await validate(["-f", "-", "--config", fileWith("retry: {maxRetries: x}")], run("")), {
    code: 2,
    err: /retry\.maxRetries/,
  });
});

t.test("an unreadable file gives exit code 2 and its position", async (t) => {
  t.match(await validate([]), { code: 2, err: /name a file with -f/ });
  t.match(await validate(["-f", "/does/not/exist"]), { code: 2, err: /exist: error: can't be read/ });
  const file = fileWith("a: [\n");
  t.match(await validate(["-f", file]), { code: 2, err: `${file}:2:1: error: invalid YAML: ` });
  t.match(await validate(["-f", "-"], "just text"), { code: 1, out: "<stdin>:1:1: error: is not a Kubernetes object" });
  t.match(await validate(["-f", "-"], " \n"), {
    code: 1,
    err: /^0 objects checked.*\nerror: .*standard input is empty\n$/,
  });
});

t.test("YAML is read as kubectl reads it", async (t) => {
  const { out } = await validate(["-f", "-"], run("  suspend: yes\n  agentName: on\n  model: 2024-01-01\n"));
  t.match(out, /^<stdin>:9:14: error: spec\.agentName: .*must be of type string: "boolean"; put it in quotes\n$/);
  const docs = "{repositoryUrl: a/b, workingDirectory: ., sourceBranch: 1.5, githubUser: swe}";
  const numbers = await validate(
    ["-f", "-"],
    `{apiVersion: orchestrator.io/v1, kind: DocsRun, metadata: {name: a}, spec: ${docs}}`,
  );
  t.match(numbers.out, /^[^\n]*spec\.sourceBranch: .*"number"; put it in quotes\n$/, "a dot alone is no number");
});

t.test("the samples are admitted without findings", async (t) => {
  t.match(await validate(["-f", "config/samples"]), { code: 0, out: /^([^\n]*: note: [^\n]*\n)*$/ });
});
