import { readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { schema, type SettingSchema } from "#src/configuration/schema.js";
import { unknownMember } from "#src/configuration/validation.js";
import { configurationKeys, type KeySchema } from "#src/generate/configuration-keys.js";
import { packageRoot } from "#src/version.js";

/** A map of the configuration, at its path, with what the chart knows of its keys. */
function maps(part: SettingSchema, keys: KeySchema | undefined, path: string): [string, SettingSchema, KeySchema][] {
  const { properties = {}, items, additionalProperties, anyOf = [] } = part;
  const others = keys?.additionalProperties === false ? undefined : keys?.additionalProperties;
  return [
    ...(part.properties === undefined ? [] : [[path, part, keys ?? {}] satisfies [string, SettingSchema, KeySchema]]),
    ...Object.entries(properties).flatMap(([key, each]) => maps(each, keys?.properties?.[key], `${path}.${key}`)),
    ...(typeof additionalProperties === "object" ? maps(additionalProperties, others, `${path}.*`) : []),
    ...(items === undefined ? [] : maps(items, keys?.items, `${path}[]`)),
    ...anyOf.flatMap((each) => maps(each, keys, path)),
  ];
}

t.test("the chart knows each key that the operator knows, and takes another one where the operator does", (t) => {
  const all = maps(schema, configurationKeys(schema), "");
  t.ok(all.length > 100, `${all.length} maps`);
  for (const [path, part, keys] of all) {
    t.strictSame(Object.keys(keys.properties ?? {}), Object.keys(part.properties ?? {}), path);
    const isTaken = unknownMember(part, "other", path).length === 0 || typeof part.additionalProperties === "object";
    t.equal(keys.additionalProperties !== false, isTaken, path);
  }
  t.end();
});

t.test("values are left to the operator, which has several notations for some", (t) => {
  const text = JSON.stringify(configurationKeys(schema).properties?.agent);
  t.notMatch(text, /"(type|pattern|enum|minLength|required|x-)/);
  t.end();
});

t.test("the values of the chart have the keys of the configuration, and agents those of an agent", (t) => {
  const chart = JSON.parse(readFileSync(join(packageRoot, "config/chart/values.schema.json"), "utf8")) as KeySchema;
  t.match(chart.properties?.configuration, configurationKeys(schema));
  t.match(chart.properties?.agents, configurationKeys(schema.properties?.agents ?? {}));
  t.end();
});
