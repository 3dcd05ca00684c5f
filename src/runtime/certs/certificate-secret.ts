import type { Client } from "../client/client.js";
import { Secrets } from "../client/builtin.js";
import type { Secret, Stored } from "../client/objects.js";
import { unlessMissing } from "../client/unless-missing.js";
import { readBundle } from "./authority.js";
import type { CertificateSet } from "./plan.js";

/** The Secret that replicas share. */
export class CertificateSecret {
  readonly #client: Client;
  readonly #key: { readonly namespace: string; readonly name: string };

  constructor(client: Client, key: { readonly namespace: string; readonly name: string }) {
    this.#client = client;
    this.#key = key;
  }

  /** Undefined if it does not exist. */
  read(signal: AbortSignal): Promise<Stored<Secret> | undefined> {
    return unlessMissing(this.#client.get(Secrets, this.#key, { signal }));
  }

  /**
   * Stores the certificates; what others added to the Secret is preserved.
   * @param stored the Secret as it was read; its version is the precondition.
   * @returns the new resourceVersion.
   * @throws Conflict, AlreadyExists or NotFound if another replica was quicker.
   */
  async write(certificates: CertificateSet, stored: Stored<Secret> | undefined, signal: AbortSignal): Promise<string> {
    const labels = { "app.kubernetes.io/managed-by": this.#client.fieldManager };
    const object: Secret = {
      // the type of an existing Secret is immutable
      ...(stored ?? { type: "Opaque", metadata: { ...this.#key, labels } }),
      data: {
        ...stored?.data,
        "ca.crt": encode(certificates.bundle),
        "ca.key": encode(certificates.authority.key),
        "tls.crt": encode(certificates.leaf.certificate),
        "tls.key": encode(certificates.leaf.key),
      },
    };
    const written =
      stored === undefined
        ? await this.#client.create(Secrets, object, { signal })
        : await this.#client.update(Secrets, object, { signal });
    return written.metadata.resourceVersion;
  }
}

/** The certificates in a Secret; missing or unreadable ones are empty. */
export function certificatesIn(secret: Secret): CertificateSet {
  const read = (name: string): string => Buffer.from(secret.data?.[name] ?? "", "base64").toString("utf8");
  const bundle = read("ca.crt");
  const [first] = readBundle(bundle);
  return {
    bundle,
    authority: { certificate: first === undefined ? "" : first.toString(), key: read("ca.key") },
    leaf: { certificate: read("tls.crt"), key: read("tls.key") },
  };
}

function encode(text: string): string {
  return Buffer.from(text, "utf8").toString("base64");
}
