/** A TCP proxy that a test can break in the ways in which networks break. The traffic stays encrypted with TLS. */
import { connect, createServer, type Server, type Socket } from "node:net";

export class BrokenCable {
  readonly #server: Server;
  readonly #pairs = new Set<{ readonly near: Socket; readonly far: Socket }>();
  /** Traffic is silently dropped. */
  #cut = false;
  #held = false;

  private constructor(target: { readonly host: string; readonly port: number }) {
    this.#server = createServer({ allowHalfOpen: true }, (near) => {
      const far = connect({ host: target.host, port: target.port, allowHalfOpen: true });
      const pair = { near, far };
      this.#pairs.add(pair);
      if (this.#held) this.hold();
      const carry = (from: Socket, to: Socket): void => {
        from.on("data", (chunk: Buffer) => {
          if (this.#cut) return;
          if (!to.write(chunk)) {
            from.pause();
            to.once("drain", () => {
              if (!this.#held) from.resume();
            });
          }
        });
        from.on("end", () => {
          if (!this.#cut) to.end();
        });
        from.on("error", () => to.destroy());
        from.on("close", () => {
          this.#pairs.delete(pair);
          if (!this.#cut) to.destroy();
        });
      };
      carry(near, far);
      carry(far, near);
    });
  }

  /** Listens on loopback and forwards to the target. */
  static async open(target: URL): Promise<BrokenCable> {
    const cable = new BrokenCable({ host: target.hostname, port: Number(target.port) });
    await new Promise<void>((resolve) => cable.#server.listen(0, "127.0.0.1", resolve));
    return cable;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  get connections(): number {
    return this.#pairs.size;
  }

  /** Every connection is reset at once. */
  reset(): void {
    for (const { near, far } of this.#pairs) {
      near.resetAndDestroy();
      far.destroy();
    }
  }

  /** From now on traffic on open connections is dropped; connections opened after `mend` work. */
  cut(): void {
    this.#cut = true;
  }

  /** From now on traffic is delayed until `release` is called. */
  hold(): void {
    this.#held = true;
    for (const { near, far } of this.#pairs) for (const end of [near, far]) end.pause();
  }

  release(): void {
    this.#held = false;
    for (const { near, far } of this.#pairs) for (const end of [near, far]) end.resume();
  }

  /** Forwards new connections again; those that were cut stay dead, as after the failover of a router. */
  mend(): void {
    for (const pair of this.#pairs) {
      for (const end of [pair.near, pair.far]) {
        end.removeAllListeners();
        end.on("error", () => undefined);
        // later data is dropped
        end.resume();
      }
      pair.near.on("close", () => this.#pairs.delete(pair));
      pair.far.destroy();
    }
    this.#cut = false;
  }

  async close(): Promise<void> {
    this.reset();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}
