/**
 * Files that people bring from earlier systems, in corpus/: what `config convert` and `config validate` print for each, and with which exit code,
 * is in corpus/expected. To accept changed output after reviewing the difference: `ACCEPT=1 node build/test/configuration/corpus.test.js`.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { outcomeOf, type Outcome } from "../cli/command-line.js";
import { configCommand } from "#src/cli/config.js";

const directory = "test/configuration/corpus";
const run = (args: readonly string[], text: string): Promise<Outcome> => outcomeOf(configCommand, args, text);

const shown = (command: string, { code, out, err }: Outcome): string =>
  `## ${command}: exit code ${code}\n${err.replaceAll(/^(?=.)/gm, "! ")}${out}`;

const names = readdirSync(directory).filter((name) => /\.(yaml|json)$/.test(name));

t.test("each file of the corpus is converted and validated as expected", async (t) => {
  t.ok(names.length >= 30, `${names.length} files`);
  for (const name of names) {
    const text = readFileSync(join(directory, name), "utf8");
    const converted = await run(["convert", "-f", "-"], text);
    const validated = await run(["validate", "-f", "-"], text);
    const actual = `${shown("convert", converted)}${shown("validate", validated)}`;
    const file = join(directory, "expected", `${name}.txt`);
    if (process.env.ACCEPT === "1") writeFileSync(file, actual);
    t.equal(actual, readFileSync(file, "utf8"), name);
  }
});

t.test("what convert prints is recognized, and converts to itself", async (t) => {
  for (const name of names) {
    const first = await run(["convert", "-f", "-"], readFileSync(join(directory, name), "utf8"));
    if (first.code !== 0) continue;
    const validated = await run(["validate", "-f", "-"], first.out);
    t.match(validated, { code: 0, err: /^0 errors, / }, name);
    const second = await run(["convert", "-f", "-"], first.out);
    t.equal(second.out, first.out, name);
  }
});

t.test("every command that takes a configuration recognizes the same files", async (t) => {
  const values = readFileSync(join(directory, "values-2025-controller.yaml"), "utf8");
  t.match(await run(["get", "agent.image", "-f", "-"], values), {
    ...{ code: 0, out: "registry.example.com/platform/claude:2.0\n" },
    err: /<stdin>: note: Helm values/,
  });
  t.match((await run(["show", "-f", "-"], values)).out, "size: 20Gi # <stdin>:25\n");
  const wrong = readFileSync(join(directory, "wrong-deployment.yaml"), "utf8");
  for (const command of [["show"], ["get", "job"], ["validate"]])
    t.match(await run([...command, "-f", "-"], wrong), {
      ...{ code: 2, out: "" },
      err: /<stdin>: error: contains no configuration: it has Deployment controller; give a config\.yaml/,
    });
});
