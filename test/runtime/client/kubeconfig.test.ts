import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import t, { type Test } from "tap";
import { stringify } from "yaml";
import { kubeconfigAccess } from "#src/runtime/client/kubeconfig.js";
import { FakeClock } from "#src/runtime/testing/clock.js";

const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** Writes a kubeconfig and files beside it. */
async function write(t: Test, user: object, more: object = {}, files: Record<string, string> = {}): Promise<string> {
  const directory = t.testdir({});
  await mkdir(join(directory, "pki"), { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
  const file = join(directory, "config");
  await writeFile(
    file,
    stringify({
      apiVersion: "v1",
      kind: "Config",
      "current-context": "here",
      clusters: [
        {
          name: "c",
          cluster: { server: "https://10.0.0.1:6443/", "certificate-authority-data": base64("CA"), ...more },
        },
      ],
      users: [{ name: "u", user }],
      contexts: [
        { name: "here", context: { cluster: "c", user: "u", namespace: "team" } },
        { name: "there", context: { cluster: "c", user: "nobody" } },
      ],
    }),
  );
  return file;
}

t.test("certificates are in the kubeconfig itself, or in files relative to it", async (t) => {
  const file = await write(
    t,
    { "client-certificate-data": base64("CERT"), "client-key": "pki/key.pem" },
    { "tls-server-name": "api.internal" },
    { "pki/key.pem": "KEY" },
  );
  const access = await kubeconfigAccess({ file });
  t.same(await access.connection(), {
    server: "https://10.0.0.1:6443",
    tls: { ca: "CA", cert: "CERT", key: "KEY", servername: "api.internal" },
  });
  t.same(await access.headers(false), {});
  t.equal(access.namespace, "team");
  t.equal(await access.connection(), await access.connection(), "the pools are kept while nothing changes");
});

t.test("a token is sent, and one in a file is read again after a 401", async (t) => {
  const plain = await kubeconfigAccess({ file: await write(t, { token: "abc" }) });
  t.same(await plain.headers(false), { authorization: "Bearer abc" });
  const file = await write(t, { tokenFile: "token" }, {}, { token: "one\n" });
  const access = await kubeconfigAccess({ file });
  t.same(await access.headers(false), { authorization: "Bearer one" });
  await writeFile(join(file, "../token"), "two\n");
  t.same(await access.headers(false), { authorization: "Bearer one" });
  t.same(await access.headers(true), { authorization: "Bearer two" });
});

t.test("a token file is read again after a minute", async (t) => {
  const file = await write(t, { tokenFile: "token" });
  const token = join(file, "../token");
  await writeFile(token, "one\n");
  const clock = new FakeClock();
  const access = await kubeconfigAccess({ file, clock });
  await writeFile(token, "two\n");
  await clock.advance(59_999);
  t.same(await access.headers(false), { authorization: "Bearer one" });
  await clock.advance(1);
  t.same(await access.headers(false), { authorization: "Bearer two" });
});

t.test("a context can be chosen; the error for a missing one lists those that exist", async (t) => {
  const file = await write(t, { token: "abc" });
  t.equal((await kubeconfigAccess({ file, context: "there" })).namespace, "default");
  await t.rejects(kubeconfigAccess({ file, context: "nowhere" }), {
    message: /"nowhere"; its contexts: here, there/,
  });
});

t.test("the error for a missing kubeconfig names the file and what to set", async (t) => {
  await t.rejects(kubeconfigAccess({ file: join(t.testdir({}), "absent") }), {
    message: /cannot read the kubeconfig .*absent \(ENOENT\): set --kubeconfig or KUBECONFIG/,
  });
});

t.test("several files in KUBECONFIG are merged, each within the bounds of one", async (t) => {
  const file = await write(t, { token: "abc" });
  const hostile = join(t.testdirName, "hostile");
  const set = (...files: string[]): void => {
    const { KUBECONFIG } = process.env;
    process.env.KUBECONFIG = files.join(":");
    t.teardown(() => {
      if (KUBECONFIG === undefined) delete process.env.KUBECONFIG;
      else process.env.KUBECONFIG = KUBECONFIG;
    });
  };
  set(file, join(t.testdirName, "absent"));
  t.equal((await (await kubeconfigAccess()).connection()).server, "https://10.0.0.1:6443");
  await writeFile(hostile, '? ["'.repeat(1200));
  set(file, hostile);
  await t.rejects(kubeconfigAccess(), { message: /^the kubeconfig .*hostile .*nested/ });
});

t.test("the error for a kubeconfig of another shape names the field", async (t) => {
  const file = join(t.testdir({}), "config");
  const shapes: readonly (readonly [content: unknown, message: RegExp])[] = [
    [["a"], /config is invalid: it must be a map$/],
    [{ contexts: "a" }, /contexts must be a list$/],
    [{ users: [null] }, /users\[0\] must be a map with name and user, a map$/],
    [{ clusters: [{ name: "c", cluster: { server: 1 } }] }, /clusters\[0\]\.cluster\.server must be a string$/],
    [{ contexts: [{ context: null }], clusters: [{ cluster: { server: "a" } }] }, /no current-context/],
  ];
  for (const [content, message] of shapes) {
    await writeFile(file, stringify(content));
    await t.rejects(kubeconfigAccess({ file }), { constructor: Error, message });
  }
  const named = await write(t, {}, { "certificate-authority-data": undefined, "certificate-authority": "a\0b" });
  await t.rejects(kubeconfigAccess({ file: named }), {
    constructor: Error,
    message: /cannot read a file that the kubeconfig/,
  });
});

t.test("an exec plug-in is called for its token, and again after a 401", async (t) => {
  const script = `#!/bin/sh
count=$(cat "$0.count" 2>/dev/null || echo 0); count=$((count + 1)); echo $count > "$0.count"
echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"from-the-plugin-'$count'","expirationTimestamp":"2000-01-01T00:00:00Z"}}'
`;
  const plugin = join(t.testdirName, "plugin.sh");
  const exec = { apiVersion: "client.authentication.k8s.io/v1", command: plugin, interactiveMode: "Never" };
  const file = await write(t, { exec }, {}, { "plugin.sh": script });
  await chmod(plugin, 0o755);
  const access = await kubeconfigAccess({ file });
  t.match(await access.headers(false), { authorization: /^Bearer from-the-plugin-/ });
  const before = (await access.headers(false)).authorization;
  t.not((await access.headers(true)).authorization, before);
  t.equal((await access.connection()).server, "https://10.0.0.1:6443");
});

t.test("each new certificate of an exec plug-in is used", async (t) => {
  const script = `#!/bin/sh
cat "$(dirname "$0")/credential"
`;
  const plugin = join(t.testdirName, "plugin.sh");
  const exec = { apiVersion: "client.authentication.k8s.io/v1", command: plugin, interactiveMode: "Never" };
  const credential = (certificate: string): string =>
    JSON.stringify({
      apiVersion: "client.authentication.k8s.io/v1",
      kind: "ExecCredential",
      status: {
        clientCertificateData: certificate,
        clientKeyData: "KEY",
        expirationTimestamp: "2000-01-01T00:00:00Z",
      },
    });
  const file = await write(t, { exec }, {}, { "plugin.sh": script, credential: credential("ONE") });
  await chmod(plugin, 0o755);
  const access = await kubeconfigAccess({ file });
  const first = await access.connection();
  t.match(first.tls, { cert: "ONE", key: "KEY" });
  await access.headers(true);
  t.equal(await access.connection(), first, "the pools are kept while nothing changes");
  await writeFile(join(file, "../credential"), credential("TWO"));
  await access.headers(true);
  t.match((await access.connection()).tls, { cert: "TWO", key: "KEY" });
});

t.test("a certificate in a file is read again after a 401", async (t) => {
  const files = { "cert.pem": "ONE", "key.pem": "KEY" };
  const file = await write(t, { "client-certificate": "cert.pem", "client-key": "key.pem" }, {}, files);
  const access = await kubeconfigAccess({ file });
  const first = await access.connection();
  await access.headers(true);
  t.equal(await access.connection(), first, "the pools are kept while nothing changes");
  await writeFile(join(file, "../cert.pem"), "TWO");
  await access.headers(false);
  t.equal(await access.connection(), first, "files are not read for each call");
  await access.headers(true);
  t.match((await access.connection()).tls, { ca: "CA", cert: "TWO", key: "KEY" });
});

t.test("the connection takes the proxy of proxy-url; another kind of URL is refused without printing it", async (t) => {
  const proxy = "http://user:secret@proxy:3128";
  const proxied = await kubeconfigAccess({ file: await write(t, { token: "abc" }, { "proxy-url": proxy }) });
  t.match(await proxied.connection(), { server: "https://10.0.0.1:6443", proxy });
  const plugin = { exec: { apiVersion: "client.authentication.k8s.io/v1", command: "true", interactiveMode: "Never" } };
  for (const user of [{ token: "abc" }, plugin]) {
    const file = await write(t, user, { "proxy-url": "ftp://user:secret@proxy" });
    const error = await kubeconfigAccess({ file }).catch((caught: unknown) => caught);
    t.match(error, { message: /^the proxy-url of the kubeconfig's cluster is not the URL of a proxy; write http:/ });
    t.notMatch(String(error), /secret/);
  }
});

t.test("a server's certificate is verified unless the kubeconfig says otherwise", async (t) => {
  const tlsOf = async (more: object): Promise<object> => {
    const access = await kubeconfigAccess({ file: await write(t, { token: "t" }, more) });
    return (await access.connection()).tls;
  };
  t.notOk("rejectUnauthorized" in (await tlsOf({})));
  t.match(await tlsOf({ "insecure-skip-tls-verify": true }), { rejectUnauthorized: false });
});
