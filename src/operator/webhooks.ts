/** The webhook server and its certificate. */
import type { OperatorOptions } from "./options.js";
import {
  budgetPath,
  budgetValidator,
  configurationPath,
  configurationValidator,
  templatesPath,
  templatesValidator,
} from "../admission/index.js";
import { configurationName, webhookService } from "../admission/manifests.js";
import { schedulePath } from "../admission/manifests.js";
import { scheduleValidator } from "../schedules/validator.js";
import { operatorNames } from "../configuration/names.js";
import type { AdmissionHandlers } from "../kinds/webhooks.js";
import { ClientAuthorityFile } from "../runtime/certs/client-authority-file.js";
import { CertificateFiles } from "../runtime/certs/files.js";
import type { KeyPair } from "../runtime/certs/authority.js";
import { CertificateManager } from "../runtime/certs/manager.js";
import type { Manager } from "../runtime/manager/manager.js";
import { validating } from "../runtime/webhook/review.js";
import { WebhookServer } from "../runtime/webhook/server.js";

export function addWebhooks(
  manager: Manager,
  {
    webhooks,
    logger,
    namespace,
    secureMetrics,
  }: Pick<OperatorOptions, "webhooks" | "logger" | "namespace" | "secureMetrics">,
  handlers: readonly AdmissionHandlers[],
): WebhookServer {
  const { clock, metrics } = manager;
  const { clientAuthorities } = webhooks;
  const server = new WebhookServer({
    ...(webhooks.host !== undefined && { host: webhooks.host }),
    port: webhooks.port,
    ...{ clock, logger, metrics, tracerName: "agent-orchestrator/runtime" },
    ...(clientAuthorities !== undefined && {
      clientCertificates: clientAuthorities.names.length > 0 ? { names: clientAuthorities.names } : {},
    }),
    handlers: new Map([
      ...handlers.flat(),
      [budgetPath, validating(budgetValidator(namespace))],
      [schedulePath, validating(scheduleValidator)],
      [configurationPath, validating(configurationValidator(namespace))],
      [templatesPath, validating(templatesValidator(namespace))],
    ]),
  });
  const metricsName = `${operatorNames.metricsService}.${namespace}.svc`;
  const service = `${webhookService.name}.${namespace}.svc`;
  const { metricsServer } = manager;
  const ownMetricsCertificate = secureMetrics?.certificates;
  const sharesCertificate = metricsServer !== undefined && ownMetricsCertificate === undefined;
  const serve = (pair: KeyPair): void => {
    server.useCertificate(pair);
    if (sharesCertificate) metricsServer.useCertificate(pair);
  };
  const serving = { clock, logger, metrics, serve };
  const certificates =
    webhooks.certificates === undefined
      ? new CertificateManager({
          ...serving,
          client: manager.liveClient,
          secret: { namespace, name: operatorNames.certificates },
          names: [service, `${service}.cluster.local`, ...(sharesCertificate ? [metricsName] : []), ...webhooks.names],
          configurations: [
            { kind: "Mutating", name: configurationName },
            { kind: "Validating", name: configurationName },
          ],
        })
      : new CertificateFiles({ ...serving, directory: webhooks.certificates });
  manager.add(certificates, "webhooks");
  if (clientAuthorities !== undefined) {
    const { file } = clientAuthorities;
    const authorities = new ClientAuthorityFile({ file, clock, logger, serve: server.useClientAuthorities });
    manager.add(authorities, "webhooks");
    manager.addReadyCheck("client-authorities", authorities.check);
  }
  manager.add(server, "webhooks");
  if (metricsServer !== undefined && ownMetricsCertificate !== undefined) {
    const followed = { clock, logger, directory: ownMetricsCertificate, serve: metricsServer.useCertificate };
    manager.add(new CertificateFiles(followed), "webhooks");
  }
  manager.addReadyCheck("certificates", certificates.check);
  manager.addReadyCheck("webhooks", server.check);
  return server;
}
