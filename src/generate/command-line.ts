/** The reference page of commands and options, from the help of each. */
import type { Command } from "commander";
import { wholeProgram } from "../cli/commands.js";
import { generatedFrom } from "./crd.js";
import { tableOf } from "./reference.js";

/** The page, by its path. */
export async function commandLineFile(): Promise<[string, string]> {
  const program = await wholeProgram();
  const leaves = leavesOf(program);
  const text = [
    `<!-- ${generatedFrom("src/cli")} -->`,
    "# Commands",
    "",
    "What `--help` prints, of all commands. [The guide](../guide/command-line.md) explains how to use them.",
    "",
    ...leaves.map(
      (command) =>
        `- [${pathOf(command)}](#${pathOf(command).replaceAll(" ", "-")}): ${escaped(command.description())}`,
    ),
    "",
    ...leaves.flatMap(section),
  ];
  return ["docs/reference/command-line.md", text.join("\n")];
}

/** Commands that do something themselves. */
export function leavesOf(command: Command): Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leavesOf);
}

export function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}

/** Placeholders would be taken for HTML. */
const escaped = (text: string): string => text.replaceAll("<", "&lt;").replaceAll("|", "\\|");

function section(command: Command): string[] {
  const help = command.createHelp();
  const added = addedText(command);
  const args = help
    .visibleArguments(command)
    .map((argument) => [`\`${argument.name()}\``, escaped(help.argumentDescription(argument))]);
  const options = command.options
    .filter(({ hidden }) => !hidden)
    .map((option) => [`\`${option.flags}\``, escaped(help.optionDescription(option))]);
  return [
    `## ${pathOf(command)}`,
    "",
    `${capital(escaped(command.description()))}.`,
    "",
    `\`${pathOf(command)} ${command.usage()}\``,
    "",
    ...(args.length === 0 ? [] : [...tableOf(["argument", "meaning"], args), ""]),
    ...(options.length === 0 ? [] : [...tableOf(["option", "meaning"], options), ""]),
    ...(added === "" ? [] : ["```text", added, "```", ""]),
  ];
}

export const capital = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;

/** The examples and remarks after the options. */
export function addedText(command: Command): string {
  let whole = "";
  command.configureOutput({ writeOut: (text) => (whole += text) });
  command.outputHelp();
  const own = command.helpInformation();
  return whole.slice(own.length).trim();
}
