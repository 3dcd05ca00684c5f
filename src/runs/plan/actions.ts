/** The actions of which a plan consists; `../apply` carries them out. */
import type { Amount, Settlement } from "../budgets/account.js";
import type { GivenUp } from "../given-up.js";
import type { ObjectIdentity } from "../observed.js";
import type { RunStatus } from "../run.js";
import type { WorkspaceOwner } from "../workspace.js";
import type { ConfigMap, Job, NetworkPolicy, PersistentVolumeClaim, Stored } from "../../runtime/client/objects.js";

/** One thing to do. The actions of a plan are independent: they may be carried out concurrently. */
export type Action =
  | { readonly do: "addFinalizer" }
  /** Reads from the API server what a cache cannot prove; always the run itself. */
  | Confirm
  /** Reads the warning Events about these objects. */
  | { readonly do: "readWarnings"; readonly about: readonly ObjectIdentity[] }
  /** Reads how a run of this name ended before, and the run itself. */
  | { readonly do: "readEarlierEnd" }
  /** Forgets how a run of this name ended: someone deleted it, so applying it again starts it. */
  | { readonly do: "forgetEnd" }
  | { readonly do: "ensureWorkspace"; readonly claim: PersistentVolumeClaim }
  /** Records on a claim, before an agent works in it, whom it serves if it is from before such records, and that it is not idle. */
  | {
      readonly do: "recordWorkspace";
      readonly claim: Stored<PersistentVolumeClaim>;
      readonly owner: WorkspaceOwner;
    }
  /** Requests more storage. A refusal is reported as an Event and does not keep the attempt from starting. */
  | { readonly do: "expandWorkspace"; readonly claim: ObjectIdentity; readonly size: string }
  /** Before any agent of the namespace starts. */
  | { readonly do: "ensureNetwork"; readonly policy: NetworkPolicy }
  | { readonly do: "ensureFiles"; readonly files: ConfigMap }
  | { readonly do: "removeFiles"; readonly files: ObjectIdentity }
  /** Reserves what an attempt may spend, in every Budget that applies to the run. */
  | { readonly do: "reserveBudget"; readonly attempt: number; readonly allowance: Amount }
  /** Replaces the reservations of an attempt by what it used. */
  | { readonly do: "settleBudget"; readonly attempt: number; readonly settlement: Settlement }
  | { readonly do: "startJob"; readonly job: Job }
  | { readonly do: "suspendJob"; readonly job: ObjectIdentity; readonly suspend: boolean }
  /** Makes the Workload of a Job in a queue inactive, or active again, so that Kueue does not start the Job, or does. */
  | { readonly do: "holdInQueue"; readonly job: ObjectIdentity; readonly hold: boolean }
  | { readonly do: "moveToQueue"; readonly job: ObjectIdentity; readonly queue: string }
  /** Writes on the Job why it is about to be stopped, so that the reason survives a crash before it is recorded. */
  | { readonly do: "giveUpJob"; readonly job: ObjectIdentity; readonly because: GivenUp }
  /** Deletes in the foreground: the Job stays until its pods are gone. */
  | { readonly do: "stopJob"; readonly job: ObjectIdentity }
  /** Deletes a pod that was orphaned from its Job. */
  | { readonly do: "stopPod"; readonly pod: ObjectIdentity }
  /** Removes our finalizer from a deleted Job, and with it the Job. */
  | { readonly do: "forgetJob"; readonly job: Stored<Job> }
  | { readonly do: "removeWorkspace"; readonly claim: ObjectIdentity }
  /** Removes our finalizers from the run, and with them the run. */
  | { readonly do: "release" };

export interface Confirm {
  readonly do: "confirm";
  /** Jobs that may be gone. */
  readonly jobs: readonly ObjectIdentity[];
  /** Jobs whose last pods are wanted. */
  readonly podsOf: readonly ObjectIdentity[];
  /** Whether every Job of the run is wanted. */
  readonly allJobs: boolean;
}

export function confirm(what: Partial<Omit<Confirm, "do">>): Confirm {
  return { do: "confirm", jobs: [], podsOf: [], allJobs: false, ...what };
}

export interface Plan {
  readonly actions: readonly Action[];
  /** To be written if it differs from the present one. Absent while there are actions, and after the release. */
  readonly status?: RunStatus;
  /** Milliseconds since the epoch. Absent: nothing happens before something observed changes. */
  readonly recheckAt?: number;
}
