/** Admission as a handler sees it: admission.k8s.io/v1, already read and bounded. */
import type { KubernetesObject } from "../client/objects.js";
import type { FieldError } from "../schema/field-error.js";

export type Operation = "CREATE" | "UPDATE" | "DELETE" | "CONNECT";

export interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

export interface GroupVersionResource {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
}

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
}

/** Returns the object with its defaults: a new one or the same; never changes the one given. Must be idempotent. */
export type Defaulter<T extends KubernetesObject> = (object: T, request: AdmissionRequest<T>) => T | Promise<T>;

export interface Verdict {
  /** Empty: admitted. All violations at once, never only the first. */
  readonly errors: readonly FieldError[];
  /** Shown to the user by kubectl; at most 256 characters each are kept by the API server. */
  readonly warnings: readonly string[];
}

export type Validator<T extends KubernetesObject> = (request: AdmissionRequest<T>) => Verdict | Promise<Verdict>;
