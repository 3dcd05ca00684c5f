import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { buffer } from "node:stream/consumers";
import { pipeline as pipelineOf, type Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { extract } from "tar-stream";

/** The files of an archive that name its images: of an OCI layout, and of `docker save`. */
const INDEX = "index.json";
const MANIFEST = "manifest.json";

/** More than any such file has; an archive may come from anywhere. */
const MAX_INDEX_BYTES = 4 << 20;

interface OciIndex {
  readonly manifests?: readonly { readonly annotations?: Readonly<Record<string, string>> }[];
}

type DockerManifest = readonly { readonly RepoTags?: readonly string[] | null }[];

/**
 * The names of the images in an archive: an OCI image layout or the output of `docker save`, possibly gzipped. Empty if
 * its images have no name, so that no pod could use them.
 *
 * @throws Error where the file is no such archive or cannot be read
 */
export async function imageNames(file: string): Promise<string[]> {
  const files = await indexFiles(file);
  const index = files.get(INDEX);
  const manifest = files.get(MANIFEST);
  if (index === undefined && manifest === undefined)
    throw new Error(`${file} is not an image archive: it has neither ${INDEX} (OCI) nor ${MANIFEST} (docker save)`);
  const docker = JSON.parse(manifest ?? "[]") as DockerManifest;
  const oci = JSON.parse(index ?? "{}") as OciIndex;
  const names = [
    ...docker.flatMap(({ RepoTags }) => RepoTags ?? []),
    ...(oci.manifests ?? []).flatMap(({ annotations }) => annotations?.["io.containerd.image.name"] ?? []),
  ];
  return [...new Set(names)];
}

async function indexFiles(file: string): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  const archive = extract();
  archive.on("entry", ({ name, size }, content, next) => {
    const path = name.replace(/^\.\//, "");
    if ((path !== INDEX && path !== MANIFEST) || size > MAX_INDEX_BYTES) {
      content.resume().once("end", next);
      return;
    }
    buffer(content).then((bytes) => {
      found.set(path, bytes.toString("utf8"));
      next();
    }, next);
  });
  try {
    await pipeline(await readArchive(file), archive);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") throw error;
    throw new Error(`${file} is not an image archive: it cannot be read as tar`, { cause: error });
  }
  return found;
}

/** The content of an archive, decompressed if it is gzipped. @throws Error where the file cannot be opened */
export async function readArchive(file: string): Promise<Readable> {
  const isCompressed = await isGzip(file);
  const content = createReadStream(file);
  return isCompressed ? pipelineOf(content, createGunzip(), () => undefined) : content;
}

async function isGzip(file: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const { buffer: start } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return start[0] === 0x1f && start[1] === 0x8b;
  } finally {
    await handle.close();
  }
}
