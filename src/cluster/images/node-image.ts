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
  const objects = (await must(["ldd", process.execPath]))
    .split("\n")
    .flatMap((line) => /(?:=> )?(\/\S+) \(0x/.exec(line)?.[1] ?? []);
  const binary = (path: string): ImageEntry => ({
    type: "file",
    content: readFileSync(realpathSync(path)),
    mode: 0o755,
  });
  await writeImage(file, {
    ...rest,
    entries: {
      "/usr/local/bin/node": binary(process.execPath),
      ...Object.fromEntries(objects.map((path) => [path, binary(path)])),
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
