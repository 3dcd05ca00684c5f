/** The Helm chart: it renders what the kustomizations give, refuses wrong values, and the API server takes what it renders. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import t, { type Test } from "tap";
import { parse, stringify } from "yaml";
import type { Cluster } from "#src/cluster/index.js";
import { kubectl } from "#src/cluster/install.js";
import { packageRoot } from "#src/version.js";
import { installDefinitions } from "../chart/definitions.js";
import { combinations, options, randomOf } from "../chart/combinations.js";
import { chart, Helm, noHelm } from "../chart/helm.js";
import { kustomization, objectsOf, withoutHelm, type Rendered } from "../chart/objects.js";
import { adminClient, testCluster, testNamespace } from "./cluster.js";

const skip = noHelm;
let helm: Helm;
let cluster: Cluster;

if (skip === false)
  t.before(async () => {
    helm = await Helm.build((line) => t.comment(line));
    t.teardown(() => helm.close());
    cluster = await testCluster(t);
  });

const version = ["--kube-version", "1.36.3"];

async function rendered(values: object, namespace = "orchestrator"): Promise<Map<string, Rendered>> {
  const args = ["template", "orchestrator", chart, "-n", namespace, ...version, "-f", "-"];
  return objectsOf(await helm.run(args, stringify(values)));
}

async function kustomized(
  t: Test,
  { resources = ["default"], components = [], ...rest }: Readonly<Record<string, readonly string[] | string>>,
): Promise<Map<string, Rendered>> {
  const { folder, remove } = kustomization({});
  t.teardown(remove);
  const paths = (names: readonly string[] | string): string[] =>
    [names].flat().map((name) => relative(folder, join(packageRoot, "config", name)));
  const content = { ...rest, resources: paths(resources), components: paths(components) };
  await writeFile(join(folder, "kustomization.yaml"), JSON.stringify(content));
  return objectsOf(await kubectl(cluster, ["kustomize", "--load-restrictor=LoadRestrictionsNone", folder]));
}

/** Compares object by object, so that a difference is short. */
function same(t: Test, chart: Map<string, Rendered>, bases: Map<string, Rendered>): void {
  const helms = withoutHelm(chart);
  t.strictSame([...helms.keys()].sort(), [...bases.keys()].sort(), "the same objects");
  for (const [key, object] of helms) t.strictSame(object, bases.get(key), key);
}

t.test("helm lint has nothing to say", { skip }, async (t) => {
  t.match(await helm.run(["lint", "--strict", chart, ...version]), /0 chart\(s\) failed/);
});

t.test(
  "with the default values the objects are those of config/default, without the Namespace",
  { skip },
  async (t) => {
    const bases = await kustomized(t, {});
    t.ok(bases.delete("Namespace /orchestrator"), "which `helm install --create-namespace` creates");
    same(t, await rendered({}), bases);
  },
);

t.test("in another namespace they are those of a kustomization with that namespace", { skip }, async (t) => {
  const bases = await kustomized(t, { namespace: "agents" });
  // kustomize takes kinds that it does not know for namespaced ones; the API server ignores it
  for (const [key, { metadata, ...rest }] of [...bases]) {
    if (!key.startsWith("ValidatingAdmissionPolicy")) continue;
    const { namespace: _, ...others } = metadata;
    bases.delete(key);
    bases.set(key.replace(" agents/", " /"), { ...rest, metadata: others });
  }
  same(t, await rendered({ namespace: { create: true } }, "agents"), bases);
});

t.test("options give what the optional kustomizations give", { skip }, async (t) => {
  const values = {
    ...{ namespace: { create: true }, manager: { profiling: true }, networkPolicy: { enabled: true } },
    rbac: { aggregatedRoles: true },
    metrics: { secure: true, serviceMonitor: { enabled: true }, prometheusRule: { enabled: true } },
  };
  const resources = [
    "default",
    "network-policy",
    "roles",
    "prometheus/service-monitor.yaml",
    "prometheus/prometheus-rule.yaml",
  ];
  same(t, await rendered(values), await kustomized(t, { resources, components: ["profiling", "metrics"] }));
});

t.test("the gateway's image is that of the operator", { skip }, async (t) => {
  const objects = await rendered({ image: { repository: "registry.example.com/orchestrator", tag: "v1" } });
  const deployment = JSON.stringify(objects.get("Deployment orchestrator/orchestrator"));
  t.match(deployment, '"name":"OPERATOR_IMAGE","value":"registry.example.com/orchestrator:v1"');
});

t.test("for a fixed set of namespaces they are those of config/namespaced", { skip }, async (t) => {
  const watched = "orchestrator-runs"; // as in the patch of config/namespaced
  const bases = await kustomized(t, { resources: ["namespaced", "namespaced/managed-namespace.yaml"] });
  const expected = new Map(
    [...bases].map(([key, object]) =>
      object.metadata.name === "orchestrator-manager-runs"
        ? [key.replace(" /", ` ${watched}/`), { ...object, metadata: { ...object.metadata, namespace: watched } }]
        : [key, object],
    ),
  );
  same(t, await rendered({ namespace: { create: true }, watchNamespaces: [watched] }), expected);
});

t.test("the parts for cluster and namespace are together the whole, and no object is in both", { skip }, async (t) => {
  const values = {
    watchNamespaces: ["a"],
    tenants: [{ name: "b" }],
    priorityClass: { create: true },
    test: { enabled: false },
  };
  const [all, wide, inside] = await Promise.all(
    ["all", "cluster", "namespaced"].map((install) => rendered({ ...values, uninstall: { hook: false }, install })),
  );
  t.strictSame(new Map([...(wide ?? []), ...(inside ?? [])]), all);
  t.equal((wide?.size ?? 0) + (inside?.size ?? 0), all?.size);
  t.ok([...(wide?.values() ?? [])].every(({ metadata }) => metadata.namespace === undefined));
  t.ok([...(inside?.values() ?? [])].every(({ metadata }) => metadata.namespace !== undefined));
});

t.test(
  "values that are misspelt, of a wrong type or contradictory are refused with their path",
  { skip },
  async (t) => {
    const wrong: readonly [values: object, message: RegExp][] = [
      [{ replicas: 3 }, /at '': additional properties 'replicas' not allowed/],
      [{ manager: { replica: 3 } }, /at '\/manager': additional properties 'replica' not allowed/],
      [{ manager: { resources: { request: {} } } }, /at '\/manager\/resources': additional properties 'request'/],
      [{ server: { ingress: { hosts: [] } } }, /at '\/server\/ingress': additional properties 'hosts'/],
      [{ tenants: [{ name: "a", quotas: {} }] }, /at '\/tenants\/0': additional properties 'quotas'/],
      [{ tenants: [{ name: "Team A" }] }, /at '\/tenants\/0\/name'.*does not match pattern/],
      [{ manager: { replicas: "3" } }, /at '\/manager\/replicas': got string, want integer/],
      [{ configuration: { agentImage: {} } }, /at '\/configuration': additional properties 'agentImage' not allowed/],
      [
        { configuration: { agent: { imageTag: "a" } } },
        /at '\/configuration\/agent': additional properties 'imageTag'/,
      ],
      [{ configuration: { agents: { rex: { modelName: "a" } } } }, /at '\/configuration\/agents\/rex': .* 'modelName'/],
      [{ agents: { rex: { modelName: "a" } } }, /at '\/agents\/rex': additional properties 'modelName' not allowed/],
      [
        { configuration: { policy: [{ image: [] }] } },
        /at '\/configuration\/policy\/0': additional properties 'image'/,
      ],
      [{ install: "some" }, /at '\/install': value must be one of/],
      [{ image: { digest: "sha256:1" } }, /at '\/image\/digest'/],
      [{ watchNamespaces: ["a", "a"] }, /at '\/watchNamespaces': items at 0 and 1 are equal/],
      [{ metrics: { serviceMonitor: { interval: "often" } } }, /at '\/metrics\/serviceMonitor\/interval'/],
      [{ configuration: { agent: {} }, configurationFile: "a: 1" }, /configurationFile cannot be combined/],
      [{ configuration: { agents: {} }, agents: { rex: {} } }, /agents and configuration.agents are the same/],
      [{ server: { ingress: { enabled: true } } }, /server.ingress.host is required/],
      [{ server: { httpRoute: { enabled: true } } }, /server.httpRoute.parentRefs needs at least one Gateway/],
    ];
    for (const [values, message] of wrong) {
      const { code, errors } = await helm.try(["template", "x", chart, ...version, "-f", "-"], stringify(values));
      t.equal(code, 1, JSON.stringify(values));
      t.match(errors, message);
    }
  },
);

t.test("values take the configuration of the sample, and what the operator does not read", { skip }, async (t) => {
  const { data } = parse(await readFile(join(packageRoot, "config/samples/configuration.yaml"), "utf8")) as {
    readonly data: Readonly<Record<string, string>>;
  };
  const open = { agent: { tolerations: [{ key: "a" }], image: "", model: null }, labels: { "example.com/a": "b" } };
  for (const configuration of [parse(data["config.yaml"] ?? "") as object, open])
    t.ok((await rendered({ configuration })).has("ConfigMap orchestrator/taskrun-controller-config"));
});

t.test("the values in the guide are valid", { skip }, async (t) => {
  const [, values = ""] =
    /```yaml\n([^]*?)```/.exec(await readFile(join(packageRoot, "docs/guide/helm.md"), "utf8")) ?? [];
  const objects = await rendered(parse(values) as object);
  t.ok(objects.has("ResourceQuota team-a-workspace/orchestrator-tenant"));
  t.ok(objects.has("ConfigMap orchestrator/taskrun-controller-config"));
});

/** Kinds of other projects. */
const foreign = /^(argoproj\.io|monitoring\.coreos\.com|gateway\.networking\.k8s\.io|external-secrets\.io)\//;

t.test(
  "the API server takes what more than 100 combinations of values give, each option among them",
  { skip },
  async (t) => {
    await installDefinitions(cluster);
    const client = await adminClient(t, cluster);
    const namespace = await testNamespace(t, client);
    const prefix = `${namespace}-`;
    const all = options(prefix);
    const texts = combinations(all, 105, randomOf());
    t.ok(texts.length > 100);
    const distinct = new Map<string, Rendered>();
    const namespaces = new Set<string>();
    const queue = [...texts];
    const work = async (): Promise<void> => {
      for (let values = queue.pop(); values !== undefined; values = queue.pop()) {
        const objects = await rendered(values, namespace).catch((error: unknown) => {
          t.comment(stringify(values));
          throw error;
        });
        for (const object of objects.values()) {
          if (object.metadata.namespace !== undefined) namespaces.add(object.metadata.namespace);
          distinct.set(JSON.stringify(object), object);
        }
      }
    };
    await Promise.all([work(), work()]);
    t.comment(`${texts.length} combinations, ${distinct.size} distinct objects`);
    namespaces.delete(namespace);
    const made: object[] = [...namespaces].map((name) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } }));
    // admission asks for the account of a pod
    made.push({ apiVersion: "v1", kind: "ServiceAccount", metadata: { namespace, name: "orchestrator-test" } });
    const directory = await mkdtemp(join(tmpdir(), "chart-"));
    t.teardown(() => rm(directory, { recursive: true }));
    const write = async (name: string, items: readonly object[]): Promise<string> => {
      await writeFile(join(directory, name), JSON.stringify({ apiVersion: "v1", kind: "List", items }));
      return join(directory, name);
    };
    const folder = await write("namespaces.json", made);
    await kubectl(cluster, ["create", "-f", folder]);
    t.teardown(() => kubectl(cluster, ["delete", "--wait=false", "-f", folder]));
    const dryRun = ["--dry-run=server", "--force-conflicts", "--validate=strict"];
    const said = await kubectl(cluster, [
      "apply",
      "--server-side",
      ...dryRun,
      "-f",
      await write("all.json", [...distinct.values()]),
    ]);
    t.equal(said.trim().split("\n").length, distinct.size);
    const others = new Set(
      [...distinct.values()].filter((each) => foreign.test(each.apiVersion)).map(({ kind }) => kind),
    );
    t.same([...others].sort(), [
      "ExternalSecret",
      "HTTPRoute",
      "PodMonitor",
      "PrometheusRule",
      "ServiceMonitor",
      "WorkflowTemplate",
    ]);
  },
);

t.test("the API server takes the samples with kinds of other projects", { skip }, async (t) => {
  await installDefinitions(cluster);
  const client = await adminClient(t, cluster);
  const namespace = await testNamespace(t, client);
  const dryRun = ["apply", "--server-side", "--dry-run=server", "--validate=strict", "-f", "-"];
  const samples = ["samples/server/http-route.yaml", "samples/external-secrets/agents.yaml"];
  for (const file of [...samples, "prometheus/service-monitor.yaml", "prometheus/prometheus-rule.yaml"]) {
    const objects = objectsOf(await readFile(join(packageRoot, "config", file), "utf8"));
    for (const object of objects.values()) {
      t.match(object.apiVersion, foreign);
      const here = { ...object, metadata: { ...object.metadata, namespace } };
      t.match(await kubectl(cluster, dryRun, JSON.stringify(here)), /serverside-applied/, file);
    }
  }
});
