/** The configuration that the server reads from a mounted file. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { readMountedConfiguration } from "#src/cli/mounted-configuration.js";
import { defaultConfiguration } from "#src/configuration/defaults.js";

const file = join(t.testdir(), "config.yaml");
const reading = (text: string | Buffer): ReturnType<typeof readMountedConfiguration> => {
  writeFileSync(file, text);
  return readMountedConfiguration(file);
};
const corpus = (name: string): string => readFileSync(join("test/configuration/corpus", name), "utf8");

t.test("a missing, empty or commented-out file means the defaults", async (t) => {
  t.same(await readMountedConfiguration(undefined), defaultConfiguration);
  t.same(await readMountedConfiguration(join(file, "..", "missing.yaml")), defaultConfiguration);
  for (const text of ["", "\n", "# job:\n#   backoffLimit: 1\n"]) t.same(await reading(text), defaultConfiguration);
});

t.test("a config.yaml, its ConfigMap and Helm values are recognized", async (t) => {
  const inner = "job:\n  backoffLimit: 3\n";
  t.equal((await reading(inner)).job.backoffLimit, 3);
  const data = { "config.yaml": inner };
  const configMap = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "taskrun-controller-config" }, data };
  t.equal((await reading(JSON.stringify(configMap))).job.backoffLimit, 3);
  t.equal(
    (await reading(corpus("values-2025-controller.yaml"))).agent.image,
    "registry.example.com/platform/claude:2.0",
  );
});

t.test("a file of another kind, with errors, or that is not text is refused with its name", async (t) => {
  const wrong = corpus("wrong-deployment.yaml");
  await t.rejects(reading(wrong), {
    message: `${file}: contains no configuration: it has Deployment controller; give a config.yaml, the ConfigMap that holds it, or Helm values`,
  });
  await t.rejects(reading("job: {backoffLimit: many}"), { message: /config\.yaml: job\.backoffLimit .*\(line 1\)/ });
  await t.rejects(reading(Buffer.from([0xff, 0xfe])), { message: /config\.yaml: .*is not UTF-8/ });
  await t.rejects(reading('history: {archive: {format: "a\\e[2Jb"}}\njob: {"a\\eb": 1, backoffLimit: -1}'), {
    message: /^\P{Cc}*$/u,
  });
});
