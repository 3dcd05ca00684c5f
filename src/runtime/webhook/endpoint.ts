/** One path of a webhook server: the protocol of its reviews, whatever they are about. */
export interface Endpoint {
  readonly apiVersion: string;
  /** Of the review that goes back: `AdmissionReview` or `ConversionReview`. */
  readonly kind: string;
  /**
   * Reads a review.
   * @throws BadReviewError with what is wrong with it.
   */
  read(body: unknown): PendingReview;
}

/** A review that was read and is to be answered. */
export interface PendingReview {
  readonly uid: string;
  /** For the log. */
  readonly name?: string | undefined;
  /** The `response` without its uid. */
  decide(): object | Promise<object>;
  /** The `response`, without its uid, where the decision failed or took too long. */
  failed(message: string): object;
}

/** The body is no review that can be answered. */
export class BadReviewError extends Error {
  override readonly name = "BadReviewError";
}
