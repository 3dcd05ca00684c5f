import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { packageRoot, version } from "../../version.js";
import { orchestratorProgram } from "../program.js";
import { nodeImage } from "./node-image.js";
import type { ImageEntry } from "./oci.js";

/** The operator's image, as config/default names it. Not a registry's: that could be meant to be pulled. */
export const OPERATOR_IMAGE = `localhost/agent-orchestrator/orchestrator:${version}`;

/** Where the package lies in the image; images/operator/Containerfile has the same. */
const home = "/opt/orchestrator";

/** The operator of this checkout, as it is built: node, the program, and the templates. Linux only, as {@link nodeImage}. */
export async function operatorImage(file: string): Promise<void> {
  const folders = [dirname(orchestratorProgram()), join(packageRoot, "templates")];
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
    entrypoint: [`${home}/bundle/orchestrator.js`],
    command: ["manager"],
  });
}

function filesOf(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
