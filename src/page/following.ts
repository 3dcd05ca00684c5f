/** Keeps a view connected to what it shows: connects again after a loss, with back-off, and says so. */
import { signal, type ReadonlySignal } from "@preact/signals";
import { backOff, longestDelay } from "./back-off.js";
import { RestError } from "./rest-client.js";

export type Connection =
  | { readonly state: "connecting" }
  | { readonly state: "live" }
  /** The stream has come to its end: nothing more will happen. */
  | { readonly state: "ended" }
  | { readonly state: "lost"; readonly message: string; readonly status: number; readonly retryAt: number };

/** A connection that is made again until it ends or is stopped. */
export class Following {
  readonly #state = signal<Connection>({ state: "connecting" });
  readonly #stop = new AbortController();
  #retryNow: () => void = () => undefined;
  readonly #wake = (): void => this.#retryNow();

  /**
   * @param connect reads to the end of the connection: resolves to true if nothing more can come, to false to connect again at
   * once; calls `onLive` when it has what the view shows. What it throws, except a missing sign-in, is shown, and tried again.
   */
  constructor(connect: (signal: AbortSignal, onLive: () => void) => Promise<boolean>) {
    // the network is back, or the person looks again
    window.addEventListener("online", this.#wake);
    void this.#run(connect);
  }

  get state(): ReadonlySignal<Connection> {
    return this.#state;
  }

  retry(): void {
    this.#retryNow();
  }

  stop(): void {
    window.removeEventListener("online", this.#wake);
    this.#stop.abort(new Error("no longer shown"));
  }

  async #run(connect: (signal: AbortSignal, onLive: () => void) => Promise<boolean>): Promise<void> {
    const { signal } = this.#stop;
    for (let tries = 0; !signal.aborted;) {
      const connectedAt = { time: 0 };
      try {
        const isOver = await connect(signal, () => {
          connectedAt.time = Date.now();
          this.#state.value = { state: "live" };
        });
        if (isOver) {
          this.#state.value = { state: "ended" };
          return;
        }
        // a server that ends streams at once would otherwise get requests without a pause
        tries = Date.now() - connectedAt.time > 1_000 ? 0 : tries + 1;
        if (tries > 0) await this.#pause(backOff(tries - 1, Math.random()));
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        if (error instanceof RestError && error.status === 401) return;
        if (connectedAt.time > 0 && Date.now() - connectedAt.time > longestDelay) tries = 0;
        const delay = backOff(tries++, Math.random());
        const message = error instanceof Error ? error.message : String(error);
        const status = error instanceof RestError ? error.status : 0;
        this.#state.value = { state: "lost", message, status, retryAt: Date.now() + delay };
        await this.#pause(delay);
      }
    }
  }

  #pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      const now = (): void => {
        clearTimeout(timer);
        resolve();
      };
      this.#retryNow = now;
      this.#stop.signal.addEventListener("abort", now, { once: true });
    });
  }
}
