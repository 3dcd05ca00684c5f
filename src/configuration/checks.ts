import { isIP } from "node:net";
import type { Problem } from "./problem.js";
import type { Configuration } from "./configuration.js";
import { defaultConfiguration } from "./defaults.js";

/** Problems that concern several keys. */
export function checkAcrossKeys({
  telemetry,
  nodeAffinity,
  agent,
  models,
  agents,
  strict,
  network,
  toolServerUrl,
  concurrency,
  cloudEvents,
  history,
}: Configuration): Problem[] {
  const problems: Problem[] = [
    ...checkNetwork(network),
    ...unreachable(network, telemetry, toolServerUrl),
    ...checkSinks(cloudEvents.sinks),
    ...checkCollector(telemetry.operator),
    ...checkArchive(history.archive),
  ];
  const note = (severity: Problem["severity"], path: string, message: string): void =>
    void problems.push({ severity, path, message });
  if (
    telemetry.enabled &&
    (telemetry.otlpEndpoint ?? telemetry.metricsEndpoint ?? telemetry.logsEndpoint) === undefined
  )
    note("warning", "telemetry.enabled", "has no effect without telemetry.otlpEndpoint");
  if (concurrency.namespacePercent !== undefined && concurrency.total === undefined)
    note("warning", "concurrency.namespacePercent", "has no effect without concurrency.total");
  if (nodeAffinity.enabled && (nodeAffinity.key === undefined || nodeAffinity.values.length === 0))
    note("error", "nodeAffinity", "needs key and values if it is enabled");
  const unlisted = strict ? "error" : "warning";
  if (models !== undefined && !models.includes(agent.model))
    note(unlisted, "agent.model", `is ${agent.model}, which models does not list: add it there, or use a listed model`);
  // the built-in default agent needs no entry, since every agents block would otherwise have to repeat it
  if (agents !== undefined && !Object.hasOwn(agents, agent.name) && agent.name !== defaultConfiguration.agent.name)
    note(unlisted, "agent.name", `is ${agent.name}, which agents does not list: add it there, or use a listed agent`);
  const volumes = new Set([...ownVolumes, ...agent.volumes.map(({ name }) => name)]);
  agent.volumes.forEach(({ name }, index) => {
    if (ownVolumes.includes(name))
      note("error", `agent.volumes[${index}].name`, `must not be ${ownVolumes.join(", ")}, which are the pod's own`);
  });
  agent.volumeMounts.forEach(({ name }, index) => {
    if (!volumes.has(name))
      note("error", `agent.volumeMounts[${index}].name`, `names no volume: ${name} is not among agent.volumes`);
  });
  return problems;
}

function checkArchive({ directory, s3, giveUpSeconds }: Configuration["history"]["archive"]): Problem[] {
  const path = "history.archive";
  const problems: Problem[] = [];
  if (directory !== undefined && s3 !== undefined)
    problems.push({ severity: "error", path, message: "has both directory and s3: remove one" });
  if (s3?.kmsKeyId !== undefined && s3.serverSideEncryption !== "aws:kms")
    problems.push({ severity: "error", path: `${path}.s3.kmsKeyId`, message: "needs serverSideEncryption: aws:kms" });
  if (giveUpSeconds !== undefined && directory === undefined && s3 === undefined)
    problems.push({
      ...{ severity: "warning", path: `${path}.giveUpSeconds` },
      message: "has no effect without directory or s3",
    });
  return problems;
}

function checkSinks(sinks: Configuration["cloudEvents"]["sinks"]): Problem[] {
  const names = sinks.map(({ name }) => name);
  return sinks.flatMap(({ name, url }, index) => {
    const path = `cloudEvents.sinks[${index}]`;
    const problems: Problem[] = [];
    if (names.indexOf(name) < index)
      problems.push({ severity: "error", path: `${path}.name`, message: `is ${name}, as that of another sink` });
    // a URL with a user would show its password in logs and in the report of the configuration
    const isUsable = URL.canParse(url) && new URL(url).username === "" && new URL(url).password === "";
    if (!isUsable)
      problems.push({ severity: "error", path: `${path}.url`, message: "must be a URL without user and password" });
    return problems;
  });
}

function checkCollector({ endpoint }: Configuration["telemetry"]["operator"]): Problem[] {
  if (endpoint === undefined) return [];
  const url = endpoint.includes("://") ? endpoint : `https://${endpoint}`;
  // user and password would show in the report of the configuration
  const isUsable =
    URL.canParse(url) &&
    /^https?:$/.test(new URL(url).protocol) &&
    new URL(url).username + new URL(url).password === "";
  const message = "must be host:port, or an http or https URL without user and password";
  return isUsable ? [] : [{ severity: "error", path: "telemetry.operator.endpoint", message }];
}

/** Address ranges of `network` that the API server would refuse, and with them the NetworkPolicy of every namespace. */
function checkNetwork({ dns, allow, deny }: Configuration["network"]): Problem[] {
  const ranges = [
    ...dns.map(({ cidr }, index) => [`network.dns[${index}].cidr`, cidr] as const),
    ...allow.map(({ cidr }, index) => [`network.allow[${index}].cidr`, cidr] as const),
    ...deny.map((cidr, index) => [`network.deny[${index}]`, cidr] as const),
  ];
  return ranges.flatMap(([path, cidr]) =>
    cidr === undefined || isRange(cidr)
      ? []
      : [{ severity: "error" as const, path, message: `is ${cidr}, which is not an address range` }],
  );
}

/** What the configuration sends agents to, and its network policy keeps them from. */
function unreachable(
  { enabled, allow }: Configuration["network"],
  { otlpEndpoint, metricsEndpoint, logsEndpoint }: Configuration["telemetry"],
  toolServerUrl: string | undefined,
): Problem[] {
  if (!enabled || allow.length > 0) return [];
  const inside = Object.entries({
    toolServerUrl,
    "telemetry.otlpEndpoint": otlpEndpoint,
    "telemetry.metricsEndpoint": metricsEndpoint,
    "telemetry.logsEndpoint": logsEndpoint,
  }).filter(([, url]) => url !== undefined && isInCluster(url));
  if (inside.length === 0) return [];
  const message = `is empty, so agents cannot reach ${inside.map(([path]) => path).join(", ")} where the cluster enforces NetworkPolicies: list the pods and ports there`;
  return [{ severity: "warning", path: "network.allow", message }];
}

/** Whether a URL leads to a Service by its name, or to a private address. */
function isInCluster(url: string): boolean {
  const [, host = ""] = /^(?:[a-z]+:\/\/)?(?:[^/@]*@)?([^/:?#]+)/i.exec(url) ?? [];
  const isName = !host.includes(".") || /\.(svc|local|internal)$/.test(host);
  return host !== "" && (isName || /^(10|127|192\.168|172\.(1[6-9]|2\d|3[01]))\./.test(host));
}

function isRange(cidr: string): boolean {
  const [address = "", length = ""] = cidr.split("/");
  const family = isIP(address);
  // the API server refuses IPv4-mapped addresses
  return (
    family !== 0 && !/^[0:]*:ffff:/.test(address) && Number(length) >= 1 && Number(length) <= (family === 4 ? 32 : 128)
  );
}

/** Names of the volumes that the operator adds to pods. */
const ownVolumes: readonly string[] = [
  ...["task-files", "workspace", "tmp", "home", "repository-secret"],
  ...["agents", "github-ssh", "github-pat", "github-app", "docker"],
];
