import { readFileSync } from "node:fs";
import { SYSTEM_PATH, must, which } from "../process.js";
import { writeImage } from "./oci.js";
import type { ImageEntry } from "./oci.js";

export const BUSYBOX_IMAGE = "docker.io/library/busybox:1.36";

/** The image of the container that holds a pod's namespaces. Under localhost, so that it is never pulled from a registry. */
export const PAUSE_IMAGE = "localhost/agent-orchestrator/pause:latest";

/** busybox under the name that common manifests use; its version is that of the host's busybox-static package. */
export async function busyboxImage(file: string): Promise<void> {
  await writeImage(file, { name: BUSYBOX_IMAGE, entries: await busyboxEntries(), command: ["sh"] });
}

/** A shell that waits and exits immediately on SIGTERM: a pod is not deleted before its pause container has exited. */
export async function pauseImage(file: string): Promise<void> {
  await writeImage(file, {
    name: PAUSE_IMAGE,
    entries: await busyboxEntries(),
    entrypoint: ["/bin/sh", "-c", "trap 'exit 0' TERM INT; while :; do sleep 86400 & wait $!; done"],
    user: "65535:65535",
  });
}

/** The host's static busybox with a link for each of its applets, and the directories that programs expect. */
export async function busyboxEntries(): Promise<Record<string, ImageEntry>> {
  const busybox = which("busybox", SYSTEM_PATH);
  if (busybox === undefined) throw new Error("busybox is not installed: apt-get install busybox-static");
  const applets = (await must([busybox, "--list"]))
    .split("\n")
    .filter((applet) => applet !== "" && applet !== "busybox");
  return {
    "/bin/busybox": { type: "file", content: readFileSync(busybox), mode: 0o755 },
    ...Object.fromEntries(applets.map((applet) => [`/bin/${applet}`, { type: "symlink", target: "busybox" } as const])),
    "/usr/bin/env": { type: "symlink", target: "/bin/busybox" },
    "/etc/passwd": {
      type: "file",
      content:
        "root:x:0:0:root:/root:/bin/sh\nagent:x:1000:1000:agent:/home/agent:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n",
    },
    "/etc/group": { type: "file", content: "root:x:0:\nagent:x:1000:\nnobody:x:65534:\n" },
    "/root": { type: "directory", mode: 0o700 },
    "/home/agent": { type: "directory", mode: 0o755, uid: 1000, gid: 1000 },
    "/tmp": { type: "directory", mode: 0o1777 },
  };
}
