import type { Server } from "node:http";

/** A server on a free port. */
export interface Listening {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

export async function listen(server: Server, host = "127.0.0.1"): Promise<Listening> {
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("not listening");
  return {
    url: `http://${host}:${address.port}`,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
