/** Walks the corpus of manifests of the old system: what each becomes, what is said about it, and whether it is valid then. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import t from "tap";
import { outcomeOf } from "../cli/command-line.js";
import { convertCommand } from "#src/cli/convert.js";
import { validateCommand } from "#src/cli/validate.js";

const directory = "test/convert/corpus-manifests";
const names = readdirSync(directory)
  .filter((name) => name.endsWith(".yaml"))
  .map((name) => name.replace(/\.yaml$/, ""));

function compare(file: string, text: string): string {
  if (process.env.UPDATE_CORPUS !== undefined) writeFileSync(file, text);
  return readFileSync(file, "utf8");
}

for (const name of names)
  t.test(`${name}: what convert makes of it, and says about it`, async (t) => {
    const input = readFileSync(`${directory}/${name}.yaml`, "utf8");
    const { code, out, err } = await outcomeOf(convertCommand, ["-f", "-"], input);
    const report = `exit code ${String(code)}\n${err}`;
    t.equal(out, compare(`${directory}/${name}.out`, out));
    t.equal(report, compare(`${directory}/${name}.err`, report));
    if (code === 2) {
      t.equal(out, "", "what cannot be read has no result");
      return;
    }
    const validated = await outcomeOf(validateCommand, ["-f", "-"], out);
    const denied = validated.out.split("\n").filter((line) => line.includes(": error: "));
    // the default configuration of validate has neither Docker nor other hosts
    const certain = denied.filter((line) => !/allowDocker|git\.hosts/.test(line));
    if (code === 0) t.same(certain, [], "valid, as the exit code says");
    else t.match(err, /error: /, "the reason for the exit code");
    const told = err.split("\n").filter((line) => line.includes(": error: "));
    t.ok(told.length >= certain.length, "everything that is denied is reported");
    const again = await outcomeOf(convertCommand, ["-f", "-"], out);
    if (out !== "") t.equal(again.out, out, "converting it again changes nothing");
  });

t.ok(names.length >= 40, "the whole corpus is walked");
