/** A schema with a bit of everything, for tests of schemas. */
import type { JsonSchema } from "#src/runtime/schema/json-schema.js";

export const widget: JsonSchema = {
  type: "object",
  required: ["spec"],
  properties: {
    spec: {
      type: "object",
      required: ["size"],
      properties: {
        size: {
          type: "integer",
          minimum: 1,
          maximum: 10,
          "x-kubernetes-validations": [{ rule: "self >= oldSelf", message: "may only grow" }],
        },
        color: { type: "string", enum: ["red", "green"], default: "red" },
        note: { type: "string", nullable: true, maxLength: 3 },
        tags: { type: "array", maxItems: 8, "x-kubernetes-list-type": "set", items: { type: "string" } },
        parts: {
          type: "array",
          "x-kubernetes-list-type": "map",
          "x-kubernetes-list-map-keys": ["name"],
          items: {
            type: "object",
            required: ["name"],
            properties: {
              name: { type: "string", pattern: "^[a-z]+$" },
              count: { type: "integer", default: 1 },
            },
          },
        },
        limits: {
          type: "object",
          additionalProperties: { "x-kubernetes-int-or-string": true, pattern: "^[0-9]+m?$" },
        },
        free: {
          type: "object",
          "x-kubernetes-preserve-unknown-fields": true,
          properties: { known: { type: "object", properties: { a: { type: "string" } } } },
        },
        until: { type: "string", format: "date-time" },
      },
      "x-kubernetes-validations": [
        {
          rule: "!has(self.tags) || self.size >= self.tags.size()",
          messageExpression: "'more tags than ' + (self.size > 1 ? 'size' : 'one')",
          fieldPath: ".tags",
        },
      ],
    },
  },
};
