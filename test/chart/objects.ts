/** Rendered manifests as objects that can be compared. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { packageRoot } from "#src/version.js";

export interface Rendered {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
}

/** The objects of a text by `kind namespace/name`. @throws Error where two have the same name */
export function objectsOf(text: string): Map<string, Rendered> {
  const objects = new Map<string, Rendered>();
  for (const document of parseAllDocuments(text)) {
    if (document.errors[0] !== undefined) throw document.errors[0];
    const object = document.toJS() as Rendered | null;
    if (object === null) continue;
    const { kind, metadata } = object;
    const key = `${kind} ${metadata.namespace ?? ""}/${metadata.name}`;
    if (objects.has(key)) throw new Error(`two objects are ${key}`);
    objects.set(key, object);
  }
  return objects;
}

/** The labels that Helm's conventions ask for, which no kustomization has. */
const helmLabels = ["app.kubernetes.io/managed-by", "app.kubernetes.io/instance", "helm.sh/chart"];

/**
 * What a chart's objects have beyond those of the kustomizations is removed: Helm's labels; the annotation that keeps CRDs; the name
 * label of CRDs, which the kustomizations do not label; and hooks, which are no part of an installation.
 */
export function withoutHelm(objects: Map<string, Rendered>): Map<string, Rendered> {
  const kept = [...objects].filter(([, { metadata }]) => metadata.annotations?.["helm.sh/hook"] === undefined);
  return new Map(
    kept.map(([key, object]) => {
      const { metadata } = structuredClone(object);
      if (metadata.labels !== undefined)
        metadata.labels = Object.fromEntries(
          Object.entries(metadata.labels).filter(([name]) => !helmLabels.includes(name)),
        );
      if (object.kind === "CustomResourceDefinition") delete metadata.labels?.["app.kubernetes.io/name"];
      delete metadata.annotations?.["helm.sh/resource-policy"];
      if (Object.keys(metadata.labels ?? {}).length === 0) delete metadata.labels;
      if (Object.keys(metadata.annotations ?? {}).length === 0) delete metadata.annotations;
      return [key, { ...object, metadata }];
    }),
  );
}

/**
 * A folder with a kustomization that refers to folders of `config`.
 *
 * @param remove deletes it
 */
export function kustomization(content: object): { readonly folder: string; readonly remove: () => void } {
  const parent = join(packageRoot, "build/kustomizations");
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, "k-"));
  const head = { apiVersion: "kustomize.config.k8s.io/v1beta1", kind: "Kustomization" };
  writeFileSync(join(folder, "kustomization.yaml"), JSON.stringify({ ...head, ...content }));
  return { folder, remove: () => rmSync(folder, { recursive: true }) };
}
