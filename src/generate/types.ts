import openapiTS, { astToString } from "openapi-typescript";
import ts from "typescript";
import { generatedFrom } from "./crd.js";
import type { KindSource, SourceSchema } from "./source.js";

/** The TypeScript types of a kind: one export for each schema with an `x-type`. */
export async function typesFile(kind: KindSource, source: string): Promise<string> {
  const schemas: Record<string, unknown> = {};
  for (const part of Object.values(kind.schema.properties ?? {})) name(part, schemas);
  const document = {
    openapi: "3.1.0",
    info: { title: kind.names.kind, version: kind.version },
    paths: {},
    components: { schemas },
  };
  const nodes = await openapiTS(JSON.stringify(document), {
    rootTypes: true,
    rootTypesNoSchemaPrefix: true,
    defaultNonNullable: false,
    silent: true,
    transform: (schema) => typeOf(schema),
  });
  // the document contains only schemas: drop the empty interfaces for its other parts
  const wanted = nodes.filter((node) => {
    if (!ts.isInterfaceDeclaration(node) && !ts.isTypeAliasDeclaration(node)) return true;
    return node.name.text === "components" || node.name.text in schemas;
  });
  return `// ${generatedFrom(source)}\n${astToString(wanted)}`;
}

/** Moves every schema with an `x-type` to `schemas`; returns the schema with references in their place. */
function name(schema: SourceSchema, schemas: Record<string, unknown>): object {
  const { "x-type": typeName, "x-default-from": from, ...rest } = schema;
  const built: Record<string, unknown> = { ...rest };
  if (schema.properties)
    built.properties = Object.fromEntries(
      Object.entries(schema.properties).map(([key, property]) => [key, name(property, schemas)]),
    );
  if (schema.items) built.items = name(schema.items, schemas);
  if (typeof schema.additionalProperties === "object")
    built.additionalProperties = name(schema.additionalProperties, schemas);
  if (from !== undefined && schema.description !== undefined)
    built.description = `${schema.description} Default at admission: ${from}.`;
  if (typeName === undefined) return built;
  schemas[typeName] = built;
  return { $ref: `#/components/schemas/${typeName}`, description: built.description };
}

/** Types for Kubernetes keywords that JSON Schema does not have. */
function typeOf(schema: object): ts.TypeNode | undefined {
  const keyword = (kind: ts.KeywordTypeSyntaxKind): ts.TypeNode => ts.factory.createKeywordTypeNode(kind);
  if ("x-kubernetes-int-or-string" in schema)
    return ts.factory.createUnionTypeNode([keyword(ts.SyntaxKind.NumberKeyword), keyword(ts.SyntaxKind.StringKeyword)]);
  if ("x-kubernetes-preserve-unknown-fields" in schema && !("properties" in schema))
    return ts.factory.createTypeReferenceNode("Record", [
      keyword(ts.SyntaxKind.StringKeyword),
      keyword(ts.SyntaxKind.UnknownKeyword),
    ]);
  return undefined;
}
