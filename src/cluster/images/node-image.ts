import { readFileSync, realpathSync } from "node:fs";
import { must } from "../process.js";
import { writeImage } from "./oci.js";
import type { ImageEntry, ImageOptions } from "./oci.js";

export interface NodeImageOptions extends Pick<
  ImageOptions,
  "name" | "environment" | "user" | "workingDirectory" | "command"
> {
  readonly files: Readonly<Record<string, ImageEntry>>;
  /** The arguments of `node`. */
  readonly entrypoint: readonly string[];
}

/** An image of the running Node.js, the shared objects it is linked with, and the given files; no distribution. Linux only. */
export async function nodeImage(file: string, options: NodeImageOptions): Promise<void> {
  const { files, entrypoint, ...rest } = options;
  await writeImage(file, {
    ...rest,
    entries: {
      "/usr/local/bin/node": hostFile(process.execPath),
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

/** The shared objects that programs of the host are linked with, at the same paths. */
export async function sharedObjects(programs: readonly string[]): Promise<Record<string, ImageEntry>> {
  const objects = (await must(["ldd", ...programs]))
    .split("\n")
    .flatMap((line) => /(?:=> )?(\/\S+) \(0x/.exec(line)?.[1] ?? []);
  return Object.fromEntries(objects.map((path) => [path, hostFile(path)]));
}

/** A file of the host, executable for all users. */
export function hostFile(path: string): ImageEntry {
  return { type: "file", content: readFileSync(realpathSync(path)), mode: 0o755 };
}
