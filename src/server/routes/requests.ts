/** What people request of a run. */
import { nameOf, type Found } from "../../operations/any-run.js";
import type { Requested } from "../../operations/change-spec.js";
import { addContext } from "../../operations/context.js";
import { OperationError } from "../../operations/operation-error.js";
import { cancel, remove, resume, retry, suspend } from "../../operations/requests.js";
import type { HttpClient } from "../../runtime/client/http.js";
import type { Answer, Call, Handler, Handlers } from "../call.js";
import { bodyOf, foundRun, runBody } from "./run-path.js";

type Ids = "retryRun" | "suspendRun" | "resumeRun" | "cancelRun" | "addRunContext" | "deleteRun";

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

export const requestHandlers: Handlers<Ids> = {
  retryRun: handler((client, found, call) => retry(client, found, call.bodyAs<{ replace?: boolean }>())),
  suspendRun: handler(suspend),
  resumeRun: handler(resume),
  cancelRun: handler(cancel),
  addRunContext: handler((client, found, call) => addContext(client, found, { text: contextText(call) })),
  deleteRun: async (call) => {
    const found = await foundRun(call);
    const { uid } = call.parametersAs<{ uid?: string }>();
    if (uid !== undefined && uid !== found.run.metadata.uid)
      throw new OperationError(`${nameOf(found)} was deleted and created again meanwhile; nothing was deleted`);
    await remove(call.client, found);
    return { body: { changed: true, message: `${nameOf(found)} deleted`, run: runBody(found) } };
  },
};
