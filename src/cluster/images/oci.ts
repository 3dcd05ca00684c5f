import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";

interface Owned {
  /** Default 0. */
  readonly uid?: number;
  readonly gid?: number;
}

/** A file, directory or link in an image, by absolute path. Missing parent directories are added with mode 0755. */
export type ImageEntry =
  | ({ readonly type: "file"; readonly content: Buffer | string; readonly mode?: number } & Owned)
  | ({ readonly type: "directory"; readonly mode?: number } & Owned)
  | ({ readonly type: "symlink"; readonly target: string } & Owned);

export interface ImageOptions {
  /** The full reference with registry and tag, as in pods. */
  readonly name: string;
  readonly entries: Readonly<Record<string, ImageEntry>>;
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly user?: string;
  readonly workingDirectory?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** The architecture in Go's terms. Default: this machine's. */
  readonly architecture?: string;
  /** Whether to compress the layer. Default false: images usually go to a container runtime on the same machine. */
  readonly gzip?: boolean;
}

/** The time of all entries, so that the same input gives the same bytes and digest. */
const EPOCH = new Date(0);

/**
 * Writes an image with one layer as an OCI image layout in a tar archive, as `ctr images import` and
 * `skopeo copy oci-archive:` take it. https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md
 */
export async function writeImage(file: string, options: ImageOptions): Promise<void> {
  const layer = await layerOf(options.entries);
  const digest = digestOf(layer);
  const stored = options.gzip === true ? gzipSync(layer) : layer;
  const config = imageConfig(options, digest);
  const blobs = new Map<string, Buffer>();
  const descriptor = (mediaType: string, blob: Buffer): object => {
    // a layer may have hundreds of megabytes: it is hashed only once
    const ofBlob = blob === layer ? digest : digestOf(blob);
    blobs.set(ofBlob, blob);
    return { mediaType: `application/vnd.oci.image.${mediaType}`, digest: ofBlob, size: blob.length };
  };
  const manifest = json({
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    config: descriptor("config.v1+json", config),
    layers: [descriptor(options.gzip === true ? "layer.v1.tar+gzip" : "layer.v1.tar", stored)],
  });
  const index = json({
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.index.v1+json",
    manifests: [
      {
        ...descriptor("manifest.v1+json", manifest),
        // containerd reads the image's name from the first annotation, other tools from the second
        annotations: {
          "io.containerd.image.name": options.name,
          "org.opencontainers.image.ref.name": options.name.slice(options.name.lastIndexOf(":") + 1),
        },
      },
    ],
  });
  await writeLayout(file, blobs, index);
}

function imageConfig(options: ImageOptions, layerDigest: string): Buffer {
  return json({
    architecture: options.architecture ?? (process.arch === "x64" ? "amd64" : process.arch),
    os: "linux",
    created: EPOCH.toISOString(),
    config: {
      ...(options.user === undefined ? {} : { User: options.user }),
      Env: Object.entries({
        PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        ...options.environment,
      }).map(([name, value]) => `${name}=${value}`),
      ...(options.entrypoint === undefined ? {} : { Entrypoint: options.entrypoint }),
      ...(options.command === undefined ? {} : { Cmd: options.command }),
      WorkingDir: options.workingDirectory ?? "/",
      ...(options.labels === undefined ? {} : { Labels: options.labels }),
    },
    rootfs: { type: "layers", diff_ids: [layerDigest] },
    history: [{ created: EPOCH.toISOString(), created_by: "agent-orchestrator" }],
  });
}

/** Writes the blobs, by digest, and the index as a tar archive. */
async function writeLayout(file: string, blobs: ReadonlyMap<string, Buffer>, index: Buffer): Promise<void> {
  const archive = pack();
  const written = pipeline(archive, createWriteStream(file));
  const add = (name: string, content: Buffer): void => void archive.entry({ name, mode: 0o644, mtime: EPOCH }, content);
  for (const directory of ["blobs/", "blobs/sha256/"])
    archive.entry({ name: directory, type: "directory", mode: 0o755, mtime: EPOCH });
  for (const [digest, blob] of blobs) add(`blobs/sha256/${digest.slice("sha256:".length)}`, blob);
  add("index.json", index);
  add("oci-layout", json({ imageLayoutVersion: "1.0.0" }));
  archive.finalize();
  await written;
}

async function layerOf(entries: Readonly<Record<string, ImageEntry>>): Promise<Buffer> {
  const all = new Map<string, ImageEntry>();
  for (const [path, entry] of Object.entries(entries)) {
    const name = path.replace(/^\/+|\/+$/g, "");
    if (name === "" || name.split("/").includes("..")) throw new Error(`"${path}" is not a valid path in an image`);
    all.set(name, entry);
  }
  for (const name of [...all.keys()]) {
    for (let end = name.lastIndexOf("/"); end > 0; end = name.lastIndexOf("/", end - 1)) {
      const parent = name.slice(0, end);
      if (!all.has(parent)) all.set(parent, { type: "directory" });
    }
  }
  const archive = pack();
  const chunks: Buffer[] = [];
  const collected = (async () => {
    for await (const chunk of archive) chunks.push(chunk as Buffer);
  })();
  // Byte order puts directories before their content, and does not depend on the machine's locale.
  for (const [name, entry] of [...all].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const common = { mtime: EPOCH, uid: entry.uid ?? 0, gid: entry.gid ?? 0 };
    if (entry.type === "file") archive.entry({ ...common, name, mode: entry.mode ?? 0o644 }, entry.content);
    else if (entry.type === "directory")
      archive.entry({ ...common, name: `${name}/`, type: "directory", mode: entry.mode ?? 0o755 });
    else archive.entry({ ...common, name, type: "symlink", linkname: entry.target, mode: 0o777 });
  }
  archive.finalize();
  await collected;
  return Buffer.concat(chunks);
}

const digestOf = (blob: Buffer): string => `sha256:${createHash("sha256").update(blob).digest("hex")}`;

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
