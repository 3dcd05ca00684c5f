import { cached } from "../runtime/cache/rbac.js";
import { ConfigMaps, Namespaces } from "../runtime/client/builtin.js";
import type { Permission } from "../runtime/rbac/permission.js";

/** Permissions for the watch of the configuration, a ConfigMap in the operator's namespace. */
export function configurationPermissions(configMap: string): readonly Permission[] {
  return [
    { ...cached(ConfigMaps, "configuration"), names: [configMap], ownNamespace: true },
    cached(Namespaces, "their labels, if the configuration selects namespaces by label"),
  ];
}
