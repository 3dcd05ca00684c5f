/** On a cluster with Tekton, whose resources have the same names, no printed command touches an object of Tekton. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import t from "tap";
import { stringify } from "yaml";
import { kubectl } from "#src/cluster/install.js";
import type { Cluster } from "#src/cluster/index.js";
import { packageRoot } from "#src/version.js";
import { isChange, kindsOf, printedCommands, type KubectlCommand } from "../cli/kubectl-commands.js";
import { eventually } from "../eventually.js";
import { testCluster } from "./cluster.js";
import { tektonDefinition, tektonPrecedence, tektonTaskRun } from "./tekton.js";

const name = "auth-service-task-1001";
const namespace = "orchestrator";

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
  await apply(tektonPrecedence);
  await apply(tektonDefinition);
  t.teardown(async () => {
    for (const group of ["tekton.dev", "orchestrator.io"]) {
      const object = `taskruns.${group}/${name}`;
      const release = ["--type=merge", "-p", '{"metadata":{"finalizers":null}}'];
      await kubectl(cluster, ["patch", object, "-n", namespace, ...release]);
      await kubectl(cluster, ["delete", object, "-n", namespace]);
    }
    await kubectl(cluster, ["delete", "crd/taskruns.tekton.dev", "apiservice/v1.tekton.dev"]);
  });
  const definitions = [
    "taskruns.tekton.dev",
    ...["taskruns", "coderuns", "docsruns"].map((kind) => `${kind}.orchestrator.io`),
  ];
  await kubectl(cluster, ["wait", "--for=condition=Established", ...definitions.map((crd) => `crd/${crd}`)]);
  await apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  await apply(tektonTaskRun(namespace, name));
  await apply(ours);
});

interface Outcome {
  /** Method and path of each request. */
  readonly requests: readonly string[];
  readonly output: string;
}

/** Runs a command as it is printed; one that changes something as a dry run. */
function run(command: KubectlCommand): Promise<Outcome> {
  const values: Readonly<Record<string, string>> = { $namespace: namespace, $name: name };
  const words = command.words
    .map((word) => values[word] ?? word)
    .filter((word) => !/^(-w|--watch|--timeout=.*)$/.test(word));
  const dryRun = isChange(command) ? ["--dry-run=server"] : [];
  const limits = [...(words.includes("wait") ? ["--timeout=1s"] : []), "--request-timeout=10s", "-v=6"];
  const args = ["--kubeconfig", cluster.kubeconfig, ...words, ...dryRun, ...limits];
  return new Promise((resolve) => {
    execFile(cluster.kubectl, args, { timeout: 30_000 }, (_error, stdout, stderr) => {
      const requests = [...stderr.matchAll(/verb="(\w+)" url="https:\/\/[^/]+([^"]*)"/g)];
      resolve({ requests: requests.map(([, verb, path]) => `${verb ?? ""} ${path ?? ""}`), output: stdout + stderr });
    });
  });
}

const versionOf = (resource: string): Promise<string> =>
  kubectl(cluster, ["get", `${resource}/${name}`, "-n", namespace, "-o", "jsonpath={.metadata.resourceVersion}"]);

t.test("without the group, kubectl can reach Tekton's objects by our names", async (t) => {
  for (const kind of ["tr", "taskrun", "taskruns"]) {
    const reached = await eventually("Tekton's group has precedence", async () => {
      const { requests } = await run({ file: "here", words: ["get", kind, "-n", namespace] });
      return requests.find((request) => request.includes("/apis/tekton.dev/v1/namespaces/"));
    });
    t.match(reached, "/taskruns", kind);
  }
});

t.test("every printed command that names our kinds reaches them, and nothing of Tekton's", async (t) => {
  const before = await versionOf("taskruns.tekton.dev");
  const kinds = /taskrun|coderun|docsrun|^(tr|cr|dr|otr|ocr|odr|orchestrator)$/;
  const commands = printedCommands().filter((command) => kindsOf(command).some((kind) => kinds.test(kind)));
  t.ok(commands.filter(isChange).length >= 5 && commands.length >= 15, `${commands.length} commands`);
  for (const command of commands) {
    const line = `${command.file}: kubectl ${command.words.join(" ")}`;
    const { requests, output } = await run(command);
    const objects = requests.filter((request) => /\/apis\/[^/]+\/v1\/(?!.*openapi)\w+/.test(request));
    t.same(
      objects.filter((request) => request.includes("/tekton.dev/")),
      [],
      line,
    );
    t.notMatch(output, /tekton\.dev\/auth|doesn't have a resource type|unknown (?:shorthand )?flag/, line);
    if (isChange(command))
      t.ok(
        objects.some((request) => request.includes("/orchestrator.io/")),
        `${line}\n${output}`,
      );
  }
  t.equal(await versionOf("taskruns.tekton.dev"), before, "Tekton's object is unchanged");
});
