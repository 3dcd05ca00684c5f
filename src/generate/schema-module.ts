import { generatedFrom } from "./crd.js";
import { withoutOwnKeywords, type KindSource } from "./source.js";

/** The schema as a TypeScript module, so that the program validates with it without reading a file. */
export function schemaModule(kind: KindSource, source: string): string {
  const name = `${kind.names.singular}Schema`;
  return [
    `// ${generatedFrom(source)}`,
    `import type { JsonSchema } from "../../runtime/schema/json-schema.js";`,
    "",
    `/** The openAPIV3Schema in the CustomResourceDefinition of ${kind.names.kind}. */`,
    `export const ${name}: JsonSchema = ${JSON.stringify(withoutOwnKeywords(kind.schema), null, 2)};`,
    "",
  ].join("\n");
}
