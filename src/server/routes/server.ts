/** `/health`, probes, metrics and the document. They need no token. */
import type { Registry } from "prom-client";
import type { Clock } from "../../runtime/clock.js";
import type { Answer, Handlers } from "../call.js";
import { restDocument } from "../generated/rest-document.js";

export interface ServerState {
  readonly version: string;
  readonly clock: Clock;
  readonly registry: Registry;
  readonly check: () => string | undefined;
}

type Ids = "getHealth" | "getApiHealth" | "getLiveness" | "getReadiness" | "getMetrics" | "getDocument";

const text = "text/plain; charset=utf-8";

export function serverHandlers({ version, clock, registry, check }: ServerState): Handlers<Ids> {
  const health = (): Promise<Answer> => {
    const problem = check();
    const body = {
      status: problem === undefined ? "healthy" : "unhealthy",
      version,
      timestamp: new Date(clock.now()).toISOString(),
      ...(problem !== undefined && { failing: [problem] }),
    };
    return Promise.resolve({ status: problem === undefined ? 200 : 503, body });
  };
  return {
    getHealth: health,
    getApiHealth: health,
    getLiveness: () => Promise.resolve({ body: "ok\n", type: text }),
    getReadiness: () => {
      const problem = check();
      const status = problem === undefined ? 200 : 503;
      return Promise.resolve({ status, body: problem === undefined ? "ok\n" : `[-] ${problem}\n`, type: text });
    },
    getMetrics: async () => ({ body: await registry.metrics(), type: registry.contentType }),
    getDocument: () => Promise.resolve({ body: restDocument }),
  };
}
