/**
 * The page's session: the caller's own token, in a cookie that scripts cannot read and other sites cannot use. The server keeps
 * nothing, so that every replica knows the session, and a restart ends none.
 */
import type { IncomingMessage } from "node:http";
import type { Context, Middleware } from "koa";
import { parseBoundedJson } from "../runtime/input/bounded-json.js";
import { isObject } from "../runtime/schema/json.js";
import { BodyBudget, readBody } from "../runtime/webhook/body.js";
import { bearerToken } from "./credentials.js";
import type { NewCallers } from "./new-callers.js";
import { Problem, tooManyTokens } from "./problem.js";
import { cookieOf, isSameOrigin } from "./same-origin.js";

/** With TLS, browsers refuse a cookie of this name from anything but this host. */
const names = { secure: "__Host-orchestrator-session", plain: "orchestrator-session" } as const;

/** Browsers drop cookies beyond 4096 bytes, with name and attributes. */
const longestToken = 3_900;

/** Milliseconds. */
const verifyTimeout = 10_000;

/** The token of a request's caller; undefined without one. */
export type ReadToken = (request: IncomingMessage) => string | undefined;

/** What the page asks of its session. */
export interface SessionAnswer {
  /** How a person signs in: with a token, or with the link that `orchestrator ui` printed. */
  readonly signIn: "token" | "link";
  /** Whether signing out removes something. */
  readonly signOut: boolean;
}

/**
 * The token of a request: that of its header, which a proxy may have set, else that of its cookie.
 *
 * @throws Problem 403 for what a browser sends for another site
 */
export const sessionToken: ReadToken = (request) => {
  const token = bearerToken(request);
  if (token !== undefined) {
    // a proxy adds the header to whatever has its own cookie, and browsers may send that for other sites
    if (/^(cross|same)-site$/.test(String(request.headers["sec-fetch-site"]))) requireSameOrigin(request);
    return token;
  }
  const cookie = cookieOf(request, names[isSecure(request) ? "secure" : "plain"]);
  if (cookie === undefined) return undefined;
  requireSameOrigin(request);
  return bearerToken({ headers: { authorization: `Bearer ${cookie}` } });
};

/** @throws Problem 403 */
export function requireSameOrigin(request: IncomingMessage): void {
  if (!isSameOrigin(request)) throw new Problem(403, "this request comes from another site; open the page itself");
}

/** Whether the browser's connection is encrypted, here or in front of a proxy. Someone who lies about it harms only themselves. */
function isSecure(request: IncomingMessage): boolean {
  const [forwarded] = String(request.headers["x-forwarded-proto"] ?? "").split(",");
  return ("encrypted" in request.socket && request.socket.encrypted === true) || forwarded?.trim() === "https";
}

/**
 * `/ui/session`: GET tells how to sign in and out, POST `{token}` signs in, DELETE signs out.
 *
 * @param verify resolves if the cluster accepts a token; throws Problem or an API error
 * @param newCallers bounds the tries
 */
export function serveSession(
  verify: (token: string, signal: AbortSignal) => Promise<unknown>,
  newCallers: NewCallers,
): Middleware {
  return async (context, next): Promise<void> => {
    if (context.path !== "/ui/session") {
      await next();
      return;
    }
    context.set("cache-control", "no-store");
    if (context.method === "GET") {
      const answer: SessionAnswer = { signIn: "token", signOut: cookieIn(context) !== undefined };
      context.body = answer;
      return;
    }
    requireSameOrigin(context.req);
    if (context.method === "POST") {
      if (!newCallers.mayTry(undefined, context.req.socket.remoteAddress ?? "")) throw tooManyTokens();
      const token = await tokenIn(context);
      await verify(token, AbortSignal.timeout(verifyTimeout));
      setCookie(context, token);
    } else if (context.method === "DELETE") setCookie(context, "");
    else throw new Problem(405, "use GET, POST or DELETE");
    context.status = 204;
  };
}

function cookieIn({ req }: Context): string | undefined {
  return cookieOf(req, names[isSecure(req) ? "secure" : "plain"]);
}

/** Of all requests to sign in. */
const budget = new BodyBudget(1024 * 1024);

async function tokenIn({ req }: Context): Promise<string> {
  const body = await readBody(req, 65_536, budget);
  if (typeof body === "string") throw new Problem(body === "no budget" ? 429 : 400, `the body is ${body}`);
  let value: unknown;
  try {
    value = parseBoundedJson(body.content, 4);
  } catch {
    // V8's message quotes the text, which holds the token
    throw new Problem(400, "the body is not valid JSON");
  } finally {
    budget.give(body.bytes);
  }
  const token = isObject(value) ? value.token : undefined;
  const field = { field: "token" };
  if (typeof token !== "string") throw new Problem(400, "token must be a string", field);
  if (bearerToken({ headers: { authorization: `Bearer ${token}` } }) !== token)
    throw new Problem(400, "token is not a bearer token; paste what kubectl create token prints", field);
  if (token.length > longestToken)
    throw new Problem(
      400,
      `token must be at most ${longestToken} characters; use an authenticating proxy for longer ones`,
      field,
    );
  return token;
}

function setCookie(context: Context, value: string): void {
  const secure = isSecure(context.req);
  const expiry = value === "" ? ["Max-Age=0"] : [];
  const attributes = ["Path=/", "HttpOnly", "SameSite=Strict", ...(secure ? ["Secure"] : []), ...expiry];
  context.set("set-cookie", [`${names[secure ? "secure" : "plain"]}=${value}`, ...attributes].join("; "));
}
