import { exitCodes, terminalExitCodes } from "../api/exit-codes.js";
import { generatedFrom } from "./crd.js";
import { tableOf } from "./reference.js";

/** The reference page of exit codes, by its path. */
export function exitCodesFile(): [string, string] {
  const terminal = `${terminalExitCodes.slice(0, -1).join(", ")} and ${terminalExitCodes.at(-1) ?? ""}`;
  const text = [
    `<!-- ${generatedFrom("src/api/exit-codes.ts")} -->`,
    "# Exit codes of an agent's container",
    "",
    "Exit codes of `container.sh`, the script that the containers of a run execute, unless the configuration has a command",
    "for TaskRuns. The termination message, and",
    `with it the run's \`message\`, has the reason in words. No automatic retry follows ${terminal}: another attempt would end`,
    "the same way, and cost as much. `retry.terminalExitCodes` adds others. Once the cause is fixed, raise `retryAttempt`",
    "to run it again.",
    "",
    ...tableOf(
      ["code", "what failed", "what to check or do", "terminal"],
      exitCodes.map(({ code, meaning, remedy, terminal }) => [
        String(code),
        meaning,
        remedy,
        terminal === true ? "yes" : "",
      ]),
    ),
    "",
  ];
  return ["docs/reference/exit-codes.md", text.join("\n")];
}
