import type { Command } from "commander";
import type { CommandIo } from "#src/cli/io.js";

/** The exit code and output of a command. */
export interface Outcome {
  readonly code: number | undefined;
  readonly out: string;
  readonly err: string;
}

/** Runs a command within this process. */
export async function outcomeOf(
  make: (io: CommandIo) => Command,
  args: readonly string[],
  stdin = "",
): Promise<Outcome> {
  let [code, out, err]: [number | undefined, string, string] = [undefined, "", ""];
  const command = make({
    readStdin: () => stdin,
    out: (text) => (out += text),
    err: (text) => (err += text),
    exit: (result) => (code = result),
  });
  await command.parseAsync(args, { from: "user" });
  return { code, out, err };
}
