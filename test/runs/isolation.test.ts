/** Isolation and placement of pods by namespace. */
import t from "tap";
import { ConfigurationSource } from "#src/configuration/source.js";
import { taskRunKind } from "../kinds/task-runs.js";
import { attemptJob } from "#src/runs/manifests.js";
import type { NamespaceFacts } from "#src/runs/namespace-facts.js";
import type { PodSpec } from "#src/runs/pod-spec.js";
import { taskRun } from "../admission/runs.js";
import { attemptOf } from "../kinds/attempt.js";

const facts = (labels?: Record<string, string>, name = "team-a"): NamespaceFacts => ({
  ...{ name, isOperators: false },
  ...(labels !== undefined && { labels }),
});

function podIn(namespace: NamespaceFacts | undefined, yaml: string): PodSpec {
  const source = new ConfigurationSource({});
  const { accepted, problems } = source.update(yaml);
  if (!accepted) throw new Error(JSON.stringify(problems));
  const run = { ...taskRun(), metadata: { name: "this", namespace: "team-a" } };
  const job = attemptJob(taskRunKind, run, attemptOf(taskRunKind, run), "Initial", source.current(), namespace);
  if (job.spec?.template.spec === undefined) throw new Error("no pod");
  return job.spec.template.spec;
}

const byTrust = `
isolation:
  - namespaces: {matchLabels: {trust: low}}
    runtimeClassName: gvisor
    hostUsers: false
    nodeSelector: {pool: sandbox}
    tolerations: [{key: sandbox, operator: Exists}]
  - nodeSelector: {pool: agents, zone: a}
    runtimeClassName: runc
`;

t.test("every entry that selects the namespace applies, and the first wins", (t) => {
  t.match(podIn(facts({ trust: "low" }), byTrust), {
    runtimeClassName: "gvisor",
    hostUsers: false,
    nodeSelector: { pool: "sandbox", zone: "a" },
    tolerations: [{ key: "sandbox", operator: "Exists" }],
  });
  const trusted = podIn(facts({ trust: "high" }), byTrust);
  t.match(trusted, { runtimeClassName: "runc", nodeSelector: { pool: "agents", zone: "a" } });
  for (const field of ["hostUsers", "tolerations"]) t.notOk(field in trusted, field);
  t.end();
});

t.test("while the labels of the namespace are not known, entries that select by labels apply", (t) => {
  for (const namespace of [facts(), undefined])
    t.match(podIn(namespace, byTrust), { runtimeClassName: "gvisor", hostUsers: false });
  const ofOthers = byTrust.replace("matchLabels: {trust: low}", "names: [team-b], matchLabels: {trust: low}");
  t.match(podIn(facts(), ofOthers), { runtimeClassName: "runc" }, "a name is always known");
  t.end();
});

t.test("isolation adds to the configuration of all pods, and wins over it", (t) => {
  const all = `
agent:
  nodeSelector: {pool: any, disk: ssd}
  tolerations: [{key: agents, operator: Exists}]
podTemplate: {spec: {runtimeClassName: mine, hostUsers: true}}
`;
  t.match(podIn(facts({ trust: "low" }), all + byTrust), {
    runtimeClassName: "gvisor",
    hostUsers: false,
    nodeSelector: { pool: "sandbox", disk: "ssd", zone: "a" },
    tolerations: [
      { key: "agents", operator: "Exists" },
      { key: "sandbox", operator: "Exists" },
    ],
  });
  t.match(podIn(facts({}, "team-b"), `${all}isolation: [{namespaces: [team-a], runtimeClassName: gvisor}]`), {
    runtimeClassName: "mine",
    hostUsers: true,
    nodeSelector: { pool: "any", disk: "ssd" },
  });
  t.end();
});

t.test("without entries pods have no field of isolation", (t) => {
  const pod = podIn(facts({}), "");
  for (const field of ["runtimeClassName", "hostUsers", "nodeSelector", "tolerations"]) t.notOk(field in pod, field);
  t.end();
});
