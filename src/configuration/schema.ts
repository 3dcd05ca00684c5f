/** The schema of the configuration, generated from schemas/configuration.yaml. */
import type { JsonSchema } from "../runtime/schema/json-schema.js";
import { configurationSchema } from "./generated/configuration.schema.js";

/**
 * When a change of a key takes effect: `admission` for runs that are created or changed from then on (a run keeps the value that was
 * injected into it), `start` when an attempt starts, `now` for all runs at once, `restart` when the operator starts.
 */
export type Taken = "admission" | "start" | "now" | "restart";

/** A part of the schema: the supported subset of JSON Schema, and the extensions that schemas/configuration.yaml describes. */
export interface SettingSchema extends Omit<
  JsonSchema,
  "type" | "enum" | "properties" | "additionalProperties" | "items" | "anyOf" | "oneOf"
> {
  readonly type?: string | readonly string[];
  readonly enum?: readonly string[];
  readonly properties?: Readonly<Record<string, SettingSchema>>;
  readonly additionalProperties?: SettingSchema | boolean;
  readonly items?: SettingSchema;
  readonly anyOf?: readonly SettingSchema[];
  readonly oneOf?: readonly SettingSchema[];
  readonly dependentRequired?: Readonly<Record<string, readonly string[]>>;
  readonly "x-meaning"?: string;
  readonly "x-no-effect"?: string;
  readonly "x-at-start"?: string;
  readonly "x-taken"?: Taken | readonly Taken[];
  readonly "x-same-as"?: string;
  readonly "x-whole"?: boolean;
  readonly "x-open"?: boolean;
  readonly "x-restricts"?: boolean;
  readonly "x-disables"?: readonly string[];
  readonly "x-maximizes"?: readonly string[];
  readonly "x-reads"?: string;
  readonly "x-as"?: SettingSchema;
}

/** The whole schema. */
export interface ConfigurationSchema extends SettingSchema {
  readonly title: string;
  /** Keys by the environment variable that sets them. */
  readonly "x-environment": Readonly<Record<string, string>>;
  /** Keys by the environment variable that has their default. */
  readonly "x-environment-defaults": Readonly<Record<string, string>>;
  /** What to use instead, by the name of a variable that has no effect. */
  readonly "x-environment-no-effect": Readonly<Record<string, string>>;
  /** Keys by the manager's flag that sets them. */
  readonly "x-flags": Readonly<Record<string, string>>;
}

export const schema: ConfigurationSchema = configurationSchema;

/** Keys from the root: `["agent", "resources"]`. */
export type Path = readonly string[];

/** A path as text, for messages: `agent.resources`. */
export function pathText(path: Path): string {
  return path.join(".");
}

/** Whether a schema is a section: a map whose keys can come from different sources. Other maps and lists are set as a whole. */
export function isSection({ type, properties }: SettingSchema): boolean {
  return properties !== undefined && Array.isArray(type);
}

/** The schema at a path; undefined if there is no such key. */
export function schemaAt(path: Path, under: SettingSchema = schema): SettingSchema | undefined {
  const [key, ...rest] = path;
  if (key === undefined) return under;
  const known =
    under.properties !== undefined && Object.hasOwn(under.properties, key) ? under.properties[key] : undefined;
  const next = known ?? (typeof under.additionalProperties === "object" ? under.additionalProperties : undefined);
  return next && schemaAt(rest, next);
}

/** When a change of the key at a path takes effect, by its own `x-taken` or that of the section it is in; empty if it never does. */
export function takenAt(path: Path): readonly Taken[] {
  const found = schemaAt(path);
  if (found === undefined || found["x-no-effect"] !== undefined) return [];
  const same = found["x-same-as"];
  if (same !== undefined) return takenAt(samePaths(same)[0] ?? []);
  for (let length = path.length; length > 0; length--) {
    const part = schemaAt(path.slice(0, length));
    if (part?.["x-same-as"] !== undefined)
      return takenAt([...(samePaths(part["x-same-as"])[0] ?? []), ...path.slice(length)]);
    if (part?.["x-taken"] !== undefined) return [part["x-taken"]].flat();
  }
  return [];
}

/** The paths that a key with `x-same-as` is an alias of; `*` matches each key at its place. */
export function samePaths(text: string): Path[] {
  return text.split(".").reduce<Path[]>(
    (paths, key) =>
      paths.flatMap((path) => {
        const keys = key === "*" ? Object.keys(schemaAt(path)?.properties ?? {}) : [key];
        return keys.map((each) => [...path, each]);
      }),
    [[]],
  );
}
