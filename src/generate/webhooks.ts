import { webhookConfigurations, webhookServiceManifest } from "../admission/manifests.js";
import { generatedFrom, yamlText } from "./crd.js";

/** The static manifests of the webhooks, by path. */
export function webhookFiles(): [string, string][] {
  const { mutating, validating } = webhookConfigurations();
  const head = `# ${generatedFrom("src/admission/manifests.ts")}\n`;
  return [
    ["webhooks/mutating.yaml", head + yamlText(mutating)],
    ["webhooks/validating.yaml", head + yamlText(validating)],
    ["webhooks/service.yaml", head + yamlText(webhookServiceManifest())],
  ];
}
