import { createHash } from "node:crypto";
import { createReadStream, readFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import t from "tap";
import type { Test } from "tap";
import { extract } from "tar-stream";
import type { Header } from "tar-stream";
import { writeImage } from "#src/cluster/images/oci.js";
import type { ImageOptions } from "#src/cluster/images/oci.js";
import { scratch } from "./local-cluster.js";

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
}

const options: ImageOptions = {
  name: "example.com/some/image:1.2",
  entries: {
    "/usr/bin/tool": { type: "file", content: "#!/bin/sh\n", mode: 0o755 },
    "/usr/bin/link": { type: "symlink", target: "tool" },
    "/home/agent": { type: "directory", mode: 0o700, uid: 1000, gid: 1000 },
    "/a": { type: "file", content: "last in, first in order", uid: 7 },
  },
  entrypoint: ["/usr/bin/tool"],
  environment: { COLOUR: "blue" },
  user: "1000:1000",
  workingDirectory: "/home/agent",
};

async function untar(stream: Readable): Promise<Map<string, { header: Header; content: Buffer }>> {
  const files = new Map<string, { header: Header; content: Buffer }>();
  for await (const entry of stream.pipe(extract()))
    files.set(entry.header.name, { header: entry.header, content: await buffer(entry) });
  return files;
}

async function written(
  t: Test,
  given: ImageOptions,
): Promise<{
  file: string;
  blob: (descriptor: Descriptor) => Buffer;
  index: { manifests: Descriptor[] };
  names: string[];
}> {
  const file = join(scratch(t), "image.tar");
  await writeImage(file, given);
  const files = await untar(createReadStream(file));
  return {
    file,
    names: [...files.keys()],
    index: JSON.parse(files.get("index.json")?.content.toString() ?? "") as { manifests: Descriptor[] },
    blob: ({ digest }) => {
      const content = files.get(`blobs/sha256/${digest.replace("sha256:", "")}`)?.content;
      if (content === undefined) throw new Error(`no blob ${digest}`);
      return content;
    },
  };
}

void t.test("an image is an OCI layout with correct digests and sizes", async (t) => {
  for (const gzip of [false, true]) {
    const { blob, index, names } = await written(t, { ...options, gzip });
    t.ok(names.includes("oci-layout"));
    const check = (descriptor: Descriptor | undefined): Buffer => {
      if (descriptor === undefined) throw new Error("a descriptor is missing");
      const content = blob(descriptor);
      t.equal(`sha256:${createHash("sha256").update(content).digest("hex")}`, descriptor.digest);
      t.equal(content.length, descriptor.size);
      return content;
    };
    t.equal(index.manifests[0]?.annotations?.["io.containerd.image.name"], options.name);
    const manifest = JSON.parse(check(index.manifests[0]).toString()) as { config: Descriptor; layers: Descriptor[] };
    const config = JSON.parse(check(manifest.config).toString()) as {
      rootfs: { diff_ids: string[] };
      config: object;
      os: string;
    };
    const stored = check(manifest.layers[0]);
    const layer = gzip ? gunzipSync(stored) : stored;
    t.same(config.rootfs.diff_ids, [`sha256:${createHash("sha256").update(layer).digest("hex")}`]);
    t.match(config, {
      os: "linux",
      config: { User: "1000:1000", Entrypoint: ["/usr/bin/tool"], WorkingDir: "/home/agent" },
    });
  }
});

void t.test("a layer contains the entries in order, with parents, modes and owners, and a fixed time", async (t) => {
  const { blob, index } = await written(t, options);
  const [first] = index.manifests;
  if (first === undefined) throw new Error("no manifest");
  const { layers } = JSON.parse(blob(first).toString()) as { layers: [Descriptor] };
  const files = await untar(Readable.from([blob(layers[0])]));
  t.same([...files.keys()], ["a", "home/", "home/agent/", "usr/", "usr/bin/", "usr/bin/link", "usr/bin/tool"]);
  t.match(files.get("usr/bin/tool"), {
    header: { mode: 0o755, uid: 0, type: "file" },
    content: Buffer.from("#!/bin/sh\n"),
  });
  t.match(files.get("home/agent/"), { header: { mode: 0o700, uid: 1000, gid: 1000, type: "directory" } });
  t.match(files.get("usr/bin/link"), { header: { type: "symlink", linkname: "tool" } });
  for (const { header } of files.values()) t.equal(header.mtime.getTime(), 0);
});

void t.test("the same input gives the same bytes in any order", async (t) => {
  const [one, two] = [
    await written(t, options),
    await written(t, { ...options, entries: Object.fromEntries(Object.entries(options.entries).reverse()) }),
  ];
  t.ok(readFileSync(one.file).equals(readFileSync(two.file)));
});

void t.test("a path outside the image is rejected", async (t) => {
  await t.rejects(
    written(t, { ...options, entries: { "/usr/../../etc/passwd": { type: "file", content: "" } } }),
    /not a valid path in an image/,
  );
  await t.rejects(written(t, { ...options, entries: { "/": { type: "directory" } } }), /not a valid path in an image/);
});
