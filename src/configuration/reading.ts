/**
 * Reading untrusted YAML values by the schema: each value is given as the program wants it, or it is noted what is
 * wrong, where, and what to write instead; so one pass finds every mistake.
 */
import type { Path, SettingSchema } from "./schema.js";

/** Something about a configuration that its author should know. */
export interface Problem {
  /** Only an error keeps the configuration from being used. */
  readonly severity: "error" | "warning";
  /** `job.backoffLimit`, `agent.env[0].name`, or the environment variable's name. */
  readonly path: string;
  /** What is wrong and what to write instead. Without the path. */
  readonly message: string;
}

/** A value's place and where its problems are noted. */
export class Place {
  constructor(
    readonly path: string,
    readonly problems: Problem[],
  ) {}

  field(name: string): Place {
    return new Place(this.path === "" ? name : `${this.path}.${name}`, this.problems);
  }

  item(index: number): Place {
    return new Place(`${this.path}[${index}]`, this.problems);
  }

  /** Notes an error, and gives the nothing that a reader then has to give. */
  error<T>(message: string): T | undefined {
    this.problems.push({ severity: "error", path: this.path, message });
    return undefined;
  }

  warning(message: string): void {
    this.problems.push({ severity: "warning", path: this.path, message });
  }
}

type Reader = (value: unknown, schema: SettingSchema, place: Place) => unknown;

/** The value in an error message: short, on one line. */
function shown(value: unknown): string {
  const text = JSON.stringify(value) as string | undefined;
  return text === undefined ? "nothing" : text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

const text: Reader = (value, { enum: choices, minLength = 0, maxLength, pattern, ...rest }, place) => {
  if (choices !== undefined)
    return (
      choices.find((choice) => choice === value) ??
      place.error(`must be one of ${choices.join(", ")}, is ${shown(value)}`)
    );
  if (typeof value !== "string") return place.error(`must be a string, is ${shown(value)}: put it in quotes`);
  if (value.length < minLength) return place.error("must not be empty: write a value or remove the key");
  if (maxLength !== undefined && value.length > maxLength)
    return place.error(`must have at most ${maxLength} characters, has ${value.length}`);
  if (pattern !== undefined && !new RegExp(pattern).test(value))
    return place.error(`must be ${rest["x-meaning"] ?? `text that matches ${pattern}`}, is ${shown(value)}`);
  return value;
};

const integer: Reader = (value, { minimum = -Infinity, maximum = Infinity }, place) =>
  typeof value === "number" && Number.isInteger(value) && value >= minimum && value <= maximum
    ? value
    : place.error(`must be a whole number from ${minimum} to ${maximum}, is ${shown(value)}`);

const number: Reader = (value, { minimum = -Infinity, maximum = Infinity }, place) =>
  typeof value === "number" && value >= minimum && value <= maximum
    ? value
    : place.error(`must be a number from ${minimum} to ${maximum}, is ${shown(value)}`);

const boolean: Reader = (value, _schema, place) =>
  typeof value === "boolean" ? value : place.error(`must be true or false, is ${shown(value)}`);

const list: Reader = (value, { items = {}, minItems = 0, maxItems = Infinity }, place) => {
  if (!Array.isArray(value)) return place.error(`must be a list, is ${shown(value)}`);
  if (value.length > maxItems) return place.error(`must have at most ${maxItems} items, has ${value.length}`);
  if (value.length < minItems) return place.error(`must have at least ${minItems} items: write one or remove the key`);
  const read = value.map((each: unknown, index) => readValue(each, items, place.item(index)));
  return read.includes(undefined) ? undefined : read;
};

const map: Reader = (value, schema, place) => {
  // the value of a list of agents by name may be left away, as a section's can
  const given = value === null && Array.isArray(schema.type) ? {} : value;
  if (!isMap(given)) return place.error(`must be a map, is ${shown(value)}`);
  const { required = [], minProperties = 0, maxProperties = Infinity } = schema;
  const count = Object.keys(given).length;
  if (count > maxProperties) return place.error(`must have at most ${maxProperties} of its keys, has ${count}`);
  if (count < minProperties) return place.error(`must have at least ${minProperties} of its keys`);
  const read: [string, unknown][] = [];
  for (const [key, each] of Object.entries(given)) {
    const known = fieldOf(schema, key, each, place);
    const result = known === undefined ? undefined : readValue(each, known, place.field(key));
    if (result !== undefined) read.push([key, result]);
  }
  const missing = required.filter((key) => !Object.hasOwn(given, key));
  if (missing.length > 0) return place.error(`needs ${missing.join(" and ")}`);
  return Object.fromEntries(read);
};

const readersByType: Readonly<Record<string, Reader>> = {
  string: text,
  integer,
  number,
  boolean,
  array: list,
  object: map,
};

export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * The schema of a map's key; nothing where it is to be passed over, which is then told: its name may be misspelt, or mean
 * nothing here.
 */
export function fieldOf(map: SettingSchema, key: string, value: unknown, place: Place): SettingSchema | undefined {
  const { properties = {}, additionalProperties: others } = map;
  const field = Object.hasOwn(properties, key) ? properties[key] : undefined;
  if (field !== undefined) {
    const reason = field["x-no-effect"];
    if (reason === undefined) return field;
    // a default is what holds anyway
    if (field.default === undefined || !isSame(value, field.default))
      place.field(key).warning(`has no effect: ${reason}`);
    return undefined;
  }
  if (typeof others === "object") return others;
  if (map["x-open"] === true) return {};
  const known = Object.keys(properties);
  const plain = (name: string): string => name.replaceAll(/[-_]/g, "").toLowerCase();
  const meant = known.find((name) => plain(name) === plain(key));
  const remedy = meant === undefined ? `known here: ${known.join(", ")}` : `did you mean ${meant}?`;
  if (others === false) place.field(key).error(`is not known here; ${remedy}`);
  else place.field(key).warning(`is not a known key and has no effect; ${remedy}`);
  return undefined;
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** One of several forms: the first that fits by its outer type says what is wrong within. */
function form(value: unknown, { anyOf = [] }: SettingSchema): SettingSchema | undefined {
  const type = Array.isArray(value) ? "array" : isMap(value) ? "object" : typeof value;
  return anyOf.find((each) => [each.type].flat().includes(type));
}

/** Readers of what can be written in several ways: `x-reads` names them, and `x-as` says what they make of it. */
const named: Readonly<Record<string, Reader>> = {
  /** Numbers are accepted as YAML writers expect (`cpu: 1`). */
  quantity: (value, schema, place) => {
    const written = typeof value === "number" ? String(value) : value;
    const pattern = new RegExp(schema.anyOf?.find(({ type }) => type === "string")?.pattern ?? "");
    return typeof written === "string" && pattern.test(written)
      ? written
      : place.error(`must be a quantity such as "500m", "2" or "4Gi", is ${shown(value)}`);
  },
  wholeNumber: (value, schema, place) => {
    const number = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
    return integer(number, schema.anyOf?.find(({ type }) => type === "integer") ?? {}, place);
  },
  textOrNumber: (value, schema, place) => {
    const read = readValue(value, form(value, schema) ?? { type: "string" }, place);
    return typeof read === "number" ? String(read) : read;
  },
  nameOrReference: (value, schema, place) => {
    const read = readValue(value, form(value, schema) ?? { type: "string" }, place);
    return isMap(read) ? read.name : read;
  },
  variable: (value, schema, place) => {
    const read = map(value, schema, place);
    if (!isMap(value) || !isMap(read)) return undefined;
    if (Object.hasOwn(value, "value") === Object.hasOwn(value, "valueFrom"))
      return place.error("needs either value or valueFrom");
    return read;
  },
  /** The seeds write one string, the original `{repository, tag, pullPolicy}`. The pull policy is a key of its own. */
  image: (value, schema, place) => {
    const read = readValue(value, form(value, schema) ?? { type: "string" }, place);
    if (!isMap(read)) return read;
    const { repository, tag } = read;
    if (typeof repository !== "string")
      return tag === undefined ? undefined : place.error("has a tag but no repository: write both");
    if (typeof tag !== "string") return repository;
    return `${repository}${tag.startsWith("sha256:") ? "@" : ":"}${tag}`;
  },
  agents: (value, schema, place) => {
    const read = readValue(value, form(value, schema) ?? { type: "object" }, place);
    return Array.isArray(read) ? Object.fromEntries(read.map((name: unknown) => [String(name), {}])) : read;
  },
  namespaces: (value, schema, place) => {
    const chosen = form(value, schema);
    if (chosen === undefined)
      return place.error(`must be all, a list of names or a label selector, is ${shown(value)}`);
    const read = readValue(value, chosen, place);
    return read === "all" ? {} : Array.isArray(read) ? { names: read } : read;
  },
};

/** A value as its schema reads it; nothing where it is wrong, which is then noted. */
export function readValue(value: unknown, schema: SettingSchema, place: Place): unknown {
  const name = schema["x-reads"];
  if (name !== undefined) return named[name]?.(value, schema, place);
  const type = [schema.type].flat()[0];
  return type === undefined ? value : readersByType[type]?.(value, schema, place);
}

/** A place in the schema as a path of keys, with its text. */
export function pathText(path: Path): string {
  return path.join(".");
}
