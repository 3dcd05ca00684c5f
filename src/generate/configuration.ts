/** The files generated from schemas/configuration.yaml: a schema module, TypeScript types and a reference page. */
import openapiTS, { astToString } from "openapi-typescript";
import ts from "typescript";
import { readResolved } from "./source.js";
import { generatedFrom } from "./crd.js";
import { bounds, code, tableOf } from "./reference.js";
import { isSection, takenAt, type ConfigurationSchema, type SettingSchema } from "../configuration/schema.js";

const source = "schemas/configuration.yaml";

/** The generated files, by path. */
export async function configurationFiles(file: string): Promise<[string, string][]> {
  const {
    $schema: _schema,
    $defs: _defs,
    ...schema
  } = readResolved(file) as ConfigurationSchema & {
    $schema?: string;
    $defs?: object;
  };
  return [
    ["src/configuration/generated/configuration.schema.ts", schemaModule(schema)],
    ["src/configuration/generated/configuration.ts", await typesModule(schema)],
    ["docs/reference/configuration.md", page(schema)],
  ];
}

function schemaModule(schema: ConfigurationSchema): string {
  return [
    `// ${generatedFrom(source)}`,
    `import type { ConfigurationSchema } from "../schema.js";`,
    "",
    `export const configurationSchema: ConfigurationSchema = ${JSON.stringify(schema, null, 2)};`,
    "",
  ].join("\n");
}

async function typesModule(schema: ConfigurationSchema): Promise<string> {
  const document = {
    openapi: "3.1.0",
    info: { title: "Configuration", version: "1" },
    paths: {},
    components: { schemas: { Configuration: mergedSchema(schema, true) } },
  };
  const nodes = await openapiTS(JSON.stringify(document), {
    rootTypes: true,
    rootTypesNoSchemaPrefix: true,
    defaultNonNullable: false,
    immutable: true,
    silent: true,
  });
  const wanted = nodes.filter((node) => {
    if (!ts.isInterfaceDeclaration(node) && !ts.isTypeAliasDeclaration(node)) return true;
    return node.name.text === "components" || node.name.text === "Configuration";
  });
  return `// ${generatedFrom(source)}\n${astToString(wanted)}`;
}

/** The schema of a part after all sources are merged: sections and keys with defaults are always present. */
function mergedSchema(part: SettingSchema, filled: boolean): object {
  const { description, default: standard } = part;
  const schema = { ...(part["x-as"] ?? part), description };
  const fills = filled && part["x-whole"] !== true;
  const properties = Object.entries(schema.properties ?? {}).filter(
    ([, each]) =>
      each["x-same-as"] === undefined &&
      each["x-no-effect"] === undefined &&
      each["x-disables"] === undefined &&
      each["x-maximizes"] === undefined,
  );
  const present = properties.filter(([, each]) => fills && (each.default !== undefined || isSection(each)));
  const plain = Object.entries(schema).filter(([key]) => !/^(x-.*|default|oneOf)$/.test(key));
  const open = schema["x-open"] === true ? {} : schema.additionalProperties;
  return {
    ...Object.fromEntries(plain),
    ...(Array.isArray(schema.type) && { type: "object" }),
    ...(standard !== undefined && {
      description: [description ?? "", `Default \`${JSON.stringify(standard)}\`.`].join(" "),
    }),
    ...(properties.length > 0 && {
      properties: Object.fromEntries(properties.map(([key, each]) => [key, mergedSchema(each, fills)])),
      required: [...new Set([...(schema.required ?? []), ...present.map(([key]) => key)])],
    }),
    ...(schema.items && { items: mergedSchema(schema.items, false) }),
    ...(open !== undefined && { additionalProperties: typeof open === "object" ? mergedSchema(open, false) : open }),
  };
}

function page(schema: ConfigurationSchema): string {
  const variables = new Map(Object.entries(schema["x-environment"]).map(([name, path]) => [path, name]));
  const variableDefaults = new Map(
    Object.entries(schema["x-environment-defaults"]).map(([name, path]) => [path, name]),
  );
  const flags = new Map(Object.entries(schema["x-flags"]).map(([name, path]) => [path, name]));
  const sections = Object.entries(schema.properties ?? {}).filter(([, each]) => isSection(each));
  const single = Object.entries(schema.properties ?? {}).filter(([, each]) => !isSection(each));
  const table = (keys: [string, SettingSchema][]): string[] =>
    tableOf(
      ["key", "type", "default", "takes effect", "meaning"],
      keys.map(([path, each]) => {
        const [variable, flag] = [variables.get(path), flags.get(path)];
        const variableDefault = variableDefaults.get(path);
        return [
          code(path),
          typeText(each),
          each.default === undefined ? "" : code(JSON.stringify(each.default)),
          takenAt(path.split(".")).join(", "),
          [
            each["x-no-effect"] === undefined ? "" : `*No effect:* ${each["x-no-effect"]}.`,
            each["x-same-as"] === undefined ? "" : `Alias of ${code(each["x-same-as"])}.`,
            each["x-at-start"] === undefined ? "" : `*Not from the file:* ${each["x-at-start"]}.`,
            each.description ?? "",
            ...(each["x-meaning"] === undefined ? bounds(each) : [`Must be ${each["x-meaning"]}.`]),
            variable === undefined ? "" : `Variable ${code(variable)}.`,
            variableDefault === undefined ? "" : `Its default, where set: variable ${code(variableDefault)}.`,
            flag === undefined ? "" : `Flag ${code(flag)}.`,
          ]
            .filter((text) => text !== "")
            .join("<br>"),
        ];
      }),
    );
  return [
    `<!-- ${generatedFrom(source)} -->`,
    "# Configuration",
    "",
    "Every key of `config.yaml` in the ConfigMap `taskrun-controller-config`. [The guide](../guide/configuration.md) explains its",
    "sources and how it is reloaded. `orchestrator config list` prints the keys of the installed version.",
    "",
    "A change takes effect:",
    "",
    "- `admission`: for runs that are created from then on; a run keeps the value that was injected when it was created",
    "- `start`: when the next attempt starts",
    "- `now`: for all runs at once",
    "- `restart`: when the operator starts",
    "",
    "Keys marked *No effect* belong to an earlier system and mean nothing here. They are accepted with a warning.",
    "",
    ...sections.flatMap(([name, each]) => [
      `## ${name}`,
      "",
      ...(each.description === undefined ? [] : [each.description, ""]),
      ...table(leaves(each, name)),
      "",
    ]),
    "## Single keys",
    "",
    ...table(single),
    "",
  ].join("\n");
}

/** Keys with their paths. A section within a section is listed itself, too, if it has a description, a default or an alias. */
function leaves(schema: SettingSchema, path: string): [string, SettingSchema][] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, each]): [string, SettingSchema][] => {
    const own = `${path}.${key}`;
    if (!isSection(each)) return [[own, each]];
    return each.default === undefined && each["x-same-as"] === undefined && each.description === undefined
      ? leaves(each, own)
      : [[own, each], ...leaves(each, own)];
  });
}

function typeText(schema: SettingSchema): string {
  if (schema.anyOf) return [...new Set(schema.anyOf.map(typeText))].join(" or ");
  if (schema.items) return `list of ${typeText(schema.items)}`;
  if (typeof schema.additionalProperties === "object" && schema.properties === undefined)
    return `map to ${typeText(schema.additionalProperties)}`;
  return schema.type === undefined ? "any" : isSection(schema) ? "object" : String(schema.type);
}
