import type { Remark } from "../configuration/convert.js";

/** A finding about the conversion of a run. */
export interface RunRemark extends Remark {
  /** What the author wrote is not in the result, or means something else there. Absent: nothing of it is lost. */
  readonly lost?: true;
}

export interface ReportOptions {
  readonly lost?: true;
}

/** @param node the node of the source that the finding is about, for its line */
export type Report = (
  severity: Remark["severity"],
  path: string,
  message: string,
  node: unknown,
  options?: ReportOptions,
) => void;
