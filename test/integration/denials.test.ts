/** What users see when they apply an invalid TaskRun with kubectl. */
import { execFile } from "node:child_process";
import t from "tap";
import { stringify } from "yaml";
import type { Cluster } from "#src/cluster/index.js";
import { eventually } from "../eventually.js";
import { adminClient, testCluster, testNamespace } from "./cluster.js";
import { TaskRuns } from "#src/api/taskrun.js";
import { startOperator } from "./operator.js";

let cluster: Cluster;
let namespace: string;
t.before(async () => {
  cluster = await testCluster(t);
  await startOperator(t, cluster);
  const client = await adminClient(t, cluster);
  namespace = await testNamespace(t, client);
  const accepted = await apply(taskRun("holder", {}));
  if (accepted.code !== 0) throw new Error(accepted.text);
  await eventually("the holder runs", async () => {
    const { status } = await client.get(TaskRuns, { namespace, name: "holder" });
    return status?.phase === "Running";
  });
});

interface Answer {
  readonly code: number;
  /** Standard output and error. */
  readonly text: string;
}

function apply(object: unknown, ...flags: string[]): Promise<Answer> {
  return new Promise((resolve) => {
    const args = ["--kubeconfig", cluster.kubeconfig, "apply", ...flags, "-f", "-"];
    const child = execFile(cluster.kubectl, args, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === "number" ? error.code : error === null ? 0 : 1, text: stdout + stderr }),
    );
    child.stdin?.end(stringify(object));
  });
}

const file = { filename: "task.md", content: "# Task\n", fileType: "task" };

function taskRun(name: string, spec: Record<string, unknown>, without?: string): unknown {
  const whole: Record<string, unknown> = { taskId: 7, serviceName: "billing", markdownFiles: [file], ...spec };
  if (without !== undefined) Reflect.deleteProperty(whole, without);
  return {
    apiVersion: "orchestrator.io/v1",
    kind: "TaskRun",
    metadata: { name, namespace },
    spec: whole,
  };
}

/** A TaskRun with one or more errors, and the paths and remedies that kubectl must print. */
const broken: readonly {
  readonly what: string;
  readonly object: () => unknown;
  readonly says: readonly RegExp[];
  readonly flags?: readonly string[];
}[] = [
  {
    what: "without a taskId",
    object: () => taskRun("no-task-id", {}, "taskId"),
    says: [/spec\.taskId/, /[Rr]equired/],
  },
  {
    what: "with a path in a file's name",
    object: () => taskRun("path", { taskId: 8, markdownFiles: [{ ...file, filename: "../x.md" }] }),
    says: [/spec\.markdownFiles\[0\]\.filename/, /\.\.\/x\.md/],
  },
  {
    what: "with two MiB of files",
    object: () => taskRun("large", { taskId: 8, markdownFiles: [{ ...file, content: "x".repeat(2 * 1024 * 1024) }] }),
    says: [/spec\.markdownFiles/, /1048576|1 MiB|too long/i],
    // a client-side apply sends the object twice, which exceeds the API server's request limit
    flags: ["--server-side"],
  },
  {
    what: "with an unknown fileType",
    object: () => taskRun("type", { taskId: 8, markdownFiles: [{ ...file, fileType: "novel" }] }),
    says: [/spec\.markdownFiles\[0\]\.fileType/, /acceptance-criteria/],
  },
  {
    what: "with a file twice",
    object: () => taskRun("twice", { taskId: 8, markdownFiles: [file, { ...file, content: "again" }] }),
    says: [/spec\.markdownFiles\[1\]/, /[Dd]uplicate/],
  },
  {
    what: "for a task that another TaskRun has",
    object: () => taskRun("second", {}),
    says: [/spec\.taskId/, /holder/],
  },
  {
    what: "with another taskId than before",
    object: () => taskRun("holder", { taskId: 9 }),
    says: [/spec\.taskId/, /cannot be changed/],
  },
  {
    what: "with a service name that is no DNS label",
    object: () => taskRun("name", { taskId: 8, serviceName: "Auth_Service" }),
    says: [/spec\.serviceName/],
  },
  {
    what: "with a plain token for its repository",
    object: () =>
      taskRun("token", { taskId: 8, repository: { url: "https://github.com/acme/app.git", token: "ghp_0123456789" } }),
    says: [/spec\.repository\.token/, /[Ss]ecret/],
  },
  {
    what: "that depends on itself",
    object: () => taskRun("self", { taskId: 8, dependsOn: ["self"] }),
    says: [/spec\.dependsOn/, /itself|cycle/],
  },
  {
    what: "with an unknown priority, no files and a negative deadline: all three are reported",
    object: () => taskRun("three", { taskId: 8, priority: "asap", markdownFiles: [], activeDeadlineSeconds: -1 }),
    says: [/spec\.priority/, /spec\.markdownFiles/, /spec\.activeDeadlineSeconds/],
  },
];

for (const { what, object, says, flags = [] } of broken) {
  t.test(`kubectl apply of a TaskRun ${what} is denied with the path and a remedy`, async (t) => {
    const answer = await apply(object(), ...flags);
    t.equal(answer.code, 1, answer.text);
    for (const pattern of says) t.match(answer.text, pattern);
    t.notMatch(answer.text, /ghp_0123456789/, "no secret is repeated");
    t.notMatch(answer.text, /internal error|panic|handler failed/i);
  });
}

t.test("a denied TaskRun is not stored", async (t) => {
  const client = await adminClient(t, cluster);
  const { items } = await client.list(TaskRuns, { namespace });
  t.same(
    items.map(({ metadata }) => metadata.name),
    ["holder"],
  );
});

t.test("an unknown field is dropped with a warning, and denied with --validate=strict", async (t) => {
  const object = taskRun("unknown-field", { taskId: 10, colour: "red" });
  const strict = await apply(object, "--validate=strict");
  t.equal(strict.code, 1);
  t.match(strict.text, /unknown field "spec\.colour"/);
  const lenient = await apply(object, "--validate=warn");
  t.equal(lenient.code, 0, lenient.text);
  t.match(lenient.text, /unknown field "spec\.colour"/);
  const client = await adminClient(t, cluster);
  const stored = await client.get(TaskRuns, { namespace, name: "unknown-field" });
  t.notHas(stored.spec, { colour: "red" });
});

t.test("an environment value that looks like a credential and a missing ServiceAccount give warnings", async (t) => {
  const answer = await apply(
    taskRun("warned", {
      taskId: 11,
      serviceAccountName: "nobody",
      env: [{ name: "API_TOKEN", value: "ghp_abcdefghijklmnopqrstuvwxyz0123456789" }],
    }),
  );
  t.equal(answer.code, 0, answer.text);
  t.match(answer.text, /Warning:.*API_TOKEN/);
  t.match(answer.text, /Warning:.*nobody/);
  t.notMatch(answer.text, /ghp_abc/);
});

t.test("a dry run is validated like a real one, and stores nothing", async (t) => {
  const answer = await apply(taskRun("dry", { taskId: 12 }), "--dry-run=server", "-o", "yaml");
  t.equal(answer.code, 0, answer.text);
  t.match(answer.text, /taskrun\.orchestrator\.io\/cleanup/);
  const denied = await apply(taskRun("dry", {}), "--dry-run=server");
  t.equal(denied.code, 1);
  t.match(denied.text, /holder/);
});
