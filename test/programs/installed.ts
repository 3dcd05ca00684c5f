/**
 * The real agent programs, in the versions of images/agent, from the npm registry that this machine uses: installed once for
 * each user, since they are large and have their own licenses.
 */
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { cacheDirectory, cached } from "#src/cluster/binaries/cache.js";
import { packageRoot } from "#src/version.js";

export const programNames = ["claude", "codex", "gemini", "opencode"] as const;
export type ProgramName = (typeof programNames)[number];

export interface Installed {
  /** Paths that must be readable for it to run. */
  readonly directory: string;
  readonly command: string;
}

/** Of images/agent. */
export const containerfile = readFileSync(join(packageRoot, "images/agent/Containerfile"), "utf8");

/** The steps of the Containerfile that install an agent program, as a shell script with the variables PROGRAM and VERSION. */
export const installScript = /^RUN (case [^]*?[^\\])\n/m.exec(containerfile)?.[1]?.replaceAll("\\\n", "") ?? "";

/** `name@version` of each agent program's package. */
export const packages: ReadonlyMap<string, string> = new Map(
  [...installScript.matchAll(/(\w+)\) package=(\S+)@\$\{VERSION:-([^}]+)\}/g)].map(
    ([, program = "", name = "", version = ""]) => [program, `${name}@${version}`],
  ),
);

/** Packages whose install scripts link the program into place. Scripts of other packages only build optional parts. */
const runsScripts: readonly ProgramName[] = ["claude", "opencode"];

/** The agent program, or the reason why it is unavailable. */
export async function installed(program: ProgramName): Promise<Installed | string> {
  const wanted = packages.get(program) ?? "";
  const entry = join(cacheDirectory(), "programs", `${program}-${wanted.slice(wanted.lastIndexOf("@") + 1)}`);
  const quiet = ["--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"];
  try {
    const directory = await cached(
      entry,
      async (draft) => {
        // npm 11.16 and later run the scripts of no other package
        const allowScripts = { [wanted.slice(0, wanted.lastIndexOf("@"))]: true };
        writeFileSync(join(draft, "package.json"), JSON.stringify({ private: true, allowScripts }));
        // said in both cases: the .npmrc of this project reaches it by the environment
        const options = [...quiet, `--ignore-scripts=${!runsScripts.includes(program)}`];
        await promisify(execFile)("npm", ["install", ...options, wanted], { cwd: draft, timeout: 300_000 });
        // a program whose install script did not run is not kept
        const command = join(draft, "node_modules/.bin", program);
        await promisify(execFile)(command, ["--version"], { cwd: draft, timeout: 120_000 });
      },
      (line) => console.error(line),
    );
    return { directory, command: join(directory, "node_modules/.bin", program) };
  } catch (error) {
    const [reason = ""] = (error instanceof Error ? error.message : String(error)).trim().split("\n").slice(-1);
    return `${wanted} can't be installed: ${reason}`;
  }
}
