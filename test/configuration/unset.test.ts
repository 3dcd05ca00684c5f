/** Configuration as people and templates write it: empty values, several mistakes at once, and where each is. */
import t from "tap";
import { defaultConfiguration } from "#src/configuration/defaults.js";
import { configure, parseConfiguration } from "#src/configuration/parse.js";
import type { Problem } from "#src/configuration/problem.js";

const shown = ({ severity, path, line }: Problem): string => `${line ?? "-"} ${severity} ${path}`;
const problemsOf = (text: string): string[] => parseConfiguration(text).problems.map(shown);

t.test("an empty value of any kind sets nothing", (t) => {
  const texts = [
    "job:\n  backoffLimit:\n  activeDeadlineSeconds: ''\n",
    "agent: {image: '', imagePullPolicy: '', serviceAccountName: '', command: '', env: '', volumes: {}, nodeSelector: ''}",
    "agent: {image: {repository: '', tag: '', pullPolicy: ''}, cliImages: {claude: '', codex: {repository: ''}}, affinity: null}",
    "agent: {imagePullSecrets: ['', {name: ''}, {}], args: null, tolerations: '', resources: {}, scratch: ''}",
    "agent: {resources: {limits: {cpu: ''}, requests: null}}",
    "labels: ''\nannotations: null\npod: {labels: [], annotations: '', serviceAccountName: '', imagePullSecrets: ''}",
    "podTemplate: ''\nmodels: []\nagents: {}\ntoolServerUrl: ''\nstrict: ''\nstuckPodSeconds: ''",
    "storage: {storageClassName: '', storageClass: '', size: '', pvcName: ''}\nsecrets: {githubTokenSecretName: '', providerApiKeys: ''}",
    "telemetry: {enabled: false, otlpEndpoint: '', metricsExportInterval: '', customAttributes: null, logLevel: ''}",
    "fluentBit: {}\nvolumes: ''\nclaudeSettings: {toolPermissions: {}, environmentSettings: {}}\nserver: {host: ''}",
    "network: {allow: '', dns: null}\npolicy:\nisolation: ''\nnamespaces: ''\ngit: {hosts: ''}\nbudget:\nconcurrency: ''",
  ];
  for (const text of texts)
    t.same(parseConfiguration(text), { configuration: defaultConfiguration, problems: [] }, text);
  t.end();
});

t.test("an empty value stays where it says something", (t) => {
  const { configuration, problems } = parseConfiguration(
    "labels: {team: ''}\nannotations: {note: '', gone: null}\nagent: {env: [{name: A, value: '', valueFrom: null}]}\nagents: {rex: {appId: '', model: '', githubApp: ''}, cleo: }",
  );
  t.same(problems, []);
  t.same(configuration?.labels, { team: "" });
  t.same(configuration?.annotations, { note: "" });
  t.same(configuration?.agent.env, [{ name: "A", value: "" }]);
  t.same(configuration?.agents, { rex: {}, cleo: {} });
  t.same(parseConfiguration("strict: true\nagents: {}").configuration?.agents, {}, "no agent may be named");
  t.same(problemsOf("strict: true\nmodels: []"), ["- error agent.model"]);
  t.end();
});

t.test("an empty value in a restriction is an error, since without it more would be allowed", (t) => {
  for (const [text, path] of [
    ["network: {allow: [{cidr: ''}]}", "network.allow[0].cidr"],
    ["policy: [{images: null}]", "policy[0].images"],
    ["isolation: [{runtimeClassName: ''}]", "isolation[0].runtimeClassName"],
    ["namespaces: []", "namespaces"],
    ["budget: {ceiling: {maxCostUSD: ''}}", "budget.ceiling.maxCostUSD"],
    ["concurrency: {total: ''}", "concurrency.total"],
    ["cloudEvents: {sinks: [{name: a, url: 'https://a.example', namespaces: ''}]}", "cloudEvents.sinks[0].namespaces"],
  ] as const)
    t.same(problemsOf(text), [`1 error ${path}`], text);
  t.end();
});

t.test("what is required is missing without a value", (t) => {
  t.match(parseConfiguration("agent: {volumes: [{name: }]}").problems, [
    { severity: "error", path: "agent.volumes[0]", message: "needs name" },
  ]);
  t.match(parseConfiguration("agent: {image: {repository: '', tag: '1'}}").problems, [
    { severity: "error", message: "has tag but no repository: write both" },
  ]);
  t.end();
});

t.test("a node affinity that selects nothing is a warning, and pods have none", (t) => {
  for (const text of ["enabled: true", "enabled: true\n  key: zone\n  values: []", "enabled: true\n  values: [a]"]) {
    const { configuration, problems } = parseConfiguration(`nodeAffinity:\n  ${text}\n`);
    t.match(problems, [{ severity: "warning", path: "nodeAffinity.enabled", line: 2 }], text);
    t.ok(configuration);
  }
  t.end();
});

t.test("mistakes do not hide each other, and each has its line", (t) => {
  const text = `job:
  backoffLimit: many
agent:
  volumes:
    - { name: 1 }
    - { name: tmp }
  volumeMounts:
    - { name: gone, mountPath: /gone }
    - { name: data }
annotations:
  example.com/port: 80
gateway:
  upstreams:
    house: { format: soap }
    bare: { secretName: s }
cloudEvents:
  sinks:
    - { name: a, url: ftp://a }
    - { name: b, url: "https://u:p@b" }
job:
  activeDeadlineSeconds: 0
network:
  dns: [{ cidr: x }, { cidr: 1.2.3.999/32 }]
`;
  t.same(
    problemsOf(text).sort(),
    [
      "- error ",
      "11 error annotations.example.com/port",
      "14 error gateway.upstreams.house.format",
      "15 error gateway.upstreams.bare",
      "18 error cloudEvents.sinks[0].url",
      "19 error cloudEvents.sinks[1].url",
      "21 error job.activeDeadlineSeconds",
      "23 error network.dns[0].cidr",
      "23 error network.dns[1].cidr",
      "5 error agent.volumes[0].name",
      "6 error agent.volumes[1].name",
      "9 error agent.volumeMounts[1]",
    ].sort(),
  );
  t.end();
});

t.test("a switch that another one turns off is reported", (t) => {
  t.same(problemsOf("argo: {startFromIssues: true}"), ["1 warning argo.startFromIssues"]);
  t.same(problemsOf("argo: {enabled: true, startFromIssues: true}"), []);
  t.end();
});

t.test("a problem across keys that may follow from a mistake is not reported", (t) => {
  t.same(problemsOf("telemetry: {enabled: true, otlpEndpoint: 1}"), ["1 error telemetry.otlpEndpoint"]);
  t.same(problemsOf("models: [1]\nagent: {model: opus}"), ["1 error models[0]"]);
  t.same(problemsOf("agents: [1, rex]\nagent: {name: cleo}"), ["1 error agents[0]"]);
  t.same(problemsOf("concurrency: {total: 0, namespacePercent: 5}"), ["1 error concurrency.total"]);
  t.end();
});

t.test("autoRetry: false means no automatic retry, with any other settings", (t) => {
  const retryOf = (text: string, flags: readonly [path: string, text: string][] = []) => {
    const given = flags.map(([path, value]) => ({ name: "--set", path, text: value }));
    const { configuration, problems } = configure({ file: text, flags: given });
    const { maxRetries, providerLimits } = configuration?.retry ?? {};
    return [maxRetries, providerLimits?.maxRetries, ...problems.map(shown)];
  };
  t.same(retryOf("controller: {autoRetry: false}"), [0, 0]);
  t.same(retryOf("controller: {autoRetry: true}"), [3, 5]);
  t.same(retryOf("controller:\n  maxRetries: 3\n  autoRetry: false"), [0, 0, "2 warning controller.maxRetries"]);
  t.same(retryOf("retry:\n  maxRetries: 7\n  providerLimits: {maxRetries: 2}\ncontroller: {autoRetry: false}"), [
    ...[0, 0, "2 warning retry.maxRetries", "3 warning retry.providerLimits.maxRetries"],
  ]);
  t.same(retryOf("controller: {autoRetry: false, maxRetries: 0}"), [0, 0], "both say the same");
  t.same(retryOf("controller: {autoRetry: false}", [["retry.maxRetries", "2"]]), [2, 0], "a flag overrides the file");
  t.same(retryOf("retry: {maxRetries: 7}", [["controller.autoRetry", "false"]]), [0, 0]);
  const { configuration: off } = configure({ file: "controller: {autoRetry: false}" });
  t.equal(off?.retry.disruptions.maxRetries, 0, "nor after an eviction");
  t.same(retryOf("controller: {autoRetry: 'no'}"), [undefined, undefined, "1 error controller.autoRetry"]);
  t.end();
});

t.test("a provider's key needs no more than the key of the Secret", (t) => {
  const { configuration, problems } = parseConfiguration(
    "secrets: {apiKeySecretName: keys, providerApiKeys: {openai: OPENAI_API_KEY, xai: {secretKey: XAI_API_KEY, secretName: ''}}, cliApiKeys: {codex: {secretKey: key, envVar: OPENAI_API_KEY, secretName: own}}}",
  );
  t.same(problems, []);
  t.match(configuration?.secrets, {
    providerApiKeys: {
      openai: { secretName: "keys", secretKey: "OPENAI_API_KEY", envVar: "OPENAI_API_KEY" },
      xai: { secretName: "keys", secretKey: "XAI_API_KEY", envVar: "XAI_API_KEY" },
    },
    cliApiKeys: { codex: { secretName: "own", secretKey: "key", envVar: "OPENAI_API_KEY" } },
  });
  t.match(parseConfiguration("secrets: {providerApiKeys: {a: api-key}}").problems, [
    { severity: "error", path: "secrets.providerApiKeys.a", message: /needs envVar/ },
  ]);
  t.end();
});

t.test("agent programs may be written in any case", (t) => {
  const { configuration, problems } = parseConfiguration(
    "agents: {rex: {cli: Claude}}\nagent: {cliImages: {CODEX: a:1}}\n",
  );
  t.same(problems, []);
  t.equal(configuration?.agents?.rex?.cli, "claude");
  t.same(configuration?.agent.cliImages, { codex: "a:1" });
  t.same(parseConfiguration("agent: {cli_images: {Claude: b:2}}").configuration?.agent.cliImages, { claude: "b:2" });
  t.end();
});

t.test("tools of earlier settings are permissions", (t) => {
  const { configuration, problems } = parseConfiguration(
    "claudeSettings: {toolPermissions: {allow: [Read], deny: ['Bash(rm:*)']}}",
  );
  t.same(problems, []);
  t.match(configuration?.permissions, { allow: ["Read"], deny: ["Bash(rm:*)"] });
  t.end();
});

t.test("cleanup.enabled: false keeps finished Jobs, and says what has no effect then", (t) => {
  const { configuration, problems } = parseConfiguration(
    "cleanup: {enabled: false}\njob: {ttlSecondsAfterFinished: 60}\n",
  );
  t.equal(configuration?.job.ttlSecondsAfterFinished, 2_147_483_647);
  t.match(problems, [
    {
      ...{ severity: "warning", path: "job.ttlSecondsAfterFinished", line: 2 },
      message: /^has no effect: cleanup\.enabled is false, so finished Jobs are kept; remove one of them$/,
    },
  ]);
  const standard = parseConfiguration("cleanup: {enabled: true}\njob: {ttlSecondsAfterFinished: 60}\n");
  t.equal(standard.configuration?.job.ttlSecondsAfterFinished, 60);
  t.same(standard.problems, []);
  t.end();
});
