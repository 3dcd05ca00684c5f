import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { appendFileSync, chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { buffer } from "node:stream/consumers";
import { once } from "node:events";
import t from "tap";
import { pack } from "tar-stream";
import { unpackArchive } from "#src/cluster/binaries/archive.js";
import { cached, isIntact, sourceHash } from "#src/cluster/binaries/cache.js";
import { findInstalled } from "#src/cluster/binaries/find.js";
import { moduleFiles } from "#src/cluster/binaries/go.js";
import { withLock } from "#src/cluster/binaries/lock.js";
import { KUBERNETES_VERSION, KWOK_VERSION, isSupported } from "#src/cluster/binaries/versions.js";
import { kindCommand } from "#src/cluster/kind.js";
import { identify, self } from "#src/cluster/process.js";
import { scratch } from "./local-cluster.js";

/** Creates a program that prints a version. */
function program(directory: string, name: string, says: string): string {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, name), `#!/bin/sh\necho '${says}'\n`);
  chmodSync(join(directory, name), 0o755);
  return join(directory, name);
}

void t.test("the versions in the code match the Go modules", (t) => {
  t.match(readFileSync(moduleFiles("kubernetes")[0] ?? "", "utf8"), `k8s.io/kubernetes ${KUBERNETES_VERSION}\n`);
  t.match(readFileSync(moduleFiles("kwok")[0] ?? "", "utf8"), `sigs.k8s.io/kwok ${KWOK_VERSION}`);
  t.end();
});

void t.test("a component is supported with the same minor version, and kubectl within one", (t) => {
  t.ok(isSupported("kube-apiserver", "Kubernetes v1.36.0"));
  t.notOk(isSupported("kube-apiserver", "Kubernetes v1.35.9"));
  t.ok(isSupported("kubectl", "Client Version: v1.35.1\nKustomize Version: v5.5.0"));
  t.ok(isSupported("kubectl", "Client Version: v1.37.0"));
  t.notOk(isSupported("kubectl", "Client Version: v1.32.4-dispatcher"));
  t.ok(isSupported("etcd", "etcd Version: 3.6.8\nGit SHA: x"));
  t.notOk(isSupported("etcd", "etcd Version: 3.4.1"));
  t.notOk(isSupported("kubelet", "something else"));
  t.end();
});

void t.test(
  "KUBEBUILDER_ASSETS comes before PATH, and an unsupported program does not hide a supported one",
  async (t) => {
    const root = scratch(t);
    const [assets, first, second] = [join(root, "assets"), join(root, "first"), join(root, "second")];
    const inAssets = program(assets, "kube-apiserver", "Kubernetes v1.36.1");
    program(first, "kube-apiserver", "Kubernetes v1.36.2");
    program(first, "kubectl", "Client Version: v1.20.0");
    const fitting = program(second, "kubectl", "Client Version: v1.36.0");
    const unfit: string[] = [];
    const environment = { KUBEBUILDER_ASSETS: assets, PATH: `${first}:${second}:/usr/bin:/bin` };
    const found = await findInstalled(["kube-apiserver", "kubectl", "kubelet"], environment, (file) =>
      unfit.push(file),
    );
    t.same(found, [
      { program: "kube-apiserver", file: inAssets },
      { program: "kubectl", file: fitting },
    ]);
    t.match(unfit, [join(first, "kubectl")]);
  },
);

void t.test("concurrent processes create a cache entry once, and it is found afterwards", async (t) => {
  const entry = join(scratch(t), "entry");
  let made = 0;
  const lines: string[] = [];
  const make = async (directory: string): Promise<void> => {
    made++;
    await new Promise((resolve) => setImmediate(resolve));
    writeFileSync(join(directory, "tool"), "content");
  };
  await Promise.all([1, 2, 3].map(() => cached(entry, make, (line) => lines.push(line))));
  t.equal(made, 1);
  t.ok(lines.every((line) => line.startsWith("waiting for process")));
  await cached(entry, make, () => undefined);
  t.equal(made, 1);
  t.same(readdirSync(join(entry, "..")), ["entry"], "neither lock nor draft stays");
});

void t.test("a damaged cache entry is recreated", async (t) => {
  const entry = join(scratch(t), "entry");
  const make = (directory: string): Promise<void> => writeFile(join(directory, "tool"), "content");
  await cached(entry, make, () => undefined);
  t.ok(await isIntact(entry));
  appendFileSync(join(entry, "tool"), "x");
  t.notOk(await isIntact(entry));
  const lines: string[] = [];
  await cached(entry, make, (line) => lines.push(line));
  t.match(lines[0], /is damaged and will be recreated/);
  t.equal(readFileSync(join(entry, "tool"), "utf8"), "content");
});

void t.test("an incomplete entry of a killed process is removed by the next one", async (t) => {
  const entry = join(scratch(t), "entry");
  mkdirSync(`${entry}.99999999`);
  await cached(
    entry,
    (directory) => writeFile(join(directory, "tool"), "content"),
    () => undefined,
  );
  t.same(readdirSync(join(entry, "..")), ["entry"]);
});

void t.test("a failed creation leaves neither entry nor lock", async (t) => {
  const entry = join(scratch(t), "entry");
  await t.rejects(
    cached(
      entry,
      () => Promise.reject(new Error("no compiler")),
      () => undefined,
    ),
    /no compiler/,
  );
  t.same(readdirSync(join(entry, "..")), []);
});

void t.test("the lock of a running process is waited for, and that of a dead process is taken over", async (t) => {
  const file = join(scratch(t), "lock");
  const sleeper = spawn("sleep", ["60"]);
  t.teardown(() => sleeper.kill("SIGKILL"));
  await once(sleeper, "spawn");
  const holder = identify(sleeper.pid ?? 0);
  writeFileSync(file, JSON.stringify(holder));
  const waited: number[] = [];
  const work = withLock(
    file,
    () => Promise.resolve(readFileSync(file, "utf8")),
    (pid) => {
      waited.push(pid);
      sleeper.kill("SIGKILL");
    },
  );
  t.same(JSON.parse(await work), self(), "while it works the lock is its own");
  t.same(waited, [holder?.pid]);
  t.notOk(existsSync(file));
});

void t.test("a lock whose PID was reused by another process is taken over", async (t) => {
  const file = join(scratch(t), "lock");
  writeFileSync(file, JSON.stringify({ pid: process.pid, startTime: "1" }));
  t.equal(
    await withLock(
      file,
      () => Promise.resolve(7),
      () => t.fail("nobody holds it"),
    ),
    7,
  );
});

void t.test("the cache's key changes with the source", (t) => {
  const file = join(scratch(t), "go.mod");
  writeFileSync(file, "one");
  const before = sourceHash([file]);
  t.equal(sourceHash([file]), before);
  writeFileSync(file, "two");
  t.not(sourceHash([file]), before);
  t.end();
});

void t.test("an archive is unpacked only if its checksum matches", async (t) => {
  const archive = pack();
  archive.entry({ name: "controller-tools/envtest/etcd" }, "a program");
  archive.entry({ name: "controller-tools/envtest/README" }, "no program");
  archive.finalize();
  const body = gzipSync(await buffer(archive));
  const server = createServer((request, response) => {
    if (request.url === "/moved") response.writeHead(302, { location: "/archive" }).end();
    else response.end(body);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => server.close());
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}/moved`;
  const directory = scratch(t);
  await t.rejects(
    unpackArchive({ version: "v1", sha512: "00" }, directory, undefined, url),
    /sha512 is [0-9a-f]{128}, expected 00/,
  );
  t.same(readdirSync(directory), []);
  await unpackArchive(
    { version: "v1", sha512: createHash("sha512").update(body).digest("hex") },
    directory,
    undefined,
    url,
  );
  t.same(readdirSync(directory), ["etcd"]);
});

void t.test("a program called kind is used only if it is Kubernetes' kind", async (t) => {
  const root = scratch(t);
  const real = program(join(root, "real"), "kind", "kind v0.33.0 go1.26 linux/amd64");
  program(join(root, "other"), "kind", "kind 1.0: type checks");
  const go = program(join(root, "go"), "go", "go version");
  t.same(await kindCommand({ PATH: `${join(root, "real")}:/usr/bin:/bin` }), [real]);
  t.same(await kindCommand({ PATH: `${join(root, "other")}:${join(root, "go")}:/nowhere` }), [
    go,
    "run",
    "sigs.k8s.io/kind@v0.33.0",
  ]);
  await t.rejects(kindCommand({ PATH: join(root, "other") }), /is not Kubernetes' kind, and Go, .* is not installed/);
});
