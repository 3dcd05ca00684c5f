/** Who is signed in. The token itself is never kept here: the server has it in a cookie that scripts cannot read. */
import { signal } from "@preact/signals";
import type { Caller } from "../server/generated/rest.js";
import type { SessionAnswer } from "../server/session.js";
import { apiPath, call, onSignedOut, RestError } from "./rest-client.js";

export type Session =
  | { readonly state: "unknown" }
  | { readonly state: "out"; readonly signIn: "token" | "link" }
  | { readonly state: "failed"; readonly message: string }
  | { readonly state: "in"; readonly username: string; readonly canSignOut: boolean };

const path = "/ui/session";

export const session = signal<Session>({ state: "unknown" });

/** How a person signs in here. */
let signInBy: SessionAnswer["signIn"] = "token";

/** Asks who the caller is. */
export async function loadSession(): Promise<void> {
  onSignedOut(() => (session.value = { state: "out", signIn: signInBy }));
  try {
    const answer = await call<SessionAnswer>(path);
    signInBy = answer.signIn;
    const { username } = await call<Caller>(apiPath("me"));
    session.value = { state: "in", username, canSignOut: answer.signOut };
  } catch (error) {
    if (error instanceof RestError && error.status === 401) return;
    session.value = { state: "failed", message: error instanceof Error ? error.message : String(error) };
  }
}

/** @throws RestError with what to do if the token is refused */
export async function signIn(token: string): Promise<void> {
  await call(path, { method: "POST", body: { token } });
  await loadSession();
}

export async function signOut(): Promise<void> {
  await call(path, { method: "DELETE" });
  session.value = { state: "out", signIn: signInBy };
}
