/** Compares answers of the server with its document: an undocumented status, media type or body is an error. */
import { Ajv2020 } from "ajv/dist/2020.js";
import { restDocument } from "#src/server/generated/rest-document.js";

interface Media {
  readonly schema: object;
}

interface Response {
  readonly $ref?: string;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly content?: Readonly<Record<string, Media>>;
}

type Paths = Readonly<
  Record<string, Readonly<Record<string, { readonly responses: Readonly<Record<string, Response>> }>>>
>;

const ajv = new Ajv2020({ strict: false, validateSchema: false, allErrors: true });
ajv.addFormat("date-time", (text) => /^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)$/.test(text));
ajv.addSchema(restDocument, "rest");

/** What was seen of an answer. */
export interface Seen {
  readonly method: string;
  /** With query. */
  readonly path: string;
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** The path of the document that a request's path matches, or undefined. */
export function routeOf(path: string): string | undefined {
  const [plain = ""] = path.split("?");
  const matching = Object.keys(restDocument.paths as Paths).filter((route) =>
    new RegExp(`^${route.replaceAll(/\{\w+\}/g, "[^/]+")}$`).test(plain),
  );
  // one without parameters comes before one with them
  return matching.sort((a, b) => a.split("{").length - b.split("{").length)[0];
}

/** Why an answer contradicts the document; undefined if it does not. */
export function contradiction({ method, path, status, type, body }: Seen): string | undefined {
  const route = routeOf(path);
  const where = `${method} ${path}: ${status}`;
  const operation = (restDocument.paths as Paths)[route ?? ""]?.[method.toLowerCase()];
  // methods and paths that are in no document have one answer
  if (operation === undefined)
    return status === 404 || status === 405 ? problemOf(where, type, body) : `${where} for an unknown operation`;
  const response = operation.responses[status];
  if (response === undefined) return `${where} is not documented`;
  const { content = {} } = response.$ref === undefined ? response : resolved(response.$ref);
  const media = content[type.replace(/;.*/, "").trim()];
  if (media === undefined) return `${where} has the undocumented type ${type}`;
  if (type.startsWith("text/")) return undefined;
  return mismatch(where, media.schema, body);
}

function problemOf(where: string, type: string, body: string): string | undefined {
  if (type !== "application/problem+json") return `${where} has type ${type}`;
  return mismatch(where, { $ref: "#/components/schemas/Problem" }, body);
}

function mismatch(where: string, schema: object, body: string): string | undefined {
  const name = JSON.stringify(schema);
  const absolute = JSON.parse(name.replaceAll('"#/components', '"rest#/components')) as object;
  const validate = ajv.compile(absolute);
  return validate(JSON.parse(body))
    ? undefined
    : `${where}: ${ajv.errorsText(validate.errors)} in ${body.slice(0, 500)}`;
}

function resolved(reference: string): Response {
  let value: unknown = restDocument;
  for (const key of reference.split("/").slice(1)) value = (value as Record<string, unknown>)[key];
  return value as Response;
}
