/** The files that programs read, held against their schemas as they stand: no member too many, no word that isn't documented. */
import { readdirSync } from "node:fs";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import fc from "../property.js";
import { parse as parseToml } from "smol-toml";
import t from "tap";
import { isList, isObject } from "#src/runtime/schema/json.js";
import type { JsonSchema } from "#src/runtime/schema/json-schema.js";
import { builtInTemplates } from "#src/templates/builtin.js";
import { agentPrograms } from "#src/templates/agent-programs.js";
import type { AgentProfile } from "#src/api/agent-profile.js";
import type { CodeContext, DocsContext } from "#src/templates/context.js";
import { fileOf } from "#src/templates/files.js";
import { FileSchemas } from "#src/templates/file-schemas.js";
import { sampleAgents, sampleCode, sampleDocs } from "#src/templates/samples.js";
import { TemplateSource } from "#src/templates/source.js";
import { text } from "./arbitrary.js";

type Files = Readonly<Record<string, string>>;

const templates = new TemplateSource().current();
const numRuns = process.env.TEST_FULL === "1" ? 2000 : 100;

const isForPrograms = (file: string): boolean => /\.(json|toml)$/.test(file);
const contentOf = (file: string, content: string): unknown =>
  file.endsWith(".toml") ? parseToml(content) : JSON.parse(content);

// branches of a oneOf say only what differs
const ajv = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false, allErrors: true });
const read = new FileSchemas();
const schemas = new Map(
  readdirSync("templates/schemas")
    .filter((name) => name.endsWith(".yaml"))
    .map((name) => name.slice(0, -".yaml".length))
    .map((file) => [file, read.of(file) ?? {}]),
);
const validators = new Map<string, ValidateFunction>([...schemas].map(([file, schema]) => [file, ajv.compile(schema)]));

/** What is wrong with a file, by its place. */
function mistakesIn(file: string, content: unknown): string[] {
  const validate = validators.get(file);
  if (validate === undefined) return ["has no schema"];
  validate(content);
  return (validate.errors ?? []).map((error) => {
    const member = (error.params as { additionalProperty?: string }).additionalProperty;
    return member === undefined
      ? `${error.instancePath} ${error.message ?? ""}`
      : `${error.instancePath}/${member} unknown`;
  });
}

function mistakesOf(files: Files): string[] {
  return Object.entries(files)
    .filter(([file]) => isForPrograms(file))
    .flatMap(([file, content]) => mistakesIn(file, contentOf(file, content)).map((mistake) => `${file}: ${mistake}`));
}

const asCode = ({ spec, ...context }: CodeContext, program: string): CodeContext => ({
  ...context,
  spec: { ...spec, cliConfig: { ...spec.cliConfig, cliType: program } },
});
const asDocs = ({ spec, ...context }: DocsContext, cli: string): DocsContext => ({
  ...context,
  spec: { ...spec, cli },
});

const [bareCode, fullCode] = sampleCode as [CodeContext, CodeContext];
const [bareDocs] = sampleDocs as [DocsContext];
const programs = [...Object.keys(agentPrograms), "unknown"];

t.test("each JSON and TOML file of a run has a schema, and there is none for another", (t) => {
  const made = [...builtInTemplates().keys()].map(fileOf).filter(isForPrograms);
  t.same([...schemas.keys()].sort(), [...new Set(made)].sort());
  t.end();
});

t.test("the files of every kind, program, preset and profile match", (t) => {
  for (const program of programs)
    for (const agent of sampleAgents) {
      for (const context of sampleCode)
        for (const toolConfig of ["minimal", "default", "advanced"] as const) {
          const code = asCode({ ...context, agent, spec: { ...context.spec, toolConfig } }, program);
          t.same(mistakesOf(templates.code(code)), [], `CodeRun, ${program}, ${toolConfig}`);
        }
      for (const context of sampleDocs)
        t.same(mistakesOf(templates.docs(asDocs({ ...context, agent }, program))), [], `DocsRun, ${program}`);
    }
  t.end();
});

const word = text.filter((each) => each !== "");
const server = fc.record(
  {
    command: word,
    args: fc.array(text, { maxLength: 3 }),
    env: fc.dictionary(word, text, { maxKeys: 3, noNullPrototype: true }),
    tools: fc.array(word, { maxLength: 3 }),
    enabled: fc.boolean(),
  },
  { requiredKeys: [] },
);
const profile: fc.Arbitrary<AgentProfile> = fc.record(
  {
    model: word,
    maxTokens: fc.integer({ min: 1 }),
    temperature: fc.double({ min: 0, max: 2, noNaN: true }),
    reasoningEffort: word,
    tools: fc.record(
      {
        remote: fc.array(word, { maxLength: 3 }),
        localServers: fc.dictionary(word, server, { maxKeys: 3, noNullPrototype: true }),
      },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: [] },
);
const tools = fc.array(word, { maxLength: 3 });
const settings = fc.record({
  model: word,
  permissions: fc.record({ allow: tools, deny: tools }),
  toolServerUrl: fc.constantFrom("http://tools.example.svc:3000/mcp", "https://tools/mcp"),
});

t.test("the files match their schemas for any run, profile and configuration", (t) => {
  const run = fc.record({
    program: fc.constantFrom(...programs),
    agent: profile,
    settings,
    model: word,
    remoteTools: tools,
    localTools: tools,
  });
  fc.assert(
    fc.property(run, ({ program, agent, settings, ...spec }) => {
      const code = asCode(
        { ...bareCode, agent, settings, spec: { ...bareCode.spec, ...spec, toolConfig: "advanced" } },
        program,
      );
      const docs = asDocs({ ...bareDocs, agent, settings, spec: { ...bareDocs.spec, ...spec } }, program);
      t.same(mistakesOf(templates.code(code)), []);
      t.same(mistakesOf(templates.docs(docs)), []);
    }),
    { numRuns },
  );
  t.end();
});

t.test("of a run's own settings for its program nothing but their names is unknown", (t) => {
  const known = new Set([...schemas.values()].flatMap(({ properties = {} }) => Object.keys(properties)));
  const own = fc.dictionary(
    word.filter((name) => !known.has(name) && name !== "reasoningEffort"),
    text,
    { maxKeys: 3, noNullPrototype: true },
  );
  fc.assert(
    fc.property(fc.constantFrom(...programs), own, (program, settings) => {
      const code = asCode(bareCode, program);
      const files = templates.code({ ...code, spec: { ...code.spec, cliConfig: { cliType: program, settings } } });
      const unknown = mistakesOf(files).map((mistake) => /: \/([^]*) unknown$/.exec(mistake)?.[1] ?? mistake);
      t.same(
        unknown.filter((name) => !Object.hasOwn(settings, name)),
        [],
      );
    }),
    { numRuns },
  );
  t.end();
});

/** A content with something else in one place, and where that is. */
interface Changed {
  readonly at: string;
  readonly content: unknown;
}

/** Every member and item in turn with a value of a type that it can't have. */
function* mistyped(value: unknown, at = ""): Generator<Changed> {
  yield { at, content: isList(value) ? {} : [] };
  for (const [key, child] of isObject(value) || isList(value) ? Object.entries(value) : [])
    for (const { at: place, content } of mistyped(child, `${at}/${key}`))
      yield {
        at: place,
        content: isList(value) ? value.with(Number(key), content) : { ...(value as object), [key]: content },
      };
}

/** Every member in turn with another name, but for those of maps, in which any may be. */
function* misspelt(value: unknown, schema: JsonSchema | undefined, at = ""): Generator<Changed> {
  if (!isObject(value)) return;
  const others = schema?.additionalProperties;
  for (const [key, child] of Object.entries(value)) {
    const { [key]: _taken, ...rest } = value;
    if (others === undefined || others === false)
      yield { at: `${at}/${key}`, content: { ...rest, [`${key}s`]: child } };
    const below = schema?.properties?.[key] ?? (typeof others === "object" ? others : undefined);
    for (const { at: place, content } of misspelt(child, below, `${at}/${key}`))
      yield { at: place, content: { ...value, [key]: content } };
  }
}

for (const program of programs.slice(0, -1))
  t.test(`a wrong type or name anywhere in the files of ${program} is found`, (t) => {
    const cliConfig = { cliType: program, temperature: 0.5, settings: { reasoningEffort: "high" } };
    const files = templates.code(asCode({ ...fullCode, spec: { ...fullCode.spec, cliConfig } }, program));
    for (const [file, rendered] of Object.entries(files).filter(([name]) => isForPrograms(name))) {
      const content = contentOf(file, rendered);
      const template = [...builtInTemplates().keys()].find((name) => fileOf(name) === file) ?? "";
      const found = { types: 0, names: 0 };
      for (const change of mistyped(content)) {
        found.types++;
        if (mistakesIn(file, change.content).length === 0) t.fail(`${file}: another type at ${change.at}`);
        if (file.endsWith(".json"))
          t.throws(
            () => new FileSchemas().check(template, change.content),
            { message: "wrong type" },
            `${file}${change.at}`,
          );
      }
      for (const change of misspelt(content, schemas.get(file))) {
        found.names++;
        if (mistakesIn(file, change.content).length === 0) t.fail(`${file}: another name at ${change.at}`);
        t.doesNotThrow(
          () => new FileSchemas().check(template, change.content),
          `${file}${change.at} may be of a newer version`,
        );
      }
      t.ok(found.types > 5 && found.names > 1, `${file}: ${found.types} types, ${found.names} names`);
    }
    t.end();
  });
