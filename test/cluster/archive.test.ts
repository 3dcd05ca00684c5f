/** Which images an archive contains. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import t, { type Test } from "tap";
import { pack } from "tar-stream";
import { imageNames } from "#src/cluster/images/archive.js";
import { writeImage } from "#src/cluster/images/oci.js";

/** Writes a tar archive with these files. */
async function archive(t: Test, files: Readonly<Record<string, string>>): Promise<string> {
  const tar = pack();
  for (const [name, content] of Object.entries(files)) tar.entry({ name }, content);
  tar.finalize();
  const file = join(t.testdir({}), "image.tar");
  writeFileSync(file, await buffer(tar));
  return file;
}

t.test("an OCI layout is named by containerd's annotation, also gzipped", async (t) => {
  const file = join(t.testdir({}), "image.tar");
  await writeImage(file, {
    name: "example.com/a/b:1.2",
    entries: { "/a": { type: "file", content: "x".repeat(99_999) } },
  });
  t.same(await imageNames(file), ["example.com/a/b:1.2"]);
  writeFileSync(`${file}.gz`, gzipSync(readFileSync(file)));
  t.same(await imageNames(`${file}.gz`), ["example.com/a/b:1.2"]);
});

t.test("the output of docker save has the tags of its manifest, each once", async (t) => {
  const tags = (RepoTags: unknown): string => JSON.stringify([{ Config: "a.json", RepoTags, Layers: [] }]);
  t.same(await imageNames(await archive(t, { "manifest.json": tags(["a:1", "b:2"]) })), ["a:1", "b:2"]);
  t.same(await imageNames(await archive(t, { "manifest.json": tags(null) })), [], "an image without a name");
  // docker save since version 25 writes both
  const index = JSON.stringify({
    manifests: [{ annotations: { "io.containerd.image.name": "docker.io/library/a:1" } }],
  });
  t.same(
    await imageNames(await archive(t, { "./index.json": index, "./manifest.json": tags(["docker.io/library/a:1"]) })),
    ["docker.io/library/a:1"],
  );
});

t.test("a file that is not an image archive is reported as such", async (t) => {
  await t.rejects(
    imageNames(await archive(t, { "README.md": "# Hello" })),
    /image\.tar is not an image archive: it has neither/,
  );
  const text = join(t.testdir({ "taskrun.yaml": "kind: TaskRun\n".repeat(100) }), "taskrun.yaml");
  await t.rejects(imageNames(text), /taskrun\.yaml is not an image archive/);
  await t.rejects(imageNames(join(t.testdirName, "nothing.tar")), { code: "ENOENT" });
});
