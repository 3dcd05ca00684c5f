/** The page in Chromium, on the real server, a real API server and the operator; and `orchestrator ui` as a person runs it. */
import t, { type Test } from "tap";
import { TaskRuns, type TaskRun } from "#src/api/taskrun.js";
import { Jobs } from "#src/runtime/client/builtin.js";
import type { KubernetesObject, Stored } from "#src/runtime/client/objects.js";
import { resourceType } from "#src/runtime/client/resource.js";
import { eventually } from "../eventually.js";
import { noBrowser, openPage, seriousFindings, startBrowser, until, type Opened } from "../page/browser.js";
import { startLocalPage } from "../page/local-page.js";
import { adminClient, testCluster, testNamespace } from "./cluster.js";
import { finishJob } from "./finisher.js";
import { startOperator } from "./operator.js";
import { accountToken, editorToken, startRestServer } from "./rest-server.js";

if (noBrowser !== undefined) {
  t.plan(0, noBrowser);
  process.exit();
}

const cluster = await testCluster(t);
const client = await adminClient(t, cluster);
await startOperator(t, cluster);
const namespace = await testNamespace(t, client);
const editor = await editorToken(t, client, namespace);
const reader = await readerToken();
const server = await startRestServer(t, cluster, client, namespace);
const browser = await startBrowser(t);

/** The token of an account that may look at runs of the namespace, and nothing else. */
async function readerToken(): Promise<string> {
  const token = await accountToken(client, namespace, "reader");
  const rbac = { group: "rbac.authorization.k8s.io", version: "v1", namespaced: true };
  const Roles = resourceType<KubernetesObject & { rules: object[] }>({ ...rbac, kind: "Role", plural: "roles" });
  const Bindings = resourceType<KubernetesObject & { roleRef: object; subjects: object[] }>({
    ...{ ...rbac, kind: "RoleBinding", plural: "rolebindings" },
  });
  const metadata = { namespace, name: "reader" };
  const runs = { apiGroups: ["orchestrator.io"], resources: ["*"], verbs: ["get", "list", "watch"] };
  await client.create(Roles, { metadata, rules: [runs] });
  await client.create(Bindings, {
    metadata,
    roleRef: { apiGroup: rbac.group, kind: "Role", name: "reader" },
    subjects: [{ kind: "ServiceAccount", name: "reader", namespace }],
  });
  return token;
}

function createRun(
  taskId: number,
  serviceName: string,
  content = `# Task ${taskId}\n\nMake the page work.\n`,
): Promise<Stored<TaskRun>> {
  return client.create(TaskRuns, {
    metadata: { namespace, name: `${serviceName}-task-${taskId}` },
    spec: {
      ...{ taskId, serviceName, retry: { maxRetries: 0 } },
      markdownFiles: [{ filename: "task.md", fileType: "task", content }],
    },
  });
}

const specOf = async (name: string): Promise<TaskRun["spec"]> => (await client.get(TaskRuns, { namespace, name })).spec;

/** Ends the Job of a run's attempt, as its pod would. */
async function finish(name: string, attempt: number, exitCode: number): Promise<void> {
  const key = { namespace, name: `${name}-run-${attempt}` };
  const job = await eventually(`${key.name} is started`, () => client.get(Jobs, key));
  await finishJob(client, job, exitCode, JSON.stringify({ pullRequestUrl: "https://github.com/a/b/pull/7" }));
}

/** A browser that has signed in. */
async function signIn(t: Test, token: string, options: { readonly colorScheme?: "dark" } = {}): Promise<Opened> {
  const opened = await openPage(t, browser, { expected: /status of 40[139]/, ...options });
  const { page, context } = opened;
  await page.goto(server.url(`/ui/?namespace=${namespace}`));
  await page.getByLabel("Token").fill(token);
  await page.keyboard.press("Enter");
  await page.getByText("Live", { exact: true }).waitFor();
  const [cookie] = await context.cookies();
  t.match(cookie, { httpOnly: true, sameSite: "Strict", path: "/" });
  return opened;
}

t.test("a run is followed from its creation through its attempts, and steered", async (t) => {
  const { page, problems } = await signIn(t, editor);
  const row = page.locator(".rows .row", { hasText: "followed-task-1" });
  await createRun(1, "followed");
  await row.getByText("Running").waitFor();
  await page.getByLabel("Filter", { exact: true }).fill("followed");
  await row.getByRole("link").click();
  await page.getByRole("heading", { name: "followed-task-1" }).waitFor();
  const attempts = page.getByRole("region", { name: "Attempts" });
  await attempts.getByText("Running").waitFor();
  await page.getByText("WorkspaceReady").waitFor();
  await page.keyboard.press("3");
  await page.getByText("Make the page work.").waitFor();
  await page.keyboard.press("5");
  await page.getByText("taskId: 1").waitFor();
  await page.keyboard.press("2");
  await page.getByText("No output yet").waitFor();
  await page.keyboard.press("1");
  await finish("followed-task-1", 1, 1);
  await page.locator("h1 + .phase").getByText("Failed").waitFor();
  t.match(await attempts.getByRole("row").nth(1).textContent(), /^1Failed.*1/);
  await page.getByRole("button", { name: "Retry" }).click();
  await page.getByRole("button", { name: "Retry the run" }).click();
  await page.getByText("another attempt requested").waitFor();
  await attempts.getByText("Running").waitFor();
  t.equal((await specOf("followed-task-1")).retryAttempt, 2);
  await finish("followed-task-1", 2, 0);
  await page.locator("h1 + .phase").getByText("Succeeded").waitFor();
  await page.getByRole("link", { name: "https://github.com/a/b/pull/7" }).waitFor();
  await page.keyboard.press("4");
  await page.getByRole("region", { name: "Events" }).waitFor();
  t.strictSame(await seriousFindings(page), []);
  t.strictSame(problems, []);
});

t.test("a run is suspended, resumed, cancelled and deleted, each after a confirmation", async (t) => {
  const { page, problems } = await signIn(t, editor);
  await createRun(2, "steered");
  await page.getByRole("link", { name: "steered-task-2" }).click();
  await page.locator("h1 + .phase").getByText("Running").waitFor();
  const confirmed = async (title: string): Promise<void> => {
    await page.getByRole("button", { name: title, exact: true }).click();
    await page.getByRole("button", { name: `${title} the run` }).click();
  };
  await confirmed("Suspend");
  await page.getByRole("button", { name: "Resume", exact: true }).waitFor();
  t.equal((await specOf("steered-task-2")).suspend, true);
  await confirmed("Resume");
  await page.getByRole("button", { name: "Suspend", exact: true }).waitFor();
  t.equal((await specOf("steered-task-2")).suspend, false);
  await confirmed("Cancel");
  await page.locator("h1 + .phase").getByText("Cancelled").waitFor();
  t.equal((await specOf("steered-task-2")).cancel, true);
  await confirmed("Delete");
  await page.getByText("Live", { exact: true }).waitFor();
  await page.getByRole("link", { name: "steered-task-2" }).waitFor({ state: "detached" });
  t.strictSame(problems, []);
});

t.test("without the right to change a run nothing is offered, and what is sent nevertheless is refused", async (t) => {
  await createRun(3, "watched");
  const { page, problems } = await signIn(t, reader);
  await page.getByRole("link", { name: "watched-task-3" }).click();
  await page.getByText("You may look, not change").waitFor();
  t.equal(await page.locator(".actions button").count(), 0);
  const path = `/api/v1/namespaces/${namespace}/taskruns/watched-task-3/cancel`;
  const status = await page.evaluate(
    async (path) =>
      (await fetch(path, { method: "POST", headers: { "content-type": "application/json" }, body: "{}" })).status,
    path,
  );
  t.equal(status, 403);
  t.equal((await specOf("watched-task-3")).cancel, false);
  await page.goto(server.url("/ui/"));
  await page.getByText("You may not list runs in all namespaces").waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByLabel("Token").waitFor();
  t.strictSame(problems, []);
  t.notMatch(server.log, reader.split(".")[2] ?? "", "no token is in the log");
  t.notMatch(server.log, editor.split(".")[2] ?? "");
});

t.test("by keyboard alone, in dark and light colors, and what a run contains stays text", async (t) => {
  const bad = `<img src=x onerror="document.title='taken'"><script>document.title='taken'</script>\u001b[2J\u202egnp`;
  await createRun(5, "hostile", bad);
  await finish("hostile-task-5", 1, 1);
  const { page, problems } = await signIn(t, editor, { colorScheme: "dark" });
  const { keyboard } = page;
  await page.getByRole("link", { name: "hostile-task-5" }).waitFor();
  await keyboard.press("/");
  await keyboard.type("hostile");
  await keyboard.press("Escape");
  await until(page, `document.querySelectorAll(".rows .row").length === 1`);
  await keyboard.press("j");
  await until(page, `document.activeElement.textContent === "hostile-task-5"`);
  await keyboard.press("Enter");
  await page.getByRole("heading", { name: "hostile-task-5" }).waitFor();
  await page.locator("h1 + .phase").getByText("Failed").waitFor();
  const colors: string[] = [];
  for (const colorScheme of ["dark", "light"] as const) {
    await page.emulateMedia({ colorScheme });
    colors.push(await page.evaluate<string>("getComputedStyle(document.body).color"));
    for (const key of ["3", "5"]) {
      await keyboard.press(key);
      await page.getByText("onerror=").first().waitFor();
      t.equal(await page.locator("#page img, #page script").count(), 0);
      t.strictSame(await seriousFindings(page), []);
    }
  }
  t.not(colors[0], colors[1]);
  t.match(await page.title(), /^hostile-task-5/);
  await keyboard.press("u");
  await page.getByText("Live", { exact: true }).waitFor();
  t.strictSame(problems, []);
});

t.test("orchestrator ui opens the page with the kubeconfig's rights, by a link that works once", async (t) => {
  await createRun(4, "local");
  const { link, end } = await startLocalPage(t, cluster.kubeconfig, namespace);
  const { page, problems } = await openPage(t, browser);
  await page.goto(link);
  await page.getByRole("link", { name: "local-task-4" }).waitFor();
  t.notMatch(page.url(), /secret/);
  t.match(page.url(), `namespace=${namespace}`);
  t.equal(await page.getByRole("button", { name: "Sign out" }).count(), 0);
  const other = await openPage(t, browser, { expected: /status of 40[13]/ });
  await other.page.goto(link);
  await other.page.getByText("was used already").waitFor();
  await other.page.goto(new URL("/ui/", link).href);
  await other.page.getByText("This browser is not signed in").waitFor();
  t.strictSame([...problems, ...other.problems], []);
  t.equal(await end(), 0);
});
