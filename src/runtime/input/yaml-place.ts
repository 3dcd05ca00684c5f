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

/** A key may itself contain dots: the longest matching key is taken. */
function stepIntoMap(map: { items: { key: unknown; value: unknown }[] }, path: string): Step | undefined {
  const matching = map.items
    .map(({ key, value }) => ({ key, value, name: isScalar(key) ? String(key.value) : "" }))
    .filter(({ name }) => name !== "" && path.startsWith(name) && /^($|[.[])/.test(path.slice(name.length)))
    .sort((a, b) => b.name.length - a.name.length)[0];
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
