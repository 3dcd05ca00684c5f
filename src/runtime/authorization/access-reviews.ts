import { createHash } from "node:crypto";
import { resourceType } from "../client/resource.js";
import type { Client } from "../client/client.js";
import type { KubernetesObject } from "../client/objects.js";
import type { Clock } from "../clock.js";
import { RateLimit } from "../rate-limit.js";
import type { UserInfo } from "../webhook/admission.js";

/** A review of the API server's authorizers: whether a user may do something. */
export interface SubjectAccessReview extends KubernetesObject {
  spec: {
    user: string;
    uid?: string;
    groups?: readonly string[];
    extra?: Readonly<Record<string, readonly string[]>>;
    resourceAttributes?: ResourceAction;
    nonResourceAttributes?: { path: string; verb: string };
  };
  status?: { allowed?: boolean; reason?: string };
}

/** Resource of SubjectAccessReview. */
export const SubjectAccessReviews = resourceType<SubjectAccessReview>({
  group: "authorization.k8s.io",
  version: "v1",
  kind: "SubjectAccessReview",
  plural: "subjectaccessreviews",
  namespaced: false,
});

/** Something that a user may or may not do with a resource; as in a SubjectAccessReview. */
export interface ResourceAction {
  /** Lower case, such as `get`, `create` or `impersonate`. */
  readonly verb: string;
  /** Empty for the core group. */
  readonly group: string;
  /** Plural, in lower case. */
  readonly resource: string;
  /** Absent: in all namespaces, or the resource has none. */
  readonly namespace?: string;
  /** Absent: any object. */
  readonly name?: string;
}

/** The API server's authorizers; {@link AccessReviews} asks them. */
export interface Authorizer {
  /**
   * @param source on whose behalf access is reviewed, such as the address that sent a review
   * @throws TooManyQuestionsError if that source asks too much
   */
  isAllowed(user: UserInfo, action: ResourceAction, source?: string): Promise<boolean>;
}

/** A source has caused too many new reviews. */
export class TooManyQuestionsError extends Error {
  override readonly name = "TooManyQuestionsError";
}

/** Options of {@link AccessReviews}. */
export interface AccessReviewsOptions {
  readonly client: Pick<Client, "create">;
  readonly clock: Clock;
  /** Milliseconds for which an answer is reused. Default 10,000. A right that was removed counts for that long. */
  readonly reuse?: number;
  /** Answers that are kept at most; the oldest is dropped. Default 4096. */
  readonly maxAnswers?: number;
  /**
   * New reviews per second of one source, and how many of them at once: who can forge reviews must neither flood the API server
   * nor search through names quickly. Default 50 and 500; a known answer costs nothing.
   */
  readonly questionsPerSecond?: number;
  readonly burst?: number;
}

interface Answer {
  readonly at: number;
  readonly allowed: Promise<boolean>;
}

/**
 * Asks the API server what users may do, and reuses its answers for seconds. Failed reviews are not cached.
 *
 * The program needs the right to create subjectaccessreviews ({@link accessReviewPermissions}).
 *
 * @example
 * async function mayRead(reviews: Authorizer, user: UserInfo, name: string): Promise<boolean> {
 *   return reviews.isAllowed(user, { verb: "get", group: "", resource: "secrets", namespace: "default", name });
 * }
 */
export class AccessReviews implements Authorizer {
  readonly #options: Required<AccessReviewsOptions>;
  /** In the order of their age. */
  readonly #answers = new Map<string, Answer>();
  readonly #limit: RateLimit;

  constructor(options: AccessReviewsOptions) {
    this.#options = { reuse: 10_000, maxAnswers: 4096, questionsPerSecond: 50, burst: 500, ...options };
    const { clock, questionsPerSecond: perSecond, burst } = this.#options;
    this.#limit = new RateLimit({ clock, perSecond, burst });
  }

  /** @throws what the request throws; the review then has no result */
  isAllowed(user: UserInfo, action: ResourceAction, source?: string): Promise<boolean> {
    const { clock, reuse, maxAnswers } = this.#options;
    const key = keyOf(user, action);
    const now = clock.monotonic();
    const known = this.#answers.get(key);
    if (known !== undefined && known.at + reuse > now) return known.allowed;
    if (source !== undefined && !this.#limit.take(source))
      return Promise.reject(new TooManyQuestionsError("too many questions about access from the same address"));
    const allowed = this.#ask(user, action);
    this.#answers.delete(key);
    this.#answers.set(key, { at: now, allowed });
    for (const oldest of this.#answers.keys()) {
      if (this.#answers.size <= maxAnswers) break;
      this.#answers.delete(oldest);
    }
    allowed.catch(() => {
      if (this.#answers.get(key)?.allowed === allowed) this.#answers.delete(key);
    });
    return allowed;
  }

  async #ask(user: UserInfo, action: ResourceAction): Promise<boolean> {
    const spec = { ...subjectOf(user), resourceAttributes: action };
    const { status } = await this.#options.client.create(SubjectAccessReviews, { spec });
    return status?.allowed === true;
  }
}

/** A user as the spec of a review names it. */
export function subjectOf({
  username = "",
  uid,
  groups,
  extra,
}: UserInfo): Pick<SubjectAccessReview["spec"], "user" | "uid" | "groups" | "extra"> {
  return {
    user: username,
    ...(uid !== undefined && uid !== "" && { uid }),
    ...(groups !== undefined && { groups }),
    ...(extra !== undefined && { extra }),
  };
}

/** Of fixed length: a forged review may name a user with megabytes of groups, and thousands of answers are kept. */
function keyOf(user: UserInfo, action: ResourceAction): string {
  return createHash("sha256")
    .update(JSON.stringify([subjectOf(user), action]))
    .digest("base64");
}
