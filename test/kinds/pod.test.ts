/** The pod of a TaskRun: what Pod Security `restricted` asks, and that nothing a user writes is more than data. script-pod.test.ts has what only one with the start script has. */
import fc from "../property.js";
import t from "tap";
import { exampleRun } from "../runs/model-cluster.js";
import { prepareScript } from "#src/kinds/taskrun/prepare.js";
import { taskRunKind } from "./task-runs.js";
import { jobOf, podOf } from "./attempt.js";
import { builtInVariables, taskVariables } from "#src/api/built-in-variables.js";
import type { TaskRun } from "#src/api/taskrun.js";
import type { Stored } from "#src/runtime/client/objects.js";
import { defaultConfiguration } from "#src/configuration/defaults.js";
import type { Configuration } from "#src/configuration/configuration.js";

function stored(spec: Partial<TaskRun["spec"]> = {}): Stored<TaskRun> {
  const run = exampleRun(spec);
  return { ...run, metadata: { ...run.metadata, name: "auth-service-task-1001", uid: "uid-1", resourceVersion: "1" } };
}

/** Attempts run a command in place of the start script. */
const withCommand: Configuration = {
  ...defaultConfiguration,
  agent: { ...defaultConfiguration.agent, command: ["claude"] },
};

/** Keys are in the agent's environment. */
const withKeys: Configuration = { ...withCommand, credentials: "environment" };

function agentOf(run: TaskRun, configuration: Configuration = withCommand) {
  const container = podOf(taskRunKind, run, configuration).containers[0];
  if (container === undefined) throw new Error("no container");
  return container;
}

/** What the kubelet makes of a value: k8s.io/kubernetes/third_party/forked/golang/expansion. */
function expand(value: string, variables: Readonly<Record<string, string>>): string {
  return value.replaceAll(
    /\$(\$|\(([^)]*)\))?/g,
    (whole: string, rest: string | undefined, name: string | undefined) => {
      if (rest === "$") return "$";
      if (name === undefined) return whole;
      return variables[name] ?? whole;
    },
  );
}

/** The environment as the agent's process has it. */
function environmentOf(run: TaskRun, configuration?: Configuration): Record<string, string> {
  const secret = { ANTHROPIC_API_KEY: "sk-secret" };
  const seen: Record<string, string> = {};
  for (const { name, value } of agentOf(run, configuration).env ?? []) {
    if (value !== undefined) seen[name] = expand(value, { ...secret, ...seen });
  }
  return seen;
}

for (const [what, configuration] of Object.entries({
  "the start script": defaultConfiguration,
  "a command": withCommand,
}))
  void t.test(`the pod with ${what} meets the Pod Security Standard restricted`, (t) => {
    const repository = { url: "https://github.com/5dlabs/x", githubUser: "pm" };
    const pod = podOf(taskRunKind, stored({ repository }), configuration);
    t.match(pod.securityContext, {
      runAsNonRoot: true,
      runAsUser: 1000,
      fsGroup: 2000,
      seccompProfile: { type: "RuntimeDefault" },
    });
    for (const container of [...(pod.initContainers ?? []), ...pod.containers]) {
      t.same(container.securityContext, {
        allowPrivilegeEscalation: false,
        capabilities: { drop: ["ALL"] },
        readOnlyRootFilesystem: true,
        ...(container.name === "gateway" && { runAsUser: 65532, runAsGroup: 65532 }),
      });
    }
    const allowed = ["configMap", "secret", "emptyDir", "persistentVolumeClaim"];
    for (const volume of pod.volumes ?? []) {
      t.ok(
        Object.keys(volume).every((field) => field === "name" || allowed.includes(field)),
        volume.name,
      );
    }
    t.equal(pod.hostNetwork, undefined);
    t.equal(pod.automountServiceAccountToken, false, "the agent has no access to the cluster");
    t.equal(pod.enableServiceLinks, false);
    t.end();
  });

void t.test("the pod is the seeds' pod", (t) => {
  const pod = podOf(taskRunKind, stored(), withKeys);
  t.match(
    pod.initContainers?.find(({ name }) => name === "prepare-workspace"),
    {
      name: "prepare-workspace",
      image: "busybox:1.36",
      command: ["/bin/sh", "-c"],
      volumeMounts: [
        { name: "task-files", mountPath: "/config" },
        { name: "workspace", mountPath: "/workspace" },
      ],
    },
  );
  t.match(pod.containers[0], {
    name: "claude-agent",
    workingDir: "/workspace/auth-service",
    terminationMessagePath: "/dev/termination-log",
    resources: { requests: { cpu: "2", memory: "4Gi" }, limits: { cpu: "4", memory: "8Gi" } },
  });
  t.same(
    pod.containers[0]?.env?.find(({ name }) => name === "ANTHROPIC_API_KEY"),
    {
      name: "ANTHROPIC_API_KEY",
      valueFrom: { secretKeyRef: { name: "orchestrator-secrets", key: "ANTHROPIC_API_KEY" } },
    },
  );
  t.same(pod.volumes?.slice(0, 2), [
    { name: "task-files", configMap: { name: "auth-service-task-1001-run-1-files" } },
    { name: "workspace", persistentVolumeClaim: { claimName: "auth-service-workspace-pvc" } },
  ]);
  t.end();
});

void t.test("the agent's variables say what it works on", (t) => {
  t.match(environmentOf(stored()), {
    TASK_ID: "1001",
    SERVICE_NAME: "auth-service",
    AGENT_NAME: "claude-agent-1",
    MODEL: "sonnet",
    RUN_NUMBER: "1",
    HOME: "/home/agent",
    WORKDIR: "/workspace/auth-service",
  });
  t.end();
});

void t.test("the variables that are said to be the operator's own win over the configuration and the spec", (t) => {
  const env = [...builtInVariables, ...taskVariables].map((name) => ({ name, value: "not this" }));
  for (const basis of [defaultConfiguration, withCommand]) {
    const configured = { ...basis, agent: { ...basis.agent, env } };
    for (const [run, configuration] of [
      [stored({ env }), basis],
      [stored(), configured],
    ] as const)
      for (const { name } of env) t.not(environmentOf(run, configuration)[name], "not this", name);
  }
  t.end();
});

void t.test("settings and spec may set the environment, and neither can replace what the orchestrator sets", (t) => {
  const settings = {
    ...withKeys,
    agent: {
      ...withCommand.agent,
      env: [
        { name: "A", value: "settings" },
        { name: "B", value: "settings" },
      ],
    },
  };
  const env = [
    { name: "B", value: "spec" },
    { name: "TASK_ID", value: "1" },
    { name: "ANTHROPIC_API_KEY", value: "mine" },
  ];
  const run = stored({ env });
  t.match(environmentOf(run, settings), { A: "settings", B: "spec", TASK_ID: "1001" });
  const names = (agentOf(run, settings).env ?? []).map(({ name }) => name);
  t.equal(new Set(names).size, names.length, "each name once");
  t.equal(agentOf(run, settings).env?.find(({ name }) => name === "ANTHROPIC_API_KEY")?.value, undefined);
  t.end();
});

void t.test(
  "variables from Secrets are references, which spec.env overrides, and none replaces the model's key",
  (t) => {
    const reference = (name: string) => ({ name, secretName: "db", secretKey: "url" });
    const run = stored({
      env: [{ name: "BOTH", value: "plain" }],
      envFromSecrets: ["DATABASE_URL", "BOTH", "TASK_ID", "ANTHROPIC_API_KEY"].map(reference),
    });
    const env = agentOf(run, withKeys).env ?? [];
    const of = (name: string): unknown[] => env.filter((each) => each.name === name).map((each) => ({ ...each }));
    t.same(of("DATABASE_URL"), [{ name: "DATABASE_URL", valueFrom: { secretKeyRef: { name: "db", key: "url" } } }]);
    t.same(of("BOTH"), [{ name: "BOTH", value: "plain" }]);
    t.match(of("TASK_ID"), [{ value: "1001" }]);
    t.match(of("ANTHROPIC_API_KEY"), [{ valueFrom: { secretKeyRef: { name: "orchestrator-secrets" } } }]);
    t.end();
  },
);

void t.test("every value of spec.env arrives as it was written, also one that names another variable", (t) => {
  const values = fc.oneof(
    fc.string(),
    fc.constantFrom("$(ANTHROPIC_API_KEY)", "$$(ANTHROPIC_API_KEY)", "$(id)", "`id`", "$", "$$", "$&", "a$(TASK_ID)$"),
  );
  fc.assert(
    fc.property(values, (value) => {
      return environmentOf(stored({ env: [{ name: "HOSTILE", value }] })).HOSTILE === value;
    }),
  );
  t.equal(environmentOf(stored({ env: [{ name: "X", value: "$(ANTHROPIC_API_KEY)" }] })).X, "$(ANTHROPIC_API_KEY)");
  t.end();
});

void t.test("the script and the command do not depend on the run", (t) => {
  const hostile = `"; rm -rf / ; $(id) \`id\` '`;
  const plain = podOf(taskRunKind, stored(), withCommand);
  const other = podOf(
    taskRunKind,
    stored({
      agentName: hostile,
      model: hostile,
      env: [{ name: "X", value: hostile }],
      markdownFiles: [{ filename: "task.md", content: hostile }],
      repository: { url: "https://example.com/x", branch: hostile, path: hostile, githubUser: "user" },
    }),
    withCommand,
  );
  t.same(
    other.initContainers?.find(({ name }) => name === "prepare-workspace")?.args,
    plain.initContainers?.find(({ name }) => name === "prepare-workspace")?.args,
  );
  t.same(
    other.initContainers?.find(({ name }) => name === "prepare-workspace")?.command,
    plain.initContainers?.find(({ name }) => name === "prepare-workspace")?.command,
  );
  t.same(other.containers[0]?.command, plain.containers[0]?.command);
  t.equal(
    expand(plain.initContainers?.find(({ name }) => name === "prepare-workspace")?.args?.[0] ?? "", {}),
    prepareScript,
  );
  t.end();
});

void t.test("the number of attempts whose files stay comes from the configuration", (t) => {
  const prepared = (keepAttempts?: number): unknown => {
    const storage = { ...defaultConfiguration.storage, ...(keepAttempts !== undefined && { keepAttempts }) };
    const { env } =
      podOf(taskRunKind, stored({}), { ...withCommand, storage }).initContainers?.find(
        ({ name }) => name === "prepare-workspace",
      ) ?? {};
    return env?.find(({ name }) => name === "KEEP_ATTEMPTS")?.value;
  };
  t.equal(prepared(), undefined);
  t.equal(prepared(5), "5");
  t.end();
});

void t.test("a command reaches its repository through the gateway, which alone mounts the key", (t) => {
  const podOfRepository = (repository: NonNullable<TaskRun["spec"]["repository"]>) =>
    podOf(taskRunKind, stored({ repository }), withCommand);
  for (const [repository, secretName] of [
    [{ url: "git@github.com:5dlabs/x.git", githubUser: "Pm_Bot" }, "github-ssh-pm-bot"],
    [{ url: "https://github.com/5dlabs/x", githubUser: "pm" }, "github-pat-pm"],
    [{ url: "https://x.io/y", auth: { type: "BasicAuth", secretName: "basic" } }, "basic"],
  ] as const) {
    const { containers, initContainers = [], volumes = [] } = podOfRepository(repository);
    const keys = volumes.filter(({ secret }) => secret?.secretName === secretName).map(({ name }) => name);
    t.equal(keys.length, 1, secretName);
    const mounting = [...initContainers, ...containers].filter(({ volumeMounts = [] }) =>
      volumeMounts.some(({ name }) => keys.includes(name)),
    );
    t.same(
      mounting.map(({ name }) => name),
      ["gateway"],
    );
  }
  t.notOk(
    podOfRepository({ url: "https://github.com/public/x" }).volumes?.some(({ name }) => name === "gateway-write"),
    "without a key, nothing can be pushed",
  );
  t.end();
});

void t.test("a TaskRun works as its App, through the gateway, unless its repository names a key", (t) => {
  const url = "git@github.com:5dlabs/x.git";
  const run = stored({ githubApp: "Acme-Rex", repository: { url } });
  for (const configuration of [defaultConfiguration, withCommand]) {
    const { volumes = [] } = podOf(taskRunKind, run, configuration);
    const secrets = volumes.flatMap(({ secret }) => (secret?.secretName === undefined ? [] : [secret.secretName]));
    t.ok(secrets.includes("github-app-acme-rex"));
    t.notOk(
      secrets.some((name) => name.startsWith("github-ssh")),
      "an App has no SSH key",
    );
    const file = JSON.parse(taskRunKind.files(run, 1, configuration)["gateway.yaml"] ?? "{}") as object;
    t.match(file, {
      git: {
        repositories: [{ url: "https://github.com/5dlabs/x.git", access: "write", branch: /^feature\/task-1001-/ }],
        credentials: { "github-app": { type: "app", appName: "Acme-Rex" } },
      },
    });
    t.match(environmentOf(run, configuration), { GITHUB_APP: "Acme-Rex" });
  }
  t.equal(taskRunKind.identity(run), "app:acme-rex");
  const byUser = stored({ githubApp: "Acme-Rex", repository: { url, githubUser: "pm" } });
  t.equal(taskRunKind.identity(byUser), "user:pm");
  t.notMatch(podOf(taskRunKind, byUser, defaultConfiguration).volumes, [
    { secret: { secretName: "github-app-acme-rex" } },
  ]);
  t.end();
});

void t.test("a command's git has settings that lead to the gateway, and what lets it push", (t) => {
  const run = (url: string, more: object = { githubUser: "pm" }) => stored({ repository: { url, ...more } });
  const settingsOf = (url: string, more?: object): Record<string, string> => {
    const found = environmentOf(run(url, more));
    return Object.fromEntries(
      Array.from({ length: Number(found.GIT_CONFIG_COUNT ?? 0) }, (_, index) => [
        found[`GIT_CONFIG_KEY_${index}`] ?? "",
        found[`GIT_CONFIG_VALUE_${index}`] ?? "",
      ]),
    );
  };
  t.same(settingsOf("https://github.com/5dlabs/x"), {
    "url.http://127.0.0.1:8811/git/github.com/.insteadOf": "https://github.com/",
    "include.path": "/gateway/write/gitconfig",
  });
  const named = "https://u@github.com/5dlabs/x";
  t.equal(environmentOf(run(named)).REPOSITORY_URL, "https://github.com/5dlabs/x", "a user would hide the host");
  t.equal(Object.keys(settingsOf(named)).length, 2);
  t.match(environmentOf(run("https://github.com/5dlabs/x")), {
    BRANCH: "feature/task-1001-auth-service-claude-agent-1",
  });
  for (const url of ["http://github.com/5dlabs/x", "https://*/x", "https://evil.example?@github.com/x"])
    t.notOk("GIT_CONFIG_COUNT" in environmentOf(run(url, {})), `${url} has no key`);
  const bySsh = run("git@github.com:5dlabs/x.git");
  t.match(environmentOf(bySsh).GIT_SSH_COMMAND, /IdentityAgent=\/gateway\/ssh\/agent\.sock/);
  const mounts = agentOf(bySsh).volumeMounts?.map(({ name }) => name) ?? [];
  t.ok(mounts.includes("gateway-ssh-deliver"), "it has the socket");
  t.match(taskRunKind.files(bySsh, 1, withCommand)["gateway.yaml"], /"ssh":/);
  t.match(taskRunKind.files(run(named), 1, withCommand)["gateway.yaml"], /"branch": "feature\/task-1001-auth-service-/);
  t.end();
});

void t.test("no key of a repository is in the environment", (t) => {
  const run = stored({ repository: { url: "https://github.com/5dlabs/x", githubUser: "pm" } });
  const fromSecrets = (agentOf(run).env ?? []).filter(({ valueFrom }) => valueFrom !== undefined);
  t.same(
    fromSecrets.map(({ name }) => name),
    [],
  );
  t.end();
});

void t.test("resources come from the spec, else from the priority", (t) => {
  t.same(agentOf(stored({ priority: "low" })).resources, defaultConfiguration.resources.low);
  t.same(agentOf(stored({ resources: { limits: { cpu: 3 } } })).resources, { limits: { cpu: "3" } });
  t.end();
});

void t.test("the tools of a run become settings that the agent can't change", (t) => {
  const run = stored({
    agentTools: [
      { name: "bash", restrictions: ["rm -rf"] },
      { name: "webfetch", enabled: false },
      { name: "mcp__github", enabled: true },
    ],
  });
  const content: unknown = JSON.parse(taskRunKind.files(run, 1, withCommand)["settings.json"] ?? "null");
  t.same(content, {
    permissions: { allow: ["Bash", "mcp__github"], deny: ["Bash(rm -rf)", "WebFetch"], defaultMode: "acceptEdits" },
  });
  t.match(
    agentOf(run).volumeMounts?.find(({ subPath }) => subPath === "settings.json"),
    { mountPath: "/etc/claude-code/managed-settings.json", readOnly: true },
  );
  t.end();
});

void t.test("telemetry reaches the agent when it is enabled", (t) => {
  const telemetry = { ...defaultConfiguration.telemetry, enabled: true, otlpEndpoint: "collector:4317" };
  for (const basis of [defaultConfiguration, withCommand])
    t.match(environmentOf(stored(), { ...basis, telemetry }), {
      CLAUDE_CODE_ENABLE_TELEMETRY: "1",
      OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4317",
    });
  t.equal(environmentOf(stored()).CLAUDE_CODE_ENABLE_TELEMETRY, undefined);
  t.end();
});

void t.test("a disruption replaces the pod of an attempt, and ends one whose spending has a limit", (t) => {
  const actionOf = (run: Stored<TaskRun>, configuration = defaultConfiguration): unknown =>
    jobOf(taskRunKind, run, configuration).spec?.podFailurePolicy?.rules.find(
      ({ onPodConditions }) => onPodConditions !== undefined,
    )?.action;
  t.equal(actionOf(stored()), "Ignore");
  t.equal(actionOf(stored({ budget: { maxTokens: 1000 } })), "FailJob");
  const limited = (budget: Partial<Configuration["budget"]>): Configuration => ({
    ...defaultConfiguration,
    budget: { ...defaultConfiguration.budget, ...budget },
  });
  t.equal(actionOf(stored(), limited({ default: { maxCostUSD: 5 } })), "FailJob");
  t.equal(actionOf(stored(), limited({ ceiling: { maxTokens: 5 } })), "FailJob");
  const withoutGateway: Configuration = { ...defaultConfiguration, credentials: "environment" };
  t.equal(actionOf(stored({ budget: { maxTokens: 1000 } }), withoutGateway), "Ignore", "nothing counts there");
  t.end();
});

void t.test("a Job has one pod at a time, is owned by its run, and can't vanish unrecorded", (t) => {
  const run = stored({ retry: { terminalExitCodes: [42, 7, 42] } });
  const job = jobOf(taskRunKind, run, withCommand);
  t.match(job.metadata, {
    name: "auth-service-task-1001-run-1",
    finalizers: ["orchestrator.io/recorded"],
    labels: {
      "task-id": "1001",
      service: "auth-service",
      priority: "high",
      "orchestrator.io/run": "1",
      "orchestrator.io/owner-uid": "uid-1",
      "app.kubernetes.io/managed-by": "agent-orchestrator",
    },
    ownerReferences: [{ kind: "TaskRun", uid: "uid-1", controller: true, blockOwnerDeletion: true }],
  });
  t.match(job.spec, {
    parallelism: 1,
    completions: 1,
    backoffLimit: 0,
    activeDeadlineSeconds: 3600,
    podReplacementPolicy: "Failed",
    podFailurePolicy: {
      rules: [
        { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] },
        { action: "FailJob", onExitCodes: { containerName: "claude-agent", operator: "In", values: [7, 42] } },
      ],
    },
    template: { spec: { restartPolicy: "Never" } },
  });
  t.equal(job.spec?.ttlSecondsAfterFinished, undefined, "the manager removes Jobs, not the Job controller");
  t.end();
});

void t.test("the agent's arguments come from the configuration; without any, the field is absent", (t) => {
  const agent = (args: readonly string[]) => {
    const configuration = { ...withCommand, agent: { ...withCommand.agent, args: [...args] } };
    return podOf(taskRunKind, stored(), configuration).containers[0];
  };
  t.same(agent(["--verbose"])?.args, ["--verbose"]);
  t.notOk("args" in (agent([]) ?? {}));
  t.end();
});
