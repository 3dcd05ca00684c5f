/** Lines of a program that are neither its answer nor the script's, and sound as if it had not liked something. */
export function complaints(output: string, expected: RegExp): string[] {
  return output
    .split("\n")
    .filter((line) => !line.startsWith("{") && !line.startsWith("orchestrator: "))
    .filter((line) =>
      /warn|error|invalid|unknown|unrecogni|unsupported|deprecat|fail|not (found|available)/i.test(line),
    )
    .filter((line) => !expected.test(line));
}
