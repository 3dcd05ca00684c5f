import { delimiter } from "node:path";
import { run, which } from "../process.js";
import { isSupported, versionArguments } from "./versions.js";
import type { Program } from "./versions.js";

export interface FoundProgram {
  readonly program: Program;
  readonly file: string;
}

/**
 * Finds each program with a supported version in `KUBEBUILDER_ASSETS` and then on PATH. Every directory that contains
 * the program is checked, so that an old kubectl earlier on PATH does not hide a supported one.
 */
export async function findInstalled(
  programs: readonly Program[],
  environment: NodeJS.ProcessEnv,
  onUnsupported: (file: string, versionLine: string) => void = () => undefined,
): Promise<FoundProgram[]> {
  const directories = [environment.KUBEBUILDER_ASSETS, ...(environment.PATH ?? "").split(delimiter)].filter(
    (directory) => directory !== undefined && directory !== "",
  );
  const found = programs.map(async (program): Promise<FoundProgram[]> => {
    for (const directory of new Set(directories)) {
      const file = which(program, directory);
      if (file === undefined) continue;
      const { code, output } = await run([file, ...versionArguments(program)]);
      if (code === 0 && isSupported(program, output)) return [{ program, file }];
      onUnsupported(file, output.trim().split("\n", 1)[0] ?? "");
    }
    return [];
  });
  return (await Promise.all(found)).flat();
}
