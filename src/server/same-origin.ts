/** Whether a request with a cookie comes from the page itself, and not from another site that the person visits. */
import type { IncomingMessage } from "node:http";

type Request = Pick<IncomingMessage, "headers" | "method">;

/**
 * Browsers say in Sec-Fetch-Site where a request comes from, where the connection is trusted (TLS, or loopback). Elsewhere the Origin counts,
 * which they send with everything that changes something; without one, only reading is left, whose answer the browser keeps from others.
 */
export function isSameOrigin({ headers, method }: Request): boolean {
  const site = headers["sec-fetch-site"];
  const { origin, host } = headers;
  if (origin !== undefined && hostOf(origin) !== host) return false;
  if (site !== undefined) return site === "same-origin";
  return origin !== undefined || method === "GET" || method === "HEAD";
}

function hostOf(origin: string): string | undefined {
  try {
    return new URL(origin).host;
  } catch {
    // null, for example, of a sandboxed frame
    return undefined;
  }
}

/** The value of a cookie; undefined if the request has none of the name, or several, of which one may be another site's. */
export function cookieOf(
  { headers: { cookie = "" } }: Pick<IncomingMessage, "headers">,
  name: string,
): string | undefined {
  const values = cookie
    .split(";")
    .map((each) => each.trim())
    .filter((each) => each.startsWith(`${name}=`));
  return values.length === 1 ? values[0]?.slice(name.length + 1) : undefined;
}
