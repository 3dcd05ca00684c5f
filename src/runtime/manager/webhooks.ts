import type { KeyPair } from "../certs/authority.js";
import { CertificateFiles } from "../certs/files.js";
import { CertificateManager, type CertificateManagerOptions } from "../certs/manager.js";
import type { WebhookServerOptions } from "../webhook/options.js";
import { WebhookServer } from "../webhook/server.js";
import type { Manager } from "./manager.js";

/** What a manager's webhook server serves, and with which certificate. */
export interface ServeWebhooksOptions extends Omit<WebhookServerOptions, "clock" | "logger" | "metrics"> {
  /**
   * `directory`: follow the certificate that another program, such as cert-manager, writes there. Otherwise the manager
   * issues one itself, see {@link CertificateManager}.
   */
  readonly certificates:
    | { readonly directory: string }
    | Pick<CertificateManagerOptions, "secret" | "names" | "configurations" | "authorityName">;
}

/**
 * Adds a {@link WebhookServer} to a manager, together with its certificate and ready checks: the manager is ready only when
 * the API server can call the webhooks. Secure metrics of the manager get the same certificate. Every replica serves, the leader or not. Call it before `manager.start`.
 */
export function serveWebhooks(manager: Manager, options: ServeWebhooksOptions): WebhookServer {
  const { certificates: source, ...served } = options;
  const { clock, logger, metrics } = manager;
  const server = new WebhookServer({ ...served, clock, logger, metrics });
  const serve = (pair: KeyPair): void => {
    server.useCertificate(pair);
    manager.metricsServer?.useCertificate(pair);
  };
  const shared = { clock, logger, metrics, serve };
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
