/** What may follow the words of a command line, from the tree of its commands. */
import type { Argument, Command, Option } from "commander";

export interface Candidate {
  readonly value: string;
  readonly description?: string;
}

/** What else the shell may offer. */
export type Others = "nothing" | "files" | "directories";

export interface Completion {
  readonly candidates: readonly Candidate[];
  readonly others: Others;
}

/** Names that only the present state knows. */
export interface LiveNames {
  /** Values of an option or argument; undefined if it has none of this kind. */
  readonly of: (what: string, words: CommandWords) => Promise<readonly Candidate[]> | undefined;
}

/** The words before the one to complete. */
export interface CommandWords {
  readonly command: Command;
  /** Values of options by their long names without dashes. */
  readonly options: ReadonlyMap<string, string>;
  readonly args: readonly string[];
  /** The word to complete, as far as it is written. */
  readonly current: string;
}

/** @param words after the program's name; the last one is to be completed, and may be empty */
export async function completionOf(program: Command, words: readonly string[], live: LiveNames): Promise<Completion> {
  const current = words.at(-1) ?? "";
  const { read, pending } = walk(program, words.slice(0, -1), current);
  const [, flag, value] = /^(--[a-z-]+)=([^]*)$/.exec(current) ?? [];
  const option = pending ?? (flag === undefined ? undefined : optionOf(read.command, flag));
  if (option !== undefined) {
    const prefix = pending === undefined ? `${flag ?? ""}=` : "";
    const found = await valuesOf(option, { ...read, current: value ?? current }, live);
    return { ...found, candidates: found.candidates.map((each) => ({ ...each, value: `${prefix}${each.value}` })) };
  }
  const { command, args } = read;
  if (current.startsWith("-")) return { candidates: optionsOf(command), others: "nothing" };
  const commands = args.length > 0 ? [] : command.commands.filter((each) => !isHidden(each));
  if (commands.length > 0)
    return {
      candidates: commands.map((each) => ({ value: each.name(), description: each.description() })),
      others: "nothing",
    };
  const argument = argumentAt(command, args.length);
  return argument === undefined ? { candidates: [], others: "nothing" } : valuesOf(argument, read, live);
}

const isHidden = (command: Command): boolean => command.name().startsWith("__");

interface Walked {
  readonly read: CommandWords;
  /** The option whose value is to be completed. */
  readonly pending: Option | undefined;
}

function walk(program: Command, words: readonly string[], current: string): Walked {
  let command = program;
  let pending: Option | undefined;
  const options = new Map<string, string>();
  const args: string[] = [];
  for (const word of words) {
    if (pending !== undefined) {
      options.set(pending.name(), word);
      pending = undefined;
      continue;
    }
    if (word.startsWith("-") && word !== "-") {
      const [flag = "", ...value] = word.split("=");
      const option = optionOf(command, flag);
      if (option === undefined || !takesValue(option)) continue;
      if (value.length > 0) options.set(option.name(), value.join("="));
      else pending = option;
      continue;
    }
    const sub =
      args.length > 0 ? undefined : command.commands.find((each) => [each.name(), ...each.aliases()].includes(word));
    if (sub === undefined) args.push(word);
    else command = sub;
  }
  return { read: { command, options, args, current }, pending };
}

const takesValue = ({ required, optional }: Option): boolean => required || optional;

function optionOf({ options }: Command, flag: string): Option | undefined {
  return options.find(({ short, long }) => flag !== "" && (short === flag || long === flag));
}

function optionsOf({ options }: Command): Candidate[] {
  const own = options.flatMap(({ long, hidden, description }) =>
    long === undefined || hidden ? [] : [{ value: long, description }],
  );
  return [...own, { value: "--help", description: "display help for command" }];
}

/** The argument at a place; the last one if it takes several. */
function argumentAt({ registeredArguments }: Command, place: number): Argument | undefined {
  const last = registeredArguments.at(-1);
  return registeredArguments[place] ?? (last?.variadic === true ? last : undefined);
}

async function valuesOf(what: Option | Argument, words: CommandWords, live: LiveNames): Promise<Completion> {
  const choices = what.argChoices ?? [];
  if (choices.length > 0) return { candidates: choices.map((value) => ({ value })), others: "nothing" };
  const name = what.name();
  const placeholder = "flags" in what ? (/<([^>]*)>/.exec(what.flags)?.[1] ?? "") : name;
  const known = fixedValues.get(name === "output" ? placeholder : name);
  if (known !== undefined) return { candidates: known.map((value) => ({ value })), others: "nothing" };
  const found = live.of(name, words);
  if (found !== undefined) return { candidates: await found, others: "nothing" };
  if (/director|dir$/.test(placeholder) || name === "directory") return { candidates: [], others: "directories" };
  return { candidates: [], others: /file|path/.test(placeholder) ? "files" : "nothing" };
}

/** Values of options that are checked where they are used. */
const fixedValues = new Map<string, readonly string[]>([
  ["kind", ["taskrun", "coderun", "docsrun"]],
  ["format", ["table", "wide", "json", "yaml", "name", "jsonpath="]],
  ["priority", ["low", "medium", "high", "critical"]],
  ["cli", ["claude", "codex", "cursor", "gemini", "opencode"]],
]);
