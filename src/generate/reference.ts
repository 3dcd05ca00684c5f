import { generatedFrom } from "./crd.js";
import type { KindSource, SourceSchema } from "./source.js";

type Bounded = Pick<
  SourceSchema,
  | "enum"
  | "minimum"
  | "maximum"
  | "minLength"
  | "maxLength"
  | "minItems"
  | "maxItems"
  | "minProperties"
  | "maxProperties"
  | "pattern"
>;

interface Row {
  readonly path: string;
  readonly schema: SourceSchema;
  readonly required: boolean;
}

/** The reference page of a kind: every field with its type, default, bounds and rules. */
export function referencePage(kind: KindSource, source: string): string {
  const { names, group, version } = kind;
  const parts = ["spec", "status"].flatMap((part) => {
    const schema = kind.schema.properties?.[part];
    if (!schema) return [];
    const required = kind.schema.required?.includes(part) ?? false;
    return [`## ${part}`, "", schema.description ?? "", "", ...table(rows(schema, part, required).slice(1)), ""];
  });
  const short = names.shortNames?.length ? `, short ${names.shortNames.map(code).join(", ")}` : "";
  return [
    `<!-- ${generatedFrom(source)} -->`,
    `# ${names.kind}`,
    "",
    kind.schema.description ?? "",
    "",
    `${code(`${group}/${version}`)}, ${kind.scope.toLowerCase()}; ${code(names.plural)}${short}.`,
    "",
    "A default marked *admission* comes from the configuration: the webhook writes it into the object at its creation, where it",
    "stays visible and unchanged. Other defaults are part of the CustomResourceDefinition.",
    "",
    ...parts,
    ...rulesOf("", kind.schema).flatMap((rule, index) =>
      index === 0 ? ["## Rules on the whole object", "", `- ${rule}`] : [`- ${rule}`],
    ),
    "",
  ]
    .join("\n")
    .replace(/\n{3,}/g, "\n\n")
    .trimEnd()
    .concat("\n");
}

function rows(schema: SourceSchema, path: string, required: boolean): Row[] {
  const children = Object.entries(schema.properties ?? {}).flatMap(([name, property]) =>
    rows(property, `${path}.${name}`, schema.required?.includes(name) ?? false),
  );
  const items = schema.items && isObject(schema.items) ? rows(schema.items, `${path}[]`, false).slice(1) : [];
  return [{ path, schema, required }, ...children, ...items];
}

const isObject = (schema: SourceSchema): boolean => schema.properties !== undefined;

function table(all: readonly Row[]): string[] {
  const lines = all.map(({ path, schema, required }) => [
    code(path.replace(/^(spec|status)\./, "")),
    typeText(schema),
    required ? "required" : defaultText(schema),
    [
      schema.description ?? "",
      ...bounds(schema),
      ...(schema.items && !isObject(schema.items) ? itemBounds(schema.items) : []),
      ...rulesOf(path, schema),
    ]
      .filter((part) => part !== "")
      .join("<br>"),
  ]);
  return tableOf(["field", "type", "default", "meaning and rules"], lines);
}

/** A Markdown table. */
export function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), `|${head.map(() => "---|").join("")}`, ...rows.map(line)];
}

function typeText(schema: SourceSchema): string {
  if (schema["x-kubernetes-int-or-string"]) return "integer or string";
  if (schema.items) {
    const keys = schema["x-kubernetes-list-map-keys"];
    if (keys) return `list, one for each ${keys.join(" and ")}`;
    return `${schema["x-kubernetes-list-type"] === "set" ? "set" : "list"} of ${typeText(schema.items)}`;
  }
  if (typeof schema.additionalProperties === "object") return `map to ${typeText(schema.additionalProperties)}`;
  return schema.format === "date-time" ? "time (RFC 3339)" : (schema.type ?? "any");
}

function defaultText(schema: SourceSchema): string {
  if (schema["x-default-from"] !== undefined) return `*admission*: ${code(schema["x-default-from"])}`;
  return schema.default === undefined ? "" : code(JSON.stringify(schema.default));
}

/** A schema's limits on a value, as sentences. */
export function bounds(schema: Bounded): string[] {
  const range = (noun: string, low?: number, high?: number): string[] => {
    if (low === undefined && high === undefined) return [];
    if (low === undefined) return [`At most ${high ?? 0}${noun}.`];
    return [high === undefined ? `At least ${low}${noun}.` : `${low} to ${high}${noun}.`];
  };
  return [
    ...(schema.enum ? [`One of ${schema.enum.map((value) => code(String(value))).join(", ")}.`] : []),
    ...range("", schema.minimum, schema.maximum),
    ...range(" characters", schema.minLength, schema.maxLength),
    ...range(" items", schema.minItems, schema.maxItems),
    ...range(" keys", schema.minProperties, schema.maxProperties),
    ...(schema.pattern === undefined ? [] : [`Matches ${code(schema.pattern)}.`]),
  ];
}

const itemBounds = (schema: SourceSchema): string[] => bounds(schema).map((bound) => `Each: ${bound}`);

function rulesOf(path: string, schema: SourceSchema): string[] {
  return (schema["x-kubernetes-validations"] ?? []).map(({ message, rule, fieldPath }) => {
    const at = path === "" && fieldPath !== undefined ? `${code(fieldPath.slice(1))} ` : "";
    return `*Rule:* ${at}${message ?? code(rule)}.`;
  });
}

export const code = (text: string): string => `\`${text}\``;
