import type { Resources, Settings } from "./settings.js";

const ordinary: Resources = { requests: { cpu: "1", memory: "2Gi" }, limits: { cpu: "2", memory: "4Gi" } };
const heavy: Resources = { requests: { cpu: "2", memory: "4Gi" }, limits: { cpu: "4", memory: "8Gi" } };

/** What holds where neither file nor environment says anything. */
export const defaultSettings: Settings = {
  job: { backoffLimit: 0, activeDeadlineSeconds: 3600, ttlSecondsAfterFinished: 86_400 },
  agent: {
    name: "claude-agent-1",
    model: "sonnet",
    image: "ghcr.io/5dlabs/platform/claude-code:latest",
    imagePullPolicy: "IfNotPresent",
    command: ["claude"],
    args: [],
    env: [],
    serviceAccountName: "default",
    imagePullSecrets: [],
  },
  initContainer: { image: "busybox:1.36", imagePullPolicy: "IfNotPresent" },
  resources: { low: ordinary, medium: ordinary, high: heavy, critical: heavy },
  storage: { accessMode: "ReadWriteOnce", size: "10Gi" },
  secrets: { apiKeySecretName: "orchestrator-secrets", apiKeySecretKey: "ANTHROPIC_API_KEY" },
  concurrency: { perWorkspace: 1, agingSeconds: 600 },
  cleanup: { deleteWorkspace: false },
  retry: { maxRetries: 3, initialBackoffSeconds: 30, maxBackoffSeconds: 600, terminalExitCodes: [] },
  stuckPodSeconds: 300,
  history: { archive: { log: true } },
  orphanSweepSeconds: 3600,
  telemetry: { enabled: false, otlpProtocol: "grpc" },
};
