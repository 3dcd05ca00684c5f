/** What of an object goes into a bundle: its shape and state, and neither secrets nor the work of users. */
import { lastApplied } from "../../api/labels.js";
import { isList, isObject } from "../../runtime/schema/json.js";
import { withoutKeys } from "../../secret-forms.js";

/** Fields with what users wrote or may have written: prompts, files, values of variables, commands. */
const contents: ReadonlySet<string> = new Set([
  ...["content", "value", "data", "binaryData", "stringData", "command", "args", "prompt", "systemPrompt", "context"],
  ...[
    "promptModification",
    "taskDescription",
    "taskRequirements",
    "additionalContext",
    "script",
    "description",
    "caBundle",
    "transcript",
  ],
  ...["text", "title"],
]);

/** Long, of no use, or a copy of what is left out elsewhere. */
const noise: ReadonlySet<string> = new Set(["managedFields", lastApplied]);

/** Characters of a text that no rule names. */
const longest = 2_000;

function measured(value: unknown): string {
  const characters = typeof value === "string" ? value.length : JSON.stringify(value).length;
  return `<left out: ${characters} characters>`;
}

/** A copy of a JSON value without contents and keys. References to Secrets (names and keys in them) stay. */
export function withoutContents(value: unknown): unknown {
  if (typeof value === "string") {
    const text = withoutKeys(value);
    return text.length <= longest ? text : `${text.slice(0, longest)}<left out: ${text.length - longest} characters>`;
  }
  if (isList(value)) return value.map(withoutContents);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]) => {
      if (noise.has(name)) return [];
      const isContent = contents.has(name) && typeof member !== "boolean" && typeof member !== "number";
      return [[name, isContent && member !== null ? measured(member) : withoutContents(member)]];
    }),
  );
}
