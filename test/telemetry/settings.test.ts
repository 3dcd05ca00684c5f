/** What is exported and where, from configuration and variables. */
import t from "tap";
import { parseConfiguration } from "#src/configuration/parse.js";
import { exportSettings, type Configured } from "#src/telemetry/settings.js";

function configured(yaml: string): Configured {
  const { configuration, problems } = parseConfiguration(`telemetry: {operator: {${yaml}}}`);
  if (configuration === undefined) throw new Error(JSON.stringify(problems));
  return configuration.telemetry.operator;
}

const none = configured("");

t.test("without an endpoint, or with the SDK disabled, nothing is exported", (t) => {
  t.same(exportSettings(none, {}), { problems: [] });
  t.same(exportSettings(none, { OTEL_EXPORTER_OTLP_ENDPOINT: "" }).settings, undefined);
  t.same(exportSettings(configured("endpoint: c:4318"), { OTEL_SDK_DISABLED: "true" }).settings, undefined);
  t.same(exportSettings(configured("endpoint: c:4318, signals: []"), {}).settings, undefined);
  t.end();
});

t.test("the configuration names endpoint, protocol, signals, sample and interval", (t) => {
  const { settings, problems } = exportSettings(
    configured(
      "endpoint: 'c:4318', insecure: true, sampleRatio: 0.25, exportIntervalSeconds: 5, signals: [traces, events]",
    ),
    {},
  );
  t.same(problems, []);
  t.same(settings, {
    destinations: {
      traces: { url: "http://c:4318/v1/traces", protocol: "http", hasOwnHeaders: false },
      logs: { url: "http://c:4318/v1/logs", protocol: "http", hasOwnHeaders: false },
    },
    log: false,
    events: true,
    sampleRatio: 0.25,
    metricInterval: 5000,
    serviceName: undefined,
  });
  const grpc = exportSettings(configured("endpoint: 'c:4317', protocol: grpc"), {}).settings;
  t.match(
    grpc?.destinations.metrics,
    { url: "https://c:4317", protocol: "grpc" },
    "with TLS unless it is told otherwise",
  );
  t.end();
});

t.test("OpenTelemetry's variables override the configuration, a signal's own those of all", (t) => {
  const { settings, problems } = exportSettings(configured("endpoint: 'c:4318', protocol: grpc, sampleRatio: 0.5"), {
    OTEL_EXPORTER_OTLP_ENDPOINT: "http://all:1/",
    OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: "http://metrics:2/mine",
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf",
    OTEL_EXPORTER_OTLP_LOGS_PROTOCOL: "grpc",
    OTEL_EXPORTER_OTLP_TRACES_HEADERS: "a=b",
    OTEL_TRACES_SAMPLER_ARG: "0.1",
    OTEL_METRIC_EXPORT_INTERVAL: "2000",
    OTEL_SERVICE_NAME: "mine",
  });
  t.same(problems, []);
  t.same(settings?.destinations, {
    traces: { url: "http://all:1/v1/traces", protocol: "http", hasOwnHeaders: true },
    metrics: { url: "http://metrics:2/mine", protocol: "http", hasOwnHeaders: false },
    logs: { url: "http://all:1/", protocol: "grpc", hasOwnHeaders: false },
  });
  t.match(settings, { sampleRatio: 0.1, metricInterval: 2000, serviceName: "mine" });
  const some = exportSettings(configured("endpoint: 'c:1', signals: [metrics]"), {
    OTEL_METRICS_EXPORTER: "none",
    OTEL_TRACES_EXPORTER: "otlp",
  });
  t.same(Object.keys(some.settings?.destinations ?? {}), ["traces"]);
  const noLogs = exportSettings(configured("endpoint: 'c:1'"), { OTEL_LOGS_EXPORTER: "none" });
  t.same(Object.keys(noLogs.settings?.destinations ?? {}), ["traces", "metrics"], "events are logs");
  t.end();
});

t.test("an invalid variable is reported without its value, and the configuration applies", (t) => {
  const { settings, problems } = exportSettings(configured("endpoint: 'c:1', sampleRatio: 0.5"), {
    OTEL_TRACES_SAMPLER_ARG: "most",
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: "ftp://user:secret@c",
  });
  t.equal(settings?.sampleRatio, 0.5);
  t.equal(settings?.destinations.traces?.protocol, "http");
  t.equal(settings?.destinations.logs, undefined);
  t.equal(problems.length, 3);
  t.match(problems.join(), /SAMPLER_ARG must be a number from 0 to 1.*/);
  t.notMatch(problems.join(), "secret");
  t.end();
});

t.test("an endpoint with a password is refused, as the configuration in force is published", (t) => {
  for (const endpoint of ["http://user:secret@c", "user:secret@c:4318", "ftp://c", "::"]) {
    const { configuration, problems } = parseConfiguration(`telemetry: {operator: {endpoint: '${endpoint}'}}`);
    t.equal(configuration, undefined, endpoint);
    t.match(problems, [{ path: "telemetry.operator.endpoint", severity: "error" }]);
  }
  t.end();
});
