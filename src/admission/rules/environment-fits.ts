import { invalid, omitted } from "../../runtime/schema/errors.js";
import { noFindings, type Rule } from "../context.js";
import { isUnchanged } from "../view.js";

/**
 * Maximum bytes of all names and values. The object, its Job and its pod each contain them and must stay below etcd's limit of 1.5 MiB,
 * and Linux limits the arguments and environment of a process to a quarter of its stack, usually 2 MiB.
 */
export const environmentLimit = 512 * 1024;

/** The environment variables of a run are small enough to start a process with them. */
export const environmentFits: Rule = {
  id: "environment-fits",
  check({ view, oldView }) {
    if (isUnchanged("env", view, oldView)) return noFindings;
    const sizes = view.env.map(({ name, value }) => Buffer.byteLength(name) + Buffer.byteLength(value));
    const sum = sizes.reduce((total, size) => total + size, 0);
    if (sum <= environmentLimit) return noFindings;
    const largest = view.env[sizes.indexOf(Math.max(...sizes))];
    const detail =
      `names and values of all variables have ${sum} bytes, ${sum - environmentLimit} more than the limit of ` +
      `${environmentLimit}; shorten them, starting with ${JSON.stringify(largest?.name)}, or move them to the repository`;
    return { errors: [{ ...invalid("spec.env", omitted, detail), reason: "FieldValueTooLong" }] };
  },
};
