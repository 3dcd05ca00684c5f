import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { inClusterAccess, isInCluster } from "#src/runtime/client/in-cluster.js";
import { FakeClock } from "#src/runtime/testing/clock.js";

const env = { KUBERNETES_SERVICE_HOST: "10.0.0.1", KUBERNETES_SERVICE_PORT: "443" };

t.test("a pod is in a cluster, unless the address is empty", async (t) => {
  t.ok(isInCluster(env));
  t.notOk(isInCluster({}));
  t.notOk(isInCluster({ ...env, KUBERNETES_SERVICE_HOST: "" }));
  t.notOk(isInCluster({ ...env, KUBERNETES_SERVICE_PORT: "" }));
  await t.rejects(inClusterAccess({ env: { ...env, KUBERNETES_SERVICE_HOST: "" } }), { message: /not in a cluster/ });
});

t.test("token and CA are read again each minute, and the token after a 401", async (t) => {
  const directory = t.testdir({ token: "one\n", "ca.crt": "CA", namespace: "team\n" });
  const clock = new FakeClock();
  const access = await inClusterAccess({ directory, env: { ...env, KUBERNETES_SERVICE_HOST: "fd00::1" }, clock });
  t.equal(access.namespace, "team");
  const first = await access.connection();
  t.same(first, { server: "https://[fd00::1]:443", tls: { ca: "CA" } });
  await writeFile(join(directory, "token"), "two\n");
  t.same(await access.headers(false), { authorization: "Bearer one" });
  t.same(await access.headers(true), { authorization: "Bearer two" });
  await writeFile(join(directory, "token"), "three\n");
  await clock.advance(60_000);
  t.same(await access.headers(false), { authorization: "Bearer three" });
  t.equal(await access.connection(), first, "the pools are kept while nothing changes");
  await writeFile(join(directory, "ca.crt"), "NEXT");
  t.equal(await access.connection(), first);
  // while the files are away what was read goes on
  await rename(join(directory, "token"), join(directory, "away"));
  await clock.advance(60_000);
  t.same(await access.headers(true), { authorization: "Bearer three" });
  t.same((await access.connection()).tls, { ca: "NEXT" });
});
