/** `orchestrator health`: what it prints, and its exit codes. */
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import t, { type Test } from "tap";
import { digestOf } from "#src/configuration/in-force.js";
import { configurationKey, operatorNames } from "#src/configuration/names.js";
import { healthCommand } from "#src/cli/health.js";
import { ApiServer } from "../operations/api-server.js";
import { serve } from "../server/served-app.js";
import { outcomeOf, type Outcome } from "./command-line.js";

const health = (...args: string[]): Promise<Outcome> => outcomeOf(healthCommand, args);

t.test("a server says whether it works", async (t) => {
  const { app, url } = await serve(t, "http://127.0.0.1:9");
  for (const server of [url, `${url}/`, `${url}/api/v1`])
    t.match(await health("--server", server), { code: 0, out: /server +ready +version 1\.2\.3\n$/ });
  app.drain();
  t.match(await health("--server", url), { code: 1, out: /server +not ready +the server is stopping\n$/ });
  const { code, out } = await health("--server", url, "-o", "json");
  t.equal(code, 1);
  t.match(JSON.parse(out), { healthy: false, parts: [{ part: "server", ready: false }] });
});

t.test("a server that is not ours gives exit code 2, with what to check", async (t) => {
  const other = createServer((_, response) => void response.end("hello"));
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  t.teardown(() => other.close());
  const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
  t.match(await health("--server", url), { code: 2, err: /is not a server of the orchestrator; check --server\n$/ });
  t.match(await health("--server", "http://127.0.0.1:9"), {
    code: 2,
    err: /does not answer \(.*\); check --server\n$/,
  });
  t.match(await health("--server", "nonsense"), { code: 2, err: /nonsense does not answer/ });
});

/** Answers for the parts of an installation: absent ones do not exist. */
async function cluster(t: Test, answers: Readonly<Record<string, object | undefined>>): Promise<string> {
  const server = new ApiServer();
  for (const [path, body] of Object.entries(answers))
    server.answers.set(path, (_, response) => {
      const forbidden = { kind: "Status", code: 403, reason: "Forbidden", message: "deployments.apps is forbidden" };
      response.writeHead(body === undefined ? 403 : 200, { "content-type": "application/json" });
      response.end(JSON.stringify(body ?? forbidden));
    });
  const file = join(t.testdir({}), "kubeconfig");
  const clusters = [{ name: "c", cluster: { server: await server.start(t) } }];
  const contexts = [{ name: "here", context: { cluster: "c", user: "u" } }];
  writeFileSync(
    file,
    JSON.stringify({ "current-context": "here", clusters, contexts, users: [{ name: "u", user: {} }] }),
  );
  return file;
}

const deployments = "/apis/apps/v1/namespaces/orchestrator/deployments";
const webhooks = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/orchestrator";
const slices = "/apis/discovery.k8s.io/v1/namespaces/orchestrator/endpointslices";
const replicas = (ready: number): object => ({ metadata: {}, spec: { replicas: 2 }, status: { readyReplicas: ready } });
const service = { service: { namespace: "orchestrator", name: "orchestrator-webhook" }, caBundle: "Q0E=" };
const slice = { metadata: {}, endpoints: [{ conditions: { ready: true } }, { conditions: { ready: false } }] };

t.test("an installation is healthy if operator, webhooks and server are ready", async (t) => {
  const ready = {
    [`${deployments}/orchestrator`]: replicas(2),
    [`${deployments}/orchestrator-server`]: replicas(2),
    [webhooks]: { metadata: {}, webhooks: [{ clientConfig: service }] },
    [slices]: { kind: "EndpointSliceList", metadata: {}, items: [slice] },
  };
  const { code, out } = await health("--kubeconfig", await cluster(t, ready));
  t.equal(
    out,
    [
      "PART       STATE       MESSAGE",
      "manager    ready       2 of 2 replicas are ready",
      "webhooks   ready       1 endpoints of Service orchestrator-webhook are ready",
      "server     ready       2 of 2 replicas are ready",
      "argo       ready       off (argo.enabled)\n",
    ].join("\n"),
  );
  t.equal(code, 0);
  for (const [part, answers] of [
    [/server +not ready +1 of 2/, { [`${deployments}/orchestrator-server`]: replicas(1) }],
    [/webhooks +not ready +0 endpoints/, { [slices]: { kind: "EndpointSliceList", metadata: {}, items: [] } }],
    [
      /webhooks +not ready +no CA/,
      { [webhooks]: { metadata: {}, webhooks: [{ clientConfig: { url: "https://x" } }] } },
    ],
  ] as const)
    t.match(await health("--kubeconfig", await cluster(t, { ...ready, ...answers })), { code: 1, out: part });
  const absent = await health(
    "--kubeconfig",
    await cluster(t, { [webhooks]: ready[webhooks], [slices]: ready[slices] }),
  );
  t.match(absent, { code: 1, out: /manager +not ready +Deployment orchestrator\/orchestrator does not exist/ });
});

t.test("with argo.enabled, the cluster has to serve Argo Workflows", async (t) => {
  const configured = (text: string): object => {
    const report = { digest: digestOf(text), since: "2026-01-01T00:00:00Z", operator: "1", environment: {}, flags: [] };
    return { metadata: {}, data: { [configurationKey]: text, "report.json": JSON.stringify(report) } };
  };
  const path = `/api/v1/namespaces/orchestrator/configmaps/${operatorNames.inForce}`;
  const enabled = { [path]: configured("argo: { enabled: true }\n") };
  t.match(
    (await health("--kubeconfig", await cluster(t, enabled))).out,
    /argo +not ready +argo.enabled is true, but the cluster does not serve Argo/,
  );
  const served = { ...enabled, "/apis/argoproj.io/v1alpha1": { resources: [{ name: "workflows" }] } };
  t.match((await health("--kubeconfig", await cluster(t, served))).out, /argo +ready +Argo Workflows are served/);
});

t.test("missing permissions are reported, and an unreachable cluster gives exit code 2", async (t) => {
  const forbidden = { [`${deployments}/orchestrator`]: undefined };
  t.match(await health("--kubeconfig", await cluster(t, forbidden)), {
    code: 1,
    err: "error: deployments.apps is forbidden\n",
  });
  t.match(await health("--kubeconfig", "/nowhere"), { code: 2, err: /no access to a cluster/ });
});
