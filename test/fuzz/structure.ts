/** Edits of the value that a text in JSON or YAML holds: the result is valid JSON, and so YAML. */
import fc from "../property.js";
import { parseBoundedDocument } from "#src/runtime/input/bounded-yaml.js";
import { isList, isObject, setMember } from "#src/runtime/schema/json.js";
import { keys, values } from "./hostile.js";

/** A change of a text; `others` are the texts that it may take something from. */
export type Edit = (text: string, others: readonly string[]) => string;

/** A share of a length or a list: keeps its meaning while other edits are left out. */
export const place = fc.nat({ max: 0xffff });

/** The index in a length that a {@link place} stands for. */
export const indexAt = (length: number, at: number): number => Math.floor((at / 0x10000) * length);

interface Node {
  readonly parent: unknown[] | Record<string, unknown>;
  readonly key: string;
}

const maxNodes = 5_000;

function nodesOf(root: Record<string, unknown>): Node[] {
  const nodes: Node[] = [];
  const open: unknown[] = [root];
  for (let value = open.shift(); value !== undefined && nodes.length < maxNodes; value = open.shift()) {
    if (!isList(value) && !isObject(value)) continue;
    for (const key of Object.keys(value)) {
      const parent = value as Node["parent"];
      nodes.push({ parent, key });
      open.push(valueAt({ parent, key }));
    }
  }
  return nodes;
}

const valueAt = ({ parent, key }: Node): unknown => (parent as Record<string, unknown>)[key];

function put({ parent, key }: Node, value: unknown): void {
  setMember(parent as Record<string, unknown>, key, value);
}

const bounds = { maxBytes: 256 * 1024, maxDepth: 64, maxTokens: 20_000, maxAliases: 0 };

/** The value of a text in JSON or YAML; undefined if it is neither, or too large to be edited here. */
function valueOf(text: string): unknown {
  const decoded = Buffer.from(text, "latin1").toString("utf8");
  try {
    const document = parseBoundedDocument(decoded, bounds);
    return document.errors.length > 0 ? undefined : (document.toJS() as unknown);
  } catch {
    return undefined;
  }
}

/** An edit of one node that the `at` stands for. */
function atNode(at: number, change: (node: Node, all: readonly Node[]) => void): Edit {
  return (text) => {
    const value = valueOf(text);
    if (!isObject(value) && !isList(value)) return text;
    const holder = { root: value };
    const all = nodesOf(holder);
    const node = all[indexAt(all.length, at)];
    if (node !== undefined) change(node, all);
    // undefined, where the root itself was removed
    const edited = JSON.stringify(holder.root) as string | undefined;
    return Buffer.from(edited ?? "null").toString("latin1");
  };
}

const nested = (value: unknown, levels: number, isMap: boolean): unknown => {
  let result = value;
  for (let level = 0; level < levels; level++) result = isMap ? { a: result } : [result];
  return result;
};

/** Not of lists and objects: one may have a member `toString`. */
const textOf = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value ?? null));

const many = (count: number, value: unknown): unknown =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`key-${index}`, value]));

/** As many copies as fill the longest text that is edited: more would only be cut off, after they took gigabytes. */
const fitting = (count: number, value: unknown): number =>
  Math.min(count, Math.ceil(bounds.maxBytes / JSON.stringify(value ?? null).length));

/** Edits that keep a text readable, so that they reach what is behind the parser. */
export const structuralEdits: fc.Arbitrary<Edit> = fc.oneof(
  fc.tuple(place, fc.constantFrom(...values)).map(([at, value]) => atNode(at, (node) => put(node, value))),
  fc.tuple(place, place).map(([at, from]) =>
    atNode(at, (node, all) => {
      const other = all[indexAt(all.length, from)];
      // a copy: a node within itself would have no end
      if (other !== undefined) put(node, structuredClone(valueAt(other)));
    }),
  ),
  place.map((at) =>
    atNode(at, ({ parent, key }) => {
      if (isList(parent)) parent.splice(Number(key), 1);
      else Reflect.deleteProperty(parent, key);
    }),
  ),
  fc.tuple(place, fc.constantFrom(...keys), fc.constantFrom(...values)).map(([at, key, value]) =>
    atNode(at, ({ parent }) => {
      if (isList(parent)) parent.push(value);
      else put({ parent, key }, value);
    }),
  ),
  fc.tuple(place, fc.constantFrom(...keys)).map(([at, key]) =>
    atNode(at, (node) => {
      if (isList(node.parent)) return;
      put({ parent: node.parent, key }, valueAt(node));
      Reflect.deleteProperty(node.parent, node.key);
    }),
  ),
  fc
    .tuple(place, fc.integer({ min: 1, max: 260 }), fc.boolean())
    .map(([at, levels, isMap]) => atNode(at, (node) => put(node, nested(valueAt(node), levels, isMap)))),
  fc.tuple(place, fc.constantFrom(2, 130, 1000, 4000), fc.boolean()).map(([at, count, isMap]) =>
    atNode(at, (node) => {
      const value = valueAt(node);
      const length = fitting(count, value);
      put(node, isMap ? many(length, value) : Array.from({ length }, () => value));
    }),
  ),
  fc.tuple(place, fc.constantFrom(...values), fc.boolean()).map(([at, value, isBefore]) =>
    atNode(at, (node) => {
      const [own, more] = [textOf(valueAt(node)), textOf(value)];
      put(node, isBefore ? more + own : own + more);
    }),
  ),
);
