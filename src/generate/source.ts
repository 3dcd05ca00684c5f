/** Reads `schemas/*.yaml`: one file per kind, with references to shared parts resolved. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse } from "yaml";
import type { JsonSchema } from "../runtime/schema/json-schema.js";

/** A schema in `schemas/`: a structural schema with two keywords of our own, which the API server would reject. */
export interface SourceSchema extends Omit<JsonSchema, "properties" | "items" | "additionalProperties"> {
  /** The name of the TypeScript type to generate. */
  readonly "x-type"?: string;
  /** The configuration key from which admission takes the default; a CRD can only have constant defaults. */
  readonly "x-default-from"?: string;
  readonly properties?: Readonly<Record<string, SourceSchema>>;
  readonly items?: SourceSchema;
  readonly additionalProperties?: SourceSchema | boolean;
}

export interface PrinterColumn {
  readonly name: string;
  readonly type: string;
  readonly jsonPath: string;
  readonly description?: string;
  readonly priority?: number;
}

/** A file in `schemas/` that describes a kind. */
export interface KindSource {
  readonly group: string;
  readonly version: string;
  readonly scope: "Namespaced" | "Cluster";
  readonly names: {
    readonly kind: string;
    readonly listKind: string;
    readonly plural: string;
    readonly singular: string;
    readonly shortNames?: readonly string[];
    readonly categories?: readonly string[];
  };
  readonly printerColumns: readonly PrinterColumn[];
  readonly schema: SourceSchema;
}

/** The kind that a file describes, with every `$ref` resolved. */
export function readKind(file: string): KindSource {
  return readResolved(file) as KindSource;
}

/** A file in `schemas/` with every `$ref` resolved. @throws Error for a reference to nothing. */
export function readResolved(file: string): unknown {
  return resolve(parse(readFileSync(file, "utf8"), { merge: true }), file, new Map());
}

/** The schema without our own keywords, as in the CRD and in the program's validation. */
export function withoutOwnKeywords(schema: SourceSchema): JsonSchema {
  const entries = Object.entries(schema).filter(([key]) => key !== "x-type" && key !== "x-default-from");
  const plain: JsonSchema = Object.fromEntries(entries);
  return {
    ...plain,
    ...(schema.properties && {
      properties: Object.fromEntries(
        Object.entries(schema.properties).map(([name, property]) => [name, withoutOwnKeywords(property)]),
      ),
    }),
    ...(schema.items && { items: withoutOwnKeywords(schema.items) }),
    ...(typeof schema.additionalProperties === "object" && {
      additionalProperties: withoutOwnKeywords(schema.additionalProperties),
    }),
  };
}

function resolve(node: unknown, file: string, files: Map<string, unknown>): unknown {
  if (Array.isArray(node)) return node.map((item) => resolve(item, file, files));
  if (typeof node !== "object" || node === null) return node;
  const { $ref, ...rest } = node as Record<string, unknown>;
  const own = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, resolve(value, file, files)]));
  if (typeof $ref !== "string") return own;
  const [name, pointer] = $ref.split("#");
  const target = name === undefined || name === "" ? file : join(dirname(file), name);
  if (!files.has(target)) files.set(target, parse(readFileSync(target, "utf8"), { merge: true }));
  const keys = (pointer ?? "").split("/").slice(1);
  const part = keys.reduce<unknown>(
    (under, key) => (under as Record<string, unknown> | undefined)?.[key],
    files.get(target),
  );
  if (part === undefined) throw new Error(`${file}: ${$ref} refers to nothing`);
  return merge(resolve(part, target, files) as Json, own);
}

type Json = Readonly<Record<string, unknown>>;

/** Merges a referenced part with the keys beside its `$ref`, which take precedence; properties are merged by name. */
function merge(part: Json, own: Json): Json {
  const [before, more] = [part.properties, own.properties] as (Readonly<Record<string, Json>> | undefined)[];
  if (before === undefined || more === undefined) return { ...part, ...own };
  const added = Object.entries(more).map(([name, property]) => [name, merge(before[name] ?? {}, property)] as const);
  return { ...part, ...own, properties: { ...before, ...Object.fromEntries(added) } };
}
