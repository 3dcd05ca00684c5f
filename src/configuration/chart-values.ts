/** Keys of Helm values that are no configuration, and what replaces each. */

const deployment = (key: string, agents: string): string =>
  `manager.${key} of the chart, or a patch of the Deployment (config/manager); the agents' ${agents}`;
const probes = "the manager's probes are built in: /healthz and /readyz (config/manager)";
const names = "names are those of config/default";
const services = "config/manager and config/server have the Services";
const templates =
  "put the templates that you changed into templates of the chart, or into the ConfigMap agent-templates (docs/guide/templates.md)";
const logs = "LOG_LEVEL in manager.env of the chart, or --log-level of orchestrator manager";
const monitoring = "metrics.serviceMonitor, metrics.podMonitor and metrics.prometheusRule of the chart";
const workflows =
  "argo.enabled of the chart has the WorkflowTemplates, and config/samples/argo-events an EventSource and a Sensor (docs/guide/plays.md)";
const noSidecars = "containers beside the operator are a patch of its Deployment (config/manager)";
const ofThisChart = "it is a value of this project's chart: keep it in the values";
const labels = "labels of the operator's objects are those of config/default; labels is for those of runs";

/** What replaces a key, by key: the counterpart in this project, or why it has none. Without keys of the configuration. */
export const chartKeys: ReadonlyMap<string, string> = new Map(
  Object.entries({
    replicaCount: "manager.replicas of the chart, or replicas of the Deployment (config/manager)",
    replicas: "manager.replicas of the chart, or replicas of the Deployment (config/manager)",
    image:
      "the operator's own image is image of the chart, or an entry of images in a kustomization of config/default; the agents' is agent.image",
    imagePullSecrets:
      "those of the operator's pod are image.pullSecrets of the chart, or a patch of its Deployment (config/manager); the agents' are agent.imagePullSecrets",
    ...{ nameOverride: names, fullnameOverride: names },
    namespace: "the namespace is that of the chart's release, or of config/default",
    namespaceOverride: "the namespace is that of the chart's release, or of config/default",
    serviceAccount: "the chart has the ServiceAccount, and so has config/rbac",
    podAnnotations: deployment("podAnnotations", "are pod.annotations"),
    podLabels: deployment("podLabels", "are pod.labels"),
    podSecurityContext: "a patch of the Deployment (config/manager); the agents' is pod.securityContext",
    securityContext: "a patch of the Deployment (config/manager); the agents' is agent.securityContext",
    ...{ service: services, services, ports: services, containerPort: services },
    ingress: "server.ingress of the chart; the operator itself has no external interface",
    resources: deployment("resources", "are agent.resources"),
    nodeSelector: deployment("nodeSelector", "is agent.nodeSelector"),
    tolerations: deployment("tolerations", "are agent.tolerations"),
    affinity: deployment("affinity", "is agent.affinity"),
    topologySpreadConstraints: deployment("topologySpreadConstraints", "are in podTemplate"),
    priorityClassName: deployment("priorityClassName", "is priorities.<priority>.priorityClassName"),
    autoscaling: "one replica leads, so more replicas do not do more work",
    podDisruptionBudget: "manager.disruptionBudget of the chart",
    env: "manager.env of the chart, or variables of the Deployment (config/manager); the agents' are agent.env",
    extraEnv: "manager.env of the chart, or variables of the Deployment (config/manager); the agents' are agent.env",
    envFrom: "manager.env of the chart, with valueFrom; the agents' are agent.env",
    volumeMounts: deployment("volumeMounts", "are agent.volumeMounts"),
    extraVolumes: deployment("volumes", "are agent.volumes"),
    extraVolumeMounts: deployment("volumeMounts", "are agent.volumeMounts"),
    args: "manager.args of the chart",
    extraArgs: "manager.args of the chart",
    command: "the command of the operator's image is built in; the agents' is agent.command",
    ...{ livenessProbe: probes, readinessProbe: probes, startupProbe: probes, probes },
    ...{ healthCheck: probes, healthChecks: probes, health: probes },
    ...{ logLevel: logs, logging: logs },
    ...{ metrics: monitoring, monitoring, serviceMonitor: monitoring, prometheus: monitoring },
    ...{ sidecars: noSidecars, extraContainers: noSidecars, initContainers: noSidecars },
    ...{ commonLabels: labels, commonAnnotations: labels.replaceAll("labels", "annotations") },
    rbac: "the chart has the permissions, and so has config/rbac",
    networkPolicy: "the NetworkPolicy of agents is network; that of the operator is an object of its own",
    crds: "crds.install of the chart",
    installCRDs: "crds.install of the chart",
    webhook:
      "the chart has the webhooks of the API server; those of GitHub are server.githubWebhook of the chart and github.webhook",
    ...{ workflows, sensors: workflows, eventSources: workflows, events: workflows },
    externalSecrets: "create the Secrets that secrets names with the tool of your cluster",
    persistence: "the operator has no storage; that of the agents is storage",
    strategy: "a patch of the Deployment (config/manager)",
    updateStrategy: "a patch of the Deployment (config/manager)",
    revisionHistoryLimit: "a patch of the Deployment (config/manager)",
    terminationGracePeriodSeconds: "a patch of the Deployment (config/manager)",
    lifecycle: "a patch of the Deployment (config/manager)",
    hostNetwork: "a patch of the Deployment (config/manager)",
    dnsPolicy: "a patch of the Deployment (config/manager)",
    dnsConfig: "a patch of the Deployment (config/manager)",
    global: "the chart has no values for several charts",
    configMap: "the chart has the ConfigMap of the configuration",
    configurationFile: "it is a configuration itself: convert that text",
    ...{ templatesVersion: templates, agentTemplates: templates, templates },
    ...{ mcp: "toolServerUrl is the URL of the MCP server", toolman: "toolServerUrl is the URL of the MCP server" },
    ...{ install: ofThisChart, manager: ofThisChart, watchNamespaces: ofThisChart, aggregatedRoles: ofThisChart },
    leaderElection: "manager.args of the chart: --lease-duration, --renew-deadline and --retry-period",
  }),
);

/** `helm get values` prints these above its YAML. */
export const headings: ReadonlySet<string> = new Set(["USER-SUPPLIED VALUES", "COMPUTED VALUES"]);

/** Keys of values under which charts have the whole configuration. */
export const wrappers: readonly string[] = ["configuration", "config", "controllerConfig"];

/** Reasons for keys below a section that have no counterpart there. */
export const sectionReasons: Readonly<Record<string, string>> = {
  cleanup:
    "finished Jobs are deleted after job.ttlSecondsAfterFinished; runs are kept unless history.keepSeconds or history.keepPerService says otherwise",
};
