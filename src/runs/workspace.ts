/**
 * Which claim an attempt works in. A claim serves one identity at one trust level, which it records: what an agent leaves in a
 * workspace must not reach an agent that has other keys. Pure. See docs/adr/019-workspaces-by-identity.md.
 */
import { isForeignClaim, runAnnotations } from "./metadata.js";
import { appliesTo, type NamespaceFacts } from "./namespace-facts.js";
import { shortHash } from "../api/names.js";
import type { Configuration } from "../configuration/configuration.js";
import type { PersistentVolumeClaim, Stored } from "../runtime/client/objects.js";

/** Whom a claim serves. */
export interface WorkspaceOwner {
  /** What the run works as: see `identity` in run.ts. */
  readonly identity: string;
  /** Empty: no entry of `isolation` names one for the namespace. */
  readonly trustLevel: string;
}

export interface Workspace {
  readonly name: string;
  /** The claim of that name. Absent: it has to be created. */
  readonly claim?: Stored<PersistentVolumeClaim>;
  /** The claim is from before claims recorded whom they serve; it has to, before it is used. */
  readonly isUnrecorded?: true;
  /** The claim of that name serves something else: it is not used, and the attempt cannot start. */
  readonly isTaken?: true;
}

/**
 * The trust level of a namespace: that of the first entry of `isolation` that applies and names one. Undefined while it depends on labels
 * that are not known: unlike a restriction, a wrong level would give the run another workspace.
 */
export function trustLevelOf(isolation: Configuration["isolation"], namespace: NamespaceFacts): string | undefined {
  const entry = isolation.find(
    ({ namespaces, trustLevel }) => trustLevel !== undefined && appliesTo(namespaces, namespace),
  );
  const { matchLabels = {}, matchExpressions = [] } = entry?.namespaces ?? {};
  const takesLabels = Object.keys(matchLabels).length + matchExpressions.length > 0;
  return takesLabels && namespace.labels === undefined ? undefined : (entry?.trustLevel ?? "");
}

/** The annotations of a claim that serves this owner. */
export function ownerAnnotations({ identity, trustLevel }: WorkspaceOwner): Record<string, string> {
  return { [runAnnotations.identity]: identity, [runAnnotations.trustLevel]: trustLevel };
}

/**
 * The claim for a run that names a workspace, itself or by default: the claim of that name, unless it serves another owner; then
 * one of the owner's own, `<name>-id-<hash>`. A claim that someone else created is used as it is: its maker decides who shares it.
 *
 * @param claimOf an existing claim of the namespace
 * @param isDisputed whether a claim without a record may still be needed by another identity
 */
export function workspaceFor(
  name: string,
  owner: WorkspaceOwner,
  claimOf: (name: string) => Stored<PersistentVolumeClaim> | undefined,
  isDisputed: () => boolean,
): Workspace {
  const named = claimOf(name);
  if (named !== undefined && (isForeignClaim(named) || serves(named, owner))) return { name, claim: named };
  const ownName = ownWorkspaceName(name, owner);
  const own = claimOf(ownName);
  if (own !== undefined)
    return { name: ownName, claim: own, ...(!(!isForeignClaim(own) && serves(own, owner)) && { isTaken: true }) };
  if (named === undefined) return { name };
  return isRecorded(named) || isDisputed() ? { name: ownName } : { name, claim: named, isUnrecorded: true };
}

/**
 * What the names of a workspace and of the claims made for its owners have in common. Runs whose workspaces have one base are counted
 * as users of one workspace: two of them may get the same claim.
 */
export function workspaceBase(name: string): string {
  return name.replace(ownSuffix, "");
}

const ownSuffix = /(-id-[0-9a-f]{16})+$/;

/** Longest name of a PersistentVolumeClaim. */
const longestName = 253;

/** Names never say whose a claim is, the record does: the hash only keeps names apart. */
function ownWorkspaceName(name: string, { identity, trustLevel }: WorkspaceOwner): string {
  const suffix = `-id-${shortHash(JSON.stringify([name, identity, trustLevel]), 16)}`;
  return `${name.slice(0, longestName - suffix.length).replace(/[^a-z0-9]+$/, "")}${suffix}`;
}

function isRecorded({ metadata }: Stored<PersistentVolumeClaim>): boolean {
  return metadata.annotations?.[runAnnotations.identity] !== undefined;
}

function serves({ metadata: { annotations = {} } }: Stored<PersistentVolumeClaim>, owner: WorkspaceOwner): boolean {
  return (
    annotations[runAnnotations.identity] === owner.identity &&
    (annotations[runAnnotations.trustLevel] ?? "") === owner.trustLevel
  );
}
