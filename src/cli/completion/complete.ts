/** The hidden command `__complete`. */
import { programWith } from "../commands.js";
import { completionOf, type Completion } from "./candidates.js";
import { liveNames } from "./live-names.js";

/** Milliseconds: nobody waits longer for a suggestion. */
const timeout = 2_000;

const directives = { nothing: ":4", files: ":0", directories: ":16" } as const;

/**
 * Prints what may follow. Silent whatever fails: an error would appear in the line that a person is writing.
 *
 * @param words after the program's name; the last one is to be completed
 */
export async function complete(words: readonly string[]): Promise<void> {
  // also what does not listen to the signal, such as a credential plug-in
  const late = setTimeout(() => process.exit(0), timeout);
  try {
    const joined = joinAssignments(words.length === 0 ? [""] : words);
    const program = await programWith("orchestrator", joined.length > 1 ? joined[0] : undefined);
    const found = await completionOf(program, joined, liveNames());
    process.stdout.write(completionText(found, joined.at(-1) ?? ""));
  } catch {
    process.stdout.write(`${directives.nothing}\n`);
  } finally {
    clearTimeout(late);
  }
}

/** bash cuts `--name=value` in three. */
function joinAssignments(words: readonly string[]): string[] {
  const joined: string[] = [];
  for (const word of words) {
    const last = joined.at(-1);
    if (last?.startsWith("--") === true && (word === "=" || last.endsWith("=")))
      joined[joined.length - 1] = last + word;
    else joined.push(word);
  }
  return joined;
}

/** The candidates that begin with what is written. */
export function completionText({ candidates, others }: Completion, current: string): string {
  const lines = candidates
    .filter(({ value }) => value.startsWith(current))
    .map(({ value, description = "" }) =>
      description === "" ? value : `${value}\t${description.split("\n")[0] ?? ""}`,
    );
  return [...lines, directives[others]].map((line) => `${line}\n`).join("");
}
