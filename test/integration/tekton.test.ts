/** On a cluster with Tekton, whose resources have the same names, no printed command touches an object of Tekton. */
import { join } from "node:path";
import t from "tap";
import { stringify } from "yaml";
import { kubectl, waitEstablished } from "#src/cluster/install.js";
import type { Cluster } from "#src/cluster/index.js";
import { packageRoot } from "#src/version.js";
import { isChange } from "../cli/kubectl-commands.js";
import { testCluster } from "./cluster.js";
import { printedCommandsOfRuns, runPrinted, tektonDefinition, tektonTaskRun } from "./tekton.js";

const name = "auth-service-task-1001";
const namespace = "orchestrator";
const run = { namespace, name };

const ours = {
  apiVersion: "orchestrator.io/v1",
  kind: "TaskRun",
  metadata: { name, namespace, finalizers: ["orchestrator.io/cleanup"] },
  spec: { taskId: 1001, serviceName: "auth-service", markdownFiles: [{ filename: "task.md", content: "# Task\n" }] },
};

let cluster: Cluster;
t.before(async () => {
  cluster = await testCluster(t);
  const apply = (object: object): Promise<string> => kubectl(cluster, ["apply", "-f", "-"], stringify(object));
  await kubectl(cluster, ["apply", "--server-side", "--force-conflicts", "-f", join(packageRoot, "crds")]);
  await apply(tektonDefinition);
  t.teardown(async () => {
    for (const group of ["tekton.dev", "orchestrator.io"]) {
      const object = `taskruns.${group}/${name}`;
      const release = ["--type=merge", "-p", '{"metadata":{"finalizers":null}}'];
      await kubectl(cluster, ["patch", object, "-n", namespace, ...release]);
      await kubectl(cluster, ["delete", object, "-n", namespace]);
    }
    await kubectl(cluster, ["delete", "crd/taskruns.tekton.dev"]);
  });
  const definitions = [
    "taskruns.tekton.dev",
    ...["taskruns", "coderuns", "docsruns"].map((kind) => `${kind}.orchestrator.io`),
  ];
  await waitEstablished(
    cluster,
    definitions.map((crd) => `crd/${crd}`),
  );
  await apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  await apply(tektonTaskRun(namespace, name));
  await apply(ours);
});

const versionOf = (resource: string): Promise<string> =>
  kubectl(cluster, ["get", `${resource}/${name}`, "-n", namespace, "-o", "jsonpath={.metadata.resourceVersion}"]);

t.test("a name that only Tekton has reaches Tekton, so the stub is seen", async (t) => {
  const { requests } = await runPrinted(cluster, { file: "here", words: ["get", "tr", "-n", namespace] }, run);
  t.match(requests.join(), "/apis/tekton.dev/v1/namespaces/orchestrator/taskruns");
});

t.test("every printed command that names our kinds reaches them, and none of Tekton's", async (t) => {
  const before = await versionOf("taskruns.tekton.dev");
  const commands = printedCommandsOfRuns();
  t.ok(commands.filter(isChange).length >= 5 && commands.length >= 15, `${commands.length} commands`);
  for (const command of commands) {
    const line = `${command.file}: kubectl ${command.words.join(" ")}`;
    const { requests, output } = await runPrinted(cluster, command, run);
    t.notMatch(requests.join(), "/tekton.dev/", line);
    t.notMatch(output, /tekton\.dev\/auth|doesn't have a resource type|unknown (?:shorthand )?flag/, line);
    if (isChange(command)) t.match(requests.join(), "/orchestrator.io/", `${line}\n${output}`);
  }
  t.equal(await versionOf("taskruns.tekton.dev"), before, "Tekton's object is unchanged");
});
