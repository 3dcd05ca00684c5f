import type { KubernetesObject } from "../client/objects.js";
import type { ResourceType } from "../client/resource.js";
import type { Defaulter, Validator } from "./admission.js";
import { mutating, validating, type AdmissionHandler } from "./review.js";

export interface AdmissionOf<T extends KubernetesObject> {
  readonly type: ResourceType<T>;
  readonly defaulter?: Defaulter<T>;
  readonly validator?: Validator<T>;
  /**
   * Run the validator on what the defaulter made, too, and deny with all that it finds: the API server stops at the first step
   * that finds fault, so a user would be told of one thing at a time. Default false.
   */
  readonly validateWhileMutating?: boolean;
  /** Default: controller-runtime's, `/mutate-<group>-<version>-<kind>` and `/validate-…`. */
  readonly paths?: { readonly mutate: string; readonly validate: string };
}

/**
 * The handlers of one type by path, for a server's `handlers`.
 *
 * @example
 * new WebhookServer({ handlers: new Map([
 *   ...admissionHandlers({ type: Widgets, defaulter: withSize, validator: checkSize }),
 *   ...admissionHandlers({ type: Gadgets, validator: checkGadget }),
 * ]), ... });
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

/** The paths that controller-runtime's builder gives a type. */
function defaultPaths({ group, version, kind }: ResourceType): { readonly mutate: string; readonly validate: string } {
  const name = [group.replaceAll(".", "-"), version, kind.toLowerCase()].join("-");
  return { mutate: `/mutate-${name}`, validate: `/validate-${name}` };
}
