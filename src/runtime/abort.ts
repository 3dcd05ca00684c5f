/** Waiting for an AbortSignal, and passing its firing on. The only place that adds "abort" listeners. */

/**
 * Calls back once when the signal fires; at once if it has fired already.
 *
 * @returns removes the listener. Call it when the work ends: a listener on a long-lived signal is a leak.
 */
export function onAbort(signal: AbortSignal | undefined, callback: () => void): () => void {
  if (signal === undefined) return () => undefined;
  if (signal.aborted) {
    callback();
    return () => undefined;
  }
  signal.addEventListener("abort", callback, { once: true });
  return () => signal.removeEventListener("abort", callback);
}

/**
 * An abort controller that also fires, with the same reason, as soon as one of its source signals does.
 *
 * Unlike `AbortSignal.any`, it can be unlinked, so that work of which there is much leaves nothing behind on a signal
 * that lives as long as the process.
 */
export class LinkedAbort {
  readonly #controller = new AbortController();
  readonly #unlink: readonly (() => void)[];

  /** @param sources an absent one never fires. */
  constructor(...sources: readonly (AbortSignal | undefined)[]) {
    this.#unlink = sources.map((source) => onAbort(source, () => this.abort(source?.reason)));
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  abort(reason?: unknown): void {
    this.#controller.abort(reason);
  }

  /** Removes the listeners from the sources; the signal then fires only by `abort`. */
  unlink(): void {
    for (const unlink of this.#unlink) unlink();
  }
}

/** Resolves when the signal fires. */
export async function aborted(signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => onAbort(signal, resolve));
}

/** Resolves as soon as the promise does or the signal fires; rejects if the promise does so first. */
export async function settledOrAborted(promise: Promise<unknown>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve, reject) => {
    const removeListener = onAbort(signal, resolve);
    promise.finally(removeListener).then(() => resolve(), reject);
  });
}

/** Resolves or rejects as the promise does, unless the signal fires first: then it rejects with the signal's reason. */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  await settledOrAborted(Promise.allSettled([promise]), signal);
  signal.throwIfAborted();
  return promise;
}
