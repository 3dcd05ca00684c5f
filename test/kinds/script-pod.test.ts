/** The pod of a TaskRun with the start script: what is mounted where, and for whom. pod.test.ts has what all pods of TaskRuns have. */
import t from "tap";
import { exampleRun } from "../runs/model-cluster.js";
import { podOf } from "./attempt.js";
import { taskRunKind } from "./task-runs.js";
import type { TaskRun } from "#src/api/taskrun.js";
import { defaultAgent } from "#src/api/taskrun.js";
import { defaultConfiguration } from "#src/configuration/defaults.js";
import { parseConfiguration } from "#src/configuration/parse.js";
import type { PodSpec } from "#src/runs/pod-spec.js";

function madePod(spec: Partial<TaskRun["spec"]> = {}, yaml = ""): PodSpec {
  const { configuration } = parseConfiguration(yaml);
  if (configuration === undefined) throw new Error("not a configuration");
  const run = exampleRun(spec);
  const metadata = { ...run.metadata, name: "auth-service-task-1001", uid: "uid-1", resourceVersion: "1" };
  return podOf(taskRunKind, { ...run, metadata }, configuration);
}

const containersOf = ({ initContainers = [], containers }: PodSpec): PodSpec["containers"] => [
  ...initContainers,
  ...containers,
];
const namesOf = (pod: PodSpec): string[] => containersOf(pod).map(({ name }) => name);
const mountsOf = (pod: PodSpec, name: string): string[] =>
  containersOf(pod)
    .find((each) => each.name === name)
    ?.volumeMounts?.map(({ mountPath }) => mountPath) ?? [];

const url = "https://github.com/5dlabs/x";

t.test("what is delivered is delivered by a container of its own; without that, one container does everything", (t) => {
  const delivered = ["gateway", "prepare-workspace", "claude-agent", "deliver"];
  t.same(namesOf(madePod({ repository: { url, githubUser: "pm" } })), delivered);
  t.same(namesOf(madePod({ repository: { url } }, "secrets: {githubTokenSecretName: token}")), delivered);
  const alone = ["gateway", "prepare-workspace", "claude-agent"];
  t.same(namesOf(madePod()), alone);
  t.same(namesOf(madePod({ repository: { url } })), alone, "there are no credentials");
  t.same(namesOf(madePod({ repository: { url, githubUser: "pm" } }, "git: {delivery: agent}")), alone);
  t.end();
});

t.test("no key of a repository is mounted in the agent's container, however it is named", (t) => {
  const secretOf = (repository: NonNullable<TaskRun["spec"]["repository"]>, volume: string): unknown => {
    const pod = madePod({ repository });
    const secrets = (pod.volumes ?? []).flatMap(({ name, secret }) => (secret === undefined ? [] : [name]));
    const agent = containersOf(pod).find(({ name }) => name === "claude-agent");
    t.same(
      agent?.volumeMounts?.filter(({ name }) => secrets.includes(name)),
      [],
      repository.url,
    );
    return pod.volumes?.find(({ name }) => name === volume)?.secret;
  };
  t.match(secretOf({ url, githubUser: "Pm_Bot" }, "github-pat"), { secretName: "github-pat-pm-bot" });
  t.match(secretOf({ url: "git@github.com:5dlabs/x.git", githubUser: "pm" }, "github-ssh"), {
    secretName: "github-ssh-pm",
  });
  const auth = (type: "Token" | "SshKey" | "BasicAuth", secretKey?: string) => ({
    auth: { type, secretName: "own", ...(secretKey !== undefined && { secretKey }) },
  });
  t.match(secretOf({ url, ...auth("Token", "pat") }, "repository"), {
    secretName: "own",
    items: [{ key: "pat", path: "pat" }],
  });
  t.match(secretOf({ url, ...auth("BasicAuth") }, "repository"), { secretName: "own", items: undefined });
  t.match(secretOf({ url: "ssh://git@git.example/x", ...auth("SshKey") }, "github-ssh"), {
    secretName: "own",
    items: undefined,
  });
  t.match(secretOf({ url: "ssh://git@git.example/x", ...auth("SshKey", "id") }, "github-ssh"), {
    ...{ secretName: "own", items: [{ key: "id", path: "ssh-privatekey" }] },
  });
  t.end();
});

t.test("Secrets of the agent's variables are mounted for the search of its commits, and for no one else", (t) => {
  const envFromSecrets = [
    { name: "DATABASE_URL", secretName: "db", secretKey: "url" },
    { name: "DATABASE_PASSWORD", secretName: "db", secretKey: "password" },
  ];
  const yaml = "agent: {env: [{name: KEY, valueFrom: {secretKeyRef: {name: team, key: key}}}]}";
  const pod = madePod({ envFromSecrets, repository: { url, githubUser: "pm" } }, yaml);
  const searched = (pod.volumes ?? []).filter(({ name }) => name.startsWith("gateway-variables"));
  t.match(
    searched.map(({ secret }) => secret),
    [
      { secretName: "team", optional: true, items: [{ key: "key", path: "0" }] },
      { secretName: "db", optional: true, items: [{ key: "url" }, { key: "password" }] },
    ],
  );
  t.match(
    mountsOf(pod, "gateway").filter((path) => path.startsWith("/gateway/variables")),
    ["/gateway/variables/0", "/gateway/variables/1"],
  );
  for (const name of ["prepare-workspace", "claude-agent", "deliver"])
    t.same(
      mountsOf(pod, name).filter((path) => path.includes("variables")),
      [],
      name,
    );
  t.notMatch(JSON.stringify(madePod({ envFromSecrets }).volumes), "gateway-variables", "nothing is pushed");
  t.end();
});

t.test("the agent program is that of the agent's profile, and its variables are the run's", (t) => {
  const pod = madePod({ agentName: "rex" }, "agents: {rex: {cli: codex, model: gpt-5.5}}");
  const agent = pod.containers[0];
  t.match(agent?.command, ["/bin/bash", "/task-files/container.sh"]);
  const values = Object.fromEntries((agent?.env ?? []).map(({ name, value }) => [name, value]));
  t.match(values, { AGENT_NAME: "rex", TASK_ID: "1001", SERVICE_NAME: "auth-service", OPENAI_API_KEY: /gateway/ });
  t.equal(defaultConfiguration.agent.name, defaultAgent, "names of objects depend on the default agent");
  t.end();
});

t.test("every volume of a pod has a name that agent.volumes may not use", (t) => {
  const hosts = "git: {hosts: [{host: github.com, caConfigMapName: ca}]}";
  const command = "agent: {command: [my-agent]}";
  const [token, ssh] = [url, "git@github.com:5dlabs/x.git"].map((each) => ({ url: each, githubUser: "pm" }));
  if (token === undefined || ssh === undefined) throw new Error("two repositories");
  const own = { ...token, auth: { type: "Token" as const, secretName: "own" } };
  const made = [token, ssh, own].flatMap((repository) => [
    madePod({ repository }, hosts),
    madePod({ repository }, `${hosts}\n${command}`),
  ]);
  const names = new Set([madePod(), ...made].flatMap(({ volumes = [] }) => volumes.map(({ name }) => name)));
  t.ok(names.size > 10, [...names].join(" "));
  for (const name of names) {
    const { problems } = parseConfiguration(`agent: {volumes: [{name: ${name}, emptyDir: {}}]}`);
    t.match(
      problems.map(({ message }) => message),
      [/those are the pod's own/],
      name,
    );
  }
  t.same(parseConfiguration("agent: {volumes: [{name: cache, emptyDir: {}}]}").problems, []);
  t.end();
});
