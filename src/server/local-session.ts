/**
 * The session of `orchestrator ui`, which acts with the person's own kubeconfig: a link that works once gives a browser a cookie, and
 * nothing else on the machine or in a browser may use the server.
 */
import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Middleware } from "koa";
import { cookieOf } from "./same-origin.js";
import { requireSameOrigin, type ReadToken, type SessionAnswer } from "./session.js";
import { isSameText } from "./same-text.js";

export class LocalSession {
  readonly #cookie = randomBytes(32).toString("base64url");
  readonly #port: () => number;
  #secret: string | undefined = randomBytes(32).toString("base64url");

  /** @param port of the server, which listens on 127.0.0.1; called once it listens */
  constructor(port: () => number) {
    this.#port = port;
  }

  /** The link to open; it works once. */
  get link(): string {
    return `http://127.0.0.1:${this.#port()}/ui/open?secret=${this.#secret ?? ""}`;
  }

  /** Browsers send cookies of a host to all of its ports: two servers would overwrite each other's. */
  get #name(): string {
    return `orchestrator-ui-${this.#port()}`;
  }

  /** `local` for a request of the page, which has the cookie. @throws Problem 403 for one of another site */
  readonly readToken: ReadToken = (request: IncomingMessage) => {
    const cookie = cookieOf(request, this.#name);
    if (cookie === undefined || !isSameText(cookie, this.#cookie)) return undefined;
    requireSameOrigin(request);
    return "local";
  };

  /** Refuses other hosts, and serves `/ui/open` and `/ui/session`. Comes first. @param target where the link leads */
  serve(target = "/ui/"): Middleware {
    return async (context, next): Promise<void> => {
      // a foreign host name that resolves to this machine would make a foreign page the same origin as this one
      if (!["127.0.0.1", "localhost"].some((name) => context.headers.host === `${name}:${this.#port()}`)) {
        context.status = 421;
        context.body = "this server answers on 127.0.0.1 alone\n";
        return;
      }
      if (context.path === "/ui/session") {
        const answer: SessionAnswer = { signIn: "link", signOut: false };
        context.set("cache-control", "no-store");
        context.body = answer;
        return;
      }
      if (context.path !== "/ui/open") {
        await next();
        return;
      }
      context.set("cache-control", "no-store");
      if (context.method !== "GET" || !this.#redeem(new URLSearchParams(context.search).get("secret") ?? "")) {
        context.status = 403;
        context.body = "This link is wrong or was used already. Run orchestrator ui again for another one.\n";
        return;
      }
      context.set("set-cookie", `${this.#name}=${this.#cookie}; Path=/; HttpOnly; SameSite=Strict`);
      context.redirect(target);
      context.status = 303;
    };
  }

  #redeem(secret: string): boolean {
    if (this.#secret === undefined || !isSameText(secret, this.#secret)) return false;
    this.#secret = undefined;
    return true;
  }
}
