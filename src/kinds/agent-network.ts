/**
 * Keeps the NetworkPolicy of agents' pods in every namespace that has one. The engine creates it before the first attempt of a
 * namespace; this controller follows the configuration, and restores a policy that someone changed or deleted.
 */
import { isDeepStrictEqual } from "node:util";
import type { Configuration } from "../configuration/configuration.js";
import { agentNetworkName } from "../configuration/names.js";
import type { NamespaceScope } from "../configuration/namespaces.js";
import { isManaged } from "../runs/metadata.js";
import { agentNetworkPolicy } from "../runs/network-policy.js";
import { isPodLive } from "../runs/observed.js";
import type { Informer } from "../runtime/cache/informer.js";
import { NetworkPolicies } from "../runtime/client/builtin.js";
import type { Client } from "../runtime/client/client.js";
import { AlreadyExists, NotFound } from "../runtime/client/errors.js";
import { formatKey, objectKey, parseKey, type NetworkPolicy, type Pod } from "../runtime/client/objects.js";
import type { ReconcileContext, Reconciler, Request, Result } from "../runtime/controller/reconciler.js";
import type { Manager } from "../runtime/manager/manager.js";

export interface AgentNetworkOptions {
  readonly client: Client;
  /** Holds only the policies named {@link agentNetworkName}. */
  readonly policies: Pick<Informer<NetworkPolicy>, "reader">;
  /** Pods of attempts. */
  readonly pods: Pick<Informer<Pod>, "reader">;
  readonly tenants: Pick<NamespaceScope, "covers">;
  readonly configuration: () => Configuration;
}

interface AgentNetworkSetup extends Omit<AgentNetworkOptions, "client" | "policies"> {
  readonly manager: Manager;
  readonly policies: Informer<NetworkPolicy>;
}

/** @returns enqueues the policy of every namespace, as needed after a change of the configuration */
export function setUpAgentNetwork({ manager, policies, ...options }: AgentNetworkSetup): () => void {
  const controller = manager
    .controller({
      name: "agent-network",
      reconciler: new AgentNetwork({ client: manager.client, policies, ...options }),
      maxConcurrentReconciles: 2,
    })
    .for(policies);
  return () => {
    const objects = [...policies.reader.list(), ...options.pods.reader.list()];
    const keys = new Set(objects.map((object) => formatKey(objectKey(object, agentNetworkName))));
    for (const key of keys) controller.enqueue(parseKey(key));
  };
}

/** A policy of that name that belongs to someone else is left alone; runs there do not start, and say so. */
export class AgentNetwork implements Reconciler {
  readonly #options: AgentNetworkOptions;

  constructor(options: AgentNetworkOptions) {
    this.#options = options;
  }

  async reconcile({ namespace = "" }: Request, { signal, logger }: ReconcileContext): Promise<Result> {
    const { client, policies, pods, tenants, configuration } = this.#options;
    if (!tenants.covers(namespace)) return {};
    const key = { namespace, name: agentNetworkName };
    const { network } = configuration();
    const wanted = agentNetworkPolicy(namespace, network);
    const present = policies.reader.get(key);
    try {
      if (present === undefined) {
        if (!network.enabled || !pods.reader.list(namespace).some(isPodLive)) return {};
        await client.create(NetworkPolicies, wanted, { signal });
        logger.warn({ namespace }, "restored the deleted NetworkPolicy of running agents");
      } else if (!isManaged(present)) {
        return {};
      } else if (!network.enabled) {
        await client.delete(NetworkPolicies, key, { preconditions: { uid: present.metadata.uid }, signal });
      } else if (!isDeepStrictEqual(present.spec, wanted.spec)) {
        // a merge would keep rules that someone added
        const { uid } = present.metadata;
        const body = [
          { op: "test", path: "/metadata/uid", value: uid },
          { op: "replace", path: "/spec", value: wanted.spec },
        ] as const;
        await client.patch(NetworkPolicies, key, { type: "json", body }, { signal });
        logger.info({ namespace }, "updated the NetworkPolicy of agents");
      }
    } catch (error) {
      // the watch delivers what exists by now
      if (!(error instanceof AlreadyExists || error instanceof NotFound)) throw error;
    }
    return {};
  }
}
