/** The beginning of a push: whatever bytes come, in whatever pieces, it is one update, a probe, not complete yet, or refused. */
import t from "tap";
import { maxCommands, PushError, readPushCommands } from "#src/gateway/git/push-command.js";
import fc from "../property.js";

const line = (text: string): string => `${(Buffer.byteLength(text) + 4).toString(16).padStart(4, "0")}${text}`;
const id = (digit: string, length = 40): string => digit.repeat(length);
const update = (reference: string, to = id("b")): string =>
  line(`${id("a")} ${to} ${reference}\0report-status side-band-64k agent=git/2`);

t.test("one update is read, with what is before and after it", (t) => {
  const branch = "refs/heads/a/ü";
  const expected = { state: "update", reference: branch, isDeletion: false, isMultiplexed: true };
  for (const before of ["", line(`shallow ${id("c")}\n`)])
    for (const after of ["", "PACK\0\0", "0000"])
      t.same(readPushCommands(Buffer.from(`${before}${update(branch)}0000${after}`)), expected);
  t.same(readPushCommands(Buffer.from(`${update(branch, id("0"))}0000`)), { ...expected, isDeletion: true });
  t.same(readPushCommands(Buffer.from(`${line(`${id("a", 64)} ${id("b", 64)} ${branch}\0x`)}0000`)), {
    ...{ ...expected, isMultiplexed: false },
  });
  t.same(readPushCommands(Buffer.from("0000PACK")), { state: "probe" });
  t.end();
});

t.test("what is cut anywhere is not complete, and what is too long is refused", (t) => {
  const whole = Buffer.from(`${line(`shallow ${id("c")}`)}${update("refs/heads/a")}0000`);
  for (let length = 0; length < whole.length; length += 1)
    t.same(readPushCommands(whole.subarray(0, length)), { state: "incomplete" }, `${length} bytes`);
  const long = Buffer.from(line(`shallow ${id("c")}`).repeat(maxCommands / 50));
  t.throws(() => readPushCommands(long), /its list of references exceeds 65536 bytes/);
  t.end();
});

t.test("other commands and several updates are refused in every form", (t) => {
  for (const text of [
    line("push-cert\0abc"),
    line(`${id("a")} ${id("b")} refs/heads/a b`),
    line(`${id("a")}  refs/heads/a`),
    update("refs/heads/a") + line(`${id("a")} ${id("b")} refs/heads/b`),
    "0004",
    "0001",
    "-001",
    "zzzz",
  ])
    t.throws(
      () => readPushCommands(Buffer.from(`${text}0000`)),
      /it (has a command|updates more|is not git)/,
      JSON.stringify(text),
    );
  t.end();
});

t.test("any bytes give a state or a PushError, and an update names the reference that a server would read", (t) => {
  const piece = fc.oneof(
    fc.string({ unit: "binary", maxLength: 60 }).map(line),
    fc.constantFrom("0000", "0001", "0004", "ffff", update("refs/heads/a"), line(`shallow ${id("c")}`)),
    fc.string({ unit: "binary", maxLength: 10 }),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => {
      const bytes = Buffer.from(pieces.join(""));
      try {
        const commands = readPushCommands(bytes);
        if (commands.state !== "update") return;
        const lines = bytes.toString("utf8").split(commands.reference).length;
        if (lines < 2) throw new Error(`${commands.reference} is not in it`);
      } catch (error) {
        if (!(error instanceof PushError)) throw error;
      }
    }),
    { numRuns: 2_000 },
  );
  t.end();
});
