import { createReadStream } from "node:fs";
import { SYSTEM_PATH, run } from "../process.js";

/** Runs `ctr` in the node's namespaces for an image archive; undefined when that went well, else what it said. */
export async function importImage(nodePid: number, archive: string): Promise<string | undefined> {
  const { code, output } = await run(
    [
      "nsenter",
      `--target=${nodePid}`,
      "--mount",
      "--net",
      "--pid",
      "--",
      "ctr",
      "--address",
      "/run/containerd/containerd.sock",
      "--namespace",
      "k8s.io",
      "images",
      "import",
      "-",
    ],
    { env: { PATH: SYSTEM_PATH }, input: createReadStream(archive) },
  );
  return code === 0 ? undefined : output.trim();
}
