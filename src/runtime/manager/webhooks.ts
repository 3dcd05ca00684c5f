import { CertificateFiles } from "../certs/files.js";
import { CertificateManager, type CertificateManagerOptions } from "../certs/manager.js";
import { WebhookServer, type WebhookServerOptions } from "../webhook/server.js";
import type { Manager } from "./manager.js";

/** What a webhook server of a manager is to serve, and with which certificate. */
export interface ServeWebhooksOptions extends Omit<WebhookServerOptions, "clock" | "logger" | "metrics"> {
  /** A directory whose certificate somebody else keeps, or what is needed to keep one of our own. */
  readonly certificates:
    { readonly directory: string } | Pick<CertificateManagerOptions, "secret" | "names" | "configurations">;
}

/**
 * Adds a {@link WebhookServer} to a manager, with a certificate that is kept or followed, and readiness that means that the
 * API server can call. Every replica serves, the leader or not.
 */
export function serveWebhooks(manager: Manager, options: ServeWebhooksOptions): WebhookServer {
  const { certificates: source, ...served } = options;
  const { clock, logger, metrics } = manager;
  const server = new WebhookServer({ ...served, clock, logger, metrics });
  const shared = { clock, logger, metrics, serve: server.useCertificate };
  const certificates =
    "directory" in source
      ? new CertificateFiles({ ...shared, directory: source.directory })
      : new CertificateManager({ ...shared, ...source, client: manager.liveClient });
  manager.add(certificates, "webhooks");
  manager.add(server, "webhooks");
  manager.addReadyCheck("certificates", certificates.check);
  manager.addReadyCheck("webhooks", server.check);
  return server;
}
