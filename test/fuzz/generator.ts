/** Inputs made from those of a corpus: edits of the value that a text holds, then edits of the text. */
import fc from "../property.js";
import { tokens } from "./hostile.js";
import { indexAt, place, structuralEdits, type Edit } from "./structure.js";

/** Texts are bytes here, each a character of its own (`latin1`), so that no edit repairs what is not UTF-8. */
const encoding = "latin1";

/** The end of a word near a place, half of the time: an edit in the middle of a word seldom keeps a meaning. */
function near(text: string, at: number): number {
  const start = indexAt(text.length + 1, at);
  if (at % 2 === 0) return start;
  const found = text.slice(start, start + 80).search(/[\s:,"'[\]{}()]/);
  return found < 0 ? start : start + found;
}

const pairs = [
  ...[
    ["[", "]"],
    ["{a: ", "}"],
    ['{"a":', "}"],
    ["(not ", ")"],
    ["{{#if a}}", "{{/if}}"],
  ],
  ...[
    ["{{#each a}}", "{{/each}}"],
    ["{{", "}}"],
    ["? [", "]"],
    ['"', '"'],
    ["- ", "\n"],
    ["a:\n  ", "\n"],
  ],
] as const;

const times = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 41, max: 4000 }));
const length = fc.integer({ min: 1, max: 60 });

/** @param maxBytes longest result of an edit that repeats something */
function textEdits(maxBytes: number): fc.Arbitrary<Edit> {
  const fitting = (count: number, piece: string): number => Math.min(count, Math.ceil(maxBytes / (piece.length || 1)));
  return fc.oneof(
    fc.tuple(place, fc.constantFrom(...tokens)).map(([at, token]): Edit => (text) => {
      const index = near(text, at);
      return text.slice(0, index) + token + text.slice(index);
    }),
    fc.tuple(place, length, fc.constantFrom(...tokens, "")).map(([at, size, token]): Edit => (text) => {
      const index = near(text, at);
      return text.slice(0, index) + token + text.slice(index + size);
    }),
    place.map(
      (at): Edit =>
        (text) =>
          text.slice(0, near(text, at)),
    ),
    fc.tuple(place, length, times).map(([at, size, count]): Edit => (text) => {
      const index = near(text, at);
      const piece = text.slice(index, index + size);
      return text.slice(0, index) + piece.repeat(fitting(count, piece)) + text.slice(index + size);
    }),
    fc
      .tuple(place, length, fc.constantFrom(...pairs), times)
      .map(([at, size, [open = "", close = ""], count]): Edit => (text) => {
        const index = near(text, at);
        const levels = fitting(count, open + close);
        const inside = text.slice(index, index + size);
        return text.slice(0, index) + open.repeat(levels) + inside + close.repeat(levels) + text.slice(index + size);
      }),
    fc
      .tuple(place, place, place, fc.integer({ min: 1, max: 2000 }))
      .map(([at, which, from, size]): Edit => (text, others) => {
        const other = others[indexAt(others.length, which)] ?? "";
        const [index, start] = [near(text, at), near(other, from)];
        return text.slice(0, index) + other.slice(start, start + size) + text.slice(index);
      }),
    fc.tuple(place, fc.nat({ max: 255 })).map(([at, byte]): Edit => (text) => {
      const index = indexAt(text.length, at);
      return text.slice(0, index) + String.fromCharCode(byte) + text.slice(index + 1);
    }),
    fc.tuple(place, times).map(([at, count]): Edit => (text) => {
      const start = text.lastIndexOf("\n", indexAt(text.length, at)) + 1;
      const end = text.indexOf("\n", start);
      const line = text.slice(start, end < 0 ? undefined : end);
      // numbered, so that a key of a map becomes many keys
      const lines = Array.from({ length: fitting(count, line) }, (_, number) => line.replace(/\w(?=:)/, `$&${number}`));
      return text.slice(0, start) + lines.map((each) => `${each}\n`).join("") + text.slice(start);
    }),
  );
}

/** Inputs of at most so many bytes. Shrinks to fewer edits of an earlier file of the corpus. */
export function inputsFrom(corpus: readonly Buffer[], maxBytes: number): fc.Arbitrary<Buffer> {
  const texts = corpus.map((input) => input.toString(encoding));
  const edits = fc.oneof(
    { weight: 3, arbitrary: fc.tuple(fc.array(structuralEdits, { minLength: 1, maxLength: 4 }), fc.constant([])) },
    { weight: 2, arbitrary: fc.tuple(fc.constant([]), fc.array(textEdits(maxBytes), { minLength: 1, maxLength: 4 })) },
    {
      weight: 1,
      arbitrary: fc.tuple(
        fc.array(structuralEdits, { maxLength: 2 }),
        fc.array(textEdits(maxBytes), { minLength: 1, maxLength: 2 }),
      ),
    },
  );
  return fc.tuple(fc.constantFrom(...texts), edits).map(([start, [structural, textual]]) => {
    let text = start;
    for (const edit of [...structural, ...textual]) text = edit(text, texts).slice(0, maxBytes);
    return Buffer.from(text, encoding);
  });
}
