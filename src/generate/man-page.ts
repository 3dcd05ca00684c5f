/** The man page of the command line, from the help of each command. */
import type { Command } from "commander";
import { wholeProgram } from "../cli/commands.js";
import { addedText, capital, leavesOf, pathOf } from "./command-line.js";
import { generatedFrom } from "./crd.js";

/** The page, by its path. */
export async function manPageFile(): Promise<[string, string]> {
  const program = await wholeProgram();
  const lines = [
    `.\\" ${generatedFrom("src/cli")}`,
    `.TH ORCHESTRATOR 1 "" "agent\\-orchestrator" "User Commands"`,
    ".SH NAME",
    `orchestrator \\- ${escaped(program.description())}`,
    ".SH SYNOPSIS",
    ".B orchestrator",
    ".I command",
    "[options]",
    ".SH DESCRIPTION",
    "Creates, follows and steers runs of AI coding agents, and installs, checks and serves what runs them. As",
    ".B kubectl\\-orchestrator",
    "in PATH it is a plug\\-in of kubectl.",
    ".SH COMMANDS",
    ...leavesOf(program).flatMap(section),
    ...ending,
  ];
  return ["docs/man/orchestrator.1", `${lines.join("\n")}\n`];
}

const ending = [
  ".SH EXIT STATUS",
  ...item("0", "Done, or already so."),
  ...item("1", "Refused, not confirmed, or the run did not succeed."),
  ...item("2", "Wrong usage, a file that cannot be read, or no access to a cluster."),
  ...item("124", "The time of task wait is over."),
  ...item("130", "Ended by Ctrl-C."),
  ".SH ENVIRONMENT",
  ...item("KUBECONFIG", "Files of the kubeconfig, as with kubectl."),
  ...item("ORCHESTRATOR_SERVER", "URL of an orchestrator server for the task commands, as --server."),
  ...item("ORCHESTRATOR_TOKEN", "Token for that server."),
  ...item("HTTPS_PROXY, NO_PROXY", "Proxy in between, and what is reached without it."),
  ...item("NO_COLOR", "Text without color."),
  ...item("BROWSER", "Program that opens links."),
  ".SH SEE ALSO",
  ".BR kubectl (1)",
];

function section(command: Command): string[] {
  const help = command.createHelp();
  const path = pathOf(command);
  return [
    `.SS ${escaped(path.replace(/^orchestrator /, ""))}`,
    `.B ${escaped(`${path} ${command.usage()}`)}`,
    ".PP",
    `${capital(escaped(command.description()))}.`,
    ...help.visibleArguments(command).flatMap((each) => item(`<${each.name()}>`, help.argumentDescription(each))),
    ...command.options
      .filter(({ hidden }) => !hidden)
      .flatMap((option) => item(option.flags, help.optionDescription(option))),
    ...examples(command),
  ];
}

function item(term: string, meaning: string): string[] {
  return [".TP", `.B ${escaped(term)}`, escaped(meaning)];
}

/** As they are, without filling. */
function examples(command: Command): string[] {
  const text = addedText(command);
  return text === "" ? [] : [".PP", ".EX", ...text.split("\n").map(escaped), ".EE"];
}

/** Text without what roff would take for a request, an escape or a hyphen. */
export function escaped(text: string): string {
  return text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replaceAll(/^([.'])/gm, "\\&$1")
    .replaceAll("\n", " ");
}
