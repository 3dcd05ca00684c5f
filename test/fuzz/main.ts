/** `npm run test:fuzz -- --seconds 60 --target admission [--guided]`: the long form. Exit code 1 if anything was found. */
import { parseArgs } from "node:util";
import { fuzz } from "./fuzz.js";
import { fuzzGuided } from "./guided.js";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    target: { type: "string" },
    seed: { type: "string", default: process.env.TEST_SEED ?? String(Math.floor(Math.random() * 2 ** 31)) },
    directory: { type: "string", default: "build/fuzz" },
    guided: { type: "boolean", default: false },
  },
});
const { target, directory, guided } = values;
const seed = Number(values.seed);
const seconds = Number(values.seconds);
console.log(`TEST_SEED=${seed}; inputs that fail are kept in ${directory}`);

function failed(name: string, failure: string | undefined, input = ""): void {
  if (failure === undefined) return;
  process.exitCode = 1;
  console.log(`${name}: failed${input === "" ? "" : ` with ${input}`}: ${failure}`);
}

if (guided)
  await fuzzGuided({ seed, seconds, directory, ...(target !== undefined && { target }) }, (each) => {
    const edges = `${each.coverageBefore} to ${each.coverage} edges`;
    console.log(`${each.target}: ${each.inputs} inputs, ${edges}, ${each.kept} kept`);
    failed(each.target, each.failure);
  });
else
  await fuzz({ seed, seconds, directory, ...(target !== undefined && { target }) }, (each) => {
    const heap = `${(each.heapGrowth / 2 ** 20).toFixed(1)} MiB`;
    const slowest = `${each.worst.toFixed(1)} ms (${each.slowest ?? ""})`;
    console.log(`${each.target}: ${each.inputs} inputs, at most ${slowest}, heap ${heap}`);
    failed(each.target, each.failure, each.input);
  });
