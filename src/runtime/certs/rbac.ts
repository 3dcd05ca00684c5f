import { Secrets } from "../client/builtin.js";
import type { Permission } from "../rbac/permission.js";
import { configurationTypes, type WebhookConfigurationReference } from "./configurations.js";

/** The permissions of a {@link CertificateManager} whose Secret is in the program's own namespace. */
export function certificatePermissions(
  secret: string,
  configurations: readonly WebhookConfigurationReference[],
): readonly Permission[] {
  return [
    {
      resource: Secrets,
      // list and watch too: with `fieldSelector=metadata.name=…`, RBAC takes it for the object's name
      verbs: ["get", "list", "watch", "create", "update"],
      names: [secret],
      ownNamespace: true,
      because: "the webhooks' certificates, shared by the replicas; no other Secret is read",
    },
    ...configurations.map(({ kind, name }): Permission => ({
      resource: configurationTypes[kind],
      verbs: ["get", "list", "watch", "patch"],
      names: [name],
      because: "writes its CA into its own webhook configurations, and restores it",
    })),
  ];
}
