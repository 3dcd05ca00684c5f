/** The operations of the REST API, read from its document, with the validators of their requests. */
import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
import { isObject, type JsonObject } from "../runtime/schema/json.js";
import { suggestion } from "../suggestion.js";
import { restDocument } from "./generated/rest-document.js";
import type { operations } from "./generated/rest.js";
import { Problem } from "./problem.js";

export type OperationId = keyof operations;

/** One operation as the document describes it. */
export interface Operation {
  readonly id: OperationId;
  readonly method: string;
  /** With its parameters in braces. */
  readonly path: string;
  /** Whether it needs no token. */
  readonly isPublic: boolean;
  /** Whether errors are in the envelope of earlier versions. */
  readonly isLegacy: boolean;
  readonly parameters: readonly Parameter[];
  /** Name of the schema of its body; undefined: it takes none. */
  readonly body?: string;
  readonly isBodyRequired: boolean;
}

export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query";
  readonly required?: boolean;
  readonly schema: JsonObject;
}

const base = "rest";
const ajv = new Ajv2020({
  // the document's own keywords, such as example
  strict: false,
  useDefaults: true,
  validateFormats: false,
  validateSchema: false,
  // errors say which fields their schema has
  verbose: true,
});
ajv.addSchema(restDocument, base);

const validators = new Map<string, ValidateFunction>();

/** Checks a body against a schema of the document, and fills in its defaults. @throws Problem with the field */
export function checkBody(schema: string, value: unknown): void {
  let validate = validators.get(schema);
  if (validate === undefined) {
    validate = ajv.compile({ $ref: `${base}#/components/schemas/${schema}` });
    validators.set(schema, validate);
  }
  if (!validate(value)) throw violation(validate.errors ?? [], "the body");
}

/** Checks parameters against their schemas. @throws Problem with the parameter */
export function checkParameters({ id, parameters }: Operation, value: Record<string, unknown>): void {
  const key = `${id} parameters`;
  let validate = validators.get(key);
  if (validate === undefined) {
    const properties = Object.fromEntries(parameters.map(({ name, schema }) => [name, absolute(schema)]));
    const required = parameters.filter((each) => each.required === true).map(({ name }) => name);
    validate = ajv.compile({ type: "object", additionalProperties: false, properties, required });
    validators.set(key, validate);
  }
  if (!validate(value)) throw violation(validate.errors ?? [], "the request");
}

/** References in the document are relative to it; in a schema made of its parts they need its name. */
function absolute(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(absolute);
  if (!isObject(schema)) return schema;
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [
      key,
      key === "$ref" && typeof value === "string" ? `${base}${value}` : absolute(value),
    ]),
  );
}

/** Keywords whose errors only say that one of several schemas must match. */
const wrappers = new Set(["oneOf", "anyOf", "allOf", "if", "not"]);

function violation(errors: readonly ErrorObject[], whole: string): Problem {
  const depth = ({ instancePath }: ErrorObject): number => instancePath.split("/").length;
  const [error] = errors.filter(({ keyword }) => !wrappers.has(keyword)).sort((a, b) => depth(b) - depth(a));
  const [wrapper] = errors;
  const found = error ?? wrapper;
  if (found === undefined) return new Problem(400, `${whole} is invalid`);
  const { keyword, params, parentSchema } = found as ErrorObject & { parentSchema?: { properties?: object } };
  const missing: unknown = keyword === "required" ? params.missingProperty : undefined;
  const extra: unknown = keyword === "additionalProperties" ? params.additionalProperty : undefined;
  const named = typeof missing === "string" ? missing : typeof extra === "string" ? extra : undefined;
  const field = fieldPath(found.instancePath, named);
  const subject = field === "" ? whole : field;
  const options = field === "" ? {} : { field };
  if (typeof missing === "string") return new Problem(400, `${subject} is required`, options);
  if (typeof extra === "string") {
    const meant = suggestion(extra, Object.keys(parentSchema?.properties ?? {}));
    return new Problem(400, `${subject} is unknown${meant === undefined ? "" : `; did you mean ${meant}?`}`, options);
  }
  return new Problem(400, `${subject} ${meaning(found)}`, options);
}

function meaning({ keyword, params, message = "is invalid" }: ErrorObject): string {
  const values: unknown = params.allowedValues;
  if (keyword === "enum" && Array.isArray(values))
    return `must be one of ${values.filter((each) => each !== null).join(", ")}`;
  if (keyword === "pattern") return `must match ${String(params.pattern)}`;
  return message
    .replace(/^must NOT have more than (\d+) (characters|items)$/, "must have at most $1 $2")
    .replace(/^must NOT have fewer than (\d+) (characters|items)$/, "must have at least $1 $2")
    .replace(/ 1 (character|item)s$/, " 1 $1")
    .replace(/^must be <= /, "must be at most ")
    .replace(/^must be >= /, "must be at least ");
}

/** `/markdown_files/0/file_type` as `markdown_files[0].file_type`. */
function fieldPath(pointer: string, last: string | undefined): string {
  const parts = pointer
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  if (last !== undefined) parts.push(last);
  return parts
    .map((part, index) => (/^\d+$/.test(part) ? `[${part}]` : index === 0 ? part : `.${part}`))
    .join("")
    .slice(0, 300);
}

/** All operations of the document. */
export function readOperations(): Operation[] {
  const paths = restDocument.paths as Readonly<Record<string, Readonly<Record<string, RawOperation>>>>;
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, raw]): Operation => {
      const body = raw.requestBody?.content["application/json"].schema.$ref.split("/").pop();
      return {
        ...{ id: raw.operationId, method: method.toUpperCase(), path, isPublic: raw.security?.length === 0 },
        isLegacy: path.startsWith("/api/v1/pm/"),
        parameters: (raw.parameters ?? []).map(({ $ref }) => resolved($ref) as unknown as Parameter),
        ...(body !== undefined && { body }),
        isBodyRequired: raw.requestBody?.required === true,
      };
    }),
  );
}

interface RawOperation {
  readonly operationId: OperationId;
  readonly security?: readonly unknown[];
  readonly parameters?: readonly { readonly $ref: string }[];
  readonly requestBody?: {
    readonly required?: boolean;
    readonly content: { readonly "application/json": { readonly schema: { readonly $ref: string } } };
  };
}

function resolved(reference: string): JsonObject {
  let value: unknown = restDocument;
  for (const key of reference.split("/").slice(1)) value = isObject(value) ? value[key] : undefined;
  if (!isObject(value)) throw new Error(`${reference} refers to nothing`);
  return value;
}
