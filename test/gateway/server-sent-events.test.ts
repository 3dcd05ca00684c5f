/** Events are the same, however the bytes are cut into chunks. */
import t from "tap";
import { EventData } from "#src/gateway/server-sent-events.js";
import fc from "../property.js";

function read(chunks: readonly Uint8Array[]): string[] {
  const found: string[] = [];
  const events = new EventData((data) => found.push(data));
  for (const chunk of chunks) events.push(chunk);
  return found;
}

t.test("data of events, with every kind of line end, comments, other fields and several lines", (t) => {
  for (const end of ["\n", "\r\n", "\r"]) {
    const text = [
      ": comment",
      "event: a",
      "data: one",
      "data:two",
      "",
      "",
      "id: 3",
      "",
      "data: é",
      "",
      "data: cut",
    ].join(end);
    t.same(read([Buffer.from(text)]), ["one\ntwo", "é"]);
  }
  t.end();
});

t.test("a line feed alone in a chunk ends the line of the return before it, and nothing else", (t) => {
  t.same(read(["data: x\r", "\n", "\n"].map((chunk) => Buffer.from(chunk))), ["x"]);
  t.end();
});

t.test("any chunks give the same events", (t) => {
  const line = fc.constantFrom("data: é€𝄞", "data:x", "event: y", ": z", "", "data");
  const text = fc
    .array(fc.tuple(line, fc.constantFrom("\n", "\r\n", "\r")), { maxLength: 30 })
    .map((lines) => Buffer.from(lines.map(([text, end]) => text + end).join("")));
  fc.assert(
    fc.property(text, fc.array(fc.nat(), { maxLength: 10 }), (bytes, cuts) => {
      const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
      const chunks = at.slice(1).map((end, index) => bytes.subarray(at[index], end));
      t.same(read(chunks), read([bytes]));
    }),
  );
  t.end();
});

t.test("an event of more than a MiB is skipped, and those after it are read", (t) => {
  const large = Buffer.from(`data: ${"x".repeat(700_000)}\ndata: ${"y".repeat(700_000)}\n\n`);
  t.same(read([large, Buffer.from("data: after\n\n")]), ["after"]);
  const oneLine = Buffer.from(`data: ${"x".repeat(3_000_000)}\n\ndata: after\n\n`);
  t.same(read([oneLine.subarray(0, 100), oneLine.subarray(100, 2_000_000), oneLine.subarray(2_000_000)]), ["after"]);
  t.end();
});
