import type { AdmittedKind } from "../admission/kind.js";
import { admittedCodeRun } from "./coderun/admission.js";
import { admittedDocsRun } from "./docsrun/admission.js";
import { admittedTaskRun } from "./taskrun/admission.js";

/** Every kind that admission knows. */
export const admittedKinds: readonly AdmittedKind[] = [admittedTaskRun, admittedCodeRun, admittedDocsRun];
