/** Checks of the installed objects and of the operator that runs. Pure. */
import { isDeepStrictEqual } from "node:util";
import { about, failure, ok, warning, type Finding } from "./finding.js";
import type { Facts } from "./facts.js";
import { operatorNames } from "../../configuration/names.js";
import type { CustomResourceDefinition } from "../../runtime/client/objects.js";

/** Kubernetes 1.30: matchConditions of webhooks (docs/guide/install.md). */
const oldestMinor = 30;
/** The newest minor version that the tests run with. */
const newestMinor = 36;

export function checkServerVersion({ server }: Facts): readonly Finding[] {
  const check = "Kubernetes version";
  const absent = failure(
    check,
    "The API server does not report a version.",
    "Check that the kubeconfig names an API server.",
  );
  return about(check, "get /version", server, absent, ({ major, minor, gitVersion }) => {
    if (major < 1 || (major === 1 && minor < oldestMinor))
      return failure(check, `The API server has ${gitVersion}.`, `Upgrade it to 1.${oldestMinor} or later.`);
    if (major > 1 || minor > newestMinor)
      return warning(
        check,
        `The API server has ${gitVersion}; 1.${oldestMinor} to 1.${newestMinor} are tested.`,
        "Try runs in a test namespace first.",
      );
    return ok(check, `The API server has ${gitVersion}.`);
  });
}

export function checkCrds({ crds, version }: Facts): readonly Finding[] {
  return crds.flatMap(({ wanted, found }) => {
    const name = wanted.metadata?.name ?? "";
    const check = `CRD ${name}`;
    const remedy =
      "Apply it: `kubectl apply --server-side -f crds/`, from the checkout or package of the operator's version.";
    const absent = failure(check, "It is not installed.", remedy);
    return about(check, "get customresourcedefinitions.apiextensions.k8s.io", found, absent, (crd) => {
      const isEstablished = crd.status?.conditions?.some(
        ({ type, status }) => type === "Established" && status === "True",
      );
      if (isEstablished !== true)
        return failure(
          check,
          "The API server does not serve it.",
          "Look at its conditions with `kubectl describe crd`.",
        );
      if (!isDeepStrictEqual(versionsOf(crd), versionsOf(wanted)))
        return failure(check, `It is not the one of version ${version}.`, remedy);
      return ok(check, `It is installed, and the one of version ${version}.`);
    });
  });
}

/** What decides which objects are accepted, without what the API server adds. */
function versionsOf({ spec }: CustomResourceDefinition): unknown {
  const versions = spec.versions.map(({ name, served, storage, schema, subresources }) => ({
    ...{ name, served, storage, schema, subresources },
  }));
  return JSON.parse(JSON.stringify(versions));
}

export function checkDeployment({ deployment, namespace }: Facts): readonly Finding[] {
  const name = `${namespace}/${operatorNames.deployment}`;
  const check = "operator Deployment";
  const absent = warning(
    check,
    `Deployment ${name} does not exist.`,
    "Install the operator (docs/guide/install.md), unless it runs outside the cluster, or name its namespace with --namespace.",
  );
  return about(check, `get deployments.apps in namespace ${namespace}`, deployment, absent, ({ spec, status }) => {
    const [wanted, ready] = [spec?.replicas ?? 1, status?.readyReplicas ?? 0];
    const message = `${ready} of ${wanted} replicas of Deployment ${name} are ready.`;
    const remedy = `See why with \`kubectl -n ${namespace} describe pods -l app=orchestrator\` and in their logs.`;
    if (ready === 0) return failure(check, message, wanted === 0 ? "Scale it up: it has no replicas." : remedy);
    return ready < wanted ? warning(check, message, remedy) : ok(check, message);
  });
}

/** Milliseconds beyond the duration of a Lease: clocks differ, and a new leader needs a moment. */
const leaseTolerance = 60_000;

export function checkLease({ lease, namespace, now }: Facts): readonly Finding[] {
  const name = `${namespace}/${operatorNames.lease}`;
  const check = "leader";
  const absent = failure(
    check,
    `Lease ${name} does not exist: no operator leads.`,
    "Start the operator, or name its namespace with --namespace.",
  );
  return about(check, `get leases.coordination.k8s.io in namespace ${namespace}`, lease, absent, ({ spec }) => {
    const { holderIdentity = "", renewTime, leaseDurationSeconds = 0 } = spec ?? {};
    const renewed = Date.parse(String(renewTime));
    const remedy = "Check that an operator runs and reaches the API server: no run starts or ends without a leader.";
    if (holderIdentity === "" || Number.isNaN(renewed))
      return warning(check, `Nobody holds Lease ${name}.`, `${remedy} With --no-leader-elect, nobody holds it.`);
    if (renewed + leaseDurationSeconds * 1000 + leaseTolerance < now)
      return failure(check, `Lease ${name} was last renewed at ${String(renewTime)}.`, remedy);
    return ok(check, `${holderIdentity} leads.`);
  });
}

export function checkVersions({ configuration, version }: Facts): readonly Finding[] {
  if (configuration.state !== "seen" || configuration.value.report === undefined) return [];
  const { operator } = configuration.value.report;
  const check = "operator version";
  if (operator === version) return [ok(check, `The operator and this program have version ${version}.`)];
  return [
    warning(
      check,
      `The operator has version ${operator}, this program ${version}.`,
      "Use the same version: this program checks CRDs and rights for its own version.",
    ),
  ];
}

export function checkOperatorRights({ operatorLacks, namespace }: Facts): readonly Finding[] {
  const check = "rights of the operator";
  const remedy =
    "Apply the roles of its version: `kubectl apply --server-side -k config/default`. With --watch-namespaces, rights in other namespaces may be missing on purpose.";
  const none = failure(check, "They could not be checked.", remedy);
  const right = "create subjectaccessreviews.authorization.k8s.io";
  return about(check, right, operatorLacks, none, (lacking) =>
    lacking.length === 0
      ? ok(check, `ServiceAccount ${namespace}/${operatorNames.serviceAccount} has all of them.`)
      : failure(
          check,
          `ServiceAccount ${namespace}/${operatorNames.serviceAccount} may not: ${listed(lacking)}.`,
          remedy,
        ),
  );
}

export function checkCallerRights({ callerLacks, runsNamespace }: Facts): readonly Finding[] {
  const check = "your rights";
  const remedy = "Ask for a role with these rights, or name another namespace with --runs-namespace.";
  const none = warning(check, "They could not be checked.", remedy);
  const right = "create selfsubjectaccessreviews.authorization.k8s.io";
  return about(check, right, callerLacks, none, (lacking) =>
    lacking.length === 0
      ? ok(check, `You may create, read, change and delete runs in namespace ${runsNamespace}.`)
      : warning(check, `You may not: ${listed(lacking)}.`, remedy),
  );
}

/** A few of many. */
function listed(rights: readonly string[]): string {
  const most = 5;
  return rights.slice(0, most).join(", ") + (rights.length > most ? `, and ${rights.length - most} more` : "");
}
