import { authorship } from "../../api/authorship.js";
import { isObject, member, withMembers, type JsonObject } from "../../runtime/schema/json.js";
import type { AdmissionRequest } from "../../runtime/webhook/admission.js";
import type { AnyRun } from "../kind.js";
import { requestsAttempt, textIn, viewOf } from "../view.js";

/** Characters of a user's name that are recorded. Names from certificates and tokens have no limit of their own. */
const maxLength = 256;

/**
 * The run with the record of who created it and who asked for its newest attempt. What a request itself says there is replaced: by
 * the user of the request, or by what the stored object has. Returns the object itself if it has the right record.
 */
export function withAuthorship<R extends AnyRun>(
  object: R,
  { operation, oldObject, userInfo }: Pick<AdmissionRequest<R>, "operation" | "oldObject" | "userInfo">,
): R {
  const metadata: unknown = object.metadata;
  if (!isObject(metadata)) return object;
  const given = member(metadata, "annotations") ?? {};
  if (!isObject(given)) return object;
  // a review that no API server sent may name a user of any type
  const user = (textIn(userInfo, "username") ?? "").slice(0, maxLength);
  const stored = operation === "CREATE" ? {} : (oldObject?.metadata?.annotations ?? {});
  const createdBy = operation === "CREATE" ? user : stored[authorship.createdBy];
  const isRequest = oldObject !== undefined && requestsAttempt(viewOf(object), viewOf(oldObject));
  const requestedBy = isRequest ? user : stored[authorship.attemptRequestedBy];
  const annotations = withValue(
    withValue(given, authorship.createdBy, createdBy),
    authorship.attemptRequestedBy,
    requestedBy,
  );
  if (annotations === given) return object;
  const next: unknown = withMembers(object as unknown as JsonObject, {
    metadata: withMembers(metadata, { annotations }),
  });
  return next as R; // as well-formed as the object was
}

function withValue(annotations: JsonObject, key: string, value: string | undefined): JsonObject {
  if (annotations[key] === value) return annotations;
  if (value !== undefined) return withMembers(annotations, { [key]: value });
  return Object.fromEntries(Object.entries(annotations).filter(([each]) => each !== key));
}
