import { chainsTo, covers, isPair, validity, type KeyPair } from "./authority.js";

/** What the Secret holds, as text. Keys of the Secret: `ca.crt`, `ca.key`, `tls.crt`, `tls.key`. */
export interface CertificateSet {
  /** Bundle to trust: the signing authority first, then those before it that are still valid. */
  readonly bundle: string;
  readonly authority: KeyPair;
  readonly leaf: KeyPair;
}

/** Milliseconds. */
export interface Lifetimes {
  /** Default a year. */
  readonly authority: number;
  /** Default 7 days. */
  readonly leaf: number;
}

export const defaultLifetimes: Lifetimes = { authority: 365 * 86_400_000, leaf: 7 * 86_400_000 };

export type CertificatePlan =
  /** All is well until then (milliseconds since the epoch). */
  | { readonly do: "keep"; readonly lookAgainAt: number }
  | { readonly do: "issueLeaf"; readonly because: string }
  | { readonly do: "issueAll"; readonly because: string };

/**
 * What has to be made anew. A certificate is renewed after two thirds of its life: long before it ends, so that a
 * renewal that fails for days does no harm.
 */
export function planCertificates(
  current: CertificateSet | undefined,
  names: readonly string[],
  now: number,
): CertificatePlan {
  if (current === undefined) return { do: "issueAll", because: "there are no certificates" };
  const authority = validity(current.authority.certificate);
  if (authority === undefined || !isPair(current.authority)) {
    return { do: "issueAll", because: "the authority can't be read" };
  }
  if (now < authority.from) return { do: "issueAll", because: "the authority is not valid yet: a clock was wrong" };
  const authorityDue = dueAt(authority);
  if (now >= authorityDue) return { do: "issueAll", because: "the authority is past two thirds of its life" };
  const leaf = validity(current.leaf.certificate);
  if (leaf === undefined || !isPair(current.leaf)) return { do: "issueLeaf", because: "the certificate can't be read" };
  if (now < leaf.from) return { do: "issueLeaf", because: "the certificate is not valid yet: a clock was wrong" };
  const leafDue = dueAt(leaf);
  if (now >= leafDue) return { do: "issueLeaf", because: "the certificate is past two thirds of its life" };
  if (!covers(current.leaf.certificate, names)) {
    return { do: "issueLeaf", because: `the certificate doesn't cover all of ${names.join(", ")}` };
  }
  if (!chainsTo(current.leaf.certificate, current.bundle, now)) {
    return { do: "issueLeaf", because: "the certificate isn't signed by the bundle" };
  }
  return { do: "keep", lookAgainAt: Math.min(authorityDue, leafDue) };
}

function dueAt({ from, to }: { readonly from: number; readonly to: number }): number {
  return from + ((to - from) * 2) / 3;
}
