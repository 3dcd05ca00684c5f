/** A finding in a configuration. */
export interface Problem {
  /** An error rejects the whole configuration; a warning does not. */
  readonly severity: "error" | "warning";
  /** `job.backoffLimit`, `agent.env[0].name`, or the name of the environment variable. */
  readonly path: string;
  /** What is wrong and what to write instead. Without the path and the position. */
  readonly message: string;
  /** Line of the key in the file, from 1. Absent: the problem is not in the file, or the position says where. */
  readonly line?: number;
  /** Where the text is not YAML; both count from 1. Absent: the path says where. */
  readonly position?: { readonly line: number; readonly column: number };
}
