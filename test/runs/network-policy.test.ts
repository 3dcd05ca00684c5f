/** Where agents may connect to: the policy evaluated by network-semantics.ts, and that none starts without it. */
import t from "tap";
import { exampleRun, ModelCluster } from "./model-cluster.js";
import { Manager } from "./manager.js";
import { policyAllows, type Target } from "./network-semantics.js";
import { findCondition } from "#src/api/conditions.js";
import { TaskRuns } from "#src/api/taskrun.js";
import type { Configuration } from "#src/configuration/configuration.js";
import { ConfigurationSource } from "#src/configuration/source.js";
import { agentNetworkPolicy } from "#src/runs/network-policy.js";
import { NetworkPolicies } from "#src/runtime/client/builtin.js";

function network(yaml = ""): Configuration["network"] {
  const source = new ConfigurationSource({});
  const { accepted, problems } = source.update(yaml);
  if (!accepted) throw new Error(JSON.stringify(problems));
  return source.current().network;
}

/** Whether an agent in `own` may connect. */
function mayConnect(target: Target, yaml = "", own = "team-a"): boolean {
  return policyAllows(agentNetworkPolicy(own, network(yaml)), own, target);
}

t.test("an agent reaches public addresses, and DNS", (t) => {
  for (const ip of ["140.82.121.4", "1.1.1.1", "2606:4700::1111"]) t.ok(mayConnect({ ip, port: 443 }), ip);
  const dns = { namespace: "kube-system", labels: { "k8s-app": "kube-dns" } };
  t.ok(mayConnect({ ip: "10.96.0.10", port: 53, protocol: "UDP", pod: dns }));
  t.ok(mayConnect({ ip: "169.254.20.10", port: 53, protocol: "UDP" }));
  t.notOk(mayConnect({ ip: "10.96.0.10", port: 9153, pod: dns }), "no other port");
  t.end();
});

t.test("an agent reaches no private address, pod, webhook or metadata service", (t) => {
  const inside = [
    ...["10.0.0.1", "10.96.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "127.0.0.1", "0.0.0.0"],
    ...["169.254.169.254", "224.0.0.1", "255.255.255.255", "fd00:ec2::254", "fe80::1", "::1", "ff02::1"],
    ...["64:ff9b::a00:1", "2002:a00:1::"],
  ];
  for (const ip of inside) for (const port of [443, 53]) t.notOk(mayConnect({ ip, port }), `${ip}:${port}`);
  const own = { namespace: "team-a", labels: { app: "db" } };
  t.notOk(mayConnect({ ip: "10.244.0.5", port: 5432, pod: own }), "nor a pod of its own namespace");
  t.end();
});

t.test("nothing connects to an agent", (t) => {
  const { spec } = agentNetworkPolicy("team-a", network());
  t.ok(spec?.policyTypes?.includes("Ingress"));
  t.equal(spec?.ingress, undefined);
  t.same(spec?.podSelector, { matchExpressions: [{ key: "orchestrator.io/owner-uid", operator: "Exists" }] });
  t.end();
});

t.test("allow opens what it names and nothing more; deny closes public addresses", (t) => {
  const yaml = `network:
  allow:
    - { namespace: tools, podLabels: { app: mcp }, ports: [8080] }
    - { cidr: 10.1.2.0/24, ports: [443] }
    - { podLabels: { app: proxy } }
  deny: [203.0.113.7/32]`;
  const mcp = { namespace: "tools", labels: { app: "mcp" } };
  t.ok(mayConnect({ ip: "10.244.1.1", port: 8080, pod: mcp }, yaml));
  t.notOk(mayConnect({ ip: "10.244.1.1", port: 8081, pod: mcp }, yaml), "another port");
  t.notOk(mayConnect({ ip: "10.244.1.1", port: 8080, pod: { ...mcp, namespace: "other" } }, yaml), "another namespace");
  t.ok(mayConnect({ ip: "10.1.2.3", port: 443 }, yaml));
  t.notOk(mayConnect({ ip: "10.1.3.3", port: 443 }, yaml));
  const proxy = { namespace: "team-a", labels: { app: "proxy" } };
  t.ok(mayConnect({ ip: "10.244.1.2", port: 3128, pod: proxy }, yaml), "the run's own namespace");
  t.notOk(mayConnect({ ip: "10.244.1.2", port: 3128, pod: { ...proxy, namespace: "other" } }, yaml));
  t.notOk(mayConnect({ ip: "203.0.113.7", port: 443 }, yaml));
  t.ok(mayConnect({ ip: "203.0.113.8", port: 443 }, yaml));
  t.end();
});

t.test("an address range that the API server would refuse is refused in the configuration", (t) => {
  for (const cidr of ["300.1.1.1/8", "0.0.0.0/0", "10.0.0.0/33", "fe80::/129", "::::/8", "::ffff:0:0/96"]) {
    const { accepted, problems } = new ConfigurationSource({}).update(`network: {deny: ["${cidr}"]}`);
    t.equal(accepted, false, cidr);
    t.match(problems, [{ path: "network.deny[0]" }]);
  }
  t.end();
});

function begin(): Manager {
  const cluster = new ModelCluster();
  cluster.create(TaskRuns, exampleRun());
  const manager = new Manager(cluster);
  manager.restrictsNetwork = true;
  return manager;
}

t.test("the policy exists before the first Job of a namespace", async (t) => {
  const manager = begin();
  await manager.reconcile();
  const { writes } = manager.cluster;
  t.equal(writes.filter((write) => write === "create networkpolicies").length, 1);
  t.ok(writes.indexOf("create networkpolicies") < writes.indexOf("create jobs"));
  t.ok(manager.cluster.get(NetworkPolicies, "orchestrator-agents"));
});

t.test("no agent starts without the policy, whenever the manager is killed", async (t) => {
  for (const when of ["before", "after"] as const) {
    for (const at of [1, 2, 3, 4]) {
      const manager = begin();
      await manager.reconcile({ kill: { at, when } });
      const { writes } = manager.cluster;
      if (writes.includes("create jobs")) t.ok(writes.includes("create networkpolicies"), `${when} ${at}`);
      await manager.reconcile();
      t.ok(manager.cluster.get(NetworkPolicies, "orchestrator-agents"));
      t.equal(manager.cluster.jobsCreated.length, 1);
    }
  }
});

t.test("another owner's policy of that name stalls the run", async (t) => {
  const manager = begin();
  manager.cluster.create(NetworkPolicies, { metadata: { name: "orchestrator-agents", namespace: "orchestrator" } });
  await manager.reconcile();
  t.match(findCondition(manager.run.status?.conditions, "Stalled"), {
    reason: "NameConflict",
    message: /^NetworkPolicy orchestrator-agents already exists/,
  });
  t.same(manager.cluster.jobsCreated, []);
});
