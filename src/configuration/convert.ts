/** Helm values as the orchestrator's configuration. Pure. */
import { Document, isMap, isScalar, LineCounter, Scalar, visit, type Range, type YAMLMap } from "yaml";
import { errorText } from "../runtime/error-text.js";
import { fileBounds, parseBoundedDocuments, YamlBoundsError } from "../runtime/input/bounded-yaml.js";
import { configurationKey } from "./names.js";
import { configure } from "./parse.js";
import { schema, type SettingSchema } from "./schema.js";

/** A finding about the values. */
export interface Remark {
  readonly severity: "error" | "warning" | "note";
  /** Of the values, from 1. Absent where the place is not known. */
  readonly line?: number;
  readonly path: string;
  readonly message: string;
}

export interface Converted {
  /** The manifests; absent if the values cannot be read. */
  readonly text?: string;
  /** Keys without a counterpart, and errors. */
  readonly remarks: readonly Remark[];
}

/** What charts have beside the configuration, and where that is in this project. */
const elsewhere: Readonly<Record<string, string>> = {
  replicaCount: "replicas of the Deployment (config/manager)",
  image:
    "the operator's own image is an entry of images in a kustomization of config/default; the agents' is agent.image",
  imagePullSecrets:
    "those of the operator's pod are a patch of its Deployment (config/manager); the agents' are agent.imagePullSecrets",
  nameOverride: "names are those of config/default",
  fullnameOverride: "names are those of config/default",
  namespace: "the namespace is that of config/default",
  serviceAccount: "config/rbac has the ServiceAccount",
  podAnnotations: "a patch of the Deployment (config/manager); the agents' are pod.annotations",
  podLabels: "a patch of the Deployment (config/manager); the agents' are pod.labels",
  podSecurityContext: "a patch of the Deployment (config/manager); the agents' is pod.securityContext",
  securityContext: "a patch of the Deployment (config/manager); the agents' is agent.securityContext",
  service: "config/manager has the Service",
  ingress: "the operator has no interface to be reached from outside; put an Ingress before its Service for metrics",
  resources: "a patch of the Deployment (config/manager); the agents' are agent.resources",
  nodeSelector: "a patch of the Deployment (config/manager); the agents' is agent.nodeSelector",
  tolerations: "a patch of the Deployment (config/manager); the agents' are agent.tolerations",
  affinity: "a patch of the Deployment (config/manager); the agents' is agent.affinity",
  autoscaling: "one replica leads, so more of them do no more work",
  env: "variables of the Deployment (config/manager); the agents' are agent.env",
  rbac: "config/rbac has the rights",
  argo: "workflows are not part of this version",
  templatesVersion: "put the templates that you changed into the ConfigMap agent-templates (docs/guide/templates.md)",
};

/** `helm get values` prints these above its YAML. */
const headings = new Set(["USER-SUPPLIED VALUES", "COMPUTED VALUES"]);

type Values = YAMLMap;

/**
 * The values as a ConfigMap. Comments stay with their keys; keys without a counterpart are left out with a remark. Several documents of
 * values become one, in which later ones win, as with several `-f` of helm; other Kubernetes objects are passed on as they are.
 */
export function convertValues(text: string, namespace: string, name: string): Converted {
  const remarks: Remark[] = [];
  const lines = new LineCounter();
  let documents: Document.Parsed[];
  try {
    documents = parseBoundedDocuments(text, fileBounds, { lineCounter: lines });
  } catch (error) {
    if (!(error instanceof YamlBoundsError)) throw error;
    return { remarks: [{ severity: "error", path: "", message: error.message }] };
  }
  const place = (node: unknown): { line?: number } => {
    const range = (node as { range?: Range } | null | undefined)?.range;
    return range ? { line: lines.linePos(range[0]).line } : {};
  };
  const others: string[] = [];
  let values: Document | undefined;
  for (const document of documents) {
    const [error] = document.errors;
    if (error !== undefined) {
      const { line } = lines.linePos(error.pos[0]);
      return {
        remarks: [{ severity: "error", line, path: "", message: `not YAML: ${error.message.split("\n")[0] ?? ""}` }],
      };
    }
    const problem = expand(document);
    if (problem !== undefined) return { remarks: [{ severity: "error", path: "", message: problem }] };
    if (isEmpty(document)) continue;
    if (!isMap(document.contents)) {
      remarks.push({ severity: "error", ...place(document.contents), path: "", message: "values must be a map" });
      continue;
    }
    const kind = document.get("kind");
    if (typeof kind === "string" && document.has("apiVersion")) {
      const inner = kind === "ConfigMap" ? document.getIn(["data", configurationKey]) : undefined;
      if (typeof inner !== "string") {
        others.push(document.toString({ lineWidth: 0, directives: false }));
        remarks.push({
          severity: "note",
          ...place(document.contents),
          path: "",
          message: `${kind} is passed on as it is`,
        });
        continue;
      }
      const converted = convertValues(inner, namespace, name);
      remarks.push(...converted.remarks.map(({ line: _line, ...rest }) => rest));
      if (converted.text !== undefined) others.push(converted.text);
      continue;
    }
    keepKnown(document.contents, schema, [], (remark, node) => remarks.push({ ...remark, ...place(node) }));
    if (values === undefined) values = document;
    else if (isMap(values.contents)) overlay(values.contents, document.contents);
  }
  const manifest = values === undefined ? [] : [configMap(values, namespace, name)];
  if (values !== undefined)
    for (const { severity, path, message } of configure({ file: values.toString({ lineWidth: 0 }) }).problems)
      remarks.push({ severity, path, message });
  return { text: [...manifest, ...others].join("---\n"), remarks };
}

function isEmpty({ contents }: Document): boolean {
  return contents === null || (isScalar(contents) && contents.value === null);
}

/** Puts the values in the places of their aliases, so that any of them can be taken out. Says what is in the way. */
function expand(document: Document): string | undefined {
  try {
    document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    return `not usable YAML: ${errorText(error)}`;
  }
  const withoutAnchors = (node: unknown): void =>
    visit(node as Document, {
      Node: (_key, each) => {
        if ("anchor" in each) delete each.anchor;
      },
    });
  for (let found = true; found;) {
    found = false;
    visit(document, {
      Alias: (_key, alias) => {
        const copy = alias.resolve(document)?.clone() as Scalar | undefined;
        if (copy === undefined) return undefined;
        found ||= contains(copy);
        withoutAnchors(copy);
        return copy;
      },
    });
  }
  withoutAnchors(document);
  visit(document, {
    Map: (_key, map) => {
      const merged = map.items.filter(({ key }) => isScalar(key) && key.value === "<<");
      if (merged.length === 0) return;
      map.items = map.items.filter((pair) => !merged.includes(pair));
      for (const { value } of merged)
        if (isMap(value)) for (const pair of value.items) if (!map.has(pair.key)) map.items.push(pair);
    },
  });
  return undefined;
}

function contains(node: unknown): boolean {
  let found = false;
  visit(node as Document, { Alias: () => ((found = true), visit.BREAK) });
  return found;
}

type Report = (remark: Omit<Remark, "line">, node: unknown) => void;

/** Removes keys that the configuration does not have, with a remark for each. */
function keepKnown(map: Values, part: SettingSchema, path: readonly string[], report: Report): void {
  map.items = map.items.filter(({ key, value }) => {
    const name = isScalar(key) ? String(key.value) : "";
    if (path.length === 0 && headings.has(name)) return false;
    const own = [...path, name];
    const field = part.properties && Object.hasOwn(part.properties, name) ? part.properties[name] : undefined;
    const other = typeof part.additionalProperties === "object" ? part.additionalProperties : undefined;
    const leave = (message: string): false => {
      report({ severity: "warning", path: own.join("."), message }, key);
      return false;
    };
    const known = field ?? other;
    if (known === undefined) {
      if (part["x-open"] === true) return true;
      const where = path.length === 0 && Object.hasOwn(elsewhere, name) ? elsewhere[name] : undefined;
      return leave(`has no counterpart${where === undefined ? "" : `: ${where}`}`);
    }
    warnOfSwallowedKeys(value, own, report);
    const reason = known["x-no-effect"] ?? known["x-at-start"];
    if (reason !== undefined) {
      // the default needs no remark
      const plain: unknown = new Document(value).toJS();
      return known.default !== undefined && JSON.stringify(plain) === JSON.stringify(known.default)
        ? false
        : leave(`has no counterpart: ${reason}`);
    }
    if (!isMap(value) || known["x-reads"] === "image" || value.items.length === 0) return true;
    keepKnown(value, known["x-as"] ?? known, own, report);
    return value.items.length > 0;
  });
}

/** A key that is indented too far ends up within the text of a block above it, and is no key any more. */
function warnOfSwallowedKeys(value: unknown, path: readonly string[], report: Report): void {
  if (!isScalar(value) || typeof value.value !== "string" || !path.includes("agents")) return;
  const key = /^ *(tools|model|cli|githubApp|clientConfig):\s*$/m.exec(value.value)?.[1];
  if (key === undefined) return;
  const message = `has a line "${key}:" in its text, which is no key there; if it should be one, indent it as this key is`;
  report({ severity: "warning", path: path.join("."), message }, value);
}

/** Later values over earlier ones: maps are merged, all else is replaced. */
function overlay(under: Values, over: Values): void {
  // a comment above the first key is the map's
  const first = over.items[0]?.key;
  if (over.commentBefore && isScalar(first)) first.commentBefore ??= over.commentBefore;
  for (const pair of over.items) {
    const name: unknown = isScalar(pair.key) ? pair.key.value : pair.key;
    const index = under.items.findIndex(({ key }) => isScalar(key) && key.value === name);
    const before = under.items[index];
    if (before === undefined) under.items.push(pair);
    else if (isMap(before.value) && isMap(pair.value)) overlay(before.value, pair.value);
    else under.items[index] = pair;
  }
}

function configMap(values: Document, namespace: string, name: string): string {
  const manifest = new Document({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace },
    data: {},
  });
  const text = new Scalar(values.toString({ lineWidth: 0, directives: false }).trimStart());
  text.type = Scalar.BLOCK_LITERAL;
  manifest.setIn(["data", configurationKey], text);
  return manifest.toString({ lineWidth: 0 });
}
