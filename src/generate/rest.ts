/** The files generated from schemas/rest.yaml: the document as a module, which the server validates with and serves, and its types. */
import { readFileSync } from "node:fs";
import openapiTS, { astToString } from "openapi-typescript";
import { parse } from "yaml";
import { generatedFrom } from "./crd.js";

const source = "schemas/rest.yaml";

/** The generated files, by path. */
export async function restFiles(file: string): Promise<[string, string][]> {
  const document: unknown = parse(readFileSync(file, "utf8"));
  const types = await openapiTS(JSON.stringify(document), {
    rootTypes: true,
    rootTypesNoSchemaPrefix: true,
    defaultNonNullable: false,
    silent: true,
  });
  return [
    ["src/server/generated/rest.ts", `// ${generatedFrom(source)}\n${astToString(types)}`],
    ["src/server/generated/rest-document.ts", documentModule(document)],
  ];
}

function documentModule(document: unknown): string {
  return [
    `// ${generatedFrom(source)}`,
    "",
    "/** The REST API as OpenAPI 3.1. */",
    `export const restDocument: Readonly<Record<string, unknown>> = ${JSON.stringify(document, null, 2)};`,
    "",
  ].join("\n");
}
