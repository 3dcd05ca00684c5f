/** Writes aliases and merge keys out: fields of a run are renamed and dropped, so what refers to them would refer to nothing. */
import {
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  visit,
  type Document,
  type Node,
  type Pair,
  type YAMLMap,
} from "yaml";

/** Nodes that copies may add to a document: far beyond what people write. */
const maxCopied = 100_000;

/** The aliases of a document cannot be written out. The message is a clause. */
export class AliasError extends Error {
  override readonly name = "AliasError";

  constructor(
    message: string,
    readonly node: unknown,
  ) {
    super(message);
  }
}

/** The first alias or merge key in a document; undefined if it has none. */
export function firstAlias(document: Document): unknown {
  let found: unknown;
  visit(document, (_, node) => {
    if (!isAlias(node) && !(isPair(node) && isMergeKey(node))) return undefined;
    found = isPair(node) ? node.key : node;
    return visit.BREAK;
  });
  return found;
}

/** @throws AliasError for a merge of something other than a map, and for aliases that multiply */
export function writeOutAliases(document: Document): void {
  if (document.contents !== null)
    document.contents = new Aliases().resolved(document.contents) as typeof document.contents;
}

/** A quoted key `<<` is a name like any other. The YAML library prints it without its quotes, as a merge key, unless it has a tag. */
export function tagQuotedMerges(document: Document): void {
  visit(document, {
    Pair(_, pair) {
      const { key } = pair;
      if (isScalar(key) && key.value === "<<" && !isMergeKey(pair)) key.tag = "tag:yaml.org,2002:str";
    },
  });
}

class Aliases {
  readonly #anchors = new Map<string, Node>();
  #copied = 0;

  resolved(node: unknown): unknown {
    if (isAlias(node)) return this.#copyOf(this.#anchors.get(node.source), node);
    if (!isNode(node)) return node;
    const { anchor } = node;
    delete node.anchor;
    if (isSeq(node)) node.items = node.items.map((item) => this.resolved(item));
    if (isMap(node)) {
      for (const pair of node.items) pair.value = this.resolved(pair.value);
      if (node.items.some(isMergeKey)) this.#merge(node);
    }
    if (anchor !== undefined) this.#anchors.set(anchor, node);
    return node;
  }

  #copyOf(source: Node | undefined, alias: unknown): Node {
    if (source === undefined) throw new AliasError("has no anchor before it", alias);
    visit(source, () => {
      if (++this.#copied > maxCopied) throw new AliasError("repeats too much: write the values out", alias);
    });
    return source.clone() as Node;
  }

  /** The first of several sources wins, and the map itself over all. */
  #merge(map: YAMLMap): void {
    const own = new Set(map.items.filter((pair) => !isMergeKey(pair)).map(({ key }) => keyOf(key)));
    map.items = map.items.flatMap((pair) => {
      if (!isMergeKey(pair)) return [pair];
      const sources: unknown[] = isSeq(pair.value) ? pair.value.items : [pair.value];
      return sources.flatMap((source) => {
        if (!isMap(source)) throw new AliasError("invalid YAML: Merge sources must be maps or map aliases", pair.key);
        return source.items.filter(({ key }) => {
          if (own.has(keyOf(key))) return false;
          own.add(keyOf(key));
          return true;
        });
      });
    });
  }
}

function isMergeKey({ key }: Pair): boolean {
  if (!isScalar(key)) return false;
  return typeof key.value === "symbol" || (key.value === "<<" && key.type === "PLAIN");
}

function keyOf(key: unknown): unknown {
  return isScalar(key) ? key.value : key;
}
