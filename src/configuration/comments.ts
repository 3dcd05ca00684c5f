/**
 * Attaches comments to the keys that they are about, so that they go where their key goes. The parser attaches one above the first key of a map to
 * the map, and one below a block to the block even if it is indented like the next key.
 */
import { isMap, isScalar, isSeq, type Document, type Range, type Scalar, type YAMLMap, type YAMLSeq } from "yaml";

import { headings } from "./chart-values.js";

/** A line of a comment. */
interface CommentLine {
  /** Columns before the `#`. */
  readonly indent: number;
  /** Without the `#`. */
  readonly text: string;
  readonly isAfterBlank: boolean;
}

/** Attaches the comments of a document that was parsed from a text. A header above a blank line stays with the document. */
export function attachComments(document: Document, source: string): void {
  const { contents } = document;
  if (!isMap(contents)) return;
  const last = settle(contents, source);
  if (last.length > 0) document.comment = [document.comment ?? [], textOf(last)].flat().join("\n");
  const [first] = contents.items.flatMap(({ key }) => (isScalar(key) && !headings.has(String(key.value)) ? [key] : []));
  const paragraphs = first?.commentBefore?.split(/\n\n+/) ?? [];
  if (first === undefined || paragraphs.length < 2) return;
  first.commentBefore = paragraphs.at(-1) ?? null;
  document.commentBefore = [document.commentBefore ?? [], ...paragraphs.slice(0, -1)].flat().join("\n\n");
}

/** Attaches the comments in a collection. Returns those below it that are not its own. */
function settle(node: unknown, source: string): CommentLine[] {
  if ((!isMap(node) && !isSeq(node)) || node.flow === true) return [];
  const indent = indentOf(node, source);
  if (isMap(node)) moveToFirstKey(node, source);
  let pending: CommentLine[] = [];
  for (const [index, item] of node.items.entries()) {
    if (isMap(node)) addAbove(keyOf(node, index), pending);
    else if (isMap(item) || isScalar(item)) addAbove(item, pending);
    const value: unknown = isMap(node) ? node.items[index]?.value : item;
    pending = isMap(node) ? belowEmpty(keyOf(node, index), value, source) : [];
    if (pending.length === 0) pending = settle(value, source);
  }
  const below = [...pending, ...linesBelow(node, source)];
  // what follows a line that is not its own is not its own either
  const end = below.findIndex((line) => line.indent < indent);
  const own = end < 0 ? below : below.slice(0, end);
  node.comment = own.length === 0 ? null : textOf(own);
  return end < 0 ? [] : below.slice(end);
}

/** The comment below a key without a value, which the parser attaches to the value. */
function belowEmpty(key: Scalar | undefined, value: unknown, source: string): CommentLine[] {
  if (!isScalar(value) || value.value !== null || !value.comment || !key?.range) return [];
  const comments = value.comment.split("\n").filter((line) => line !== "");
  const [beside = "", ...lines] = source.slice(key.range[1]).split("\n");
  const isBeside = beside.includes("#");
  const found: CommentLine[] = [];
  for (const [index, line] of lines.entries()) {
    if (found.length === comments.length - (isBeside ? 1 : 0)) break;
    const [, blanks = "", text] = /^(\s*)#(.*)$/.exec(line) ?? [];
    if (text === undefined) continue;
    found.push({ indent: blanks.length, text, isAfterBlank: index > 0 && (lines[index - 1] ?? "").trim() === "" });
  }
  value.comment = isBeside ? (comments[0] ?? null) : null;
  return found;
}

function addAbove(
  node: { commentBefore?: string | null; spaceBefore?: boolean } | undefined,
  lines: CommentLine[],
): void {
  if (node === undefined || lines.length === 0) return;
  if (lines[0]?.isAfterBlank === true) node.spaceBefore = true;
  // the parser ends a comment at a blank line
  node.commentBefore = [textOf(lines), node.commentBefore ?? []].flat().join("\n\n");
}

function textOf(lines: readonly CommentLine[]): string {
  return lines.map(({ text, isAfterBlank }, index) => (isAfterBlank && index > 0 ? `\n${text}` : text)).join("\n");
}

/** The comment above the first key, which the parser attaches to the map; not one behind the key that the map belongs to. */
function moveToFirstKey(map: YAMLMap, source: string): void {
  const key = keyOf(map, 0);
  if (key === undefined || !map.commentBefore) return;
  const lines = map.commentBefore.split("\n");
  const above = source
    .slice(0, key.range?.[0] ?? 0)
    .trimEnd()
    .split("\n")
    .slice(-lines.length);
  const isBehindKey =
    above.findIndex((line) => /^[^#]*:\s+#/.test(line)) === above.length - lines.filter((line) => line !== "").length;
  const own = isBehindKey ? lines.slice(1) : lines;
  map.commentBefore = isBehindKey ? (lines[0] ?? null) : null;
  if (own.length > 0) key.commentBefore = [own.join("\n"), key.commentBefore ?? []].flat().join("\n");
}

/** The lines of a collection's `comment`, with their indentation, which the parser does not keep. */
function linesBelow({ comment, range }: YAMLMap | YAMLSeq, source: string): CommentLine[] {
  let missing = comment?.split("\n").filter((line) => line !== "").length ?? 0;
  if (missing === 0 || !range) return [];
  const found: CommentLine[] = [];
  // only as many as the comment has: the text above may end with lines that look like comments
  const lines = source.slice(0, range[2]).replace(/\s+$/, "").split("\n");
  for (let index = lines.length - 1; missing > 0 && index >= 0; index--) {
    const [, blanks = "", text] = /^(\s*)#(.*)$/.exec(lines[index] ?? "") ?? [];
    if (text === undefined) continue;
    found.unshift({ indent: blanks.length, text, isAfterBlank: (lines[index - 1] ?? "").trim() === "" });
    missing -= 1;
  }
  return found;
}

/** The column of its first key, or of the dash of its first item. */
function indentOf({ range }: YAMLMap | YAMLSeq, source: string): number {
  const start = range?.[0] ?? 0;
  return start - (source.lastIndexOf("\n", start - 1) + 1);
}

function keyOf(map: YAMLMap, index: number): (Scalar & { range?: Range | null }) | undefined {
  const key = map.items[index]?.key;
  return isScalar(key) ? key : undefined;
}
