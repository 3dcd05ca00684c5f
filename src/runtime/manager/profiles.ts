import { Session } from "node:inspector";
import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import type { ParsedUrlQuery } from "node:querystring";
import type { Client } from "../client/client.js";
import { sleep, type Clock } from "../clock.js";
import type { Logger } from "../logger.js";
import { authorize } from "./authentication.js";

/** What is used of koa's context, in words of our own: users of the runtime need no types of koa's then. */
interface Exchange {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly query: ParsedUrlQuery;
  readonly res: ServerResponse;
  status: number;
  type: string;
  body: unknown;
  set(header: string, value: string): void;
  attachment(filename: string): void;
}

export interface ProfilesOptions {
  /** Asks who may. */
  readonly client: Client;
  readonly clock: Clock;
  readonly logger: Logger;
}

const longest = 60;
/** Microseconds between two samples: V8's default, at which a profile costs a few percent. */
const samplingInterval = 1_000;
/** Bytes between two samples of the heap; V8's default. */
const heapSamplingInterval = 512 * 1024;

/** What is recorded between the two calls, and how. */
const kinds = {
  "/debug/pprof/profile": {
    suffix: "cpuprofile",
    begin: [
      ["Profiler.enable", undefined],
      ["Profiler.setSamplingInterval", { interval: samplingInterval }],
      ["Profiler.start", undefined],
    ],
    end: "Profiler.stop",
  },
  "/debug/pprof/heap": {
    suffix: "heapprofile",
    begin: [["HeapProfiler.startSampling", { samplingInterval: heapSamplingInterval }]],
    end: "HeapProfiler.stopSampling",
  },
} as const;

/**
 * `GET /debug/pprof/profile?seconds=N` and `/debug/pprof/heap?seconds=N` (1 to 60, default 10): where time went, and by whom memory
 * was taken that was not given back, in the formats of Chrome's DevTools. For those only who may `get` that nonResourceURL; one at a time.
 *
 * Both are sampled. A snapshot of the whole heap would say more, and stop the event loop for seconds: long enough to lose a lease.
 */
export class Profiles {
  readonly #options: ProfilesOptions;
  #busy = false;

  constructor(options: ProfilesOptions) {
    this.#options = options;
  }

  /** Answers where the path is one of its own; false where not. @param stop ends a profile that is being taken. */
  async handle(context: Exchange, stop: AbortSignal): Promise<boolean> {
    if (!Object.hasOwn(kinds, context.path)) return false;
    const kind = kinds[context.path as keyof typeof kinds];
    const { client, clock, logger } = this.#options;
    let access;
    try {
      access = await authorize(client, context.headers, context.path);
    } catch (error) {
      logger.warn({ err: error }, "the API server could not be asked who may take a profile");
      refuse(context, 503, "the API server could not be asked whether you may");
      return true;
    }
    if (!access.allowed) {
      if (access.status === 401) context.set("www-authenticate", "Bearer");
      refuse(context, access.status, access.message);
      return true;
    }
    const seconds = Number(context.query.seconds ?? "10");
    if (!Number.isFinite(seconds) || seconds < 1 || seconds > longest) {
      refuse(context, 400, `seconds is a number from 1 to ${longest}`);
      return true;
    }
    if (this.#busy) {
      refuse(context, 409, "another profile is being taken");
      return true;
    }
    this.#busy = true;
    const session = new Session();
    const gone = new AbortController();
    const end = (): void => gone.abort();
    context.res.once("close", end);
    stop.addEventListener("abort", end, { once: true });
    try {
      logger.info({ user: access.user, path: context.path, seconds }, "a profile is being taken");
      session.connect();
      for (const [method, parameters] of kind.begin) await post(session, method, parameters);
      await sleep(clock, seconds * 1000, gone.signal);
      const { profile } = (await post(session, kind.end)) as { profile: unknown };
      context.type = "application/json";
      context.attachment(`orchestrator-${Math.round(clock.now() / 1000)}.${kind.suffix}`);
      context.body = JSON.stringify(profile);
    } finally {
      context.res.off("close", end);
      stop.removeEventListener("abort", end);
      session.disconnect();
      this.#busy = false;
    }
    return true;
  }
}

function refuse(context: Exchange, status: number, message: string): void {
  context.status = status;
  context.body = `${message}\n`;
}

function post(session: Session, method: string, parameters?: object): Promise<unknown> {
  return new Promise((resolve, reject) => {
    session.post(method, parameters, (error, result) => (error === null ? resolve(result) : reject(error)));
  });
}
