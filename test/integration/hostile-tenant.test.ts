/**
 * A hostile tenant: a user who may only manage runs in one namespace tries to get out, on a real API server. Each way is
 * closed, with a reason, while the run of another tenant goes on. docs/security.md lists what has to hold.
 */
import { randomBytes } from "node:crypto";
import t from "tap";
import { stringify } from "yaml";
import { CodeRuns, type CodeRun } from "#src/api/coderun.js";
import { TaskRuns, type TaskRun } from "#src/api/taskrun.js";
import type { Cluster } from "#src/cluster/index.js";
import { kubectl } from "#src/cluster/install.js";
import { configurationKey, operatorNames } from "#src/configuration/names.js";
import { ConfigMaps, Jobs, PersistentVolumeClaims, Secrets, ServiceAccounts } from "#src/runtime/client/builtin.js";
import { ApiError } from "#src/runtime/client/errors.js";
import { HttpClient } from "#src/runtime/client/http.js";
import { kubeconfigAccess } from "#src/runtime/client/kubeconfig.js";
import { eventually } from "../eventually.js";
import { adminClient, testCluster, testNamespace } from "./cluster.js";
import { startOperator } from "./operator.js";

const operatorNamespace = "orchestrator";
const user = `mallory-${randomBytes(3).toString("hex")}`;

let cluster: Cluster;
let admin: HttpClient;
/** What the hostile user may do. */
let mallory: HttpClient;
let namespace: string;
/** The other tenant's. */
let victim: string;

const files = [{ filename: "task.md", content: "# Task\n" }];

t.before(async () => {
  cluster = await testCluster(t);
  admin = await adminClient(t, cluster);
  namespace = await testNamespace(t, admin);
  victim = await testNamespace(t, admin);
  await startOperator(t, cluster);
  const configuration = {
    policy: [
      {
        namespaces: [namespace],
        ...{ images: ["ghcr.io/acme/*"], secrets: [`github-*-${user}`, "team-*"], priorities: ["low", "medium"] },
        ...{ maxResources: { cpu: 4, memory: "8Gi" }, maxActiveDeadlineSeconds: 7200, maxRetries: 3 },
        maxTtlSecondsAfterFinished: 604800,
      },
    ],
  };
  await admin.apply(
    ConfigMaps,
    {
      metadata: { namespace: operatorNamespace, name: operatorNames.configuration },
      data: { [configurationKey]: stringify(configuration) },
    },
    { force: true },
  );
  t.teardown(() =>
    admin
      .delete(ConfigMaps, { namespace: operatorNamespace, name: operatorNames.configuration })
      .catch(() => undefined),
  );
  await prepareTenants();
  const access = await kubeconfigAccess({ file: cluster.kubeconfig });
  mallory = new HttpClient({ access, fieldManager: "test", impersonate: { user } });
  t.teardown(() => mallory.close());
  await eventually("the policy is in force", () =>
    mallory.create(TaskRuns, task({ image: "evil/image" }), { dryRun: true }).then(
      () => false,
      (error: unknown) => error instanceof ApiError && error.message.includes("policy"),
    ),
  );
});

/** Rights on runs in one namespace, things there that the user has no access to, and the other tenant's run. */
async function prepareTenants(): Promise<void> {
  const verbs = "create,get,list,watch,update,patch,delete";
  const resources = "taskruns.orchestrator.io,coderuns.orchestrator.io,docsruns.orchestrator.io";
  const own = ["-n", namespace];
  await kubectl(cluster, ["create", "role", "runs", `--verb=${verbs}`, `--resource=${resources}`, ...own]);
  await kubectl(cluster, ["create", "rolebinding", "runs", "--role=runs", `--user=${user}`, ...own]);
  const secret = { type: "Opaque", data: { key: Buffer.from("x").toString("base64") } };
  await admin.create(Secrets, { metadata: { namespace, name: "team-key" }, ...secret });
  await admin.create(ServiceAccounts, { metadata: { namespace, name: "builder" } });
  await admin.create(PersistentVolumeClaims, {
    metadata: { namespace, name: "data" },
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
  });
  await admin.create(TaskRuns, {
    metadata: { namespace: victim, name: "victim" },
    spec: { taskId: 1, serviceName: "payments", markdownFiles: files },
  });
}

let taskIds = 100;

/** A TaskRun that would be admitted without the changes. */
function task(
  spec: Record<string, unknown> = {},
  metadata: Record<string, unknown> = {},
): TaskRun & { metadata: { namespace: string; name: string } } {
  const taskId = taskIds++;
  return {
    metadata: { namespace, name: `task-${taskId}`, ...metadata },
    spec: { taskId, serviceName: "auth", markdownFiles: files, image: "ghcr.io/acme/agent:1", ...spec },
  };
}

function code(spec: Record<string, unknown>): CodeRun & { metadata: { namespace: string; name: string } } {
  const taskId = taskIds++;
  const repositories = { repositoryUrl: "acme/app", docsRepositoryUrl: "acme/docs" };
  return {
    metadata: { namespace, name: `code-${taskId}` },
    spec: { taskId, service: "auth", githubUser: user, image: "ghcr.io/acme/agent:1", ...repositories, ...spec },
  };
}

const encoded = (text: string): string => Buffer.from(text).toString("base64");
const url = "https://github.com/acme/app";

/** Requests that must be refused, with the reason. */
const refused: readonly (readonly [string, () => Promise<unknown>, RegExp])[] = [
  // other namespaces
  [
    "a run in the other tenant's namespace",
    () => mallory.create(TaskRuns, task({}, { namespace: victim })),
    /cannot create/,
  ],
  [
    "a run in the operator's namespace",
    () => mallory.create(TaskRuns, task({}, { namespace: operatorNamespace })),
    /cannot create/,
  ],
  ["cancelling the other tenant's run", () => patch(victim, "victim", { spec: { cancel: true } }), /cannot patch/],
  ["reading the other tenant's run", () => mallory.get(TaskRuns, { namespace: victim, name: "victim" }), /cannot get/],
  ["the operator's configuration", () => configMap(operatorNamespace, operatorNames.configuration), /cannot create/],
  ["a configuration of their own", () => configMap(namespace, operatorNames.configuration), /cannot create/],
  ["templates of their own", () => configMap(namespace, operatorNames.templates), /cannot create/],
  [
    "the operator's certificates",
    () => mallory.get(Secrets, { namespace: operatorNamespace, name: operatorNames.certificates }),
    /cannot get/,
  ],
  // Secrets, claims and ServiceAccounts of their own namespace that they have no access to
  [
    "a Secret as a variable",
    () => mallory.create(CodeRuns, code({ envFromSecrets: [{ name: "K", secretName: "team-key", secretKey: "key" }] })),
    /may not get Secret team-key/,
  ],
  [
    "a whole Secret by requirements",
    () => mallory.create(CodeRuns, code({ taskRequirements: encoded("secrets: [{name: team-key}]") })),
    /may not get Secret team-key/,
  ],
  [
    "a key of a Secret by requirements",
    () =>
      mallory.create(
        CodeRuns,
        code({ taskRequirements: encoded("secrets: [{name: team-key, keys: [{name: key, envVar: K}]}]") }),
      ),
    /may not get Secret team-key/,
  ],
  [
    "a Secret as a git token",
    () => mallory.create(TaskRuns, task({ repository: { url, auth: { type: "Token", secretName: "team-key" } } })),
    /may not get Secret team-key/,
  ],
  [
    "a Secret as an SSH key",
    () =>
      mallory.create(
        TaskRuns,
        task({ repository: { url: "git@github.com:a/b", auth: { type: "SshKey", secretName: "team-key" } } }),
      ),
    /may not get Secret team-key/,
  ],
  [
    "a Secret as a password",
    () => mallory.create(TaskRuns, task({ repository: { url, auth: { type: "BasicAuth", secretName: "team-key" } } })),
    /may not get Secret team-key/,
  ],
  [
    "a ServiceAccount",
    () => mallory.create(TaskRuns, task({ serviceAccountName: "builder" })),
    /may not impersonate ServiceAccount builder/,
  ],
  [
    "somebody else's claim",
    () => mallory.create(TaskRuns, task({ workspace: { pvcName: "data" } })),
    /may not get PersistentVolumeClaim data/,
  ],
  [
    "a Secret that is added later",
    () => addedLater({ envFromSecrets: [{ name: "K", secretName: "team-key", secretKey: "key" }] }),
    /may not get Secret team-key/,
  ],
  // identities and where their keys are sent
  [
    "another user's identity",
    () => mallory.create(CodeRuns, code({ githubUser: "octocat" })),
    /Secret github-pat-octocat is not allowed by policy/,
  ],
  [
    "another user's SSH key",
    () => mallory.create(TaskRuns, task({ repository: { url: "git@github.com:a/b", githubUser: "octocat" } })),
    /Secret github-ssh-octocat is not allowed by policy/,
  ],
  [
    "an App",
    () => mallory.create(CodeRuns, code({ githubUser: undefined, githubApp: "Acme-Rex" })),
    /Secret github-app-acme-rex is not allowed by policy/,
  ],
  [
    "a git server of their own",
    () => mallory.create(CodeRuns, code({ repositoryUrl: "https://git.evil.example/a/b" })),
    /git\.evil\.example is not in git\.hosts/,
  ],
  [
    "a git server behind a user name",
    () => mallory.create(CodeRuns, code({ repositoryUrl: "https://github.com@git.evil.example/a/b" })),
    /git\.evil\.example is not in git\.hosts|Invalid/,
  ],
  [
    "a plain connection",
    () => mallory.create(CodeRuns, code({ repositoryUrl: "http://github.com/a/b" })),
    /credentials are only sent to https/,
  ],
  [
    "a token in the URL",
    () => mallory.create(TaskRuns, task({ repository: { url: "https://u:p@github.com/a/b" } })),
    /password/,
  ],
  // code, and other destinations, by variables
  [
    "BASH_ENV",
    () => mallory.create(TaskRuns, task({ env: [{ name: "BASH_ENV", value: "/workspace/x" }] })),
    /BASH_ENV is reserved/,
  ],
  [
    "LD_PRELOAD from a Secret",
    () =>
      mallory.create(
        CodeRuns,
        code({ envFromSecrets: [{ name: "LD_PRELOAD", secretName: "team-key", secretKey: "key" }] }),
      ),
    /LD_PRELOAD is reserved/,
  ],
  [
    "another API for the model",
    () => mallory.create(CodeRuns, code({ env: { ANTHROPIC_BASE_URL: "https://evil.example" } })),
    /ANTHROPIC_BASE_URL is reserved/,
  ],
  [
    "a proxy by requirements",
    () =>
      mallory.create(CodeRuns, code({ taskRequirements: encoded("environment: {https_proxy: http://evil.example}") })),
    /https_proxy is reserved/,
  ],
  // more than their share
  [
    "an image of their own",
    () => mallory.create(TaskRuns, task({ image: "evil/image" })),
    /image evil\/image is not allowed by policy/,
  ],
  [
    "a critical priority",
    () => mallory.create(TaskRuns, task({ priority: "critical" })),
    /priority critical is not allowed by policy/,
  ],
  [
    "a whole node",
    () => mallory.create(TaskRuns, task({ resources: { limits: { cpu: "64", memory: "8Gi" } } })),
    /limit for cpu of 64 is not allowed/,
  ],
  [
    "no limit for processors",
    () => mallory.create(TaskRuns, task({ resources: { limits: { memory: "1Gi" } } })),
    /no limit for cpu is not allowed/,
  ],
  [
    "a day of work",
    () => mallory.create(TaskRuns, task({ activeDeadlineSeconds: 86400 })),
    /activeDeadlineSeconds 86400 is not allowed/,
  ],
  [
    "a hundred retries",
    () => mallory.create(TaskRuns, task({ retry: { maxRetries: 100 } })),
    /maxRetries 100 is not allowed/,
  ],
  [
    "a Job that is kept for ever",
    () => mallory.create(TaskRuns, task({ ttlSecondsAfterFinished: 2147483647 })),
    /ttlSecondsAfterFinished 2147483647 is not allowed/,
  ],
  ["a privileged Docker daemon", () => mallory.create(CodeRuns, code({ enableDocker: true })), /enableDocker/],
  // hostile contents
  [
    "files of two MiB",
    () => mallory.create(TaskRuns, task({ markdownFiles: [{ filename: "a.md", content: "x".repeat(2 ** 21) }] })),
    /markdownFiles/,
  ],
  [
    "a path as a file's name",
    () => mallory.create(TaskRuns, task({ markdownFiles: [{ filename: "../../x.md", content: "x" }] })),
    /filename/,
  ],
  [
    "a directory above the repository",
    () => mallory.create(TaskRuns, task({ repository: { url, path: "../../etc" } })),
    /path/,
  ],
  [
    "nested requirements",
    () => mallory.create(CodeRuns, code({ taskRequirements: encoded('? ["'.repeat(1100) + "- ? ".repeat(1500)) })),
    /taskRequirements/,
  ],
  [
    "sixteen KiB of requirements",
    () => mallory.create(CodeRuns, code({ taskRequirements: encoded("#".repeat(20_000)) })),
    /taskRequirements/,
  ],
  [
    "a dependency in another namespace",
    () => mallory.create(TaskRuns, task({ dependsOn: [`${victim}/victim`] })),
    /dependsOn/,
  ],
  [
    "a dependency on itself",
    () => mallory.create(TaskRuns, task({ dependsOn: ["self"] }, { name: "self" })),
    /cycle|itself/,
  ],
  // what only the operator writes
  [
    "a status",
    () =>
      mallory.patch(
        TaskRuns,
        { namespace, name: "own" },
        { type: "merge", body: { status: { phase: "Succeeded" } } },
        { subresource: "status" },
      ),
    /cannot patch/,
  ],
  [
    "another service for a stored run",
    () => patch(namespace, "own", { spec: { serviceName: "payments" } }),
    /cannot be changed|immutable/,
  ],
];

function configMap(of: string, name: string): Promise<unknown> {
  return mallory.create(ConfigMaps, {
    metadata: { namespace: of, name },
    data: { [configurationKey]: "strict: true" },
  });
}

function patch(of: string, name: string, body: object): Promise<unknown> {
  return mallory.patch(TaskRuns, { namespace: of, name }, { type: "merge", body });
}

/** A suspended run is admitted without the fields, which an update then adds. */
async function addedLater(spec: Record<string, unknown>): Promise<unknown> {
  const run = code({ suspend: true });
  await mallory.create(CodeRuns, run);
  const { name } = run.metadata;
  return mallory.patch(CodeRuns, { namespace, name }, { type: "merge", body: { spec } });
}

t.test("every way out is refused, with the reason", async (t) => {
  await mallory.create(TaskRuns, task({ suspend: true }, { name: "own" }));
  for (const [what, attempt, reason] of refused) {
    const answer: unknown = await attempt().then(
      () => "it was accepted",
      (error: unknown) => (error instanceof ApiError ? error.message : error),
    );
    t.match(answer, reason, what);
  }
  t.ok(refused.length >= 30, `${refused.length} ways`);
});

t.test("users with access to the Secret can use it, and so can users who may create pods", async (t) => {
  const access = await kubeconfigAccess({ file: cluster.kubeconfig });
  const rights: readonly (readonly [string, string])[] = [
    ["reader", "--verb=get --resource=secrets --resource-name=team-key"],
    ["deployer", "--verb=create --resource=pods"],
  ];
  for (const [name, right] of rights) {
    const who = `${name}-${user}`;
    const own = ["-n", namespace];
    await kubectl(cluster, ["create", "role", name, ...right.split(" "), ...own]);
    await kubectl(cluster, ["create", "rolebinding", name, `--role=${name}`, `--user=${who}`, ...own]);
    await kubectl(cluster, ["create", "rolebinding", `${name}-runs`, "--role=runs", `--user=${who}`, ...own]);
    const client = new HttpClient({ access, fieldManager: "test", impersonate: { user: who } });
    t.teardown(() => client.close());
    const run = code({ suspend: true, envFromSecrets: [{ name: "K", secretName: "team-key", secretKey: "key" }] });
    const { metadata } = await eventually("its role is in force", () =>
      client.create(CodeRuns, run).catch((error: unknown) => {
        if (error instanceof ApiError && error.message.includes("may not get")) return undefined;
        throw error;
      }),
    );
    t.equal(metadata.annotations?.["orchestrator.io/created-by"], who);
  }
});

t.test("labels, annotations and finalizers of a run are not what they claim to be", async (t) => {
  const name = "claims";
  const forged = {
    labels: { app: "payments", "orchestrator.io/service": "payments", "orchestrator.io/task-id": "1" },
    annotations: { "orchestrator.io/created-by": "system:admin", "orchestrator.io/injected": "image" },
  };
  const created = await mallory.create(TaskRuns, task({}, { name, ...forged }));
  t.equal(created.metadata.annotations?.["orchestrator.io/created-by"], user);
  t.notMatch(created.metadata.annotations?.["orchestrator.io/injected"], /(^|,)image(,|$)/);
  t.equal(created.metadata.labels?.["orchestrator.io/service"], "auth");
  const annotations = { "orchestrator.io/created-by": "system:admin" };
  await patch(namespace, name, { metadata: { annotations, finalizers: [] } });
  const stored = await admin.get(TaskRuns, { namespace, name });
  t.equal(stored.metadata.annotations?.["orchestrator.io/created-by"], user);
  t.same(stored.metadata.finalizers, ["taskrun.orchestrator.io/cleanup"]);
  const job = await eventually("its Job exists", async () => {
    const { items } = await admin.list(Jobs, { namespace });
    return items.find(({ metadata }) => metadata.ownerReferences?.some((owner) => owner.uid === stored.metadata.uid));
  });
  const labels = job.spec?.template.metadata?.labels ?? {};
  t.notOk("app" in labels, "no Service or policy of others selects its pod");
  t.equal(labels["orchestrator.io/service"], "auth");
});

t.test("the other tenant's run continues", async (t) => {
  const run = await admin.get(TaskRuns, { namespace: victim, name: "victim" });
  t.equal(run.status?.attempts, 1);
  t.equal(run.status?.phase, "Running");
});
