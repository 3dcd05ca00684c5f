import type { Status } from "../client/errors.js";
import type { KubernetesObject } from "../client/objects.js";
import { formatFieldError } from "../schema/field-error.js";
import { isObject } from "../schema/json.js";
import type {
  AdmissionRequest,
  Defaulter,
  GroupVersionKind,
  GroupVersionResource,
  Operation,
  Validator,
  Verdict,
} from "./admission.js";
import { BadReviewError, type Endpoint } from "./endpoint.js";
import { createJsonPatch } from "./json-patch.js";

/** The `response` of an AdmissionReview. */
export interface AdmissionResponse {
  readonly uid: string;
  readonly allowed: boolean;
  readonly status?: Status;
  readonly warnings?: readonly string[];
  readonly patchType?: "JSONPatch";
  /** Base64 of the JSON patch. */
  readonly patch?: string;
}

/** A handler's response; the server adds the uid. */
export type AdmissionDecision = Omit<AdmissionResponse, "uid">;

/** Decides on one request. An error that it throws denies the request. */
export type AdmissionHandler = (request: AdmissionRequest) => AdmissionDecision | Promise<AdmissionDecision>;

/** The API server cuts a longer warning (characters), and drops all warnings beyond the budget (bytes). */
const maxWarning = 256;
const warningBudget = 4096;

/**
 * Reads an AdmissionReview of admission.k8s.io/v1.
 * @throws BadReviewError that says what is wrong with it.
 */
export function readReview(body: unknown, source?: string): AdmissionRequest {
  if (!isObject(body)) throw new BadReviewError("the body is not a JSON object");
  if (body.kind !== "AdmissionReview" || body.apiVersion !== "admission.k8s.io/v1") {
    throw new BadReviewError("the body is not an AdmissionReview of admission.k8s.io/v1");
  }
  const request = body.request;
  if (!isObject(request)) throw new BadReviewError("request is missing");
  const { uid, operation, kind, resource, object, oldObject } = request;
  if (typeof uid !== "string" || uid === "") throw new BadReviewError("request.uid is missing");
  if (typeof operation !== "string" || !operations.has(operation)) {
    throw new BadReviewError(`request.operation is not one of ${[...operations].join(", ")}`);
  }
  if (!isObject(kind) || !isObject(resource)) throw new BadReviewError("request.kind or request.resource is missing");
  for (const name of [kind.group, kind.version, kind.kind, resource.group, resource.version, resource.resource])
    if (typeof name !== "string") throw new BadReviewError("request.kind or request.resource is not complete");
  if (object !== undefined && object !== null && !isObject(object)) {
    throw new BadReviewError("request.object is not an object");
  }
  if (operation !== "DELETE" && operation !== "CONNECT" && !isObject(object)) {
    throw new BadReviewError(`request.object is missing on ${operation}`);
  }
  const { subResource, name, namespace } = request;
  // an API server never sends it: the review is forged
  if (isElsewhere(object, namespace) || isElsewhere(oldObject, namespace))
    throw new BadReviewError("request.namespace is not that of the object");
  // member by member: an object literal with many spreads would take longer than everything else here
  const read: Mutable<AdmissionRequest> = {
    uid,
    operation: operation as Operation,
    kind: kind as unknown as GroupVersionKind,
    resource: resource as unknown as GroupVersionResource,
    userInfo: isObject(request.userInfo) ? request.userInfo : {},
    dryRun: request.dryRun === true,
  };
  if (typeof subResource === "string" && subResource !== "") read.subResource = subResource;
  if (typeof name === "string" && name !== "") read.name = name;
  if (typeof namespace === "string" && namespace !== "") read.namespace = namespace;
  if (isObject(object)) read.object = object;
  if (isObject(oldObject)) read.oldObject = oldObject;
  if (source !== undefined) read.source = source;
  return read;
}

function isElsewhere(object: unknown, namespace: unknown): boolean {
  if (!isObject(object) || !isObject(object.metadata)) return false;
  const { namespace: own } = object.metadata;
  return typeof own === "string" && own !== "" && own !== namespace;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** An endpoint for AdmissionReviews. */
export function admissionEndpoint(handler: AdmissionHandler): Endpoint {
  return {
    apiVersion: "admission.k8s.io/v1",
    kind: "AdmissionReview",
    read(body, source, traceparent) {
      const read = readReview(body, source);
      const request = traceparent === undefined ? read : { ...read, traceparent };
      return {
        uid: request.uid,
        name: request.name,
        decide: () => handler(request),
        failed: (message) => ({
          allowed: false,
          status: {
            status: "Failure",
            code: 500,
            reason: "InternalError",
            message: `the admission handler failed: ${message}`,
          },
        }),
      };
    },
  };
}

/** A mutating webhook's handler: returns the defaults as a JSON patch, unless the check denies the defaulted object. */
export function mutating<T extends KubernetesObject>(defaulter: Defaulter<T>, check?: Validator<T>): AdmissionHandler {
  return (untyped) => {
    const request = untyped as AdmissionRequest<T>;
    const given = request.object;
    if (given === undefined) return { allowed: true };
    return then(defaulter(given, request), (object) =>
      then(check?.({ ...request, object }), (verdict) =>
        verdict !== undefined && verdict.errors.length > 0 ? denied(request, verdict) : patched(given, object),
      ),
    );
  };
}

/** A validating webhook's handler. */
export function validating<T extends KubernetesObject>(validator: Validator<T>): AdmissionHandler {
  return (untyped) => {
    const request = untyped as AdmissionRequest<T>;
    return then(validator(request), (verdict) =>
      verdict.errors.length > 0 ? denied(request, verdict) : { allowed: true, ...withWarnings(verdict.warnings) },
    );
  };
}

/** Continues synchronously if the value is not a promise: the common case then needs no microtask. */
function then<T, U>(value: T | Promise<T>, next: (value: T) => U | Promise<U>): U | Promise<U> {
  return value instanceof Promise ? value.then(next) : next(value);
}

function patched(before: KubernetesObject, after: KubernetesObject): AdmissionDecision {
  const patch = createJsonPatch(before, after);
  if (patch.length === 0) return { allowed: true };
  const text = Buffer.from(JSON.stringify(patch)).toString("base64");
  return { allowed: true, patchType: "JSONPatch", patch: text };
}

/** A denial in the form of the API server's own `Invalid`: each violation is a cause with its path. */
function denied(request: AdmissionRequest, { errors, warnings }: Verdict): AdmissionDecision {
  const name = request.name ?? request.object?.metadata?.name ?? request.object?.metadata?.generateName ?? "";
  const { group, kind } = request.kind;
  const list = errors.map(formatFieldError);
  const problems = list.length === 1 ? (list[0] ?? "") : `[${list.join(", ")}]`;
  return {
    allowed: false,
    ...withWarnings(warnings),
    status: {
      status: "Failure",
      code: 422,
      reason: "Invalid",
      message: `${kind}${group === "" ? "" : `.${group}`} ${JSON.stringify(name)} is invalid: ${problems}`,
      details: {
        name,
        group,
        kind,
        causes: errors.map(({ reason, message, field }) => ({ reason, message, field })),
      },
    },
  };
}

function withWarnings(warnings: readonly string[]): { warnings?: readonly string[] } {
  if (warnings.length === 0) return {};
  const kept: string[] = [];
  let budget = warningBudget;
  for (const warning of warnings) {
    // the API server drops a warning that contains control characters
    const clean = Array.from(warning.replace(/\p{Cc}+/gu, " "))
      .slice(0, maxWarning)
      .join("");
    budget -= Buffer.byteLength(clean);
    if (budget < 0) break;
    kept.push(clean);
  }
  return kept.length > 0 ? { warnings: kept } : {};
}

const operations: ReadonlySet<string> = new Set<Operation>(["CREATE", "UPDATE", "DELETE", "CONNECT"]);
