import type { Client } from "../client/client.js";
import { MutatingWebhookConfigurations, Secrets, ValidatingWebhookConfigurations } from "../client/builtin.js";
import { AlreadyExists, Conflict, NotFound } from "../client/errors.js";
import type { KubernetesObject, Secret, Stored } from "../client/objects.js";
import type { ResourceType } from "../client/resource.js";
import { sleep, type Clock } from "../clock.js";
import type { Logger } from "../logger.js";
import type { RuntimeMetrics } from "../metrics/metrics.js";
import { chainsTo, createAuthority, issueLeaf, readBundle, validity, type KeyPair } from "./authority.js";
import { defaultLifetimes, planCertificates, type CertificateSet, type Lifetimes } from "./plan.js";

/** A webhook configuration whose `caBundle`s this program keeps. */
export interface WebhookConfigurationReference {
  readonly kind: "Mutating" | "Validating";
  readonly name: string;
}

export interface CertificateManagerOptions {
  readonly client: Client;
  /** The Secret that the replicas share. */
  readonly secret: { readonly namespace: string; readonly name: string };
  /** DNS names and addresses that the webhook server is called by. */
  readonly names: readonly string[];
  readonly configurations: readonly WebhookConfigurationReference[];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics?: RuntimeMetrics;
  readonly lifetimes?: Lifetimes;
  /** Milliseconds between looks at Secret and configurations: how soon damage is repaired. Default 5,000. */
  readonly interval?: number;
  /** Given each certificate that has to be served from now on. */
  readonly serve: (pair: KeyPair) => void;
}

/** How often a write that met a conflict is tried again from what is stored then. */
const conflictRetries = 5;

/**
 * Keeps the webhooks' TLS going with nothing to install: makes a CA and a server certificate, shares them with the other
 * replicas in a Secret, puts the CA into the webhook configurations, and renews all of it long before it ends.
 *
 * A new certificate is served only once the configurations trust its CA; until then the former one is, which they trust
 * too, since the bundle holds both. So no request fails in a rotation. Every replica does the same; each write carries
 * the version it was decided on, so only one of them prevails and the others take its result.
 */
export class CertificateManager {
  readonly name = "certificates";
  readonly #options: CertificateManagerOptions;
  readonly #lifetimes: Lifetimes;
  #served: KeyPair | undefined;
  #injected: string | undefined;
  #problem = "not started";
  readonly #settled: Promise<void>;
  #resolveSettled!: () => void;

  constructor(options: CertificateManagerOptions) {
    this.#options = options;
    this.#lifetimes = options.lifetimes ?? defaultLifetimes;
    this.#settled = new Promise((resolve) => (this.#resolveSettled = resolve));
  }

  /** Why the API server could not verify what is served; undefined where it can. */
  readonly check = (): string | undefined => {
    if (this.#served === undefined || this.#injected === undefined) return this.#problem;
    return chainsTo(this.#served.certificate, this.#injected, this.#options.clock.now())
      ? undefined
      : "the served certificate is not signed by the injected bundle";
  };

  /** Resolves when a verifiable certificate is served. */
  async ready(signal: AbortSignal): Promise<void> {
    await Promise.race([
      this.#settled,
      new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true })),
    ]);
  }

  async start(signal: AbortSignal): Promise<void> {
    const { clock, logger, interval = 5_000 } = this.#options;
    const stopped = (): boolean => signal.aborted;
    while (!stopped()) {
      let pause = interval;
      try {
        await this.reconcile(signal);
        this.#resolveSettled();
      } catch (error) {
        if (stopped()) return;
        this.#problem = error instanceof Error ? error.message : String(error);
        logger.warn({ err: error }, "certificates could not be checked, trying again");
        pause = Math.min(pause, 1_000);
      }
      await sleep(clock, pause, signal);
    }
  }

  /** One look: makes what is due, injects the bundle where it isn't, and serves what is then trusted. */
  async reconcile(signal: AbortSignal): Promise<void> {
    const { serve, metrics, logger } = this.#options;
    const certificates = await this.#ensureSecret(signal);
    metrics?.certificateReadTotal.inc();
    await Promise.all(
      this.#options.configurations.map((reference) => this.#inject(reference, certificates.bundle, signal)),
    );
    this.#injected = certificates.bundle;
    if (this.#served?.certificate === certificates.leaf.certificate) return;
    this.#served = certificates.leaf;
    serve(certificates.leaf);
    const until = validity(certificates.leaf.certificate)?.to ?? 0;
    metrics?.certificateExpirySeconds.set(until / 1000);
    logger.info({ validUntil: new Date(until).toISOString() }, "serving a new certificate");
  }

  async #ensureSecret(signal: AbortSignal): Promise<CertificateSet> {
    const { client, secret: key, names, clock, logger } = this.#options;
    for (let attempt = 0; ; attempt++) {
      const stored = await this.#readSecret(signal);
      const current = stored && readSet(stored);
      const plan = planCertificates(current, names, clock.now());
      if (plan.do === "keep" && current !== undefined) return current;
      logger.info({ because: plan.do === "keep" ? "" : plan.because, secret: key.name }, "making certificates");
      const made = await this.#make(plan.do === "issueLeaf" ? current : undefined, current);
      const object: Secret = {
        type: "Opaque",
        metadata: {
          ...key,
          labels: { "app.kubernetes.io/managed-by": client.fieldManager },
          ...(stored !== undefined && { resourceVersion: stored.metadata.resourceVersion }),
        },
        data: {
          "ca.crt": encode(made.bundle),
          "ca.key": encode(made.authority.key),
          "tls.crt": encode(made.leaf.certificate),
          "tls.key": encode(made.leaf.key),
        },
      };
      try {
        if (stored === undefined) await client.create(Secrets, object, { signal });
        else await client.update(Secrets, object, { signal });
        return made;
      } catch (error) {
        // another replica was quicker: its certificates are as good
        const beaten = error instanceof Conflict || error instanceof AlreadyExists || error instanceof NotFound;
        if (!beaten || attempt >= conflictRetries) throw error;
      }
    }
  }

  /** With `signer`, a leaf of its authority; else a new authority too, with the former one kept in the bundle. */
  async #make(signer: CertificateSet | undefined, former: CertificateSet | undefined): Promise<CertificateSet> {
    const { names, clock } = this.#options;
    const now = clock.now();
    const authority =
      signer?.authority ?? (await createAuthority("agent-orchestrator-webhook", now, this.#lifetimes.authority));
    const others = readBundle(former?.bundle ?? "")
      .filter((ca) => Date.parse(ca.validTo) > now)
      .map((ca) => ca.toString())
      .filter((text) => text.trim() !== authority.certificate.trim());
    return {
      authority,
      // three are enough for an overlap; a clock that jumps about must not make it grow
      bundle: [authority.certificate.trim(), ...others.map((text) => text.trim())].slice(0, 3).join("\n") + "\n",
      leaf: await issueLeaf(authority, names, now, this.#lifetimes.leaf),
    };
  }

  async #readSecret(signal: AbortSignal): Promise<Stored<Secret> | undefined> {
    try {
      return await this.#options.client.get(Secrets, this.#options.secret, { signal });
    } catch (error) {
      if (error instanceof NotFound) return undefined;
      throw error;
    }
  }

  async #inject(reference: WebhookConfigurationReference, bundle: string, signal: AbortSignal): Promise<void> {
    const type = (
      reference.kind === "Mutating" ? MutatingWebhookConfigurations : ValidatingWebhookConfigurations
    ) as ResourceType<WebhookConfiguration>;
    const { client, logger } = this.#options;
    const wanted = encode(bundle);
    for (let attempt = 0; ; attempt++) {
      const configuration = await client.get(type, { name: reference.name }, { signal });
      const webhooks = configuration.webhooks ?? [];
      if (webhooks.every(({ clientConfig }) => clientConfig.caBundle === wanted)) return;
      try {
        await client.patch(
          type,
          { name: reference.name },
          {
            type: "json",
            body: [
              // indexes are only good for the version they were read from
              { op: "test", path: "/metadata/resourceVersion", value: configuration.metadata.resourceVersion },
              ...webhooks.map((_, index) => ({
                op: "add" as const,
                path: `/webhooks/${index}/clientConfig/caBundle`,
                value: wanted,
              })),
            ],
          },
          { signal },
        );
        logger.info({ configuration: reference.name }, "put the CA into the webhook configuration");
        return;
      } catch (error) {
        const { code } = error as { code?: unknown };
        // a failed `test` of a JSON patch is a 422
        const changed = error instanceof Conflict || code === 422;
        if (!changed || attempt >= conflictRetries) throw error;
      }
    }
  }
}

interface WebhookConfiguration extends KubernetesObject {
  webhooks?: { clientConfig: { caBundle?: string } }[];
}

function readSet(secret: Secret): CertificateSet {
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
