import { findCluster } from "../cluster/index.js";
import { loadImage } from "../cluster/load-image.js";
import { errorText } from "../runtime/error-text.js";
import type { CommandIo } from "./io.js";

/** Makes the image in a file, or one that this checkout builds, available to the pods of a running cluster. */
export async function clusterLoadImage(
  what: string,
  { name }: { readonly name: string },
  io: CommandIo,
): Promise<void> {
  try {
    const cluster = await findCluster(name);
    if (cluster === undefined)
      throw new Error(`cluster ${name} is not running; start it with: orchestrator cluster up --name ${name}`);
    for (const image of await loadImage(cluster, what)) io.out(`Loaded ${image} into cluster ${name}.\n`);
  } catch (error) {
    io.err(`${errorText(error)}\n`);
    io.exit(1);
  }
}
