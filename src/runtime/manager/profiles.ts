import { Session } from "node:inspector";
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import type { ParsedUrlQuery } from "node:querystring";
import { onAbort } from "../abort.js";
import type { BearerAccess } from "../authorization/bearer-access.js";
import { sleep, type Clock } from "../clock.js";
import type { Logger } from "../logger.js";

/** The used part of koa's context, declared here so that users of the runtime need no types of koa. */
interface Exchange {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly query: ParsedUrlQuery;
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  status: number;
  type: string;
  body: unknown;
  set(header: string, value: string): void;
  attachment(filename: string): void;
}

export interface ProfilesOptions {
  /** Authorizes the callers. */
  readonly access: BearerAccess;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The file names of profiles are `<prefix>-<seconds since the epoch>.<suffix>`. */
  readonly filePrefix: string;
}

/** Seconds. */
const maxDuration = 60;
/** Microseconds between two samples: V8's default, at which a profile costs a few percent of CPU. */
const samplingInterval = 1_000;
/** Bytes between two samples of the heap: V8's default. */
const heapSamplingInterval = 512 * 1024;

/** The inspector calls that begin and end each kind of profile. */
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
 * `GET /debug/pprof/profile?seconds=N` and `/debug/pprof/heap?seconds=N` (1 to 60, default 10): where CPU time is spent,
 * and where memory was allocated that is still in use, in the formats of Chrome's DevTools. Only for callers who may `get`
 * that nonResourceURL; one profile at a time.
 *
 * Both are sampled. A snapshot of the whole heap would say more but stop the event loop for seconds: long enough to lose
 * a lease.
 */
export class Profiles {
  readonly #options: ProfilesOptions;
  #busy = false;

  constructor(options: ProfilesOptions) {
    this.#options = options;
  }

  /** Responds if the path is one of its own, else returns false. @param stop ends a profile in progress. */
  async handle(context: Exchange, stop: AbortSignal): Promise<boolean> {
    if (!Object.hasOwn(kinds, context.path)) return false;
    const kind = kinds[context.path as keyof typeof kinds];
    const { clock, logger, filePrefix } = this.#options;
    const access = await this.#options.access.of({
      authorization: context.headers.authorization,
      path: context.path,
      source: context.req.socket.remoteAddress ?? "",
    });
    if (!access.allowed) {
      if (access.status === 401) context.set("www-authenticate", "Bearer");
      refuse(context, access.status, access.message);
      return true;
    }
    const seconds = Number(context.query.seconds ?? "10");
    if (!Number.isFinite(seconds) || seconds < 1 || seconds > maxDuration) {
      refuse(context, 400, `seconds must be a number from 1 to ${maxDuration}`);
      return true;
    }
    if (this.#busy) {
      refuse(context, 409, "another profile is in progress");
      return true;
    }
    this.#busy = true;
    const session = new Session();
    const gone = new AbortController();
    const end = (): void => gone.abort();
    context.res.once("close", end);
    const removeListener = onAbort(stop, end);
    try {
      logger.info({ user: access.user, path: context.path, seconds }, "recording a profile");
      session.connect();
      for (const [method, parameters] of kind.begin) await post(session, method, parameters);
      await sleep(clock, seconds * 1000, gone.signal);
      const { profile } = (await post(session, kind.end)) as { profile: unknown };
      context.type = "application/json";
      context.attachment(`${filePrefix}-${Math.round(clock.now() / 1000)}.${kind.suffix}`);
      context.body = JSON.stringify(profile);
    } finally {
      context.res.off("close", end);
      removeListener();
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
