import type { SettingSchema } from "../configuration/schema.js";

/** A schema of key names, for a value of any type: `properties` constrains maps only, and `items` lists only. */
export interface KeySchema {
  properties?: Record<string, KeySchema>;
  additionalProperties?: KeySchema | false;
  items?: KeySchema;
}

/**
 * The names of the configuration's keys as JSON Schema: a key that the operator does not know is refused, whereas values are left to the
 * operator. It takes several notations, such as an empty text for a key that is not set, and says more about what is wrong.
 */
export function configurationKeys(schema: SettingSchema): KeySchema {
  const { properties, additionalProperties: others, items, anyOf = [] } = schema;
  const own: KeySchema = {
    ...(properties !== undefined && {
      properties: Object.fromEntries(Object.entries(properties).map(([key, each]) => [key, configurationKeys(each)])),
    }),
    ...(typeof others === "object" && { additionalProperties: configurationKeys(others) }),
    ...(properties !== undefined && !others && schema["x-open"] !== true && { additionalProperties: false as const }),
    ...(items !== undefined && { items: configurationKeys(items) }),
  };
  // of the alternatives, at most one is a map and one a list
  return Object.assign({}, ...anyOf.map(configurationKeys), own) as KeySchema;
}
