/** One path of a webhook server: the protocol of its reviews. */
export interface Endpoint {
  readonly apiVersion: string;
  /** Kind of the review in the response: `AdmissionReview` or `ConversionReview`. */
  readonly kind: string;
  /**
   * Reads a review.
   * @param source that it came from: an address, or the /64 network of an IPv6 address
   * @param traceparent of the review; valid
   * @throws BadReviewError that says what is wrong with it.
   */
  read(body: unknown, source?: string, traceparent?: string): PendingReview;
}

/** A review that was read and not yet answered. */
export interface PendingReview {
  readonly uid: string;
  /** For the log. */
  readonly name?: string | undefined;
  /** The `response` without its uid. */
  decide(): object | Promise<object>;
  /** The `response`, without its uid, if the decision failed or took too long. */
  failed(message: string): object;
}

/** The body is not a valid review. */
export class BadReviewError extends Error {
  override readonly name = "BadReviewError";
}
