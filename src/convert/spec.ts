/** Converts the spec of a run. */
import { isMap, isScalar, type Document, type Pair, type Scalar, type YAMLMap } from "yaml";
import type { KindRules } from "./kinds.js";
import type { Report } from "./report.js";
import { explainRetryVariables, moveMaxRetries, oldLimit } from "./retries.js";
import { fitFields, spellFields } from "./spelling.js";
import { convertValue } from "./values.js";
import { nameOf, pairOf, remove, removeAll, scalarOf } from "./yaml-fields.js";

/**
 * Converts a spec in place: names of fields, then their values. What is dropped or changed its meaning is reported.
 *
 * @param group the API group that the object had
 */
export function convertSpec(
  document: Document,
  spec: YAMLMap,
  rules: KindRules,
  { kind, group }: { readonly kind: string; readonly group: string },
  report: Report,
): void {
  const schema = rules.schema.properties?.spec ?? {};
  const known = Object.keys(schema.properties ?? {});
  spellFields(spec, [...known, ...Object.keys(rules.renamed), ...Object.keys(rules.removed), oldLimit], "spec", report);
  renameFields(spec, rules, report);
  moveMaxRetries(document, spec, report);
  dropUnknown(spec, known, rules, kind, report);
  for (const pair of spec.items.slice()) {
    const name = nameOf(pair);
    const change = Object.hasOwn(rules.changed, name) ? rules.changed[name] : undefined;
    if (change !== undefined) convertValue(document, spec, pair, change, `spec.${name}`, report);
  }
  fitFields(document, spec, schema, "spec", report);
  if (kind !== "TaskRun") moveBotUser(spec, report);
  repairValues(spec, rules, report);
  explainMeanings(spec, rules, report);
  explainRetryVariables(spec, report);
  for (const [name, { groups: had, message }] of Object.entries(rules.defaults)) {
    if (had.includes(group) && pairOf(spec, name) === undefined) report("warning", `spec.${name}`, message, spec);
  }
  if (kind === "TaskRun") convertRepository(spec, report);
  else convertIdentity(spec, report);
}

function renameFields(spec: YAMLMap, rules: KindRules, report: Report): void {
  for (const [old, name] of Object.entries(rules.renamed)) {
    const pair = pairOf(spec, old);
    if (pair === undefined || !isScalar(pair.key)) continue;
    if (pairOf(spec, name) !== undefined) {
      report("warning", `spec.${old}`, `is dropped: ${name} is set too and takes precedence`, pair.key, { lost: true });
      remove(spec, old);
      continue;
    }
    report("note", `spec.${old}`, `is renamed to ${name}`, pair.key);
    pair.key.value = name;
  }
}

function dropUnknown(spec: YAMLMap, known: readonly string[], rules: KindRules, kind: string, report: Report): void {
  const dropped = new Set<Pair>();
  for (const pair of spec.items) {
    const name = nameOf(pair);
    const removed = Object.hasOwn(rules.removed, name) ? rules.removed[name] : undefined;
    if (removed === undefined && known.includes(name)) continue;
    // nothing is lost with a field that had no value
    const isEmpty = [null, ""].includes(scalarOf(pair) as never);
    const message = `is dropped: ${removed ?? `${kind} has no such field`}`;
    if (isEmpty) report("note", `spec.${name}`, message, pair.key);
    else report("warning", `spec.${name}`, message, pair.key, { lost: true });
    dropped.add(pair);
  }
  removeAll(spec, dropped);
}

function repairValues(spec: YAMLMap, { repaired }: KindRules, report: Report): void {
  const directories = ["service", "repositoryUrl", "repository.url"].flatMap((path) => {
    const value = fieldOf(spec, path)?.value.value;
    const name = typeof value === "string" ? /([^/:]+?)(\.git)?\/*$/.exec(value)?.[1] : undefined;
    return name === undefined ? [] : [name];
  });
  for (const [path, repair] of Object.entries(repaired)) {
    const scalar = fieldOf(spec, path)?.value;
    if (typeof scalar?.value !== "string") continue;
    const result = repair(scalar.value, { directories });
    if (result === undefined) continue;
    const [from, to] = [scalar.value, result.value].map((value) => JSON.stringify(withoutPassword(value)));
    const message = `is changed from ${from ?? ""} to ${to ?? ""}: ${result.why}`;
    report(result.warn === true ? "warning" : "note", `spec.${path}`, message, scalar);
    scalar.value = result.value;
  }
}

/** URLs can contain a password or token. */
function withoutPassword(url: string): string {
  return url.replace(/^([a-z+]+:\/\/)?[^/@]+@/i, (all) => (all === "git@" ? all : "***@"));
}

/** A field with a scalar as its value; `repository.url` is inside of `repository`. */
function fieldOf(map: YAMLMap, path: string): { readonly value: Scalar } | undefined {
  const [first = "", ...rest] = path.split(".");
  const value = pairOf(map, first)?.value;
  if (rest.length > 0) return isMap(value) ? fieldOf(value, rest.join(".")) : undefined;
  return isScalar(value) ? { value } : undefined;
}

function explainMeanings(spec: YAMLMap, rules: KindRules, report: Report): void {
  for (const pair of spec.items.slice()) {
    const name = nameOf(pair);
    const meaning = Object.hasOwn(rules.changedMeaning, name) ? rules.changedMeaning[name] : undefined;
    // a value that is disabled or the default needs no explanation
    if (meaning !== undefined && ![false, "", 1].includes(scalarOf(pair) as never))
      report("note", `spec.${name}`, meaning, pair.key);
    if (name === "taskRequirements" && scalarOf(pair) === "") remove(spec, name);
  }
}

/** A token in plain text was readable in the object; it belongs in a Secret. */
function convertRepository(spec: YAMLMap, report: Report): void {
  const repository = spec.get("repository");
  if (!isMap(repository)) return;
  const token = pairOf(repository, "token");
  if (token === undefined) return;
  remove(repository, "token");
  const message =
    "is dropped: it was readable here; revoke it, and put a new one into the Secret github-pat-<githubUser>, key token";
  report("warning", "spec.repository.token", message, token.key, { lost: true });
}

/** The login of a GitHub App's user is its name with `[bot]`, and has no token or key of its own. */
function moveBotUser(spec: YAMLMap, report: Report): void {
  const user = pairOf(spec, "githubUser");
  const login = user === undefined ? undefined : scalarOf(user);
  if (user === undefined || typeof login !== "string" || !/\[bot\]$/i.test(login)) return;
  if (pairOf(spec, "githubApp") !== undefined || !isScalar(user.key)) return;
  report("warning", "spec.githubUser", "is renamed to githubApp: a user with [bot] is that of a GitHub App", user.key);
  user.key.value = "githubApp";
}

/** Both could be set, and the App took precedence. */
function convertIdentity(spec: YAMLMap, report: Report): void {
  const user = pairOf(spec, "githubUser");
  const app = pairOf(spec, "githubApp");
  if (user !== undefined && app !== undefined) {
    remove(spec, "githubUser");
    report("warning", "spec.githubUser", "is dropped: githubApp is set too and took precedence", user.key, {
      lost: true,
    });
  }
  if (user === undefined && app === undefined)
    report("error", "spec", "has neither githubApp nor githubUser: set the identity that pushes the work", spec);
}
