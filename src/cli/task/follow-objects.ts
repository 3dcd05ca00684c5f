/** Runs as objects that follow their changes, as `kubectl get -w -o` prints them. */
import type { CommandIo } from "../io.js";
import type { Runs, RunType, Selection } from "../runs/runs.js";
import { objectText, type ObjectFormat } from "./run-output.js";

/** Prints each run, and then each that changes, one object after the other; YAML has `---` between them. Never ends. @throws an API error */
export async function followObjects(
  runs: Runs,
  types: readonly RunType[],
  where: Selection,
  format: ObjectFormat,
  io: CommandIo,
  signal: AbortSignal = new AbortController().signal,
): Promise<never> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  let isFirst = true;
  const follow = async (type: RunType): Promise<void> => {
    for await (const found of runs.followObjects(type, where, either)) {
      const between = format === "yaml" && !isFirst ? "---\n" : "";
      isFirst = false;
      io.out(between + objectText([found], format, true));
    }
  };
  try {
    await Promise.all(types.map(follow));
  } catch (error) {
    stop.abort(error);
    throw error;
  }
  throw new Error("a watch ended by itself");
}
