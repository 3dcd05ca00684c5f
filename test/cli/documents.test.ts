/** What documents tell their readers to do works: commands and options exist, links lead somewhere, and YAML is valid. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import t from "tap";
import { parseAllDocuments, stringify } from "yaml";
import { outcomeOf } from "./command-line.js";
import { convertCommand } from "#src/cli/convert.js";
import { configCommand } from "#src/cli/config.js";
import { renderCommand } from "#src/cli/render.js";
import { validateCommand } from "#src/cli/validate.js";
import { budgetSchema } from "#src/api/generated/budget.schema.js";
import { scheduleSchema } from "#src/api/generated/schedule.schema.js";
import type { Schedule } from "#src/api/schedule.js";
import { cronTimes } from "#src/schedules/cron.js";
import { formatFieldError } from "#src/runtime/schema/field-error.js";
import { structuralSchema } from "#src/runtime/schema/structural.js";
import { orchestratorProgram } from "#src/cluster/program.js";
import { packageRoot } from "#src/version.js";

const documents = spawnSync("git", ["ls-files", "*.md"], { cwd: packageRoot, encoding: "utf8" })
  .stdout.split("\n")
  .filter((file) => file !== "")
  .map((file) => ({ file, text: readFileSync(join(packageRoot, file), "utf8") }));
const guides = documents.filter(
  ({ file }) => ["README.md", "docs/runbook.md"].includes(file) || file.startsWith("docs/guide/"),
);

/** The anchors that GitHub gives to headings. */
function anchorsOf(text: string): string[] {
  const explicit = [...text.matchAll(/<a id="([^"]+)">/g)].map(([, id = ""]) => id);
  const headings = text.replace(/```[^]*?```/g, "").match(/^#+ .*$/gm) ?? [];
  const seen = new Map<string, number>();
  const implicit = headings.map((heading) => {
    const anchor = heading
      .replace(/^#+ /, "")
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-");
    const before = seen.get(anchor) ?? 0;
    seen.set(anchor, before + 1);
    return before === 0 ? anchor : `${anchor}-${before}`;
  });
  return [...explicit, ...implicit];
}

const anchors = new Map<string, ReadonlySet<string>>();
function hasAnchor(file: string, anchor: string): boolean {
  const known = anchors.get(file) ?? new Set(anchorsOf(readFileSync(file, "utf8")));
  anchors.set(file, known);
  return known.has(anchor);
}

t.test("every link within the repository leads to a file, and to a heading in it", (t) => {
  t.ok(documents.length > 30, `${documents.length} documents`);
  const broken = documents.flatMap(({ file, text }) =>
    [...text.replace(/```[^]*?```|`[^`\n]*`/g, "").matchAll(/\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]*))?\)/g)]
      .filter(([, path = "", anchor]) => {
        const target = path === "" ? join(packageRoot, file) : resolve(packageRoot, dirname(file), path);
        if (!existsSync(target)) return true;
        return anchor !== undefined && !hasAnchor(target, anchor);
      })
      .map(([link]) => `${file}: ${link}`),
  );
  t.same(broken, []);
  t.end();
});

t.test("every file that the way in for contributors names exists", (t) => {
  for (const file of [
    "docs/architecture.md",
    "docs/glossary.md",
    "docs/security.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
  ]) {
    const text = readFileSync(join(packageRoot, file), "utf8");
    const named = [...text.matchAll(/`([A-Za-z.][-\w.]*\/[-\w./]+|[A-Z]+\.md|eslint\.config\.js)`/g)].map(
      ([, path = ""]) => path,
    );
    if (file === "docs/architecture.md") t.ok(named.length > 50, `${named.length} files`);
    const missing = named.filter(
      (path) => !existsSync(join(packageRoot, path)) && path !== "agent-orchestrator/runtime",
    );
    t.same(missing, [], file);
  }
  const [, section = ""] = readFileSync(join(packageRoot, "docs/architecture.md"), "utf8").split(
    "## Where do I change X?",
  );
  t.ok((section.match(/^\| (?!to change)[^-|]/gm) ?? []).length >= 20, "at least twenty places");
  t.end();
});

/** The commands in code spans and code blocks. */
function codeOf(text: string): string[] {
  const blocks = [...text.matchAll(/```[a-z]*\n([^]*?)```/g)].flatMap(([, block = ""]) => block.split("\n"));
  const spans = [...text.replace(/```[^]*?```/g, "").matchAll(/`([^`]+)`/g)].map(([, span = ""]) => span);
  return [...blocks, ...spans.map((span) => span.replaceAll("\n", " "))].flatMap((line) => line.split(/&&|[|;#]/));
}

const helps = new Map<string, string>();
function helpOf(command: string): string {
  let help = helps.get(command);
  if (help === undefined) {
    const args = [orchestratorProgram(), ...command.split(" "), "--help"];
    help = spawnSync(process.execPath, args, { encoding: "utf8" }).stdout;
    helps.set(command, help);
  }
  return help;
}

t.test("every mentioned orchestrator command exists, with the options it is given", (t) => {
  const called = documents
    .filter(({ file }) => !file.startsWith("docs/reference/runtime") && file !== "CHANGELOG.md")
    .flatMap(({ file, text }) => codeOf(text).map((line) => ({ file, line })))
    .flatMap(({ file, line }) => {
      const [, command = "", rest = ""] =
        /\borchestrator(?:\.js)? (manager|validate|convert|render|completion|(?:cluster|config|task) [a-z-]+)\b(.*)/.exec(
          line,
        ) ?? [];
      return command === "" ? [] : [{ file, command, rest }];
    });
  t.ok(called.length > 30, `${called.length} calls`);
  for (const { file, command, rest } of called) {
    const help = helpOf(command);
    t.match(help, new RegExp(`Usage: orchestrator ${command}[ |]`), `${file}: ${command}`);
    for (const [, option = ""] of rest.matchAll(/(?:^|[\s[])(--?[a-z][-a-z]*)/g))
      t.match(help, new RegExp(`[ ,]${option}[ ,\n]`), `${file}: orchestrator ${command} ${option}`);
  }
  t.end();
});

t.test("no file has the marks of a merge that was not finished", (t) => {
  const { stdout, status } = spawnSync("git", ["grep", "-lE", "^(<{7}|>{7}) "], { cwd: packageRoot, encoding: "utf8" });
  t.same({ status, stdout }, { status: 1, stdout: "" });
  t.end();
});

t.test("every YAML block of README and guides is valid", async (t) => {
  let blocks = 0;
  for (const { file, text } of guides)
    for (const [, yaml = ""] of text.matchAll(/```yaml\n([^]*?)```/g)) {
      const [document] = parseAllDocuments(yaml);
      const { apiVersion, kind, metadata } = (document?.toJS() ?? {}) as {
        readonly apiVersion?: string;
        readonly kind?: string;
        readonly metadata?: { readonly name?: string };
      };
      const told = `${relative(packageRoot, file)}: ${yaml.split("\n").slice(0, 3).join(" ")}`;
      blocks++;
      t.same(document?.errors, [], told);
      if (kind === "Budget") {
        const found = structuralSchema(budgetSchema).validate(document?.toJS(), undefined);
        t.same(found.map(formatFieldError), [], told);
        continue;
      }
      if (kind === "Schedule") {
        const { spec } = document?.toJS() as Schedule;
        t.same(structuralSchema(scheduleSchema).validate(document?.toJS(), undefined).map(formatFieldError), [], told);
        t.doesNotThrow(() => cronTimes(spec.schedule, spec.timeZone ?? "UTC"), told);
        const run = stringify({ apiVersion, kind: spec.run.kind, metadata: { name: "run" }, spec: spec.run.spec });
        const { code, out } = await outcomeOf(validateCommand, ["--strict", "-f", "-"], run);
        t.same({ code, out }, { code: 0, out: "" }, told);
        continue;
      }
      if (kind === "Kustomization") continue; // test/e2e/install.test.ts applies one
      if (file.endsWith("/helm.md")) continue; // values, which test/integration/chart.test.ts renders
      if (metadata?.name === "invalid") {
        const { code } = await outcomeOf(validateCommand, ["-f", "-"], yaml);
        t.equal(code, 1, `${told} is refused, as the page says`);
        continue;
      }
      if (metadata?.name === "agent-templates") {
        const templates = join(t.testdir({ "templates.yaml": yaml }), "templates.yaml");
        const sample = join(packageRoot, "config/samples/coderun-trader.yaml");
        const { code, err } = await outcomeOf(renderCommand, ["-f", sample, "--templates", templates]);
        t.equal(code, 0, `${told}\n${err}`);
      } else if (kind === undefined || kind === "ConfigMap") {
        if (/^secrets:\n +- /m.test(yaml)) continue; // taskRequirements, which are no configuration
        const { code, out, err } = await outcomeOf(configCommand, ["validate", "--strict", "-f", "-"], yaml);
        t.same({ code, out }, { code: 0, out: "" }, `${told}\n${err}`);
      } else {
        const isOlder = apiVersion?.startsWith("orchestrator.platform/") === true;
        const current = isOlder ? (await outcomeOf(convertCommand, ["-f", "-"], yaml)).out : yaml;
        const { code, out } = await outcomeOf(validateCommand, ["--strict", "-f", "-"], current);
        t.same({ code, out }, { code: 0, out: "" }, told);
      }
    }
  t.ok(blocks > 10, `${blocks} blocks`);
});
