/** Where in a text a key is. */
import { isMap, isScalar, isSeq, type Document, type LineCounter, type Pair, type Range, type YAMLMap } from "yaml";

/**
 * Finds the line, from 1, of the key or item at a path such as `agent.env[0].name`; if it does not exist, that of the last one above it that
 * does. Undefined if even the first key does not exist. Keys may contain dots. Of a repeated key, the last counts.
 */
export type LineFinder = (path: string) => number | undefined;

export function lineFinder({ contents }: Document, lines: LineCounter): LineFinder {
  const indexes = new Map<YAMLMap, ReadonlyMap<string, Pair>>();
  const indexOf = (map: YAMLMap): ReadonlyMap<string, Pair> => {
    const known = indexes.get(map);
    if (known !== undefined) return known;
    const named = map.items.flatMap((pair) => (isScalar(pair.key) ? [[String(pair.key.value), pair] as const] : []));
    const index = new Map(named);
    indexes.set(map, index);
    return index;
  };
  const nodeAt = (path: string, within: unknown, found: unknown): unknown => {
    if (path === "") return found;
    const [bracket, position] = /^\[(\d+)\]\.?/.exec(path) ?? [];
    if (isSeq(within)) {
      const item = position === undefined ? undefined : within.items[Number(position)];
      return item === undefined ? found : nodeAt(path.slice(bracket?.length), item, item);
    }
    if (!isMap(within)) return found;
    const index = indexOf(within);
    const name = prefixesOf(path).find((each) => index.has(each));
    const pair = name === undefined ? undefined : index.get(name);
    if (name === undefined || pair === undefined) return found;
    return nodeAt(path.slice(name.length).replace(/^\./, ""), pair.value, pair.key);
  };
  return (path) => {
    const node = nodeAt(path, contents, undefined) as { range?: Range | null } | undefined;
    return node?.range ? lines.linePos(node.range[0]).line : undefined;
  };
}

/** What the first key of a path may be, the longest first. */
function prefixesOf(path: string): string[] {
  const ends = [...path.matchAll(/[.[]/g)].map(({ index }) => index).slice(0, 64);
  return [path, ...ends.reverse().map((end) => path.slice(0, end))];
}
