import { invalid, omitted } from "../../runtime/schema/errors.js";
import { nothing, type Rule } from "../context.js";

/**
 * Bytes of names and values together. The object, its Job and its pod each hold them and must stay under etcd's 1.5 MiB,
 * and a process is started with no more than a quarter of its stack, most often 2 MiB, of arguments and environment.
 */
export const environmentLimit = 512 * 1024;

/** The plain variables of a run are few enough to start a process with. */
export const environmentFits: Rule = {
  id: "environment-fits",
  check({ view }) {
    const sizes = view.env.map(({ name, value }) => Buffer.byteLength(name) + Buffer.byteLength(value));
    const sum = sizes.reduce((total, size) => total + size, 0);
    if (sum <= environmentLimit) return nothing;
    const largest = view.env[sizes.indexOf(Math.max(...sizes))];
    const detail =
      `the variables have ${sum} bytes with their names, ${sum - environmentLimit} more than the ${environmentLimit} that are ` +
      `let through; shorten them, beginning with ${JSON.stringify(largest?.name)}, or put them into the repository`;
    return { errors: [{ ...invalid("spec.env", omitted, detail), reason: "FieldValueTooLong" }] };
  },
};
