/** Objects of the system before, brought to today's kinds: what is kept, what is told, and that none starts anew. */
import t from "tap";
import { parse, parseAllDocuments } from "yaml";
import { outcomeOf, type Outcome } from "../cli/command-line.js";
import { convertCommand } from "#src/cli/convert.js";
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

t.test("a CodeRun comes over with its comments, and everything that changed is told with its line", async (t) => {
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
    "<stdin>:9: note: metadata.finalizers is left out: the finalizers of today are set at admission",
    "<stdin>:13: note: spec.taskId was text, and is the number 7",
    "<stdin>:16: note: spec.platformRepositoryUrl is called docsRepositoryUrl",
    "<stdin>:19: warning: spec.githubUser is left out: githubApp is there too, and was what counted",
    "<stdin>:22: note: spec.localTools was text with commas, and is a list",
    "<stdin>:27: note: spec.cliConfig.cliType is claude, in lower case",
  ])
    t.ok(told.includes(line), line);
  t.match(err, /:17: warning: spec\.branch is left out: the branch of the work is feature\/task-<taskId>/);
  t.match(err, /:21: note: spec\.contextVersion was raised by the controller with each retry/);
  t.match(err, /warning: spec\.enableDocker was true where nothing was said/);
});

t.test("an object that has been at work is suspended, so that it doesn't start anew", async (t) => {
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
    t.match(err, `since it is ${was} by its status and would be started anew`);
  }
  const { out } = await convert(`${codeRun}status:\n  phase: Pending\n`);
  t.equal((parse(out) as { spec: { suspend?: boolean } }).spec.suspend, undefined);
});

t.test("a DocsRun of the group before comes over", async (t) => {
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

t.test("an older TaskRun loses the token that everyone could read, and says where it belongs", async (t) => {
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
  t.match(err, /github-pat-<githubUser>, key token, and revoke it/);
  t.match(parse(out), { spec: { env: [{ name: "A", value: "1" }], repository: { githubUser: "ann" } } });
});

t.test("what a person has to decide is an error, and exit code 1", async (t) => {
  const { code, err } = await convert(`apiVersion: agents.platform/v1
kind: CodeRun
metadata: { name: x }
spec: { taskId: rust-data-models, service: s, repositoryUrl: a/b, docsRepositoryUrl: a/b }
`);
  t.equal(code, 1);
  t.match(err, /error: spec\.taskId "rust-data-models" is no number/);
  t.match(err, /error: spec has neither githubApp nor githubUser/);
});

t.test("with --strict what was left out is exit code 1 too", async (t) => {
  t.equal((await convert(codeRun, "--strict")).code, 1);
});

t.test("streams and lists keep their order, and other objects are passed on with their comments", async (t) => {
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

t.test("what is converted needs no further conversion", async (t) => {
  const once = await convert(codeRun);
  const twice = await convert(once.out);
  t.equal(twice.out, once.out);
});

t.test("text that is no YAML is told with its line, and exit code 2", async (t) => {
  const { code, out, err } = await convert("a: [\n");
  t.equal(code, 2);
  t.equal(out, "");
  t.match(err, /^<stdin>:\d+: error: not YAML/);
});

t.test("keys that are names of what every object has are no fields", (t) => {
  const { text, remarks } = convertManifests(
    "apiVersion: agents.platform/v1\nkind: CodeRun\nmetadata: {name: x}\nspec: {constructor: 1, __proto__: 2, githubApp: X}\n",
  );
  t.notMatch(text, /constructor|__proto__/);
  t.equal(remarks.filter(({ message }) => message.includes("CodeRun has no such field")).length, 2);
  t.end();
});
