import { cached } from "../runtime/cache/rbac.js";
import { ConfigMaps, Namespaces } from "../runtime/client/builtin.js";
import { operatorNames } from "./names.js";
import type { Permission } from "../runtime/rbac/permission.js";

/** Permissions for the watch of the configuration, a ConfigMap in the operator's namespace. */
export function configurationPermissions(configMap: string): readonly Permission[] {
  return [
    { ...cached(ConfigMaps, "configuration"), names: [configMap], ownNamespace: true },
    {
      resource: ConfigMaps,
      verbs: ["get", "create", "patch"],
      names: [operatorNames.inForce],
      ownNamespace: true,
      because: "the report of the configuration in force",
    },
    cached(Namespaces, "their labels, if the configuration selects namespaces by label"),
  ];
}
