import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { packageRoot, version } from "../../version.js";
import { nodeImage } from "./node-image.js";
import type { ImageEntry } from "./oci.js";

/** The operator's image, as config/default names it. Not a registry's: that could be meant to be pulled. */
export const OPERATOR_IMAGE = `localhost/agent-orchestrator/orchestrator:${version}`;

/** Where the package lies in the image; images/operator/Containerfile has the same. */
const home = "/opt/orchestrator";

/**
 * The operator of this checkout, as it is built: node, the package and the packages that it needs to run, nothing that
 * only a developer reads. Linux only, as {@link nodeImage}.
 */
export async function operatorImage(file: string): Promise<void> {
  const folders = ["dist", "templates", ...runtimePackages()].map((path) => join(packageRoot, path));
  const paths = [join(packageRoot, "package.json"), ...folders.flatMap(filesOf)];
  await nodeImage(file, {
    name: OPERATOR_IMAGE,
    files: Object.fromEntries(
      paths.map((path): [string, ImageEntry] => [
        `${home}/${relative(packageRoot, path)}`,
        { type: "file", content: readFileSync(path) },
      ]),
    ),
    environment: { NODE_ENV: "production" },
    workingDirectory: home,
    entrypoint: [`${home}/dist/cli/orchestrator.js`],
    command: ["manager"],
  });
}

interface LockFile {
  readonly packages: Readonly<
    Record<string, { readonly dev?: boolean; readonly devOptional?: boolean; readonly optional?: boolean }>
  >;
}

/** Folders of the packages that are there in production, by the lock file; packages inside packages have their own. */
function runtimePackages(): string[] {
  const { packages } = JSON.parse(readFileSync(join(packageRoot, "package-lock.json"), "utf8")) as LockFile;
  return Object.entries(packages)
    .filter(([path, { dev, devOptional }]) => path !== "" && dev !== true && devOptional !== true)
    .map(([path]) => path)
    .filter((path) => existsSync(join(packageRoot, path)));
}

/** What only developers and their tools read. */
const unread = /(\.d\.[cm]?ts|\.map|\.md|\.tsbuildinfo)$/;
/** Made by tools of development; generated sources are in no program that runs. */
const unused = /^(dist\/generate|node_modules\/@types)(\/|$)/;

function filesOf(folder: string): string[] {
  if (unused.test(relative(packageRoot, folder))) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    // what is in there are packages of the lock file, too
    if (entry.isDirectory()) return entry.name === "node_modules" ? [] : filesOf(path);
    return entry.isFile() && !unread.test(entry.name) ? [path] : [];
  });
}
