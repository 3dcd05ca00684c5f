/** The quick start of @agent-orchestrator/runtime, as its README prints it, against a real API server. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import t from "tap";
import { ConfigMaps, Namespaces } from "#src/runtime/client/builtin.js";
import { eventually } from "../eventually.js";
import { installRuntime } from "../installed-runtime.js";
import { adminClient, testCluster } from "./cluster.js";

t.test("the quick start works in a folder where nothing else is installed", async (t) => {
  const cluster = await testCluster(t);
  const client = await adminClient(t, cluster);
  const { directory, packageDirectory } = installRuntime(t);
  const readme = readFileSync(join(packageDirectory, "README.md"), "utf8");
  const [, program = ""] = /```js\n([^]*?)```/.exec(readme) ?? [];
  const [install = "", start = "", session = ""] = [...readme.matchAll(/```sh\n([^]*?)```/g)].map(
    ([, text = ""]) => text,
  );
  t.match(install, "npm install @agent-orchestrator/runtime", "what the folder is made by");
  t.equal(start, "node operator.js\n");
  writeFileSync(join(directory, "operator.js"), program);
  const env = {
    ...process.env,
    KUBECONFIG: cluster.kubeconfig,
    PATH: [dirname(cluster.kubectl), process.env.PATH].join(delimiter),
  };
  t.teardown(() => client.delete(Namespaces, { name: "shop" }).catch(() => undefined));
  const operator = spawn(process.execPath, ["--preserve-symlinks", ...start.trim().split(" ").slice(1)], {
    ...{ cwd: directory, env, stdio: ["ignore", "pipe", "pipe"] },
  });
  let log = "";
  for (const stream of [operator.stdout, operator.stderr])
    stream.on("data", (text: Buffer) => (log += text.toString()));
  const ended = once(operator, "close") as Promise<[number | null]>;
  t.teardown(() => operator.kill("SIGKILL"));
  const { stdout } = await promisify(execFile)("sh", ["-ec", session], { env, cwd: directory });
  const expected = /It prints `([^`]+)`/.exec(readme)?.[1];
  t.equal(stdout.split("\n").at(-1), expected, log);

  const contact = { namespace: "shop", name: "contact" };
  await client.delete(ConfigMaps, contact);
  await eventually("a deleted ConfigMap comes back", () => client.get(ConfigMaps, contact));
  const labels = { "example.com/team": "billing" };
  await client.patch(Namespaces, { name: "shop" }, { type: "merge", body: { metadata: { labels } } });
  await eventually("the address follows the label", async () => {
    const { data } = await client.get(ConfigMaps, contact);
    return data?.mail === "billing@example.com";
  });
  operator.kill("SIGINT");
  t.equal((await ended)[0], 0, log);
});
