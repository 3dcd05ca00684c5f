/** The variables of templates have one list, in src/templates/context.ts; the guide has to say the same. */
import { readFileSync } from "node:fs";
import t from "tap";
import { isObject } from "#src/runtime/schema/json.js";
import { agentVariables, codeVariables, docsVariables } from "#src/templates/context.js";
import { sampleAgents, sampleCode, sampleDocs } from "#src/templates/samples.js";

const guide = readFileSync("docs/guide/templates.md", "utf8");
const names = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name);

/** The rows of the table of variables: what each names, and for which kinds. */
const rows = [
  ...(/\n## Variables\n[^]*?\n\n(?=[^|])/.exec(guide)?.[0] ?? "").matchAll(/^\| (`.*?) \| (yes|no) \| (yes|no) \|/gm),
].map(([, variables = "", code, docs]) => ({
  variables: names(variables),
  code: code === "yes",
  docs: docs === "yes",
}));

/** What templates see, as the guide writes it: `run.name`, or `spec.*` if `described` has the members elsewhere. */
function paths(variables: object, described: ReadonlySet<string>): string[] {
  return Object.entries(variables).flatMap(([name, value]: [string, unknown]) => {
    if (described.has(`${name}.*`)) return [`${name}.*`];
    return isObject(value) && !described.has(name) ? Object.keys(value).map((member) => `${name}.${member}`) : [name];
  });
}

for (const kind of ["code", "docs"] as const)
  t.test(`the guide lists all variables of templates below ${kind}/, and no others`, (t) => {
    const listed = rows.filter((row) => row[kind]).flatMap(({ variables }) => variables);
    const samples = kind === "code" ? sampleCode.map(codeVariables) : sampleDocs.map(docsVariables);
    for (const variables of samples) t.same(paths(variables, new Set(listed)).sort(), [...listed].sort());
    const line =
      new RegExp(`^- ${kind === "code" ? "CodeRun" : "DocsRun"}: ([^]*?)\\n(?=-|\\n)`, "m").exec(guide)?.[1] ?? "";
    for (const { spec } of samples) t.same(Object.keys(spec), names(line));
    t.end();
  });

t.test("every variable is there in every run, and has a value in the last sample", (t) => {
  for (const samples of [
    sampleCode.map(codeVariables),
    sampleDocs.map(docsVariables),
    sampleAgents.map(agentVariables),
  ]) {
    const keys = samples.map((variables) =>
      Object.entries(variables).flatMap(([name, value]: [string, unknown]) =>
        ["spec", "agent"].includes(name) ? Object.keys(value as object).map((key) => `${name}.${key}`) : [name],
      ),
    );
    for (const each of keys) t.same(each, keys[0]);
    const last: { readonly agent: object; readonly spec?: object } | undefined = samples.at(-1);
    t.notOk(Object.values({ ...last?.spec, ...last?.agent }).includes(null));
  }
  t.end();
});
