import { Command } from "commander";
import { Registry } from "prom-client";
import { systemClock } from "../runtime/clock.js";
import { errorText } from "../runtime/error-text.js";
import type { HttpClient } from "../runtime/client/http.js";
import { createApp } from "../server/app.js";
import { LocalSession } from "../server/local-session.js";
import { readPage, servePage } from "../server/page.js";
import { RestServer } from "../server/rest-server.js";
import { version } from "../version.js";
import { clientOf, withAccessOptions, type AccessOptions } from "./cluster-access.js";
import { processIo, UsageError, withExitCode, type CommandIo } from "./io.js";
import { browserOpener, openPrivately } from "./open-browser.js";
import { portNumber } from "./options.js";
import { createLogger } from "./service.js";

interface UiFlags extends AccessOptions {
  readonly port: number;
  readonly open: boolean;
}

/**
 * `orchestrator ui`: serves the page on a loopback port, with the credentials of the kubeconfig, until Ctrl-C.
 *
 * Exit codes: 0 stopped by a signal; 2 wrong usage, no cluster, or a port that is taken.
 */
export function uiCommand(io: CommandIo = processIo): Command {
  return withAccessOptions(new Command("ui"), "namespace to show first (default: all)")
    .description("open the page in a browser, with the rights of the kubeconfig")
    .option("--port <number>", "port on 127.0.0.1; 0 takes a free one", portNumber, 0)
    .option("--no-open", "do not open a browser, only print the link")
    .addHelpText("after", examples)
    .action(
      withExitCode(io, async (flags: UiFlags) => {
        const stop = new AbortController();
        const end = (): void => stop.abort(new Error("stopped"));
        for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, end);
        await serveUi(flags, io, stop.signal);
        return 0;
      }),
    );
}

const examples = `
Examples:
  orchestrator ui                       # opens a browser, or prints a link that works once
  orchestrator ui --context staging -n team-a
  orchestrator ui --no-open --port 8001 # from another machine: ssh -L 8001:127.0.0.1:8001 ...`;

/** Serves until the signal fires. @throws UsageError */
async function serveUi(flags: UiFlags, io: CommandIo, signal: AbortSignal): Promise<void> {
  const page = pageFiles();
  const client = await clientOf(flags);
  let forget = (): void => undefined;
  try {
    const { server, session } = localServer(client, page, flags);
    await server
      .run(signal, () => {
        const opener = flags.open ? browserOpener(process.platform, process.env) : undefined;
        if (opener !== undefined) forget = openPrivately(opener, session.link);
        io.out(`The page is at ${session.link}\n`);
        io.err("The link works once. Press Ctrl-C to stop.\n");
      })
      .catch((error: unknown) => {
        throw new UsageError(`error: port ${flags.port} cannot be used: ${errorText(error)}`);
      });
  } finally {
    forget();
    await client.close();
  }
}

function pageFiles(): ReturnType<typeof readPage> {
  try {
    return readPage();
  } catch (error) {
    throw new UsageError(`error: ${errorText(error)}`);
  }
}

function localServer(
  client: HttpClient,
  page: ReturnType<typeof readPage>,
  { port, namespace }: UiFlags,
): { server: RestServer; session: LocalSession } {
  const session: LocalSession = new LocalSession(() => server.port);
  // what goes wrong is in the page; the terminal has the link alone
  const logger = createLogger("silent");
  const target = namespace === undefined ? "/ui/" : `/ui/?namespace=${encodeURIComponent(namespace)}`;
  const app = createApp({
    ...{ namespace: namespace ?? client.namespace, version, clock: systemClock, logger, registry: new Registry() },
    callerOf: (request) => (session.readToken(request) === undefined ? undefined : { key: "local", client }),
    before: [session.serve(target), servePage(page)],
  });
  const server: RestServer = new RestServer({
    ...{ app, host: "127.0.0.1", port, clock: systemClock, logger },
    ...{ maxConnections: 200, drainDelay: 0, drainTimeout: 1_000 },
  });
  return { server, session };
}
