import { CodeRuns } from "../api/coderun.js";
import { Deliveries } from "../api/delivery.js";
import { cached } from "../runtime/cache/rbac.js";
import { ConfigMaps } from "../runtime/client/builtin.js";
import type { Permission } from "../runtime/rbac/permission.js";

/** What the receiver of webhooks needs, and all that it may. */
export const receiverPermissions: readonly Permission[] = [
  { resource: Deliveries, verbs: ["create"], ownNamespace: true, because: "one for each webhook" },
];

/** The permissions to decide about Deliveries and to carry the decisions out. */
export const deliveryPermissions: readonly Permission[] = [
  { ...cached(Deliveries), ownNamespace: true },
  {
    resource: Deliveries,
    verbs: ["create"],
    ownNamespace: true,
    because: "create: webhooks that GitHub could not deliver",
  },
  {
    resource: ConfigMaps,
    verbs: ["get", "create", "patch"],
    ownNamespace: true,
    because: "until when webhooks that GitHub could not deliver were taken in",
  },
  { resource: Deliveries, verbs: ["get"], ownNamespace: true, because: "get: read live before it is carried out" },
  {
    resource: Deliveries,
    verbs: ["delete"],
    ownNamespace: true,
    because: "delete: those that `github.ttlSeconds` and `github.maxPerRepository` no longer keep",
  },
  { resource: Deliveries, subresource: "status", verbs: ["patch"], ownNamespace: true, because: "the decision" },
  { resource: CodeRuns, verbs: ["create"], because: "create: what a rule of `github.rules` starts" },
  { resource: CodeRuns, verbs: ["patch"], because: "patch: cancel, by a rule of `github.rules`" },
];
