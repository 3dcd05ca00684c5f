/** `task get`, `list` and `logs` with `--archived`: with a kubeconfig and a bucket, and through a server. */
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import t, { type Test } from "tap";
import { encodeArchivedRun } from "#src/archive/archived-run.js";
import { encodeTranscript } from "#src/archive/archived-transcript.js";
import { S3Store } from "#src/archive/s3-store.js";
import { taskCommand } from "#src/cli/task/task.js";
import { dataOf, digestOf } from "#src/configuration/in-force.js";
import { operatorNames } from "#src/configuration/names.js";
import { accessKey, s3Server } from "../archive/s3-server.js";
import { ApiServer } from "../operations/api-server.js";
import { serve } from "../server/served-app.js";
import { outcomeOf, type Outcome } from "./command-line.js";
import { writeKubeconfig } from "./kubeconfig.js";

Object.assign(process.env, accessKey);

const reviews = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
const inForce = `/api/v1/namespaces/orchestrator/configmaps/${operatorNames.inForce}`;

type Task = (...args: string[]) => Promise<Outcome>;

/** An API server whose operator reports this configuration, and a caller with or without rights. */
async function apiServer(t: Test, configuration: object | undefined, allowed = true): Promise<string> {
  const server = new ApiServer({ phase: "Running" });
  const answer =
    (body: object, status = 200) =>
    (_: unknown, response: ServerResponse): void => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(body));
    };
  server.answers.set(reviews, answer({ kind: "SelfSubjectAccessReview", status: { allowed } }, 201));
  if (configuration !== undefined) {
    const text = JSON.stringify(configuration);
    const report = { text, digest: digestOf(text), operator: "1", environment: {}, flags: [], problems: [], since: "" };
    const data = dataOf(report, "orchestrator");
    server.answers.set(inForce, answer({ kind: "ConfigMap", metadata: { name: "c", resourceVersion: "1" }, data }));
  }
  return server.start(t);
}

const kubeconfigOf = (t: Test, url: string): string => writeKubeconfig(t, url, join(t.testdir({}), "kubeconfig"));

const taskWith =
  (...more: string[]): Task =>
  (...args) =>
    outcomeOf(taskCommand, [...args, ...more]);

t.test("archived runs, both ways", async (t) => {
  const { endpoint, bucket } = await s3Server(t);
  const s3 = { endpoint, bucket, region: "us-east-1", prefix: "kept/", pathStyle: true };
  const store = new S3Store(s3);
  t.teardown(() => store.close());
  for (const [plural, kind, name, uid, phase] of [
    ["taskruns", "TaskRun", "one", "u1", "Failed"],
    ["taskruns", "TaskRun", "two", "u2", "Succeeded"],
    ["coderuns", "CodeRun", "two", "u3", "Succeeded"],
  ] as const) {
    const metadata = { name, namespace: "ns", uid, resourceVersion: "7" };
    const runs = name === "one" ? [] : [{ number: 1 }, { number: 3 }];
    const status = { phase, reason: "Completed", completionTime: "2026-01-01T00:00:00Z", runs };
    const run = { apiVersion: "orchestrator.io/v1", kind, metadata, spec: {}, status };
    const document = await encodeArchivedRun({ formatVersion: 1, run, events: [] });
    await store.put({ namespace: "ns", plural, name, uid }, "7", document, new AbortController().signal);
  }
  const log = async (plural: string, name: string, uid: string, attempt: number, isCut: boolean): Promise<void> => {
    const run = { kind: "TaskRun", namespace: "ns", name, uid };
    const more = { jobUID: "j", pod: "p", container: "claude-agent", isCut, text: `first\nlog ${uid}-${attempt}\n` };
    const document = await encodeTranscript({ formatVersion: 1, run, attempt, ...more });
    await store.put({ namespace: "ns", plural, name, uid, attempt }, "j", document, new AbortController().signal);
  };
  await log("taskruns", "two", "u2", 1, false);
  await log("coderuns", "two", "u3", 3, true);
  const url = await apiServer(t, { history: { archive: { s3 } } });
  const direct = taskWith("--kubeconfig", kubeconfigOf(t, url));
  const served = (await serve(t, url, { archive: store })).url;
  const through = taskWith("--kubeconfig", kubeconfigOf(t, url), "--server", served);
  for (const task of [direct, through]) {
    const list = await task("list", "--archived");
    t.match(list.out, /^NAME +UID +AGE\ntaskrun\/one +u1 +\S+\ntaskrun\/two +u2 +\S+\ncoderun\/two +u3 +\S+\n$/);
    t.equal((await task("list", "--archived", "--kind", "coderun", "-o", "name")).out, "coderun.orchestrator.io/two\n");
    t.match(await task("get", "one", "--archived"), { code: 0, err: "", out: /^NAME .*\none +u1 +Failed +Completed / });
    t.match((await task("get", "one", "--archived", "-o", "yaml")).out, /kind: TaskRun\n.*phase: Failed/s);
    t.match(await task("get", "two", "--archived"), { code: 0, err: /^2 archived runs are named "two".*--uid u/ });
    t.match(await task("get", "two", "--archived", "--uid", "u3", "-o", "name"), { err: "", out: /^coderun/ });
    t.match(await task("get", "none", "--archived"), { code: 1, err: /no run "none" in namespace ns.*--archived/ });
    t.match(await task("get", "one", "--uid", "u1"), { code: 2, err: /add --archived/ });
    t.match(await task("get", "a/b/c", "--archived"), { code: 1, err: /neither a name nor kind\/name/ });
    t.match(await task("logs", "coderun/two", "--archived"), {
      ...{ code: 0, out: "first\nlog u3-3\n", err: "The beginning of the log was not kept.\n" },
    });
    const first = await task("logs", "taskrun/two", "--archived", "--attempt", "1", "--tail", "1", "--uid", "u2");
    t.match(first, { code: 0, out: "log u2-1\n", err: "" });
    t.match(await task("logs", "taskrun/two", "--archived"), {
      code: 1,
      err: /has no log of attempt 3 of .*transcriptKiB/,
    });
    t.match(await task("logs", "one", "--archived"), { code: 1, err: /taskrun\/one has had no attempt/ });
    t.match(await task("logs", "one", "--uid", "u1"), { code: 2, err: /add --archived/ });
  }
  const objects = await direct("list", "--archived", "-o", "jsonpath={.items[*].metadata.uid}");
  t.equal(objects.out, "u1 u2 u3");
});

t.test("the rights of the caller decide what a server gives", async (t) => {
  const { url } = await serve(t, await apiServer(t, undefined, false), { archive: {} as never });
  const task = taskWith("--kubeconfig", kubeconfigOf(t, "http://127.0.0.1:1"), "--server", url);
  t.match(await task("list", "--archived"), { code: 1, err: /may not list taskruns, coderuns, docsruns/ });
  t.match(await task("logs", "one", "--archived", "--attempt", "1"), { code: 1, err: /may not get taskruns/ });
});

t.test("without an archive, the reason is said", async (t) => {
  const withConfiguration = async (configuration: object | undefined): Promise<string> => {
    const url = await apiServer(t, configuration);
    const { code, err } = await taskWith("--kubeconfig", kubeconfigOf(t, url))("get", "one", "--archived");
    t.equal(code, 1);
    return err;
  };
  t.match(await withConfiguration({}), /there is no archive: history.archive/);
  t.match(await withConfiguration({ history: { archive: { directory: "/a" } } }), /volume of the manager, at \/a/);
  const { url } = await serve(t, await apiServer(t, undefined));
  const task = taskWith("--kubeconfig", kubeconfigOf(t, "http://127.0.0.1:1"), "--server", url);
  t.match(await task("list", "--archived"), { code: 1, err: /has no archive/ });
  const away = { endpoint: "http://127.0.0.1:1", bucket: "runs", region: "r" };
  t.match(
    await withConfiguration({ history: { archive: { s3: away } } }),
    /the archive cannot be read: .*use --server/,
  );
});
