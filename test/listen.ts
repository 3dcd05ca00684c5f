/** Servers of tests on this machine. */
import { once } from "node:events";
import type { AddressInfo, Server, Socket } from "node:net";
import type { Test } from "tap";

/** Listens on a free port until the test ends, and then cuts off its connections. @returns the port */
export async function listen(t: Test, server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => sockets.add(socket));
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}
