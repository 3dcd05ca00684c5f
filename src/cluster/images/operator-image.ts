import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { packageRoot, version } from "../../version.js";
import { orchestratorProgram } from "../program.js";
import { nodeImage } from "./node-image.js";
import type { ImageEntry } from "./oci.js";

/** The operator's image, as config/default names it. Under localhost, so that it is never pulled from a registry. */
export const OPERATOR_IMAGE = `localhost/agent-orchestrator/orchestrator:${version}`;

/** The package's directory in the image, the same as in images/operator/Containerfile. */
const home = "/opt/orchestrator";

/**
 * An image of the built operator: Node.js, the bundled program, the templates, and what doctor compares a cluster with. Linux only, like
 * {@link nodeImage}.
 */
export async function operatorImage(file: string, name = OPERATOR_IMAGE): Promise<void> {
  const folders = [dirname(orchestratorProgram()), join(packageRoot, "templates"), join(packageRoot, "crds")];
  const files = ["package.json", "config/rbac/manager.yaml"].map((file) => join(packageRoot, file));
  const paths = [...files, ...folders.flatMap(filesOf)];
  await nodeImage(file, {
    name,
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
