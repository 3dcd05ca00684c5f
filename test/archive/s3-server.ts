/** A real S3-compatible server with one empty bucket. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Test } from "tap";
import { freePorts } from "#src/cluster/ports.js";
import { eventually } from "../eventually.js";
import { goProgram } from "../go-program.js";

export interface S3Server {
  readonly endpoint: string;
  readonly bucket: string;
  /** The directory that it keeps the bucket's objects in. */
  readonly directory: string;
}

export const accessKey = { AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "never-sent" };

export async function s3Server(t: Test): Promise<S3Server> {
  const program = await goProgram(
    "tools/s3-server",
    (line) => t.comment(line),
    "github.com/versity/versitygw/cmd/versitygw",
  );
  const root = mkdtempSync(join(tmpdir(), "s3-"));
  const bucket = "runs";
  const [port = 0] = await freePorts(1);
  // a directory beside the others is a bucket
  mkdirSync(join(root, bucket));
  const child = spawn(program, ["--quiet", "--port", `127.0.0.1:${port}`, "posix", root], {
    env: { ROOT_ACCESS_KEY: accessKey.AWS_ACCESS_KEY_ID, ROOT_SECRET_KEY: accessKey.AWS_SECRET_ACCESS_KEY },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let log = "";
  child.stderr.on("data", (chunk: Buffer) => (log = (log + chunk.toString()).slice(-4_000)));
  t.teardown(async () => {
    if (child.exitCode === null) {
      child.kill("SIGTERM");
      await once(child, "exit");
    }
    rmSync(root, { recursive: true, force: true });
  });
  const endpoint = `http://127.0.0.1:${port}`;
  await eventually("the server answers", async () => {
    if (child.exitCode !== null) throw new Error(`the S3 server ended: ${log}`);
    return (await fetch(endpoint).catch(() => undefined)) !== undefined;
  });
  return { endpoint, bucket, directory: join(root, bucket) };
}
