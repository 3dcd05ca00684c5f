/** Headless Chromium for tests of the page, with a record of everything that a clean page does not have. */
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import axe from "axe-core";
import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from "playwright-core";
import type { Test } from "tap";
import { eventually } from "../eventually.js";

const program = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** Why the tests cannot run here; absent if they can. */
export const noBrowser = existsSync(program) ? undefined : `${program} is missing: install chromium, or set CHROMIUM`;

/** Starts a browser that ends with the test. */
export async function startBrowser(t: Test): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath: program,
    args: [
      ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
      ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
    ],
  });
  t.teardown(() => browser.close());
  return browser;
}

/** A page with what went wrong in it. */
export interface Opened {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Errors of the console, exceptions, and violations of the Content-Security-Policy. */
  readonly problems: readonly string[];
}

/**
 * Opens a page in a profile of its own.
 *
 * @param options.expected messages of the console that belong to the test, such as a refused request
 */
export async function openPage(
  t: Test,
  browser: Browser,
  options: BrowserContextOptions & { readonly expected?: RegExp } = {},
): Promise<Opened> {
  const { expected, ...rest } = options;
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...rest });
  t.teardown(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const problems: string[] = [];
  const note = (text: string): void => {
    if (expected?.test(text) !== true) problems.push(text);
  };
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") note(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => note(`exception: ${error.message}`));
  await page.addInitScript(() => {
    // this runs in the browser
    const scope = globalThis as unknown as {
      addEventListener: (
        type: string,
        listener: (event: { violatedDirective: string; blockedURI: string }) => void,
      ) => void;
    };
    scope.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
      console.error(`policy violation: ${violatedDirective} ${blockedURI}`),
    );
  });
  return { page, context, problems };
}

/** Resolves when an expression is true in the page. Not by waitForFunction, which the policy of the page refuses. */
export async function until(page: Page, expression: string): Promise<void> {
  await eventually(expression, async () => (await page.evaluate(expression)) === true, 15_000);
}

/** What axe-core finds of impact serious or critical, as lines. */
export async function seriousFindings(page: Page): Promise<readonly string[]> {
  // by the debugger, which the policy of the page does not bind
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    interface Finding {
      readonly id: string;
      readonly impact: string | null;
      readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
    }
    const { axe } = globalThis as unknown as { axe: { run: () => Promise<{ violations: readonly Finding[] }> } };
    const { violations } = await axe.run();
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(
        ({ id, nodes }) =>
          `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary ?? ""}`).join("; ")}`,
      );
  });
}

/** Writes a picture to the folder that SCREENSHOTS names, if it does. */
export async function screenshot(page: Page, name: string): Promise<void> {
  const folder = process.env.SCREENSHOTS;
  if (folder === undefined || folder === "") return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), animations: "disabled" });
}
