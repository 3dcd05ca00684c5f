import { stringify } from "yaml";
import { withoutOwnKeywords, type KindSource } from "./source.js";

/** The first line of every generated file whose format has comments. */
export const generatedFrom = (source: string): string =>
  `Generated from ${source} by \`npm run generate\`. Do not edit: change the source instead.`;

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
          schema: { openAPIV3Schema: withoutOwnKeywords(kind.schema) },
        },
      ],
    },
  };
}

/** The CRD as YAML. Deterministic: keys keep the order of the source, and no line is folded. */
export function crdFile(kind: KindSource, source: string): string {
  return `# ${generatedFrom(source)}\n${yamlText(customResourceDefinition(kind))}`;
}

/** YAML without anchors and folded lines, so that a changed value changes one line. */
export function yamlText(value: unknown): string {
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
}
