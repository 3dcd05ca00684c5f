/** The files of a support bundle. */
import { stringify } from "yaml";
import { configurationName } from "../../admission/manifests.js";
import { configurationKey, operatorNames } from "../../configuration/names.js";
import { fileBounds, parseBoundedDocument } from "../../runtime/input/bounded-yaml.js";
import type { HttpClient } from "../../runtime/client/http.js";
import { isList, isObject, member } from "../../runtime/schema/json.js";
import { version } from "../../version.js";
import { diagnose } from "../doctor/checks.js";
import { gatherFacts } from "../doctor/gather.js";
import { withoutContents } from "./left-out.js";
import { withoutKeys } from "../../secret-forms.js";

export interface BundleFile {
  /** Path in the bundle. */
  readonly path: string;
  /** What it is, for the bundle's README. */
  readonly about: string;
  /** @throws any error of the API server; then the bundle goes without the file */
  readonly load: () => Promise<string>;
}

export interface BundleOptions {
  readonly client: HttpClient;
  /** Of the operator. */
  readonly namespace: string;
  readonly runsNamespace: string;
  /** Lines of each container's log. */
  readonly lines: number;
  readonly signal: AbortSignal;
}

/** Objects of a kind in a bundle. */
const mostObjects = 500;
/** Objects of one request: a run may have a megabyte of files, of which the bundle keeps nothing. */
const pageSize = 25;
/** Bytes of one log. */
const mostLogBytes = 4 * 1024 * 1024;

/** @returns the files; their contents are read one after the other by the caller */
export async function bundleFiles(options: BundleOptions): Promise<BundleFile[]> {
  const { namespace, runsNamespace } = options;
  const both = [...new Set([namespace, runsNamespace])];
  return [
    { path: "versions.json", about: "this program and the API server", load: () => versions(options) },
    { path: "doctor.json", about: "the findings of `orchestrator doctor`", load: () => findings(options) },
    { path: "configuration.yaml", about: "the configuration in force", load: () => configuration(options) },
    ...installation(options),
    ...both.flatMap((name) => namespaced(options, name)),
    ...(await logs(options)),
  ];
}

async function versions({ client, signal }: BundleOptions): Promise<string> {
  const server = await client.raw({ method: "GET", path: "/version", signal });
  return json({ client: version, node: process.version, server });
}

async function findings({ client, namespace, runsNamespace }: BundleOptions): Promise<string> {
  return json(withoutContents(diagnose(await gatherFacts(client, namespace, runsNamespace))));
}

async function configuration(options: BundleOptions): Promise<string> {
  const path = `/api/v1/namespaces/${options.namespace}/configmaps/${operatorNames.inForce}`;
  const { data } = (await options.client.raw({ method: "GET", path, signal: options.signal })) as {
    data?: Record<string, string>;
  };
  const document = parseBoundedDocument(data?.[configurationKey] ?? "", fileBounds);
  const [problem] = document.errors;
  if (problem !== undefined) throw new Error(`the configuration is not valid YAML: ${problem.code}`);
  return stringify(withoutContents(document.toJS()));
}

function installation(options: BundleOptions): BundleFile[] {
  const { namespace } = options;
  const apps = `/apis/apps/v1/namespaces/${namespace}`;
  const admission = "/apis/admissionregistration.k8s.io/v1";
  return [
    objects(options, "installation/deployments.json", "Deployments", `${apps}/deployments`),
    objects(
      options,
      "installation/lease.json",
      "the Lease: who leads",
      `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/${operatorNames.lease}`,
    ),
    ...["mutating", "validating"].map((kind) =>
      objects(
        options,
        `installation/${kind}-webhooks.json`,
        `the ${kind} webhooks`,
        `${admission}/${kind}webhookconfigurations/${configurationName}`,
      ),
    ),
    objects(options, "installation/namespaces.json", "the namespaces' labels", "/api/v1/namespaces"),
    objects(options, "installation/nodes.json", "the nodes", "/api/v1/nodes"),
  ];
}

function namespaced(options: BundleOptions, namespace: string): BundleFile[] {
  const paths: [name: string, path: string][] = [
    ...["taskruns", "coderuns", "docsruns", "budgets", "deliveries", "schedules"].map((plural): [string, string] => [
      plural,
      `/apis/orchestrator.io/v1/namespaces/${namespace}/${plural}`,
    ]),
    ["jobs", `/apis/batch/v1/namespaces/${namespace}/jobs`],
    ...["pods", "persistentvolumeclaims", "services", "resourcequotas", "limitranges", "events"].map(
      (plural): [string, string] => [plural, `/api/v1/namespaces/${namespace}/${plural}`],
    ),
    ["networkpolicies", `/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies`],
  ];
  return paths.map(([name, path]) =>
    objects(options, `namespaces/${namespace}/${name}.json`, `${name} of namespace ${namespace}`, path),
  );
}

function objects({ client, signal }: BundleOptions, path: string, about: string, from: string): BundleFile {
  const page = async (token: string): Promise<unknown> => {
    const query = new URLSearchParams({ limit: String(pageSize), ...(token !== "" && { continue: token }) });
    return client.raw({ method: "GET", path: `${from}?${query.toString()}`, signal });
  };
  const load = async (): Promise<string> => {
    const first = await page("");
    const items: unknown[] = [];
    for (let answer = first; isObject(answer) && isList(member(answer, "items"));) {
      const { items: more, metadata } = answer as { items: unknown[]; metadata?: { continue?: string } };
      items.push(...more.map(withoutContents));
      const token = metadata?.continue ?? "";
      if (token === "" || items.length >= mostObjects) return json({ items, isComplete: token === "" });
      answer = await page(token);
    }
    return json(withoutContents(first));
  };
  return { path, about, load };
}

/** The logs of the operator and the server, also of their last restarts; never those of agents. */
async function logs(options: BundleOptions): Promise<BundleFile[]> {
  const { client, namespace, signal } = options;
  const own = new URLSearchParams({ labelSelector: "app.kubernetes.io/name=agent-orchestrator", limit: "20" });
  const path = `/api/v1/namespaces/${namespace}/pods?${own.toString()}`;
  const list = await client.raw({ method: "GET", path, signal }).catch(() => undefined);
  const pods = isObject(list) ? member(list, "items") : undefined;
  if (!isList(pods)) return [];
  return pods.flatMap((pod) => {
    const { metadata, spec, status } = pod as {
      metadata: { name: string };
      spec: { containers: { name: string }[] };
      status?: { containerStatuses?: { restartCount?: number }[] };
    };
    const [container] = spec.containers;
    if (container === undefined) return [];
    const hasRestarted = status?.containerStatuses?.some(({ restartCount = 0 }) => restartCount > 0) === true;
    const last = log(options, metadata.name, container.name, true);
    return [log(options, metadata.name, container.name, false), ...(hasRestarted ? [last] : [])];
  });
}

function log(options: BundleOptions, pod: string, container: string, previous: boolean): BundleFile {
  const { client, namespace, lines, signal } = options;
  const query = new URLSearchParams({ container, tailLines: String(lines), limitBytes: String(mostLogBytes) });
  if (previous) query.set("previous", "true");
  const load = async (): Promise<string> => {
    const chunks: Uint8Array[] = [];
    const path = `/api/v1/namespaces/${namespace}/pods/${pod}/log?${query.toString()}`;
    for await (const chunk of client.stream(path, { accept: "*/*", signal })) chunks.push(chunk);
    return withoutKeys(Buffer.concat(chunks).toString("utf8"));
  };
  const name = previous ? `${pod}.previous` : pod;
  return {
    path: `logs/${name}.log`,
    about: `the last ${lines} lines of ${pod}${previous ? " before its restart" : ""}`,
    load,
  };
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
