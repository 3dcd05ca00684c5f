/** CodeRun and DocsRun as the engine sees them: names, labels, slots, files and pods. */
import fc from "../property.js";
import t from "tap";
import { CodeRuns, type CodeRun } from "#src/api/coderun.js";
import type { DocsRun } from "#src/api/docsrun.js";
import { TemplateSource } from "#src/templates/source.js";
import { codeRunKind } from "#src/kinds/coderun/coderun.js";
import { docsRunKind } from "#src/kinds/docsrun/docsrun.js";
import { verdictOf } from "#src/kinds/coderun/verdict.js";
import type { Verdict } from "#src/kinds/git.js";
import type { RunTemplates } from "#src/kinds/templates.js";
import { jobOf, podOf } from "./attempt.js";
import { contentDigest, filesConfigMap } from "#src/runs/manifests.js";
import type { PodSpec } from "#src/runs/pod-spec.js";
import { FilesError } from "#src/runs/run.js";
import type { Stored } from "#src/runtime/client/objects.js";
import { isLabelValue } from "#src/runtime/schema/object-meta.js";
import type { CodeContext, DocsContext } from "#src/templates/context.js";
import { TemplateError } from "#src/templates/problem.js";
import { defaultConfiguration } from "#src/configuration/defaults.js";
import type { Configuration } from "#src/configuration/configuration.js";

const phases = "# phases: prepare agent deliver";

/** What the templates were last given. */
let seen: CodeContext | DocsContext | undefined;

const templates: RunTemplates<"code" | "docs"> = {
  current: () => ({
    code: (context) => {
      seen = context;
      return { "container.sh": `${phases}\nrun ${context.number}\n`, "settings.json": "{}" };
    },
    docs: (context) => {
      seen = context;
      return { "container.sh": `${phases}\nrun ${context.number}\n`, "settings.json": "{}" };
    },
  }),
};
const code = codeRunKind(templates);
const docs = docsRunKind(templates);

function codeRun(spec: Partial<CodeRun["spec"]> = {}, more: Partial<CodeRun> = {}): Stored<CodeRun> {
  return {
    ...more,
    metadata: { name: "play", namespace: "tenant", uid: "u", resourceVersion: "1", ...more.metadata },
    spec: {
      taskId: 7,
      service: "trader",
      repositoryUrl: "https://github.com/5dlabs/trader",
      docsRepositoryUrl: "git@github.com:5dlabs/platform.git",
      githubApp: "5DLabs-Rex",
      ...spec,
    },
  };
}

function asUser(githubUser: string, spec: Partial<CodeRun["spec"]> = {}): Stored<CodeRun> {
  const run = codeRun(spec);
  const { githubApp: _app, ...rest } = run.spec;
  return { ...run, spec: { ...rest, githubUser } };
}

function docsRun(spec: Partial<DocsRun["spec"]> = {}): Stored<DocsRun> {
  return {
    metadata: { name: "generate", namespace: "tenant", uid: "u", resourceVersion: "1" },
    spec: { repositoryUrl: "a/b", workingDirectory: ".", sourceBranch: "main", githubUser: "swe", ...spec },
  };
}

function agentOf(pod: PodSpec): PodSpec["containers"][number] {
  const [container] = pod.containers;
  if (container === undefined) throw new Error("no container");
  return container;
}

/** Plain variables of the agent. */
function environmentOf(
  run: CodeRun,
  number = 1,
  configuration = defaultConfiguration,
): Record<string, string | undefined> {
  return Object.fromEntries(
    (agentOf(podOf(code, run, configuration, number)).env ?? []).map(({ name, value }) => [name, value]),
  );
}

/** Keys of models are in the agent's environment. */
const withKeys: Configuration = { ...defaultConfiguration, credentials: "environment" };

void t.test("a CodeRun's objects are named after its task, service and name, its workspace after its agent", (t) => {
  t.same(code.names(codeRun(), 2), {
    job: "coderun-7-trader-play-run-2",
    files: "coderun-7-trader-play-run-2-files",
    workspace: "workspace-trader-rex",
  });
  t.equal(code.names(asUser("swe"), 1).workspace, "workspace-trader");
  t.equal(code.names(codeRun({ githubApp: "Cleo" }), 1).workspace, "workspace-trader-cleo");
  t.equal(code.names(codeRun({ githubApp: "my team-QA_Bot 2" }), 1).workspace, "workspace-trader-qa-bot-2");
  t.equal(code.names(codeRun({ workspace: { pvcName: "mine" } }), 1).workspace, "mine");
  t.end();
});

void t.test("a DocsRun's objects are named after it, its workspace after the directory", (t) => {
  t.same(docs.names(docsRun(), 1), {
    job: "docsrun-generate-run-1",
    files: "docsrun-generate-run-1-files",
    workspace: "docs-workspace-root",
  });
  const workspace = (workingDirectory: string): string => docs.names(docsRun({ workingDirectory }), 1).workspace;
  t.equal(workspace("_projects/Trader"), "docs-workspace-projects-trader");
  t.equal(workspace("./"), "docs-workspace-root");
  t.match(workspace("日本"), /^docs-workspace-[0-9a-f]{8}$/);
  t.end();
});

const label = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
const name = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,100}[a-z0-9])?(\.[a-z0-9]{1,20}){0,3}$/);
const app = fc.stringMatching(/^[A-Za-z0-9]([-A-Za-z0-9_ ]{0,61}[A-Za-z0-9])?$/);
const dnsSubdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

void t.test(
  "whatever a CodeRun is called, its names are ones that Kubernetes takes, and no two runs share them",
  (t) => {
    fc.assert(
      fc.property(label, name, app, fc.integer({ min: 1, max: 2 ** 31 - 1 }), (service, run, githubApp, number) => {
        const named = (of: number): ReturnType<typeof code.names> =>
          code.names(codeRun({ service, githubApp }, { metadata: { name: run } }), of);
        const { job, files, workspace } = named(number);
        const hasForm = [job, files, workspace].every((each) => dnsSubdomain.test(each) && each.length <= 253);
        return hasForm && job.length <= 63 && job !== named(number + 1).job;
      }),
    );
    t.end();
  },
);

void t.test(
  "whatever directory a DocsRun works in, its workspace is a name that Kubernetes takes, and always the same",
  (t) => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 300, unit: "grapheme" }), (workingDirectory) => {
        const { workspace } = docs.names(docsRun({ workingDirectory }), 1);
        return (
          dnsSubdomain.test(workspace) &&
          workspace.length <= 253 &&
          workspace === docs.names(docsRun({ workingDirectory }), 2).workspace
        );
      }),
    );
    t.end();
  },
);

void t.test("labels are valid for any name and directory of a run", (t) => {
  const directory = fc.string({ minLength: 1, maxLength: 300, unit: "grapheme" });
  fc.assert(
    fc.property(label, app, directory, (service, githubApp, workingDirectory) => {
      const of = { ...code.labels(codeRun({ service, githubApp })), ...docs.labels(docsRun({ workingDirectory })) };
      return Object.values(of).every((value) => isLabelValue(value)) && dnsSubdomain.test(of.service ?? "");
    }),
  );
  t.end();
});

void t.test("runs of several kinds count for the same agent and repository, however that is written", (t) => {
  const groups = code.slotGroups(codeRun());
  t.match(groups, { all: "all", namespace: "tenant", service: "tenant/trader", agent: "rex" });
  t.equal(groups.workspace, "tenant/workspace-trader-rex");
  t.match(groups, { repository: "github.com/5dlabs/trader", organization: "github.com/5dlabs" });
  t.equal(
    docs.slotGroups(docsRun({ repositoryUrl: "git@github.com:5DLabs/trader.git" })).repository,
    groups.repository,
  );
  t.end();
});

void t.test("what is made for a CodeRun carries its labels and those of its workflow, and no others", (t) => {
  const labels = { "workflow-name": "play-1", "workflow-stage": "testing", other: "x" };
  t.same(code.labels(codeRun({ priority: "high" }, { metadata: { name: "play", labels } })), {
    "workflow-name": "play-1",
    "workflow-stage": "testing",
    "github-app": "5DLabs-Rex",
    "orchestrator.io/task-id": "7",
    "orchestrator.io/service": "trader",
    "orchestrator.io/agent": "rex",
    "orchestrator.io/priority": "high",
    "task-id": "7",
    service: "trader",
    priority: "high",
  });
  t.notOk("github-app" in code.labels(codeRun({ githubApp: "My App" })), "blanks don't go into a label");
  t.end();
});

void t.test("both pods meet the Pod Security Standard restricted and have no access to the cluster", (t) => {
  for (const pod of [podOf(code, codeRun(), defaultConfiguration), podOf(docs, docsRun(), defaultConfiguration)]) {
    t.match(pod.securityContext, { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: "RuntimeDefault" } });
    for (const container of [...(pod.initContainers ?? []), ...pod.containers])
      t.same(container.securityContext, {
        allowPrivilegeEscalation: false,
        capabilities: { drop: ["ALL"] },
        readOnlyRootFilesystem: true,
        ...(container.name === "gateway" && { runAsUser: 65532, runAsGroup: 65532 }),
      });
    t.equal(pod.automountServiceAccountToken, false);
    t.equal(pod.enableServiceLinks, false);
  }
  t.end();
});

void t.test("a pod runs the rendered script, and finds files, workspace and system prompts where they belong", (t) => {
  const pod = podOf(code, codeRun(), defaultConfiguration);
  t.match(agentOf(pod), {
    name: "claude-agent",
    command: ["/bin/bash", "/task-files/container.sh"],
    workingDir: "/workspace",
  });
  const mounts = agentOf(pod).volumeMounts ?? [];
  const at = (path: string): unknown => {
    const mount = mounts.find(({ mountPath }) => mountPath === path);
    const { name: _name, ...source } = pod.volumes?.find((volume) => volume.name === mount?.name) ?? { name: "" };
    return source;
  };
  t.match(at("/task-files"), { configMap: { name: "coderun-7-trader-play-run-1-files", defaultMode: 0o555 } });
  t.match(at("/workspace"), { persistentVolumeClaim: { claimName: "workspace-trader-rex" } });
  t.match(at("/config/agents"), { configMap: { name: "controller-agents", optional: true } });
  for (const { volumeMounts } of [agentOf(pod), agentOf(podOf(docs, docsRun(), defaultConfiguration))])
    t.match(
      volumeMounts?.find(({ mountPath }) => mountPath === "/etc/claude-code/managed-settings.json"),
      { subPath: "settings.json" },
    );
  t.end();
});

void t.test("the variables that come from Secrets are listed for the script, which redacts their values", (t) => {
  const envFromSecrets = [{ name: "DATABASE_URL", secretName: "db", secretKey: "url" }];
  const env = { PLAIN: "x", ORCHESTRATOR_SECRET_VARIABLES: "nothing" };
  const { containers } = podOf(code, codeRun({ env, envFromSecrets }), withKeys);
  const listed = containers[0]?.env?.filter(({ name }) => name === "ORCHESTRATOR_SECRET_VARIABLES") ?? [];
  t.equal(listed.length, 1);
  const names = listed[0]?.value?.split(" ") ?? [];
  t.ok(names.includes("DATABASE_URL") && names.includes("ANTHROPIC_API_KEY"), names.join());
  t.notOk(names.includes("PLAIN"));
  t.end();
});

void t.test("keys come from the Secrets of the App, or of the user by the way each repository is reached", (t) => {
  const secretsOf = (pod: PodSpec): unknown[] =>
    (pod.volumes ?? []).flatMap(({ name, secret }) =>
      secret && !name.startsWith("gateway-variables") ? [secret] : [],
    );
  t.same(secretsOf(podOf(code, codeRun({ githubApp: "5DLabs_QA Bot-Tess" }), withKeys)), [
    { secretName: "github-app-5dlabs-qa-bot-tess", defaultMode: 0o400 },
  ]);
  const both = podOf(code, asUser("SWE_1"), withKeys);
  t.same(secretsOf(both), [
    { secretName: "github-ssh-swe-1", defaultMode: 0o400 },
    { secretName: "github-pat-swe-1", defaultMode: 0o400 },
  ]);
  const sockets = ["gateway-ssh-prepare", "gateway-ssh-deliver"] as const;
  const mounts = (container: string, volume: string): boolean =>
    [...(both.initContainers ?? []), ...both.containers]
      .find(({ name }) => name === container)
      ?.volumeMounts?.some(({ name }) => name === volume) === true;
  for (const [container, ...volumes] of [
    ["gateway", "github-pat", "github-ssh", "gateway-write", ...sockets],
    ["prepare-workspace", "gateway-ssh-prepare", "origin", "handover", "workspace"],
    ["claude-agent", "handover", "workspace"],
    ["deliver", "gateway-ssh-deliver", "gateway-write", "origin", "handover"],
  ] as const)
    for (const volume of ["github-pat", "github-ssh", "gateway-write", "origin", "handover", "workspace", ...sockets])
      t.equal(mounts(container, volume), (volumes as readonly string[]).includes(volume), `${container}: ${volume}`);
  const ssh = "git@github.com:a/b.git";
  t.same(
    secretsOf(podOf(code, asUser("swe", { repositoryUrl: ssh, docsRepositoryUrl: ssh }), withKeys)),
    [
      { secretName: "github-ssh-swe", defaultMode: 0o400 },
      { secretName: "github-pat-swe", defaultMode: 0o400, optional: true },
    ],
    "the token is for the pull request, where there is one",
  );
  t.end();
});

void t.test("variables of the run reach the agent as they were written, and none takes the place of its own", (t) => {
  fc.assert(
    fc.property(fc.dictionary(fc.stringMatching(/^[A-Z_]{1,12}$/), fc.string()), (env) => {
      const seenBy = environmentOf(codeRun({ env: { ...env, TASK_ID: "666", HOME: "/" } }));
      const own = new Set(Object.keys(environmentOf(codeRun())));
      const arrives = Object.entries(env).every(
        ([variable, value]) => own.has(variable) || seenBy[variable] === value.replaceAll("$", () => "$$"),
      );
      return arrives && seenBy.TASK_ID === "7" && seenBy.HOME === "/home/agent";
    }),
  );
  t.end();
});

const requirements = (yaml: string): string => Buffer.from(yaml).toString("base64");

void t.test("what a task requires becomes variables, in the place of envFromSecrets and under env", (t) => {
  const taskRequirements = requirements(
    "secrets: [{name: whole}, {name: some, keys: [{key: A_KEY}]}]\nenvironment: {LEVEL: low, KEPT: yes-please}\n",
  );
  const envFromSecrets = [{ name: "OTHER", secretName: "other", secretKey: "k" }];
  const run = codeRun({ taskRequirements, envFromSecrets, env: { LEVEL: "high" } });
  const container = agentOf(podOf(code, run, defaultConfiguration));
  t.same(container.envFrom, [{ secretRef: { name: "whole" } }]);
  const valueOf = (name: string): unknown => container.env?.find((each) => each.name === name)?.value;
  t.equal(valueOf("BASH_ENV"), "", "a key of a whole Secret runs no code");
  t.equal(valueOf("HTTPS_PROXY"), "", "nor redirects anything");
  t.equal(valueOf("GIT_CONFIG_COUNT"), "0");
  const variables = Object.fromEntries((container.env ?? []).map(({ name: key, ...rest }) => [key, rest]));
  t.match(variables, {
    LEVEL: { value: "high" },
    KEPT: { value: "yes-please" },
    A_KEY: { valueFrom: { secretKeyRef: { name: "some", key: "key" } } },
    WORKFLOW_ENV_VARS: { value: '["LEVEL"]' },
    REQUIREMENTS_ENV_VARS: { value: '["LEVEL","KEPT","A_KEY"]' },
    REQUIREMENTS_SECRET_SOURCES: { value: '["whole","some"]' },
  });
  t.notOk("OTHER" in variables);
  const other = agentOf(podOf(code, codeRun({ envFromSecrets, taskRequirements: "" }), defaultConfiguration));
  t.match(
    other.env?.find(({ name: key }) => key === "OTHER"),
    { valueFrom: { secretKeyRef: { name: "other", key: "k" } } },
  );
  t.end();
});

void t.test("a Docker daemon runs beside the agent only where it is requested and allowed", (t) => {
  const allowed: Configuration = {
    ...withKeys,
    agent: { ...withKeys.agent, allowDocker: true },
  };
  const names = (run: CodeRun, configuration: Configuration): string[] =>
    (podOf(code, run, configuration).initContainers ?? []).map((container) => container.name);
  t.same(names(codeRun({ enableDocker: true }), withKeys), ["gateway", "prepare-workspace"]);
  t.same(names(codeRun(), allowed), ["gateway", "prepare-workspace"]);
  t.same(names(codeRun({ enableDocker: true }), allowed), ["gateway", "prepare-workspace", "docker"]);
  const pod = podOf(code, codeRun({ enableDocker: true }), allowed);
  t.match(pod.initContainers?.[2], { restartPolicy: "Always", securityContext: { privileged: true } });
  t.equal(environmentOf(codeRun({ enableDocker: true }), 1, allowed).DOCKER_HOST, "tcp://127.0.0.1:2375");
  t.end();
});

void t.test("a later run continues the session that an earlier one reported", (t) => {
  const status = { sessionId: "s-1", runs: [{ number: 1, outcome: "Failed" }] };
  const again = codeRun({}, { status });
  t.match(environmentOf(again, 2), { CONTINUE_SESSION: "true", SESSION_ID: "s-1" });
  t.match(environmentOf(codeRun(), 1), { CONTINUE_SESSION: "false", SESSION_ID: undefined });
  t.match(environmentOf(codeRun({ continueSession: true }), 1), { CONTINUE_SESSION: "true" });
  code.files(again, 2, defaultConfiguration);
  t.match(seen, { number: 2, continueSession: true, sessionId: "s-1", run: { name: "play", namespace: "tenant" } });
  code.files(codeRun(), 1, defaultConfiguration);
  t.match(seen, { continueSession: false, spec: { taskId: 7 } });
  t.end();
});

void t.test("templates get the agent's profile, found by its App or by its name", (t) => {
  const agents = { max: { githubApp: "5DLabs-Rex", model: "opus" }, cleo: { cli: "codex" } };
  const agentFor = (githubApp: string): unknown => {
    code.files(codeRun({ githubApp }), 1, { ...defaultConfiguration, agents });
    return seen?.agent;
  };
  t.same(agentFor("5dlabs-rex"), agents.max);
  t.same(agentFor("5DLabs-Cleo"), agents.cleo);
  t.same(agentFor("5DLabs-Max"), {}, "max is another App's agent");
  t.end();
});

void t.test("the key of one program's provider is not in the way of another's start", (t) => {
  const keyOf = (run: CodeRun): unknown =>
    agentOf(podOf(code, run, withKeys)).env?.find(({ name: key }) => key === "ANTHROPIC_API_KEY")?.valueFrom;
  const secretKeyRef = { name: "orchestrator-secrets", key: "ANTHROPIC_API_KEY" };
  t.same(keyOf(codeRun()), { secretKeyRef });
  t.same(keyOf(codeRun({ cliConfig: { cliType: "codex" } })), { secretKeyRef: { ...secretKeyRef, optional: true } });
  t.end();
});

void t.test("an implementation without a pull request falls short, of this run or an earlier one", (t) => {
  const short = (run: CodeRun, result: object = {}, configuration = defaultConfiguration): unknown =>
    code.shortcoming?.(run, result, configuration)?.reason;
  const staged = (stage: string): CodeRun =>
    codeRun({}, { metadata: { name: "play", labels: { "workflow-stage": stage } } });
  const pullRequestUrl = "https://github.com/a/b/pull/1";
  t.equal(short(codeRun()), "NoPullRequest");
  t.equal(short(staged("implementation")), "NoPullRequest");
  t.equal(short(staged("testing")), undefined);
  t.equal(short(codeRun(), { pullRequestUrl }), undefined);
  t.equal(short(codeRun({}, { status: { pullRequestUrl } })), undefined);
  t.equal(short(codeRun(), {}, { ...defaultConfiguration, codeRun: { requirePullRequest: false } }), undefined);
  t.notOk("shortcoming" in docs, "documents may already be as they should");
  t.end();
});

void t.test("a failure that would repeat ends the run, with any terminalExitCodes", (t) => {
  const rules = (run: ReturnType<typeof codeRun>): unknown =>
    jobOf(code, run, defaultConfiguration).spec?.podFailurePolicy?.rules.slice(1);
  const values = [10, 11, 12, 14, 20, 22];
  const ofAll = (codes: readonly number[]): unknown =>
    ["prepare-workspace", "claude-agent", "deliver"].map((containerName) => ({
      ...{ action: "FailJob", onExitCodes: { containerName, operator: "In", values: codes } },
    }));
  t.same(rules(codeRun()), ofAll(values));
  t.same(rules(codeRun({ retry: { terminalExitCodes: [11, 99] } })), ofAll([...values, 99]));
  t.end();
});

void t.test("a start script that knows no phases runs only in the agent's own container", (t) => {
  const own = codeRunKind({
    current: () => ({ code: () => ({ "container.sh": "git push\n" }), docs: () => ({ "container.sh": "" }) }),
  });
  t.throws(
    () => own.files(codeRun(), 1, defaultConfiguration),
    /container\.sh .*has no line "# phases: .*git\.delivery/,
  );
  const git = { ...defaultConfiguration.git, delivery: "agent" } as const;
  t.match(own.files(codeRun(), 1, { ...defaultConfiguration, git }), { "container.sh": "git push\n" });
  t.end();
});

void t.test("the objects around the pod are those of every kind", (t) => {
  const run = codeRun();
  const names = code.names(run, 1);
  const job = jobOf(code, run, defaultConfiguration);
  t.match(job.metadata, {
    name: names.job,
    ownerReferences: [{ kind: CodeRuns.kind, name: "play", uid: "u", controller: true }],
    finalizers: ["orchestrator.io/recorded"],
  });
  t.match(job.spec?.template.metadata?.annotations, { "orchestrator.io/run-kind": "CodeRun" });
  const files = filesConfigMap(code, run, 1, names, defaultConfiguration);
  t.match(files, { immutable: true, data: { "container.sh": `${phases}\nrun 1\n` } });
  t.equal(files.metadata?.annotations?.["orchestrator.io/content-digest"], contentDigest(files.data ?? {}));
  t.end();
});

void t.test("successive runs use the models of a rotation in turn, in the pod and in the files", (t) => {
  const cliConfig = { cliType: "claude", model: "haiku", modelRotation: ["opus", "sonnet"] };
  const models = [1, 2, 3].map((number) => environmentOf(codeRun({ cliConfig, model: "x" }), number).MODEL);
  t.same(models, ["opus", "sonnet", "opus"]);
  t.equal(environmentOf(codeRun({ cliConfig: { cliType: "claude", model: "haiku" }, model: "x" })).MODEL, "haiku");
  t.equal(environmentOf(codeRun()).MODEL, defaultConfiguration.agent.model);
  t.end();
});

void t.test(
  "only an implementation has to end with a pull request; the label tells before the run's type does",
  (t) => {
    const fails = (runType?: string, stage?: string): boolean => {
      const labels = stage === undefined ? {} : { labels: { "workflow-stage": stage } };
      const run = codeRun(runType === undefined ? {} : { runType }, { metadata: { name: "play", ...labels } });
      return code.shortcoming?.(run, {}, defaultConfiguration) !== undefined;
    };
    t.ok(fails());
    t.ok(fails("implementation"));
    t.notOk(fails("quality"));
    t.ok(fails("quality", "implementation"));
    t.notOk(fails("implementation", "testing"));
    t.end();
  },
);

t.test("a template that fails for a run is a fault of its files, and any other error is none", (t) => {
  const failing = (error: Error): RunTemplates<"code" | "docs"> => {
    const fail = (): never => {
      throw error;
    };
    return { current: () => ({ code: fail, docs: fail }) };
  };
  const wrong = new TemplateError("code/claude.md.hbs", 3, 1, "no such helper");
  for (const [error, wanted] of [
    [wrong, new FilesError(wrong.message)],
    [new TypeError("a fault of our own"), new TypeError("a fault of our own")],
  ] as const) {
    t.throws(() => codeRunKind(failing(error)).files(codeRun(), 1, defaultConfiguration), wanted);
    t.throws(() => docsRunKind(failing(error)).files(docsRun(), 1, defaultConfiguration), wanted);
  }
  t.end();
});

void t.test("a DocsRun's agent knows whether the code base is to be included", (t) => {
  const included = (spec: Partial<DocsRun["spec"]>): string | undefined =>
    agentOf(podOf(docs, docsRun(spec), defaultConfiguration)).env?.find(({ name }) => name === "INCLUDE_CODEBASE")
      ?.value;
  t.equal(included({ includeCodebase: true }), "true");
  t.equal(included({}), "false");
  t.end();
});

void t.test("every run of a judging stage is asked for its verdict, whichever field sets the stage", (t) => {
  const kind = codeRunKind(new TemplateSource());
  const memory = (run: CodeRun): string => kind.files(run, 1, defaultConfiguration)["CLAUDE.md"] ?? "";
  const docs = { docsRepositoryUrl: "https://github.com/5dlabs/platform" };
  for (const stage of ["quality", "testing", "acceptance", "implementation", "deploy"]) {
    const isAsked = !["implementation", "deploy"].includes(stage);
    const byLabel = codeRun(docs, { metadata: { labels: { "workflow-stage": stage } } });
    for (const run of [byLabel, codeRun({ ...docs, runType: stage })])
      t.equal(/^## Verdict$/m.test(memory(run)), isAsked, stage);
  }
  t.end();
});

void t.test("what follows a verdict depends on the role of the run and on what its agent may do", (t) => {
  const agents: Configuration["agents"] = {
    cleo: { githubApp: "Acme-Cleo", may: ["label", "requestChanges"] },
    tess: { githubApp: "Acme-Tess", may: ["approve"] },
  };
  const of = (app: string, stage: string | undefined, more: object = {}, runType?: string): Verdict | undefined =>
    verdictOf(
      codeRun(
        { githubApp: app, ...(runType !== undefined && { runType }) },
        { metadata: { labels: { ...(stage !== undefined && { "workflow-stage": stage }), ...more } } },
      ),
      { agents },
    );
  t.strictSame(of("Acme-Cleo", "quality"), { label: "ready-for-qa", requestChanges: true });
  t.strictSame(of("Acme-Cleo", undefined, {}, "quality"), { label: "ready-for-qa", requestChanges: true });
  t.strictSame(of("Acme-Cleo", "testing", {}, "quality"), { requestChanges: true }, "the label wins");
  t.strictSame(of("Acme-Tess", "testing", { "orchestrator.io/pull-request": "12" }), {
    approve: true,
    pullRequest: 12,
  });
  t.strictSame(of("Acme-Tess", "testing", { "orchestrator.io/pull-request": "../1" }), { approve: true });
  t.equal(of("Acme-Tess", "quality"), undefined);
  t.equal(of("Acme-Cleo", "implementation"), undefined);
  t.equal(of("Acme-Rex", "quality"), undefined, "an agent without the right");
  const builtIn = (githubApp: string, stage: string, profiles?: Configuration["agents"]): Verdict | undefined =>
    verdictOf(codeRun({ githubApp }, { metadata: { labels: { "workflow-stage": stage } } }), {
      ...(profiles && { agents: profiles }),
    });
  t.strictSame(builtIn("Other-Cleo", "quality"), { label: "ready-for-qa", requestChanges: true });
  t.strictSame(builtIn("Other-Tess", "testing"), { approve: true, requestChanges: true });
  t.strictSame(builtIn("Other-Acceptance", "acceptance"), { approve: true, requestChanges: true });
  t.strictSame(builtIn("Other-Tess", "testing", { tess: { githubApp: "Other-Tess", model: "opus" } }), {
    ...{ approve: true, requestChanges: true },
  });
  t.equal(builtIn("Other-Tess", "testing", { tess: { githubApp: "Other-Tess", may: [] } }), undefined, "nothing");
  t.equal(builtIn("Other-Tests", "testing"), undefined);
  t.equal(builtIn("Other-Constructor", "testing"), undefined);
  const files = code.files(
    codeRun(
      { githubApp: "Acme-Cleo", docsRepositoryUrl: "https://github.com/5dlabs/platform" },
      { metadata: { labels: { "workflow-stage": "quality" } } },
    ),
    1,
    { ...defaultConfiguration, agents },
  );
  const file = Object.values(files).join("").replaceAll(/\s/g, "");
  t.equal(file.match(/"verdict":\{"label":"ready-for-qa","requestChanges":true\}/g)?.length, 1, "of the target alone");
  t.end();
});
