/** Submissions of tasks, code and documentation, with the requests and envelopes of earlier versions. */
import { CodeRuns } from "../../api/coderun.js";
import { DocsRuns } from "../../api/docsrun.js";
import { TaskRuns } from "../../api/taskrun.js";
import { traceparentAnnotation } from "../../api/trace.js";
import { isTerminal } from "../../api/phase.js";
import { retry } from "../../operations/requests.js";
import { submit } from "../../operations/submit.js";
import type { Answer, Call, Handlers } from "../call.js";
import { submissionSchema } from "../input.js";
import {
  codeRunOf,
  docsRunOf,
  taskRunOf,
  type CodeRequest,
  type DocsRequest,
  type PmTaskRequest,
} from "../tasks/requested-runs.js";

const exists = (name: string): string => `${name} already exists with this specification; nothing was started`;

/** The run in the trace of its request. Admission would see only the trace of the API server's call. */
function inTrace<R extends { readonly metadata: object }>(run: R, { traceparent }: Call): R {
  if (traceparent === undefined) return run;
  return { ...run, metadata: { ...run.metadata, annotations: { [traceparentAnnotation]: traceparent } } };
}

async function submitTaskRun(call: Call, request: PmTaskRequest): Promise<Answer> {
  const namespace = call.legacyNamespace;
  const run = inTrace(taskRunOf(request, namespace), call);
  const { created } = await submit(call.client, TaskRuns, run);
  const { name } = run.metadata;
  const { taskId: task_id, serviceName: service } = run.spec;
  const message = created ? "Task submitted successfully" : exists(name);
  return { body: { success: true, message, data: { name, namespace, service, task_id } } };
}

async function submitCodeRun(call: Call, request: CodeRequest): Promise<Answer> {
  const namespace = call.legacyNamespace;
  const run = inTrace(codeRunOf(request, namespace), call);
  const { created } = await submit(call.client, CodeRuns, run);
  const { name } = run.metadata;
  const { taskId: task_id, service } = run.spec;
  const message = created ? "Code task submitted successfully" : exists(name);
  return { body: { success: true, message, data: { name, coderun_name: name, namespace, service, task_id } } };
}

async function submitDocsRun(call: Call, request: DocsRequest): Promise<Answer> {
  const namespace = call.legacyNamespace;
  const run = inTrace(docsRunOf(request, namespace), call);
  const isDry = request.dry_run === true;
  const { created, run: stored } = await submit(call.client, DocsRuns, run, { dryRun: isDry });
  const { name } = run.metadata;
  const data = { name, docsrun_name: name, namespace, repository_url: run.spec.repositoryUrl };
  const answer = (message: string, status = 200): Answer => ({ status, body: { success: true, message, data } });
  if (isDry) return answer(created ? `${name} is valid; nothing was created` : exists(name));
  if (created) return answer("Documentation generation submitted successfully", 201);
  if (request.force !== true || !isTerminal(stored.status?.phase)) return answer(exists(name));
  const { what } = await retry(call.client, { type: DocsRuns, run: stored });
  return answer(`${name} already exists: ${what}`);
}

export const submissionHandlers: Handlers<"submitTask" | "submitCode" | "generateDocs"> = {
  submitTask: (call) => {
    const body = call.bodyAs<PmTaskRequest | CodeRequest>();
    return submissionSchema(body) === "PmTaskRequest"
      ? submitTaskRun(call, body as PmTaskRequest)
      : submitCodeRun(call, body as CodeRequest);
  },
  submitCode: (call) => submitCodeRun(call, call.bodyAs<CodeRequest>()),
  generateDocs: (call) => submitDocsRun(call, call.bodyAs<DocsRequest>()),
};
