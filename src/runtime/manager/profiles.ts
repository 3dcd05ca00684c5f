import { Session } from "node:inspector";
import type { IncomingMessage, ServerResponse } from "node:http";
import { onAbort } from "../abort.js";
import type { BearerAccess } from "../authorization/bearer-access.js";
import { sleep, type Clock } from "../clock.js";
import type { Logger } from "../logger.js";
import { target, textReply, type Reply } from "./reply.js";

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

  /**
   * @param response only watched: a caller who leaves ends the profile
   * @param stop ends a profile in progress
   * @returns undefined if the path is none of its own
   */
  async handle(request: IncomingMessage, response: ServerResponse, stop: AbortSignal): Promise<Reply | undefined> {
    const { path, query } = target(request);
    if (!Object.hasOwn(kinds, path)) return undefined;
    const { access: callers, logger } = this.#options;
    const { authorization } = request.headers;
    const access = await callers.of({ authorization, path, source: request.socket.remoteAddress ?? "" });
    if (!access.allowed)
      return textReply(access.status, access.message, access.status === 401 ? { "www-authenticate": "Bearer" } : {});
    const seconds = Number(query.get("seconds") ?? "10");
    if (!Number.isFinite(seconds) || seconds < 1 || seconds > maxDuration)
      return textReply(400, `seconds must be a number from 1 to ${maxDuration}`);
    if (this.#busy) return textReply(409, "another profile is in progress");
    this.#busy = true;
    const gone = new AbortController();
    const end = (): void => gone.abort();
    response.once("close", end);
    const removeListener = onAbort(stop, end);
    try {
      logger.info({ user: access.user, path, seconds }, "recording a profile");
      return await this.#record(path as keyof typeof kinds, seconds, gone.signal);
    } finally {
      response.off("close", end);
      removeListener();
      this.#busy = false;
    }
  }

  async #record(path: keyof typeof kinds, seconds: number, gone: AbortSignal): Promise<Reply> {
    const { clock, filePrefix } = this.#options;
    const kind = kinds[path];
    const session = new Session();
    try {
      session.connect();
      for (const [method, parameters] of kind.begin) await post(session, method, parameters);
      await sleep(clock, seconds * 1000, gone);
      const { profile } = (await post(session, kind.end)) as { profile: unknown };
      const file = `${filePrefix}-${Math.round(clock.now() / 1000)}.${kind.suffix}`;
      return {
        ...{ status: 200, type: "application/json; charset=utf-8", body: JSON.stringify(profile) },
        headers: { "content-disposition": `attachment; filename="${file}"` },
      };
    } finally {
      session.disconnect();
    }
  }
}

function post(session: Session, method: string, parameters?: object): Promise<unknown> {
  return new Promise((resolve, reject) => {
    session.post(method, parameters, (error, result) => (error === null ? resolve(result) : reject(error)));
  });
}
