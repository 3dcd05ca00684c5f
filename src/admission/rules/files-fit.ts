import { invalid, omitted } from "../../runtime/schema/errors.js";
import { nothing, type Rule } from "../context.js";

/** Bytes that the data of a ConfigMap may have. Source: k8s.io/kubernetes, apis/core/types.go, MaxSecretSize. */
export const configMapLimit = 1024 * 1024;
/** Bytes kept free for what the manager adds: CLAUDE.md with its imports, metadata.yaml, settings. */
export const generatedReserve = 32 * 1024;

/** All files of a run, with their names, fit into its one ConfigMap. */
export const filesFit: Rule = {
  id: "files-fit",
  check({ view }) {
    const limit = configMapLimit - generatedReserve;
    const sizes = view.files.map(({ filename, content }) => Buffer.byteLength(filename) + Buffer.byteLength(content));
    const sum = sizes.reduce((total, size) => total + size, 0);
    if (sum <= limit) return nothing;
    const largest = sizes.indexOf(Math.max(...sizes));
    const detail =
      `the files have ${sum} bytes with their names, ${sum - limit} more than the ${limit} that fit into the ConfigMap ` +
      `(1 MiB, less ${generatedReserve} for generated files); shorten or split them, beginning with ` +
      `${JSON.stringify(view.files[largest]?.filename)} (${sizes[largest] ?? 0} bytes), or put them into the repository`;
    return { errors: [{ ...invalid("spec.markdownFiles", omitted, detail), reason: "FieldValueTooLong" }] };
  },
};
