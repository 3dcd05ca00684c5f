/** Names of the operator's own objects in its namespace. Its roles also contain them (config/rbac). */
export const operatorNames = {
  /** The Deployment of the operator (config/manager). */
  deployment: "orchestrator",
  /** The Service of probes and metrics (config/manager). */
  metricsService: "orchestrator-manager",
  /** The Deployment of the REST server (config/server). */
  serverDeployment: "orchestrator-server",
  /** The Lease for leader election. */
  lease: "orchestrator",
  /** The Secret with the webhook certificates, which all replicas share. */
  certificates: "orchestrator-webhook-certs",
  /** The Secrets of the alternative with cert-manager (certs/cert-manager). */
  certManagerSecrets: ["orchestrator-webhook-tls", "orchestrator-webhook-ca"],
  /** The Secret with the keys that CloudEvents are signed with (config/manager). */
  sinkKeys: "orchestrator-sink-keys",
  /** The operator's ServiceAccount (config/rbac). */
  serviceAccount: "orchestrator-manager",
  /** ServiceAccounts of the chart's hooks, which may outlive a hook that failed (config/chart). */
  hookAccounts: ["orchestrator-uninstall", "orchestrator-test"],
  /** The ConfigMap that holds the configuration, under {@link configurationKey}. */
  configuration: "taskrun-controller-config",
  /** The ConfigMap in which the operator reports which configuration is in force. */
  inForce: "taskrun-controller-config-in-force",
  /** The ConfigMap with templates that override the built-in ones. */
  templates: "agent-templates",
} as const;

/** The key of the ConfigMap that holds the configuration. */
export const configurationKey = "config.yaml";

/** The NetworkPolicy for agents, in each namespace with runs. */
export const agentNetworkName = "orchestrator-agents";

/** The ConfigMap with the system prompts of all agents, in each namespace with CodeRuns or DocsRuns. */
export const agentPromptsName = "controller-agents";
