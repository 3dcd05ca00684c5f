import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { imageNames } from "./images/archive.js";
import { builtImages, type BuiltImage } from "./images/built-images.js";
import { OPERATOR_IMAGE, operatorImage } from "./images/operator-image.js";
import type { Cluster } from "./options.js";

/** What can hold images: a cluster of ours, or another one. */
type ImageTarget = Pick<Cluster, "loadImage">;

/** Builds an image of this checkout and makes it available to pods. */
export async function loadBuiltImage(target: ImageTarget, { write }: BuiltImage): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "orchestrator-image-"));
  try {
    const archive = join(directory, "image.tar");
    await write(archive);
    await target.loadImage(archive);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Builds the operator's image, which is also that of the gateway in agents' pods, and makes it available to pods. */
export async function loadOperatorImage(target: ImageTarget): Promise<void> {
  await loadBuiltImage(target, { image: OPERATOR_IMAGE, write: operatorImage });
}

/**
 * Makes an image available to the pods of a cluster: that of an archive, or one that this checkout builds.
 *
 * @param what path of an OCI or docker archive, or a short name such as `demo-agent`
 * @returns the names by which pods can use it
 * @throws Error where the cluster's node runs no containers, or there is no such image
 */
export async function loadImage(cluster: Cluster, what: string): Promise<string[]> {
  if (cluster.node !== "real")
    throw new Error(
      `the node of cluster ${cluster.name} is ${cluster.node} and runs no containers: it needs no images`,
    );
  const built = existsSync(what) ? undefined : builtImages.get(what);
  if (built !== undefined) {
    await loadBuiltImage(cluster, built);
    return [built.image];
  }
  if (!existsSync(what)) {
    const names = [...builtImages.keys()].join(", ");
    throw new Error(`${what} is neither a file nor an image that this checkout builds (${names})`);
  }
  const names = await imageNames(what);
  if (names.length === 0)
    throw new Error(`the image in ${what} has no name, so no pod could use it: save it with its name and tag`);
  await cluster.loadImage(what);
  return names;
}
