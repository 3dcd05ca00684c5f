/** Help texts: every command and option is described, and option descriptions start with the noun. */
import type { Command } from "commander";
import t from "tap";
import { clusterCommand } from "#src/cli/cluster.js";
import { configCommand } from "#src/cli/config.js";
import { convertCommand } from "#src/cli/convert.js";
import { managerCommand } from "#src/cli/manager.js";
import { renderCommand } from "#src/cli/render.js";
import { validateCommand } from "#src/cli/validate.js";
import { doctorCommand } from "#src/cli/doctor.js";
import { healthCommand } from "#src/cli/health.js";
import { serverCommand } from "#src/cli/server.js";
import { uiCommand } from "#src/cli/ui.js";
import { versionCommand } from "#src/cli/version.js";

const commands = [
  managerCommand(),
  validateCommand(),
  renderCommand(),
  convertCommand(),
  configCommand(),
  clusterCommand(),
  versionCommand(),
  uiCommand(),
  doctorCommand(),
  healthCommand(),
  serverCommand(),
];

/** First words that show that the noun is missing: "of the cluster", "that webhooks listen on", "default: all". */
const withoutNoun =
  /^(of|that|to|for|from|with|by|as|at|in|on|after|between|below|what|where|who|also|default|don't)\b/i;

function withSubcommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}

for (const command of commands.flatMap(withSubcommands)) {
  t.test(`the help of ${command.name()} describes every option, noun first`, (t) => {
    t.not(command.description(), "");
    for (const { flags, description } of command.options) {
      t.not(description, "", flags);
      t.notMatch(description, withoutNoun, flags);
      t.notMatch(description, /\.$/, flags);
    }
    t.end();
  });
}
