/** What people request of a run. */
import { nameOf, type AnyRun, type Found } from "../../operations/any-run.js";
import type { Requested } from "../../operations/change-spec.js";
import { addContext } from "../../operations/context.js";
import { OperationError } from "../../operations/operation-error.js";
import { submitManager } from "../../operations/preview-run.js";
import { cancel, remove, resume, retry, suspend } from "../../operations/requests.js";
import { ApiError } from "../../runtime/client/errors.js";
import type { HttpClient } from "../../runtime/client/http.js";
import type { Answer, Call, Handler, Handlers } from "../call.js";
import { Problem } from "../problem.js";
import { bodyOf, foundRun, pathOf, runBody } from "./run-path.js";

type Ids = "retryRun" | "suspendRun" | "resumeRun" | "cancelRun" | "addRunContext" | "applyRun" | "deleteRun";

/** The text of a request for more context, under either of its names. */
export function contextText(call: Call): string {
  const { additional_context: text, context } = call.bodyAs<{ additional_context?: string; context?: string }>();
  return text ?? context ?? "";
}

function answer(found: Found, { run, changed, what }: Requested): Answer {
  return { body: { changed, message: `${nameOf(found)} ${what}`, run: bodyOf(found, run) } };
}

function handler(request: (client: HttpClient, found: Found, call: Call) => Promise<Requested>): Handler {
  return async (call) => {
    const found = await foundRun(call);
    return answer(found, await request(call.client, found, call));
  };
}

interface ApplyRequest {
  readonly spec: Readonly<Record<string, unknown>>;
  readonly uid?: string;
  readonly resourceVersion?: string;
}

/** Creates or changes a run by server-side apply. */
async function applyRun(call: Call): Promise<Answer> {
  const { type, namespace, name } = pathOf(call);
  const { spec, uid, resourceVersion } = call.bodyAs<ApplyRequest>();
  const { dryRun = false } = call.parametersAs<{ readonly dryRun?: boolean }>();
  const metadata = {
    ...{ namespace, name },
    ...(uid !== undefined && { uid }),
    ...(resourceVersion !== undefined && { resourceVersion }),
  };
  const manifest = { apiVersion: `${type.group}/${type.version}`, kind: type.kind, metadata, spec };
  try {
    const run = await call.client.apply(type, manifest as unknown as AnyRun, { dryRun, fieldManager: submitManager });
    return { body: runBody({ type, run }) };
  } catch (error) {
    // a field that the schema does not have: the API server reports it as a fault of its own
    if (
      error instanceof ApiError &&
      error.code === 500 &&
      error.message.includes("failed to create typed patch object")
    )
      throw new Problem(422, error.status.message ?? error.message, { cause: error });
    throw error;
  }
}

export const requestHandlers: Handlers<Ids> = {
  retryRun: handler((client, found, call) => retry(client, found, call.bodyAs<{ replace?: boolean }>())),
  suspendRun: handler(suspend),
  resumeRun: handler(resume),
  cancelRun: handler(cancel),
  addRunContext: handler((client, found, call) => addContext(client, found, { text: contextText(call) })),
  applyRun,
  deleteRun: async (call) => {
    const found = await foundRun(call);
    const { uid } = call.parametersAs<{ uid?: string }>();
    if (uid !== undefined && uid !== found.run.metadata.uid)
      throw new OperationError(`${nameOf(found)} was deleted and created again meanwhile; nothing was deleted`);
    await remove(call.client, found);
    return { body: { changed: true, message: `${nameOf(found)} deleted`, run: runBody(found) } };
  },
};
