/**
 * The schemas that a CustomResourceDefinition can hold: structural schemas of apiextensions.k8s.io/v1, as far as this
 * module understands them. Source: KEP-1693 and the type JSONSchemaProps.
 */

/** A rule in CEL; one that reads `oldSelf` is a transition rule and holds on updates only. */
export interface ValidationRule {
  readonly rule: string;
  readonly message?: string;
  /** CEL that makes the message; where it fails, `message` is used. */
  readonly messageExpression?: string;
  /** Default FieldValueInvalid. */
  readonly reason?: "FieldValueInvalid" | "FieldValueForbidden" | "FieldValueRequired" | "FieldValueDuplicate";
  /** Path below the schema's own field that the error is given for: `.spec.dependsOn`. */
  readonly fieldPath?: string;
  /** `oldSelf` is an optional, and the rule holds on creation too. */
  readonly optionalOldSelf?: boolean;
}

export interface JsonSchema {
  readonly type?: "object" | "array" | "string" | "integer" | "number" | "boolean";
  readonly description?: string;
  readonly format?: string;
  readonly nullable?: boolean;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];

  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly required?: readonly string[];
  readonly minProperties?: number;
  readonly maxProperties?: number;

  readonly items?: JsonSchema;
  readonly minItems?: number;
  readonly maxItems?: number;

  readonly minLength?: number;
  readonly maxLength?: number;
  /** RE2, not anchored. */
  readonly pattern?: string;

  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: boolean;
  readonly exclusiveMaximum?: boolean;
  readonly multipleOf?: number;

  readonly allOf?: readonly JsonSchema[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly not?: JsonSchema;

  readonly "x-kubernetes-preserve-unknown-fields"?: boolean;
  readonly "x-kubernetes-embedded-resource"?: boolean;
  readonly "x-kubernetes-int-or-string"?: boolean;
  readonly "x-kubernetes-list-type"?: "atomic" | "set" | "map";
  readonly "x-kubernetes-list-map-keys"?: readonly string[];
  readonly "x-kubernetes-map-type"?: "atomic" | "granular";
  readonly "x-kubernetes-validations"?: readonly ValidationRule[];
}
