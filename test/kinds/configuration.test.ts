/** What of the configuration reaches a run's Job, pod, files and workspace. */
import t from "tap";
import { exampleRun } from "../runs/model-cluster.js";
import type { TaskRun } from "#src/api/taskrun.js";
import { taskRunKind } from "./task-runs.js";
import { jobOf } from "./attempt.js";
import { filesConfigMap, workspaceClaim } from "#src/runs/manifests.js";
import type { Stored } from "#src/runtime/client/objects.js";
import { parseConfiguration } from "#src/configuration/parse.js";
import type { Configuration } from "#src/configuration/configuration.js";

function settingsOf(yaml: string): Configuration {
  const { configuration, problems } = parseConfiguration(yaml);
  if (configuration === undefined)
    throw new Error(problems.map(({ path, message }) => `${path} ${message}`).join("; "));
  return configuration;
}

/** What is made of a run under a configuration. */
function made(yaml: string, spec: Partial<TaskRun["spec"]> = {}) {
  const configuration = settingsOf(yaml);
  const { metadata, ...rest } = exampleRun(spec);
  const run: Stored<TaskRun> = { ...rest, metadata: { ...metadata, name: "a", uid: "uid-1", resourceVersion: "1" } };
  const names = taskRunKind.names(run, 1);
  const job = jobOf(taskRunKind, run, configuration);
  const pod = job.spec?.template.spec;
  const init = pod?.initContainers?.find(({ name }) => name === "prepare-workspace");
  const [agent] = pod?.containers ?? [];
  if (pod === undefined || init === undefined || agent === undefined) throw new Error("no pod");
  const variables = Object.fromEntries(
    (agent.env ?? []).map(({ name, value, valueFrom }) => [name, value ?? valueFrom]),
  );
  return {
    job,
    pod,
    init,
    agent,
    variables,
    files: filesConfigMap(taskRunKind, run, 1, names, configuration),
    claim: workspaceClaim(taskRunKind, run, names, { identity: "none", trustLevel: "" }, configuration),
  };
}

void t.test("placement: node selector, affinity, tolerations, PriorityClass", (t) => {
  const { pod } = made(
    `
agent:
  nodeSelector: {pool: agents}
  tolerations: [{key: agents, operator: Exists}]
  affinity: {podAntiAffinity: {preferredDuringSchedulingIgnoredDuringExecution: []}}
nodeAffinity: {enabled: true, key: zone, values: [a, b]}
priorities: {high: {priorityClassName: urgent}}
`,
    { priority: "high" },
  );
  t.match(pod, {
    nodeSelector: { pool: "agents" },
    tolerations: [{ key: "agents", operator: "Exists" }],
    priorityClassName: "urgent",
    affinity: {
      podAntiAffinity: {},
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: "zone", operator: "In", values: ["a", "b"] }] }],
        },
      },
    },
  });
  t.equal(
    made("priorities: {high: {priorityClassName: urgent}}", { priority: "low" }).pod.priorityClassName,
    undefined,
  );
  t.match(made("nodeAffinity: {enabled: true, required: false, key: zone, values: [a]}").pod.affinity, {
    nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100 }] },
  });
  t.end();
});

void t.test("further volumes and mounts stand beside the pod's own", (t) => {
  const { pod, agent } = made(
    "agent: {volumes: [{name: cache, emptyDir: {}}], volumeMounts: [{name: cache, mountPath: /cache, readOnly: true}]}",
  );
  t.same(
    pod.volumes?.map(({ name }) => name),
    ["task-files", "workspace", "tmp", "home", "agents", "gateway-state", "gateway-key-anthropic", "cache"],
  );
  t.same(agent.volumeMounts?.at(-1), { name: "cache", mountPath: "/cache", readOnly: true });
  t.ok(agent.volumeMounts?.some(({ mountPath }) => mountPath === "/workspace"));
  t.end();
});

void t.test("variables come from the configuration, from Secrets too, and a run's own win", (t) => {
  const { variables } = made(
    `
credentials: environment
agent:
  env:
    - {name: PLAIN, value: "$(HOME)"}
    - {name: TAKEN, value: configuration}
    - {name: KEY, valueFrom: {secretKeyRef: {name: s, key: k}}}
secrets:
  providerApiKeys: {openai: {secretName: p, secretKey: key, envVar: OPENAI_API_KEY}}
`,
    { env: [{ name: "TAKEN", value: "run" }] },
  );
  t.match(variables, {
    PLAIN: "$$(HOME)",
    TAKEN: "run",
    KEY: { secretKeyRef: { name: "s", key: "k" } },
    OPENAI_API_KEY: { secretKeyRef: { name: "p", key: "key", optional: true } },
  });
  t.end();
});

void t.test("users, groups and the init container's resources are the configuration's", (t) => {
  const { pod, agent, init } = made(
    `
agent: {securityContext: {runAsUser: 1001, runAsGroup: 1002, readOnlyRootFilesystem: false}}
pod: {securityContext: {fsGroup: 2001}}
initContainer: {resources: {limits: {cpu: 1}}}
`,
  );
  t.match(pod.securityContext, { runAsNonRoot: true, runAsUser: 1001, runAsGroup: 1002, fsGroup: 2001 });
  t.match(agent.securityContext, { readOnlyRootFilesystem: false, allowPrivilegeEscalation: false });
  t.match(init.securityContext, { readOnlyRootFilesystem: true });
  t.same(
    init.resources?.limits,
    { cpu: "1", memory: "8Gi", "ephemeral-storage": "10Gi" },
    "no default of its own is left",
  );
  t.end();
});

void t.test("labels and annotations reach Job, files and pod, and can't replace the orchestrator's own", (t) => {
  const { job, files } = made(
    `
labels: {team: a, task-id: "7"}
annotations: {note: b}
pod: {labels: {only: pod}, annotations: {"prometheus.io/scrape": "true"}}
podTemplate: {metadata: {labels: {team: c, service: x}}}
`,
  );
  t.match(job.metadata, { labels: { team: "a", "task-id": "1001" }, annotations: { note: "b" } });
  t.match(files.metadata, { labels: { team: "a", "task-id": "1001" }, annotations: { note: "b" } });
  t.match(job.spec?.template.metadata, {
    labels: { team: "c", "task-id": "1001", service: "auth-service", only: "pod" },
    annotations: { note: "b", "prometheus.io/scrape": "true" },
  });
  t.equal(job.metadata?.labels?.only, undefined);
  t.end();
});

void t.test("podTemplate has the last word on the pod", (t) => {
  const { pod, agent, init } = made(
    `
podTemplate:
  spec:
    runtimeClassName: gvisor
    containers:
      - name: claude-agent
        env: [{name: MODEL, value: other}]
        securityContext: {seccompProfile: {type: Localhost}}
      - {name: sidecar, image: x}
    volumes: [{name: home, emptyDir: {sizeLimit: 1Gi}}]
    enableServiceLinks: null
`,
  );
  t.equal(pod.runtimeClassName, "gvisor");
  t.same(
    pod.containers.map(({ name }) => name),
    ["claude-agent", "sidecar"],
  );
  t.equal(agent.env?.find(({ name }) => name === "MODEL")?.value, "other");
  t.match(agent.securityContext, { allowPrivilegeEscalation: false, seccompProfile: { type: "Localhost" } });
  t.same(pod.volumes?.find(({ name }) => name === "home")?.emptyDir, { sizeLimit: "1Gi" });
  t.notOk("enableServiceLinks" in pod);
  t.equal(init.name, "prepare-workspace");
  t.end();
});

void t.test("telemetry becomes the variables of OpenTelemetry and of the agent's CLI", (t) => {
  const { variables } = made(
    `
telemetry:
  enabled: true
  otlpEndpoint: collector:4317
  otlpInsecure: false
  logsEndpoint: http://logs:4318
  logsProtocol: http
  serviceName: claude
  serviceVersion: "1.2"
  teamName: "plat\\ud800"
  costCenter: "a,b"
  clusterName: dev
  metricsExportInterval: "60000"
  metricsExportTimeout: 30000
  logsExportInterval: 5000
  includeSessionId: true
  includeAccountUuid: false
  logUserPrompts: true
  logLevel: debug
  traces: true
  customAttributes: {"x.y": z}
`,
    { agentName: "rex" },
  );
  t.match(variables, {
    CLAUDE_CODE_ENABLE_TELEMETRY: "1",
    OTEL_METRICS_EXPORTER: "otlp",
    OTEL_LOGS_EXPORTER: "otlp",
    OTEL_TRACES_EXPORTER: "otlp",
    OTEL_EXPORTER_OTLP_ENDPOINT: "https://collector:4317",
    OTEL_EXPORTER_OTLP_PROTOCOL: "grpc",
    OTEL_EXPORTER_OTLP_INSECURE: "false",
    OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: "http://logs:4318",
    OTEL_EXPORTER_OTLP_LOGS_PROTOCOL: "http/protobuf",
    OTEL_SERVICE_NAME: "claude-auth-service",
    OTEL_SERVICE_VERSION: "1.2",
    OTEL_METRIC_EXPORT_INTERVAL: "60000",
    OTEL_METRIC_EXPORT_TIMEOUT: "30000",
    OTEL_LOGS_EXPORT_INTERVAL: "5000",
    OTEL_METRICS_INCLUDE_SESSION_ID: "true",
    OTEL_METRICS_INCLUDE_ACCOUNT_UUID: "false",
    OTEL_LOG_USER_PROMPTS: "1",
    OTEL_LOG_LEVEL: "debug",
  });
  const { OTEL_RESOURCE_ATTRIBUTES: listed } = variables;
  const attributes = typeof listed === "string" ? listed.split(",") : [];
  for (const each of [
    "x.y=z",
    "task.id=1001",
    "agent.name=rex",
    "run.attempt=1",
    "team=plat%EF%BF%BD",
    "cost_center=a%2Cb",
    "cluster.name=dev",
  ])
    t.ok(attributes.includes(each), each);
  t.end();
});

void t.test("permissions of the configuration stand beside those of a run, or give way to them", (t) => {
  const command = "agent: {command: [claude]}\n";
  const of = (yaml: string, spec: Partial<TaskRun["spec"]> = {}): unknown =>
    JSON.parse(made(`${command}${yaml}`, spec).files.data?.["settings.json"] ?? "null");
  const agentTools = [{ name: "bash", enabled: true }];
  t.equal(of(""), null);
  t.match(of("permissions: {allow: [Read], deny: ['Bash(rm:*)']}"), {
    permissions: { allow: ["Read"], deny: ["Bash(rm:*)"] },
  });
  t.match(of("permissions: {allow: [Read]}", { agentTools }), { permissions: { allow: ["Read", "Bash"] } });
  t.match(of("permissions: {allow: [Read], deny: [Write], agentToolsOverride: true}", { agentTools }), {
    permissions: { allow: ["Bash"], deny: ["Write"] },
  });
  const mounts = made(`${command}permissions: {deny: [Write]}`).agent.volumeMounts?.map(({ mountPath }) => mountPath);
  t.ok(mounts?.includes("/etc/claude-code/managed-settings.json"));
  t.end();
});

void t.test("the token of the configuration serves https repositories that name no user", (t) => {
  const yaml = "agent: {command: [claude]}\nsecrets: {githubTokenSecretName: github-token, githubTokenSecretKey: pat}";
  const volumeOf = (repository: { url: string; githubUser?: string }) =>
    made(yaml, { repository }).pod.volumes?.find(({ name }) => /^(repository|github-pat)$/.test(name))?.secret;
  t.match(volumeOf({ url: "https://github.com/a/b" }), { secretName: "github-token", items: [{ key: "pat" }] });
  t.match(volumeOf({ url: "https://github.com/a/b", githubUser: "u" }), { secretName: "github-pat-u" });
  t.equal(volumeOf({ url: "git@github.com:a/b" }), undefined);
  t.end();
});

void t.test("storage and Job settings reach claim and Job", (t) => {
  const { claim, job } = made(
    "storage: {storageClass: fast, workspaceSize: 5Gi, accessMode: ReadWriteMany}\njob: {backoffLimit: 2, activeDeadlineSeconds: 9}",
  );
  t.match(claim.spec, {
    storageClassName: "fast",
    accessModes: ["ReadWriteMany"],
    resources: { requests: { storage: "5Gi" } },
  });
  t.match(job.spec, { backoffLimit: 2, activeDeadlineSeconds: 9 });
  t.end();
});
