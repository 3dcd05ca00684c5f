import { taskrunSchema } from "../api/generated/taskrun.schema.js";
import { structuralSchema } from "../runtime/schema/structural.js";

/** The schema of TaskRuns, compiled. */
export const taskRunSchema = structuralSchema(taskrunSchema);
