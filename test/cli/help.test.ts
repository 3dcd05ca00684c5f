/** Help texts: every command and option is described, and option descriptions start with the noun. */
import type { Command } from "commander";
import t from "tap";
import { commands, wholeProgram } from "#src/cli/commands.js";
import { asPlugin } from "#src/cli/plugin.js";

const program = await wholeProgram();

/** First words that show that the noun is missing: "of the cluster", "that webhooks listen on", "default: all". */
const withoutNoun =
  /^(of|that|to|for|from|with|by|as|at|in|on|after|between|below|what|where|who|also|default|don't)\b/i;

function withSubcommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}

function helpOf(command: Command): string {
  let text = "";
  command.configureOutput({ writeOut: (part) => (text += part) });
  command.outputHelp();
  return text;
}

for (const command of program.commands.flatMap(withSubcommands)) {
  t.test(`the help of ${command.name()} describes every option, noun first`, (t) => {
    t.not(command.description(), "");
    for (const { flags, description } of command.options) {
      t.not(description, "", flags);
      t.notMatch(description, withoutNoun, flags);
      t.notMatch(description, /\.$/, flags);
    }
    t.end();
  });
  if (command.commands.length === 0)
    t.test(`the help of ${command.parent?.name() ?? ""} ${command.name()} has examples`, (t) => {
      t.match(helpOf(command), /^(Example: |Examples:\n {2}).*orchestrator /m);
      t.end();
    });
}

t.test("help without a command, which loads none, describes them as they do", (t) => {
  t.strictSame(
    Object.entries(commands).map(([name, { description }]) => ({ name, description })),
    program.commands.map((command) => ({ name: command.name(), description: command.description() })),
  );
  t.end();
});

t.test("kubectl's plug-in names itself as people call it", (t) => {
  t.equal(
    asPlugin(
      "  orchestrator task list\n(see orchestrator task --help) agent-orchestrator x, kubectl orchestrator task",
    ),
    "  kubectl orchestrator task list\n(see kubectl orchestrator task --help) agent-orchestrator x, kubectl orchestrator task",
  );
  t.end();
});
