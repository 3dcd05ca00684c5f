/** The output of agents. */
import type { Found } from "../../operations/any-run.js";
import { findRun } from "../../operations/find.js";
import { agentOutput, type LogOptions } from "../../operations/logs.js";
import { systemClock } from "../../runtime/clock.js";
import type { Call, Handlers } from "../call.js";
import { foundRun } from "./run-path.js";

/** Milliseconds after which a stream begins although nothing has come yet; until then, an error is an ordinary answer. */
const patience = 1_000;

/** Streams the output of a run's agent, as events or as text. */
async function output(call: Call, found: Found): Promise<undefined> {
  const options = call.parametersAs<LogOptions>();
  const format = call.wantsEvents ? "events" : "text";
  return call.stream(format, async (stream) => {
    const begin = systemClock.after(patience, () => stream.begin());
    try {
      for await (const { attempt, pod, bytes } of agentOutput(call.client, found, options, stream.signal)) {
        if (format === "text") {
          for await (const chunk of bytes) await stream.write(chunk);
          continue;
        }
        await stream.event("attempt", { attempt, pod });
        const decoder = new TextDecoder();
        for await (const chunk of bytes) {
          const text = decoder.decode(chunk, { stream: true });
          if (text !== "") await stream.event("output", { text });
        }
      }
    } finally {
      begin.cancel();
    }
  });
}

export const streamHandlers: Handlers<"readRunLogs" | "readTaskLogs"> = {
  readRunLogs: async (call) => output(call, await foundRun(call)),
  readTaskLogs: async (call) => {
    const { id } = call.parametersAs<{ id: string }>();
    return output(call, await findRun(call.client, call.legacyNamespace, id, call.signal));
  },
};
