/** Manifests on the standard input of commands. */
import type { Command } from "commander";
import { convertCommand } from "#src/cli/convert.js";
import type { CommandIo } from "#src/cli/io.js";
import { renderCommand } from "#src/cli/render.js";
import { validateCommand } from "#src/cli/validate.js";
import { outcomeOf, type Outcome } from "../cli/command-line.js";
import { ensure, type FuzzTarget } from "./fuzz-target.js";

interface ManifestTarget {
  readonly inputs: number;
  readonly command: (io: CommandIo) => Command;
  /** What must hold of a result that is not a refusal. */
  readonly check?: (outcome: Outcome) => unknown;
}

function manifestTarget(name: string, { command, inputs, check }: ManifestTarget): FuzzTarget {
  return {
    ...{ name, inputs, maxBytes: 64 * 1024, maxCpu: 10_000 },
    async run(input) {
      const outcome = await outcomeOf(command, ["-f", "-"], input.toString("utf8"));
      const { code, err } = outcome;
      ensure(code === 0 || code === 1 || code === 2, `exit code ${code}`);
      ensure(code !== 2 || err !== "", "refused without a message");
      if (code !== 2) await check?.(outcome);
    },
  };
}

const validate = manifestTarget("validate", { command: validateCommand, inputs: 20 });

const convert = manifestTarget("convert", {
  command: convertCommand,
  inputs: 30,
  async check({ out }) {
    const again = await outcomeOf(convertCommand, ["-f", "-"], out);
    ensure(again.code !== 2, `its own output is refused: ${again.err}`);
  },
});

const render = manifestTarget("render", { command: renderCommand, inputs: 20 });

export const commandTargets: readonly FuzzTarget[] = [validate, convert, render];
