import { delimiter } from "node:path";
import { run, which } from "../process.js";
import { isFitting, versionArguments } from "./versions.js";
import type { Program } from "./versions.js";

export interface Found {
  readonly program: Program;
  readonly file: string;
}

/**
 * The programs of a fitting version in `KUBEBUILDER_ASSETS` and then on PATH, each for itself. Every directory that
 * has a program of the name is asked, so that an old kubectl in front does not hide a good one behind it.
 */
export async function findInstalled(
  programs: readonly Program[],
  environment: NodeJS.ProcessEnv,
  onUnfit: (file: string, says: string) => void = () => undefined,
): Promise<Found[]> {
  const directories = [environment.KUBEBUILDER_ASSETS, ...(environment.PATH ?? "").split(delimiter)].filter(
    (directory) => directory !== undefined && directory !== "",
  );
  const found = programs.map(async (program): Promise<Found[]> => {
    for (const directory of new Set(directories)) {
      const file = which(program, directory);
      if (file === undefined) continue;
      const { code, output } = await run([file, ...versionArguments(program)]);
      if (code === 0 && isFitting(program, output)) return [{ program, file }];
      onUnfit(file, output.trim().split("\n", 1)[0] ?? "");
    }
    return [];
  });
  return (await Promise.all(found)).flat();
}
