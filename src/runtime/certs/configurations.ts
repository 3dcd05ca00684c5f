import {
  CustomResourceDefinitions,
  MutatingWebhookConfigurations,
  ValidatingWebhookConfigurations,
} from "../client/builtin.js";
import type { KubernetesObject } from "../client/objects.js";
import type { ResourceType } from "../client/resource.js";

/** An object whose `caBundle`s this program manages: a webhook configuration, or a CRD with a conversion webhook. */
export interface WebhookConfigurationReference {
  readonly kind: "Mutating" | "Validating" | "Conversion";
  /** For `Conversion`, the name of the CRD: `plural.group`. */
  readonly name: string;
}

/** One caBundle of a configuration. */
interface BundlePlace {
  /** JSON pointer. */
  readonly path: string;
  readonly caBundle: string | undefined;
}

/** The resource of each kind of configuration. */
export const configurationTypes: Readonly<Record<WebhookConfigurationReference["kind"], ResourceType>> = {
  Mutating: MutatingWebhookConfigurations,
  Validating: ValidatingWebhookConfigurations,
  Conversion: CustomResourceDefinitions,
};

interface ClientConfig {
  readonly caBundle?: string;
}

/**
 * Where the object has, or must have, a caBundle.
 * @throws Error if a CRD has no conversion webhook.
 */
export function bundlePlaces({ kind, name }: WebhookConfigurationReference, object: KubernetesObject): BundlePlace[] {
  if (kind === "Conversion") {
    const { spec } = object as { spec?: { conversion?: { webhook?: { clientConfig?: ClientConfig } } } };
    const config = spec?.conversion?.webhook?.clientConfig;
    if (config === undefined) throw new Error(`the CRD ${name} has no conversion webhook`);
    return [{ path: "/spec/conversion/webhook/clientConfig/caBundle", caBundle: config.caBundle }];
  }
  const { webhooks = [] } = object as { webhooks?: { readonly clientConfig: ClientConfig }[] };
  return webhooks.map(({ clientConfig }, index) => ({
    path: `/webhooks/${index}/clientConfig/caBundle`,
    caBundle: clientConfig.caBundle,
  }));
}

/** When this field manager last changed the object, in milliseconds since the epoch; 0 if it never did. */
export function lastWrittenBy(manager: string, object: KubernetesObject): number {
  const fields = (object.metadata?.managedFields ?? []) as { readonly manager?: string; readonly time?: string }[];
  return Math.max(0, ...fields.map((entry) => (entry.manager === manager ? Date.parse(entry.time ?? "") || 0 : 0)));
}
