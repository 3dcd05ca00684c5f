import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { Registry } from "prom-client";
import t, { type Test } from "tap";
import { createAuthority, issueLeaf, type KeyPair } from "#src/runtime/certs/authority.js";
import { ClientAuthorityFile } from "#src/runtime/certs/client-authority-file.js";
import { CertificateFiles } from "#src/runtime/certs/files.js";
import { systemClock } from "#src/runtime/clock.js";
import { FakeClock } from "#src/runtime/testing/clock.js";
import { silentLogger } from "#src/runtime/logger.js";
import { RuntimeMetrics } from "#src/runtime/metrics/metrics.js";
import { WebhookServer } from "#src/runtime/webhook/server.js";
import { eventually } from "../../eventually.js";

const hour = 3_600_000;
const authority = await createAuthority("test", Date.now(), hour);
const newLeaf = (lifetime = hour): Promise<KeyPair> => issueLeaf(authority, ["127.0.0.1"], Date.now(), lifetime);

/** A directory as the kubelet mounts a Secret: files are links through `..data`, which is swapped at once. */
class Mount {
  #generation = 0;

  constructor(readonly directory: string) {}

  async put({ certificate, key }: KeyPair): Promise<void> {
    const generation = `..${this.#generation++}`;
    await mkdir(join(this.directory, generation));
    await writeFile(join(this.directory, generation, "tls.crt"), certificate);
    await writeFile(join(this.directory, generation, "tls.key"), key);
    await symlink(generation, join(this.directory, "..data_tmp"));
    await rename(join(this.directory, "..data_tmp"), join(this.directory, "..data"));
    if (this.#generation > 1) return;
    for (const file of ["tls.crt", "tls.key"]) await symlink(join("..data", file), join(this.directory, file));
  }
}

async function start(
  t: Test,
): Promise<{ files: CertificateFiles; mount: Mount; port: () => Promise<number>; metrics: Registry }> {
  const directory = await mkdtemp(join(tmpdir(), "certs-test-"));
  const metrics = new Registry();
  const common = { clock: systemClock, logger: silentLogger, metrics: new RuntimeMetrics(metrics) };
  const server = new WebhookServer({ ...common, host: "127.0.0.1", port: 0, handlers: new Map() });
  const files = new CertificateFiles({ ...common, directory, serve: server.useCertificate });
  const stop = new AbortController();
  const running = Promise.all([server.start(stop.signal), files.start(stop.signal)]);
  t.teardown(async () => {
    stop.abort(new Error("the test ended"));
    await running;
    await rm(directory, { recursive: true });
  });
  const port = async (): Promise<number> => {
    await server.ready(stop.signal);
    return server.port;
  };
  return { files, mount: new Mount(directory), port, metrics };
}

/** A handshake; gives the certificate that was served. */
function handshake(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, ca: authority.certificate }, () => {
      resolve(socket.getPeerX509Certificate()?.toString().trim() ?? "");
      socket.destroy();
    });
    socket.once("error", reject);
  });
}

t.test("a certificate in files is followed, and no handshake fails during a change", async (t) => {
  const { files, mount, port: listening, metrics } = await start(t);
  await eventually("it says what is missing", () => files.check()?.includes("ENOENT"));
  await mount.put(await newLeaf());
  const port = await listening();
  t.equal(files.check(), undefined);
  const changing = new AbortController();
  let handshakes = 0;
  const stream = (async () => {
    for (; !changing.signal.aborted; handshakes++) await handshake(port);
  })();
  for (let round = 0; round < 10; round++) {
    const leaf = await newLeaf();
    await mount.put(leaf);
    await eventually(`certificate ${round} is served`, async () => (await handshake(port)) === leaf.certificate.trim());
  }
  changing.abort();
  await stream;
  t.ok(handshakes > 20);
  t.match(await metrics.metrics(), /certwatcher_read_certificate_total \d\d/);
});

t.test("files that do not match are not served, and the former certificate stays", async (t) => {
  const { files, mount, port: listening, metrics } = await start(t);
  const [good, other] = await Promise.all([newLeaf(), newLeaf()]);
  await mount.put(good);
  const port = await listening();
  await mount.put({ certificate: other.certificate, key: good.key });
  await eventually("the attempt is counted", async () =>
    /certwatcher_read_certificate_errors_total [1-9]/.test(await metrics.metrics()),
  );
  t.equal(await handshake(port), good.certificate.trim());
  t.equal(files.check(), undefined);
  await mount.put(other);
  await eventually("the next good one is served", async () => (await handshake(port)) === other.certificate.trim());
});

t.test("it is not ready with an expired certificate", async (t) => {
  const { files, mount, port } = await start(t);
  await mount.put(await newLeaf(1_000));
  await port();
  await eventually("it expires", () => files.check() === "the served certificate has expired", 5_000);
});

t.test("client authorities are followed; a file without a certificate changes nothing", async (t) => {
  const directory = t.testdir({ "ca.crt": "nothing" });
  const file = join(directory, "ca.crt");
  const served: string[] = [];
  const authorities = new ClientAuthorityFile({
    ...{ file, clock: systemClock, logger: silentLogger, interval: 20 },
    serve: (text) => served.push(text),
  });
  const stop = new AbortController();
  const running = authorities.start(stop.signal);
  await eventually("the problem is known", () => authorities.check()?.includes("contains no certificate"));
  await writeFile(file, authority.certificate);
  await authorities.ready(stop.signal);
  t.equal(authorities.check(), undefined);
  await writeFile(file, "-----BEGIN CERTIFICATE-----");
  const next = await createAuthority("next", Date.now(), hour);
  await writeFile(file, next.certificate);
  await eventually("the next one is served", () => served.length === 2);
  t.same(served, [authority.certificate, next.certificate]);
  stop.abort();
  await running;
});

t.test("a certificate that expires while it is served is one warning, until it is replaced", async (t) => {
  const directory = t.testdir({});
  const mount = new Mount(directory);
  const clock = new FakeClock(Date.now());
  const warnings: string[] = [];
  const logger = { ...silentLogger, warn: (_: object, text: string) => void warnings.push(text) };
  const served: KeyPair[] = [];
  const files = new CertificateFiles({ directory, clock, logger, serve: (pair) => served.push(pair) });
  await mount.put(await newLeaf());
  const stop = new AbortController();
  const running = files.start(stop.signal);
  t.teardown(async () => {
    stop.abort(new Error("the test ended"));
    await running;
  });
  await files.ready(stop.signal);
  const until = async (what: string, isSo: () => boolean): Promise<void> => {
    await eventually(what, async () => {
      await clock.advance(10_000);
      return isSo();
    });
  };
  t.strictSame(warnings, []);
  await clock.advance(hour);
  await until("it is reported", () => warnings.length > 0);
  await until("it is read again", () => true);
  t.strictSame(warnings, ["the served certificate has expired: clients reject it; replace tls.crt and tls.key"]);
  await mount.put(await issueLeaf(await createAuthority("next", clock.now(), hour), ["a"], clock.now(), hour));
  await until("the next one is served", () => served.length === 2);
  t.equal(files.check(), undefined);
  t.equal(warnings.length, 1);
});
