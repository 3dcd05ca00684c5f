import { backdate, chainsTo, covers, isPair, isSignedBy, validity, type KeyPair } from "./authority.js";

/** The contents of the Secret, as text. Its keys are `ca.crt`, `ca.key`, `tls.crt` and `tls.key`. */
export interface CertificateSet {
  /** The CA bundle: first the authority that signs from now on, then the former ones that are still valid. */
  readonly bundle: string;
  readonly authority: KeyPair;
  /** The served certificate. During a change of the authority it is still signed by the former one. */
  readonly leaf: KeyPair;
}

/** How long certificates are valid, in milliseconds. Each is renewed after two thirds of its life. */
export interface Lifetimes {
  /** Default a year. */
  readonly authority: number;
  /** Default 7 days. */
  readonly leaf: number;
}

export const defaultLifetimes: Lifetimes = { authority: 365 * 86_400_000, leaf: 7 * 86_400_000 };

/** The input of a plan. */
export interface CertificateSituation {
  readonly current: CertificateSet | undefined;
  /** DNS names and addresses that the leaf must cover. */
  readonly names: readonly string[];
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** The bundle has been in every configuration for so long that all API servers must have seen it. */
  readonly trusted: boolean;
}

/** What to issue, and why. */
export type CertificatePlan =
  /** Nothing is due before this time (milliseconds since the epoch). */
  | { readonly do: "keep"; readonly recheckAt: number }
  | { readonly do: "issueLeaf"; readonly because: string }
  /** Add a new authority to the bundle; the leaf stays until the new authority is trusted. */
  | { readonly do: "issueAuthority"; readonly because: string }
  /** Nothing exists that could be served meanwhile. */
  | { readonly do: "issueAll"; readonly because: string };

/** Milliseconds between checks while a new authority waits to be trusted. */
const trustInterval = 500;

/**
 * What must be issued. A certificate is renewed after two thirds of its life: long before it expires, so that a renewal
 * that fails for days does no harm. A new authority signs no served leaf until API servers trust it (docs/adr/007).
 */
export function planCertificates({ current, names, now, trusted }: CertificateSituation): CertificatePlan {
  if (current === undefined) return { do: "issueAll", because: "there are no certificates" };
  const leafFault = leafProblem(current, now);
  const authorityDue = dueAt(current.authority.certificate);
  const unusable = authorityProblem(current.authority, now);
  if (unusable !== undefined || now >= authorityDue) {
    const because = unusable ?? "the authority is past two thirds of its life";
    return { do: leafFault === undefined ? "issueAuthority" : "issueAll", because };
  }
  if (leafFault !== undefined) return { do: "issueLeaf", because: leafFault };
  const leafDue = dueAt(current.leaf.certificate);
  const because = reasonForNewLeaf(current, names, now >= leafDue);
  if (because === undefined) return { do: "keep", recheckAt: Math.min(authorityDue, leafDue) };
  return trusted ? { do: "issueLeaf", because } : { do: "keep", recheckAt: now + trustInterval };
}

/** Why the authority cannot sign; undefined if it can. */
function authorityProblem(authority: KeyPair, now: number): string | undefined {
  const valid = validity(authority.certificate);
  if (valid === undefined || !isPair(authority)) return "the authority is unreadable";
  return now < valid.from ? "the authority is not valid yet: a clock was wrong" : undefined;
}

/** Why the leaf cannot be served; undefined if it can. */
export function leafProblem(
  { leaf, bundle }: Pick<CertificateSet, "leaf" | "bundle">,
  now: number,
): string | undefined {
  const valid = validity(leaf.certificate);
  if (valid === undefined || !isPair(leaf)) return "the certificate is unreadable";
  if (now < valid.from) return "the certificate is not valid yet: a clock was wrong";
  if (now >= valid.to) return "the certificate has expired";
  return chainsTo(leaf.certificate, bundle, now) ? undefined : "the certificate is not signed by the bundle";
}

/** Why a leaf that can be served must be replaced all the same; undefined if it need not. */
function reasonForNewLeaf(
  { leaf, authority }: CertificateSet,
  names: readonly string[],
  due: boolean,
): string | undefined {
  if (due) return "the certificate is past two thirds of its life";
  if (!covers(leaf.certificate, names)) return `the certificate does not cover all of ${names.join(", ")}`;
  return isSignedBy(leaf.certificate, authority.certificate)
    ? undefined
    : "the new authority is trusted and signs the certificate from now on";
}

/** Two thirds of the life, from when the certificate was issued rather than from its backdated notBefore. */
function dueAt(certificate: string): number {
  const { from, to } = validity(certificate) ?? { from: 0, to: 0 };
  const issued = Math.min(from + backdate, to);
  return issued + ((to - issued) * 2) / 3;
}
