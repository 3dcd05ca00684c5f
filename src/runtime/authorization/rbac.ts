import type { Permission } from "../rbac/permission.js";
import { SubjectAccessReviews } from "./access-reviews.js";
import { TokenReviews } from "./bearer-access.js";

/** The permissions of `AccessReviews`. */
export function accessReviewPermissions(because: string): readonly Permission[] {
  return [{ resource: SubjectAccessReviews, verbs: ["create"], because }];
}

/** The permissions of `BearerAccess`. */
export const bearerAccessPermissions: readonly Permission[] = [
  { resource: TokenReviews, verbs: ["create"], because: "asks who the bearer of a token is" },
  ...accessReviewPermissions("asks whether the bearer of a token may read the metrics"),
];
