/**
 * Images with real agent programs, like those of images/agent: user, variables and paths of its Containerfile, programs of this
 * machine instead of its packages, and the agent program as npm installs it. Images of agent programs that are scripts contain Node.js.
 */
import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { hostFile, sharedObjects } from "#src/cluster/images/node-image.js";
import { writeImage, type ImageEntry } from "#src/cluster/images/oci.js";
import { containerfile, type Installed, type ProgramName } from "../programs/installed.js";
import { systemEntries } from "./agent-image.js";

export const programImageName = (program: ProgramName): string =>
  `localhost/agent-orchestrator/agent-${program}:latest`;

/** Programs of this machine, if present, in addition to those of every agent image: agent programs may start them. */
const tools = ["awk", "diff", "ps", "rg", "sha256sum", "tee", "timeout", "uniq", "xargs"];

/** Metadata of npm, and a second OpenCode for older processors. */
const omitted = /\/node_modules\/(\.package-lock\.json|opencode-linux-x64-baseline)$/;

const authorities = "/etc/ssl/certs/ca-certificates.crt";

/** Where npm installs global packages. */
const modules = "/usr/local/lib/node_modules";

const instruction = (name: string): string => new RegExp(`^${name} (.*)$`, "m").exec(containerfile)?.[1] ?? "";

/** Writes it as an archive. */
export async function programImage(
  file: string,
  program: ProgramName,
  { directory, command }: Installed,
): Promise<void> {
  const source = join(directory, "node_modules");
  const executable = realpathSync(command);
  const isScript = executable.endsWith(".js");
  const entries = entriesBelow(source, executable);
  // npm's naming convention for packages of this platform
  const natives = Object.keys(entries).filter(
    (path) => path.endsWith(".node") && path.includes(`-linux-${process.arch}/`),
  );
  const environment = instruction("ENV")
    .split(" ")
    .map((pair) => pair.split("=") as [string, string]);
  await writeImage(file, {
    name: programImageName(program),
    entries: {
      ...(await systemEntries(tools)),
      ...(await sharedObjects([
        isScript ? process.execPath : executable,
        ...natives.map((path) => join(source, relative(modules, path))),
      ])),
      ...(existsSync(authorities) && { [authorities]: { type: "file", content: readFileSync(authorities) } }),
      ...(isScript && { "/usr/local/bin/node": hostFile(process.execPath) }),
      ...entries,
      [`/usr/local/bin/${program}`]: { type: "symlink", target: join(modules, relative(source, executable)) },
      "/workspace": { type: "directory", uid: 1000, gid: 1000 },
    },
    environment: Object.fromEntries(environment),
    user: instruction("USER"),
    workingDirectory: instruction("WORKDIR"),
  });
}

/** @param executable the link to keep among several to the same file: an install script of the package links it into place */
function entriesBelow(source: string, executable: string): Record<string, ImageEntry> {
  const entries: Record<string, ImageEntry> = {};
  const { ino } = statSync(executable);
  const walk = (directory: string): void => {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      const path = join(directory, entry.name);
      const place = join(modules, relative(source, path));
      if (omitted.test(path) || entry.name === ".bin") continue;
      if (entry.isDirectory()) walk(path);
      else if (entry.isSymbolicLink()) entries[place] = { type: "symlink", target: readlinkSync(path) };
      else {
        const { mode, ino: own } = statSync(path);
        if (own === ino && path !== executable) continue;
        entries[place] = { type: "file", content: readFileSync(path), mode: mode & 0o777 };
      }
    }
  };
  walk(source);
  return entries;
}
