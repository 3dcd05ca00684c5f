/** The credentials of a request: the one place that reads them. */
import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";

/** RFC 6750, with the characters of a header that cannot be mistaken. */
const bearer = /^Bearer +([A-Za-z0-9\-._~+/]+=*) *$/i;

/** Longer ones are no tokens: those of ServiceAccounts have about 1,000 characters. */
const longestToken = 16_384;

/** The token in `Authorization: Bearer`; undefined if the header is absent, another scheme, or malformed. */
export function bearerToken({ headers: { authorization = "" } }: Pick<IncomingMessage, "headers">): string | undefined {
  return authorization.length > longestToken ? undefined : bearer.exec(authorization)?.[1];
}

/** Distinguishes callers for limits, without the token itself. */
export function callerKey(token: string): string {
  return createHash("sha256").update(token).digest("base64url");
}
