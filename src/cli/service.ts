/** What the commands share that run until a signal stops them. */
import { trace } from "@opentelemetry/api";
import { InvalidArgumentError, Option } from "commander";
import { pino, type Logger } from "pino";
import { emptyAs } from "./options.js";

const levels = ["trace", "debug", "info", "warn", "error"];

export const logLevelOption = (): Option =>
  new Option("--log-level <level>", `log level: ${levels.join(", ")}`)
    .env("LOG_LEVEL")
    .argParser(emptyAs("info", level))
    .default("info");

/** Fires at SIGTERM or SIGINT; a second signal ends the process. */
export function stopSignal(logger: Logger): AbortSignal {
  const stop = new AbortController();
  for (const name of ["SIGTERM", "SIGINT"] as const) {
    process.once(name, () => {
      logger.info({ signal: name }, "stopping; a second signal stops immediately");
      stop.abort(new Error(name));
      process.once(name, () => process.exit(1));
    });
  }
  return stop.signal;
}

/** Identifiers of the active span, for its lines in the log. */
function activeSpan(): object {
  const span = trace.getActiveSpan()?.spanContext();
  return span === undefined ? {} : { trace_id: span.traceId, span_id: span.spanId };
}

/**
 * One JSON object per line on standard output. A line that is written while a span is active has its trace_id and span_id.
 *
 * @param onLine also receives each line, after redaction
 */
export function createLogger(logLevel: string, onLine?: (line: string) => void): Logger {
  return pino({
    mixin: activeSpan,
    ...(onLine !== undefined && {
      hooks: {
        streamWrite: (line) => {
          onLine(line);
          return line;
        },
      },
    }),
    level: logLevel,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { err: describeError },
    redact: ["token", "authorization", "*.token", "*.authorization", "password", "*.password"],
  });
}

/** The logged part of an error: never request bodies or headers, which may hold credentials. */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  return {
    type: error.name,
    message: error.message,
    stack: error.stack,
    ...(error.cause instanceof Error && { cause: error.cause.message }),
  };
}

function level(value: string): string {
  if (!levels.includes(value)) throw new InvalidArgumentError(`must be one of ${levels.join(", ")}`);
  return value;
}
