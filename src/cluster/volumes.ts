import { chmodSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { AdminApi } from "./api.js";

const PROVISIONER = "agent-orchestrator.io/local-volumes";

interface Claim {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly deletionTimestamp?: string;
  };
  readonly spec: {
    readonly storageClassName?: string;
    readonly volumeName?: string;
    readonly accessModes?: string[];
    readonly volumeMode?: string;
    readonly resources?: { readonly requests?: { readonly storage?: string } };
  };
}

interface Volume {
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly spec?: { readonly claimRef?: { readonly uid?: string }; readonly local?: { readonly path?: string } };
  readonly status?: { readonly phase?: string };
}

/**
 * A volume provisioner for a cluster of one node; Kubernetes has none built in. It creates `local` volumes, which,
 * unlike `hostPath` volumes, get the group of a pod's `fsGroup`. Every event on claims or volumes triggers a reconcile
 * of all of them, so that no missed event matters.
 */
export class LocalVolumes {
  /** The default StorageClass. It binds immediately: with one node, the scheduler has no choice to make. */
  static readonly storageClass = {
    apiVersion: "storage.k8s.io/v1",
    kind: "StorageClass",
    metadata: { name: "standard", annotations: { "storageclass.kubernetes.io/is-default-class": "true" } },
    provisioner: PROVISIONER,
    reclaimPolicy: "Delete",
    volumeBindingMode: "Immediate",
  };

  #isReconciling = false;
  #isRequested = false;

  constructor(
    private readonly api: AdminApi,
    private readonly directory: string,
    private readonly nodeName: string,
  ) {}

  /** Runs until the signal aborts; retries while the API server is unreachable. */
  async run(signal: AbortSignal): Promise<void> {
    mkdirSync(this.directory, { recursive: true });
    const follow = async (path: string): Promise<void> => {
      while (!signal.aborted) {
        try {
          this.#request();
          await this.api.watch(`${path}?watch=1&timeoutSeconds=300`, () => this.#request(), signal);
        } catch {
          await new Promise((resolve) => setTimeout(resolve, 1_000));
        }
      }
    };
    await Promise.all([follow("/api/v1/persistentvolumeclaims"), follow("/api/v1/persistentvolumes")]);
  }

  /** Requests a reconcile; one that is requested during another follows it. */
  #request(): void {
    this.#isRequested = true;
    if (!this.#isReconciling) void this.#reconcileWhileRequested();
  }

  async #reconcileWhileRequested(): Promise<void> {
    this.#isReconciling = true;
    while (this.#isRequested) {
      this.#isRequested = false;
      try {
        await this.#reconcile();
      } catch (error) {
        console.error(error); // retried with the next event, or with the next watch after at most five minutes
      }
    }
    this.#isReconciling = false;
  }

  async #reconcile(): Promise<void> {
    const { items: claims } = await this.api.call<{ items: Claim[] }>("GET", "/api/v1/persistentvolumeclaims");
    const { items: volumes } = await this.api.call<{ items: Volume[] }>("GET", "/api/v1/persistentvolumes");
    const names = new Set(volumes.map((volume) => volume.metadata.name));
    for (const claim of claims) {
      const isOurs =
        claim.spec.storageClassName === LocalVolumes.storageClass.metadata.name && claim.spec.volumeMode !== "Block";
      if (
        isOurs &&
        claim.spec.volumeName === undefined &&
        claim.metadata.deletionTimestamp === undefined &&
        !names.has(nameOf(claim))
      ) {
        await this.#provision(claim);
      }
    }
    for (const volume of volumes) {
      if (volume.status?.phase !== "Released" || !this.#isOurs(volume)) continue;
      rmSync(join(this.directory, volume.metadata.name), { recursive: true, force: true });
      await this.api.call("DELETE", `/api/v1/persistentvolumes/${volume.metadata.name}`);
    }
  }

  /** Whether this provisioner made it: the annotation alone anybody can write who may create volumes. */
  #isOurs({ metadata: { name, annotations }, spec }: Volume): boolean {
    return (
      annotations?.["pv.kubernetes.io/provisioned-by"] === PROVISIONER &&
      name === `pvc-${spec?.claimRef?.uid ?? ""}` &&
      spec?.local?.path === join(this.directory, name)
    );
  }

  async #provision(claim: Claim): Promise<void> {
    const name = nameOf(claim);
    const path = join(this.directory, name);
    mkdirSync(path, { recursive: true });
    chmodSync(path, 0o777); // a pod without fsGroup may run as any user
    await this.api.ensure("/api/v1/persistentvolumes", {
      apiVersion: "v1",
      kind: "PersistentVolume",
      metadata: { name, annotations: { "pv.kubernetes.io/provisioned-by": PROVISIONER } },
      spec: {
        storageClassName: claim.spec.storageClassName,
        accessModes: claim.spec.accessModes ?? ["ReadWriteOnce"],
        capacity: { storage: claim.spec.resources?.requests?.storage ?? "1Gi" },
        persistentVolumeReclaimPolicy: "Delete",
        local: { path },
        nodeAffinity: {
          required: {
            nodeSelectorTerms: [
              { matchExpressions: [{ key: "kubernetes.io/hostname", operator: "In", values: [this.nodeName] }] },
            ],
          },
        },
        claimRef: {
          apiVersion: "v1",
          kind: "PersistentVolumeClaim",
          namespace: claim.metadata.namespace,
          name: claim.metadata.name,
          uid: claim.metadata.uid,
        },
      },
    });
  }
}

const nameOf = (claim: Claim): string => `pvc-${claim.metadata.uid}`;
