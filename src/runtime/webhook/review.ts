import type { Status } from "../client/errors.js";
import type { KubernetesObject } from "../client/objects.js";
import { formatFieldError } from "../schema/fielderror.js";
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
import { createJsonPatch } from "./jsonpatch.js";

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

/** Decides on one request. */
export type AdmissionHandler = (request: AdmissionRequest) => Promise<Omit<AdmissionResponse, "uid">>;

/** Warnings that the API server passes on are cut to these sizes, or all of them dropped: keep within. */
const longestWarning = 256;
const warningBudget = 4096;

/**
 * Reads an AdmissionReview of admission.k8s.io/v1.
 * @throws BadReviewError with what is wrong with it.
 */
export function readReview(body: unknown): AdmissionRequest {
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
  if (object !== undefined && object !== null && !isObject(object)) {
    throw new BadReviewError("request.object is not an object");
  }
  if (operation !== "DELETE" && operation !== "CONNECT" && !isObject(object)) {
    throw new BadReviewError(`request.object is missing on ${operation}`);
  }
  return {
    uid,
    operation: operation as Operation,
    kind: kind as unknown as GroupVersionKind,
    resource: resource as unknown as GroupVersionResource,
    userInfo: isObject(request.userInfo) ? request.userInfo : {},
    dryRun: request.dryRun === true,
    ...(typeof request.subResource === "string" && request.subResource !== "" && { subResource: request.subResource }),
    ...(typeof request.name === "string" && request.name !== "" && { name: request.name }),
    ...(typeof request.namespace === "string" && request.namespace !== "" && { namespace: request.namespace }),
    ...(isObject(object) && { object: object }),
    ...(isObject(oldObject) && { oldObject: oldObject }),
  };
}

/** A path that answers AdmissionReviews. */
export function admissionEndpoint(handler: AdmissionHandler): Endpoint {
  return {
    apiVersion: "admission.k8s.io/v1",
    kind: "AdmissionReview",
    read(body) {
      const request = readReview(body);
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

/** A mutating webhook's handler: the object with its defaults goes back as a JSON patch, unless the check denies it. */
export function mutating<T extends KubernetesObject>(defaulter: Defaulter<T>, check?: Validator<T>): AdmissionHandler {
  return async (untyped) => {
    const request = untyped as AdmissionRequest<T>;
    if (request.object === undefined) return { allowed: true };
    const object = await defaulter(request.object, request);
    const verdict = await check?.({ ...request, object });
    if (verdict !== undefined && verdict.errors.length > 0) return denied(request, verdict);
    const patch = createJsonPatch(request.object, object);
    return {
      allowed: true,
      ...(patch.length > 0 && {
        patchType: "JSONPatch" as const,
        patch: Buffer.from(JSON.stringify(patch)).toString("base64"),
      }),
    };
  };
}

/** A validating webhook's handler. */
export function validating<T extends KubernetesObject>(validator: Validator<T>): AdmissionHandler {
  return async (untyped) => {
    const request = untyped as AdmissionRequest<T>;
    const verdict = await validator(request);
    if (verdict.errors.length > 0) return denied(request, verdict);
    return { allowed: true, ...withWarnings(verdict.warnings) };
  };
}

/** A denial in the form of the API server's own `Invalid`: every violation, with its path, as a cause. */
function denied(request: AdmissionRequest, { errors, warnings }: Verdict): Omit<AdmissionResponse, "uid"> {
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
  const kept: string[] = [];
  let budget = warningBudget;
  for (const warning of warnings) {
    // control characters make the API server drop a warning altogether
    const clean = Array.from(warning.replace(/\p{Cc}+/gu, " "))
      .slice(0, longestWarning)
      .join("");
    budget -= Buffer.byteLength(clean);
    if (budget < 0) break;
    kept.push(clean);
  }
  return kept.length > 0 ? { warnings: kept } : {};
}

const operations: ReadonlySet<string> = new Set<Operation>(["CREATE", "UPDATE", "DELETE", "CONNECT"]);

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
