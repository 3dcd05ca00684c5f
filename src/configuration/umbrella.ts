/** Values of an umbrella chart: those of a chart that it depends on are below the chart's name or alias, and `global` is for all. */
import { isMap, isSeq, type Pair, type YAMLMap } from "yaml";
import { wrappers } from "./chart-values.js";
import { schema } from "./schema.js";
import { isUnset, mapAt, mapIn, nameOf, overlay, pairOf, take } from "./value-nodes.js";
import type { Report } from "./values.js";

/** Sections of the configuration that charts of other programs do not have, at least not with its keys. */
const sections: readonly string[] = ["agent", "agents", "job", "claudeSettings", "permissions"];

/** Sections of a configuration may hold anything, except that the earlier chart has the name of this one. */
const chartName = "controller";

/** The entries of a map with values of the operator's chart; empty for values that are not of an umbrella chart. */
export function chartsIn(values: YAMLMap): Pair[] {
  if (isOfOperator(values)) return [];
  const isOwn = (name: string): boolean => Object.hasOwn(schema.properties ?? {}, name) && name !== chartName;
  return values.items.filter(({ key, value }) => {
    const name = nameOf(key);
    return name !== "global" && !wrappers.includes(name) && !isOwn(name) && isMap(value) && isOfOperator(value);
  });
}

/** Makes the values of the operator's chart of an umbrella's, if they are some. Only the first chart is kept. */
export function unwrapUmbrella(values: YAMLMap, report: Report): void {
  const [chart] = chartsIn(values);
  if (chart === undefined || !isMap(chart.value)) return;
  for (const { key } of values.items) {
    const path = nameOf(key);
    if (key === chart.key)
      report(
        {
          severity: "note",
          path,
          message: "has the values of the operator's chart; its keys are at the top level there",
        },
        key,
      );
    else if (path !== "global") report({ severity: "note", path, message: "is dropped: it is of another chart" }, key);
  }
  const shared = mapAt(values, "global");
  values.items = [];
  overlay(values, chart.value);
  if (shared === undefined) return;
  const own = mapIn(values, "global");
  if (own !== undefined) overlay(own, shared);
}

const counterparts: Readonly<Record<string, string>> = {
  imageRegistry: "set the registry in agent.image, and in image.repository of the chart",
  storageClass: "set storage.storageClassName",
  defaultStorageClass: "set storage.storageClassName",
};

/** Values for all charts of an umbrella: the Secrets to pull images with reach the agents, and for others there are keys. */
export function moveGlobals(values: YAMLMap, report: Report): void {
  const shared = mapAt(values, "global");
  if (shared === undefined) return;
  const secrets = pairOf(shared, "imagePullSecrets");
  const agent = secrets === undefined || isUnset(secrets) || !isSeq(secrets.value) ? undefined : mapIn(values, "agent");
  const path = "global.imagePullSecrets";
  if (agent !== undefined && secrets !== undefined && isUnset(pairOf(agent, "imagePullSecrets"))) {
    take(shared, "imagePullSecrets");
    take(agent, "imagePullSecrets");
    agent.items.push(secrets);
    const message =
      "is moved to agent.imagePullSecrets; those of the operator's pod are image.pullSecrets of the chart";
    report({ severity: "note", path, message }, secrets.key);
  }
  for (const pair of shared.items) {
    const name = nameOf(pair.key);
    if (isUnset(pair)) continue;
    const message = `has no counterpart: ${counterparts[name] ?? "the chart has no values for several charts"}`;
    report({ severity: "warning", path: `global.${name}`, message }, pair.key);
  }
  take(values, "global");
}

function isOfOperator(values: YAMLMap): boolean {
  return [values, ...wrappers.flatMap((name) => mapAt(values, name) ?? [])].some((map) =>
    sections.some((name) => {
      const section = mapAt(map, name);
      const field = schema.properties?.[name];
      if (section === undefined || field === undefined) return false;
      const member = typeof field.additionalProperties === "object" ? field.additionalProperties : undefined;
      const of = ({ key, value }: Pair): boolean =>
        member === undefined
          ? Object.hasOwn(field.properties ?? {}, nameOf(key))
          : isMap(value) && value.items.some((each) => Object.hasOwn(member.properties ?? {}, nameOf(each.key)));
      return section.items.some(of);
    }),
  );
}
