import type { Permission } from "../rbac/permission.js";
import { SubjectAccessReviews } from "./access-reviews.js";

/** The permissions of `AccessReviews`. */
export function accessReviewPermissions(because: string): readonly Permission[] {
  return [{ resource: SubjectAccessReviews, verbs: ["create"], because }];
}
