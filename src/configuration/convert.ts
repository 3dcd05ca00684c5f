/** Converts Helm values to the operator's configuration. Pure. */
import { Document, isMap, isScalar, LineCounter, Scalar, visit, type Range, type YAMLMap } from "yaml";
import { errorText } from "../runtime/error-text.js";
import { fileBounds, parseBoundedDocuments, YamlBoundsError } from "../runtime/input/bounded-yaml.js";
import { syntaxProblems } from "../runtime/input/yaml-syntax.js";
import { configurationKey } from "./names.js";
import { configure } from "./parse.js";
import { schema, type SettingSchema } from "./schema.js";

/** A finding about the values. */
export interface Remark {
  readonly severity: "error" | "warning" | "note";
  /** Line of the values, from 1; absent if unknown. */
  readonly line?: number;
  readonly path: string;
  readonly message: string;
}

/** The remarks as a reader of the file meets them; those without a line come last. */
export function inLineOrder(remarks: readonly Remark[]): Remark[] {
  return remarks.toSorted((a, b) => (a.line ?? Infinity) - (b.line ?? Infinity) || 0);
}

export interface Converted {
  /** The manifests; absent if the values cannot be read. */
  readonly text?: string;
  /** Keys without a counterpart, and errors. */
  readonly remarks: readonly Remark[];
}

/** Values of charts that are not configuration, and their counterparts in this project. */
const elsewhere: Readonly<Record<string, string>> = {
  replicaCount: "manager.replicas of the chart, or replicas of the Deployment (config/manager)",
  image:
    "the operator's own image is image of the chart, or an entry of images in a kustomization of config/default; the agents' is agent.image",
  imagePullSecrets:
    "those of the operator's pod are image.pullSecrets of the chart, or a patch of its Deployment (config/manager); the agents' are agent.imagePullSecrets",
  nameOverride: "names are those of config/default",
  fullnameOverride: "names are those of config/default",
  namespace: "the namespace is that of the chart's release, or of config/default",
  serviceAccount: "the chart has the ServiceAccount, and so has config/rbac",
  podAnnotations:
    "manager.podAnnotations of the chart, or a patch of the Deployment (config/manager); the agents' are pod.annotations",
  podLabels:
    "manager.podLabels of the chart, or a patch of the Deployment (config/manager); the agents' are pod.labels",
  podSecurityContext: "a patch of the Deployment (config/manager); the agents' is pod.securityContext",
  securityContext: "a patch of the Deployment (config/manager); the agents' is agent.securityContext",
  service: "config/manager and config/server have the Services",
  ingress: "server.ingress of the chart; the operator itself has no external interface",
  resources:
    "manager.resources of the chart, or a patch of the Deployment (config/manager); the agents' are agent.resources",
  nodeSelector:
    "manager.nodeSelector of the chart, or a patch of the Deployment (config/manager); the agents' is agent.nodeSelector",
  tolerations:
    "manager.tolerations of the chart, or a patch of the Deployment (config/manager); the agents' are agent.tolerations",
  affinity:
    "manager.affinity of the chart, or a patch of the Deployment (config/manager); the agents' is agent.affinity",
  autoscaling: "one replica leads, so more replicas do not do more work",
  env: "manager.env of the chart, or variables of the Deployment (config/manager); the agents' are agent.env",
  rbac: "the chart has the permissions, and so has config/rbac",
  argo: "workflows are not part of this version",
  templatesVersion:
    "put the templates that you changed into templates of the chart, or into the ConfigMap agent-templates (docs/guide/templates.md)",
};

/** `helm get values` prints these above its YAML. */
const headings = new Set(["USER-SUPPLIED VALUES", "COMPUTED VALUES"]);

type Values = YAMLMap;

/**
 * Converts Helm values to a ConfigMap. Comments stay with their keys; keys without a counterpart are dropped with a remark. Several
 * documents of values are merged, and later ones override earlier ones, as with several `-f` of helm. Other Kubernetes objects are passed on
 * unchanged, except that a ConfigMap that contains a configuration is converted.
 */
export function convertValues(text: string, namespace: string, name: string): Converted {
  const lines = new LineCounter();
  let documents: Document.Parsed[];
  try {
    documents = parseBoundedDocuments(text, fileBounds, { lineCounter: lines });
  } catch (error) {
    if (!(error instanceof YamlBoundsError)) throw error;
    return { remarks: [{ severity: "error", path: "", message: error.message }] };
  }
  const conversion = new Conversion(lines, namespace, name);
  for (const document of documents) {
    const error = conversion.add(document);
    if (error !== undefined) return { remarks: [error] };
  }
  return conversion.result();
}

/** Collects the results for the documents of one file. */
class Conversion {
  readonly #remarks: Remark[] = [];
  readonly #others: string[] = [];
  #values: Document | undefined;

  constructor(
    private readonly lines: LineCounter,
    private readonly namespace: string,
    private readonly name: string,
  ) {}

  /** Adds a document. Returns an error if it cannot be read; the whole file is then unusable. */
  add(document: Document): Remark | undefined {
    const [syntax] = syntaxProblems(document, this.lines);
    if (syntax !== undefined) return { severity: "error", line: syntax.line, path: "", message: syntax.message };
    const problem = expand(document);
    if (problem !== undefined) return { severity: "error", path: "", message: problem };
    const { contents } = document;
    if (isEmpty(document)) return undefined;
    if (!isMap(contents)) this.#report({ severity: "error", path: "", message: "values must be a map" }, contents);
    else if (typeof document.get("kind") === "string" && document.has("apiVersion")) this.#addObject(document);
    else this.#addValues(document, contents);
    return undefined;
  }

  result(): Converted {
    const values = this.#values;
    const manifest = values === undefined ? [] : [configMap(values, this.namespace, this.name)];
    if (values !== undefined)
      for (const { severity, path, message } of configure({ file: values.toString({ lineWidth: 0 }) }).problems)
        this.#remarks.push({ severity, path, message });
    return { text: [...manifest, ...this.#others].join("---\n"), remarks: inLineOrder(this.#remarks) };
  }

  /** A Kubernetes object; of these, only a ConfigMap with a configuration is converted. */
  #addObject(document: Document): void {
    const kind = String(document.get("kind"));
    const inner = kind === "ConfigMap" ? document.getIn(["data", configurationKey]) : undefined;
    if (typeof inner !== "string") {
      this.#others.push(document.toString({ lineWidth: 0, directives: false }));
      this.#report({ severity: "note", path: "", message: `${kind} is passed on unchanged` }, document.contents);
      return;
    }
    const converted = convertValues(inner, this.namespace, this.name);
    // lines of the inner text are not lines of the file
    this.#remarks.push(...converted.remarks.map(({ line: _line, ...rest }) => rest));
    if (converted.text !== undefined) this.#others.push(converted.text);
  }

  #addValues(document: Document, contents: Values): void {
    keepKnown(contents, schema, [], (remark, node) => this.#report(remark, node));
    if (this.#values === undefined) this.#values = document;
    else if (isMap(this.#values.contents)) overlay(this.#values.contents, contents);
  }

  #report(remark: Omit<Remark, "line">, node: unknown): void {
    const range = (node as { range?: Range } | null | undefined)?.range;
    this.#remarks.push({ ...remark, ...(range && { line: this.lines.linePos(range[0]).line }) });
  }
}

function isEmpty({ contents }: Document): boolean {
  return contents === null || (isScalar(contents) && contents.value === null);
}

/** Replaces aliases by their values, so that any key can be removed. Returns why it cannot; undefined if it succeeds. */
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
    const known = field ?? (typeof part.additionalProperties === "object" ? part.additionalProperties : undefined);
    if (known === undefined && part["x-open"] === true) return true;
    if (known !== undefined) warnOfSwallowedKeys(value, own, report);
    const reason = reasonToDrop(own, known);
    if (reason !== undefined) {
      // a value that applies anyway needs no remark
      if (known === undefined || !isDefault(value, known))
        report({ severity: "warning", path: own.join("."), message: reason }, key);
      return false;
    }
    if (known === undefined || !isMap(value) || known["x-reads"] === "image" || value.items.length === 0) return true;
    keepKnown(value, known["x-as"] ?? known, own, report);
    return value.items.length > 0;
  });
}

/** Why a key has no counterpart, as a message; undefined if it has one. */
function reasonToDrop(path: readonly string[], known: SettingSchema | undefined): string | undefined {
  const [name = ""] = path;
  if (known === undefined) {
    const where = path.length === 1 && Object.hasOwn(elsewhere, name) ? elsewhere[name] : undefined;
    return `has no counterpart${where === undefined ? "" : `: ${where}`}`;
  }
  const reason = known["x-no-effect"] ?? known["x-at-start"];
  return reason === undefined ? undefined : `has no counterpart: ${reason}`;
}

function isDefault(value: unknown, known: SettingSchema): boolean {
  const plain: unknown = new Document(value).toJS();
  return known.default !== undefined && JSON.stringify(plain) === JSON.stringify(known.default);
}

/** A line that is a key of an agent rather than text: one that opens a block, or one whose name no sentence begins with. */
const swallowed = [
  /^ *(tools|model|cli|githubApp|clientConfig|expertise|localServers):\s*$/m,
  /^ *(model|cli): +[\w.-]+ *$/m,
  /^ *(githubApp|appId|clientId|maxTokens|reasoningEffort|temperature): +\S/m,
];

/** Warns about a key that is indented too far, and so is part of the text of a block scalar above it. */
function warnOfSwallowedKeys(value: unknown, path: readonly string[], report: Report): void {
  if (!isScalar(value) || typeof value.value !== "string" || !path.includes("agents")) return;
  const text = value.value;
  const key = swallowed.map((line) => line.exec(text)?.[1]).find((found) => found !== undefined);
  if (key === undefined) return;
  const message = `has a line "${key}:" in its text, which is text there; to make it a key, indent it like this key`;
  report({ severity: "warning", path: path.join("."), message }, value);
}

/** Merges later values into earlier ones: maps are merged, everything else is replaced. */
function overlay(under: Values, over: Values): void {
  // the parser attaches a comment above the first key to the map
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
