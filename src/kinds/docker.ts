/** The Docker daemon beside an agent, the one container that may be privileged. */

/**
 * The label of namespaces where the policy on the operator's account (config/admission-policy) accepts it, beside
 * `agent.allowDocker`: the policy cannot read the configuration, and the operator cannot write namespaces.
 */
export const dockerNamespaceLabel = { name: "orchestrator.io/docker", value: "allowed" } as const;
