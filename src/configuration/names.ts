/** Names of the operator's own objects, in its namespace; its roles name them too (config/rbac). */
export const operatorNames = {
  /** The Deployment that runs it (config/manager). */
  deployment: "orchestrator",
  /** The Lease that says which replica leads. */
  lease: "orchestrator",
  /** The Secret that the replicas share their certificate by. */
  certificates: "orchestrator-webhook-certs",
  /** The ConfigMap that holds the configuration, under {@link configurationKey}. */
  configuration: "taskrun-controller-config",
  /** The ConfigMap whose templates go over the built-in ones. */
  templates: "agent-templates",
} as const;

/** The key of the ConfigMap that holds the configuration. */
export const configurationKey = "config.yaml";

/** The ConfigMap with the system prompts of all agents, in each namespace where CodeRuns or DocsRuns are. */
export const agentPromptsName = "controller-agents";
