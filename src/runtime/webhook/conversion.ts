import type { KubernetesObject } from "../client/objects.js";
import { errorText } from "../error-text.js";
import { isObject } from "../schema/json.js";
import { BadReviewError, type Endpoint } from "./endpoint.js";

/** Converts objects of one kind between its versions. */
export interface Converter {
  /**
   * Returns the object in the desired version, as a new object; it must not change its argument.
   * @throws Error that says what cannot be converted; the whole review then fails with its message.
   */
  convert(object: KubernetesObject, desiredAPIVersion: string): KubernetesObject | Promise<KubernetesObject>;
}

/** How one version converts to and from the hub, the version that all conversions go through. */
export interface Spoke<Version extends KubernetesObject, Hub extends KubernetesObject> {
  /** For example `example.com/v1beta1`. */
  readonly apiVersion: string;
  /** Must lose nothing that `fromHub` cannot restore: put what has no field in the hub into an annotation. */
  toHub(object: Version): Hub | Promise<Hub>;
  fromHub(hub: Hub): Version | Promise<Version>;
}

/**
 * A converter between any two versions by way of one of them, so that n versions need n - 1 pairs of functions.
 *
 * @param hubVersion apiVersion of the hub, for example `example.com/v2`.
 *
 * @example
 * interface WidgetV1 extends KubernetesObject {
 *   spec: { size: string };
 * }
 * interface WidgetV2 extends KubernetesObject {
 *   spec: { size: number };
 * }
 * const widgets = hubAndSpokes<WidgetV2>("example.com/v2", spoke<WidgetV1, WidgetV2>({
 *   apiVersion: "example.com/v1",
 *   toHub: ({ spec, ...rest }) => ({ ...rest, spec: { size: Number(spec.size) } }),
 *   fromHub: ({ spec, ...rest }) => ({ ...rest, spec: { size: String(spec.size) } }),
 * }));
 */
export function hubAndSpokes<Hub extends KubernetesObject>(
  hubVersion: string,
  ...spokes: readonly Spoke<KubernetesObject, Hub>[]
): Converter {
  const versions = new Map(spokes.map((one) => [one.apiVersion, one]));
  const known = [hubVersion, ...versions.keys()];
  const spokeOf = (apiVersion: string): Spoke<KubernetesObject, Hub> => {
    const found = versions.get(apiVersion);
    if (found === undefined) throw new Error(`version ${apiVersion} is unknown; known versions: ${known.join(", ")}`);
    return found;
  };
  return {
    async convert(object, desired) {
      const from = object.apiVersion ?? "";
      if (from === desired) return object;
      // before anything is converted, so that the error names the unknown version
      const target = desired === hubVersion ? undefined : spokeOf(desired);
      const hub = from === hubVersion ? (object as Hub) : await spokeOf(from).toHub(object);
      const converted: KubernetesObject = target === undefined ? hub : await target.fromHub(hub);
      return { ...converted, apiVersion: desired };
    },
  };
}

/** Types one spoke. Objects are trusted to match their apiVersion: the schema was enforced when they were stored. */
export function spoke<Version extends KubernetesObject, Hub extends KubernetesObject>(
  one: Spoke<Version, Hub>,
): Spoke<KubernetesObject, Hub> {
  return {
    apiVersion: one.apiVersion,
    toHub: (object) => one.toHub(object as Version),
    fromHub: (hub) => one.fromHub(hub),
  };
}

interface ConversionRequest {
  readonly uid: string;
  readonly desiredAPIVersion: string;
  readonly objects: readonly KubernetesObject[];
}

/** An endpoint for ConversionReviews of apiextensions.k8s.io/v1: it converts all objects, in order, or none. */
export function conversionEndpoint(converter: Converter): Endpoint {
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "ConversionReview",
    read(body) {
      const request = readConversion(body);
      return {
        uid: request.uid,
        decide: async () => {
          const convertedObjects: KubernetesObject[] = [];
          for (const object of request.objects) {
            try {
              const converted = await converter.convert(object, request.desiredAPIVersion);
              convertedObjects.push(withMetadataOf(object, converted, request.desiredAPIVersion));
            } catch (error) {
              return failed(`${describe(object)}: ${errorText(error)}`);
            }
          }
          return { convertedObjects, result: { status: "Success" } };
        },
        failed,
      };
    },
  };
}

function failed(message: string): object {
  return { convertedObjects: [], result: { status: "Failure", message } };
}

/** The API server rejects a response that changes metadata other than labels and annotations. */
function withMetadataOf(original: KubernetesObject, converted: KubernetesObject, apiVersion: string): KubernetesObject {
  if (converted.kind !== original.kind) throw new Error(`the conversion changed its kind to ${converted.kind ?? ""}`);
  const { labels: _labels, annotations: _annotations, ...fixed } = original.metadata ?? {};
  const { labels, annotations } = converted.metadata ?? {};
  return {
    ...converted,
    apiVersion,
    metadata: { ...fixed, ...(labels !== undefined && { labels }), ...(annotations !== undefined && { annotations }) },
  };
}

function describe({ kind, metadata }: KubernetesObject): string {
  const namespace = metadata?.namespace === undefined ? "" : `${metadata.namespace}/`;
  return `${kind ?? "object"} ${namespace}${metadata?.name ?? ""}`;
}

function readConversion(body: unknown): ConversionRequest {
  if (!isObject(body)) throw new BadReviewError("the body is not a JSON object");
  if (body.kind !== "ConversionReview" || body.apiVersion !== "apiextensions.k8s.io/v1") {
    throw new BadReviewError("the body is not a ConversionReview of apiextensions.k8s.io/v1");
  }
  const { request } = body;
  if (!isObject(request)) throw new BadReviewError("request is missing");
  const { uid, desiredAPIVersion, objects } = request;
  if (typeof uid !== "string" || uid === "") throw new BadReviewError("request.uid is missing");
  if (typeof desiredAPIVersion !== "string" || desiredAPIVersion === "") {
    throw new BadReviewError("request.desiredAPIVersion is missing");
  }
  if (!Array.isArray(objects) || !objects.every(isKubernetesObject)) {
    throw new BadReviewError("request.objects is not a list of objects with apiVersion, kind and metadata");
  }
  return { uid, desiredAPIVersion, objects };
}

function isKubernetesObject(value: unknown): value is KubernetesObject {
  return (
    isObject(value) &&
    typeof value.apiVersion === "string" &&
    typeof value.kind === "string" &&
    (value.metadata === undefined || isObject(value.metadata))
  );
}
