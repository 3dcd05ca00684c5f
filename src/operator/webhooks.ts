/** The webhook server and its certificate. */
import type { OperatorOptions } from "./options.js";
import { configurationPath, configurationValidator, templatesPath, templatesValidator } from "../admission/index.js";
import { configurationName, webhookService } from "../admission/manifests.js";
import { operatorNames } from "../configuration/names.js";
import type { AdmissionHandlers } from "../kinds/webhooks.js";
import { CertificateFiles } from "../runtime/certs/files.js";
import { CertificateManager } from "../runtime/certs/manager.js";
import type { Manager } from "../runtime/manager/manager.js";
import { validating } from "../runtime/webhook/review.js";
import { WebhookServer } from "../runtime/webhook/server.js";

export function addWebhooks(
  manager: Manager,
  { webhooks, logger, namespace }: Pick<OperatorOptions, "webhooks" | "logger" | "namespace">,
  handlers: readonly AdmissionHandlers[],
): WebhookServer {
  const { clock, metrics } = manager;
  const server = new WebhookServer({
    ...(webhooks.host !== undefined && { host: webhooks.host }),
    port: webhooks.port,
    clock,
    logger,
    metrics,
    handlers: new Map([
      ...handlers.flat(),
      [configurationPath, validating(configurationValidator(namespace))],
      [templatesPath, validating(templatesValidator(namespace))],
    ]),
  });
  const service = `${webhookService.name}.${namespace}.svc`;
  const serving = { clock, logger, metrics, serve: server.useCertificate };
  const certificates =
    webhooks.certificates === undefined
      ? new CertificateManager({
          ...serving,
          client: manager.liveClient,
          secret: { namespace, name: operatorNames.certificates },
          names: [service, `${service}.cluster.local`, ...webhooks.names],
          configurations: [
            { kind: "Mutating", name: configurationName },
            { kind: "Validating", name: configurationName },
          ],
        })
      : new CertificateFiles({ ...serving, directory: webhooks.certificates });
  manager.add(certificates, "webhooks");
  manager.add(server, "webhooks");
  manager.addReadyCheck("certificates", certificates.check);
  manager.addReadyCheck("webhooks", server.check);
  return server;
}
