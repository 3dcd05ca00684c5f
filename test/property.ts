/**
 * fast-check with the seed of this run of the tests: `TEST_SEED`, which the runner prints and sets, or a random one that a
 * failure reports. A counterexample that was found at random becomes a fixed case of its test.
 */
import fc from "fast-check";

const seed = Number(process.env.TEST_SEED);
if (process.env.TEST_SEED !== undefined && Number.isInteger(seed))
  fc.configureGlobal({ ...fc.readConfigureGlobal(), seed });

export default fc;
