import { createHash, timingSafeEqual } from "node:crypto";

/** Whether two secrets are the same. Takes as long for a wrong one as for a right one. */
export function isSameText(one: string | Buffer, other: string | Buffer): boolean {
  const digest = (text: string | Buffer): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
