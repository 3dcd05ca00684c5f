/** Pods that do not start, on a real node: what is reported, and the outcome. All start at once, since each takes a while. */
import t, { type Test } from "tap";
import { stringify } from "yaml";
import type { CodeRun } from "#src/api/coderun.js";
import type { TaskRun } from "#src/api/taskrun.js";
import { Secrets } from "#src/runtime/client/builtin.js";
import { demoAgent, realCluster, taskRun, whyNot, type RealCluster } from "./real-cluster.js";

const skip = whyNot ?? false;
let real: RealCluster;

/** Runs by start problem, each in a separate namespace. */
const startProblems = {
  repositorySecret: { repository: { url: "https://example.com/app.git", githubUser: "ann" } },
  image: { image: "localhost/no/such:image" },
  quota: {},
  apiKey: { retry: { maxRetries: 1, initialBackoffSeconds: 1 } },
} satisfies Record<string, Partial<TaskRun["spec"]>>;
const begun = new Map<string, TaskRun>();

function runOf(problem: keyof typeof startProblems): TaskRun & { metadata: { namespace: string } } {
  const run = begun.get(problem);
  return { spec: taskRun("").spec, ...run, metadata: { namespace: "", ...run?.metadata } };
}

/** CodeRuns with variables from Secrets, by what is missing. */
const wanting = {
  'secret "database" not found': { taskRequirements: btoa("secrets: [{ name: database }]") },
  "couldn't find key password in Secret": {
    envFromSecrets: [{ name: "PASSWORD", secretName: "orchestrator-secrets", secretKey: "password" }],
  },
} satisfies Record<string, Partial<CodeRun["spec"]>>;
const codeRuns = new Map<string, CodeRun>();

async function applyCodeRun(t: Test, missing: string, spec: Partial<CodeRun["spec"]>): Promise<void> {
  const namespace = await real.restrictedNamespace(t);
  await real.client.create(Secrets, { metadata: { namespace, name: "github-pat-ann" }, stringData: { token: "x" } });
  const url = "https://example.com/app.git";
  const run: CodeRun = {
    apiVersion: "orchestrator.io/v1",
    kind: "CodeRun",
    metadata: { namespace, name: "task-1" },
    spec: { taskId: 1, service: "app", repositoryUrl: url, docsRepositoryUrl: url, githubUser: "ann", ...spec },
  };
  codeRuns.set(missing, run);
  await real.apply(run);
}

const noPods = { apiVersion: "v1", kind: "ResourceQuota", metadata: { name: "none" }, spec: { hard: { pods: "0" } } };

if (skip === false) {
  t.before(async () => {
    real = await realCluster(t);
    // short enough for a test to wait, and longer than any normal start takes
    await real.configure({ agent: demoAgent, stuckPodSeconds: 16 });
    for (const [problem, spec] of Object.entries(startProblems)) {
      const namespace = await real.restrictedNamespace(t, { secret: problem !== "apiKey" });
      if (problem === "quota") await real.kubectl(["apply", "-n", namespace, "-f", "-"], stringify(noPods));
      const run = taskRun(namespace, spec);
      begun.set(problem, run);
      await real.apply(run);
    }
    for (const [missing, spec] of Object.entries(wanting)) await applyCodeRun(t, missing, spec);
  });
}

t.test("a missing API key is named, and once it exists the attempt or its retry continues", { skip }, async (t) => {
  const run = runOf("apiKey");
  const reported = await real.when(t, run, "reports it", ({ status }) =>
    (status?.message ?? "").includes("cannot start"),
  );
  t.match(
    reported.status?.message,
    /container claude-agent of pod \S+ cannot start: secret "orchestrator-secrets" not found/,
  );
  await real.createSecret(run.metadata.namespace);
  const ended = await real.phase(t, run, "Succeeded");
  t.ok((ended.status?.attempts ?? 0) <= 2);
});

t.test("a missing Secret of the repository is named and ends the run", { skip }, async (t) => {
  const run = runOf("repositorySecret");
  const failed = await real.phase(t, run, "Failed");
  t.match(failed.status?.runs?.[0], { outcome: "Failed", reason: "SecretMissing" });
  t.match(failed.status?.message, /secret "github-pat-ann" not found/);
  t.same(await real.livePods(run.metadata.namespace), []);
  const described = await real.kubectl(["describe", "otr", "-n", run.metadata.namespace, "task-1"]);
  t.match(described, /Warning\s+RunFailed.*github-pat-ann/, "kubectl describe alone tells it");
});

for (const missing of Object.keys(wanting))
  t.test(
    `a variable of a CodeRun whose Secret is missing is reported and ends the run: ${missing}`,
    { skip },
    async (t) => {
      const run = codeRuns.get(missing);
      if (run === undefined) throw new Error("no such run");
      const failed = await real.phase(t, run, "Failed");
      t.match(failed.status?.runs?.[0], { outcome: "Failed", reason: "SecretMissing" });
      t.match(failed.status?.message, missing);
      const described = await real.kubectl(["describe", "ocr", "-n", run.metadata?.namespace ?? "", "task-1"]);
      t.match(described, `cannot start: ${missing}`);
    },
  );

t.test("an image that cannot be pulled ends the run and is named", { skip }, async (t) => {
  const failed = await real.phase(t, runOf("image"), "Failed");
  t.match(failed.status?.runs?.[0], { outcome: "Failed", reason: "ImagePullBackOff" });
  t.match(failed.status?.message, /image localhost\/no\/such:image cannot be pulled/);
});

t.test(
  "an exhausted quota is reported in the words of the API server, and the run continues once it is raised",
  { skip },
  async (t) => {
    const run = runOf("quota");
    const reported = await real.when(t, run, "reports it", ({ status }) => (status?.message ?? "").includes("no pod"));
    t.match(reported.status?.message, /exceeded quota: none/);
    await real.kubectl(["delete", "-n", run.metadata.namespace, "resourcequota/none"]);
    await real.phase(t, run, "Succeeded");
  },
);
