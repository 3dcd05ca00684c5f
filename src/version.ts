import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The package's folder: where crds/, config/ and package.json are, installed or in a checkout. */
export const packageRoot = dirname(dirname(fileURLToPath(import.meta.url)));

/** Version of this package, from its package.json. */
export const version = readVersion();

function readVersion(): string {
  const manifest = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8")) as { version?: unknown };
  return typeof manifest.version === "string" ? manifest.version : "0.0.0";
}
