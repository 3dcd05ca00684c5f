import { LinkedAbort, settledOrAborted } from "../abort.js";
import { Informer } from "../cache/informer.js";
import type { Client } from "../client/client.js";
import { Secrets } from "../client/builtin.js";
import { AlreadyExists, Conflict, NotFound } from "../client/errors.js";
import type { KubernetesObject } from "../client/objects.js";
import type { ResourceType } from "../client/resource.js";
import { sleep, type Clock, type Random } from "../clock.js";
import { errorText } from "../error-text.js";
import type { Logger } from "../logger.js";
import type { RuntimeMetrics } from "../metrics/metrics.js";
import {
  chainsTo,
  createAuthority,
  issueLeaf,
  isSignedBy,
  namesOf,
  readBundle,
  validity,
  type KeyPair,
} from "./authority.js";
import { BundleInjector } from "./bundle-injector.js";
import { certificatesIn, CertificateSecret } from "./certificate-secret.js";
import { configurationTypes, type WebhookConfigurationReference } from "./configurations.js";
import {
  defaultLifetimes,
  leafProblem,
  planCertificates,
  type CertificatePlan,
  type CertificateSet,
  type Lifetimes,
} from "./plan.js";
import { ServerTime } from "./server-time.js";

/** Which certificate is issued, where it is stored, and who must trust it. */
export interface CertificateManagerOptions {
  readonly client: Client;
  /** The Secret that the replicas share. */
  readonly secret: { readonly namespace: string; readonly name: string };
  /** DNS names and addresses that the webhook server is called by. */
  readonly names: readonly string[];
  /** Where the CA bundle is injected. */
  readonly configurations: readonly WebhookConfigurationReference[];
  /** Common name of the authority, without its random suffix. Default `<fieldManager of the client>-webhook`. */
  readonly authorityName?: string;
  readonly clock: Clock;
  /** Default `Math.random`. */
  readonly random?: Random;
  readonly logger: Logger;
  readonly metrics?: RuntimeMetrics;
  /** Default: a year for the authority, 7 days for the leaf. */
  readonly lifetimes?: Lifetimes;
  /** Milliseconds between checks if no watch reports a change. Default 60,000. */
  readonly interval?: number;
  /**
   * Milliseconds that a bundle must be in the configurations before certificates of a new authority are served: API
   * servers learn of it by a watch, each in its own time. With less, requests can fail during a change of the authority.
   * Default 5,000.
   */
  readonly settle?: number;
  /** Receives each certificate that must be served from now on. */
  readonly serve: (pair: KeyPair) => void;
}

/** A write that met a conflict is retried this many times, from what is stored by then. */
const conflictRetries = 5;
/** Milliseconds between two checks at least: whoever removes the bundle again and again is not answered more often. */
const minPause = 250;
/** Milliseconds before a retry after a failed check. */
const retryPause = 1_000;
/** Milliseconds that a bundle must be in the configurations before the first readiness; its time has whole seconds. */
const firstSettle = 2_000;
/** An overlap needs this many authorities; a clock that jumps must not make the bundle grow. */
const maxBundle = 3;

/**
 * Provides the webhooks' TLS certificate with nothing to install: issues a CA and a server certificate, shares them with
 * the other replicas in a Secret, writes the CA into the webhook configurations, and renews both long before they expire.
 *
 * A new authority is trusted before it signs: it goes into the Secret's bundle and from there into the configurations,
 * while the former authority's certificate is still served. When API servers must have seen it, it signs the next
 * certificate. So no request fails in a rotation, on any replica. Every replica does the same; each write has the version
 * it was decided on as its precondition, so only one replica prevails and the others take over its result.
 *
 * Times are the API server's, which verifies the certificates: this machine's clock may be wrong by years.
 */
export class CertificateManager {
  readonly name = "certificates";
  readonly #options: CertificateManagerOptions;
  readonly #lifetimes: Lifetimes;
  readonly #time: ServerTime;
  readonly #secret: CertificateSecret;
  readonly #injector: BundleInjector;
  /** The last certificates that were good: their leaf can still be served if the Secret is deleted. */
  #known: CertificateSet | undefined;
  #served: KeyPair | undefined;
  #wasReady = false;
  #problem = "not started";
  readonly #settled: Promise<void>;
  #resolveSettled!: () => void;
  #wake: () => void = () => undefined;

  constructor(options: CertificateManagerOptions) {
    this.#options = options;
    this.#lifetimes = options.lifetimes ?? defaultLifetimes;
    this.#time = new ServerTime(options, options.secret);
    this.#secret = new CertificateSecret(options.client, options.secret);
    this.#injector = new BundleInjector(options);
    this.#settled = new Promise((resolve) => (this.#resolveSettled = resolve));
  }

  /** Why API servers cannot verify the served certificate; undefined if they can. */
  readonly check = (): string | undefined => {
    const served = this.#served;
    if (served === undefined) return this.#problem;
    const now = this.#time.now();
    for (const reference of this.#options.configurations) {
      const { bundle, since } = this.#injector.injectionOf(reference);
      if (!chainsTo(served.certificate, bundle, now)) {
        return `the served certificate is not signed by the bundle in ${reference.kind} ${reference.name}`;
      }
      // only at first: later, the bundle holds the former authority too, and no other replica would be any readier
      if (!this.#wasReady && now - since < firstSettle) return "waiting for API servers to see the new bundle";
    }
    this.#wasReady = true;
    return undefined;
  };

  /** Resolves when a verifiable certificate is served, or the signal fires. */
  async ready(signal: AbortSignal): Promise<void> {
    await settledOrAborted(this.#settled, signal);
  }

  /** Checks and renews until the signal fires. A failed check is logged and retried after a second. */
  async start(signal: AbortSignal): Promise<void> {
    const { clock, logger, metrics } = this.#options;
    const watching = Promise.all(this.#informers().map((informer) => informer.start(signal)));
    const stopped = (): boolean => signal.aborted;
    while (!stopped()) {
      let pause: number;
      // before the check: a change during the check leads to another one
      const early = new LinkedAbort(signal);
      this.#wake = () => early.abort();
      try {
        pause = await this.reconcile(signal);
        this.#resolveSettled();
      } catch (error) {
        if (stopped()) break;
        this.#problem = errorText(error);
        metrics?.certificateReadErrorsTotal.inc();
        logger.warn({ err: error }, "the check of the certificates failed; retrying");
        pause = retryPause;
      }
      if (!stopped()) await sleep(clock, Math.max(pause, minPause), early.signal);
      early.unlink();
      if (!stopped()) await sleep(clock, minPause, signal);
    }
    await watching;
  }

  /**
   * One check: issues what is due, injects the bundle where it is missing, and serves what is then trusted.
   * @returns milliseconds until the next check is due.
   */
  async reconcile(signal: AbortSignal): Promise<number> {
    const { interval = 60_000, metrics } = this.#options;
    if (!this.#time.isKnown) await this.#time.compare(signal);
    const { certificates, version } = await this.#ensureSecret(signal);
    metrics?.certificateReadTotal.inc();
    await this.#injector.inject(certificates.bundle, version, signal);
    this.#known = certificates;
    this.#serve(certificates.leaf);
    // the injection may have changed what is due next
    const plan = this.#plan(certificates);
    return plan.do === "keep" ? Math.min(interval, plan.recheckAt - this.#time.now()) : 0;
  }

  /** One for each object that matters. They only report that something changed; its state is then read live. */
  #informers(): Informer<KubernetesObject>[] {
    const { client, clock, random = Math.random, logger, secret, configurations } = this.#options;
    const watched: { type: ResourceType; name: string; namespaces?: string[] }[] = [
      { type: Secrets, name: secret.name, namespaces: [secret.namespace] },
      ...configurations.map(({ kind, name }) => ({ type: configurationTypes[kind], name })),
    ];
    return watched.map(({ type, name, namespaces }) => {
      const informer = new Informer<KubernetesObject>(
        type,
        { ...(namespaces && { namespaces }), fieldSelector: `metadata.name=${name}`, metadataOnly: true },
        { client, clock, random, logger },
      );
      informer.addHandler(() => this.#wake());
      return informer;
    });
  }

  #plan(current: CertificateSet | undefined): CertificatePlan {
    const { names, settle = 5_000 } = this.#options;
    const now = this.#time.now();
    // the time of the write has whole seconds: up to one second more may be missing
    const trusted = current !== undefined && this.#injector.isInjectedSince(current.bundle, now - settle - 1_000);
    return planCertificates({ current, names, now, trusted });
  }

  async #ensureSecret(signal: AbortSignal): Promise<{ certificates: CertificateSet; version: string }> {
    const { secret: key, logger } = this.#options;
    for (let attempt = 0; ; attempt++) {
      const stored = await this.#secret.read(signal);
      let current = stored && certificatesIn(stored);
      let plan = this.#plan(current);
      if (plan.do === "keep" && stored !== undefined && current !== undefined) {
        return { certificates: current, version: stored.metadata.resourceVersion };
      }
      // this machine's clock alone is no reason to issue anything
      await this.#time.compare(signal);
      plan = this.#plan(current);
      if (plan.do === "issueAll" && this.#known !== undefined && !this.#leafProblem(this.#known)) {
        // the Secret was emptied: the served leaf is as good as before, and stays until a new authority is trusted
        current = this.#known;
        plan = { ...plan, do: "issueAuthority" };
      }
      if (plan.do === "keep") continue;
      logger.info({ because: plan.because, secret: key.name }, "issuing certificates");
      const certificates = await this.#issue(plan.do, current);
      try {
        return { certificates, version: await this.#secret.write(certificates, stored, signal) };
      } catch (error) {
        // another replica was quicker: its certificates are as good
        const beaten = error instanceof Conflict || error instanceof AlreadyExists || error instanceof NotFound;
        if (!beaten || attempt >= conflictRetries) throw error;
      }
    }
  }

  #leafProblem(certificates: CertificateSet): string | undefined {
    return leafProblem(certificates, this.#time.now());
  }

  async #issue(
    what: "issueLeaf" | "issueAuthority" | "issueAll",
    former: CertificateSet | undefined,
  ): Promise<CertificateSet> {
    const { client, authorityName = `${client.fieldManager}-webhook` } = this.#options;
    const now = this.#time.now();
    const authority =
      what === "issueLeaf" && former !== undefined
        ? former.authority
        : await createAuthority(authorityName, now, this.#lifetimes.authority);
    const kept = what === "issueAuthority" ? former?.leaf : undefined;
    const others = [...readBundle(former?.bundle ?? ""), ...readBundle(this.#known?.bundle ?? "")]
      .filter((ca) => Date.parse(ca.validTo) > now)
      .map((ca) => ca.toString().trim());
    // the authority of the served leaf must not be the one that is dropped
    const needed = others.filter((ca) => kept !== undefined && isSignedBy(kept.certificate, ca));
    const bundle = [...new Set([authority.certificate.trim(), ...needed, ...others])].slice(0, maxBundle);
    return {
      authority,
      bundle: `${bundle.join("\n")}\n`,
      leaf: kept ?? (await issueLeaf(authority, this.#namesWith(former), now, this.#lifetimes.leaf)),
    };
  }

  /** The own names, and those of a leaf that lacks some of them: replicas with different flags must not alternate. */
  #namesWith(former: CertificateSet | undefined): string[] {
    const { names } = this.#options;
    const theirs = former === undefined ? [] : namesOf(former.leaf.certificate);
    const complete = names.every((name) => theirs.includes(name));
    return complete ? [...names] : [...new Set([...names, ...theirs])].slice(0, names.length + 16);
  }

  #serve(leaf: KeyPair): void {
    if (this.#served?.certificate === leaf.certificate) return;
    const { serve, metrics, logger } = this.#options;
    serve(leaf);
    this.#served = leaf;
    const until = validity(leaf.certificate)?.to ?? 0;
    metrics?.certificateExpirySeconds.set(until / 1000);
    logger.info({ validUntil: new Date(until).toISOString() }, "serving a new certificate");
  }
}
