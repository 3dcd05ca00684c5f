/** What a document tells its readers to do, in order: files to save, commands to run, and the output that it prints. */

/** A fenced block of a document. */
interface Block {
  readonly language: string;
  readonly text: string;
  /** The text between the previous block and this one. */
  readonly before: string;
}

export type PrintedStep =
  /** "Save this as `taskrun.yaml`:" and a block of YAML. */
  | { readonly save: string; readonly text: string }
  /** A block of shell, and the block of text after it. */
  | { readonly run: string; readonly output?: string };

export function printedSteps(markdown: string): PrintedStep[] {
  const blocks = blocksOf(markdown);
  return blocks.flatMap((block, index): PrintedStep[] => {
    const [, save] = /Save this as\s+`([^`]+)`[^`]*$/.exec(block.before) ?? [];
    if (block.language === "yaml" && save !== undefined) return [{ save, text: block.text }];
    if (block.language !== "sh") return [];
    const next = blocks[index + 1];
    const isOutput = next?.language === "text" && next.before.trim() === "";
    return [{ run: block.text, ...(isOutput && { output: next.text }) }];
  });
}

/** The lines of all blocks of shell, without empty ones and comments. */
export function commandLines(markdown: string): string[] {
  return blocksOf(markdown)
    .filter(({ language }) => language === "sh")
    .flatMap(({ text }) => text.split("\n"))
    .filter((line) => line.trim() !== "" && !line.startsWith("#"));
}

function blocksOf(markdown: string): Block[] {
  let end = 0;
  return [...markdown.matchAll(/^```([a-z]*)\n([^]*?)^```$/gm)].map((match) => {
    const [whole, language = "", text = ""] = match;
    const before = markdown.slice(end, match.index);
    end = match.index + whole.length;
    return { language, text, before };
  });
}

/** Text in which ages, times and random names are the same in every run, and columns are separated by one space. */
export function withoutChance(text: string): string {
  return text
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, "<timestamp>")
    .replaceAll(/\b\d+(?:\.\d+)?(?:ms|s|m|h|d)(?:\d+(?:s|m|h))?\b/g, "<age>")
    .replaceAll(/\bresourceVersion \d+/g, "resourceVersion <number>")
    .replaceAll(/(-run-\d+)-[a-z0-9]{5}\b/g, "$1-<random>")
    .split("\n")
    .map((line) => line.trim().replaceAll(/\s+/g, " "))
    .filter((line) => line !== "")
    .join("\n");
}

/** Whether output is what a document prints, where `...` stands for any text, and alone on a line for any lines. */
export function isPrinted(output: string, printed: string): boolean {
  const pattern = withoutChance(printed)
    .split("\n")
    .map((line) => (line === "..." ? "(?:.*\n)*?" : `${line.split("...").map(escape).join(".*")}\n`))
    .join("");
  return new RegExp(`^${pattern}$`).test(`${withoutChance(output)}\n`);
}

const escape = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
