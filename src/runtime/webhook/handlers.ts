import type { KubernetesObject } from "../client/objects.js";
import type { ResourceType } from "../client/resource.js";
import type { Defaulter, Validator } from "./admission.js";
import { mutating, validating, type AdmissionHandler } from "./review.js";

/** The admission of one type. */
export interface AdmissionOf<T extends KubernetesObject> {
  readonly type: ResourceType<T>;
  readonly defaulter?: Defaulter<T>;
  readonly validator?: Validator<T>;
  /**
   * Run the validator on the defaulted object in the mutating webhook too, and deny with all violations: the API server
   * stops at the first step that denies, so a user would otherwise learn of one violation at a time. Default false.
   */
  readonly validateWhileMutating?: boolean;
  /** Default: controller-runtime's, `/mutate-<group>-<version>-<kind>` and `/validate-…`. */
  readonly paths?: { readonly mutate: string; readonly validate: string };
}

/**
 * The handlers of one type by path, for a server's `handlers`.
 *
 * @example
 * const handlers = new Map(
 *   admissionHandlers({
 *     type: ConfigMaps,
 *     defaulter: (map) => ({ ...map, data: { color: "blue", ...map.data } }),
 *     validator: ({ object }) => ({
 *       errors:
 *         object?.data?.color === "red"
 *           ? [{ field: "data.color", reason: "FieldValueInvalid", message: "must not be red" }]
 *           : [],
 *       warnings: [],
 *     }),
 *   }),
 * );
 * const server = new WebhookServer({ handlers, clock: systemClock, logger: silentLogger });
 */
export function admissionHandlers<T extends KubernetesObject>(
  admission: AdmissionOf<T>,
): readonly (readonly [path: string, handler: AdmissionHandler])[] {
  const { type, defaulter, validator, validateWhileMutating = false } = admission;
  const paths = admission.paths ?? defaultPaths(type);
  const handlers: [string, AdmissionHandler][] = [];
  if (defaulter !== undefined) {
    handlers.push([paths.mutate, mutating(defaulter, validateWhileMutating ? validator : undefined)]);
  }
  if (validator !== undefined) handlers.push([paths.validate, validating(validator)]);
  return handlers;
}

/** The paths of controller-runtime's builder. */
function defaultPaths({ group, version, kind }: ResourceType): { readonly mutate: string; readonly validate: string } {
  const name = [group.replaceAll(".", "-"), version, kind.toLowerCase()].join("-");
  return { mutate: `/mutate-${name}`, validate: `/validate-${name}` };
}
