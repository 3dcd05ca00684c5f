import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../version.js";
import { busyboxEntries } from "./busybox.js";
import { writeImage } from "./oci.js";

/** The image that replaces a real agent in the demo; see images/demo-agent/. */
export const DEMO_AGENT_IMAGE = "localhost/agent-orchestrator/demo-agent:latest";

const script = join(packageRoot, "images/demo-agent/claude");

export async function demoAgentImage(file: string): Promise<void> {
  await writeImage(file, {
    name: DEMO_AGENT_IMAGE,
    entries: {
      ...(await busyboxEntries()),
      "/usr/local/bin/claude": { type: "file", content: readFileSync(script), mode: 0o755 },
    },
    entrypoint: ["/usr/local/bin/claude"],
    environment: { HOME: "/home/agent" },
    user: "1000:1000",
    workingDirectory: "/workspace",
  });
}
