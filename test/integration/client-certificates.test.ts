/** An API server that shows a client certificate to webhooks, as config/samples/webhook-clients configures it, and an operator that requires it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import { TaskRuns } from "#src/api/taskrun.js";
import { createPki } from "#src/cluster/pki.js";
import { ValidatingWebhookConfigurations } from "#src/runtime/client/builtin.js";
import { packageRoot } from "#src/version.js";
import { taskRun } from "../admission/runs.js";
import { eventually } from "../eventually.js";
import { adminClient, ownCluster, testNamespace } from "./cluster.js";
import { startOperator } from "./operator.js";

const directory = mkdtempSync(join(tmpdir(), "webhook-clients-"));
t.teardown(() => rmSync(directory, { recursive: true, force: true }));
const certificates = await createPki(join(directory, "pki"), [
  { file: "api-server", commonName: "kube-apiserver-webhooks" },
  { file: "other", commonName: "somebody" },
]);

/** A sample with the paths of this test. */
function sample(name: string, change = (text: string): string => text): string {
  const text = readFileSync(join(packageRoot, "config/samples/webhook-clients", name), "utf8")
    .replaceAll("/etc/kubernetes/webhook-clients/tls.crt", certificates.certificate("api-server"))
    .replaceAll("/etc/kubernetes/webhook-clients/tls.key", certificates.key("api-server"))
    .replaceAll("/etc/kubernetes/webhook-clients", directory);
  const file = join(directory, name);
  writeFileSync(file, change(text));
  return file;
}

// here the webhooks have an address instead of a Service
sample("kubeconfig.yaml", (text) => text.replace(/- name: \S+/, '- name: "*"'));
const configuration = sample("admission-configuration.yaml");
const cluster = await ownCluster(t, [`--admission-control-config-file=${configuration}`]);
const client = await adminClient(t, cluster);

/** How a webhook answers a client with this certificate. @returns the status, or the code of the error */
function answer(url: string, file?: string): Promise<number | string> {
  return new Promise((resolve) => {
    const identity = file !== undefined && {
      cert: readFileSync(certificates.certificate(file)),
      key: readFileSync(certificates.key(file)),
    };
    // who answers is not what is tested here
    const call = request(url, { method: "POST", rejectUnauthorized: false, ...identity }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    call.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    call.end("{}");
  });
}

t.test("only the API server's certificate opens the webhooks", async (t) => {
  const required = ["--webhook-client-ca", certificates.clientCa, "--webhook-client-name", "kube-apiserver-webhooks"];
  const operator = await startOperator(t, cluster, { flags: required });
  const namespace = await testNamespace(t, client);
  const run = { ...taskRun({ taskId: 1 }), metadata: { namespace, name: "task-1" } };
  await eventually("a webhook sets the agent's name", async () => {
    const { spec } = await client.create(TaskRuns, run, { dryRun: true });
    return spec.agentName !== undefined;
  });
  const denied = { ...run, metadata: { namespace, name: "wrong" }, spec: { ...run.spec, agentName: "No Name" } };
  await t.rejects(client.create(TaskRuns, denied), { message: /agentName/ });

  const { webhooks = [] } = await client.get(ValidatingWebhookConfigurations, { name: "orchestrator" });
  const url = webhooks.find(({ clientConfig }) => clientConfig.url?.endsWith("/taskrun"))?.clientConfig.url ?? "";
  t.match(await answer(url), /ECONNRESET|EPROTO|ERR_SSL/, "no certificate");
  t.match(await answer(url, "other"), /ECONNRESET|EPROTO|ERR_SSL/, "another name of the same authority");
  t.equal(await answer(url, "api-server"), 400, "a review that is none, from a client that may ask");
  t.match(await operator.metrics(), /orchestrator_webhook_connections_closed_total\{reason="certificate"\} [1-9]/);
});
