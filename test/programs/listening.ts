import { Server as TlsServer, type Server } from "node:https";
import type { Server as PlainServer } from "node:http";

/** A server on a free port. */
export interface Listening {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

export async function listen(server: PlainServer | Server, host = "127.0.0.1"): Promise<Listening> {
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("not listening");
  return {
    url: `${server instanceof TlsServer ? "https" : "http"}://${host}:${address.port}`,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
