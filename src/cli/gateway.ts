import { Command } from "commander";
import { gatewayOptions, readGatewayFile } from "../gateway/gateway-file.js";
import { Gateway } from "../gateway/gateway.js";
import { systemClock } from "../runtime/clock.js";
import { createLogger, logLevelOption, stopSignal } from "./service.js";

interface Flags {
  readonly config: string;
  readonly logLevel: string;
}

/**
 * `orchestrator gateway`: the side-car of an agent's pod, until SIGTERM or SIGINT.
 *
 * Exit codes: 0 stopped by a signal; 1 failed, with the reason in the log; 2 wrong usage.
 */
export function gatewayCommand(): Command {
  return new Command("gateway")
    .description(
      "serve models to the agent of one pod, with keys that the agent does not have, and count what they use",
    )
    .requiredOption("--config <file>", "file with upstreams, prices and the budget")
    .addOption(logLevelOption())
    .action((flags: Flags) => run(flags));
}

async function run({ config, logLevel }: Flags): Promise<void> {
  const logger = createLogger(logLevel);
  const stop = stopSignal(logger);
  try {
    const options = gatewayOptions(readGatewayFile(config));
    await new Gateway({ ...options, clock: systemClock, logger }).run(stop);
  } catch (error) {
    logger.error({ err: error }, "the gateway failed");
    process.exitCode = 1;
  }
  logger.flush(() => process.exit());
}
