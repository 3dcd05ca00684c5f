/** The module that Jazzer.js loads and calls for each input: the target that FUZZ_TARGET names. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { targets } from "./targets.js";

/** How many times the processor time of a target it may take here: instrumented code is that much slower. */
const slowness = 5;

const target = targets.find(({ name }) => name === process.env.FUZZ_TARGET);
if (target === undefined) throw new Error("FUZZ_TARGET names no target");
/** Gets the slowest input. */
const slowest = process.env.FUZZ_SLOWEST;
const { maxBytes, maxCpu } = target;
let worst = 20;

export async function fuzz(input: Buffer): Promise<void> {
  if (input.length > maxBytes) return;
  const used = await cpuOf(input);
  if (used <= worst) return;
  // much else can take a processor's time once
  const again = Math.min(used, await cpuOf(input));
  if (again <= worst) return;
  worst = again;
  if (slowest !== undefined) {
    mkdirSync(dirname(slowest), { recursive: true });
    writeFileSync(slowest, input);
  }
  if (again > slowness * maxCpu) throw new Error(`takes ${again.toFixed(0)} ms of processor time`);
}

/** Milliseconds. */
async function cpuOf(input: Buffer): Promise<number> {
  const before = process.cpuUsage();
  await target?.run(input);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
