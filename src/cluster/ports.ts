import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/**
 * Ports that are free on `address` now. They lie below the range from which the kernel takes ports of outgoing
 * connections (32768 and up), so that only another server could take one before it is bound.
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

/** Whether a server could listen there now. */
export function isFree(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
