import type { Client } from "../client/client.js";
import { Secrets } from "../client/builtin.js";
import { ApiError, Conflict } from "../client/errors.js";
import type { KubernetesObject, Stored } from "../client/objects.js";
import type { Logger } from "../logger.js";
import {
  bundlePlaces,
  configurationTypes,
  lastWrittenBy,
  type WebhookConfigurationReference,
} from "./configurations.js";

interface BundleInjectorOptions {
  readonly client: Client;
  readonly logger: Logger;
  readonly configurations: readonly WebhookConfigurationReference[];
  /** Whose version proves that a bundle is the newest. */
  readonly secret: { readonly namespace: string; readonly name: string };
}

/** The bundle of one configuration. */
interface Injection {
  /** PEM; the same in all places of the configuration. */
  readonly bundle: string;
  /** When it was written there, by the API server's clock, in milliseconds; 0 if this program did not write it. */
  readonly since: number;
}

/** A write that met a conflict is retried this many times, from what is stored by then. */
const conflictRetries = 5;

/** Writes the CA bundle into webhook configurations, and knows which bundle each has since when. */
export class BundleInjector {
  readonly #options: BundleInjectorOptions;
  readonly #injections = new Map<WebhookConfigurationReference, Injection>();

  constructor(options: BundleInjectorOptions) {
    this.#options = options;
  }

  /** What was last seen in the configuration; an empty bundle since 0 if that is unknown. */
  injectionOf(reference: WebhookConfigurationReference): Injection {
    return this.#injections.get(reference) ?? { bundle: "", since: 0 };
  }

  /** True if every configuration has had this bundle since `since`, in milliseconds, or earlier. */
  isInjectedSince(bundle: string, since: number): boolean {
    return this.#options.configurations.every((reference) => {
      const injection = this.#injections.get(reference);
      return injection?.bundle === bundle && injection.since <= since;
    });
  }

  /**
   * Writes the bundle into every configuration that does not have it, also if one of them fails: requests to the others
   * need it all the same.
   * @param version resourceVersion of the Secret that the bundle came from.
   * @throws the first failure, after all were tried.
   */
  async inject(bundle: string, version: string, signal: AbortSignal): Promise<void> {
    const results = await Promise.allSettled(
      this.#options.configurations.map((reference) => this.#injectInto(reference, bundle, version, signal)),
    );
    for (const result of results) if (result.status === "rejected") throw result.reason;
  }

  async #injectInto(
    reference: WebhookConfigurationReference,
    bundle: string,
    version: string,
    signal: AbortSignal,
  ): Promise<void> {
    const { client, logger } = this.#options;
    const wanted = Buffer.from(bundle, "utf8").toString("base64");
    for (let attempt = 0; ; attempt++) {
      const { configuration, places } = await this.#read(reference, signal);
      if (places.every(({ caBundle }) => caBundle === wanted)) {
        this.#injections.set(reference, { bundle, since: lastWrittenBy(client.fieldManager, configuration) });
        return;
      }
      // a replica that was overtaken must not replace a newer bundle with an older one
      const { metadata } = await client.get(Secrets, this.#options.secret, { signal });
      if (metadata.resourceVersion !== version) throw new Error("another replica has just changed the Secret");
      try {
        const patched = await client.patch(
          configurationTypes[reference.kind],
          { name: reference.name },
          {
            type: "json",
            body: [
              // the indexes are valid only for the version that they were read from
              { op: "test", path: "/metadata/resourceVersion", value: configuration.metadata.resourceVersion },
              ...places.map(({ path }) => ({ op: "add" as const, path, value: wanted })),
            ],
          },
          { signal },
        );
        this.#injections.set(reference, { bundle, since: lastWrittenBy(client.fieldManager, patched) });
        logger.info({ kind: reference.kind, configuration: reference.name }, "wrote the CA into the configuration");
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

  async #read(
    reference: WebhookConfigurationReference,
    signal: AbortSignal,
  ): Promise<{ configuration: Stored<KubernetesObject>; places: ReturnType<typeof bundlePlaces> }> {
    try {
      const type = configurationTypes[reference.kind];
      const configuration = await this.#options.client.get(type, { name: reference.name }, { signal });
      return { configuration, places: bundlePlaces(reference, configuration) };
    } catch (error) {
      this.#injections.delete(reference);
      throw error;
    }
  }
}
