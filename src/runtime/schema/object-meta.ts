/**
 * The part of a resource that no schema of its own describes. Source: k8s.io/apimachinery, pkg/api/validation/objectmeta.go;
 * names and labels in full, annotations and finalizers as far as people write them by hand.
 */
import { forbidden, invalid, required, typeInvalid } from "./errors.js";
import type { FieldError } from "./field-error.js";
import { isList, isObject, member, type JsonObject } from "./json.js";

const dnsSubdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const dnsLabel = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const qualifiedName = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const labelValue = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const mostAnnotationBytes = 256 * 1024;

/** Whether a text can be the name of most resources. */
export function isDnsSubdomain(text: string): boolean {
  return text.length <= 253 && dnsSubdomain.test(text);
}

/** Whether a text can be the value of a label. */
export function isLabelValue(text: string): boolean {
  return text.length <= 63 && labelValue.test(text);
}

/** What is wrong with `metadata`: names, namespace, labels, annotations, finalizers. */
export function validateObjectMeta(metadata: unknown): FieldError[] {
  if (!isObject(metadata)) return [required("metadata.name", "name or generateName is required")];
  return [
    ...names(metadata),
    ...namespaces(member(metadata, "namespace")),
    ...texts(metadata, "labels", checkLabel),
    ...texts(metadata, "annotations", checkAnnotation),
    ...annotationSize(member(metadata, "annotations")),
    ...finalizers(member(metadata, "finalizers")),
  ];
}

type TextCheck = (key: string, value: string, errors: FieldError[]) => void;

const checkLabel: TextCheck = (key, value, errors) => {
  checkKey("metadata.labels", key, errors);
  if (isLabelValue(value)) return;
  const detail =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character, in at most 63 characters";
  errors.push(invalid("metadata.labels", value, detail));
};

const checkAnnotation: TextCheck = (key, _value, errors) => checkKey("metadata.annotations", key.toLowerCase(), errors);

function names(metadata: JsonObject): FieldError[] {
  const name = member(metadata, "name");
  const generateName = member(metadata, "generateName");
  const errors: FieldError[] = [];
  for (const [key, value] of [
    ["name", name],
    ["generateName", generateName],
  ] as const) {
    const path = `metadata.${key}`;
    if (value === undefined || value === "") continue;
    if (typeof value !== "string") errors.push(typeInvalid(path, value, "must be a string"));
    else if (!isDnsSubdomain(key === "name" ? value : value.replace(/-$/, "a")))
      errors.push(
        invalid(
          path,
          value,
          "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character, in at most 253 characters",
        ),
      );
  }
  const unnamed = (value: unknown): boolean => value === undefined || value === "";
  return unnamed(name) && unnamed(generateName)
    ? [required("metadata.name", "name or generateName is required")]
    : errors;
}

function namespaces(namespace: unknown): FieldError[] {
  if (namespace === undefined || namespace === "") return [];
  if (typeof namespace === "string" && namespace.length <= 63 && dnsLabel.test(namespace)) return [];
  const detail =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character, in at most 63 characters";
  return [invalid("metadata.namespace", namespace, detail)];
}

/** Errors of a map from string to string. */
function texts(metadata: JsonObject, field: string, check: TextCheck): FieldError[] {
  const map = member(metadata, field);
  if (map === undefined || map === null) return [];
  if (!isObject(map)) return [typeInvalid(`metadata.${field}`, map, "must be a map from names to strings")];
  const errors: FieldError[] = [];
  for (const key of Object.keys(map)) {
    const value = map[key];
    if (typeof value === "string") check(key, value, errors);
    else {
      const detail = `must be a string; put it in quotes: "${String(value)}"`;
      errors.push(typeInvalid(`metadata.${field}[${key}]`, value, detail));
    }
  }
  return errors;
}

function checkKey(path: string, key: string, errors: FieldError[]): void {
  const slash = key.lastIndexOf("/");
  const prefix = slash < 0 ? undefined : key.slice(0, slash);
  const name = key.slice(slash + 1);
  if (prefix !== undefined && !isDnsSubdomain(prefix))
    errors.push(invalid(path, key, "prefix part must be a lowercase RFC 1123 subdomain"));
  if (name.length > 63 || !qualifiedName.test(name))
    errors.push(
      invalid(
        path,
        key,
        "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character, in at most 63 characters",
      ),
    );
}

function annotationSize(annotations: unknown): FieldError[] {
  if (!isObject(annotations)) return [];
  const bytes = Object.entries(annotations).reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + (typeof value === "string" ? Buffer.byteLength(value) : 0),
    0,
  );
  if (bytes <= mostAnnotationBytes) return [];
  return [
    {
      field: "metadata.annotations",
      reason: "FieldValueTooLong",
      message: `Too long: may not be more than ${mostAnnotationBytes} bytes`,
    },
  ];
}

function finalizers(value: unknown): FieldError[] {
  if (value === undefined || value === null) return [];
  if (!isList(value)) return [typeInvalid("metadata.finalizers", value, "must be a list of names")];
  const errors: FieldError[] = [];
  value.forEach((each, index) => {
    const path = `metadata.finalizers[${index}]`;
    if (typeof each !== "string") errors.push(typeInvalid(path, each, "must be a string"));
    else if (each.includes("/")) checkKey("metadata.finalizers", each, errors);
    else errors.push(forbidden(path, "must have a domain and a slash: example.com/name"));
  });
  return errors;
}
