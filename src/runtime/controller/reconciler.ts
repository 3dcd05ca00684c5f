import type { ObjectKey } from "../client/objects.js";
import type { Logger } from "../logger.js";

/** What a reconcile was asked for: an object's key, nothing about why. */
export type Request = ObjectKey;

/** What came of a reconcile that did not fail. */
export interface Result {
  /**
   * Look again after this many milliseconds, 0 or less: at once; it is no failure and does not touch the back-off. `NaN` is a
   * failure. Absent: when something changes.
   */
  readonly requeueAfter?: number;
}

/** What a reconcile is given beside its request. */
export interface ReconcileContext {
  /** Fires at the reconcile's deadline, when leadership is lost, and at shutdown. */
  readonly signal: AbortSignal;
  /** Bound to controller, object and `reconcileID`, the correlation id of everything this reconcile does. */
  readonly logger: Logger;
  readonly reconcileID: string;
}

export interface Reconciler {
  reconcile(request: Request, context: ReconcileContext): Promise<Result>;
}

/** Thrown by a reconciler where trying again can't help: it is logged and counted, and the key isn't requeued. */
export class TerminalError extends Error {
  override readonly name = "TerminalError";
}
