/** Values of the chart in combinations: each option at least once, and many of them together by chance. */
import { randomBytes } from "node:crypto";

type Values = Readonly<Record<string, unknown>>;

/** Each option of the chart with values other than the defaults. Namespaces begin with the prefix, so that tests do not meet. */
export function options(prefix: string): readonly Values[] {
  const pods = (name: string): Values[] =>
    [
      { replicas: 0 },
      { replicas: 5 },
      { args: ["--log-level=debug"] },
      {
        env: [
          { name: "RUST_LOG", value: "debug" },
          { name: "NODE", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } },
        ],
      },
      {
        volumes: [{ name: "archive", persistentVolumeClaim: { claimName: "archive" } }],
        volumeMounts: [{ name: "archive", mountPath: "/archive", readOnly: true }],
      },
      { resources: { requests: { cpu: 0.25 }, limits: { memory: "1Gi", "example.com/fast": 1 } } },
      { nodeSelector: { "kubernetes.io/os": "linux" } },
      { tolerations: [{ key: "a", operator: "Exists", effect: "NoExecute", tolerationSeconds: 5 }] },
      { affinity: {} },
      { affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [] } } },
      { topologySpreadConstraints: [] },
      { topologySpreadConstraints: [{ maxSkew: 2, topologyKey: "rack", whenUnsatisfiable: "ScheduleAnyway" }] },
      { priorityClassName: "system-cluster-critical" },
      { podAnnotations: { a: "1" }, podLabels: { team: "a", app: "ignored" } },
      { disruptionBudget: { enabled: false } },
      { disruptionBudget: { minAvailable: "50%" } },
    ].map((values) => ({ [name]: values }));
  const person = { kind: "User", name: "jane@example.com" };
  const tenants = [
    { name: `${prefix}a` },
    {
      ...{ name: `${prefix}b`, labels: { "orchestrator.io/docker": "allowed" }, isolate: false },
      editors: [person, { kind: "Group", name: "team-b" }, { kind: "ServiceAccount", name: "ci" }],
      viewers: [{ kind: "ServiceAccount", name: "reader", namespace: "tools" }],
      quota: { "count/taskruns.orchestrator.io": 50, "requests.cpu": "20" },
      limitRange: [{ type: "Container", default: { memory: "2Gi" } }],
    },
    { name: `${prefix}c`, createNamespace: false, viewers: [person] },
  ];
  return [
    ...pods("manager"),
    ...pods("server"),
    { configuration: { kueue: { enabled: true, queueName: "agents" } } },
    { server: { githubWebhook: { enabled: true, secretName: "hook" } } },
    { argo: { enabled: true } },
    { argo: { enabled: true, namespaces: [`${prefix}x`], semaphores: { "repository-acme-shop": "2" } } },
    { namespace: { create: true } },
    { install: "cluster" },
    { install: "namespaced" },
    { image: { repository: "registry.example.com/orchestrator", tag: "v1" } },
    { image: { digest: `sha256:${"a".repeat(64)}`, pullPolicy: "Always", pullSecrets: ["registry"] } },
    { watchNamespaces: [`${prefix}x`] },
    { watchNamespaces: [`${prefix}x`, `${prefix}y`], tenants },
    { configuration: { agent: { model: "opus" }, job: { activeDeadlineSeconds: 60 } } },
    { configurationFile: "agent:\n  model: opus\n" },
    { agents: { rex: { githubApp: "5DLabs-Rex", cli: "claude", model: "opus" } } },
    { templates: { "code_claude_container.sh.hbs": "echo {{task_id}}\n" } },
    { manager: { profiling: true } },
    { server: { enabled: false } },
    { server: { ingress: { enabled: true, host: "a.example.com" } } },
    {
      server: {
        ingress: {
          enabled: true,
          host: "a.example.com",
          className: "nginx",
          tlsSecret: "tls",
          annotations: { a: "b" },
        },
      },
    },
    {
      server: {
        httpRoute: {
          enabled: true,
          hostnames: ["a.example.com"],
          parentRefs: [{ name: "public", namespace: "gateways" }],
        },
      },
    },
    { crds: { install: false } },
    { crds: { keep: false } },
    { rbac: { create: false } },
    { rbac: { aggregatedRoles: true } },
    { webhooks: { install: false } },
    { admissionPolicy: { install: false } },
    { networkPolicy: { enabled: true } },
    { priorityClass: { create: true, name: "agents-operator", value: -5 } },
    { flowControl: { enabled: true, nominalConcurrencyShares: 5 } },
    { metrics: { secure: true } },
    { metrics: { serviceMonitor: { enabled: true, labels: { release: "prometheus" }, interval: "15s" } } },
    { metrics: { secure: true, serviceMonitor: { enabled: true } } },
    { metrics: { podMonitor: { enabled: true, labels: { release: "prometheus" }, interval: "15s" } } },
    { metrics: { prometheusRule: { enabled: true, labels: { release: "prometheus" } } } },
    { metrics: { dashboards: { enabled: true, labels: { dashboards: "all" } } } },
    { tenants },
    {
      externalSecrets: [
        {
          name: "orchestrator-secrets",
          store: { name: "vault" },
          data: { ANTHROPIC_API_KEY: { key: "agents", property: "anthropic" } },
        },
      ],
    },
    {
      externalSecrets: [
        {
          name: "s",
          namespace: `${prefix}x`,
          refreshInterval: "5m",
          store: { kind: "SecretStore", name: "v" },
          data: { a: { key: "b", version: "1" } },
        },
      ],
    },
    { test: { enabled: false } },
    { uninstall: { hook: false } },
    { uninstall: { runningAgents: "leave", timeoutSeconds: 60 } },
    { commonLabels: { team: "platform" }, commonAnnotations: { "example.com/owner": "platform" } },
    { global: { any: "thing" } },
  ];
}

/**
 * Combinations of two to five options: one that begins with each option, and more until there are enough.
 *
 * @param random uniform in [0, 1)
 */
export function combinations(all: readonly Values[], count: number, random: () => number): Values[] {
  const pick = (): Values => all[Math.floor(random() * all.length)] ?? {};
  return Array.from({ length: Math.max(count, all.length) }, (_, index) => {
    const chosen = [all[index] ?? pick(), ...Array.from({ length: 1 + Math.floor(random() * 4) }, pick)];
    return consistent(chosen.reduce(merge, {}));
  });
}

function merge(under: Values, over: Values): Values {
  const isMap = (value: unknown): value is Values =>
    typeof value === "object" && value !== null && !Array.isArray(value);
  return Object.entries(over).reduce<Values>((merged, [key, value]) => {
    const before = merged[key];
    return { ...merged, [key]: isMap(before) && isMap(value) ? merge(before, value) : value };
  }, under);
}

/** The chart refuses a configuration that is given twice; a test of its own holds that. */
function consistent(values: Values): Values {
  const { configurationFile, ...rest } = values;
  const isTwice = "configuration" in rest || "agents" in rest;
  return isTwice || configurationFile === undefined ? rest : { ...rest, configurationFile };
}

/** Numbers in [0, 1) that a seed decides (mulberry32). */
export function randomOf(seed = Number(process.env.TEST_SEED ?? randomBytes(4).readUInt32LE())): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}
