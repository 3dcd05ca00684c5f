/** Makes a configuration of Helm values, in their document: moves keys to their counterparts, and removes those without one. */
import { isMap, isScalar, isSeq, Pair, Scalar, YAMLMap } from "yaml";
import { agentOfApp } from "../api/git.js";
import { chartKeys, headings, sectionReasons, wrappers } from "./chart-values.js";
import { schema, type SettingSchema } from "./schema.js";
import { isEmpty } from "./unset.js";
import { mostRemedies, remedyOf } from "./validation.js";
import { isUnset, mapAt, mapIn, nameOf, overlay, pairOf, plain, take } from "./value-nodes.js";
import { moveRetryVariables } from "./retry-variables.js";
import { chartsIn, moveGlobals, unwrapUmbrella } from "./umbrella.js";

/** Reports what happened to the key or value at a node. */
export type Report = (finding: { severity: "warning" | "note"; path: string; message: string }, node: unknown) => void;

/** Whether a map is Helm values rather than a configuration: it has keys that only charts have. */
export function isValues(map: YAMLMap): boolean {
  const known = schema.properties ?? {};
  const hasGlobals = pairOf(map, "global") !== undefined;
  // charts of any program have globals
  if (chartsIn(map).length > 0 || (hasGlobals && map.items.some(({ key }) => Object.hasOwn(known, nameOf(key)))))
    return true;
  return map.items.some(({ key, value }) => {
    const name = nameOf(key);
    if (wrappers.includes(name)) return isWrapper(value);
    return headings.has(name) || (chartKeys.has(name) && name !== "global" && !(name === "resources" && isSeq(value)));
  });
}

/** Turns a map of values into a configuration. Aliases must be expanded. */
export function keepConfiguration(values: YAMLMap, report: Report): void {
  unwrapUmbrella(values, report);
  unwrap(values, report);
  movePullSecrets(values, report);
  moveGlobals(values, report);
  moveCliConfigs(values, report);
  moveClientConfigs(values, report);
  moveRetryVariables(values, report);
  keepKnown(values, schema, [], report);
}

function isWrapper(value: unknown): boolean {
  const known = Object.keys(schema.properties ?? {});
  return isMap(value) && value.items.some(({ key }) => known.includes(nameOf(key)));
}

/** The comment above a key that another one takes the place of. */
function moveComment(from: unknown, to: unknown): void {
  if (!isScalar(from) || !isScalar(to) || !from.commentBefore) return;
  to.commentBefore = [from.commentBefore, to.commentBefore ?? []].flat().join("\n");
}

/** Some charts have the configuration under one key. */
function unwrap(values: YAMLMap, report: Report): void {
  for (const name of wrappers) {
    const pair = pairOf(values, name);
    if (!isMap(pair?.value) || !isWrapper(pair.value)) continue;
    take(values, name);
    report(
      { severity: "note", path: name, message: "is the configuration; its keys are at the top level there" },
      pair.key,
    );
    overlay(values, pair.value);
  }
}

/** Charts give the Secrets at the top level to the pods of agents, too. */
function movePullSecrets(values: YAMLMap, report: Report): void {
  const path = "imagePullSecrets";
  const pair = pairOf(values, path);
  if (isUnset(pair) || pair === undefined) return;
  const agent = mapIn(values, "agent");
  if (agent === undefined || !isUnset(pairOf(agent, path))) return;
  take(values, path);
  take(agent, path);
  agent.items.push(pair);
  const message = "is moved to agent.imagePullSecrets; those of the operator's pod are image.pullSecrets of the chart";
  report({ severity: "note", path, message }, pair.key);
}

/** Agents by their `githubApp`, and what `agent.agentCliConfigs` sets for them. */
function moveCliConfigs(values: YAMLMap, report: Report): void {
  const section = "agentCliConfigs";
  const agent = mapAt(values, "agent");
  const configs = agent && mapAt(agent, section);
  if (agent === undefined || configs === undefined || configs.items.length === 0) return;
  const agents = mapIn(values, "agents");
  if (agents === undefined) return;
  take(agent, section);
  for (const { key, value } of configs.items) {
    const path = `agent.${section}.${nameOf(key)}`;
    if (!isMap(value)) continue;
    const [name, profile] = profileFor(nameOf(key), agents);
    report({ severity: "note", path, message: `is moved to agents.${name}` }, key);
    const pairs = cliKeys(value, path, report);
    moveComment(key, pairs[0]?.key);
    for (const pair of pairs) addTo(profile, pair, { path, to: `agents.${name}` }, report);
  }
}

function profileFor(app: string, agents: YAMLMap): [name: string, profile: YAMLMap] {
  const isOfApp = ({ value }: Pair): boolean => {
    const own = pairOf(value, "githubApp")?.value;
    return isScalar(own) && String(own.value).toLowerCase() === app.toLowerCase();
  };
  const name = nameOf(agents.items.find(isOfApp)?.key) || agentOfApp(app);
  const isNew = pairOf(agents, name) === undefined;
  const profile = mapIn(agents, name) ?? new YAMLMap();
  if (isNew) profile.items.push(new Pair(new Scalar("githubApp"), new Scalar(app)));
  return [name, profile];
}

const renamed: Readonly<Record<string, string>> = { cliType: "cli" };
const kept = new Set(["cli", "model", "maxTokens", "temperature", "reasoningEffort"]);

/** The keys of one agent's program, under their names in `agents`. */
function cliKeys(config: YAMLMap, path: string, report: Report): Pair[] {
  return config.items.flatMap((pair) => {
    const name = nameOf(pair.key);
    if (name === "settings" && isMap(pair.value)) return cliKeys(pair.value, `${path}.settings`, report);
    const to = renamed[name] ?? name;
    if (!kept.has(to)) {
      const message = "has no counterpart: set it in spec.cliConfig.settings of the runs";
      report({ severity: "warning", path: `${path}.${name}`, message }, pair.key);
      return [];
    }
    if (isScalar(pair.key)) pair.key.value = to;
    return [pair];
  });
}

function addTo(map: YAMLMap, pair: Pair, { path, to }: { path: string; to: string }, report: Report): void {
  const name = nameOf(pair.key);
  const before = pairOf(map, name);
  if (before !== undefined && !isUnset(before)) {
    if (JSON.stringify(plain(before.value)) === JSON.stringify(plain(pair.value))) return;
    report(
      { severity: "warning", path: `${path}.${name}`, message: `is dropped: ${to}.${name} has another value` },
      pair.key,
    );
    return;
  }
  take(map, name);
  map.items.push(pair);
}

/** `agents.<name>.clientConfig` is the earlier form of `agents.<name>.tools`. */
function moveClientConfigs(values: YAMLMap, report: Report): void {
  for (const { key, value: agent } of mapAt(values, "agents")?.items ?? []) {
    const config = isMap(agent) ? mapAt(agent, "clientConfig") : undefined;
    if (!isMap(agent) || config === undefined || config.items.length === 0) continue;
    const tools = mapIn(agent, "tools");
    if (tools === undefined) continue;
    const path = `agents.${nameOf(key)}.clientConfig`;
    const from = take(agent, "clientConfig");
    report({ severity: "note", path, message: `is moved to agents.${nameOf(key)}.tools` }, from?.key);
    moveComment(from?.key, pairOf(agent, "tools")?.key);
    for (const pair of config.items) {
      if (isScalar(pair.key) && pair.key.value === "remoteTools") pair.key.value = "remote";
      addTo(tools, pair, { path, to: `agents.${nameOf(key)}.tools` }, report);
    }
  }
}

/** Removes keys that the configuration does not have, with a remark for each. */
function keepKnown(
  map: YAMLMap,
  part: SettingSchema,
  path: readonly string[],
  report: Report,
  remedies = new Remedies(),
): void {
  map.items = map.items.filter(({ key, value }) => {
    const name = nameOf(key);
    if (path.length === 0 && headings.has(name)) return false;
    const own = [...path, name];
    const field = part.properties && Object.hasOwn(part.properties, name) ? part.properties[name] : undefined;
    const known = field ?? (typeof part.additionalProperties === "object" ? part.additionalProperties : undefined);
    if (known === undefined && part["x-open"] === true) return true;
    if (known !== undefined) warnOfSwallowedKeys(value, own, report);
    const reason = reasonToDrop(own, part, known, remedies);
    if (reason !== undefined) {
      reportDropped(value, { path: own.join("."), reason, known }, (finding) => report(finding, key));
      return false;
    }
    const below = known && mapSchemaOf(known);
    if (below === undefined || !isMap(value) || known?.["x-reads"] === "image" || value.items.length === 0) return true;
    keepKnown(value, below, own, report, remedies);
    return value.items.length > 0;
  });
}

interface Dropped {
  readonly path: string;
  readonly reason: string;
  readonly known: SettingSchema | undefined;
}

function reportDropped(
  value: unknown,
  { path, reason, known }: Dropped,
  report: (finding: Parameters<Report>[0]) => void,
): void {
  const read = plain(value);
  // a value that applies anyway needs no remark
  if (known?.default !== undefined && JSON.stringify(read) === JSON.stringify(known.default)) return;
  // the usual prefix of blocks that have anchors only
  const isOfAnchors = path.startsWith("x-") && !path.includes(".");
  if (isOfAnchors) report({ severity: "note", path, message: "is dropped: the values are where its anchors are used" });
  else if (isEmpty(read)) report({ severity: "note", path, message: "is dropped: it is empty" });
  else report({ severity: "warning", path, message: `has no counterpart: ${reason}` });
}

/** The schema of a value that is a map. */
function mapSchemaOf(field: SettingSchema): SettingSchema | undefined {
  if (field.properties !== undefined || typeof field.additionalProperties === "object") return field;
  return field.anyOf?.find(({ type }) => [type].flat().includes("object"));
}

/** Why a key has no counterpart; undefined if it has one. */
function reasonToDrop(
  path: readonly string[],
  part: SettingSchema,
  known: SettingSchema | undefined,
  remedies: Remedies,
): string | undefined {
  if (known !== undefined) return known["x-no-effect"] ?? known["x-at-start"];
  const [section = "", ...rest] = path;
  const name = path.at(-1) ?? "";
  const isTop = rest.length === 0;
  const stated = isTop ? chartKeys.get(name) : sectionReasons[section];
  if (stated !== undefined) return stated;
  const what = isTop ? "it is not a key of the configuration" : `${path.slice(0, -1).join(".")} has no such key`;
  const remedy = remedies.of(isTop ? schema : part, name);
  return `${what}; ${isTop && remedy.startsWith("known here") ? listAll : remedy}`;
}

const listAll = "list all keys with orchestrator config list";

/** Searches the keys that were meant for the first unknown ones alone: there can be thousands. */
class Remedies {
  #left = mostRemedies;

  of(part: SettingSchema, name: string): string {
    return this.#left-- > 0 ? remedyOf(part, name) : listAll;
  }
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
