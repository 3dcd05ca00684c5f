/** The sources of the configuration, one over the other: defaults, the file, the environment, flags. Pure. */
import { fieldOf, isMap, pathText, Place, readValue, type Problem } from "./reading.js";
import { isSection, samePaths, schema, schemaAt, type Path, type SettingSchema } from "./schema.js";

/** Where a value comes from. */
export type Origin =
  | { readonly source: "default" }
  /** Keys as they are written there, which may be another name of the setting. */
  | { readonly source: "file"; readonly keys: Path }
  | { readonly source: "environment"; readonly name: string }
  | { readonly source: "flag"; readonly name: string };

/** One setting of one source. */
export interface Entry {
  readonly path: Path;
  readonly value: unknown;
  readonly origin: Origin;
  /** The source gives all of what is below this path, and what others give there doesn't count. */
  readonly whole?: true;
}

/** A source's settings; later ones win. */
export type Layer = readonly Entry[];

interface Spot {
  readonly place: Place;
  /** Keys as written. */
  readonly keys: Path;
  /** The settings that these keys stand for: several where one key is for all priorities. */
  readonly targets: readonly Path[];
  /** It is another name of these, and gives way to their own. */
  readonly alias: boolean;
}

type OriginOf = (keys: Path) => Origin;

/** Reads a tree of values into entries. */
class LayerReader {
  readonly own: Entry[] = [];
  readonly aliased: Entry[] = [];
  /** Whether what is only taken at the start counts. */
  readonly #atStart: boolean;
  readonly #originOf: OriginOf;

  constructor(atStart: boolean, originOf: OriginOf) {
    this.#atStart = atStart;
    this.#originOf = originOf;
  }

  get entries(): Layer {
    return [...this.aliased, ...this.own];
  }

  read(value: unknown, part: SettingSchema, spot: Spot): void {
    if (!isSection(part)) {
      this.#leaf(value, part, spot);
      return;
    }
    if (value === null) return; // an empty section is none
    if (!isMap(value)) {
      readValue(value, { type: "object" }, spot.place);
      return;
    }
    if (part["x-whole"] === true) this.#emit({}, spot, true);
    for (const [key, each] of Object.entries(value)) {
      const field = fieldOf(part, key, each, spot.place);
      if (field !== undefined) this.read(each, field, below(spot, key, field));
    }
  }

  #leaf(value: unknown, part: SettingSchema, spot: Spot): void {
    const read = readValue(value, part, spot.place);
    const late = part["x-at-start"];
    if (late !== undefined && !this.#atStart) {
      spot.place.warning(`has no effect here: ${late}`);
      return;
    }
    if (read !== undefined) this.#emit(read, spot);
    // the parts of an image are two settings
    if (part["x-reads"] === "image" && isMap(value) && typeof value.pullPolicy === "string")
      this.#emit(value.pullPolicy, {
        ...spot,
        keys: [...spot.keys, "pullPolicy"],
        targets: spot.targets.map((path) => [...path.slice(0, -1), "imagePullPolicy"]),
        alias: true,
      });
  }

  #emit(value: unknown, { targets, keys, alias }: Spot, whole?: true): void {
    for (const path of targets)
      (alias ? this.aliased : this.own).push({ path, value, origin: this.#originOf(keys), ...(whole && { whole }) });
  }
}

function below({ place, keys, targets, alias }: Spot, key: string, field: SettingSchema): Spot {
  const same = field["x-same-as"];
  return {
    place: place.field(key),
    keys: [...keys, key],
    targets: same === undefined ? targets.map((path) => [...path, key]) : samePaths(same),
    alias: alias || same !== undefined,
  };
}

/** The content of a file. */
export function fileLayer(content: unknown, problems: Problem[]): Layer {
  const reader = new LayerReader(false, (keys) => ({ source: "file", keys }));
  reader.read(content, schema, top(problems));
  return reader.entries;
}

/** What the schema gives by itself. */
export function defaultLayer(): Layer {
  const reader = new LayerReader(true, () => ({ source: "default" }));
  const walk = (part: SettingSchema, spot: Spot): void => {
    for (const [key, field] of Object.entries(part.properties ?? {})) {
      if (field["x-same-as"] !== undefined || field["x-no-effect"] !== undefined) continue;
      const next = below(spot, key, field);
      if (field.default !== undefined) reader.read(field.default, field, next);
      else if (isSection(field)) walk(field, next);
    }
  };
  walk(schema, top([]));
  return reader.entries;
}

/** `process.env`, or a part of it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The variables that set something; an empty one counts as absent. */
export function environmentLayer(environment: Environment, problems: Problem[]): Layer {
  for (const [name, remedy] of Object.entries(schema["x-environment-no-effect"]))
    if ((environment[name] ?? "") !== "") new Place(name, problems).warning(`has no effect: ${remedy}`);
  return Object.entries(schema["x-environment"]).flatMap(([name, path]) => {
    const text = environment[name];
    if (text === undefined || text === "") return [];
    return textLayer(path, text, { source: "environment", name }, new Place(name, problems));
  });
}

/** Settings of the command line, by path. */
export function flagLayer(flags: readonly Flag[], problems: Problem[]): Layer {
  return flags.flatMap(({ name, path, text }) =>
    textLayer(path, text, { source: "flag", name }, new Place(`${name} ${path}`, problems)),
  );
}

export interface Flag {
  /** `--set`. */
  readonly name: string;
  readonly path: string;
  readonly text: string;
}

function textLayer(path: string, text: string, origin: Origin, place: Place): Layer {
  const keys = path.split(".");
  const reader = new LayerReader(true, () => origin);
  const value = valueOf(text, schemaAt(keys));
  const content = keys.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value);
  // problems are told by the variable's name, not by the path that it stands for
  const found: Problem[] = [];
  reader.read(content, schema, top(found));
  for (const { severity, message } of found) place.problems.push({ severity, path: place.path, message });
  return reader.entries.filter(({ whole }) => whole !== true);
}

/** What a text is, where all values are texts. */
function valueOf(text: string, part: SettingSchema | undefined): unknown {
  const type = [part?.type].flat()[0];
  if (type === "integer") return /^\d+$/.test(text) ? Number(text) : text;
  if (type === "boolean") return text === "true" ? true : text === "false" ? false : text;
  if (type === "array") return text.split(",").map((each) => each.trim());
  return text;
}

const top = (problems: Problem[]): Spot => ({
  place: new Place("", problems),
  keys: [],
  targets: [[]],
  alias: false,
});

/** The settings in force, by the text of their paths; the last of the layers wins. */
export function merge(layers: readonly Layer[]): ReadonlyMap<string, Entry> {
  const merged = new Map<string, Entry>();
  for (const entry of layers.flat()) {
    const key = pathText(entry.path);
    if (entry.whole === true)
      for (const other of [...merged.keys()]) if (other.startsWith(`${key}.`)) merged.delete(other);
    merged.set(key, entry);
  }
  return merged;
}

/** Entries as one object; every section is there. */
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
  const there = parent.get(key);
  if (there instanceof Map) return there as Map<string, unknown>;
  const made = new Map<string, unknown>();
  parent.set(key, made);
  return made;
}

function plain(map: ReadonlyMap<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    [...map].map(([key, value]) => [key, value instanceof Map ? plain(value as Map<string, unknown>) : value]),
  );
}
