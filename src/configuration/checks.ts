import { isIP } from "node:net";
import type { Problem } from "./problem.js";
import type { Configuration } from "./configuration.js";
import { defaultConfiguration } from "./defaults.js";
import { checkGithub } from "./github-checks.js";
import { checkTools, checkVariables } from "./environment-checks.js";

/** Keys besides its own that the problem of a key across keys depends on. */
const dependencies: Readonly<Record<string, readonly string[]>> = {
  agents: ["toolServerUrl"],
  "agent.volumeMounts": ["agent.volumes"],
  "telemetry.enabled": ["telemetry"],
  "concurrency.namespacePercent": ["concurrency.total"],
  "history.archive.giveUpSeconds": ["history.archive"],
  "history.archive.transcriptKiB": ["history.archive"],
  "nodeAffinity.enabled": ["nodeAffinity"],
  "network.allow": ["network", "toolServerUrl"],
  "agent.model": ["models"],
  "agent.name": ["agents"],
  "github.rules": ["agents", "github.webhook"],
  "argo.startFromIssues": ["argo"],
};

/** Whether a problem across keys may only follow from mistakes in the keys that it concerns. */
export function followsFrom({ path }: Problem, mistakes: readonly Problem[]): boolean {
  const isBelow = (inner: string, outer: string): boolean =>
    inner.startsWith(outer) && /^([.[]|$)/.test(inner.slice(outer.length));
  const needed = Object.entries(dependencies).flatMap(([key, others]) => (isBelow(path, key) ? others : []));
  return mistakes.some((mistake) => isBelow(path, mistake.path) || needed.some((key) => isBelow(mistake.path, key)));
}

/** Problems that concern several keys. Lists may have holes, for items that have mistakes of their own. */
export function checkAcrossKeys(configuration: Configuration): Problem[] {
  return [...problemsAcrossKeys(configuration), ...checkVariables(configuration), ...checkTools(configuration)];
}

function problemsAcrossKeys({
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
  gateway,
  credentials,
  secrets,
  github,
  argo,
}: Configuration): Problem[] {
  const problems: Problem[] = [
    ...checkNetwork(network),
    ...unreachable(network, telemetry, toolServerUrl),
    ...checkSinks(cloudEvents.sinks),
    ...checkCollector(telemetry.operator),
    ...checkArchive(history.archive),
    ...checkUpstreams(gateway.upstreams),
    ...checkKeys("providerApiKeys", secrets.providerApiKeys),
    ...checkKeys("cliApiKeys", secrets.cliApiKeys),
    ...checkGithub(github.rules, github.webhook.enabled ? agents : undefined),
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
  if (argo.startFromIssues && !argo.enabled)
    note("warning", "argo.startFromIssues", "has no effect without argo.enabled");
  if (credentials === "environment")
    note(
      "warning",
      "credentials",
      "lets every agent read and send the keys of its model providers, and nothing holds it to its budget: use gateway, unless an agent program cannot use another address",
    );
  if (agent.command.length === 0 && agent.args.length > 0)
    note(
      "warning",
      "agent.args",
      "has no effect without agent.command: the start script knows how its program is started",
    );
  // the default of earlier versions, which is written in many configurations
  if (agent.command.length === 1 && agent.command[0] === "claude" && agent.args.length === 0)
    note(
      "warning",
      "agent.command",
      "starts Claude Code without a prompt, and neither clones repositories nor delivers work: remove it for TaskRuns to start it as CodeRuns do, or name a program of your own by its path",
    );
  if (nodeAffinity.enabled && (nodeAffinity.key === undefined || nodeAffinity.values.length === 0))
    note(
      "warning",
      "nodeAffinity.enabled",
      "has no effect without key and values: pods follow the nodes of their volumes; list the label's values to select nodes",
    );
  const unlisted = strict ? "error" : "warning";
  if (models !== undefined && !models.includes(agent.model))
    note(unlisted, "agent.model", `is ${agent.model}, which models does not list: add it there, or use a listed model`);
  // the built-in default agent needs no entry, since every agents block would otherwise have to repeat it
  if (agents !== undefined && !Object.hasOwn(agents, agent.name) && agent.name !== defaultConfiguration.agent.name)
    note(unlisted, "agent.name", `is ${agent.name}, which agents does not list: add it there, or use a listed agent`);
  const volumes = new Set([...ownVolumes, ...agent.volumes.map(({ name }) => name)]);
  agent.volumes.forEach(({ name }, index) => {
    if (ownVolumes.includes(name) || ownVolumePrefixes.some((prefix) => name.startsWith(prefix))) {
      const names = `${ownVolumes.join(", ")}, and must not begin with ${ownVolumePrefixes.join(" or ")}`;
      note("error", `agent.volumes[${index}].name`, `must not be ${names}: those are the pod's own`);
    }
  });
  agent.volumeMounts.forEach(({ name }, index) => {
    if (!volumes.has(name))
      note("error", `agent.volumeMounts[${index}].name`, `names no volume: ${name} is not among agent.volumes`);
  });
  return problems;
}

function checkArchive({ directory, s3, giveUpSeconds, transcriptKiB }: Configuration["history"]["archive"]): Problem[] {
  const path = "history.archive";
  const problems: Problem[] = [];
  if (directory !== undefined && s3 !== undefined)
    problems.push({ severity: "error", path, message: "has both directory and s3: remove one" });
  if (s3?.kmsKeyId !== undefined && s3.serverSideEncryption !== "aws:kms")
    problems.push({ severity: "error", path: `${path}.s3.kmsKeyId`, message: "needs serverSideEncryption: aws:kms" });
  const needStore = { giveUpSeconds: giveUpSeconds !== undefined, transcriptKiB: transcriptKiB > 0 };
  for (const [key, isSet] of Object.entries(needStore))
    if (isSet && directory === undefined && s3 === undefined)
      problems.push({
        ...{ severity: "warning", path: `${path}.${key}` },
        message: "has no effect without directory or s3",
      });
  return problems;
}

function checkUpstreams(upstreams: Configuration["gateway"]["upstreams"]): Problem[] {
  return Object.entries(upstreams).flatMap(([name, { baseUrl, proxy, secretName, secretKey }]) => {
    const path = `gateway.upstreams.${name}`;
    const problems: Problem[] = [];
    if (!/^[a-z0-9]([a-z0-9-]{0,48}[a-z0-9])?$/.test(name))
      problems.push({
        severity: "error",
        path,
        message: "must be named with lower-case letters, digits and - (at most 50)",
      });
    if (baseUrl === undefined && !["anthropic", "openai", "gemini"].includes(name))
      problems.push({ severity: "error", path, message: "needs baseUrl: its provider is not a known one" });
    for (const [key, url] of Object.entries({ baseUrl, proxy }))
      if (url !== undefined && !URL.canParse(url))
        problems.push({
          severity: "error",
          path: `${path}.${key}`,
          message: "is not a valid URL: correct its host or port",
        });
    if (secretKey !== undefined && secretName === undefined)
      problems.push({ severity: "warning", path: `${path}.secretKey`, message: "has no effect without secretName" });
    return problems;
  });
}

function checkKeys(section: string, keys: Configuration["secrets"]["providerApiKeys"]): Problem[] {
  return Object.entries(keys).flatMap(([name, { envVar }]) => {
    if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(envVar)) return [];
    const message = `needs envVar, the variable of the agent: its secretKey ${envVar} is not the name of one`;
    return [{ severity: "error" as const, path: `secrets.${section}.${name}`, message }];
  });
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
    dns.map(({ cidr }, index) => ({ path: `network.dns[${index}].cidr`, cidr })),
    allow.map(({ cidr }, index) => ({ path: `network.allow[${index}].cidr`, cidr })),
    deny.map((cidr, index) => ({ path: `network.deny[${index}]`, cidr })),
  ];
  return ranges
    .flat()
    .flatMap(({ path, cidr }) =>
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
export const ownVolumes: readonly string[] = [
  ...["task-files", "workspace", "tmp", "home", "agents", "docker", "origin", "handover", "deliver-tmp"],
  ...["repository", "github-ssh", "github-pat", "github-app"],
];
/** How the names of volumes begin of which there is one for each key, socket or authority. */
export const ownVolumePrefixes: readonly string[] = ["gateway-", "git-ca-"];
