/** The sources of the configuration, from lowest to highest precedence: defaults, the file, the environment, flags. Pure. */
import { isObject } from "../runtime/schema/json.js";
import { memberSchemaOf } from "../runtime/schema/value-schema.js";
import { coerced, valueOfText } from "./coercion.js";
import type { Problem } from "./problem.js";
import { isSection, pathText, samePaths, schema, schemaAt, type Path, type SettingSchema } from "./schema.js";
import { withoutUnset } from "./unset.js";
import { mostRemedies, unknownMember, validateValue, withoutEffect } from "./validation.js";

/** The source of a value. */
export type Origin =
  | { readonly source: "default" }
  /** The keys as written in the file; they may be an alias of the entry's path. */
  | { readonly source: "file"; readonly keys: Path }
  | { readonly source: "environment"; readonly name: string }
  | { readonly source: "flag"; readonly name: string };

/** The value that one source sets at one path. */
export interface Entry {
  readonly path: Path;
  readonly value: unknown;
  readonly origin: Origin;
  /** The source replaces everything below this path, including what lower sources set there. */
  readonly whole?: true;
}

/** The entries of a source; later ones override earlier ones. */
export type Layer = readonly Entry[];

interface Position {
  /** Keys as written. */
  readonly keys: Path;
  /** The paths that these keys set: several if one key applies to all priorities. */
  readonly targets: readonly Path[];
  /** The keys are an alias of the targets. The targets' own keys take precedence. */
  readonly alias: boolean;
}

const top: Position = { keys: [], targets: [[]], alias: false };

type OriginOf = (keys: Path) => Origin;

/** Reads a tree of values into entries. */
class LayerReader {
  readonly own: Entry[] = [];
  readonly aliased: Entry[] = [];
  /** Override what the same source sets otherwise. */
  readonly forced: Entry[] = [];
  /** Of lists and maps with mistakes, what has none; only for checks, and with holes in lists where the mistakes are. */
  readonly salvaged: Entry[] = [];
  readonly #problems: Problem[];
  /** Whether the source may set keys with `x-at-start`. */
  readonly #atStart: boolean;
  readonly #originOf: OriginOf;
  /** Of sections. */
  #unknownKeys = 0;

  constructor(problems: Problem[], atStart: boolean, originOf: OriginOf) {
    this.#problems = problems;
    this.#atStart = atStart;
    this.#originOf = originOf;
  }

  get entries(): Layer {
    return [...this.aliased, ...this.own, ...this.forced];
  }

  read(value: unknown, part: SettingSchema, position: Position): void {
    if (!isSection(part)) {
      this.#leaf(value, part, position);
      return;
    }
    const path = pathText(position.keys);
    if (value === null) return; // an empty section sets nothing
    if (!isObject(value)) {
      this.#problems.push(...validateValue(value, section, path));
      return;
    }
    if (part["x-whole"] === true) this.#emit({}, position, true);
    for (const [key, each] of Object.entries(value)) {
      const field = memberSchemaOf<SettingSchema>(part, key);
      if (field === undefined)
        this.#problems.push(...unknownMember(part, key, path, this.#unknownKeys++ < mostRemedies));
      else if (field["x-no-effect"] !== undefined)
        this.#problems.push(...withoutEffect(field, each, pathText([...position.keys, key])));
      else this.read(each, field, below(position, key, field));
    }
  }

  #leaf(value: unknown, part: SettingSchema, position: Position): void {
    const path = pathText(position.keys);
    const problems = validateValue(value, part, path);
    this.#problems.push(...problems);
    const late = part["x-at-start"];
    if (late !== undefined && !this.#atStart) {
      this.#problems.push({ severity: "warning", path, message: `has no effect here: ${late}` });
      return;
    }
    const mistakes = problems.filter(({ severity }) => severity === "error");
    const valid = mistakes.length === 0 ? value : salvage(value, path, mistakes);
    const read = valid === undefined ? undefined : coerced(valid, part);
    if (mistakes.length > 0) {
      if (read !== undefined) this.#emit(read, position, undefined, this.salvaged);
      return;
    }
    const { "x-disables": disabled, "x-maximizes": maximized } = part;
    if (disabled !== undefined || maximized !== undefined) {
      if (read !== false) return;
      for (const each of disabled ?? []) this.#force(each, 0, position);
      for (const each of maximized ?? []) this.#force(each, schemaAt(each.split("."))?.maximum, position);
      return;
    }
    if (read !== undefined) this.#emit(read, position);
    // the pull policy of an image in parts is a key of its own
    if (part["x-reads"] === "image" && isObject(value) && typeof value.pullPolicy === "string")
      this.#emit(value.pullPolicy, {
        keys: [...position.keys, "pullPolicy"],
        targets: position.targets.map((target) => [...target.slice(0, -1), "imagePullPolicy"]),
        alias: true,
      });
  }

  /** Sets a number, whatever the source sets it to otherwise. */
  #force(path: string, value: number | undefined, { keys }: Position): void {
    this.#emit(value, { keys, targets: [path.split(".")], alias: true }, undefined, this.forced);
  }

  #emit(
    value: unknown,
    { targets, keys, alias }: Position,
    whole?: true,
    into = alias ? this.aliased : this.own,
  ): void {
    for (const path of targets) into.push({ path, value, origin: this.#originOf(keys), ...(whole && { whole }) });
  }
}

const section: SettingSchema = { type: "object" };

function below({ keys, targets, alias }: Position, key: string, field: SettingSchema): Position {
  const same = field["x-same-as"];
  return {
    keys: [...keys, key],
    targets: same === undefined ? targets.map((path) => [...path, key]) : samePaths(same),
    alias: alias || same !== undefined,
  };
}

/** The items and members without mistakes; undefined for anything else. Lists keep their indices. */
function salvage(value: unknown, path: string, mistakes: readonly Problem[]): unknown {
  const isWrong = (own: string): boolean =>
    mistakes.some((each) => each.path.startsWith(own) && /^([.[]|$)/.test(each.path.slice(own.length)));
  if (mistakes.some((each) => each.path === path)) return undefined;
  if (Array.isArray(value)) {
    const kept: unknown[] = Array(value.length) as unknown[];
    for (const [index, each] of value.entries()) if (!isWrong(`${path}[${index}]`)) kept[index] = each;
    return kept;
  }
  if (!isObject(value)) return undefined;
  return Object.fromEntries(Object.entries(value).filter(([name]) => !isWrong(`${path}.${name}`)));
}

const keysOf = (origin: Origin): string => (origin.source === "file" ? pathText(origin.keys) : origin.source);

/** Warnings for numbers that another key decides. */
function overruled({ forced, own, aliased }: LayerReader): Problem[] {
  return forced.flatMap(({ path, value: decided, origin: by }) =>
    [...own, ...aliased].flatMap(({ path: other, value, origin }) => {
      if (value === decided || pathText(other) !== pathText(path)) return [];
      const effect = decided === 0 ? "no attempt is retried automatically" : "finished Jobs are kept";
      const message = `has no effect: ${keysOf(by)} is false, so ${effect}; remove one of them`;
      return [{ severity: "warning" as const, path: keysOf(origin), message }];
    }),
  );
}

/**
 * The entries of a configuration file.
 *
 * @param salvaged gets, for checks, what has no mistakes of the lists and maps with mistakes; their lists have holes
 */
export function fileLayer(content: unknown, problems: Problem[], salvaged: Entry[] = []): Layer {
  const reader = new LayerReader(problems, false, (keys) => ({ source: "file", keys }));
  reader.read(withoutUnset(content, schema), schema, top);
  salvaged.push(...reader.salvaged);
  problems.push(...overruled(reader));
  return reader.entries;
}

/** The defaults of the schema. */
export function defaultLayer(): Layer {
  const reader = new LayerReader([], true, () => ({ source: "default" }));
  const walk = (part: SettingSchema, position: Position): void => {
    for (const [key, field] of Object.entries(part.properties ?? {})) {
      if (field["x-same-as"] !== undefined || field["x-no-effect"] !== undefined) continue;
      const next = below(position, key, field);
      if (field.default !== undefined) reader.read(field.default, field, next);
      else if (isSection(field)) walk(field, next);
    }
  };
  walk(schema, top);
  return reader.entries;
}

/** Environment variables by name, such as `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The entries of environment variables; an empty variable counts as absent. */
export function environmentLayer(environment: Environment, problems: Problem[]): Layer {
  for (const [name, remedy] of Object.entries(schema["x-environment-no-effect"]))
    if ((environment[name] ?? "") !== "")
      problems.push({ severity: "warning", path: name, message: `has no effect: ${remedy}` });
  return variableLayer(schema["x-environment"], environment, problems);
}

/** The entries of environment variables that have the defaults of keys. */
export function environmentDefaultLayer(environment: Environment, problems: Problem[]): Layer {
  return variableLayer(schema["x-environment-defaults"], environment, problems);
}

function variableLayer(
  variables: Readonly<Record<string, string>>,
  environment: Environment,
  problems: Problem[],
): Layer {
  return Object.entries(variables).flatMap(([name, path]) => {
    const text = environment[name];
    if (text === undefined || text === "") return [];
    return textLayer(path, text, { source: "environment", name }, name, problems);
  });
}

/** The entries of flags. */
export function flagLayer(flags: readonly Flag[], problems: Problem[]): Layer {
  return flags.flatMap(({ name, path, text }) =>
    textLayer(path, text, { source: "flag", name }, `${name} ${path}`, problems),
  );
}

export interface Flag {
  /** Name of the flag, such as `--set`, for messages. */
  readonly name: string;
  readonly path: string;
  readonly text: string;
}

/** @param source name of the variable or flag, under which problems are reported */
function textLayer(path: string, text: string, origin: Origin, source: string, problems: Problem[]): Layer {
  const keys = path.split(".");
  const found: Problem[] = [];
  const reader = new LayerReader(found, true, () => origin);
  const value = valueOfText(text, schemaAt(keys));
  const content = keys.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value);
  reader.read(content, schema, top);
  for (const { severity, message } of found) problems.push({ severity, path: source, message });
  return reader.entries.filter(({ whole }) => whole !== true);
}

/** The entries in force, by the text of their paths; later layers override earlier ones. */
export function merge(layers: readonly Layer[]): Map<string, Entry> {
  const merged = new Map<string, Entry>();
  for (const entry of layers.flat()) {
    const key = pathText(entry.path);
    if (entry.whole === true)
      for (const other of [...merged.keys()]) if (other.startsWith(`${key}.`)) merged.delete(other);
    merged.set(key, entry);
  }
  return merged;
}

/** The entries as one object, which contains every section. */
export function treeOf(entries: Iterable<Entry>): Record<string, unknown> {
  const root = new Map<string, unknown>();
  const skeleton = (part: SettingSchema, into: Map<string, unknown>): void => {
    for (const [key, field] of Object.entries(part.properties ?? {}))
      if (isSection(field) && field["x-same-as"] === undefined && field["x-whole"] !== true)
        skeleton(field, mapIn(into, key));
  };
  skeleton(schema, root);
  for (const { path, value, whole } of entries) {
    const parent = path.slice(0, -1).reduce(mapIn, root);
    const last = path.at(-1);
    if (last === undefined) continue;
    if (whole === true) mapIn(parent, last);
    else parent.set(last, value);
  }
  return plain(root);
}

function mapIn(parent: Map<string, unknown>, key: string): Map<string, unknown> {
  const existing = parent.get(key);
  if (existing instanceof Map) return existing as Map<string, unknown>;
  const created = new Map<string, unknown>();
  parent.set(key, created);
  return created;
}

function plain(map: ReadonlyMap<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    [...map].map(([key, value]) => [key, value instanceof Map ? plain(value as Map<string, unknown>) : value]),
  );
}
