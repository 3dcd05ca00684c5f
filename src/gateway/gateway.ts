/** The gateway's server: loopback only, in the pod of one attempt. */
import { writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { join } from "node:path";
import { aborted } from "../runtime/abort.js";
import { sleep, type Clock } from "../runtime/clock.js";
import { errorText } from "../runtime/error-text.js";
import { readBoundedFile } from "../runtime/input/bounded-file.js";
import type { Logger } from "../runtime/logger.js";
import { DeliveryCalls, type DeliveryCall } from "./git/delivery-calls.js";
import type { SshEntry } from "./git/git-entry.js";
import { GitProxy } from "./git/git-proxy.js";
import type { GitServer } from "./git/git-server.js";
import { secretVariables } from "./git/secret-variables.js";
import { writeCapability, writeGitInclude } from "./git/write-capability.js";
import { Ledger, type Budget } from "./ledger.js";
import { ModelProxy } from "./model-proxy.js";
import { PriceList, type Price } from "./tokens.js";
import type { Upstream } from "./upstream.js";
import { SshAgent } from "./ssh/ssh-agent.js";
import { SshKey } from "./ssh/ssh-key.js";
import { reportText } from "./usage-report.js";

export interface GatewayOptions {
  /** 0: any free port. */
  readonly port: number;
  /** By the first part of the path. They are closed when the gateway stops. */
  readonly upstreams: ReadonlyMap<string, Upstream>;
  /** Repositories of the run. They are closed when the gateway stops. */
  readonly git?: {
    readonly servers: readonly GitServer[];
    /** Directory that only containers that may write to repositories mount. */
    readonly writeDirectory: string;
    /** Has the Secrets of the agent's variables, which a diff is searched for, too. */
    readonly variablesDirectory?: string;
    /** Absent: no repository is reached by ssh. */
    readonly ssh?: SshEntry;
  };
  /** Files with keys of models, which a diff is searched for. */
  readonly keyFiles: readonly string[];
  readonly prices: Readonly<Record<string, Price>>;
  readonly budget: Budget;
  /** Directory that lives as long as the pod. */
  readonly stateDirectory: string;
  /** File of the container's termination message. */
  readonly terminationMessage: string;
  /** Seconds that a request waits for a provider's limits to reset. Default 60. */
  readonly maxProviderWaitSeconds?: number;
  /** Seconds in which the rest of an answer is read after the agent has closed its connection. Default 30. */
  readonly readOnSeconds?: number;
  /** Seconds that answers in flight get to finish when the gateway stops. Default 10. */
  readonly drainSeconds?: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Connections at once: of a program, its subagents and its tools. */
const maxConnections = 1_000;

/** Milliseconds between two looks whether requests are under way. */
const drainCheck = 50;

export class Gateway {
  readonly #options: GatewayOptions;
  readonly #server: Server;
  readonly #ledger: Ledger;
  readonly #proxy: ModelProxy;
  readonly #git: { readonly proxy: GitProxy; readonly calls: DeliveryCalls } | undefined;
  readonly #ssh: { readonly key: SshKey; readonly agent: SshAgent } | undefined;
  #isStopping = false;

  constructor(options: GatewayOptions) {
    this.#options = options;
    const { logger, clock, prices, budget, stateDirectory, upstreams } = options;
    const { maxProviderWaitSeconds = 60, readOnSeconds = 30 } = options;
    this.#ledger = new Ledger({
      ...{ prices: new PriceList(prices), budget, file: join(stateDirectory, "usage.jsonl") },
      onWarning: (part) => logger.warn({ part }, "the run's budget is nearly used"),
      onJournalError: (err) =>
        logger.error({ err }, "the usage cannot be written; it is lost if the gateway is killed"),
    });
    this.#proxy = new ModelProxy({
      ...{ upstreams, ledger: this.#ledger, clock, logger, onChange: () => this.#report() },
      ...{ maxProviderWait: maxProviderWaitSeconds * 1_000, readOn: readOnSeconds * 1_000 },
    });
    this.#ssh = this.#sshParts();
    this.#git = this.#gitParts();
    this.#server = createServer(
      // a request arrives from the same pod; its answer may take as long as a model thinks, and a push as long as it is large
      {
        headersTimeout: 10_000,
        requestTimeout: options.git === undefined ? 120_000 : 30 * 60_000,
        keepAliveTimeout: 65_000,
        maxHeaderSize: 32_768,
      },
      (request, response) => this.#handle(request, response),
    );
    this.#server.maxConnections = maxConnections;
    this.#server.on("connection", (socket: Socket) => socket.setNoDelay(true));
  }

  /** The port in use, once it listens. */
  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : this.#options.port;
  }

  /** Serves until the signal fires, then ends. @param onListening called once. @throws Error if the port is taken */
  async run(signal: AbortSignal, onListening?: () => void): Promise<void> {
    const { port, logger, upstreams, git } = this.#options;
    await this.#ssh?.agent.start();
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, "127.0.0.1", () => {
        this.#server.off("error", reject);
        if (git !== undefined) writeGitInclude(git.writeDirectory, `http://127.0.0.1:${this.port}`);
        resolve();
      });
    });
    const repositories = git?.servers.flatMap((server) => [...server.repositories].map(({ url }) => url)) ?? [];
    logger.info({ port: this.port, upstreams: [...upstreams.keys()], repositories }, "serving");
    this.#report();
    onListening?.();
    await aborted(signal);
    await this.#drain();
    this.#report();
    this.#ledger.close();
    await this.#ssh?.agent.stop();
    await Promise.all([...upstreams.values(), ...(git?.servers ?? [])].map((each) => each.close()));
  }

  #gitParts(): { readonly proxy: GitProxy; readonly calls: DeliveryCalls } | undefined {
    const { git, clock, logger, keyFiles } = this.#options;
    if (git === undefined) return undefined;
    const mayWrite = writeCapability(git.writeDirectory);
    const { variablesDirectory } = git;
    const otherSecrets = async (): Promise<readonly string[]> => [
      ...(await readKeys(keyFiles)),
      ...((await this.#ssh?.key.secrets()) ?? []),
      ...(variablesDirectory === undefined ? [] : await secretVariables(variablesDirectory)),
    ];
    const servers = new Map(git.servers.map((server) => [server.host, server]));
    return {
      proxy: new GitProxy({ servers, mayWrite, clock, logger }),
      calls: new DeliveryCalls({ servers: git.servers, mayWrite, otherSecrets, logger }),
    };
  }

  #sshParts(): { readonly key: SshKey; readonly agent: SshAgent } | undefined {
    const { git, logger } = this.#options;
    if (git?.ssh === undefined) return undefined;
    const key = new SshKey(git.ssh);
    return { key, agent: new SshAgent({ key, directories: { ...git.ssh.sockets }, logger }) };
  }

  get #underWay(): number {
    return this.#proxy.underWay + (this.#git?.proxy.underWay ?? 0);
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    const { url = "/" } = request;
    if (url === "/healthz") {
      response.writeHead(200, { "content-type": "text/plain; charset=utf-8" }).end("ok\n");
      return;
    }
    if (url === "/ssh/key" && this.#ssh !== undefined) {
      void answerKey(this.#ssh.key, response);
      return;
    }
    if (this.#git !== undefined && !this.#isStopping) {
      if (url.startsWith("/git/")) {
        void this.#git.proxy.pass(url.slice("/git".length), request, response);
        return;
      }
      const [, call] = /^\/delivery\/(scan|pull-request|verdict)$/.exec(url) ?? [];
      if (call !== undefined) {
        void this.#git.calls.answer(call as DeliveryCall, request, response);
        return;
      }
    }
    const [, name = "", target = ""] = /^\/([a-z0-9-]{1,63})(\/.*)$/.exec(url) ?? [];
    const upstream = this.#options.upstreams.get(name);
    if (upstream === undefined || this.#isStopping) {
      const [status, message] = this.#isStopping
        ? [503, "the gateway stops, because the attempt has ended"]
        : [404, `the gateway serves ${[...this.#options.upstreams.keys()].map((each) => `/${each}/`).join(", ")}`];
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify({ error: { message } }));
      return;
    }
    void this.#proxy.pass(name, upstream, target, request, response);
  }

  async #drain(): Promise<void> {
    const { clock, drainSeconds = 10 } = this.#options;
    this.#isStopping = true;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    const deadline = clock.monotonic() + drainSeconds * 1_000;
    while (this.#underWay > 0 && clock.monotonic() < deadline) await sleep(clock, drainCheck);
    this.#proxy.abort();
    this.#git?.proxy.abort();
    this.#server.closeIdleConnections();
    while (this.#underWay > 0) await sleep(clock, drainCheck);
    this.#server.closeAllConnections();
    await closed;
  }

  #report(): void {
    try {
      writeFileSync(this.#options.terminationMessage, reportText(this.#ledger, this.#proxy.ends));
    } catch (err) {
      this.#options.logger.error({ err }, "the usage report cannot be written");
    }
  }
}

/** Whether the key and the known hosts can be used, and if not, why: the protocol of ssh-agent has no words for that. */
async function answerKey(key: SshKey, response: ServerResponse): Promise<void> {
  const [status, text] = await Promise.all([key.privateKey(), key.knownHosts()]).then(
    ([{ type, blob }]) => [200, `${type} ${blob.toString("base64")}`] as const,
    (error: unknown) => [403, errorText(error)] as const,
  );
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8" }).end(`${text}\n`);
}

async function readKeys(files: readonly string[]): Promise<readonly string[]> {
  const contents = await Promise.all(files.map((file) => readBoundedFile(file, 65_536).catch(() => undefined)));
  return contents.map((content) => content?.toString() ?? "");
}
