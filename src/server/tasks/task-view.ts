/** Runs in the words of project management. Pure. */
import type { CodeRun } from "../../api/coderun.js";
import type { TaskRun } from "../../api/taskrun.js";
import type { Found } from "../../operations/any-run.js";
import type { components } from "../generated/rest.js";

type TaskSummary = components["schemas"]["TaskSummary"];
type TaskStatus = components["schemas"]["TaskStatus"];
type TaskData = components["schemas"]["TaskAnswer"]["data"];

/** A run of any kind has these or lacks them. */
type AnySpec = Partial<TaskRun["spec"] & CodeRun["spec"]>;

/** An object without its members that have no value. */
function present<T extends object>(members: T): { [Key in keyof T]?: NonNullable<T[Key]> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]?: NonNullable<T[Key]>;
  };
}

function head({ type, run }: Found): Pick<TaskSummary, "kind" | "name" | "context_version"> & Partial<TaskSummary> {
  const spec = run.spec as AnySpec;
  return {
    kind: type.kind as TaskSummary["kind"],
    name: run.metadata.name,
    ...present({
      task_id: spec.taskId,
      service_name: spec.serviceName ?? spec.service,
      agent_name: spec.agentName ?? spec.githubApp ?? spec.githubUser,
    }),
    context_version: spec.contextVersion ?? 1,
  };
}

/** As an item of a list. */
export function taskSummary(found: Found): TaskSummary {
  const { phase, session_id, attempts, last_updated, message } = taskStatus(found);
  return { ...head(found), phase, attempts, message, ...present({ session_id, last_updated }) };
}

/** Its state. A run without a status has not started. */
export function taskStatus({ run: { status } }: Found): TaskStatus {
  return {
    phase: status?.phase ?? "Pending",
    attempts: status?.attempts ?? 0,
    message: status?.message ?? "Task has not started yet",
    ...present({
      session_id: status?.sessionId,
      job_name: status?.jobName,
      config_map_name: status?.configMapName,
      last_updated: status?.lastUpdated,
      conditions: status?.conditions as TaskStatus["conditions"],
    }),
  };
}

/** With its files, but not their contents. */
export function taskData(found: Found): TaskData {
  const { namespace = "" } = found.run.metadata;
  const { markdownFiles = [], model } = found.run.spec as AnySpec;
  return {
    ...head(found),
    ...{ namespace, ...present({ model }) },
    markdown_files: markdownFiles.map(({ filename, fileType, content }) => ({
      filename,
      ...present({ file_type: fileType }),
      content_length: Buffer.byteLength(content),
    })),
    status: taskStatus(found),
  };
}
