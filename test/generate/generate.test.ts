import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import { parse } from "yaml";
import { drifted, generatedFiles } from "#src/generate/main.js";
import { readKind, withoutOwnKeywords } from "#src/generate/source.js";

const root = process.cwd();

t.test("every generated file matches its source", async (t) => {
  t.strictSame(drifted(root, await generatedFiles(root)), []);
});

t.test("the same sources give the same text", async (t) => {
  t.strictSame([...(await generatedFiles(root))], [...(await generatedFiles(root))]);
});

t.test("a file that differs or is missing is reported", (t) => {
  const directory = mkdtempSync(join(tmpdir(), "generate-"));
  writeFileSync(join(directory, "a"), "old");
  writeFileSync(join(directory, "b"), "same");
  const files = new Map([
    ["a", "new"],
    ["b", "same"],
    ["c", "new"],
  ]);
  t.strictSame(drifted(directory, files), ["a", "c"]);
  t.end();
});

t.test("the man page has every command, and roff takes nothing in it for a request", async (t) => {
  const page = (await generatedFiles(root)).get("docs/man/orchestrator.1") ?? "";
  for (const command of ["task submit", "cluster load\\-image", "doctor"]) t.match(page, `\n.SS ${command}\n`);
  t.match(page, "--restart --yes".replaceAll("-", "\\-"));
  const requests = page.split("\n").filter((line) => /^[.']/.test(line));
  t.strictSame([...new Set(requests.map((line) => line.split(" ")[0]))].sort(), [
    ...[".B", ".BR", ".EE", ".EX", ".I", ".PP", ".SH", ".SS", ".TH", ".TP", '.\\"'],
  ]);
  t.notMatch(page, /\\[^-e&"]/, "every escape is one of ours");
});

t.test("a CRD contains neither our own keywords nor references", async (t) => {
  const crd = (await generatedFiles(root)).get("crds/taskruns.orchestrator.io.yaml") ?? "";
  t.notMatch(crd, /x-type|x-default-from|\$ref/);
  t.match(parse(crd), {
    spec: {
      names: { shortNames: ["otr"], categories: ["orchestrator"] },
      versions: [{ subresources: { status: {} } }],
    },
  });
});

t.test("every string, list and map has a bound, and every field a description", (t) => {
  const unbounded: string[] = [];
  const walk = (schema: ReturnType<typeof withoutOwnKeywords>, path: string): void => {
    const isRoot = /^\.(apiVersion|kind|metadata)$/.test(path);
    const bounded =
      (schema.type !== "string" || (schema.maxLength ?? schema.enum) !== undefined) &&
      (schema.type !== "array" || schema.maxItems !== undefined) &&
      (schema.type !== "integer" ||
        (schema.minimum !== undefined && (schema.maximum ?? schema.format) !== undefined)) &&
      ((schema.additionalProperties ?? schema["x-kubernetes-preserve-unknown-fields"]) === undefined ||
        schema.maxProperties !== undefined);
    if (!isRoot && !bounded) unbounded.push(path);
    for (const [key, property] of Object.entries(schema.properties ?? {})) {
      if (property.description === undefined && key !== "metadata") unbounded.push(`${path}.${key} has no description`);
      walk(property, `${path}.${key}`);
    }
    if (schema.items) walk(schema.items, `${path}[]`);
    if (typeof schema.additionalProperties === "object") walk(schema.additionalProperties, `${path}{}`);
  };
  for (const name of ["taskrun", "coderun", "docsrun"])
    walk(withoutOwnKeywords(readKind(join(root, `schemas/${name}.yaml`)).schema), "");
  t.strictSame(unbounded, []);
  t.end();
});
