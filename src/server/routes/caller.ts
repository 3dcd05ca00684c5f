/** Who the caller is, and what it sees. */
import { accessTo, caller, namespaceNames } from "../../operations/caller.js";
import type { Handlers } from "../call.js";
import { foundRun } from "./run-path.js";

export const callerHandlers: Handlers<"getCaller" | "listNamespaces" | "getRunAccess"> = {
  getCaller: async ({ client, signal }) => ({ body: await caller(client, signal) }),
  listNamespaces: async ({ client, signal }) => {
    const names = await namespaceNames(client, signal);
    return { body: { items: names.map((name) => ({ name })) } };
  },
  getRunAccess: async (call) => ({ body: await accessTo(call.client, await foundRun(call), call.signal) }),
};
