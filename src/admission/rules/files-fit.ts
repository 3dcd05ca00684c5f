import { invalid, omitted } from "../../runtime/schema/errors.js";
import { noFindings, type Rule } from "../context.js";
import { isUnchanged } from "../view.js";

/** Maximum bytes of the data of a ConfigMap. Source: k8s.io/kubernetes, apis/core/types.go, MaxSecretSize. */
export const configMapLimit = 1024 * 1024;
/** Bytes reserved for the files that the operator adds: the start script, CLAUDE.md with its imports, metadata.yaml, settings. */
export const generatedReserve = 96 * 1024;

/** All files of a run, with their names, fit in one ConfigMap. */
export const filesFit: Rule = {
  id: "files-fit",
  check({ view, oldView }) {
    if (isUnchanged("markdownFiles", view, oldView)) return noFindings;
    const limit = configMapLimit - generatedReserve;
    const sizes = view.files.map(({ filename, content }) => Buffer.byteLength(filename) + Buffer.byteLength(content));
    const sum = sizes.reduce((total, size) => total + size, 0);
    if (sum <= limit) return noFindings;
    const largest = sizes.indexOf(Math.max(...sizes));
    const detail =
      `names and contents of all files have ${sum} bytes, ${sum - limit} more than the ${limit} that fit in the ConfigMap ` +
      `(1 MiB minus ${generatedReserve} for generated files); shorten them, starting with ` +
      `${JSON.stringify(view.files[largest]?.filename)} (${sizes[largest] ?? 0} bytes), or move them to the repository`;
    return { errors: [{ ...invalid("spec.markdownFiles", omitted, detail), reason: "FieldValueTooLong" }] };
  },
};
