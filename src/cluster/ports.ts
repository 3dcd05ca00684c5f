import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/**
 * Ports that are currently free on `address`. They lie below the range of ephemeral ports (32768 and up), so that only
 * another server can take one before it is bound.
 *
 * @throws Error when no free port is found.
 */
export async function freePorts(count: number, address = "127.0.0.1"): Promise<number[]> {
  const found = new Set<number>();
  for (let attempt = 0; found.size < count; attempt++) {
    if (attempt > 1_000) throw new Error(`no free port between 20000 and 32000 on ${address}`);
    const port = randomInt(20_000, 32_000);
    if (!found.has(port) && (await isFree(port, address))) found.add(port);
  }
  return [...found];
}

/** Whether a server could listen on the port now. */
export function isFree(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
