import { backdate, chainsTo, covers, isPair, isSignedBy, validity, type KeyPair } from "./authority.js";

/** What the Secret holds, as text. Keys of the Secret: `ca.crt`, `ca.key`, `tls.crt`, `tls.key`. */
export interface CertificateSet {
  /** Bundle to trust: the authority that signs from now on first, then those before it that are still valid. */
  readonly bundle: string;
  readonly authority: KeyPair;
  /** What is served. In the change to a new authority it is still signed by the one before. */
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

/** All that a plan is made from. */
export interface CertificateSituation {
  readonly current: CertificateSet | undefined;
  /** What the leaf has to speak for. */
  readonly names: readonly string[];
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** The bundle has been in every configuration for long enough that all API servers must have seen it. */
  readonly trusted: boolean;
}

export type CertificatePlan =
  /** All is well until then (milliseconds since the epoch). */
  | { readonly do: "keep"; readonly lookAgainAt: number }
  | { readonly do: "issueLeaf"; readonly because: string }
  /** A new authority into the bundle; what is served stays until the new one is trusted. */
  | { readonly do: "issueAuthority"; readonly because: string }
  /** There is nothing that could be served meanwhile. */
  | { readonly do: "issueAll"; readonly because: string };

/** How soon to look again while a new authority waits to be trusted. */
const impatience = 500;

/**
 * What has to be made anew. A certificate is renewed after two thirds of its life: long before it ends, so that a renewal that
 * fails for days does no harm. A new authority signs nothing that is served until API servers trust it (docs/adr/007).
 */
export function planCertificates({ current, names, now, trusted }: CertificateSituation): CertificatePlan {
  if (current === undefined) return { do: "issueAll", because: "there are no certificates" };
  const leafFault = faultOfLeaf(current, now);
  const authorityDue = dueAt(current.authority.certificate);
  const authorityFault = faultOfAuthority(current.authority, now);
  if (authorityFault !== undefined || now >= authorityDue) {
    const because = authorityFault ?? "the authority is past two thirds of its life";
    return { do: leafFault === undefined ? "issueAuthority" : "issueAll", because };
  }
  if (leafFault !== undefined) return { do: "issueLeaf", because: leafFault };
  const leafDue = dueAt(current.leaf.certificate);
  const because = reasonForNewLeaf(current, names, now >= leafDue);
  if (because === undefined) return { do: "keep", lookAgainAt: Math.min(authorityDue, leafDue) };
  return trusted ? { do: "issueLeaf", because } : { do: "keep", lookAgainAt: now + impatience };
}

/** Why the authority can't sign. */
function faultOfAuthority(authority: KeyPair, now: number): string | undefined {
  const valid = validity(authority.certificate);
  if (valid === undefined || !isPair(authority)) return "the authority can't be read";
  return now < valid.from ? "the authority is not valid yet: a clock was wrong" : undefined;
}

/** Why the leaf can't be served at all. */
export function faultOfLeaf(
  { leaf, bundle }: Pick<CertificateSet, "leaf" | "bundle">,
  now: number,
): string | undefined {
  const valid = validity(leaf.certificate);
  if (valid === undefined || !isPair(leaf)) return "the certificate can't be read";
  if (now < valid.from) return "the certificate is not valid yet: a clock was wrong";
  if (now >= valid.to) return "the certificate has expired";
  return chainsTo(leaf.certificate, bundle, now) ? undefined : "the certificate isn't signed by the bundle";
}

/** Why a leaf that can be served ought to be replaced all the same. */
function reasonForNewLeaf(
  { leaf, authority }: CertificateSet,
  names: readonly string[],
  due: boolean,
): string | undefined {
  if (due) return "the certificate is past two thirds of its life";
  if (!covers(leaf.certificate, names)) return `the certificate doesn't cover all of ${names.join(", ")}`;
  return isSignedBy(leaf.certificate, authority.certificate)
    ? undefined
    : "the new authority is trusted now: the certificate moves to it";
}

/** Two thirds of the life, counted from when it was made and not from when it is valid. */
function dueAt(certificate: string): number {
  const { from, to } = validity(certificate) ?? { from: 0, to: 0 };
  const made = Math.min(from + backdate, to);
  return made + ((to - made) * 2) / 3;
}
