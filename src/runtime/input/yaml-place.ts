/** Where fields are in YAML. */
import { isMap, isScalar, isSeq, type Node, type Range } from "yaml";

/**
 * Index in the text where the value of a field begins; of a list or map, where its key begins; of a missing field, where its
 * parent does.
 *
 * @param path such as `spec.markdownFiles[0].content` or `metadata.labels[task-id]`
 */
export function placeOf(root: Node | null, path: string): number {
  let offset = startOf(root) ?? 0;
  let node: unknown = root;
  let rest = path;
  while (rest !== "") {
    rest = isMap(node) ? rest.replace(/^\[([^\]]*)\]/, "$1") : rest; // a key of a map: labels[task-id]
    const step = isMap(node) ? stepIntoMap(node, rest) : isSeq(node) ? stepIntoList(node, rest) : undefined;
    if (step === undefined) return offset;
    ({ offset, node, rest } = { ...step, offset: step.offset ?? offset });
  }
  return offset;
}

interface Step {
  /** Absent: the node has no place, since it is not in the text. */
  readonly offset: number | undefined;
  readonly node: unknown;
  readonly rest: string;
}

interface Items {
  readonly items: readonly { key: unknown; value: unknown }[];
}

/** The first item of each name, and the lengths of the names. */
interface Names {
  readonly count: number;
  readonly byName: ReadonlyMap<string, Items["items"][number]>;
  readonly lengths: ReadonlySet<number>;
}

const namesOfMaps = new WeakMap<Items, Names>();

/** Thousands of fields of one map may have mistakes. */
function namesOf(map: Items): Names {
  const known = namesOfMaps.get(map);
  if (known?.count === map.items.length) return known;
  const byName = new Map<string, Items["items"][number]>();
  for (const item of map.items) {
    const name = isScalar(item.key) ? String(item.key.value) : "";
    if (name !== "" && !byName.has(name)) byName.set(name, item);
  }
  const lengths = new Set([...byName.keys()].map(({ length }) => length));
  const found = { count: map.items.length, byName, lengths };
  namesOfMaps.set(map, found);
  return found;
}

/** A key may itself contain dots: the longest matching key is taken. */
function stepIntoMap(map: Items, path: string): Step | undefined {
  const { byName, lengths } = namesOf(map);
  let matching: (Items["items"][number] & { readonly name: string }) | undefined;
  for (const length of lengths) {
    if (length > path.length || length < (matching?.name.length ?? 0)) continue;
    if (length < path.length && !".[".includes(path.charAt(length))) continue;
    const name = path.slice(0, length);
    const item = byName.get(name);
    if (item !== undefined) matching = { ...item, name };
  }
  if (matching === undefined) return undefined;
  const own = isScalar(matching.value) ? matching.value : matching.key;
  return {
    offset: startOf(own) ?? startOf(matching.key),
    node: matching.value,
    rest: path.slice(matching.name.length).replace(/^\./, ""),
  };
}

function stepIntoList(list: { items: unknown[] }, path: string): Step | undefined {
  const index = /^\[(\d+)\]\.?/.exec(path);
  const item = index ? list.items[Number(index[1])] : undefined;
  if (!index || item === undefined) return undefined;
  return { offset: startOf(item), node: item, rest: path.slice(index[0].length) };
}

function startOf(node: unknown): number | undefined {
  const range: Range | null | undefined = (node as Node | undefined)?.range;
  return range?.[0];
}
