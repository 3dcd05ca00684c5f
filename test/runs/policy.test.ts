import t from "tap";
import type { CodeRun } from "#src/api/coderun.js";
import type { TaskRun } from "#src/api/taskrun.js";
import { ConfigurationSource } from "#src/configuration/source.js";
import type { Configuration } from "#src/configuration/configuration.js";
import { taskRunKind } from "../kinds/task-runs.js";
import type { NamespaceFacts } from "#src/runs/namespace-facts.js";
import { attemptProblems, matchesPattern } from "#src/runs/policy.js";
import type { PersistentVolumeClaim } from "#src/runtime/client/objects.js";
import fc from "../property.js";
import { codeRun, taskRun } from "../admission/runs.js";
import { attemptOf } from "../kinds/attempt.js";
import { codeKind } from "./world.js";

const namespace: NamespaceFacts = { name: "team-a", isOperators: false, labels: { tier: "low" } };

function configured(yaml: string): Configuration {
  const source = new ConfigurationSource({});
  const { accepted, problems } = source.update(yaml);
  if (!accepted) throw new Error(JSON.stringify(problems));
  return source.current();
}

interface Place {
  readonly namespace?: NamespaceFacts;
  readonly claim?: (name: string) => PersistentVolumeClaim | undefined;
}

const noClaim = (): undefined => undefined;

const ofTask = (run: TaskRun, yaml: string, { claim = noClaim, ...place }: Place = {}): string[] =>
  attemptProblems(taskRunKind, run, attemptOf(taskRunKind, run), { namespace, claim, ...place }, configured(yaml));

const ofCode = (run: CodeRun, yaml: string, place: Place = {}): string[] =>
  attemptProblems(codeKind, run, attemptOf(codeKind, run), { namespace, claim: noClaim, ...place }, configured(yaml));

t.test("without entries everything is allowed", (t) => {
  t.same(ofTask(taskRun({ image: "anything:1" }), ""), []);
  t.end();
});

t.test("images match a pattern, or are the configuration's own", (t) => {
  const yaml = 'policy: [{images: ["ghcr.io/acme/*"]}]\nagent: {image: "own/agent:1"}';
  t.same(ofTask(taskRun({ image: "ghcr.io/acme/agent:2" }), yaml), []);
  t.same(ofTask(taskRun({ image: "own/agent:1" }), yaml), []);
  t.same(ofTask(taskRun({ image: "evil/agent" }), yaml), [
    "image evil/agent is not allowed by policy of the configuration (allowed: ghcr.io/acme/*)",
  ]);
  t.end();
});

t.test("images have a digest where one is required, also the configuration's own", (t) => {
  const digest = `busybox@sha256:${"a".repeat(64)}`;
  const yaml = `policy: [{imageDigests: true}]\ninitContainer: {image: "${digest}"}\ngateway: {image: "${digest}"}`;
  t.same(ofTask(taskRun({ image: digest }), yaml), []);
  t.match(ofTask(taskRun({ image: "x:1" }), yaml), [/^image x:1 is not allowed .*use a digest/]);
  t.end();
});

t.test("a Secret is found whichever field leads to it", (t) => {
  const yaml = 'policy: [{secrets: ["github-*"]}]';
  const denied = [/^Secret other is not allowed .*allowed: github-\*/];
  const url = "https://github.com/a/b";
  const requirements = (text: string): string => Buffer.from(text).toString("base64");
  const runs: [string, string[]][] = [
    ["envFromSecrets", ofCode(codeRun({ envFromSecrets: [{ name: "A", secretName: "other", secretKey: "k" }] }), yaml)],
    ["whole Secrets", ofCode(codeRun({ taskRequirements: requirements("secrets: [{name: other}]") }), yaml)],
    [
      "keys of Secrets",
      ofCode(
        codeRun({ taskRequirements: requirements("secrets: [{name: other, keys: [{name: k, envVar: A}]}]") }),
        yaml,
      ),
    ],
    ["auth", ofTask(taskRun({ repository: { url, auth: { type: "Token", secretName: "other" } } }), yaml)],
  ];
  for (const [field, problems] of runs) t.match(problems, denied, field);
  t.same(ofCode(codeRun(), yaml), [], "the Secret of the identity matches, those of the configuration are allowed");
  t.match(ofCode(codeRun(), "policy: [{secrets: [none]}]"), [/^Secret github-/]);
  t.end();
});

t.test("ServiceAccounts match a pattern, or are the configured one", (t) => {
  const yaml = "policy: [{serviceAccounts: [agents-*]}]";
  t.same(ofTask(taskRun({ serviceAccountName: "agents-a" }), yaml), []);
  t.same(ofTask(taskRun({ serviceAccountName: "default" }), yaml), [], "the default of the configuration");
  t.match(ofTask(taskRun({ serviceAccountName: "builder" }), yaml), [/^ServiceAccount builder is not allowed/]);
  t.end();
});

t.test("a claim that the operator did not create matches a pattern", (t) => {
  const claim = (labels: Record<string, string>) => (): PersistentVolumeClaim => ({ metadata: { labels } });
  const yaml = "policy: [{claims: [shared-*]}]";
  const named = (pvcName: string): TaskRun => taskRun({ workspace: { pvcName } });
  t.same(ofTask(named("data"), yaml), [], "the operator would create it");
  t.same(ofTask(named("data"), yaml, { claim: claim({ "app.kubernetes.io/managed-by": "agent-orchestrator" }) }), []);
  t.match(ofTask(named("data"), yaml, { claim: claim({}) }), [/^PersistentVolumeClaim data is not allowed/]);
  t.same(ofTask(named("shared-1"), yaml, { claim: claim({}) }), []);
  t.end();
});

t.test("priority, resources, deadline, retries and TTL have limits", (t) => {
  const yaml =
    "policy: [{priorities: [low, medium], maxResources: {cpu: 4, memory: 4Gi, example.com/gpu: 1}, maxActiveDeadlineSeconds: 3600, maxRetries: 2, maxTtlSecondsAfterFinished: 600}]";
  const within = {
    ...{ activeDeadlineSeconds: 3600, ttlSecondsAfterFinished: 600, retry: { maxRetries: 2 } },
    resources: { limits: { cpu: "4", memory: "4096Mi", "example.com/gpu": 1 } },
  };
  t.same(ofTask(taskRun(within), yaml), []);
  const over = {
    priority: "high",
    ...{ activeDeadlineSeconds: 3601, ttlSecondsAfterFinished: 601, retry: { maxRetries: 3 } },
    resources: { limits: { cpu: "4001m" } },
  } as const;
  t.match(ofTask(taskRun(over), yaml), [
    /^priority high is not allowed .*allowed: low, medium/,
    /^activeDeadlineSeconds 3601 .*at most 3600/,
    /^maxRetries 3 .*at most 2/,
    /^ttlSecondsAfterFinished 601 .*at most 600/,
    /^a limit for cpu of 4001m .*at most 4/,
    /^a limit for memory of 8Gi .*at most 4Gi/, // that of containerLimits
    /^no limit for example\.com\/gpu .*at most 1/,
  ]);
  t.end();
});

t.test("a limit of 0, which the kubelet ignores, does not count as a limit", (t) => {
  const run = taskRun({ resources: { limits: { cpu: 0, memory: "0Gi" } } });
  const policy = "policy: [{maxResources: {cpu: 4, memory: 4Gi}}]";
  t.match(ofTask(run, `containerLimits: {memory: 0}\n${policy}`), [/^no limit for cpu /, /^no limit for memory /]);
  t.match(ofTask(run, policy), [/^no limit for cpu /, /^a limit for memory of 8Gi /]);
  const device = taskRun({ resources: { limits: { "example.com/gpu": 0 } } });
  t.same(ofTask(device, "policy: [{maxResources: {example.com/gpu: 1}}]"), [], "of a device, 0 is none");
  t.end();
});

t.test("an entry applies to the namespaces that it selects, and where the labels are not known", (t) => {
  const image = taskRun({ image: "evil/agent" });
  const place = (labels?: Record<string, string>): Place => ({
    namespace: { name: "team-a", isOperators: false, ...(labels && { labels }) },
  });
  const byLabel = "policy: [{namespaces: {matchLabels: {tier: low}}, images: [none]}]";
  t.equal(ofTask(image, byLabel, place({ tier: "low" })).length, 1);
  t.equal(ofTask(image, byLabel, place({ tier: "high" })).length, 0);
  t.equal(ofTask(image, byLabel, place()).length, 1, "in doubt");
  t.equal(ofTask(image, "policy: [{namespaces: [team-b], images: [none]}]").length, 0);
  t.equal(ofTask(image, "policy: [{namespaces: [team-a], images: [none]}]").length, 1);
  t.end();
});

t.test("in the operator's own namespace its Secrets are out of reach", (t) => {
  const own = { namespace: { name: "orchestrator", isOperators: true } };
  const secretName = "orchestrator-webhook-certs";
  const mounting = codeRun({ envFromSecrets: [{ name: "A", secretName, secretKey: "ca.key" }] });
  t.match(ofCode(mounting, "", own), [/^Secret orchestrator-webhook-certs is the operator's own; use another$/]);
  t.same(ofCode(mounting, ""), [], "a Secret of that name elsewhere is not the operator's");
  for (const serviceAccountName of ["orchestrator-manager", "orchestrator-uninstall", "orchestrator-test"])
    t.match(ofTask(taskRun({ serviceAccountName }), "", own), [/^ServiceAccount orch/], serviceAccountName);
  t.same(ofCode(codeRun(), "", own), [], "runs can share the namespace");
  const pods =
    "podTemplate: {spec: {volumes: [{name: x, projected: {sources: [{secret: {name: orchestrator-webhook-ca}}]}}]}}";
  t.match(ofTask(taskRun(), pods, own), [/^Secret orchestrator-webhook-ca/], "nor does the configuration lead to them");
  t.end();
});

t.test("a host that git.hosts no longer lists is not allowed", (t) => {
  const run = taskRun({ repository: { url: "https://git.example/a/b", githubUser: "u" } });
  t.match(ofTask(run, ""), [/^git\.example is not in git\.hosts/]);
  t.same(ofTask(run, "git: {hosts: [git.example]}"), []);
  t.same(ofTask(taskRun({ repository: { url: "https://git.example/a/b" } }), ""), [], "without credentials");
  t.match(ofCode(codeRun({ docsRepositoryUrl: "git@git.example:a/b" }), ""), [/^git\.example/]);
  t.end();
});

t.test("a stored CodeRun whose requirements are not valid does not start without them", (t) => {
  const taskRequirements = Buffer.from(`#${"x".repeat(17 * 1024)}`).toString("base64");
  t.match(ofCode(codeRun({ taskRequirements }), ""), [/^spec\.taskRequirements is not valid: .*16/]);
  t.same(ofCode(codeRun({ taskRequirements: "" }), ""), []);
  t.end();
});

t.test("a pattern matches as a regular expression of the same meaning does", (t) => {
  const letters = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 8 });
  const patterns = fc.string({ unit: fc.constantFrom("a", "b", "*"), maxLength: 6 });
  fc.assert(
    fc.property(letters, patterns, (text, pattern) => {
      t.equal(matchesPattern(text, pattern), new RegExp(`^${pattern.replaceAll("*", ".*")}$`).test(text));
    }),
  );
  t.end();
});
