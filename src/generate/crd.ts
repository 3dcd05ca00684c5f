import { stringify } from "yaml";
import { withoutNotes, type KindSource } from "./source.js";

/** Stands at the top of every generated file that can have a comment. */
export const generatedFrom = (source: string): string =>
  `Generated from ${source} by \`npm run generate\`. Don't edit: change that file instead.`;

/** The CustomResourceDefinition of a kind. */
export function customResourceDefinition(kind: KindSource): object {
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${kind.names.plural}.${kind.group}` },
    spec: {
      group: kind.group,
      scope: kind.scope,
      names: kind.names,
      versions: [
        {
          name: kind.version,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: kind.printerColumns,
          schema: { openAPIV3Schema: withoutNotes(kind.schema) },
        },
      ],
    },
  };
}

/** The same text for the same kind, always: keys stand in the source's order and nothing is folded. */
export function crdFile(kind: KindSource, source: string): string {
  return `# ${generatedFrom(source)}\n${yamlText(customResourceDefinition(kind))}`;
}

/** YAML without anchors or folded lines, so that a change of one value is a change of one line. */
export function yamlText(value: unknown): string {
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
}
