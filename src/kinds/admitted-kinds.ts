import type { AdmittedKind } from "../admission/kind.js";
import { admittedCodeRun } from "./coderun/admission.js";
import { admittedDocsRun } from "./docsrun/admission.js";
import { admittedTaskRun } from "./taskrun/admission.js";

/** All kinds with admission. */
export const admittedKinds: readonly AdmittedKind[] = [admittedTaskRun, admittedCodeRun, admittedDocsRun];
