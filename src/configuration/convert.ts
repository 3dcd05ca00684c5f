/** Converts Helm values to the operator's configuration. Pure. */
import { Document, isMap, isScalar, LineCounter, Scalar, type YAMLMap } from "yaml";
import { fileBounds, parseBoundedDocuments, YamlBoundsError } from "../runtime/input/bounded-yaml.js";
import { syntaxProblems } from "../runtime/input/yaml-syntax.js";
import { attachComments } from "./comments.js";
import {
  configurationIn,
  emptyFile,
  isBlock,
  kindOfMap,
  objectName,
  objectsOf,
  severalCharts,
  severalConfigMaps,
  unlikeConfiguration,
  withoutConfiguration,
} from "./file-kinds.js";
import { lineFinder } from "./line-finder.js";
import { configurationKey } from "./names.js";
import { configure } from "./parse.js";
import { overlay } from "./value-nodes.js";
import { keepConfiguration, type Report } from "./values.js";
import { expandAliases } from "./yaml-expansion.js";

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
  /** The manifests; absent if the values cannot be read, or there are none. */
  readonly text?: string;
  /** Keys without a counterpart, and errors. */
  readonly remarks: readonly Remark[];
}

/**
 * Converts Helm values to a ConfigMap. Comments stay with their keys; keys without a counterpart are dropped with a remark. Several
 * documents of values are merged, and later ones override earlier ones, as with several `-f` of helm. Other Kubernetes objects are passed on
 * unchanged, except that a ConfigMap that contains a configuration is converted. A file without values and configuration is an error.
 */
export function convertValues(text: string, namespace: string, name: string): Converted {
  const conversion = new Conversion(text, namespace, name);
  let documents: Document.Parsed[];
  try {
    documents = parseBoundedDocuments(text, fileBounds, { lineCounter: conversion.lines });
  } catch (error) {
    if (!(error instanceof YamlBoundsError)) throw error;
    return { remarks: [{ severity: "error", path: "", message: error.message }] };
  }
  for (const document of documents) {
    const error = conversion.add(document);
    if (error !== undefined) return { remarks: [error] };
  }
  return conversion.result();
}

/** Collects the results for the documents of one file. */
class Conversion {
  readonly lines = new LineCounter();
  readonly #remarks: Remark[] = [];
  readonly #manifests: string[] = [];
  readonly #passed: YAMLMap[] = [];
  /** Those with a configuration. */
  readonly #configMaps: YAMLMap[] = [];
  #values: Document | undefined;

  constructor(
    private readonly text: string,
    private readonly namespace: string,
    private readonly name: string,
  ) {}

  /** Adds a document. Returns an error if it cannot be read; the whole file is then unusable. */
  add(document: Document): Remark | undefined {
    const [syntax] = syntaxProblems(document, this.lines);
    if (syntax !== undefined) return { severity: "error", line: syntax.line, path: "", message: syntax.message };
    attachComments(document, this.text);
    const problem = expandAliases(document);
    if (problem !== undefined) return { severity: "error", path: "", message: problem };
    const { contents } = document;
    if (contents === null || (isScalar(contents) && contents.value === null)) return undefined;
    if (!isMap(contents)) return this.#error("values must be a map", contents);
    const kind = kindOfMap(contents);
    if (kind === "other") return this.#error(unlikeConfiguration(contents), contents);
    const several = severalCharts(contents);
    if (kind === "values" && several !== undefined) return this.#error(several, contents);
    if (kind === "object") this.#addManifest(document, contents);
    else this.#addValues(document, contents);
    return undefined;
  }

  result(): Converted {
    const values = this.#values ?? this.#withoutValues();
    const [problem] = this.#problems(values);
    if (problem !== undefined) return { remarks: [{ severity: "error", path: "", message: problem }] };
    const manifest = values === undefined ? [] : [this.#configMap(values)];
    for (const object of this.#passed)
      this.#report({ severity: "note", path: "", message: `${objectName(object)} is passed on unchanged` }, object);
    return { text: [...manifest, ...this.#manifests].join("---\n"), remarks: inLineOrder(this.#remarks) };
  }

  /** The values of a file that sets none: helm prints `null` for a release without values of its own. */
  #withoutValues(): Document | undefined {
    if (this.#configMaps.length + this.#passed.length > 0 || this.text.trim() === "") return undefined;
    this.#remarks.push({ severity: "note", path: "", message: "sets nothing, so the defaults apply" });
    return new Document({});
  }

  #problems(values: Document | undefined): string[] {
    if (this.#configMaps.length > 1) return [severalConfigMaps(this.#configMaps)];
    if (values !== undefined || this.#configMaps.length > 0) return [];
    return [this.#passed.length > 0 ? withoutConfiguration(this.#passed) : emptyFile];
  }

  /** Kubernetes objects; of these, only a ConfigMap with a configuration is converted. */
  #addManifest(document: Document, contents: YAMLMap): void {
    const objects = objectsOf(contents);
    if (!objects.some((object) => configurationIn(object) !== undefined)) {
      this.#manifests.push(document.toString({ lineWidth: 0, directives: false }));
      this.#passed.push(...objects);
      return;
    }
    for (const object of objects) {
      const inner = configurationIn(object);
      if (inner !== undefined) this.#addConfigMap(object, inner);
      else {
        this.#manifests.push(new Document(object).toString({ lineWidth: 0, directives: false }));
        this.#passed.push(object);
      }
    }
  }

  #addConfigMap(object: YAMLMap, inner: Scalar<string>): void {
    const start = inner.range ? this.lines.linePos(inner.range[0]).line : undefined;
    const text = inner.value.trim() === "" ? "{}\n" : inner.value;
    const converted = convertValues(text, this.namespace, this.name);
    for (const { line, ...remark } of converted.remarks) {
      // the text of a block begins on the line after its `|`; lines of any other text are not lines of the file
      const own = isBlock(inner) && line !== undefined && start !== undefined ? start + line : start;
      this.#remarks.push({ ...remark, ...(own !== undefined && { line: own }) });
    }
    this.#configMaps.push(object);
    if (converted.text !== undefined) this.#manifests.push(converted.text);
    const data = object.get("data");
    for (const { key } of isMap(data) ? data.items : []) {
      const name = isScalar(key) ? String(key.value) : "";
      const message = `is dropped: the ConfigMap of the configuration has only ${configurationKey}`;
      if (name !== configurationKey) this.#report({ severity: "warning", path: `data.${name}`, message }, key);
    }
  }

  #addValues(document: Document, contents: YAMLMap): void {
    keepConfiguration(contents, (finding, node) => this.#report(finding, node));
    if (isMap(this.#values?.contents)) overlay(this.#values.contents, contents);
    else this.#values = document;
  }

  #error(message: string, node: unknown): Remark {
    this.#report({ severity: "error", path: "", message }, node);
    return this.#remarks.pop() ?? { severity: "error", path: "", message };
  }

  #report(remark: Omit<Remark, "line">, node: Parameters<Report>[1]): void {
    const { range } = (node ?? {}) as { range?: [number] | null };
    this.#remarks.push({ ...remark, ...(range && { line: this.lines.linePos(range[0]).line }) });
  }

  /** The manifest, with the problems of its configuration as remarks. */
  #configMap(values: Document): string {
    const first = isMap(values.contents) ? values.contents.items[0]?.key : undefined;
    if (isScalar(first)) first.spaceBefore = false;
    const file = values.toString({ lineWidth: 0, directives: false }).trimStart();
    const lineOf = lineFinder(values, this.lines);
    for (const { severity, path, message } of configure({ file }).problems) {
      const line = lineOf(path);
      this.#remarks.push({ severity, path, message, ...(line !== undefined && { line }) });
    }
    return configMap(file, this.namespace, this.name);
  }
}

function configMap(file: string, namespace: string, name: string): string {
  const manifest = new Document({ apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace }, data: {} });
  const text = new Scalar(file);
  text.type = Scalar.BLOCK_LITERAL;
  manifest.setIn(["data", configurationKey], text);
  return manifest.toString({ lineWidth: 0 });
}
