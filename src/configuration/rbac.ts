import { cached } from "../runtime/cache/rbac.js";
import { ConfigMaps, Namespaces } from "../runtime/client/builtin.js";
import type { Permission } from "../runtime/rbac/permission.js";

/** What watching the configuration, a ConfigMap in the operator's own namespace, needs. */
export function configurationPermissions(configMap: string): readonly Permission[] {
  return [
    { ...cached(ConfigMaps, "configuration"), names: [configMap], ownNamespace: true },
    cached(Namespaces, "their labels, where the configuration chooses namespaces by them"),
  ];
}
