import type { AdmittedKind } from "../kind.js";
import { admittedCodeRun } from "./coderun.js";
import { admittedDocsRun } from "./docsrun.js";
import { admittedTaskRun } from "./taskrun.js";

/** Every kind that admission knows. */
export const admittedKinds: readonly AdmittedKind[] = [admittedTaskRun, admittedCodeRun, admittedDocsRun];
