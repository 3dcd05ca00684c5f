/** Replaces aliases and merge keys of YAML by their values. */
import { isMap, isScalar, isSeq, visit, type Document, type Scalar } from "yaml";
import { errorText } from "../runtime/error-text.js";

/** Replaces aliases and merge keys (`<<`), so that any key can be removed. Returns why it cannot; undefined if it succeeds. */
export function expandAliases(document: Document): string | undefined {
  try {
    document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    return `not usable YAML: ${errorText(error)}`;
  }
  for (let found = true; found;) {
    found = false;
    visit(document, {
      Alias: (_key, alias) => {
        const copy = alias.resolve(document)?.clone() as Scalar | undefined;
        if (copy === undefined) return undefined;
        found ||= containsAlias(copy);
        removeAnchors(copy);
        return copy;
      },
    });
  }
  removeAnchors(document);
  resolveMergeKeys(document);
  return undefined;
}

function removeAnchors(node: unknown): void {
  visit(node as Document, {
    Node: (_key, each) => {
      if ("anchor" in each) delete each.anchor;
    },
  });
}

/** The map's own keys win, then those of the first merged map that has them. */
function resolveMergeKeys(document: Document): void {
  visit(document, {
    Map: (_key, map) => {
      const merged = map.items.filter(({ key }) => isScalar(key) && key.value === "<<");
      if (merged.length === 0) return;
      map.items = map.items.filter((pair) => !merged.includes(pair));
      for (const source of merged.flatMap(({ value }) => (isSeq(value) ? value.items : [value])))
        if (isMap(source)) for (const pair of source.items) if (!map.has(pair.key)) map.items.push(pair);
    },
  });
}

function containsAlias(node: unknown): boolean {
  let found = false;
  visit(node as Document, { Alias: () => ((found = true), visit.BREAK) });
  return found;
}
