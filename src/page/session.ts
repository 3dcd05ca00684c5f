/** Who is signed in. The token itself is never kept here: the server has it in a cookie that scripts cannot read. */
import { signal } from "@preact/signals";
import { apiPath, call, onSignedOut, RestError } from "./rest-client.js";

export type Session =
  | { readonly state: "unknown" }
  | { readonly state: "out" }
  | { readonly state: "failed"; readonly message: string }
  | { readonly state: "in"; readonly username: string; readonly canSignOut: boolean };

/** What the server says of the session itself. */
interface SessionAnswer {
  /** Whether the server holds a token that signing out would remove. */
  readonly signOut: boolean;
}

const path = "/ui/session";

export const session = signal<Session>({ state: "unknown" });

/** Asks who the caller is. */
export async function loadSession(): Promise<void> {
  onSignedOut(() => (session.value = { state: "out" }));
  try {
    const { username } = await call<{ readonly username: string }>(apiPath("me"));
    const { signOut } = await call<SessionAnswer>(path);
    session.value = { state: "in", username, canSignOut: signOut };
  } catch (error) {
    if (error instanceof RestError && error.status === 401) session.value = { state: "out" };
    else session.value = { state: "failed", message: error instanceof Error ? error.message : String(error) };
  }
}

/** @throws RestError with what to do if the token is refused */
export async function signIn(token: string): Promise<void> {
  await call(path, { method: "POST", body: { token } });
  await loadSession();
}

export async function signOut(): Promise<void> {
  await call(path, { method: "DELETE" });
  session.value = { state: "out" };
}
