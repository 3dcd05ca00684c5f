import { readFileSync, realpathSync } from "node:fs";
import { must } from "../process.js";
import { writeImage } from "./oci.js";
import type { ImageEntry, ImageOptions } from "./oci.js";

export interface NodeImageOptions extends Pick<
  ImageOptions,
  "name" | "environment" | "user" | "workingDirectory" | "command"
> {
  readonly files: Readonly<Record<string, ImageEntry>>;
  /** Arguments of `node`. */
  readonly entrypoint: readonly string[];
}

/** The running node, the shared objects it is linked with, and the given files: no distribution around them. Linux only. */
export async function nodeImage(file: string, options: NodeImageOptions): Promise<void> {
  const { files, entrypoint, ...rest } = options;
  await writeImage(file, {
    ...rest,
    entries: {
      "/usr/local/bin/node": machineFile(process.execPath),
      ...(await sharedObjects([process.execPath])),
      "/etc/passwd": {
        type: "file",
        content: "root:x:0:0:root:/:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/:/sbin/nologin\n",
      },
      "/tmp": { type: "directory", mode: 0o1777 },
      ...files,
    },
    entrypoint: ["/usr/local/bin/node", ...entrypoint],
    user: options.user ?? "65532:65532",
  });
}

/** The shared objects that programs of this machine are linked with, at their own paths. */
export async function sharedObjects(programs: readonly string[]): Promise<Record<string, ImageEntry>> {
  const objects = (await must(["ldd", ...programs]))
    .split("\n")
    .flatMap((line) => /(?:=> )?(\/\S+) \(0x/.exec(line)?.[1] ?? []);
  return Object.fromEntries(objects.map((path) => [path, machineFile(path)]));
}

/** A file of this machine, as everybody may run it. */
export function machineFile(path: string): ImageEntry {
  return { type: "file", content: readFileSync(realpathSync(path)), mode: 0o755 };
}
