/** The gateway in the pods of all kinds: who gets keys, who can be reached, and that the gateway accepts its configuration. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import type { CodeRun } from "#src/api/coderun.js";
import type { DocsRun } from "#src/api/docsrun.js";
import { parseConfiguration } from "#src/configuration/parse.js";
import type { Configuration } from "#src/configuration/configuration.js";
import { readGatewayFile, type GatewayFile } from "#src/gateway/gateway-file.js";
import { codeRunKind } from "#src/kinds/coderun/coderun.js";
import { docsRunKind } from "#src/kinds/docsrun/docsrun.js";
import { gatewayMemory } from "#src/kinds/gateway-sidecar.js";
import { taskRunKind } from "./task-runs.js";
import type { PodSpec } from "#src/runs/pod-spec.js";
import type { AgentRun, RunKind } from "#src/runs/run.js";
import type { Stored } from "#src/runtime/client/objects.js";
import { TemplateSource } from "#src/templates/source.js";
import { exampleRun } from "../runs/model-cluster.js";
import { jobOf } from "./attempt.js";

const templates = new TemplateSource();
const metadata = { name: "one", namespace: "ns", uid: "u", resourceVersion: "1" };

const repository = "https://github.com/acme/app";
const codeRun = (spec: Partial<CodeRun["spec"]> = {}): Stored<CodeRun> => {
  const required = { taskId: 7, service: "app", repositoryUrl: repository, docsRepositoryUrl: repository };
  return { metadata, spec: { ...required, githubUser: "ada", ...spec } };
};
const docsRun = {
  metadata,
  spec: { repositoryUrl: repository, workingDirectory: ".", sourceBranch: "main", githubUser: "ada" },
} as Stored<DocsRun>;

const keys = {
  openai: { secretName: "provider-keys", secretKey: "openai", envVar: "OPENAI_API_KEY" },
  google: { secretName: "provider-keys", secretKey: "google", envVar: "GEMINI_API_KEY" },
  cursor: { secretName: "provider-keys", secretKey: "cursor", envVar: "CURSOR_API_KEY" },
};

function configured(more: object = {}): Configuration {
  const text = JSON.stringify({ credentials: "gateway", secrets: { providerApiKeys: keys }, ...more });
  const { configuration, problems } = parseConfiguration(text);
  if (configuration === undefined) throw new Error(JSON.stringify(problems));
  return configuration;
}

interface Made {
  readonly pod: PodSpec;
  readonly file: GatewayFile | undefined;
}

/** The pod, and the gateway's configuration as the gateway itself reads it. */
async function made<R extends AgentRun>(
  t: Test,
  kind: RunKind<R>,
  run: Stored<R>,
  configuration = configured(),
): Promise<Made> {
  const pod = jobOf(kind, run, configuration).spec?.template.spec ?? { containers: [] };
  const text = kind.files(run, 1, configuration)["gateway.yaml"];
  if (text === undefined) return { pod, file: undefined };
  const path = join(t.testdir({}), "gateway.yaml");
  writeFileSync(path, text);
  return { pod, file: await readGatewayFile(path) };
}

const containersOf = ({ initContainers = [], containers }: PodSpec): PodSpec["containers"] => [
  ...initContainers,
  ...containers,
];

const namesWithSecrets = (pod: PodSpec): string[] => {
  const secrets = new Set((pod.volumes ?? []).filter(({ secret }) => secret !== undefined).map(({ name }) => name));
  return containersOf(pod)
    .filter(
      ({ env = [], volumeMounts = [] }) =>
        env.some(({ valueFrom }) => valueFrom?.secretKeyRef !== undefined) ||
        volumeMounts.some(({ name }) => secrets.has(name) && name.startsWith("gateway-")),
    )
    .map(({ name }) => name);
};

const variableOf = ({ containers: [agent] }: PodSpec, variable: string): string | undefined =>
  agent?.env?.find(({ name }) => name === variable)?.value;

t.test("in the pods of all kinds, the gateway alone has the key, and the agent its address", async (t) => {
  for (const { pod, file } of [
    await made(t, taskRunKind, { ...exampleRun(), metadata }),
    await made(t, codeRunKind(templates), codeRun()),
    await made(t, docsRunKind(templates), docsRun),
  ]) {
    t.same(namesWithSecrets(pod), ["gateway"]);
    t.equal(variableOf(pod, "ANTHROPIC_BASE_URL"), "http://127.0.0.1:8811/anthropic");
    t.equal(variableOf(pod, "ANTHROPIC_API_KEY"), "the-gateway-has-the-key");
    t.match(file, {
      port: 8811,
      upstreams: { anthropic: { format: "anthropic", baseUrl: "https://api.anthropic.com" } },
    });
    t.same(Object.keys(file?.upstreams ?? {}), ["anthropic"], "no other provider can be reached");
    const [gateway] = pod.initContainers ?? [];
    t.match(gateway, { name: "gateway", restartPolicy: "Always" });
    const { keyFile = "" } = file?.upstreams.anthropic ?? {};
    const mount = gateway?.volumeMounts?.find(({ mountPath }) => keyFile === `${mountPath}/key`);
    const volume = pod.volumes?.find(({ name }) => name === mount?.name);
    t.match(volume?.secret, {
      secretName: "orchestrator-secrets",
      items: [{ key: "ANTHROPIC_API_KEY", path: "key" }],
      optional: undefined,
    });
  }
});

t.test(
  "the pod with a gateway meets the Pod Security Standard restricted, and every emptyDir has a limit",
  async (t) => {
    const { pod } = await made(t, codeRunKind(templates), codeRun());
    t.equal(pod.securityContext?.runAsNonRoot, true);
    for (const { name, securityContext, resources } of containersOf(pod)) {
      t.match(securityContext, { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } }, name);
      t.not(securityContext?.runAsUser, 0);
      t.ok(resources?.limits?.memory, name);
    }
    const [gateway, ...others] = containersOf(pod);
    t.equal(gateway?.securityContext?.runAsUser, 65532);
    t.ok(others.every(({ securityContext }) => securityContext?.runAsUser !== 65532));
    for (const { name, emptyDir } of pod.volumes ?? []) if (emptyDir !== undefined) t.ok(emptyDir.sizeLimit, name);
  },
);

t.test("the gateway has the credentials of the run's repositories, and the branch that may be pushed", async (t) => {
  const code = codeRunKind(templates);
  const agents = { rex: { githubApp: "Acme-Rex", appId: "17" } };
  const hosts = ["github.com", { host: "git.example:8443", caConfigMapName: "authority" }];
  const configuration = configured({ agents, git: { hosts } });
  const branch = "feature/task-7-implementation";
  const gitOf = async (spec: Partial<CodeRun["spec"]>): Promise<GatewayFile["git"]> =>
    (await made(t, code, codeRun(spec), configuration)).file?.git;
  t.same(await gitOf({ docsRepositoryUrl: "acme/docs" }), {
    repositories: [
      { url: repository, access: "write", branch, credentials: "github-pat" },
      { url: "https://github.com/acme/docs.git", access: "read", credentials: "github-pat" },
    ],
    credentials: {
      "github-pat": { type: "token", directory: "/gateway/git/github-pat", secretName: "github-pat-ada" },
    },
    hosts: { "github.com": { apiUrl: "https://api.github.com" } },
    writeDirectory: "/gateway/write",
    variablesDirectory: "/gateway/variables",
  });
  const { githubUser: _user, ...asApp } = codeRun({
    githubApp: "Acme-Rex",
    repositoryUrl: "ssh://git@git.example:2222/acme/app.git",
    docsRepositoryUrl: "https://git.example:8443/acme/app.git",
  }).spec;
  const { pod, file } = await made(t, code, { metadata, spec: asApp }, configuration);
  t.match(file?.git, {
    repositories: [{ url: "https://git.example/acme/app.git" }, { url: "https://git.example:8443/acme/app.git" }],
    credentials: { "github-app": { type: "app", appName: "Acme-Rex", appId: "17", secretName: "github-app-acme-rex" } },
    hosts: {
      "git.example:8443": { apiUrl: "https://git.example:8443/api/v3", caFile: "/gateway/git-authorities/1/ca.crt" },
    },
  });
  const mounts = pod.initContainers?.[0]?.volumeMounts ?? [];
  t.ok(mounts.some(({ name, mountPath }) => name === "git-ca-1" && mountPath === "/gateway/git-authorities/1"));
  t.match(
    pod.volumes?.find(({ name }) => name === "git-ca-1"),
    { configMap: { name: "authority" } },
  );
  const ssh = "git@github.com:acme/app.git";
  t.match(await gitOf({ repositoryUrl: ssh, docsRepositoryUrl: ssh }), {
    repositories: [{ url: "https://github.com/acme/app.git", access: "write", branch }],
    credentials: { "github-pat": { isOptional: true } },
    ssh: {
      ...{ directory: "/gateway/git/github-ssh", secretName: "github-ssh-ada" },
      sockets: { prepare: "/gateway/ssh-prepare", deliver: "/gateway/ssh-deliver" },
    },
  });
});

t.test("a start script that pushes itself can use the SSH key, and does not have it", async (t) => {
  const ssh = "git@github.com:acme/app.git";
  const run = codeRun({ repositoryUrl: ssh, docsRepositoryUrl: ssh });
  const { pod } = await made(t, codeRunKind(templates), run, configured({ git: { delivery: "agent" } }));
  t.same(namesWithSecrets(pod), ["gateway"]);
  t.match(
    pod.containers[0]?.volumeMounts?.filter(({ mountPath }) => mountPath === "/gateway/ssh"),
    [{ name: "gateway-ssh-deliver", readOnly: true }],
  );
});

t.test("a start script that pushes itself gets the capability, and still no token", async (t) => {
  const { pod } = await made(t, codeRunKind(templates), codeRun(), configured({ git: { delivery: "agent" } }));
  t.same(
    containersOf(pod).map(({ name }) => name),
    ["gateway", "prepare-workspace", "claude-agent"],
  );
  t.same(pod.containers[0]?.command, ["/bin/bash", "/task-files/container.sh"]);
  t.ok(pod.containers[0]?.volumeMounts?.some(({ mountPath }) => mountPath === "/gateway/write"));
  t.same(namesWithSecrets(pod), ["gateway"]);
  t.notOk(pod.containers[0]?.volumeMounts?.some(({ name }) => name === "github-pat"));
});

t.test("each agent program reaches its own provider alone", async (t) => {
  const code = codeRunKind(templates);
  const upstreamsOf = async (cliType: string, model: string): Promise<string[]> => {
    const run = codeRun({ cliConfig: { cliType, model } });
    return Object.keys((await made(t, code, run)).file?.upstreams ?? {});
  };
  t.same(await upstreamsOf("claude", "claude-opus-4-5"), ["anthropic"]);
  t.same(await upstreamsOf("codex", "gpt-5.5"), ["openai"]);
  t.same(await upstreamsOf("gemini", "gemini-2.5-pro"), ["gemini"]);
  t.same(await upstreamsOf("opencode", "openai/gpt-5.5"), ["openai"]);
  t.same(await upstreamsOf("opencode", "google/gemini-2.5-pro"), ["gemini"]);
  t.same(await upstreamsOf("opencode", "sonnet"), ["anthropic", "openai", "gemini"], "the model names none");
  t.same(await upstreamsOf("opencode", "acme/x"), ["anthropic", "openai", "gemini"], "an unknown one");
});

t.test("settings of the programs point to the gateway, with any settings of the run", (t) => {
  const files = (cliType: string, settings: object): Record<string, string> =>
    codeRunKind(templates).files(
      codeRun({ cliConfig: { cliType, settings } as NonNullable<CodeRun["spec"]["cliConfig"]> }),
      1,
      configured(),
    );
  t.match(
    files("codex", { openai_base_url: "https://evil" })["codex-config.toml"],
    /"openai_base_url" = "http:\/\/127/,
  );
  const opencode = { provider: { anthropic: { options: { timeout: 5 }, models: {} } } };
  t.match(JSON.parse(files("opencode", opencode)["opencode-opencode.json"] ?? ""), {
    provider: { anthropic: { options: { timeout: 5, baseURL: "http://127.0.0.1:8811/anthropic/v1" }, models: {} } },
  });
  t.match(JSON.parse(files("gemini", {})["gemini-settings.json"] ?? ""), {
    security: { auth: { selectedType: "gemini-api-key" } },
  });
  t.end();
});

t.test("the configuration of upstreams, prices and limits arrives", async (t) => {
  const gateway = {
    image: { repository: "registry.example/orchestrator", tag: "1.2.3" },
    upstreams: {
      anthropic: {
        ...{ baseUrl: "https://models.example.com/anthropic", header: "x-team-key", proxy: "http://proxy:3128" },
        ...{ secretName: "team", secretKey: "claude", caConfigMapName: "authorities" },
      },
      acme: { baseUrl: "https://models.acme.example/v1" },
    },
    prices: { "claude-opus-4-5": { input: 5, output: 25, cacheRead: 0.5, cacheWrite: 6.25 } },
    maxProviderWaitSeconds: 5,
  };
  const configuration = configured({ gateway, agent: { env: [{ name: "HTTPS_PROXY", value: "http://p$x" }] } });
  const { pod, file } = await made(t, codeRunKind(templates), codeRun(), configuration);
  const { header, proxy, baseUrl } = gateway.upstreams.anthropic;
  t.match(file, {
    upstreams: { anthropic: { header, proxy, baseUrl, caFile: "/gateway/authorities/anthropic/ca.crt" } },
    prices: gateway.prices,
    maxProviderWaitSeconds: 5,
  });
  t.match(pod.initContainers?.[0], {
    image: "registry.example/orchestrator:1.2.3",
    env: [
      ...Object.entries(gatewayMemory).map(([name, value]) => ({ name, value })),
      { name: "HTTPS_PROXY", value: "http://p$$x" },
    ],
  });
  t.match(pod.volumes?.find(({ name }) => name === "gateway-key-anthropic")?.secret, {
    secretName: "team",
    items: [{ key: "claude", path: "key" }],
  });
  t.match(pod.volumes?.find(({ name }) => name === "gateway-ca-anthropic")?.configMap, { name: "authorities" });
  t.match(variableOf(pod, "NO_PROXY"), "127.0.0.1,localhost");
  const custom = codeRun({ cliConfig: { cliType: "opencode", model: "acme/large" } });
  t.match((await made(t, codeRunKind(templates), custom, configuration)).file, {
    upstreams: { acme: { format: "openai", baseUrl: "https://models.acme.example/v1" } },
  });
});

t.test(
  "a program that cannot use the gateway, or a configuration without it, gets keys in its environment",
  async (t) => {
    const run = codeRun({ cliConfig: { cliType: "cursor", model: "auto" } });
    const cursor = await made(t, codeRunKind(templates), run);
    t.same(cursor.file?.upstreams, {}, "it is there for repositories alone");
    t.same(namesWithSecrets(cursor.pod), ["gateway", "claude-agent"], "commits are searched for what the agent has");
    const task = await made(t, taskRunKind, { ...exampleRun(), metadata }, configured({ credentials: "environment" }));
    t.equal(task.file, undefined);
    t.same(namesWithSecrets(task.pod), ["claude-agent"]);
    t.notOk(task.pod.initContainers?.some(({ name }) => name === "gateway"));
  },
);

t.test("a TaskRun with a command of the configuration may be any program", async (t) => {
  const configuration = configured({ agent: { command: ["/usr/bin/my-agent"] } });
  const { file, pod } = await made(t, taskRunKind, { ...exampleRun(), metadata }, configuration);
  t.same(Object.keys(file?.upstreams ?? {}), ["anthropic", "openai", "gemini"]);
  t.equal(variableOf(pod, "OPENAI_BASE_URL"), "http://127.0.0.1:8811/openai/v1");
  const env = [{ name: "ANTHROPIC_BASE_URL", value: "https://evil" }];
  const overriding = await made(t, taskRunKind, { ...exampleRun({ env }), metadata }, configuration);
  t.equal(variableOf(overriding.pod, "ANTHROPIC_BASE_URL"), "http://127.0.0.1:8811/anthropic");
});

t.test("wrong upstreams are errors of the configuration", (t) => {
  const problemsOf = (upstreams: object): string[] =>
    parseConfiguration(JSON.stringify({ gateway: { upstreams } })).problems.map(
      ({ path, message }) => `${path} ${message}`,
    );
  t.match(problemsOf({ acme: {} }), [/gateway.upstreams.acme needs baseUrl/]);
  t.match(problemsOf({ "My Corp": { baseUrl: "https://x" } }), [/must be named with lower-case/]);
  t.match(problemsOf({ openai: { baseUrl: "http://x" } }), [/https/]);
  t.match(problemsOf({ ["a".repeat(51)]: { baseUrl: "https://x" } }), [/at most 50/], "it names volumes");
  t.match(problemsOf({ openai: { secretKey: "a" } }), [/no effect without secretName/]);
  t.end();
});

t.test(
  "no container starts before the gateway serves: the kubelet waits for its hook, without a probe's seconds",
  (t) => {
    const [gateway, ...others] =
      jobOf(codeRunKind(templates), codeRun(), configured()).spec?.template.spec?.initContainers ?? [];
    t.match(gateway, { name: "gateway", restartPolicy: "Always" });
    t.match(gateway?.lifecycle?.postStart?.exec?.command?.at(-1), "--wait-ready");
    t.same([gateway?.startupProbe, ...others.map(({ lifecycle }) => lifecycle)], [undefined, undefined]);
    t.end();
  },
);

t.test("the exceptions of a proxy that another object holds stay, and precede what refers to them", async (t) => {
  const valueFrom = { configMapKeyRef: { name: "proxy", key: "exceptions" } };
  const env = [
    { name: "HTTPS_PROXY", value: "http://proxy:3128" },
    { name: "NO_PROXY", valueFrom },
    { name: "no_proxy", value: "a.example,$b" },
  ];
  const configuration = configured({ agent: { env } });
  for (const { pod } of [
    await made(t, codeRunKind(templates), codeRun(), configuration),
    await made(t, taskRunKind, { ...exampleRun(), metadata }, configuration),
  ]) {
    const found = (pod.containers[0]?.env ?? []).filter(({ name }) => /no_proxy$/i.test(name));
    const value = "$(CONFIGURED_NO_PROXY),a.example,$$b,127.0.0.1,localhost";
    t.same(found, [
      { name: "CONFIGURED_NO_PROXY", valueFrom },
      { name: "NO_PROXY", value },
      { name: "no_proxy", value },
    ]);
  }
});
