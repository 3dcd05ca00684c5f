/** `npm run test:fuzz -- --seconds 60 --target admission`: the long form. Exit code 1 if anything was found. */
import { parseArgs } from "node:util";
import { fuzz } from "./fuzz.js";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    target: { type: "string" },
    seed: { type: "string", default: process.env.TEST_SEED ?? String(Math.floor(Math.random() * 2 ** 31)) },
    directory: { type: "string", default: "build/fuzz" },
  },
});
const { target, directory } = values;
console.log(`TEST_SEED=${values.seed}; inputs that fail are kept in ${directory}`);
await fuzz(
  { seed: Number(values.seed), seconds: Number(values.seconds), directory, ...(target !== undefined && { target }) },
  ({ target: name, inputs, worst, heapGrowth, failure, input = "", slowest = "" }) => {
    const heap = `${(heapGrowth / 2 ** 20).toFixed(1)} MiB`;
    console.log(`${name}: ${inputs} inputs, at most ${worst.toFixed(1)} ms (${slowest}), heap ${heap}`);
    if (failure === undefined) return;
    process.exitCode = 1;
    console.log(`${name}: failed with ${input}: ${failure}`);
  },
);
