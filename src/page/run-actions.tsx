/** The buttons of a run, each with a dialog that says what it does and costs. */
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { Requested, RunAccess } from "../server/generated/rest.js";
import { Dialog } from "./dialog.js";
import { useLoaded } from "./loaded.js";
import { listUrl, navigate, type RunReference } from "./location.js";
import { plainLine } from "./plain-text.js";
import { requestsFor, type RunRequest } from "./requests.js";
import { call } from "./rest-client.js";
import type { Run } from "./run-types.js";
import { runPath } from "./run-path.js";

export function RunActions({ run, reference }: { readonly run: Run; readonly reference: RunReference }): JSX.Element {
  const rights = useLoaded<RunAccess>(runPath(reference, "access"), undefined).value.value;
  const asked = useSignal<RunRequest | undefined>(undefined);
  const done = useSignal<string | undefined>(undefined);
  const requests = rights === undefined ? [] : requestsFor(run, rights);
  return (
    <div class="actions">
      {rights?.update === false && !rights.delete && <span class="quiet">You may look, not change</span>}
      <span class="done" role="status">
        {done.value}
      </span>
      {requests.map((request) => (
        <button
          key={request.verb}
          type="button"
          class={request.isFinal ? "danger" : ""}
          onClick={() => (asked.value = request)}
        >
          {request.title}
        </button>
      ))}
      {asked.value !== undefined && (
        <Confirmation
          request={asked.value}
          reference={reference}
          close={() => (asked.value = undefined)}
          done={(message) => (done.value = plainLine(message))}
        />
      )}
    </div>
  );
}

interface ConfirmationProperties {
  readonly request: RunRequest;
  readonly reference: RunReference;
  readonly close: () => void;
  readonly done: (message: string) => void;
}

function Confirmation({ request, reference, close, done }: ConfirmationProperties): JSX.Element {
  const error = useSignal<string | undefined>(undefined);
  const isBusy = useSignal(false);
  const confirm = async (): Promise<void> => {
    isBusy.value = true;
    error.value = undefined;
    try {
      const { message } = await send(request, reference);
      close();
      done(message);
      if (request.verb === "delete") navigate(listUrl.value);
    } catch (reason) {
      error.value = plainLine(reason instanceof Error ? reason.message : String(reason));
      isBusy.value = false;
    }
  };
  return (
    <Dialog title={`${request.title} ${plainLine(reference.name)}?`} close={close}>
      {request.effects.map((effect) => (
        <p key={effect}>{effect}</p>
      ))}
      {error.value !== undefined && (
        <p class="form-error" role="alert">
          {error.value}
        </p>
      )}
      <div class="dialog-buttons">
        <button type="button" onClick={close}>
          Keep as it is
        </button>
        <button
          type="button"
          class={request.isFinal ? "danger primary" : "primary"}
          disabled={isBusy.value}
          onClick={() => void confirm()}
        >
          {request.title} the run
        </button>
      </div>
    </Dialog>
  );
}

function send(request: RunRequest, reference: RunReference): Promise<Requested> {
  if (request.verb === "delete") return call(runPath(reference), { method: "DELETE" });
  return call(runPath(reference, request.verb), { method: "POST", body: request.body ?? {} });
}
