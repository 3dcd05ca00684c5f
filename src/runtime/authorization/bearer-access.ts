import { createHash } from "node:crypto";
import type { Client } from "../client/client.js";
import type { KubernetesObject } from "../client/objects.js";
import { resourceType } from "../client/resource.js";
import type { Clock } from "../clock.js";
import type { Logger } from "../logger.js";
import { RateLimit } from "../rate-limit.js";
import { subjectOf, SubjectAccessReviews } from "./access-reviews.js";

interface TokenReview extends KubernetesObject {
  spec: { token: string };
  status?: {
    authenticated?: boolean;
    user?: { username?: string; uid?: string; groups?: string[]; extra?: Record<string, string[]> };
  };
}

/** Resource of TokenReview. */
export const TokenReviews = resourceType<TokenReview>({
  group: "authentication.k8s.io",
  version: "v1",
  kind: "TokenReview",
  plural: "tokenreviews",
  namespaced: false,
});

/** Whether a request is allowed and, if not, the response. */
export type Access =
  | { readonly allowed: true; readonly user: string }
  | { readonly allowed: false; readonly status: 401 | 403 | 429 | 503; readonly message: string };

/** A request to a server of this program. */
export interface BearerRequest {
  /** The header `Authorization`. */
  readonly authorization: string | undefined;
  readonly path: string;
  /** Address of the client. */
  readonly source: string;
}

/** Options of {@link BearerAccess}. */
export interface BearerAccessOptions {
  readonly client: Pick<Client, "create">;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Milliseconds for which a permission is reused. Default 60,000: a token that was revoked works for that long. */
  readonly reuseAllowed?: number;
  /** Milliseconds for which a denial is reused. Default 10,000. */
  readonly reuseDenied?: number;
  /** Decisions that are kept at most; the oldest is dropped. Default 1,000. */
  readonly maxDecisions?: number;
  /** Tokens of one address that are not known yet: per second, and at once. Default 5 and 20. Others get 429. */
  readonly questionsPerSecond?: number;
  readonly burst?: number;
}

interface Decision {
  readonly access: Promise<Access>;
  until: number;
}

/**
 * Whether the bearer of a token may `get` a nonResourceURL, by a TokenReview and a SubjectAccessReview, as the filter
 * `WithAuthenticationAndAuthorization` of controller-runtime. Answers are reused; without the API server, only what is known
 * is answered, and everything else gets 503.
 *
 * The program itself needs to create both reviews ({@link bearerAccessPermissions}).
 */
export class BearerAccess {
  readonly #options: Required<BearerAccessOptions>;
  readonly #limit: RateLimit;
  /** In the order of their age. */
  readonly #decisions = new Map<string, Decision>();

  constructor(options: BearerAccessOptions) {
    this.#options = {
      ...{ reuseAllowed: 60_000, reuseDenied: 10_000, maxDecisions: 1_000, questionsPerSecond: 5, burst: 20 },
      ...options,
    };
    const { clock, questionsPerSecond: perSecond, burst } = this.#options;
    this.#limit = new RateLimit({ clock, perSecond, burst });
  }

  /** Never rejects. */
  async of({ authorization = "", path, source }: BearerRequest): Promise<Access> {
    const token = /^Bearer ([\w.~+/=-]+)$/i.exec(authorization)?.[1];
    if (token === undefined) return { allowed: false, status: 401, message: "a bearer token is required" };
    const { clock, maxDecisions } = this.#options;
    // the token itself is not kept
    const key = createHash("sha256").update(`${path} ${token}`).digest("base64");
    const known = this.#decisions.get(key);
    if (known !== undefined && known.until > clock.monotonic()) return known.access;
    if (!this.#limit.take(source))
      return { allowed: false, status: 429, message: "too many tokens were tried from this address" };
    // until it is known, everybody with the same token waits for the same answer
    const decision: Decision = { access: this.#decide(token, path), until: Infinity };
    this.#decisions.delete(key);
    this.#decisions.set(key, decision);
    for (const oldest of this.#decisions.keys()) {
      if (this.#decisions.size <= maxDecisions) break;
      this.#decisions.delete(oldest);
    }
    const access = await decision.access;
    decision.until = clock.monotonic() + this.#reuseOf(access);
    return access;
  }

  #reuseOf(access: Access): number {
    const { reuseAllowed, reuseDenied } = this.#options;
    if (access.allowed) return reuseAllowed;
    // a failed review is repeated at once
    return access.status === 503 ? 0 : reuseDenied;
  }

  async #decide(token: string, path: string): Promise<Access> {
    const { client } = this.#options;
    try {
      const { status } = await client.create(TokenReviews, { spec: { token } });
      const { user = {} } = status ?? {};
      const { username } = user;
      if (status?.authenticated !== true || username === undefined)
        return { allowed: false, status: 401, message: "the token is not valid" };
      const spec = { ...subjectOf(user), nonResourceAttributes: { path, verb: "get" } };
      const review = await client.create(SubjectAccessReviews, { spec });
      if (review.status?.allowed !== true)
        return { allowed: false, status: 403, message: `${username} may not get the nonResourceURL ${path}` };
      return { allowed: true, user: username };
    } catch (error) {
      this.#options.logger.warn({ err: error, path }, "cannot authorize a request");
      const message = "cannot authorize the request: the API server did not respond";
      return { allowed: false, status: 503, message };
    }
  }
}
