/** Option parsers and the usage exit code that several commands share. */
import { InvalidArgumentError, type Command } from "commander";

/** Collects the values of an option that may be repeated. */
export function repeatable(value: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, value];
}

export function commaSeparated(value: string): string[] {
  return value
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}

export function positiveInteger(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError("must be an integer of at least 1");
  return number;
}

/** A duration in seconds; fractions are allowed. */
export function seconds(value: string): number {
  const number = Number(value);
  if (!Number.isFinite(number) || number < 0) throw new InvalidArgumentError("must be a number of seconds, at least 0");
  return number;
}

export function portNumber(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 0 || number > 65_535)
    throw new InvalidArgumentError("must be a port from 0 to 65535");
  return number;
}

/** Makes a usage error exit with 2: commander's own code for it is 1, which our commands use for failures. */
export function exitOnUsageError(command: Command): void {
  command.exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
}

/** Parses a value that may come from an environment variable: an empty one counts as not set. */
export function emptyAs<T>(absent: T, read: (value: string) => T): (value: string) => T {
  return (value) => (value === "" ? absent : read(value));
}
