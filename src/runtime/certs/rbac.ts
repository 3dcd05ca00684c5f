import { MutatingWebhookConfigurations, Secrets, ValidatingWebhookConfigurations } from "../client/builtin.js";
import type { Permission } from "../rbac/permission.js";
import type { CertificateManagerOptions } from "./manager.js";

/** What keeping the webhooks' certificates needs. The Secret is in the program's own namespace. */
export function certificatePermissions(
  secret: string,
  configurations: CertificateManagerOptions["configurations"],
): readonly Permission[] {
  return [
    {
      resource: Secrets,
      verbs: ["get", "create", "update"],
      names: [secret],
      ownNamespace: true,
      because: "the webhooks' certificates, shared by the replicas; no other Secret is read",
    },
    ...configurations.map(({ kind, name }): Permission => ({
      resource: kind === "Mutating" ? MutatingWebhookConfigurations : ValidatingWebhookConfigurations,
      verbs: ["get", "patch"],
      names: [name],
      because: "puts its CA into its own webhook configurations",
    })),
  ];
}
