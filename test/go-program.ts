/** Go programs that tests and benchmarks compare with: built from their modules once for a user, like the cluster's own. */
import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { cacheDirectory, cached, sourceHash } from "#src/cluster/binaries/cache.js";
import { goBuild } from "#src/cluster/binaries/go.js";
import { packageRoot } from "#src/version.js";

/**
 * The program of the Go module in this directory of the repository, named like the directory. Another source is another program.
 *
 * @param target the package to build, where it isn't the module itself but a tool that it pins
 * @throws {Error} where there is no Go, or it can't be built.
 */
export async function goProgram(directory: string, progress: (line: string) => void, target = "."): Promise<string> {
  const module = join(packageRoot, directory);
  const name = basename(module);
  const source = readdirSync(module, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.go$|^go\.(mod|sum)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
  const entry = join(cacheDirectory(), `${name}-${sourceHash(source)}`);
  const made = await cached(
    entry,
    (draft) => goBuild({ directory: module, target, output: join(draft, name) }, { progress }),
    progress,
  );
  return join(made, name);
}
