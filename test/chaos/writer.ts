/**
 * An operator whose only work is to write: while it leads, it changes one ConfigMap again and again. Several of these, on
 * one Lease, are what the leader election test kills, stops and continues; the API server's audit log tells them apart
 * by their User-Agent.
 *
 *   node writer.js '{"kubeconfig": ..., "namespace": ..., "name": "writer-1", ...}'
 *
 * It reports its state on stdout, one JSON object per line.
 */
import type { ServerAccess } from "#src/runtime/client/access.js";
import { ConfigMaps } from "#src/runtime/client/builtin.js";
import { kubeconfigAccess } from "#src/runtime/client/kubeconfig.js";
import { sleep, systemClock } from "#src/runtime/clock.js";
import { silentLogger, type Logger } from "#src/runtime/logger.js";
import { LeadershipLostError, Manager } from "#src/runtime/manager/manager.js";

export interface WriterOptions {
  readonly kubeconfig: string;
  readonly namespace: string;
  /** In the User-Agent, and as the Lease's holder. */
  readonly name: string;
  /** Milliseconds by which its wall clock is off. */
  readonly skew: number;
  readonly leaseDuration?: number;
  readonly renewDeadline?: number;
  readonly retryPeriod?: number;
  /** Milliseconds between the end of a write and the next. Default 50. */
  readonly interval?: number;
  /**
   * Send itself SIGSTOP in its fifth write, after leadership was checked and before anything was sent: the worst moment
   * there is.
   */
  readonly stopInWrite?: boolean;
  readonly verbose?: boolean;
}

/** A line of its output. */
export type WriterEvent =
  | { readonly event: "started"; readonly probes: number }
  | { readonly event: "leading" | "stopping" }
  | { readonly event: "refused"; readonly error: string }
  | { readonly event: "ended"; readonly outcome: "stopped" | "lost" | "failed"; readonly error?: string };

/** The ConfigMap that they write, in the namespace of the test. */
export const target = "written";
export const lease = "writers";

function say(event: WriterEvent): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

const toStderr: Logger = {
  debug: () => undefined,
  info: (fields, message) => console.error(message, JSON.stringify(fields)),
  warn: (fields, message) => console.error(message, fields),
  error: (fields, message) => console.error(message, fields),
  child: () => toStderr,
};

async function main(options: WriterOptions): Promise<void> {
  const { namespace, name, skew, interval = 50 } = options;
  let writes = 0;
  let preparing = false;
  const real = await kubeconfigAccess({ file: options.kubeconfig });
  // the client asks for headers between the check of leadership and the request
  const access: ServerAccess = {
    namespace: real.namespace,
    connection: () => real.connection(),
    headers(refresh) {
      if (options.stopInWrite === true && preparing && writes === 5) {
        preparing = false;
        say({ event: "stopping" });
        process.kill(process.pid, "SIGSTOP");
      }
      return real.headers(refresh);
    },
  };
  const manager = new Manager({
    access,
    name,
    version: "0",
    logger: options.verbose === true ? toStderr : silentLogger,
    clock: { ...systemClock, now: () => systemClock.now() + skew },
    probes: { host: "127.0.0.1", port: 0 },
    leaderElection: {
      namespace,
      name: lease,
      identity: name,
      ...(options.leaseDuration !== undefined && { leaseDuration: options.leaseDuration }),
      ...(options.renewDeadline !== undefined && { renewDeadline: options.renewDeadline }),
      ...(options.retryPeriod !== undefined && { retryPeriod: options.retryPeriod }),
    },
  });
  manager.cache.informer(ConfigMaps, { namespaces: [namespace] });
  manager.add(
    {
      name: "writer",
      async start(signal) {
        say({ event: "leading" });
        while (!signal.aborted) {
          try {
            preparing = true;
            await manager.client.patch(
              ConfigMaps,
              { namespace, name: target },
              { type: "merge", body: { data: { writer: name, write: String(++writes) } } },
              { timeout: 20_000 },
            );
          } catch (error) {
            say({ event: "refused", error: error instanceof Error ? error.name : String(error) });
          }
          await sleep(systemClock, interval, signal);
        }
      },
    },
    "leader",
  );
  // a test that died leaves no writer behind
  process.stdin.resume().once("close", () => process.exit(1));
  process.stdin.unref();
  const stop = new AbortController();
  process.once("SIGTERM", () => stop.abort(new Error("SIGTERM")));
  manager.add(
    {
      name: "announcement",
      async start(signal) {
        // the groups before this one are ready: caches are filled, and it is only the lead that it waits for
        say({ event: "started", probes: manager.probesPort });
        await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
      },
    },
    "others",
  );
  try {
    await manager.start(stop.signal);
    say({ event: "ended", outcome: "stopped" });
  } catch (error) {
    const lost = error instanceof LeadershipLostError;
    say({ event: "ended", outcome: lost ? "lost" : "failed", error: String(error) });
    process.exitCode = lost ? 3 : 1;
  }
}

if (process.argv[2] !== undefined) await main(JSON.parse(process.argv[2]) as WriterOptions);
