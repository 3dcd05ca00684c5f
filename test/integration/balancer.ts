import { connect, createServer, type Socket } from "node:net";
import type { Test } from "tap";

/** One address for several replicas, like a Service: connections go to the listening ones in turn. */
export class Balancer {
  readonly backends: number[] = [];
  /** Open connections by backend. */
  readonly connections = new Map<number, number>();
  #turn = 0;
  port = 0;

  async start(t: Test): Promise<void> {
    const open = new Set<Socket>();
    const server = createServer((socket) => {
      const port = this.backends[this.#turn++ % this.backends.length] ?? 1;
      const backend = connect(port, "127.0.0.1");
      const count = (by: number): unknown => this.connections.set(port, (this.connections.get(port) ?? 0) + by);
      count(1);
      backend.once("close", () => count(-1));
      for (const end of [socket, backend]) {
        open.add(end);
        end.once("close", () => open.delete(end));
      }
      socket.pipe(backend).pipe(socket);
      socket.on("error", () => backend.destroy());
      backend.on("error", () => socket.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    this.port = (server.address() as { port: number }).port;
    t.teardown(() => {
      server.close();
      for (const socket of open) socket.destroy();
    });
  }

  /** Adds or removes the replica, by its readiness. */
  set(port: number, ready: boolean): void {
    const at = this.backends.indexOf(port);
    if (ready && at < 0) this.backends.push(port);
    if (!ready && at >= 0) this.backends.splice(at, 1);
  }
}
