/** The chart's values.yaml, their JSON schema and their page, from schemas/chart.yaml; and Chart.yaml with the package's version. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { generatedFrom, yamlText } from "./crd.js";
import { configurationKeys } from "./configuration-keys.js";
import { tableOf } from "./reference.js";
import { readResolved } from "./source.js";
import { schemaAt, type SettingSchema } from "../configuration/schema.js";

const source = "schemas/chart.yaml";

interface ValueSchema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, ValueSchema>>;
  readonly properties?: Readonly<Record<string, ValueSchema>>;
  readonly additionalProperties?: boolean | ValueSchema;
  readonly items?: ValueSchema;
  /** The path in the configuration whose keys the value has; empty for all. */
  readonly "x-configuration"?: string;
}

/** The files, by path. */
export function chartValuesFiles(root: string): [path: string, text: string][] {
  const schema = parse(readFileSync(join(root, source), "utf8"), { merge: true }) as ValueSchema;
  const configuration = readResolved(join(root, "schemas/configuration.yaml")) as SettingSchema;
  const head = `# ${generatedFrom(source)}\n`;
  return [
    ["config/chart/Chart.yaml", `# ${generatedFrom("package.json")}\n${yamlText(about(root))}`],
    ["config/chart/values.yaml", `${head}# README.md explains each value.\n${valuesOf(schema, schema, "")}`],
    [
      "config/chart/values.schema.json",
      `${JSON.stringify({ $comment: generatedFrom(source), ...closed(schema, configuration) }, null, 2)}\n`,
    ],
    ["config/chart/README.md", page(schema)],
  ];
}

function about(root: string): object {
  const { version, description } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    version: string;
    description: string;
  };
  return {
    apiVersion: "v2",
    name: "agent-orchestrator",
    type: "application",
    version,
    appVersion: version,
    description: description.split(",", 1)[0],
    kubeVersion: ">=1.30.0-0",
    home: "https://github.com/5dlabs/agent-orchestrator",
    keywords: ["ai-agents", "coding-agents", "operator"],
  };
}

/** The schema with `additionalProperties: false` wherever an object has properties, so that misspelt values are refused. */
function closed(schema: unknown, configuration: SettingSchema): object {
  if (Array.isArray(schema))
    return schema.map((each) => (isObject(each) ? closed(each, configuration) : (each as unknown)));
  const { "x-configuration": keys, ...own } = schema as ValueSchema;
  const entries = Object.entries(own).map(([key, value]): [string, unknown] => [
    key,
    isObject(value) && key !== "default" ? closed(value, configuration) : value,
  ]);
  if (keys !== undefined) entries.push(...Object.entries(keysAt(keys, configuration)));
  const isClosed = own.properties !== undefined && own.type !== undefined;
  return Object.fromEntries(isClosed ? [...entries, ["additionalProperties", false]] : entries);
}

/** @throws Error if the configuration has no such key */
function keysAt(path: string, configuration: SettingSchema): object {
  const found = schemaAt(path === "" ? [] : path.split("."), configuration);
  if (found === undefined)
    throw new Error(`the configuration has no key ${path}: correct x-configuration in ${source}`);
  return configurationKeys(found);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** A schema with what it refers to; its own keywords have precedence. */
function resolved(schema: ValueSchema, root: ValueSchema): ValueSchema {
  if (schema.$ref === undefined) return schema;
  const { $ref, ...own } = schema;
  return { ...root.$defs?.[$ref.replace("#/$defs/", "")], ...own };
}

/** The defaults as YAML, with the description above each. */
function valuesOf(schema: ValueSchema, root: ValueSchema, indent: string): string {
  return Object.entries(schema.properties ?? {})
    .map(([name, given]) => {
      const field = resolved(given, root);
      const about = field.description === undefined ? "" : comment(field.description, indent);
      if (field.properties !== undefined && field.default === undefined)
        return `${about}${indent}${name}:\n${valuesOf(field, root, `${indent}  `)}`;
      const text = stringify({ [name]: field.default }, { lineWidth: 0 });
      return about + text.replace(/^(?=.)/gm, indent);
    })
    .join("");
}

/** Lines of a comment, of at most 120 characters. */
function comment(text: string, indent: string): string {
  const lines = [`${indent}#`];
  for (const word of text.trim().split(/\s+/)) {
    const last = lines.at(-1) ?? "";
    if (last.length + word.length < 120) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(`${indent}# ${word}`);
  }
  return `${lines.join("\n")}\n`;
}

function page(schema: ValueSchema): string {
  return [
    `<!-- ${generatedFrom(source)} -->`,
    "# The chart",
    "",
    "Installs the operator and its REST server with Helm 3.14 or later. [The guide](../../docs/guide/helm.md) shows how to install, upgrade, roll",
    "back and uninstall. With the default values it renders the objects of `config/default`.",
    "",
    "`templates` holds what the values change; `files` holds the objects themselves, which `npm run generate` copies from the manifests.",
    "Names of objects are fixed, since the operator and its admission policy know them: one installation for a cluster.",
    "",
    "## Values",
    "",
    "Values that are not in this table, or misspelt, are refused.",
    "",
    ...tableOf(["value", "type", "default", "meaning"], rows(schema, schema, "")),
    "",
  ].join("\n");
}

function rows(schema: ValueSchema, root: ValueSchema, prefix: string): string[][] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, given]) => {
    const field = resolved(given, root);
    const path = `${prefix}${name}`;
    const hasParts = field.properties !== undefined && field.default === undefined;
    const own = hasParts || field.description === undefined ? [] : [row(path, field, root)];
    const inner = field.items === undefined ? undefined : resolved(field.items, root);
    const items = inner?.properties !== undefined && described(inner) ? rows(inner, root, `${path}[].`) : [];
    return [...own, ...(hasParts ? rows(field, root, `${path}.`) : []), ...items];
  });
}

function described({ properties = {} }: ValueSchema): boolean {
  return Object.values(properties).some(({ description }) => description !== undefined);
}

function row(path: string, field: ValueSchema, root: ValueSchema): string[] {
  const { default: value, description = "" } = field;
  const shown =
    value === undefined ? "" : `\`${value === "" ? '""' : JSON.stringify(value).replaceAll(/^"|"$/g, "")}\``;
  return [`\`${path}\``, typeOf(field, root), shown, description.trim().replaceAll("|", "\\|")];
}

function typeOf(field: ValueSchema, root: ValueSchema): string {
  if (field.enum !== undefined) return field.enum.map((each) => `\`${each === "" ? '""' : each}\``).join(", ");
  if (field.type === undefined) return "integer or string";
  const types = [field.type].flat().filter((each) => each !== "null");
  if (types[0] !== "array" || field.items === undefined) return types.join(" or ");
  return `list of ${typeOf(resolved(field.items, root), root)}s`;
}
