/** A finding about an object in a file. Lines and columns count from 1. */
export interface Finding {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly severity: "error" | "warning" | "note";
  /** Path in the object; empty for a finding about the whole object. */
  readonly field: string;
  /** The reason, as in the causes of a Kubernetes Status; absent for warnings and notes. */
  readonly reason?: string;
  readonly message: string;
}

/** Sorts findings by file, in the order of `files`, then by line and column. */
export function byPosition(files: readonly string[]): (a: Finding, b: Finding) => number {
  const places = new Map(files.toReversed().map((file, index) => [file, files.length - index]));
  const placeOf = ({ file }: Finding): number => places.get(file) ?? 0;
  return (a, b) => placeOf(a) - placeOf(b) || a.line - b.line || a.column - b.column;
}
