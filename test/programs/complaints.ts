/** Lines in the output of an agent program that look like errors or warnings, except its answer and the script's lines. */
export function complaints(output: string, expected: RegExp): string[] {
  return output
    .split("\n")
    .filter((line) => !line.startsWith("{") && !line.startsWith("orchestrator: "))
    .filter((line) =>
      /warn|error|invalid|unknown|unrecogni|unsupported|deprecat|fail|not (found|available)/i.test(line),
    )
    .filter((line) => !expected.test(line));
}
