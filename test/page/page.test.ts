/** The page in Chromium, on a model of the REST API. */
import t from "tap";
import { noBrowser, openPage, screenshot, seriousFindings, startBrowser } from "./browser.js";
import { exampleScene } from "./example-scene.js";
import { exampleRun, RestModel } from "./rest-model.js";

if (noBrowser !== undefined) {
  t.plan(0, noBrowser);
  process.exit();
}

const browser = await startBrowser(t);

t.test("signs in with a token, which no script can read, and out", async (t) => {
  const model = new RestModel();
  model.isSignedIn = false;
  const url = await model.start(t);
  const { page, problems } = await openPage(t, browser, { expected: /status of 401/ });
  await page.goto(`${url}/ui/`);
  await page.getByLabel("Token").waitFor();
  t.strictSame(await seriousFindings(page), []);
  await screenshot(page, "sign-in");
  await page.keyboard.type("wrong");
  await page.keyboard.press("Enter");
  await page.getByRole("alert").waitFor();
  t.match(await page.getByRole("alert").textContent(), /does not accept this token/);
  await page.getByLabel("Token").fill("good-token");
  await page.keyboard.press("Enter");
  await page.getByText("No runs in this cluster yet").waitFor();
  t.strictSame(await seriousFindings(page), []);
  await screenshot(page, "empty");
  const kept = await page.evaluate("JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href])");
  t.notMatch(kept, /good-token/);
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByLabel("Token").waitFor();
  t.strictSame(problems, []);
});

t.test("filters live in the URL, and survive a reload and the back button", async (t) => {
  const model = exampleScene();
  const url = await model.start(t);
  const { page, problems } = await openPage(t, browser);
  await page.goto(`${url}/ui/`);
  const rows = page.locator(".rows .row");
  await rows.first().waitFor();
  const all = model.runs.size;
  t.match(await page.locator("footer").textContent(), new RegExp(`^${all} runs`));
  t.strictSame(await seriousFindings(page), []);
  await screenshot(page, "runs-light");
  await page.getByRole("button", { name: /^Failed/ }).click();
  await page.waitForURL(/phase=Failed/);
  for (const text of await rows.allTextContents()) t.match(text, /^Failed/);
  await page.getByRole("button", { name: "CodeRun" }).click();
  await page.waitForURL(/kind=coderun/);
  await page.reload();
  await rows.first().waitFor();
  for (const text of await rows.allTextContents()) t.match(text, /^Failed.*CodeRun/);
  await page.goBack();
  await page.waitForURL((at) => !at.search.includes("coderun"));
  await page.getByLabel("Filter", { exact: true }).fill("zzz nothing");
  await page.getByText("No run matches the filters").waitFor();
  await page.getByRole("button", { name: "Clear the filters" }).click();
  await page.waitForFunction(`document.querySelector("footer").textContent.startsWith("${all} runs")`);
  t.equal(new URL(page.url()).search, "");
  await page.getByLabel("Namespace").fill("team-b");
  await page.keyboard.press("Enter");
  await page.waitForURL(/namespace=team-b/);
  await page.waitForFunction(`![...document.querySelectorAll(".rows .column-namespace")].some((cell) => cell.textContent !== "team-b")`);
  t.strictSame(problems, []);
});

t.test("changes of runs appear by themselves", async (t) => {
  const model = new RestModel();
  const run = exampleRun("one");
  model.put(run);
  const url = await model.start(t);
  const { page, problems } = await openPage(t, browser);
  await page.goto(`${url}/ui/`);
  await page.getByText("Live").waitFor();
  const row = page.locator(".rows .row");
  t.match(await row.textContent(), /^Pending/);
  model.put({ ...run, status: { phase: "Running", attempts: 1 } });
  await row.getByText("Running").waitFor();
  model.put(exampleRun("two"));
  await page.getByRole("link", { name: "two" }).waitFor();
  model.delete("one");
  await page.getByRole("link", { name: "one" }).waitFor({ state: "detached" });
  t.strictSame(problems, []);
});
