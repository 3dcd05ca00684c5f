/** Positions of objects and fields in YAML files. */
import { isMap, isScalar, isSeq, type Document, type LineCounter, type Node, type Range } from "yaml";
import type { Finding } from "./finding.js";

/** The position of an object in a file; resolves the positions of its fields. */
export class Position {
  constructor(
    private readonly file: string,
    private readonly lines: LineCounter,
    private readonly document: Document,
    private readonly root: string,
  ) {}

  /** The position of an object nested at `path`. */
  below(path: string): Position {
    return new Position(this.file, this.lines, this.document, path);
  }

  finding(severity: Finding["severity"], field: string, message: string): Finding {
    const path = [this.root, field].filter((part) => part !== "").join(".");
    const { line, col } = this.lines.linePos(offsetOf(this.document, path));
    return { file: this.file, line, column: col, severity, field, message };
  }
}

/** Where a field's value begins; for a list or map, where its key begins; for a missing field, where its parent does. */
function offsetOf(document: Document, path: string): number {
  let offset = startOf(document.contents) ?? 0;
  let node: unknown = document.contents;
  let rest = path;
  while (rest !== "") {
    rest = isMap(node) ? rest.replace(/^\[([^\]]*)\]/, "$1") : rest; // a key of a map: labels[task-id]
    const step = isMap(node) ? stepIntoMap(node, rest) : isSeq(node) ? stepIntoList(node, rest) : undefined;
    if (step === undefined) return offset;
    ({ offset, node, rest } = step);
  }
  return offset;
}

interface Step {
  readonly offset: number;
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
    offset: startOf(own) ?? startOf(matching.key) ?? 0,
    node: matching.value,
    rest: path.slice(matching.name.length).replace(/^\./, ""),
  };
}

function stepIntoList(list: { items: unknown[] }, path: string): Step | undefined {
  const index = /^\[(\d+)\]\.?/.exec(path);
  const item = index ? list.items[Number(index[1])] : undefined;
  const offset = startOf(item);
  return index && offset !== undefined ? { offset, node: item, rest: path.slice(index[0].length) } : undefined;
}

function startOf(node: unknown): number | undefined {
  const range: Range | null | undefined = (node as Node | undefined)?.range;
  return range?.[0];
}
