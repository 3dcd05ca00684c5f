/** The server as a receiver of webhooks, with the rights that config/github gives it, and the webhooks that it receives. */
import { createHmac } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Test } from "tap";
import { stringify } from "yaml";
import type { Cluster } from "#src/cluster/index.js";
import { kubectl } from "#src/cluster/install.js";
import { freePorts } from "#src/cluster/ports.js";
import type { HttpClient } from "#src/runtime/client/http.js";
import { packageRoot } from "#src/version.js";
import { OperatorProcess } from "./operator.js";

const own = "orchestrator";
/** Of both webhooks. */
export const secret = "the secret of the webhook";

export class Receivers {
  /** Of the account that stores Deliveries. */
  token = "";
  /** With the rights of the server's own account. */
  readonly kubeconfig: string;

  private constructor(readonly directory: string) {
    this.kubeconfig = join(directory, "server-kubeconfig");
  }

  /** Applies what the server needs in the cluster. */
  static async install(t: Pick<Test, "teardown">, cluster: Cluster, client: HttpClient): Promise<Receivers> {
    const made = new Receivers(await mkdtemp(join(tmpdir(), "receivers-test-")));
    t.teardown(() => rm(made.directory, { recursive: true, force: true }));
    for (const file of ["config/server/service-account.yaml", "config/github/rbac.yaml"])
      await kubectl(cluster, ["apply", "--server-side", "--force-conflicts", "-f", join(packageRoot, file)]);
    const answer = await client.raw({
      method: "POST",
      path: `/api/v1/namespaces/${own}/serviceaccounts/orchestrator-server/token`,
      body: { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} },
    });
    made.token = (answer as { status: { token: string } }).status.token;
    await writeFile(join(made.directory, "token"), `${made.token}\n`);
    await writeFile(
      join(made.directory, "config.yaml"),
      stringify({ github: { webhook: { enabled: true, grafana: true } } }),
    );
    await cluster.serviceAccountKubeconfig(own, "orchestrator-server", made.kubeconfig);
    return made;
  }

  /** One that is not started yet. It ends with the test. */
  async create(t: Pick<Test, "teardown">): Promise<OperatorProcess> {
    const secrets = await mkdtemp(join(this.directory, "secrets-"));
    await writeFile(join(secrets, "current"), `${secret}\n`);
    const [port = 0] = await freePorts(1);
    const flags = [
      ...["--kubeconfig", this.kubeconfig, "--host", "127.0.0.1", "--port", String(port), "--namespace", own],
      ...["--config", join(this.directory, "config.yaml"), "--webhook-secrets-dir", secrets],
      ...["--webhook-token-file", join(this.directory, "token"), "--grafana-secrets-dir", secrets],
    ];
    const server = new OperatorProcess(flags, port, {}, "server");
    t.teardown(() => server.end("SIGKILL"));
    return server;
  }
}

export interface Webhook {
  readonly id: string;
  readonly event: string;
  readonly payload: object;
}

/** The payload of an event of somebody who may write, in a repository of the owner acme. */
export function payloadOf(host: string, payload: object, repository = "shop"): object {
  return {
    repository: { id: 1, name: repository, html_url: `https://${host}/acme/${repository}`, owner: { login: "acme" } },
    sender: { login: "ann", id: 1, type: "User" },
    ...payload,
  };
}

/** The headers with which GitHub sends a body. */
export function webhookHeaders(
  { id, event }: Pick<Webhook, "id" | "event">,
  body: string | Buffer,
): Record<string, string> {
  return {
    ...{ "content-type": "application/json", "x-github-event": event, "x-github-delivery": id },
    "x-hub-signature-256": `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`,
  };
}

/** Sends a webhook. @param timeout milliseconds for the answer @returns status and outcome @throws if nobody answers */
export async function sendWebhook(url: string, webhook: Webhook, timeout = 60_000): Promise<string> {
  const body = JSON.stringify(webhook.payload);
  const signal = AbortSignal.timeout(timeout);
  const response = await fetch(url, { method: "POST", body, headers: webhookHeaders(webhook, body), signal });
  return `${response.status} ${((await response.json()) as { outcome?: string }).outcome ?? ""}`;
}
