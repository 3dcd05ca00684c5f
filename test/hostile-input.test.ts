/**
 * Texts that once ended the process with `FATAL ERROR: RegExpCompiler Allocation failed`, which no catch stops: the
 * library's parser recursed to the end of the stack. Each parser of foreign text reads them in a process of its own.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";

const directory = mkdtempSync(join(tmpdir(), "hostile-input-"));
t.teardown(() => rmSync(directory, { recursive: true, force: true }));
const texts = ['? ["'.repeat(1150), "- ? ".repeat(1500), "{a: ".repeat(15_000), "[".repeat(60_000)];
const files = texts.map((text, index) => {
  const file = join(directory, `${index}.yaml`);
  writeFileSync(file, text);
  return file;
});

/** Each parser as a module and an expression with `text` and `file`, and the clause that it refuses all texts with. */
const parsers: Readonly<Record<string, readonly [module: string, expression: string, refusal: RegExp]>> = {
  "taskRequirements of a CodeRun": [
    'import { readRequirements } from "#src/api/requirements.js";',
    'readRequirements(Buffer.from(text).toString("base64")).problems.map(({ message }) => message).join()',
    /is nested deeper than|more than \d+ bytes/,
  ],
  "the configuration": [
    'import { parseConfiguration } from "#src/configuration/parse.js";',
    "parseConfiguration(text).problems.map(({ message }) => message).join()",
    /is nested deeper than/,
  ],
  "Helm values": [
    'import { convertValues } from "#src/configuration/convert.js";',
    'convertValues(text, "a", "b").remarks.map(({ message }) => message).join()',
    /is nested deeper than/,
  ],
  "manifests to convert": [
    'import { convertManifests } from "#src/convert/manifests.js";',
    "convertManifests(text).remarks.map(({ message }) => message).join()",
    /is nested deeper than/,
  ],
  "manifests to validate": [
    'import { readRuns } from "#src/cli/manifest-files.js";',
    'caught(() => readRuns("runs.yaml", text))',
    /^runs\.yaml: error: .*is nested deeper than/,
  ],
  "a configuration file": [
    'import { configurationText } from "#src/configuration/configuration-text.js";',
    "caught(() => configurationText(text))",
    /is nested deeper than/,
  ],
  "a kubeconfig": [
    'import { kubeconfigAccess } from "#src/runtime/client/kubeconfig.js";',
    "await kubeconfigAccess({ file }).catch(({ message }) => message)",
    /the kubeconfig .*\.yaml is nested deeper than/,
  ],
};

for (const [what, [module, expression, refusal]] of Object.entries(parsers))
  t.test(`hostile YAML as ${what} is refused, and the process goes on`, (t) => {
    const script = `
      import { readFileSync } from "node:fs";
      ${module}
      const caught = (action) => { try { action(); return "accepted"; } catch ({ message }) { return message; } };
      const answers = [];
      for (let turn = 0; turn < 6; turn++)
        for (const file of ${JSON.stringify(files)}) {
          const text = readFileSync(file, "utf8");
          answers.push(String(${expression}));
        }
      console.log(JSON.stringify(answers));`;
    const child = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
    t.equal(child.signal, null, child.stderr.slice(0, 500));
    t.equal(child.status, 0, child.stderr.slice(0, 500));
    for (const answer of JSON.parse(child.stdout || "[]") as string[]) t.match(answer, refusal);
    t.end();
  });
