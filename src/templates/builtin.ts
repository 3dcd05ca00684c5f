import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { packageRoot } from "../version.js";

/** The templates that come with this package, by name. */
export function builtInTemplates(directory = join(packageRoot, "templates")): ReadonlyMap<string, string> {
  const files = readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".hbs"))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  return new Map(
    files.map((file) => [
      relative(directory, file).split(sep).join("/").slice(0, -".hbs".length),
      readFileSync(file, "utf8"),
    ]),
  );
}
