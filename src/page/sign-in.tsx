/** Asks for a token. */
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { RestError } from "./rest-client.js";
import { signIn } from "./session.js";

export function SignIn(): JSX.Element {
  const error = useSignal<string | undefined>(undefined);
  const isBusy = useSignal(false);
  const field = useRef<HTMLInputElement>(null);
  const submit = async (): Promise<void> => {
    const token = field.current?.value.trim() ?? "";
    if (token === "" || isBusy.value) return;
    isBusy.value = true;
    error.value = undefined;
    try {
      await signIn(token);
    } catch (reason) {
      const isRefused = reason instanceof RestError && reason.status === 401;
      error.value = isRefused
        ? "The cluster does not accept this token. It may have expired: create another one."
        : reason instanceof Error
          ? reason.message
          : String(reason);
      field.current?.select();
    } finally {
      isBusy.value = false;
    }
  };
  return (
    <main class="sign-in">
      <form
        aria-label="Sign in"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <h1>Sign in</h1>
        <p>With a token of the cluster. You see and do here what this account may see and do there.</p>
        <label class="field">
          <span>Token</span>
          <input
            ref={field}
            type="password"
            name="token"
            autoComplete="off"
            spellcheck={false}
            autofocus
            maxLength={16_384}
          />
        </label>
        {error.value !== undefined && (
          <p class="form-error" role="alert">
            {error.value}
          </p>
        )}
        <button type="submit" class="primary" disabled={isBusy.value}>
          {isBusy.value ? "Signing in" : "Sign in"}
        </button>
        <details>
          <summary>How to get a token</summary>
          <p>For a ServiceAccount that may list runs, valid for an hour:</p>
          <pre>kubectl create token my-account -n my-namespace --duration 1h</pre>
          <p>
            On your own machine, <code>orchestrator ui</code> opens this page with your kubeconfig, without a token.
          </p>
        </details>
      </form>
    </main>
  );
}
