// cspell:ignore imge imagess
import t from "tap";
import { suggestion } from "#src/suggestion.js";
import fc from "./property.js";

t.test("the closest name is suggested, the first of several", (t) => {
  const known = ["maxRetries", "maxParallel", "image", "images", "cli-images"];
  t.equal(suggestion("maxRetires", known), "maxRetries", "two characters are swapped");
  t.equal(suggestion("max_retries", known), "maxRetries", "another spelling");
  t.equal(suggestion("imge", known), "image");
  t.equal(suggestion("imagess", known), "images");
  t.equal(suggestion("cliImages", known), "cli-images");
  t.equal(suggestion("ab", ["ac", "ad"]), undefined, "too short to guess");
  t.equal(suggestion("abc", ["abd", "abe"]), "abd");
  t.equal(suggestion("somethingElse", known), undefined);
  t.equal(suggestion("x".repeat(97), ["x".repeat(97)]), undefined, "text, and not a name");
  t.end();
});

t.test("a name with any mistakes up to the allowed number is found", (t) => {
  const letters = fc.string({ unit: fc.constantFrom("a", "b", "c", "d"), minLength: 4, maxLength: 40 });
  const edit = fc.record({ at: fc.nat(40), kind: fc.constantFrom("add", "remove", "replace", "swap") });
  fc.assert(
    fc.property(letters, fc.array(edit, { maxLength: 3 }), (name, edits) => {
      let typed = name;
      // characters that are swapped and then changed count as more mistakes: swaps are tried alone
      for (const { at, kind } of edits) {
        const place = at % Math.max(1, typed.length);
        const [before, here, after] = [typed.slice(0, place), typed.slice(place, place + 1), typed.slice(place + 1)];
        if (kind === "add") typed = `${before}z${here}${after}`;
        else if (kind === "remove") typed = before + after;
        else if (kind === "replace") typed = `${before}z${after}`;
        else if (edits.length === 1) typed = before + after.slice(0, 1) + here + after.slice(1);
      }
      if (typed.length < 3 || edits.length > Math.ceil(typed.length / 4)) return;
      if (suggestion(typed, ["zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz", name]) !== name)
        throw new Error(typed);
    }),
  );
  t.end();
});
