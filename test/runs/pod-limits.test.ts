/** No container and no emptyDir of an attempt's pod is without a limit, whatever runs and the configuration say. */
import t from "tap";
import type { AnyRun } from "#src/admission/index.js";
import type { TaskRun } from "#src/api/taskrun.js";
import { quantity } from "#src/api/quantity.js";
import { ConfigurationSource } from "#src/configuration/source.js";
import { docsRunKind } from "#src/kinds/docsrun/docsrun.js";
import { taskRunKind } from "../kinds/task-runs.js";
import { attemptJob } from "#src/runs/manifests.js";
import type { PodSpec } from "#src/runs/pod-spec.js";
import type { AgentRun, RunKind } from "#src/runs/run.js";
import fc from "../property.js";
import { specs, type Specs } from "../admission/arbitrary.js";
import { codeRun, docsRun, taskRun } from "../admission/runs.js";
import { attemptOf } from "../kinds/attempt.js";
import { codeKind } from "./world.js";

type Container = PodSpec["containers"][number];

function podOf<R extends AgentRun>(kind: RunKind<R>, run: R, yaml = ""): PodSpec {
  const source = new ConfigurationSource({});
  const { accepted, problems: faults } = source.update(yaml);
  if (!accepted) throw new Error(JSON.stringify(faults));
  const pod = attemptJob(kind, run, attemptOf(kind, run), "Initial", source.current()).spec?.template.spec;
  if (pod === undefined) throw new Error("no pod");
  return pod;
}

const containersOf = ({ initContainers = [], containers }: PodSpec): Container[] => [...initContainers, ...containers];

function resourcesOf(pod: PodSpec, name: string): Container["resources"] {
  return containersOf(pod).find((container) => container.name === name)?.resources;
}

function sizeOf({ volumes = [] }: PodSpec, name: string): string | undefined {
  return volumes.find((volume) => volume.name === name)?.emptyDir?.sizeLimit;
}

const docker = "agent: {allowDocker: true}";
const withDocker = codeRun({ enableDocker: true });

/** What is wrong with the limits of a pod, in words. Limits that the run sets itself may be below its requests: admission says so. */
function problems(pod: PodSpec, ownLimits: Readonly<Record<string, unknown>>): string[] {
  const ofContainers = containersOf(pod).flatMap(({ name, resources }) =>
    ["memory", "ephemeral-storage"].flatMap((resource) => {
      const limit = quantity(resources?.limits?.[resource]);
      const request = quantity(resources?.requests?.[resource]);
      if (limit === undefined) return [`${name} has no limit of ${resource}`];
      if (name === "claude-agent" && Object.hasOwn(ownLimits, resource)) return [];
      return request !== undefined && request <= limit ? [] : [`${name} requests its limit of ${resource}, or more`];
    }),
  );
  const unsized = (pod.volumes ?? []).filter(
    ({ emptyDir }) => emptyDir !== undefined && emptyDir.sizeLimit === undefined,
  );
  return [...ofContainers, ...unsized.map(({ name }) => `${name} has no sizeLimit`)];
}

const docsKind = docsRunKind({
  current: () => ({ code: () => ({ "container.sh": "" }), docs: () => ({ "container.sh": "" }) }),
});

function everyPodIsLimited<R extends AnyRun & AgentRun>(kind: RunKind<R>, run: R, { valid }: Specs): void {
  fc.assert(
    fc.property(valid, (random) => {
      // requirements would be random bytes
      const { taskRequirements: _requirements, ...spec } = random as { readonly taskRequirements?: string };
      const { resources = {} } = spec as Pick<TaskRun["spec"], "resources">;
      t.same(problems(podOf(kind, { ...run, spec }, docker), resources.limits ?? {}), []);
    }),
    { numRuns: 50 },
  );
}

t.test("every container has limits and every emptyDir a size, for all that runs may say", (t) => {
  everyPodIsLimited(taskRunKind, taskRun(), specs.TaskRun);
  everyPodIsLimited(codeKind, codeRun(), specs.CodeRun);
  everyPodIsLimited(docsKind, docsRun(), specs.DocsRun);
  t.same(
    containersOf(podOf(codeKind, withDocker, docker)).map(({ name }) => name),
    ["gateway", "prepare-workspace", "docker", "claude-agent", "deliver"],
    "the Docker daemon is among them",
  );
  t.end();
});

t.test("the sizes are those of agent.scratch, and of the administrator where one is set", (t) => {
  const yaml = `
agent:
  allowDocker: true
  scratch: {tmp: 1Gi, home: 2Gi, docker: 3Gi, other: 4Gi}
  volumes: [{name: cache, emptyDir: {medium: Memory}}, {name: small, emptyDir: {sizeLimit: 1Mi}}]
podTemplate: {spec: {volumes: [{name: bare}, {name: map, configMap: {name: m}}]}}
`;
  const pod = podOf(codeKind, withDocker, yaml);
  const sizes = { tmp: "1Gi", home: "2Gi", docker: "3Gi", cache: "4Gi", small: "1Mi", bare: "4Gi", map: undefined };
  for (const [name, size] of Object.entries(sizes)) t.equal(sizeOf(pod, name), size, name);
  t.match(pod.volumes?.find(({ name }) => name === "cache")?.emptyDir, { medium: "Memory" });
  t.notOk("emptyDir" in (pod.volumes?.find(({ name }) => name === "map") ?? {}), "other volumes stay as they are");
  t.end();
});

t.test("a limit does not change what a container requests", (t) => {
  const pod = podOf(taskRunKind, taskRun({ resources: { limits: { cpu: 3 } } }));
  t.same(resourcesOf(pod, "claude-agent"), {
    requests: { memory: "0", "ephemeral-storage": "0" },
    limits: { cpu: "3", memory: "8Gi", "ephemeral-storage": "20Gi" },
  });
  const greedy = podOf(
    taskRunKind,
    taskRun({ resources: { requests: { memory: "16Gi", "ephemeral-storage": "1Gi" } } }),
  );
  t.same(resourcesOf(greedy, "claude-agent"), {
    requests: { memory: "16Gi", "ephemeral-storage": "1Gi" },
    limits: { memory: "16Gi", "ephemeral-storage": "20Gi" },
  });
  t.end();
});

t.test("limits that a run or the configuration sets stay", (t) => {
  const limits = { memory: "1Gi", "ephemeral-storage": "2Gi" };
  t.same(resourcesOf(podOf(taskRunKind, taskRun({ resources: { limits } })), "claude-agent"), { limits });
  const pod = podOf(taskRunKind, taskRun(), "podTemplate: {spec: {containers: [{name: proxy, image: p}]}}");
  t.match(resourcesOf(pod, "prepare-workspace")?.limits, { memory: "64Mi", "ephemeral-storage": "10Gi" });
  t.same(resourcesOf(pod, "proxy")?.limits, { memory: "8Gi", "ephemeral-storage": "10Gi" }, "a side-car gets limits");
  t.end();
});

t.test("a run cannot turn limits off with 0", (t) => {
  const pod = podOf(taskRunKind, taskRun({ resources: { limits: { memory: 0, "ephemeral-storage": "0" } } }));
  t.same(resourcesOf(pod, "claude-agent")?.limits, { memory: "8Gi", "ephemeral-storage": "20Gi" });
  t.end();
});

t.test("the pod may use as much storage as its emptyDirs have", (t) => {
  const pod = podOf(
    codeKind,
    withDocker,
    "{agent: {allowDocker: true, scratch: {tmp: 25Gi, docker: 1500M}}, git: {maxMegabytes: 1008}}",
  );
  t.equal(resourcesOf(pod, "claude-agent")?.limits?.["ephemeral-storage"], "36Gi", "tmp, home and handover");
  t.equal(resourcesOf(pod, "docker")?.limits?.["ephemeral-storage"], "10Gi", "at least containerLimits");
  const odd = podOf(taskRunKind, taskRun(), "agent: {scratch: {tmp: 25000000001}}");
  t.equal(resourcesOf(odd, "claude-agent")?.limits?.["ephemeral-storage"], "35737418241");
  t.end();
});

t.test("0 means no limit, and one emptyDir without a limit leaves the pod without a storage limit", (t) => {
  const unlimited = podOf(
    taskRunKind,
    taskRun({ resources: {} }),
    "containerLimits: {memory: 0, ephemeral-storage: 0}",
  );
  t.same(resourcesOf(unlimited, "claude-agent"), {});
  const cache = podOf(taskRunKind, taskRun(), 'agent: {volumes: [{name: cache, emptyDir: {sizeLimit: "0"}}]}');
  t.equal(resourcesOf(cache, "claude-agent")?.limits?.["ephemeral-storage"], undefined);
  const pod = podOf(codeKind, withDocker, 'agent: {allowDocker: true, scratch: {docker: "0"}}');
  t.equal(sizeOf(pod, "docker"), undefined);
  t.equal(sizeOf(pod, "tmp"), "10Gi");
  // the kubelet adds up the limits that there are, and would evict the pod for what docker stores
  for (const { name, resources } of containersOf(pod)) {
    t.equal(resources?.limits?.["ephemeral-storage"], undefined, name);
    t.ok(resources?.limits?.memory, name);
  }
  t.end();
});

t.test(
  "what an administrator wrote instead of lists of containers or volumes stays, for the API server to refuse",
  (t) => {
    const pod = podOf(
      taskRunKind,
      taskRun(),
      "podTemplate: {spec: {containers: text, volumes: [1], initContainers: 7}}",
    );
    t.match(pod, { containers: "text", initContainers: 7 });
    t.same(pod.volumes?.at(-1), 1);
    t.end();
  },
);
