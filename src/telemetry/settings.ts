/** What is exported, and where: from the configuration and OpenTelemetry's variables, which override it. Pure. */
import type { Configuration } from "../configuration/configuration.js";

export type Configured = Configuration["telemetry"]["operator"];

/** What a collector receives. Events travel as logs. */
export type Signal = "traces" | "metrics" | "logs";

/** Where one signal goes. */
export interface Destination {
  /** With scheme; over HTTP with the path of the signal. */
  readonly url: string;
  readonly protocol: "http" | "grpc";
  /** Set in the environment, which overrides the file of headers. */
  readonly hasOwnHeaders: boolean;
}

export interface ExportSettings {
  /** A signal without a destination is not exported. */
  readonly destinations: Readonly<Partial<Record<Signal, Destination>>>;
  /** The log of the operator is exported. */
  readonly log: boolean;
  /** The Events that the operator records are exported. */
  readonly events: boolean;
  /** Fraction of the traces that begin here, 0 to 1. */
  readonly sampleRatio: number;
  /** Milliseconds between two exports of metrics. */
  readonly metricInterval: number;
  readonly serviceName: string | undefined;
}

/** Settings, and what is wrong with the variables that they ignore. */
export interface ResolvedSettings {
  /** Undefined: nothing is exported. */
  readonly settings?: ExportSettings;
  readonly problems: readonly string[];
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Resolves what is exported. An invalid variable is a problem, and the configuration's value applies. */
export function exportSettings(configured: Configured, environment: Environment): ResolvedSettings {
  // an empty variable means an unset one, in OpenTelemetry's specification too
  const variable = (name: string): string | undefined => {
    const text = environment[`OTEL_${name}`]?.trim();
    return text === "" ? undefined : text;
  };
  if (variable("SDK_DISABLED")?.toLowerCase() === "true") return { problems: [] };
  const reader = new Variables(variable);
  const wanted = new Set(configured.signals);
  for (const signal of ["traces", "metrics", "logs"] as const) {
    const exporter = reader.oneOf(`${signal.toUpperCase()}_EXPORTER`, { otlp: true, none: false });
    if (exporter === true) wanted.add(signal);
    if (exporter === false) wanted.delete(signal);
    if (exporter === false && signal === "logs") wanted.delete("events");
  }
  const destinations: Partial<Record<Signal, Destination>> = {};
  for (const signal of ["traces", "metrics", "logs"] as const) {
    if (!wanted.has(signal) && !(signal === "logs" && wanted.has("events"))) continue;
    const destination = destinationOf(signal, configured, variable, reader);
    if (destination !== undefined) destinations[signal] = destination;
  }
  if (Object.keys(destinations).length === 0) return { problems: reader.problems };
  const settings: ExportSettings = {
    destinations,
    log: wanted.has("logs"),
    events: wanted.has("events"),
    sampleRatio: reader.number("TRACES_SAMPLER_ARG", 0, 1) ?? configured.sampleRatio,
    metricInterval:
      reader.number("METRIC_EXPORT_INTERVAL", 1_000, 3_600_000) ?? configured.exportIntervalSeconds * 1000,
    serviceName: variable("SERVICE_NAME"),
  };
  return { settings, problems: reader.problems };
}

const protocols = { grpc: "grpc", "http/protobuf": "http" } as const;

function destinationOf(
  signal: Signal,
  configured: Configured,
  variable: (name: string) => string | undefined,
  reader: Variables,
): Destination | undefined {
  const own = `EXPORTER_OTLP_${signal.toUpperCase()}_`;
  const [ownEndpoint, shared] = [variable(`${own}ENDPOINT`), variable("EXPORTER_OTLP_ENDPOINT") ?? configured.endpoint];
  const endpoint = ownEndpoint ?? shared;
  if (endpoint === undefined) return undefined;
  const protocol =
    reader.oneOf(`${own}PROTOCOL`, protocols) ??
    reader.oneOf("EXPORTER_OTLP_PROTOCOL", protocols) ??
    configured.protocol;
  const insecure = reader.oneOf("EXPORTER_OTLP_INSECURE", { true: true, false: false }) ?? configured.insecure;
  const base = endpoint.includes("://") ? endpoint : `${insecure ? "http" : "https"}://${endpoint}`;
  // a path that a signal's own variable names is complete, as the specification says
  const url = protocol === "grpc" || ownEndpoint !== undefined ? base : `${base.replace(/\/$/, "")}/v1/${signal}`;
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    reader.reject(
      ownEndpoint === undefined ? "the endpoint" : `OTEL_${own}ENDPOINT`,
      "must be host:port or an http or https URL",
    );
    return undefined;
  }
  const hasOwnHeaders = (variable(`${own}HEADERS`) ?? variable("EXPORTER_OTLP_HEADERS")) !== undefined;
  return { url, protocol, hasOwnHeaders };
}

/** Reads variables, and notes those that are not valid. */
class Variables {
  readonly #problems = new Set<string>();
  readonly #variable: (name: string) => string | undefined;

  constructor(variable: (name: string) => string | undefined) {
    this.#variable = variable;
  }

  get problems(): readonly string[] {
    return [...this.#problems];
  }

  reject(what: string, problem: string): void {
    this.#problems.add(`${what} ${problem}`);
  }

  oneOf<T>(name: string, values: Readonly<Record<string, T>>): T | undefined {
    const text = this.#variable(name);
    if (text === undefined) return undefined;
    if (Object.hasOwn(values, text)) return values[text];
    this.reject(`OTEL_${name}`, `must be one of ${Object.keys(values).join(", ")}; it is ignored`);
    return undefined;
  }

  number(name: string, least: number, most: number): number | undefined {
    const text = this.#variable(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (value >= least && value <= most) return value;
    this.reject(`OTEL_${name}`, `must be a number from ${least} to ${most}; it is ignored`);
    return undefined;
  }
}
