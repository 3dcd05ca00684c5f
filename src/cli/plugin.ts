import type { Command } from "commander";

/** Makes help and examples name the program as people call it: `kubectl orchestrator`. */
export function printAsPlugin(command: Command): void {
  command.configureOutput({
    writeOut: (text) => process.stdout.write(asPlugin(text)),
    writeErr: (text) => process.stderr.write(asPlugin(text)),
  });
  for (const each of command.commands) printAsPlugin(each);
}

/** The text with each command as one of kubectl's plug-in. */
export const asPlugin = (text: string): string =>
  text.replaceAll(/(?<!kubectl |[-./\w])orchestrator (?=[a-z]+\b)/g, "kubectl orchestrator ");
