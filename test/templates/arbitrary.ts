/** Values that are hard to write into scripts and files. */
import fc from "../property.js";

/** What is in the way of naive quoting. */
const hostile = fc.oneof(
  fc.constantFrom(
    "$(touch hurt)",
    "`touch hurt`",
    "'; touch hurt; '",
    '"; touch hurt; "',
    "\\",
    "\n",
    "!x",
    "${HOME}",
    "-rf",
    "",
    "\r\n",
    "{{json this}}",
    "__proto__",
    "constructor",
  ),
  fc.string({ unit: "binary", maxLength: 40 }).filter((text) => !text.includes("\0")),
  fc
    .array(fc.constantFrom("'", '"', "\\", "$", "`", "\n", "(", ")", "é", "😀", "\u2028", " ", "{model}"), {
      maxLength: 30,
    })
    .map((parts) => parts.join("")),
);

/** Lone halves of surrogate pairs are no text; writing them makes others of them. */
export const text = hostile.map((value) => Buffer.from(value).toString());
