/** Explains the configuration to users: all keys, and each value with its source. Pure. */
import { Document, isMap, isScalar, type Pair, type Range } from "yaml";
import { treeOf, type Entry, type Origin } from "./layers.js";
import type { Configured } from "./parse.js";
import { isSection, pathText, schema, type SettingSchema } from "./schema.js";

/** The name of a file, and where the configuration begins in it. */
export interface FileName {
  readonly name: string;
  /** Number of lines before the first line of the configuration. */
  readonly before: number;
}

/** The source of a value as text: `default`, `file:line`, `env NAME`, `flag --set`. */
export function sourceText(origin: Origin, { document, lines }: Configured, { name, before }: FileName): string {
  switch (origin.source) {
    case "default":
      return "default";
    case "environment":
      return `env ${origin.name}`;
    case "flag":
      return `flag ${origin.name}`;
    case "file": {
      const node = document.getIn(origin.keys, true) as { range?: Range } | undefined;
      const line = node?.range && lines.linePos(node.range[0]).line + before;
      return line === undefined ? name : `${name}:${line}`;
    }
  }
}

/** The entries to show, without those whose path is a prefix of another entry's path. */
function shownEntries({ entries }: Configured): Entry[] {
  const keys = [...entries.keys()];
  return [...entries.values()].filter(({ path, whole }) => {
    const prefix = `${pathText(path)}.`;
    return whole !== true || !keys.some((key) => key.startsWith(prefix));
  });
}

/** The source of each value, by its path. */
export function sourcesOf(configured: Configured, file: FileName): Record<string, string> {
  return Object.fromEntries(
    shownEntries(configured).map(({ path, origin }) => [pathText(path), sourceText(origin, configured, file)]),
  );
}

/** The configuration as a `config.yaml`, with the source of each value as a comment. */
export function annotated(configured: Configured, file: FileName): string {
  const document = new Document(withoutEmpty(treeOf(configured.entries.values())));
  for (const { path, origin } of shownEntries(configured)) {
    const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
    const pair = isMap(parent)
      ? parent.items.find(({ key }): boolean => isScalar(key) && key.value === path.at(-1))
      : undefined;
    if (pair !== undefined) comment(pair, ` ${sourceText(origin, configured, file)}`);
  }
  return document.toString({ lineWidth: 0 });
}

function comment({ key, value }: Pair, text: string): void {
  if (isScalar(value) && !(typeof value.value === "string" && value.value.includes("\n"))) value.comment = text;
  else if (isScalar(key)) key.commentBefore = text;
}

/** Removes sections in which nothing is set. */
function withoutEmpty(tree: Readonly<Record<string, unknown>>, part: SettingSchema = schema): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(tree).flatMap(([key, value]) => {
      const field = part.properties?.[key];
      if (field === undefined || !isSection(field) || field["x-whole"] === true) return [[key, value]];
      const inner = withoutEmpty(value as Record<string, unknown>, field);
      return Object.keys(inner).length === 0 ? [] : [[key, inner]];
    }),
  );
}

/** A key of the configuration. */
export interface KeyHelp {
  readonly path: string;
  readonly default?: unknown;
  /** Environment variable that sets it. */
  readonly variable?: string;
  /** Flag of the manager that sets it. */
  readonly flag?: string;
  readonly meaning: string;
}

/** All keys, in the order of the schema. */
export function listKeys(): KeyHelp[] {
  const named = (table: Readonly<Record<string, string>>, path: string): string | undefined =>
    Object.entries(table).find(([, each]) => each === path)?.[0];
  const walk = (part: SettingSchema, under: string): KeyHelp[] =>
    Object.entries(part.properties ?? {}).flatMap(([key, field]) => {
      const path = under === "" ? key : `${under}.${key}`;
      if (isSection(field) && field["x-same-as"] === undefined && field["x-whole"] !== true) return walk(field, path);
      const variable = named(schema["x-environment"], path);
      const flag = named(schema["x-flags"], path);
      const own: KeyHelp = {
        path,
        ...(field.default !== undefined && { default: field.default }),
        ...(variable !== undefined && { variable }),
        ...(flag !== undefined && { flag }),
        meaning: meaningOf(field),
      };
      return [own, ...(isSection(field) ? walk(field, path) : [])];
    });
  return walk(schema, "");
}

function meaningOf(field: SettingSchema): string {
  const same = field["x-same-as"];
  return [
    field["x-no-effect"] === undefined ? "" : `No effect: ${field["x-no-effect"]}.`,
    field["x-at-start"] === undefined ? "" : `Not from the file: ${field["x-at-start"]}.`,
    same === undefined ? "" : `Another name of ${same}.`,
    field.description ?? "",
  ]
    .filter((text) => text !== "")
    .join(" ");
}
