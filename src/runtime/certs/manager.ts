import { settledOrAborted } from "../abort.js";
import { Informer } from "../cache/informer.js";
import type { Client } from "../client/client.js";
import { Secrets } from "../client/builtin.js";
import { AlreadyExists, ApiError, Conflict, NotFound } from "../client/errors.js";
import type { KubernetesObject, Secret, Stored } from "../client/objects.js";
import type { ResourceType } from "../client/resource.js";
import { sleep, type Clock, type Random } from "../clock.js";
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
import {
  bundlePlaces,
  configurationTypes,
  lastWrittenBy,
  type WebhookConfigurationReference,
} from "./configurations.js";
import {
  defaultLifetimes,
  faultOfLeaf,
  planCertificates,
  type CertificatePlan,
  type CertificateSet,
  type Lifetimes,
} from "./plan.js";

export interface CertificateManagerOptions {
  readonly client: Client;
  /** The Secret that the replicas share. */
  readonly secret: { readonly namespace: string; readonly name: string };
  /** DNS names and addresses that the webhook server is called by. */
  readonly names: readonly string[];
  readonly configurations: readonly WebhookConfigurationReference[];
  readonly clock: Clock;
  /** Default `Math.random`. */
  readonly random?: Random;
  readonly logger: Logger;
  readonly metrics?: RuntimeMetrics;
  readonly lifetimes?: Lifetimes;
  /** Milliseconds between looks where no watch tells of a change. Default 60,000. */
  readonly interval?: number;
  /**
   * Milliseconds that a bundle has to stand in the configurations before a new authority's certificates are served: API servers
   * learn of it by a watch, each in its own time. Default 5,000; with less, requests can fail in a change of the authority.
   */
  readonly settle?: number;
  /** Given each certificate that has to be served from now on. */
  readonly serve: (pair: KeyPair) => void;
}

/** How often a write that met a conflict is tried again from what is stored then. */
const conflictRetries = 5;
/** The shortest time between two looks: whoever takes the bundle out again and again is not answered more often. */
const shortestPause = 250;
/** How long a bundle has to stand in the configurations before the first readiness; its time has whole seconds. */
const firstSettle = 2_000;
/** Below this, two clocks agree: creation timestamps have whole seconds, and a call takes its time. */
const clockTolerance = 5_000;
/** So many authorities make an overlap; a clock that jumps about must not make the bundle grow. */
const longestBundle = 3;

/** What stands in one configuration. */
interface Injection {
  /** Base64, the same in all its places. */
  readonly bundle: string;
  /** When it was put there, by the API server's clock; 0: unknown, but not by us. */
  readonly since: number;
}

/**
 * Keeps the webhooks' TLS going with nothing to install: makes a CA and a server certificate, shares them with the other
 * replicas in a Secret, puts the CA into the webhook configurations, and renews all of it long before it ends.
 *
 * A new authority is first only trusted and later signs: it goes into the Secret's bundle and from there into the configurations,
 * while the certificate of the former one is still served; when API servers must have seen it, the next certificate is signed by
 * it. So no request fails in a rotation, on whichever replica. Every replica does the same; each write carries the version it
 * was decided on, so only one of them prevails and the others take its result.
 *
 * Times are the API server's, which is who verifies: a machine's clock may be wrong by years.
 */
export class CertificateManager {
  readonly name = "certificates";
  readonly #options: CertificateManagerOptions;
  readonly #lifetimes: Lifetimes;
  /** What was last found good: a leaf that can go on being served when the Secret is gone. */
  #known: CertificateSet | undefined;
  #served: KeyPair | undefined;
  readonly #injections = new Map<WebhookConfigurationReference, Injection>();
  /** Milliseconds by which the API server's clock is ahead. Undefined: not asked yet. */
  #ahead: number | undefined;
  #wasReady = false;
  #problem = "not started";
  readonly #settled: Promise<void>;
  #resolveSettled!: () => void;
  #wake: () => void = () => undefined;

  constructor(options: CertificateManagerOptions) {
    this.#options = options;
    this.#lifetimes = options.lifetimes ?? defaultLifetimes;
    this.#settled = new Promise((resolve) => (this.#resolveSettled = resolve));
  }

  /** Why API servers could not verify what is served; undefined where they can. */
  readonly check = (): string | undefined => {
    const served = this.#served;
    if (served === undefined) return this.#problem;
    const now = this.#now();
    for (const reference of this.#options.configurations) {
      const { bundle, since } = this.#injections.get(reference) ?? { bundle: "", since: 0 };
      if (!chainsTo(served.certificate, decode(bundle), now)) {
        return `the served certificate is not signed by the bundle in ${reference.kind} ${reference.name}`;
      }
      // only at first: later, the former authority is in the bundle as well, and nobody else is any readier
      if (!this.#wasReady && now - since < firstSettle) return "API servers have to see the new bundle first";
    }
    this.#wasReady = true;
    return undefined;
  };

  /** Resolves when a verifiable certificate is served. */
  async ready(signal: AbortSignal): Promise<void> {
    await settledOrAborted(this.#settled, signal);
  }

  async start(signal: AbortSignal): Promise<void> {
    const { clock, logger, metrics } = this.#options;
    const watching = Promise.all(this.#informers().map((informer) => informer.start(signal)));
    const stopped = (): boolean => signal.aborted;
    while (!stopped()) {
      let pause: number;
      // set before the look: what changes during it is looked at again
      const woken = new Promise<void>((resolve) => (this.#wake = resolve));
      try {
        pause = await this.reconcile(signal);
        this.#resolveSettled();
      } catch (error) {
        if (stopped()) break;
        this.#problem = error instanceof Error ? error.message : String(error);
        metrics?.certificateReadErrorsTotal.inc();
        logger.warn({ err: error }, "certificates could not be checked, trying again");
        pause = 1_000;
      }
      if (stopped()) break;
      const early = new AbortController();
      void woken.then(() => early.abort());
      const onStop = (): void => early.abort();
      signal.addEventListener("abort", onStop, { once: true });
      await sleep(clock, Math.max(pause, shortestPause), early.signal);
      signal.removeEventListener("abort", onStop);
      if (!stopped()) await sleep(clock, shortestPause, signal);
    }
    this.#wake();
    await watching;
  }

  /**
   * One look: makes what is due, injects the bundle where it isn't, and serves what is then trusted.
   * @returns milliseconds until the next look is due.
   */
  async reconcile(signal: AbortSignal): Promise<number> {
    const { interval = 60_000, metrics, clock } = this.#options;
    if (this.#ahead === undefined) await this.#compareClocks(signal);
    const { certificates, version } = await this.#ensureSecret(signal);
    metrics?.certificateReadTotal.inc();
    await this.#injectAll(certificates, version, signal);
    this.#known = certificates;
    this.#serve(certificates.leaf);
    // what was just injected may change what is to be done next
    const plan = this.#plan(certificates);
    return plan.do === "keep" ? Math.min(interval, plan.lookAgainAt - clock.now() - (this.#ahead ?? 0)) : 0;
  }

  /** One for each object that matters. They only say that something changed; what it is now is read anew. */
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

  #now(): number {
    return this.#options.clock.now() + (this.#ahead ?? 0);
  }

  /** Asks the API server for its time: a creation that is not carried out has a timestamp too. */
  async #compareClocks(signal: AbortSignal): Promise<void> {
    const { client, clock, logger, secret } = this.#options;
    try {
      const started = clock.now();
      const probe = { type: "Opaque", metadata: { namespace: secret.namespace, generateName: `${secret.name}-time-` } };
      const { metadata } = await client.create(Secrets, probe, { dryRun: true, signal });
      const theirs = Date.parse(metadata.creationTimestamp ?? "") + 500;
      const ahead = theirs - (started + clock.now()) / 2;
      if (Number.isNaN(ahead)) return;
      this.#ahead = Math.abs(ahead) < clockTolerance ? 0 : ahead;
      if (this.#ahead !== 0) {
        logger.warn({ seconds: Math.round(ahead / 1000) }, "the API server's clock is ahead of ours; its time is used");
      }
    } catch (error) {
      signal.throwIfAborted();
      logger.warn({ err: error }, "the API server did not tell its time; ours is used");
    }
  }

  #plan(current: CertificateSet | undefined): CertificatePlan {
    const trusted = current !== undefined && this.#isTrusted(current.bundle);
    return planCertificates({ current, names: this.#options.names, now: this.#now(), trusted });
  }

  #isTrusted(bundle: string): boolean {
    const { configurations, settle = 5_000 } = this.#options;
    return configurations.every((reference) => {
      const injection = this.#injections.get(reference);
      // the time of the write has lost what was below a second
      return injection?.bundle === encode(bundle) && this.#now() - injection.since >= settle + 1_000;
    });
  }

  async #ensureSecret(signal: AbortSignal): Promise<{ certificates: CertificateSet; version: string }> {
    const { client, secret: key, logger } = this.#options;
    for (let attempt = 0; ; attempt++) {
      const stored = await this.#readSecret(signal);
      let current = stored && readSet(stored);
      let plan = this.#plan(current);
      if (plan.do === "keep" && stored !== undefined && current !== undefined) {
        return { certificates: current, version: stored.metadata.resourceVersion };
      }
      // nothing is made on the word of our own clock alone
      await this.#compareClocks(signal);
      plan = this.#plan(current);
      if (plan.do === "issueAll" && this.#known !== undefined && faultOfLeaf(this.#known, this.#now()) === undefined) {
        // the Secret was wiped: what is served is as good as it was, and stays until a new authority is trusted
        current = this.#known;
        plan = { ...plan, do: "issueAuthority" };
      }
      if (plan.do === "keep") continue;
      logger.info({ because: plan.because, secret: key.name }, "making certificates");
      const made = await this.#make(plan.do, current);
      // what others put on it stays; its type can't be changed
      const object: Secret = {
        ...(stored ?? {
          type: "Opaque",
          metadata: { ...key, labels: { "app.kubernetes.io/managed-by": client.fieldManager } },
        }),
        data: {
          ...stored?.data,
          "ca.crt": encode(made.bundle),
          "ca.key": encode(made.authority.key),
          "tls.crt": encode(made.leaf.certificate),
          "tls.key": encode(made.leaf.key),
        },
      };
      try {
        const written =
          stored === undefined
            ? await client.create(Secrets, object, { signal })
            : await client.update(Secrets, object, { signal });
        return { certificates: made, version: written.metadata.resourceVersion };
      } catch (error) {
        // another replica was quicker: its certificates are as good
        const beaten = error instanceof Conflict || error instanceof AlreadyExists || error instanceof NotFound;
        if (!beaten || attempt >= conflictRetries) throw error;
      }
    }
  }

  async #make(
    what: "issueLeaf" | "issueAuthority" | "issueAll",
    former: CertificateSet | undefined,
  ): Promise<CertificateSet> {
    const now = this.#now();
    const authority =
      what === "issueLeaf" && former !== undefined
        ? former.authority
        : await createAuthority("agent-orchestrator-webhook", now, this.#lifetimes.authority);
    const kept = what === "issueAuthority" ? former?.leaf : undefined;
    const others = [...readBundle(former?.bundle ?? ""), ...readBundle(this.#known?.bundle ?? "")]
      .filter((ca) => Date.parse(ca.validTo) > now)
      .map((ca) => ca.toString().trim());
    // the one that what is served needs must not be what falls out
    const needed = others.filter((ca) => kept !== undefined && isSignedBy(kept.certificate, ca));
    const bundle = [...new Set([authority.certificate.trim(), ...needed, ...others])].slice(0, longestBundle);
    return {
      authority,
      bundle: `${bundle.join("\n")}\n`,
      leaf: kept ?? (await issueLeaf(authority, this.#namesWith(former), now, this.#lifetimes.leaf)),
    };
  }

  /** Ours, and those of a leaf that lacks some of them: two replicas with other flags must not undo each other's work. */
  #namesWith(former: CertificateSet | undefined): string[] {
    const { names } = this.#options;
    const theirs = former === undefined ? [] : namesOf(former.leaf.certificate);
    const complete = names.every((name) => theirs.includes(name));
    return complete ? [...names] : [...new Set([...names, ...theirs])].slice(0, names.length + 16);
  }

  async #readSecret(signal: AbortSignal): Promise<Stored<Secret> | undefined> {
    try {
      return await this.#options.client.get(Secrets, this.#options.secret, { signal });
    } catch (error) {
      if (error instanceof NotFound) return undefined;
      throw error;
    }
  }

  /** Into all of them, even where one fails: the others' requests need it none the less. */
  async #injectAll({ bundle }: CertificateSet, version: string, signal: AbortSignal): Promise<void> {
    const results = await Promise.allSettled(
      this.#options.configurations.map((reference) => this.#inject(reference, bundle, version, signal)),
    );
    for (const result of results) if (result.status === "rejected") throw result.reason;
  }

  async #inject(
    reference: WebhookConfigurationReference,
    bundle: string,
    version: string,
    signal: AbortSignal,
  ): Promise<void> {
    const type = configurationTypes[reference.kind];
    const { client, logger } = this.#options;
    const wanted = encode(bundle);
    const key = { name: reference.name };
    for (let attempt = 0; ; attempt++) {
      let configuration;
      let places;
      try {
        configuration = await client.get(type, key, { signal });
        places = bundlePlaces(reference, configuration);
      } catch (error) {
        this.#injections.delete(reference);
        throw error;
      }
      if (places.every(({ caBundle }) => caBundle === wanted)) {
        this.#injections.set(reference, { bundle: wanted, since: lastWrittenBy(client.fieldManager, configuration) });
        return;
      }
      // who was overtaken must not put an older bundle over a newer one
      const { metadata } = await client.get(Secrets, this.#options.secret, { signal });
      if (metadata.resourceVersion !== version) throw new Error("the Secret was changed by another replica just now");
      try {
        const { resourceVersion } = configuration.metadata;
        const patched = await client.patch(
          type,
          key,
          {
            type: "json",
            body: [
              // indexes are only good for the version they were read from
              { op: "test", path: "/metadata/resourceVersion", value: resourceVersion },
              ...places.map(({ path }) => ({ op: "add" as const, path, value: wanted })),
            ],
          },
          { signal },
        );
        this.#injections.set(reference, { bundle: wanted, since: lastWrittenBy(client.fieldManager, patched) });
        logger.info({ kind: reference.kind, configuration: reference.name }, "put the CA into the configuration");
        return;
      } catch (error) {
        // a failed `test` of a JSON patch is a 422
        const changed = error instanceof Conflict || (error instanceof ApiError && error.code === 422);
        if (!changed || attempt >= conflictRetries) {
          this.#injections.delete(reference);
          throw error;
        }
      }
    }
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

function readSet(secret: Secret): CertificateSet {
  const read = (name: string): string => decode(secret.data?.[name] ?? "");
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

function decode(base64: string): string {
  return Buffer.from(base64, "base64").toString("utf8");
}
