/** Permissions that admission, configuration and templates declare; config/rbac is generated from them. */
import t from "tap";
import { admissionPermissions } from "#src/admission/rbac.js";
import { CodeRuns } from "#src/api/coderun.js";
import { configurationPermissions } from "#src/configuration/rbac.js";
import { templatesPermissions } from "#src/templates/rbac.js";

const verbs = ["list", "watch"];

t.test("admission reads the runs of its kind and ServiceAccounts, and writes nothing", (t) => {
  const permissions = admissionPermissions(CodeRuns);
  t.same(
    permissions.map(({ resource }) => resource.plural),
    ["coderuns", "serviceaccounts"],
  );
  for (const permission of permissions) t.same([...permission.verbs].sort(), verbs);
  t.end();
});

t.test("of ConfigMaps only those of configuration and templates are watched, in the operator's namespace", (t) => {
  for (const [permission] of [configurationPermissions("config"), templatesPermissions("config")])
    t.match(permission, { names: ["config"], ownNamespace: true, resource: { plural: "configmaps" } });
  t.same(
    configurationPermissions("config")
      .filter((permission) => permission.verbs.includes("watch"))
      .map(({ resource }) => resource.plural),
    ["configmaps", "namespaces"],
  );
  t.end();
});
