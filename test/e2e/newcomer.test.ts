/**
 * A newcomer follows README and guides: every command as printed, on a local cluster where Tekton's TaskRuns are, too, and
 * the outputs compared with those in the documents.
 */
import { dirname } from "node:path";
import t from "tap";
import { stringify } from "yaml";
import { missingPackages } from "#src/cluster/node/packages.js";
import { whyNoRealNode } from "#src/cluster/node/real.js";
import { resolveBinaries } from "#src/cluster/binaries/resolve.js";
import { executedDocuments } from "../cli/executed-documents.js";
import { tektonDefinition, tektonTaskRun } from "../integration/tekton.js";
import { Newcomer } from "./newcomer.js";

const skip =
  (await whyNoRealNode()) ??
  (missingPackages().length > 0 ? `not installed: ${missingPackages().join(", ")}` : undefined) ??
  false;

const documents = executedDocuments["test/e2e/newcomer.test.ts"];

/** The runs of docs/guide/troubleshooting.md, with the problems that it shows. */
async function createTroubles(
  apply: (object: object) => Promise<string>,
  kubectl: (command: string) => Promise<string>,
): Promise<void> {
  const namespace = "team-a";
  const run = (name: string, taskId: number, serviceName: string, spec: object): Promise<string> =>
    apply({
      apiVersion: "orchestrator.io/v1",
      kind: "TaskRun",
      metadata: { namespace, name },
      spec: { taskId, serviceName, markdownFiles: [{ filename: "task.md", content: "# Task\n" }], ...spec },
    });
  const reached = (name: string, reason: string): Promise<string> =>
    kubectl(`wait -n ${namespace} --for=jsonpath='{.status.reason}'=${reason} otr/${name} --timeout=30s`);
  await apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  const secret = { metadata: { namespace, name: "orchestrator-secrets" }, stringData: { ANTHROPIC_API_KEY: "none" } };
  await apply({ apiVersion: "v1", kind: "Secret", ...secret });
  await run("broken", 4, "invoices", { env: [{ name: "DEMO_EXIT", value: "3" }], retry: { maxRetries: 0 } });
  await run("long", 1, "billing", { env: [{ name: "DEMO_SECONDS", value: "600" }] });
  await run("no-image", 3, "search", { image: "registry.invalid/agent:1" });
  await reached("long", "Running");
  await run("next", 2, "billing", {});
  await reached("next", "WaitingForSlot");
  await reached("no-image", "ImagePullBackOff");
  await reached("broken", "AgentFailed");
}

/** What docs/guide/gitops.md tells of: a run that history removed is synced again, and another is restored from a backup. */
async function createSynced(
  apply: (object: object) => Promise<string>,
  kubectl: (command: string) => Promise<string>,
): Promise<void> {
  const runs = "-f config/samples/gitops/runs.yaml";
  const configuration = "configmap/taskrun-controller-config -n orchestrator";
  await kubectl(`apply ${runs}`);
  await kubectl(`wait ${runs} --for=condition=Ended --timeout=60s`);
  const before = JSON.parse(await kubectl(`get ${configuration} -o json`)) as { data: Record<string, string> };
  const withHistory = `${before.data["config.yaml"] ?? ""}\nhistory: { keepSeconds: 0 }\n`;
  const metadata = { name: "taskrun-controller-config", namespace: "orchestrator" };
  await apply({ apiVersion: "v1", kind: "ConfigMap", metadata, data: { ...before.data, "config.yaml": withHistory } });
  await kubectl(`wait ${runs} --for=delete --timeout=60s`);
  await apply({ apiVersion: "v1", kind: "ConfigMap", metadata, data: before.data });
  await kubectl(`apply ${runs}`);
  await kubectl(`wait ${runs} --for=jsonpath='{.status.reason}'=AlreadyDone --timeout=30s`);
  const name = "auth-service-task-2002";
  await kubectl(`delete taskruns.orchestrator.io/${name} -n orchestrator`);
  await apply({
    apiVersion: "orchestrator.io/v1",
    kind: "TaskRun",
    metadata: { namespace: "orchestrator", name, labels: { "velero.io/restore-name": "nightly" } },
    spec: { taskId: 2002, serviceName: "auth-service", markdownFiles: [{ filename: "task.md", content: "# Task\n" }] },
  });
}

t.test(
  "README and guides work as printed, and Tekton's objects do not change",
  { skip, timeout: 900_000 },
  async (t) => {
    const { programs } = await resolveBinaries(["kubectl"], { progress: (line) => t.comment(line) });
    const newcomer = new Newcomer(t, { programs: [dirname(programs.kubectl ?? "")], documents });
    t.teardown(() => newcomer.run("npx orchestrator cluster down --all"));
    const [first, ...readme] = newcomer.stepsOf("README.md");
    const last = readme.pop();
    if (first === undefined || last === undefined) throw new Error("README.md has no steps");

    await newcomer.follow(t, "README.md", [first]); // cluster up
    const up = Date.now();
    const firstRun = readme.findIndex((step) => "run" in step && step.run.includes("kubectl wait")) + 1;
    await newcomer.follow(t, "README.md", readme.slice(0, firstRun));
    const seconds = (Date.now() - up) / 1_000;
    t.comment(`the first TaskRun was Succeeded ${seconds.toFixed(1)} s after cluster up`);
    t.ok(seconds < 60, `${seconds.toFixed(1)} s until the first TaskRun was Succeeded`);

    const kubectl = async (command: string): Promise<string> => {
      const { code, output } = await newcomer.run(`kubectl ${command}`);
      if (code !== 0) throw new Error(output);
      return output;
    };
    const apply = (object: object): Promise<string> => kubectl(`apply -f - <<'END'\n${stringify(object)}END`);
    await apply(tektonDefinition);
    await kubectl("wait --for=condition=Established crd/taskruns.tekton.dev");
    const theirs = "get taskruns.tekton.dev --all-namespaces -o jsonpath='{.items[*].metadata.resourceVersion}'";
    for (const name of ["auth-service-task-1", "auth-service-task-1001"])
      await apply(tektonTaskRun("orchestrator", name));
    const before = await kubectl(theirs);

    await newcomer.follow(t, "README.md", readme.slice(firstRun));
    // README.md configured a real agent, whose image cannot be pulled here; the guide to the local cluster says how to go back
    for (const guide of documents.slice(1, -2)) await newcomer.follow(t, guide);
    await createSynced(apply, kubectl);
    await newcomer.follow(t, "docs/guide/gitops.md");
    await createTroubles(apply, kubectl);
    await newcomer.follow(t, "docs/guide/troubleshooting.md");

    t.equal(await kubectl(theirs), before, "Tekton's objects are unchanged");
    await newcomer.follow(t, "README.md", [last]); // cluster down
    t.same(newcomer.remaining, [], "nothing in its documents is left out");
  },
);
