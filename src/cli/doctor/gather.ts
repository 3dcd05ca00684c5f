/** Observes what the checks need. Reads only, but for dry runs and reviews; everything is read concurrently. */
import { connect } from "node:tls";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse, parseAllDocuments } from "yaml";
import {
  rightsOf,
  type ArgoFacts,
  type ConfigurationFacts,
  type Facts,
  type Right,
  type SecretFacts,
  type ServedCertificate,
} from "./facts.js";
import { observe, seen, type Observation } from "./observation.js";
import { Deployments } from "../cluster-configuration.js";
import { configurationName } from "../../admission/manifests.js";
import { TaskRuns } from "../../api/taskrun.js";
import type { Configuration } from "../../configuration/configuration.js";
import { defaultConfiguration } from "../../configuration/defaults.js";
import { readReport, standingOf } from "../../configuration/in-force.js";
import { configurationKey, operatorNames } from "../../configuration/names.js";
import { configure } from "../../configuration/parse.js";
import { formatProblem } from "../../configuration/source.js";
import { argoPermissions } from "../../argo/rbac.js";
import { hasArgo } from "../../operations/argo.js";
import { hasPlayTemplate } from "../../operations/plays.js";
import { budgetList } from "../../operations/budget-list.js";
import { namespaceNames } from "../../operations/caller.js";
import { SubjectAccessReviews, type ResourceAction } from "../../runtime/authorization/access-reviews.js";
import {
  ConfigMaps,
  CustomResourceDefinitions,
  Leases,
  MutatingWebhookConfigurations,
  Secrets,
  StorageClasses,
  ValidatingWebhookConfigurations,
} from "../../runtime/client/builtin.js";
import type { Client } from "../../runtime/client/client.js";
import type { CustomResourceDefinition, KubernetesObject } from "../../runtime/client/objects.js";
import { resourceType } from "../../runtime/client/resource.js";
import { unlessMissing } from "../../runtime/client/unless-missing.js";
import type { PolicyRule } from "../../runtime/rbac/permission.js";
import { packageRoot, version } from "../../version.js";

export async function gatherFacts(client: Client, namespace: string, runsNamespace: string): Promise<Facts> {
  const name = { name: configurationName };
  const configuration = await observe(() => readConfiguration(client, namespace));
  const effective = configuration.state === "seen" ? configuration.value.effective : defaultConfiguration;
  const validating = await observe(() => client.get(ValidatingWebhookConfigurations, name));
  const webhook = validating.state === "seen" ? validating.value.webhooks?.[0] : undefined;
  const { url, caBundle = "" } = webhook?.clientConfig ?? {};
  const [server, crds, deployment, lease, operatorLacks, callerLacks, mutating, served, storageClasses, secrets] =
    await Promise.all([
      observe(() => serverVersion(client)),
      Promise.all(
        wantedCrds().map(async (wanted) => ({ wanted, found: await observe(() => findCrd(client, wanted)) })),
      ),
      observe(() => client.get(Deployments, { namespace, name: operatorNames.deployment })),
      observe(() => client.get(Leases, { namespace, name: operatorNames.lease })),
      observe(() => operatorLack(client, namespace, runsNamespace)),
      observe(() => callerLack(client, runsNamespace)),
      observe(() => client.get(MutatingWebhookConfigurations, name)),
      url === undefined || caBundle === "" ? undefined : observe(() => servedCertificate(new URL(url), caBundle)),
      observe(async () => (await client.list(StorageClasses)).items),
      secretFacts(client, effective, runsNamespace),
    ]);
  const [budgets, namespaces, templates, argo] = await Promise.all([
    observeBudgets(client, namespace, runsNamespace),
    observe(() => namespaceNames(client)),
    observe(() => client.get(ConfigMaps, { namespace, name: operatorNames.templates })),
    observeArgo(client, namespace, runsNamespace),
  ]);
  const dryRun = await observe(() => client.create(TaskRuns, probeRun(runsNamespace), { dryRun: true }));
  return {
    ...{ version, namespace, runsNamespace, now: Date.now() },
    ...{ server, crds, deployment, lease, operatorLacks, callerLacks, mutating, validating, served, dryRun },
    ...{ configuration, templates, storageClasses, secrets, budgets, namespaces, argo },
    ...{ githubApp: undefined, network: undefined },
  };
}

/** Of all namespaces; without that right, of the operator's and of that of the runs. */
async function observeBudgets(client: Client, ...namespaces: readonly string[]): Promise<Facts["budgets"]> {
  const list = (namespace?: string): Promise<Facts["budgets"]> =>
    observe(async () => (await budgetList(client, namespace)).items);
  const everywhere = await list();
  if (everywhere.state !== "forbidden") return everywhere;
  const found = (await Promise.all([...new Set(namespaces)].map(list))).flatMap((each) =>
    each.state === "seen" ? [each.value] : [],
  );
  return found.length === 0 ? everywhere : seen(found.flat());
}

async function serverVersion(client: Client): Promise<{ major: number; minor: number; gitVersion: string }> {
  const { major, minor, gitVersion } = (await client.raw({ method: "GET", path: "/version" })) as Record<
    string,
    string
  >;
  return {
    major: Number.parseInt(major ?? "", 10),
    minor: Number.parseInt(minor ?? "", 10),
    gitVersion: gitVersion ?? "",
  };
}

/** Of this program's version. */
function wantedCrds(): CustomResourceDefinition[] {
  const directory = join(packageRoot, "crds");
  const files = readdirSync(directory).filter((file) => file.endsWith(".yaml"));
  return files
    .map((file) => parse(readFileSync(join(directory, file), "utf8")) as CustomResourceDefinition)
    .filter(({ kind }) => kind === CustomResourceDefinitions.kind);
}

async function findCrd(client: Client, { metadata }: CustomResourceDefinition) {
  return client.get(CustomResourceDefinitions, { name: metadata?.name ?? "" });
}

interface RoleManifest extends KubernetesObject {
  readonly rules?: readonly PolicyRule[];
}

async function observeArgo(client: Client, namespace: string, runsNamespace: string): Promise<Observation<ArgoFacts>> {
  const found = await observe(() => hasArgo(client));
  if (found.state !== "seen") return found;
  if (!found.value) return { state: "absent" };
  return observe(async () => {
    const [hasTemplate, ...answers] = await Promise.all([
      hasPlayTemplate(client, runsNamespace),
      ...argoPermissions.flatMap(({ resource: { group, plural }, verbs }) =>
        verbs.map((verb) => isAllowed(client, namespace, { group, resource: plural, verb, namespace: runsNamespace })),
      ),
    ]);
    return { hasTemplate, operatorMay: answers.every((allowed) => allowed) };
  });
}

/** Whether the operator's account may do something. */
async function isAllowed(client: Client, namespace: string, resourceAttributes: ResourceAction): Promise<boolean> {
  const user = `system:serviceaccount:${namespace}:${operatorNames.serviceAccount}`;
  const groups = ["system:serviceaccounts", `system:serviceaccounts:${namespace}`, "system:authenticated"];
  const { status } = await client.create(SubjectAccessReviews, { spec: { user, groups, resourceAttributes } });
  return status?.allowed === true;
}

/** The rights of the generated roles that the operator's ServiceAccount lacks. */
async function operatorLack(client: Client, namespace: string, runsNamespace: string): Promise<Right[]> {
  const file = readFileSync(join(packageRoot, "config/rbac/manager.yaml"), "utf8");
  const roles = parseAllDocuments(file).map((document) => document.toJS() as RoleManifest);
  const rights = roles.flatMap(({ kind, rules = [] }) => {
    // a role in one namespace may be enough for the operator: where the runs are
    const scope = kind === "Role" ? namespace : runsNamespace;
    return rules.flatMap((rule) =>
      rightsOf(rule, kind === "Role" ? namespace : undefined).map((one) => ({ ...one, scope })),
    );
  });
  const answers = await Promise.all(
    rights.map(async ({ right, group, resource: path, verb, name, scope }) => {
      const [resource = "", subresource] = path.split("/");
      const resourceAttributes = {
        ...{ group, resource, verb, namespace: scope },
        ...(subresource !== undefined && { subresource }),
        ...(name !== undefined && { name }),
      };
      return (await isAllowed(client, namespace, resourceAttributes)) ? [] : [right];
    }),
  );
  return [...new Set(answers.flat())];
}

interface SelfSubjectAccessReview extends KubernetesObject {
  readonly spec: { readonly resourceAttributes: object };
  readonly status?: { readonly allowed?: boolean };
}
const SelfSubjectAccessReviews = resourceType<SelfSubjectAccessReview>({
  group: "authorization.k8s.io",
  version: "v1",
  kind: "SelfSubjectAccessReview",
  plural: "selfsubjectaccessreviews",
  namespaced: false,
});

/** The rights to work with runs that the caller lacks. */
async function callerLack(client: Client, namespace: string): Promise<Right[]> {
  const rule: PolicyRule = {
    apiGroups: [TaskRuns.group],
    resources: ["taskruns", "coderuns", "docsruns"],
    verbs: ["get", "list", "watch", "create", "patch", "delete"],
  };
  const answers = await Promise.all(
    rightsOf(rule, namespace).map(async ({ right, group, resource, verb }) => {
      const spec = { resourceAttributes: { group, resource, verb, namespace } };
      const { status } = await client.create(SelfSubjectAccessReviews, { spec });
      return status?.allowed === true ? [] : [right];
    }),
  );
  return answers.flat();
}

/** Connects as the API server does; the certificate is judged, and nothing is requested. */
function servedCertificate(url: URL, caBundle: string): Promise<ServedCertificate> {
  return new Promise((resolve, reject) => {
    const host = url.hostname.replace(/^\[|\]$/g, "");
    const socket = connect({
      ...{ host, port: Number(url.port || 443), rejectUnauthorized: false, timeout: 5_000 },
      ca: Buffer.from(caBundle, "base64").toString("utf8"),
      ...(/^[\d.]+$|:/.test(host) ? {} : { servername: host }),
    });
    socket.once("secureConnect", () => {
      const refusal = socket.authorized ? undefined : String(socket.authorizationError);
      resolve({ refusal, validTo: new Date(socket.getPeerCertificate().valid_to).toISOString() });
      socket.destroy();
    });
    socket.once("timeout", () => socket.destroy(new Error("no answer within 5 s")));
    socket.once("error", reject);
  });
}

async function readConfiguration(client: Client, namespace: string): Promise<ConfigurationFacts> {
  const stored = await unlessMissing(client.get(ConfigMaps, { namespace, name: operatorNames.configuration }));
  const reported = await unlessMissing(client.get(ConfigMaps, { namespace, name: operatorNames.inForce }));
  const text = stored?.data?.[configurationKey];
  const report = readReport(reported?.data);
  const { environment = {}, flags = [] } = report ?? {};
  const configured = configure({ file: text ?? "", environment, flags });
  const inForce = report === undefined ? configured : configure({ file: report.text, environment, flags });
  return {
    report,
    standing: report === undefined ? undefined : standingOf(report, text),
    problems: configured.problems.map((problem) => ({ severity: problem.severity, text: formatProblem(problem) })),
    effective: inForce.configuration ?? defaultConfiguration,
  };
}

/** By a list of one name, and of metadata only: the contents of Secrets stay in the cluster. */
async function secretFacts(client: Client, { secrets }: Configuration, namespace: string): Promise<SecretFacts[]> {
  const wanted = [
    { name: secrets.apiKeySecretName, key: "secrets.apiKeySecretName", isNeeded: true },
    ...(secrets.githubTokenSecretName === undefined
      ? []
      : [{ name: secrets.githubTokenSecretName, key: "secrets.githubTokenSecretName", isNeeded: true }]),
    ...(["providerApiKeys", "cliApiKeys"] as const).flatMap((section) =>
      Object.entries(secrets[section]).map(([entry, { secretName: name }]) => ({
        ...{ name, key: `secrets.${section}.${entry}`, isNeeded: false },
      })),
    ),
  ];
  const first = wanted.filter(({ name }, index) => wanted.findIndex((each) => each.name === name) === index);
  return Promise.all(
    first.map(async (each) => {
      const found = await observe(async () => {
        const fieldSelector = `metadata.name=${each.name}`;
        const { items } = await client.list(Secrets, { namespace, fieldSelector, metadataOnly: true });
        return items.length > 0;
      });
      return { ...each, found: found.state === "absent" ? seen(false) : found } satisfies SecretFacts;
    }),
  );
}

/** As small as a TaskRun can be. */
function probeRun(namespace: string) {
  return {
    metadata: { namespace, generateName: "orchestrator-doctor-" },
    spec: {
      taskId: 2_147_483_647,
      serviceName: "orchestrator-doctor",
      markdownFiles: [{ filename: "task.md", content: "Created as a dry run by orchestrator doctor." }],
    },
  };
}
