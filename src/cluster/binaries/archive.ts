import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { createGunzip } from "node:zlib";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { extract } from "tar-stream";
import { Agent, request } from "undici";

/** The programs in an archive: enough for an API server, but not for controllers and nodes. */
export const archivePrograms = ["etcd", "kube-apiserver", "kubectl"] as const;

interface Archive {
  readonly version: string;
  readonly sha512: string;
}

/**
 * The archives that controller-tools publishes for envtest, pinned by checksums from `envtest-releases.yaml` in
 * kubernetes-sigs/controller-tools. v1.36.2 is the newest archive of this minor version; v1.36.3 has none.
 */
export const archives: Readonly<Record<string, Archive | undefined>> = {
  "darwin-amd64": {
    version: "v1.36.2",
    sha512:
      "b4fe9f973cd1992e3880f8b230ed32c0c243b83371591e3e3315f4404df2cdbef8ee94eeb9bb245b7e5feb987d5c4a76c43e0877654ab73f00d7bbc2b9984514",
  },
  "darwin-arm64": {
    version: "v1.36.2",
    sha512:
      "9278f9e5af556b2f1f2d139769c1f0d717c7b4426917fdebdba898bcb725a916e4910d6160886194ff9be9589ea7c5c32c2b8ae0754703874b7c8ba8ddfc41ce",
  },
  "linux-amd64": {
    version: "v1.36.2",
    sha512:
      "ea743186c8a799f5cf8faf16969f86189d003cb7d130e0ac4b58789f1e5748dcf30ebe91c837a10d5ac415383da3e10b9e64d65785c938c23e739781cfb76f08",
  },
  "linux-arm64": {
    version: "v1.36.2",
    sha512:
      "2d72ee985a8e262a3c57dc9f7f0fd891f6a8c7bf7ebaa2db6dc6d8eac8ae28181afe51c1f368b67756cdb40b10de9b205609e1726e5f27f7c6d824dd9c6649ac",
  },
};

/** This machine's operating system and architecture in Go's terms. */
export const platform = (): string => `${process.platform}-${process.arch === "x64" ? "amd64" : process.arch}`;

const address = ({ version }: Archive): string =>
  `https://github.com/kubernetes-sigs/controller-tools/releases/download/envtest-${version}/envtest-${version}-${platform()}.tar.gz`;

/**
 * Downloads the archive and unpacks its programs into `directory`. Nothing is written before the checksum is verified.
 *
 * @throws {Error} when the download fails (5 s to connect, 15 s to respond, 30 s between data) or its checksum differs.
 */
export async function unpackArchive(
  archive: Archive,
  directory: string,
  signal?: AbortSignal,
  url = address(archive),
): Promise<void> {
  const dispatcher = new Agent({ connect: { timeout: 5_000 } });
  try {
    const body = await download(url, dispatcher, signal);
    const sum = createHash("sha512").update(body).digest("hex");
    if (sum !== archive.sha512)
      throw new Error(`${url}: checksum mismatch: sha512 is ${sum}, expected ${archive.sha512}`);
    const unpacked = extract();
    unpacked.on("entry", (header, stream, next) => {
      const name = basename(header.name);
      const chunks: Buffer[] = [];
      stream.on("data", (chunk) => chunks.push(chunk as Buffer));
      stream.on("end", () => {
        const wanted = header.type === "file" && (archivePrograms as readonly string[]).includes(name);
        if (wanted) writeFileSync(join(directory, name), Buffer.concat(chunks), { mode: 0o755 });
        next();
      });
    });
    await pipeline(Readable.from([body]), createGunzip(), unpacked);
  } finally {
    await dispatcher.destroy();
  }
}

async function download(
  url: string,
  dispatcher: Agent,
  signal: AbortSignal | undefined,
  redirects = 5,
): Promise<Buffer> {
  const answer = await request(url, {
    dispatcher,
    headersTimeout: 15_000,
    bodyTimeout: 30_000,
    ...(signal === undefined ? {} : { signal }),
  });
  const { location } = answer.headers;
  if (answer.statusCode >= 300 && answer.statusCode < 400 && typeof location === "string" && redirects > 0) {
    await answer.body.dump();
    return download(new URL(location, url).href, dispatcher, signal, redirects - 1);
  }
  if (answer.statusCode !== 200) throw new Error(`${url}: ${answer.statusCode}`);
  return Buffer.from(await answer.body.arrayBuffer());
}
