import type { ObjectKey } from "../client/objects.js";
import type { Logger } from "../logger.js";

/** What a reconcile is for: the key of an object, and not the event that led to it. */
export type Request = ObjectKey;

/** The result of a reconcile that did not fail. */
export interface Result {
  /**
   * Reconcile again after this many milliseconds; 0 or less: at once. It is not a failure and does not affect the
   * back-off. `NaN` is a failure. Absent: when something changes.
   */
  readonly requeueAfter?: number;
}

/** What a reconcile gets beside its request. */
export interface ReconcileContext {
  /** Fires at the reconcile's deadline, when leadership is lost, and at shutdown. Pass it to every call. */
  readonly signal: AbortSignal;
  /** Bound to controller, object and `reconcileID`. */
  readonly logger: Logger;
  /** The correlation id of everything that this reconcile does. */
  readonly reconcileID: string;
}

/** Brings one object from its observed to its desired state. */
export interface Reconciler {
  /** Called for one key at a time. Whatever it throws is retried, see {@link Controller}. */
  reconcile(request: Request, context: ReconcileContext): Promise<Result>;
}

/** Thrown by a reconciler if a retry cannot help: it is logged and counted, and the key is not requeued. */
export class TerminalError extends Error {
  override readonly name = "TerminalError";
}
