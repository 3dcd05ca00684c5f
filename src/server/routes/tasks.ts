/** Tasks with the paths and envelopes of earlier versions. */
import { CodeRuns } from "../../api/coderun.js";
import { TaskRuns } from "../../api/taskrun.js";
import { nameOf, type AnyRun, type Found } from "../../operations/any-run.js";
import { addContext } from "../../operations/context.js";
import { findRun } from "../../operations/find.js";
import { objectPage } from "../../operations/run-page.js";
import { cancel, retry } from "../../operations/requests.js";
import type { Requested } from "../../operations/change-spec.js";
import { objectKey } from "../../runtime/client/objects.js";
import type { Answer, Call, Handlers } from "../call.js";
import { taskData, taskStatus, taskSummary } from "../tasks/task-view.js";
import { contextText } from "./requests.js";

type Ids = "listTasks" | "getTask" | "getTaskStatus" | "addTaskContext" | "setTaskSession" | "retryTask" | "cancelTask";

/** The run that a path names by its task or name. */
function foundTask(call: Call): Promise<Found> {
  const { id } = call.parametersAs<{ id: string }>();
  return findRun(call.client, call.legacyNamespace, id, call.signal);
}

function requested(found: Found, { changed, what }: Requested): Answer {
  const { name, namespace } = found.run.metadata;
  const message = `${nameOf(found)} ${what}`;
  return { body: { success: true, message, data: { name, namespace, changed } } };
}

/** `task_id`, where a run has one. */
function taskId({ spec }: AnyRun): { task_id?: number } {
  return "taskId" in spec ? { task_id: spec.taskId } : {};
}

export const taskHandlers: Handlers<Ids> = {
  listTasks: async (call) => {
    const { limit = 100, continue: token = "" } = call.parametersAs<{ limit?: number; continue?: string }>();
    const options = { types: [TaskRuns, CodeRuns], namespace: call.legacyNamespace, limit, token, signal: call.signal };
    const { items, continue: next } = await objectPage(call.client, options, taskSummary);
    return { body: { success: true, data: { tasks: items, ...(next !== undefined && { continue: next }) } } };
  },
  getTask: async (call) => ({ body: { success: true, data: taskData(await foundTask(call)) } }),
  getTaskStatus: async (call) => ({ body: { success: true, data: taskStatus(await foundTask(call)) } }),
  addTaskContext: async (call) => {
    const found = await foundTask(call);
    const { run, what } = await addContext(call.client, found, { text: contextText(call) });
    const contextVersion = run.spec.contextVersion ?? 1;
    const data = { name: run.metadata.name, context_version: contextVersion };
    return { body: { success: true, message: `${nameOf(found)} ${what}`, data } };
  },
  setTaskSession: async (call) => {
    const { type, run } = await foundTask(call);
    const { session_id: sessionId } = call.bodyAs<{ session_id: string }>();
    const patch = { type: "merge", body: { metadata: { uid: run.metadata.uid }, status: { sessionId } } } as const;
    await call.client.patch(type, objectKey(run), patch, { subresource: "status" });
    const data = { name: run.metadata.name, ...taskId(run), session_id: sessionId };
    return { body: { success: true, message: "Session recorded", data } };
  },
  retryTask: async (call) => {
    const found = await foundTask(call);
    return requested(found, await retry(call.client, found, call.bodyAs<{ replace?: boolean }>()));
  },
  cancelTask: async (call) => {
    const found = await foundTask(call);
    return requested(found, await cancel(call.client, found));
  },
};
