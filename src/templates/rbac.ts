import { cached } from "../runtime/cache/rbac.js";
import { ConfigMaps } from "../runtime/client/builtin.js";
import type { Permission } from "../runtime/rbac/permission.js";

/** Permissions for the watch of the templates, a ConfigMap in the operator's namespace. */
export function templatesPermissions(configMap: string): readonly Permission[] {
  return [{ ...cached(ConfigMaps, "templates"), names: [configMap], ownNamespace: true }];
}
