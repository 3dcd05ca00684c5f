import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../version.js";

/** A file that every build which changes compiled code rewrites. Only a checkout has it. */
const compiled = join(packageRoot, "dist/.tsbuildinfo");

/**
 * The path of the bundled command line (docs/adr/012), so that what runs and is tested is what users get.
 *
 * @throws {Error} when it is missing or older than the compiled code.
 */
export function orchestratorProgram(): string {
  const program = join(packageRoot, "bundle/orchestrator.js");
  const isStale =
    !existsSync(program) || (existsSync(compiled) && statSync(program).mtimeMs < statSync(compiled).mtimeMs);
  if (isStale) throw new Error("bundle/ is missing or older than dist/: run npm run build");
  return program;
}
