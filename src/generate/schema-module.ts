import { generatedFrom } from "./crd.js";
import { withoutNotes, type KindSource } from "./source.js";

/** The schema as a module: what the program validates with, there at run time without reading a file. */
export function schemaModule(kind: KindSource, source: string): string {
  const name = `${kind.names.singular}Schema`;
  return [
    `// ${generatedFrom(source)}`,
    `import type { JsonSchema } from "../../runtime/schema/json-schema.js";`,
    "",
    `/** What the CustomResourceDefinition of ${kind.names.kind} holds as its openAPIV3Schema. */`,
    `export const ${name}: JsonSchema = ${JSON.stringify(withoutNotes(kind.schema), null, 2)};`,
    "",
  ].join("\n");
}
