import { existsSync, writeFileSync } from "node:fs";
import { Command } from "commander";
import { gatewayOptions, readGatewayFile } from "../gateway/gateway-file.js";
import { Gateway } from "../gateway/gateway.js";
import { sleep, systemClock } from "../runtime/clock.js";
import { errorText } from "../runtime/error-text.js";
import { createLogger, logLevelOption, stopSignal } from "./service.js";

interface Flags {
  readonly config: string;
  readonly waitReady?: boolean;
  readonly logLevel: string;
}

/**
 * `orchestrator gateway`: the side-car of an agent's pod, until SIGTERM or SIGINT.
 *
 * Exit codes: 0 stopped by a signal, or with --wait-ready ready; 1 failed, with the reason in the log; 2 wrong usage.
 */
export function gatewayCommand(): Command {
  return new Command("gateway")
    .description(
      "proxy the model requests of one pod's agent, with keys that the agent does not have, and count its usage",
    )
    .requiredOption("--config <file>", "file with upstreams, prices and the budget")
    .option(
      "--wait-ready",
      "only wait until the gateway with this configuration is ready, at most 20 seconds; for a start-up probe",
    )
    .addOption(logLevelOption())
    .action((flags: Flags) => (flags.waitReady === true ? waitReady(flags) : run(flags)));
}

/** Milliseconds. */
const longestWait = 20_000;
const retryAfter = 50;

/** Exit code 0 as soon as the gateway answers, 1 if it does not in time. */
async function waitReady({ config }: Flags): Promise<void> {
  const problem = await unreadiness(config).catch(errorText);
  if (problem !== undefined) process.stderr.write(`the gateway does not serve: ${problem}\n`);
  // without waiting for a connection that is kept alive
  process.exit(problem === undefined ? 0 : 1);
}

async function unreadiness(config: string): Promise<string | undefined> {
  const deadline = systemClock.monotonic() + longestWait;
  const { port } = await readGatewayFile(config);
  for (;;) {
    const problem = await fetch(`http://127.0.0.1:${port}/healthz`).then(
      ({ status }) => (status === 200 ? undefined : `it answers with ${status}`),
      errorText,
    );
    if (problem === undefined || systemClock.monotonic() > deadline) return problem;
    await sleep(systemClock, retryAfter);
  }
}

async function run({ config, logLevel }: Flags): Promise<void> {
  const logger = createLogger(logLevel);
  const stop = stopSignal(logger);
  // in a pod, also before a configuration names another one
  let terminationMessage = "/dev/termination-log";
  try {
    const content = await readGatewayFile(config);
    ({ terminationMessage } = content);
    await new Gateway({ ...(await gatewayOptions(content, systemClock)), logger }).run(stop);
  } catch (error) {
    logger.error({ err: error }, "the gateway failed");
    explainEnd(terminationMessage, errorText(error));
    process.exitCode = 1;
  }
  logger.flush(() => process.exit());
}

/** Characters of an error in the status of a run. */
const longestExplanation = 500;

/** The status of the run shows it, if its agent cannot start for it. */
function explainEnd(file: string, error: string): void {
  try {
    // only a container's own file: elsewhere the log is where people look
    if (existsSync(file)) writeFileSync(file, error.slice(0, longestExplanation));
  } catch {
    // the log has the error
  }
}
