/** Admission requests (admission.k8s.io/v1) as handlers see them: parsed and checked. */
import type { KubernetesObject } from "../client/objects.js";
import type { FieldError } from "../schema/field-error.js";

/** The operation that is admitted. */
export type Operation = "CREATE" | "UPDATE" | "DELETE" | "CONNECT";

/** Identifies a kind. */
export interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** Identifies a resource. */
export interface GroupVersionResource {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
}

/** The user who sent the request. */
export interface UserInfo {
  readonly username?: string;
  readonly uid?: string;
  readonly groups?: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** The `request` of an AdmissionReview, for objects of type T. */
export interface AdmissionRequest<T extends KubernetesObject = KubernetesObject> {
  readonly uid: string;
  readonly kind: GroupVersionKind;
  readonly resource: GroupVersionResource;
  readonly subResource?: string;
  readonly name?: string;
  readonly namespace?: string;
  readonly operation: Operation;
  readonly userInfo: UserInfo;
  /** Absent on DELETE. */
  readonly object?: T;
  /** Present on UPDATE and DELETE. */
  readonly oldObject?: T;
  readonly dryRun: boolean;
  /** Where the review came from: an address, or the /64 network of an IPv6 address. Anybody may have sent it. */
  readonly source?: string;
  /** The trace that the review belongs to, as a valid `traceparent`: its span here if traces are exported, else the caller's. */
  readonly traceparent?: string;
}

/** Returns the object with its defaults: a new object or the same one. It must not change its argument, and be idempotent. */
export type Defaulter<T extends KubernetesObject> = (object: T, request: AdmissionRequest<T>) => T | Promise<T>;

/** The result of a validation. */
export interface Verdict {
  /** All violations, not just the first; empty if the request is admitted. */
  readonly errors: readonly FieldError[];
  /** kubectl shows them to the user. Each is cut to 256 characters, the API server's limit. */
  readonly warnings: readonly string[];
}

/** Decides whether a request is admitted. An error that it throws denies the request. */
export type Validator<T extends KubernetesObject> = (request: AdmissionRequest<T>) => Verdict | Promise<Verdict>;
