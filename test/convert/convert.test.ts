/** Conversion of older API groups: what is kept, what is reported, and that no run starts again. */
import t from "tap";
import { parse, parseAllDocuments } from "yaml";
import { outcomeOf, type Outcome } from "../cli/command-line.js";
import { convertCommand } from "#src/cli/convert.js";
import { validateCommand } from "#src/cli/validate.js";
import { convertManifests } from "#src/convert/manifests.js";

const convert = (text: string, ...args: string[]): Promise<Outcome> =>
  outcomeOf(convertCommand, ["-f", "-", ...args], text);

const codeRun = `# the run of the play
apiVersion: agents.platform/v1
kind: CodeRun
metadata:
  name: coderun-7
  namespace: agent-platform # where it was
  uid: 0b9d
  resourceVersion: "7"
  finalizers: [coderuns.orchestrator.io/finalizer]
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: "{}"
spec:
  taskId: "7"
  service: cto-play # the service
  repositoryUrl: 5dlabs/cto
  platformRepositoryUrl: https://github.com/5dlabs/docs
  branch: main
  githubApp: 5DLabs-Rex
  githubUser: rex-5dlabs
  model: claude-opus
  contextVersion: 3
  localTools: "filesystem, git,filesystem"
  taskRequirements: ""
  env:
    LOG: debug # loud
  cliConfig:
    cliType: Claude
    model: claude-opus
    settings: { anything: [1, { goes: true }] }
`;

t.test("a CodeRun is converted with its comments, and every change is reported with its line", async (t) => {
  const { code, out, err } = await convert(codeRun);
  t.equal(code, 0);
  t.same(parse(out), {
    apiVersion: "orchestrator.io/v1",
    kind: "CodeRun",
    metadata: { name: "coderun-7", namespace: "agent-platform" },
    spec: {
      taskId: 7,
      service: "cto-play",
      repositoryUrl: "5dlabs/cto",
      docsRepositoryUrl: "https://github.com/5dlabs/docs",
      githubApp: "5DLabs-Rex",
      model: "claude-opus",
      contextVersion: 3,
      localTools: ["filesystem", "git"],
      env: { LOG: "debug" },
      cliConfig: {
        cliType: "claude",
        model: "claude-opus",
        settings: { anything: [1, { goes: true }] },
      },
    },
  });
  for (const comment of ["# the run of the play", "# where it was", "# the service", "# loud"]) t.match(out, comment);
  const told = err.trimEnd().split("\n");
  for (const line of [
    "<stdin>:2: note: apiVersion was agents.platform/v1",
    "<stdin>:9: note: metadata.finalizers is dropped: the current finalizers are set at admission",
    "<stdin>:13: note: spec.taskId is converted from text to the number 7",
    "<stdin>:16: note: spec.platformRepositoryUrl is renamed to docsRepositoryUrl",
    "<stdin>:19: warning: spec.githubUser is dropped: githubApp is set too and took precedence",
    "<stdin>:22: note: spec.localTools is converted from comma-separated text to a list",
    '<stdin>:27: note: spec.cliConfig.cliType is changed from "Claude" to "claude": names of agent programs are in lower case',
  ])
    t.ok(told.includes(line), line);
  t.match(err, /:17: warning: spec\.branch is dropped: the implementation branch is feature\/task-<taskId>/);
  t.match(err, /:21: note: spec\.contextVersion was incremented by the controller for each retry/);
  t.match(err, /warning: spec\.enableDocker defaulted to true; now it defaults to false/);
});

t.test("a run that has already started is suspended, so that it does not start again", async (t) => {
  for (const [status, was] of [
    ["phase: Succeeded", "Succeeded"],
    ["phase: Running", "Running"],
    ["workCompleted: true", "completed"],
    ["work_completed: true", "completed"],
  ] as const) {
    const { out, err } = await convert(`${codeRun}status:\n  ${status}\n`);
    const { spec, status: left } = parse(out) as { spec: { suspend?: boolean }; status?: unknown };
    t.equal(spec.suspend, true, status);
    t.equal(left, undefined);
    t.match(err, `because its status is ${was} and it would start again`);
  }
  const { out } = await convert(`${codeRun}status:\n  phase: Pending\n`);
  t.equal((parse(out) as { spec: { suspend?: boolean } }).spec.suspend, undefined);
});

/** One run of each kind that ended in failure, with everything that its old controller recorded. */
const failedRuns: readonly (readonly [kind: string, spec: string, status: string])[] = [
  [
    "TaskRun",
    "taskId: 7, serviceName: auth, suspend: false, markdownFiles: [{ filename: task.md, content: Do it, fileType: task }]",
    "phase: Failed, attempts: 3, jobName: auth-7-run-3, message: BackoffLimitExceeded",
  ],
  [
    "CodeRun",
    "taskId: 7, service: auth, repositoryUrl: a/b, docsRepositoryUrl: a/b, githubApp: Rex, contextVersion: 3",
    "phase: Failed, retryCount: 3, workCompleted: false, pullRequestUrl: https://github.com/a/b/pull/1",
  ],
  [
    "DocsRun",
    "repositoryUrl: a/b, workingDirectory: docs, sourceBranch: main, githubApp: Rex",
    "phase: Failed, work_completed: false, conditions: [{ type: Complete, status: 'False' }]",
  ],
];

for (const [kind, spec, status] of failedRuns) {
  const metadata = "name: it, namespace: team-a, labels: { team: a }, annotations: { note: kept }";
  const manifest = (more: string): string =>
    `apiVersion: orchestrator.platform/v1\nkind: ${kind}\nmetadata: { ${metadata} }\nspec: { ${spec} } # the work\n${more}`;

  t.test(`a failed ${kind} is suspended and loses its status; everything else is as without a status`, async (t) => {
    const fresh = parse((await convert(manifest(""))).out) as { spec: { suspend?: boolean } };
    const { code, out, err } = await convert(manifest(`status: { ${status} }\n`));
    t.equal(code, 0);
    t.not(fresh.spec.suspend, true);
    t.strictSame(parse(out), { ...fresh, spec: { ...fresh.spec, suspend: true } });
    t.match(out, "# the work");
    const lines = err.trimEnd().split("\n");
    t.ok(lines.includes("<stdin>:5: note: status is dropped: the controller writes it"), err);
    t.match(err, "<stdin>:5: warning: spec.suspend set to true, because its status is Failed and it would start again");
    t.equal(
      (await convert(manifest(`status: { ${status} }\n`), "--strict")).code,
      0,
      "the author did not write the status",
    );
    t.equal((await convert(out)).out, out, "converting it again changes nothing");
  });

  t.test(`a failed ${kind} in a list is suspended too`, async (t) => {
    const item = manifest(`status: { ${status} }\n`).trimEnd().replaceAll("\n", "\n    ");
    const list = `apiVersion: orchestrator.platform/v1\nkind: ${kind}List\nitems:\n  - ${item}\n`;
    const { items, apiVersion } = parse((await convert(list)).out) as { items: unknown[]; apiVersion: string };
    t.equal(apiVersion, "orchestrator.io/v1");
    t.match(items, [{ apiVersion: "orchestrator.io/v1", spec: { suspend: true }, status: undefined }]);
  });

  t.test(`a converted ${kind} that failed passes validation`, async (t) => {
    const { out } = await convert(manifest(`status: { ${status} }\n`));
    const { code, err, out: report } = await outcomeOf(validateCommand, ["-f", "-"], out);
    t.equal(code, 0, `${err}${report}`);
  });
}

t.test("a DocsRun of an older group is converted", async (t) => {
  const { code, out } = await convert(`apiVersion: orchestrator.platform/v1
kind: DocsRun
metadata: { name: docs }
spec:
  repositoryUrl: git@github.com:5dlabs/cto.git
  workingDirectory: .
  sourceBranch: main
  githubUser: pm0
  remoteTools: [search]
`);
  t.equal(code, 0);
  t.match(parse(out), { apiVersion: "orchestrator.io/v1", spec: { workingDirectory: ".", remoteTools: ["search"] } });
});

t.test("an older TaskRun loses its readable token, and says where a token belongs", async (t) => {
  const { code, out, err } = await convert(`apiVersion: orchestrator.io/v1
kind: TaskRun
metadata: { name: old }
spec:
  taskId: 1
  serviceName: auth
  agentName: claude-agent-1
  contextVersion: 1
  markdownFiles: [{ filename: task.md, content: "# Task", fileType: task }]
  env: { A: "1" }
  repository: { url: https://example.com/x.git, branch: main, githubUser: ann, token: ghp_secret }
`);
  t.equal(code, 0);
  t.notMatch(out, /ghp_secret/);
  t.notMatch(err, /ghp_secret/);
  t.match(err, /revoke it, and put a new one into the Secret github-pat-<githubUser>, key token/);
  t.match(parse(out), { spec: { env: [{ name: "A", value: "1" }], repository: { githubUser: "ann" } } });
});

t.test("a field that needs a decision is an error, with exit code 1", async (t) => {
  const { code, err } = await convert(`apiVersion: agents.platform/v1
kind: CodeRun
metadata: { name: x }
spec: { taskId: rust-data-models, service: s, repositoryUrl: a/b, docsRepositoryUrl: a/b }
`);
  t.equal(code, 1);
  t.match(err, /error: spec\.taskId "rust-data-models" is not a number/);
  t.match(err, /error: spec has neither githubApp nor githubUser/);
});

t.test("with --strict a dropped field gives exit code 1 too", async (t) => {
  t.equal((await convert(codeRun, "--strict")).code, 1);
});

t.test("streams and lists keep their order, and other objects are passed through with their comments", async (t) => {
  const { out } = await convert(`# first
kind: Secret
apiVersion: v1
metadata: { name: a } # of ours
---
${codeRun}---
apiVersion: v1
kind: List
items:
  - apiVersion: agents.platform/v1
    kind: DocsRun
    metadata: { name: in-a-list }
    spec: { repositoryUrl: a/b, workingDirectory: docs, sourceBranch: main, githubApp: X }
`);
  const documents = parseAllDocuments(out).map((document) => document.toJS() as { kind: string; items?: object[] });
  t.same(
    documents.map(({ kind }) => kind),
    ["Secret", "CodeRun", "List"],
  );
  t.match(documents[2]?.items, [{ apiVersion: "orchestrator.io/v1", kind: "DocsRun" }]);
  t.match(out, /^# first\n/);
  t.match(out, "# of ours");
});

t.test("converting twice changes nothing more", async (t) => {
  const once = await convert(codeRun);
  const twice = await convert(once.out);
  t.equal(twice.out, once.out);
});

t.test("text that is not YAML is reported with its line, and exit code 2", async (t) => {
  const { code, out, err } = await convert("a: [\n");
  t.equal(code, 2);
  t.equal(out, "");
  t.match(err, /^<stdin>:\d+: error: invalid YAML: /);
});

t.test("names that every JavaScript object inherits are not fields", (t) => {
  const { text, remarks } = convertManifests(
    "apiVersion: agents.platform/v1\nkind: CodeRun\nmetadata: {name: x}\nspec: {constructor: 1, __proto__: 2, githubApp: X}\n",
  );
  t.notMatch(text, /constructor|__proto__/);
  t.equal(remarks.filter(({ message }) => message.includes("CodeRun has no such field")).length, 2);
  t.end();
});

t.test("thousands of unknown fields take linear time", (t) => {
  const fields = Array.from({ length: 20_000 }, (_, index) => `  k${index}: 1\n`).join("");
  const before = process.cpuUsage();
  const { remarks, runs } = convertManifests(
    `apiVersion: agents.platform/v1\nkind: DocsRun\nmetadata: {name: x}\n${fields.replaceAll("  ", "")}spec:\n${fields}`,
  );
  const { user, system } = process.cpuUsage(before);
  t.equal(remarks.filter(({ lost }) => lost === true).length, 40_000);
  t.same(runs[0]?.object, { apiVersion: "orchestrator.io/v1", kind: "DocsRun", metadata: { name: "x" }, spec: {} });
  t.ok(user + system < 8_000_000, `took ${(user + system) / 1e6} s of processor time`);
  t.end();
});

t.test("a quoted key << keeps its quotes, and is not a merge key in the result", async (t) => {
  const text = JSON.stringify({
    apiVersion: "agents.platform/v1",
    kind: "CodeRun",
    metadata: { name: "coderun-7", annotations: { "<<": "x" } },
    spec: { taskId: 7, service: "auth", repositoryUrl: "a/b", docsRepositoryUrl: "a/docs", githubApp: "Rex" },
  });
  const { out } = await convert(text);
  t.match(parse(out, { merge: true }), { metadata: { annotations: { "<<": "x" } } });
});
