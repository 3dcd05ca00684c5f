import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../version.js";

/** Compiled code, newer with each build that changed some. Only a checkout has it. */
const compiled = join(packageRoot, "dist/.tsbuildinfo");

/**
 * The command line as it is shipped (docs/adr/012): what is run and tested is what users get.
 *
 * @throws {Error} where it is older than the code that it is made of, or isn't there
 */
export function orchestratorProgram(): string {
  const program = join(packageRoot, "bundle/orchestrator.js");
  const isStale =
    !existsSync(program) || (existsSync(compiled) && statSync(program).mtimeMs < statSync(compiled).mtimeMs);
  if (isStale) throw new Error("bundle/ is older than dist/, or isn't there: npm run build");
  return program;
}
