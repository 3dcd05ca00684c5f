/** The findings of `orchestrator doctor`, each from what was observed. */
import { readdirSync, readFileSync } from "node:fs";
import t, { type Test } from "tap";
import { parse } from "yaml";
import { webhookConfigurations } from "#src/admission/manifests.js";
import { injectedAnnotation } from "#src/api/injected.js";
import type { TaskRun } from "#src/api/taskrun.js";
import { diagnose } from "#src/cli/doctor/checks.js";
import { rightsOf, type ConfigurationFacts, type Facts } from "#src/cli/doctor/facts.js";
import type { BudgetSummary } from "#src/operations/budget-list.js";
import type { Configuration } from "#src/configuration/configuration.js";
import type { Severity } from "#src/cli/doctor/finding.js";
import { seen, type Observation } from "#src/cli/doctor/observation.js";
import type { Deployment } from "#src/cli/cluster-configuration.js";
import { defaultConfiguration } from "#src/configuration/defaults.js";
import { digestOf, type InForceReport } from "#src/configuration/in-force.js";
import { createAuthority } from "#src/runtime/certs/authority.js";
import type {
  ConfigMap,
  CustomResourceDefinition,
  Lease,
  MutatingWebhookConfiguration,
  StorageClass,
  Stored,
  ValidatingWebhookConfiguration,
} from "#src/runtime/client/objects.js";

const now = Date.parse("2026-11-22T12:00:00Z");
const day = 86_400_000;
const metadata = { name: "x", uid: "1", resourceVersion: "1" };
const stored = <T>(object: object): Stored<T & object> => ({ metadata, ...object }) as unknown as Stored<T & object>;
const forbidden = { state: "forbidden" } as const;
const absent = { state: "absent" } as const;
const failed = (message: string): Observation<never> => ({ state: "failed", message });

const crds = readdirSync("crds")
  .filter((file) => file.endsWith(".yaml"))
  .map((file) => parse(readFileSync(`crds/${file}`, "utf8")) as CustomResourceDefinition);

function withStatus(crd: CustomResourceDefinition): Stored<CustomResourceDefinition> {
  const conditions = [{ type: "Established", status: "True" }];
  return stored<CustomResourceDefinition>({ ...crd, status: { conditions } });
}

async function bundle(lifetime: number): Promise<string> {
  const { certificate } = await createAuthority("test", now - day, lifetime + day);
  return Buffer.from(certificate).toString("base64");
}

// before the first test: tap ends when nothing is left to run
const bundles = {
  long: await bundle(365 * day),
  expired: await bundle(-3_600_000),
  soon: await bundle(3_600_000),
};

function webhooks(caBundle: string, change: (webhook: object) => object = (webhook) => webhook) {
  const { mutating, validating } = webhookConfigurations();
  const complete = (each: { clientConfig: object }): object =>
    change({ ...each, clientConfig: { ...each.clientConfig, caBundle } });
  return {
    mutating: seen(
      stored<MutatingWebhookConfiguration>({ ...mutating, metadata, webhooks: mutating.webhooks?.map(complete) }),
    ),
    validating: seen(
      stored<ValidatingWebhookConfiguration>({ ...validating, metadata, webhooks: validating.webhooks?.map(complete) }),
    ),
  };
}

const text = "agent: { model: opus }\n";
const report: InForceReport = {
  ...{ digest: digestOf(text), since: "2026-11-22T11:00:00Z", problems: [], text, operator: "1.2.3" },
  ...{ environment: {}, flags: [] },
};
const configuration: ConfigurationFacts = {
  ...{ report, standing: "inForce", problems: [], effective: defaultConfiguration },
};

const lease = (renewTime: string, holderIdentity = "pod-1"): Observation<Stored<Lease>> =>
  seen(stored<Lease>({ spec: { holderIdentity, renewTime, leaseDurationSeconds: 15 } }));
const deployment = (replicas: number, readyReplicas?: number): Observation<Stored<Deployment>> =>
  seen(stored<Deployment>({ spec: { replicas }, status: { readyReplicas } }));
const storageClass = (name: string, isDefault: boolean): Stored<StorageClass> =>
  stored<StorageClass>({
    metadata: {
      ...{ ...metadata, name },
      ...(isDefault && { annotations: { "storageclass.kubernetes.io/is-default-class": "true" } }),
    },
    provisioner: "disk.example.com",
  });
const created = (annotations?: Record<string, string>, at = now): Observation<Stored<TaskRun>> =>
  seen(stored<TaskRun>({ metadata: { ...metadata, annotations, creationTimestamp: new Date(at).toISOString() } }));

const healthy: Facts = {
  ...{ version: "1.2.3", namespace: "orchestrator", runsNamespace: "team-a", now },
  server: seen({ major: 1, minor: 36, gitVersion: "v1.36.3" }),
  crds: crds.map((wanted) => ({ wanted, found: seen(withStatus(wanted)) })),
  deployment: deployment(2, 2),
  lease: lease("2026-11-22T11:59:58.000000Z"),
  operatorLacks: seen([]),
  callerLacks: seen([]),
  ...webhooks(bundles.long),
  served: seen({ refusal: undefined, validTo: "2027-01-01T00:00:00.000Z" }),
  dryRun: created({ [injectedAnnotation]: "{}" }),
  configuration: seen(configuration),
  templates: seen(stored<ConfigMap>({ data: { "code_claude.md.hbs": "Task {{spec.taskId}}" } })),
  storageClasses: seen([storageClass("fast", true)]),
  secrets: [{ name: "keys", key: "secrets.apiKeySecretName", isNeeded: true, found: seen(true) }],
  budgets: seen([]),
  namespaces: seen(["orchestrator", "team-a"]),
  argo: absent,
  githubApp: undefined,
  network: { result: "enforced" },
};

t.test("a sound installation has no finding that is not ok", (t) => {
  const findings = diagnose(healthy);
  t.same(
    findings.filter(({ severity }) => severity !== "ok"),
    [],
  );
  t.ok(findings.length >= 17);
  t.end();
});

const team: BudgetSummary = {
  ...{
    namespace: "team-a",
    name: "team",
    period: "Day",
    timeZone: "UTC",
    limit: { tokens: 5 },
    spent: {},
    reserved: {},
  },
  ...{ unmeasured: {}, runningAttempts: 0, isNearlySpent: false, isExhausted: false, waitingRuns: 0 },
  resetsAt: "2026-11-23T00:00:00Z",
};

const withEffective = (changes: Partial<Configuration>): Facts["configuration"] =>
  seen({ ...configuration, effective: { ...defaultConfiguration, ...changes } });

t.test("Budgets that are counted are sound, with prices where they are in dollars", (t) => {
  const inDollars = { ...team, name: "dollars", limit: { costUSD: 5 } };
  const prices = { sonnet: { input: 1, output: 1 } };
  const facts: Facts = {
    ...healthy,
    budgets: seen([team, inDollars]),
    configuration: withEffective({ gateway: { ...defaultConfiguration.gateway, prices } }),
  };
  const texts = diagnose(facts).filter(({ severity, check }) => severity !== "ok" || /prices|Budget/.test(check));
  t.match(texts, [
    { severity: "ok", message: "Budget team-a/dollars limits US dollars, and 1 model has a price." },
    { severity: "ok", message: "2 Budgets are counted, and no run waits for one." },
  ]);
  t.equal(texts.length, 2);
  t.end();
});

/** What is wrong, and the one finding that says so. */
const withArgo = seen({
  ...configuration,
  effective: { ...defaultConfiguration, argo: { enabled: true, startFromIssues: false } },
});

const cases: Readonly<Record<string, [wrong: Partial<Facts>, severity: Severity, message: RegExp, remedy: RegExp]>> = {
  "Argo Workflows that are not there": [
    { argo: absent, configuration: withArgo },
    ...(["error", /does not serve Argo Workflows/, /argo\.enabled to false/] as const),
  ],
  "Argo Workflows that the operator may not change": [
    { argo: seen({ operatorMay: false, hasTemplate: true }), configuration: withArgo },
    ...(["error", /lacks rights on workflows/, /config\/argo\/operator/] as const),
  ],
  "a namespace without the templates of plays": [
    { argo: seen({ operatorMay: true, hasTemplate: false }), configuration: withArgo },
    ...(["warning", /team-a has no WorkflowTemplate play-template/, /docs\/guide\/plays\.md/] as const),
  ],
  "an old API server": [
    { server: seen({ major: 1, minor: 29, gitVersion: "v1.29.1" }) },
    ...(["error", /v1\.29\.1/, /1\.30/] as const),
  ],
  "an API server newer than tested": [
    { server: seen({ major: 1, minor: 40, gitVersion: "v1.40.0" }) },
    ...(["warning", /v1\.40\.0/, /test namespace/] as const),
  ],
  "a kubeconfig of something else": [{ server: absent }, "error", /does not report/, /kubeconfig/],
  "a missing CRD": [
    { crds: healthy.crds.map((crd, index) => (index === 0 ? { ...crd, found: absent } : crd)) },
    ...(["error", /not installed/, /crds\//] as const),
  ],
  "a CRD of another version": [
    {
      crds: healthy.crds.map(({ wanted, found }, index) => {
        if (index !== 0 || found.state !== "seen") return { wanted, found };
        const other = structuredClone(found.value);
        delete other.spec.versions[0]?.schema?.openAPIV3Schema?.properties?.spec;
        return { wanted, found: seen(other) };
      }),
    },
    ...(["error", /not the one of version 1\.2\.3/, /crds\//] as const),
  ],
  "a CRD that is not served": [
    {
      crds: healthy.crds
        .map(({ wanted }) => ({ wanted, found: seen(stored<CustomResourceDefinition>(wanted)) }))
        .slice(0, 1),
    },
    ...(["error", /does not serve/, /describe crd/] as const),
  ],
  "no replica that is ready": [{ deployment: deployment(2) }, "error", /0 of 2/, /describe pods/],
  "one replica that is not ready": [{ deployment: deployment(2, 1) }, "warning", /1 of 2/, /describe pods/],
  "an operator that is scaled down": [{ deployment: deployment(0) }, "error", /0 of 0/, /Scale it up/],
  "no Deployment": [{ deployment: absent }, "warning", /does not exist/, /outside the cluster/],
  "no Lease": [{ lease: absent }, "error", /no operator leads/, /Start the operator/],
  "a Lease without a holder": [{ lease: lease("", "") }, "warning", /Nobody holds/, /--no-leader-elect/],
  "a leader that stopped": [
    { lease: lease("2026-11-22T11:50:00.000000Z") },
    "error",
    /last renewed/,
    /without a leader/,
  ],
  "an operator of another version": [
    { configuration: seen({ ...configuration, report: { ...report, operator: "1.0.0" } }) },
    ...(["warning", /1\.0\.0, this program 1\.2\.3/, /same version/] as const),
  ],
  "an operator that lacks rights": [
    { operatorLacks: seen(["list pods", "create jobs.batch"]) },
    ...(["error", /may not: list pods, create jobs\.batch\./, /config\/default/] as const),
  ],
  "a caller who lacks rights": [
    { callerLacks: seen(["create taskruns.orchestrator.io in namespace team-a"]) },
    ...(["warning", /may not: create taskruns/, /role/] as const),
  ],
  "no mutating webhooks": [{ mutating: absent }, "error", /neither checked nor completed/, /kubectl apply/],
  "a webhook too few": [
    {
      mutating: seen(
        stored<MutatingWebhookConfiguration>({
          webhooks: healthy.mutating.state === "seen" ? healthy.mutating.value.webhooks?.slice(1) : [],
        }),
      ),
    },
    ...(["error", /It lacks default\.taskrun/, /kubectl apply/] as const),
  ],
  "webhooks that fail open": [
    { validating: webhooks(bundles.long, (each) => ({ ...each, failurePolicy: "Ignore" })).validating },
    ...(["warning", /another failurePolicy/, /kubectl apply/] as const),
  ],
  "no CA bundle": [{ mutating: webhooks("").mutating }, "error", /cannot verify/, /The operator writes it/],
  "an expired CA bundle": [
    { mutating: webhooks(bundles.expired).mutating },
    ...(["error", /expired at/, /The operator writes it/] as const),
  ],
  "a CA bundle that was not renewed": [
    { mutating: webhooks(bundles.soon).mutating },
    ...(["warning", /expire at/, /The operator writes it/] as const),
  ],
  "a CA bundle that is none": [
    { mutating: webhooks("bm9uZQ==").mutating },
    "error",
    /not a certificate/,
    /The operator writes it/,
  ],
  "a certificate of another authority": [
    { served: seen({ refusal: "SELF_SIGNED_CERT_IN_CHAIN", validTo: "2027-01-01" }) },
    ...(["error", /does not trust it: SELF_SIGNED/, /URL/] as const),
  ],
  "webhooks that this machine does not reach": [
    { served: failed("connect ECONNREFUSED") },
    ...(["notChecked", /ECONNREFUSED/, /dry run/] as const),
  ],
  "runs without defaults": [{ dryRun: created() }, "error", /without them/, /kubectl apply/],
  "a run whose start was denied for another reason": [
    { dryRun: failed('namespaces "team-a" is being terminated') },
    ...(["warning", /being terminated/, /Correct/] as const),
  ],
  "webhooks that the API server does not reach": [
    { dryRun: failed('failed calling webhook "default.taskrun.orchestrator.io": connect: connection refused') },
    ...(["error", /does not reach them/, /firewalls/] as const),
  ],
  "webhooks whose certificate the API server does not trust": [
    { dryRun: failed("failed calling webhook: tls: x509: certificate signed by unknown authority") },
    ...(["error", /does not trust/, /CA bundle and the served certificate differ/] as const),
  ],
  "no namespace for runs": [{ dryRun: absent }, "error", /namespace team-a does not exist/, /--runs-namespace/],
  "a clock that is behind": [
    { dryRun: created({ [injectedAnnotation]: "{}" }, now + 60_000) },
    ...(["warning", /6\d s ahead of/, /NTP/] as const),
  ],
  "an invalid configuration": [
    {
      configuration: seen({
        ...configuration,
        standing: "refused",
        problems: [{ severity: "error", text: "job: is a list" }],
      }),
    },
    ...(["error", /is invalid: job: is a list/, /config show/] as const),
  ],
  "a configuration with a warning": [
    { configuration: seen({ ...configuration, problems: [{ severity: "warning", text: "jbo: unknown" }] }) },
    ...(["warning", /jbo: unknown/, /config show/] as const),
  ],
  "a configuration that nobody read": [
    { configuration: seen({ ...configuration, standing: "unread" }) },
    ...(["error", /has not read/, /leads/] as const),
  ],
  "no report": [
    { configuration: seen({ ...configuration, report: undefined, standing: undefined }) },
    ...(["warning", /No operator has reported/, /leads/] as const),
  ],
  "templates with an error": [
    { templates: seen(stored<ConfigMap>({ data: { "code_container.sh.hbs": 'git clone "{{repository_url}}"' } })) },
    ...([
      "error",
      /agent-templates is not in force: .*built-in.*container\.sh\.hbs:1:\d+: .*shq/,
      /render --templates/,
    ] as const),
  ],
  "templates with a key that overrides nothing": [
    { templates: seen(stored<ConfigMap>({ data: { "code_claud.md.hbs": "" } })) },
    ...(["warning", /code_claud\.md\.hbs has no effect: .*did you mean code_claude\.md\.hbs\?/, /render/] as const),
  ],
  "no default StorageClass": [
    { storageClasses: seen([storageClass("slow", false)]) },
    ...(["error", /No StorageClass is the default; the cluster has: slow/, /storageClassName/] as const),
  ],
  "a StorageClass that does not exist": [
    {
      configuration: seen({
        ...configuration,
        effective: { ...defaultConfiguration, storage: { ...defaultConfiguration.storage, storageClassName: "gold" } },
      }),
    },
    ...(["error", /gold, which does not exist; the cluster has: fast/, /create the class/] as const),
  ],
  "workspaces that several nodes mount": [
    {
      configuration: seen({
        ...configuration,
        effective: {
          ...defaultConfiguration,
          storage: { ...defaultConfiguration.storage, accessMode: "ReadWriteMany" },
        },
      }),
    },
    ...(["warning", /ReadWriteMany/, /provisioner/] as const),
  ],
  "no API key": [
    { secrets: [{ name: "keys", key: "secrets.apiKeySecretName", isNeeded: true, found: seen(false) }] },
    ...(["error", /team-a\/keys.*no attempt starts/, /create secret generic keys -n team-a/] as const),
  ],
  "an optional key that is missing": [
    { secrets: [{ name: "more", key: "secrets.providerApiKeys.x", isNeeded: false, found: seen(false) }] },
    ...(["warning", /start without it/, /create secret/] as const),
  ],
  "a Budget that cannot be counted": [
    { budgets: seen([{ ...team, problem: "spec.timeZone: no such zone." }]) },
    ...(["warning", /not counted as it is written\. spec\.timeZone/, /Correct/] as const),
  ],
  "a Budget that nobody has counted": [
    { budgets: seen([{ ...team, resetsAt: undefined } as unknown as BudgetSummary]) },
    ...(["warning", /No operator has counted it/, /leads/] as const),
  ],
  "runs that wait for a Budget": [
    { budgets: seen([{ ...team, waitingRuns: 3 }]) },
    ...(["warning", /3 runs wait for it; it resets at 2026-11-23/, /budget get team -n team-a/] as const),
  ],
  "a Budget for a namespace that does not exist": [
    { budgets: seen([{ ...team, namespace: "orchestrator", selector: { namespaces: ["team-a", "team-x"] } }]) },
    ...(["warning", /namespace team-x, which does not exist/, /selector\.namespaces/] as const),
  ],
  "a Budget for namespaces that are not managed": [
    {
      budgets: seen([team]),
      configuration: withEffective({ namespaces: { names: ["team-b"] } }),
    },
    ...(["warning", /selects no run/, /namespaces in the configuration/] as const),
  ],
  "a Budget in dollars without prices": [
    { budgets: seen([{ ...team, limit: { costUSD: 5 } }]) },
    ...(["warning", /^Budget team-a\/team limits US dollars, but no model has a price/, /gateway\.prices/] as const),
  ],
  "a default budget and a ceiling in dollars without prices": [
    { configuration: withEffective({ budget: { default: { maxCostUSD: 1 }, ceiling: { maxCostUSD: 2 } } }) },
    ...(["warning", /^budget\.default and 1 more limit US dollars/, /maxTokens/] as const),
  ],
  "a budget where agents have their keys": [
    {
      configuration: withEffective({
        ...{ credentials: "environment", budget: { default: {}, ceiling: { maxCostUSD: 2 } } },
        gateway: { ...defaultConfiguration.gateway, prices: { sonnet: { input: 1, output: 1 } } },
      }),
    },
    ...(["warning", /nothing counts what they spend/, /credentials: gateway/] as const),
  ],
  "an API server without Budgets": [{ budgets: absent }, "warning", /does not know Budgets/, /CRDs/],
  "a network plugin that ignores policies": [
    { network: { result: "notEnforced" } },
    ...(["error", /does not enforce/, /Cilium or Calico/] as const),
  ],
  "a probe without a result": [
    { network: { result: "unknown", reason: "the image cannot be pulled" } },
    ...(["notChecked", /the image cannot be pulled/, /Remove the cause/] as const),
  ],
  "no probe": [{ network: undefined }, "notChecked", /shows only when pods connect/, /--probe-network.*removes them/],
};

for (const [title, [wrong, severity, message, remedy]] of Object.entries(cases)) {
  t.test(`${title}: ${severity}`, (t) => {
    t.match(onlyBad(t, { ...healthy, ...wrong }), { severity, message, remedy });
    t.end();
  });
}

function onlyBad(t: Test, facts: Facts): object | undefined {
  // without the dry run's answer, the clock is unknown too
  const bad = diagnose(facts).filter(
    ({ severity, check }) => severity !== "ok" && !(check === "clock" && facts.dryRun.state !== "seen"),
  );
  t.equal(bad.length, 1, JSON.stringify(bad));
  return bad[0];
}

t.test("a run that the webhooks deny proves that they answer", (t) => {
  const message = 'admission webhook "default.taskrun.orchestrator.io" denied the request: policy';
  const findings = diagnose({ ...healthy, dryRun: failed(message) });
  t.match(
    findings.find(({ check }) => check === "webhooks answer"),
    { severity: "ok", message: /denied/ },
  );
  t.end();
});

t.test("where the caller may look at nothing, every check names the right that it needs", (t) => {
  const findings = diagnose({
    ...{ version: "1.2.3", namespace: "orchestrator", runsNamespace: "team-a", now },
    crds: crds.map((wanted) => ({ wanted, found: forbidden })),
    ...{ server: forbidden, deployment: forbidden, lease: forbidden, operatorLacks: forbidden, callerLacks: forbidden },
    ...{ mutating: forbidden, validating: forbidden, served: undefined, dryRun: forbidden, configuration: forbidden },
    ...{
      templates: forbidden,
      storageClasses: forbidden,
      budgets: forbidden,
      namespaces: forbidden,
      argo: forbidden,
      githubApp: undefined,
    },
    secrets: [{ name: "keys", key: "secrets.apiKeySecretName", isNeeded: true, found: forbidden }],
    network: undefined,
  });
  t.equal(new Set(findings.map(({ check }) => check)).size, findings.length);
  for (const { severity, remedy, check } of findings) {
    t.equal(severity, "notChecked", check);
    t.ok(/\b(get|list|create|reach) |--probe-network|webhooks answer/.test(remedy ?? ""), `${check}: ${remedy ?? ""}`);
  }
  t.end();
});

t.test("an unreadable part is not an error of the installation", (t) => {
  const findings = diagnose({
    ...healthy,
    lease: failed("timeout"),
    secrets: [{ name: "keys", key: "secrets.apiKeySecretName", isNeeded: true, found: failed("timeout") }],
  });
  t.same(
    findings.filter(({ severity }) => severity !== "ok").map(({ severity }) => severity),
    ["notChecked", "notChecked"],
  );
  t.end();
});

t.test("a rule is checked verb by verb", (t) => {
  const rule = {
    apiGroups: ["batch"],
    resources: ["jobs", "jobs/status"],
    verbs: ["get", "patch"],
    resourceNames: ["a"],
  } as const;
  t.same(
    rightsOf(rule, "x").map(({ right }) => right),
    [
      "get jobs.batch/a in namespace x",
      "patch jobs.batch/a in namespace x",
      "get jobs/status.batch/a in namespace x",
      "patch jobs/status.batch/a in namespace x",
    ],
  );
  t.end();
});
