/** The input of an attempt's templates, and the variables that templates can use. Pure. */
import { programOf, modelOptions, type GatewayUse, type ModelOption, type OptionPassing } from "./agent-programs.js";
import { toolsOf, type ToolPreset, type Tools } from "./tools.js";
import type { AgentProfile } from "../api/agent-profile.js";
import { modelOf, type CodeRunSpec } from "../api/coderun.js";
import type { DocsRunSpec } from "../api/docsrun.js";
import { coderunSchema } from "../api/generated/coderun.schema.js";
import { docsrunSchema } from "../api/generated/docsrun.schema.js";
import { isObject } from "../runtime/schema/json.js";
import type { JsonSchema } from "../runtime/schema/json-schema.js";

/** The fields of a CodeRun's spec that templates can use. This is the only list of them. */
const codeRunFields = [
  "taskId",
  "service",
  "runType",
  "repositoryUrl",
  "docsRepositoryUrl",
  "docsProjectDirectory",
  "docsBranch",
  "workingDirectory",
  "githubUser",
  "githubApp",
  "model",
  "cliConfig",
  "toolConfig",
  "localTools",
  "remoteTools",
  "taskDescription",
  "promptModification",
  "promptMode",
  "contextVersion",
  "overwriteMemory",
] as const satisfies readonly (keyof CodeRunSpec)[];

/** The fields of a DocsRun's spec that templates can use. */
const docsRunFields = [
  "repositoryUrl",
  "workingDirectory",
  "sourceBranch",
  "githubUser",
  "githubApp",
  "model",
  "cli",
  "includeCodebase",
  "localTools",
  "remoteTools",
  "contextVersion",
] as const satisfies readonly (keyof DocsRunSpec)[];

/** Every key of an agent's profile; the compiler reports a key that is missing here. */
const agentFields: { readonly [K in keyof Required<AgentProfile>]: null } = {
  name: null,
  githubApp: null,
  cli: null,
  model: null,
  maxTokens: null,
  temperature: null,
  reasoningEffort: null,
  appId: null,
  clientId: null,
  may: null,
  role: null,
  expertise: null,
  description: null,
  tools: null,
  systemPrompt: null,
};

export type CodeRunFields = Pick<CodeRunSpec, (typeof codeRunFields)[number]>;
export type DocsRunFields = Pick<DocsRunSpec, (typeof docsRunFields)[number]>;

/** The part of the configuration that templates depend on. */
export interface TemplateSettings {
  /** Model of runs for which neither the run nor its agent sets one. */
  readonly model: string;
  /** Tools of the agent program to allow and deny, in addition to those of every run. */
  readonly permissions: { readonly allow: readonly string[]; readonly deny: readonly string[] };
  /** URL of the gateway in the agent's pod. Absent: agent programs reach providers of models themselves. */
  readonly gatewayUrl?: string;
  /** URL of the MCP server in the cluster. */
  readonly toolServerUrl?: string;
}

/** The template input of every kind. */
export interface RunContext {
  readonly run: { readonly name: string; readonly namespace: string };
  /** The branch that the run's work is pushed to. */
  readonly branch: string;
  /** Number of the attempt, from 1. */
  readonly number: number;
  readonly agent: AgentProfile;
  readonly settings: TemplateSettings;
}

export interface CodeContext extends RunContext {
  readonly spec: CodeRunFields;
  /** By the label workflow-stage, such as `quality`. Default: `runType` of the spec. */
  readonly stage?: string;
  /** Issue that the task comes from, by the label orchestrator.io/issue. */
  readonly issue?: string;
  readonly continueSession: boolean;
  /** Session in the status of the run; a session that is recorded in the workspace overrides it. */
  readonly sessionId?: string;
}

export interface DocsContext extends RunContext {
  readonly spec: DocsRunFields;
}

/** Defaults of the schema, which objects of an earlier version may not have. */
const codeDefaults = defaultsOf(codeRunFields, coderunSchema);
const docsDefaults = defaultsOf(docsRunFields, docsrunSchema);

export function defaultsOf(fields: readonly string[], schema: JsonSchema): Readonly<Record<string, unknown>> {
  const properties = schema.properties?.spec?.properties ?? {};
  return Object.fromEntries(fields.map((field) => [field, properties[field]?.default ?? null]));
}

/** Every field, null if unset, so that templates can tell a misspelt name from an unset field. */
export type Complete<T> = { readonly [K in keyof Required<T>]: Exclude<T[K], undefined> | null };

export function complete<T extends object>(
  fields: readonly (keyof T & string)[],
  values: T,
  defaults: Readonly<Record<string, unknown>>,
): Complete<T> {
  return Object.fromEntries(fields.map((field) => [field, values[field] ?? defaults[field] ?? null])) as Complete<T>;
}

/** Tools of the agent program that every run may use. They need no further restriction, since the pod is the sandbox. */
export const allowed = [
  "Bash",
  "Edit",
  "MultiEdit",
  "Write",
  "Read",
  "Glob",
  "Grep",
  "WebFetch",
  "WebSearch",
  "TodoWrite",
  "Task",
];

/** Mounted credentials are for git, not for the agent to read. */
export const denied = ["Read(//secrets/**)"];

export const once = (values: readonly string[]): string[] => [...new Set(values)];

/** The variables of templates of both kinds. */
export type RunVariables = ReturnType<typeof shared>;

/** The variables of templates in `code/`. */
export interface CodeVariables extends RunVariables {
  readonly spec: Complete<CodeRunFields>;
  readonly stage: string;
  readonly issue: string | null;
  readonly continueSession: boolean;
  readonly sessionId: string | null;
}

/** The variables of templates in `docs/`. */
export interface DocsVariables extends RunVariables {
  readonly spec: Complete<DocsRunFields>;
}

/** The variables of templates in `agents/`. */
export interface AgentVariables {
  readonly agent: Complete<AgentProfile>;
}

/** The variables that templates of all kinds have. */
export function runVariables(context: RunContext, chosen: RunChoices, tools: Tools): RunVariables {
  return shared(context, chosen, tools);
}

/** Values that a run sets, which override its agent's profile and the configuration. */
interface RunChoices {
  readonly cli?: string | undefined;
  readonly model?: string | undefined;
  readonly options?: CodeRunFields["cliConfig"];
}

function shared({ run, branch, number, agent, settings }: RunContext, chosen: RunChoices, tools: Tools) {
  const name = chosen.cli ?? agent.cli ?? "claude";
  const { options, defaults, gateway, ...program } = programOf(name.toLowerCase());
  const model = chosen.model ?? agent.model ?? settings.model;
  const place = (text: string): string => text.replaceAll("{model}", () => model);
  const wanted = chosenOptions(agent, chosen.options);
  const own = ownSettings(chosen.options?.settings, program.ownSettings);
  const passed = modelOptions.flatMap((option) => {
    const [way, value] = [options[option], wanted[option]];
    return way === undefined || value === undefined || takenBy(way, own) !== undefined ? [] : [{ option, way, value }];
  });
  const inSettings = passed.flatMap(({ way, option, value }) =>
    "by" in way ? [[way.as ?? option, value] as const] : [],
  );
  return {
    run,
    branch,
    number,
    agent: { ...agentFields, ...agent },
    model,
    cli: {
      systemPromptOption: null,
      sessionLost: null,
      says: null,
      ownSettings: null,
      ...program,
      command: [
        ...program.command.map(place),
        ...passed.flatMap(({ way, value }) =>
          "args" in way ? way.args.map((text) => text.replaceAll("{value}", () => String(value))) : [],
        ),
      ],
      resume: program.resume.map(place),
      variables: {
        ...program.variables,
        ...Object.fromEntries(passed.flatMap(({ way, value }) => ("variable" in way ? [[way.variable, value]] : []))),
      },
    },
    options: {
      ...Object.fromEntries(modelOptions.map((option) => [option, wanted[option] ?? null])),
      settings: inSettings.length === 0 ? null : Object.fromEntries(inSettings),
    },
    settings: merged({ ...defaults, ...own }, gatewaySettings(gateway, settings.gatewayUrl)),
    tools,
    permissions: {
      allow: once([...allowed, ...tools.allowed, ...settings.permissions.allow]),
      deny: once([...denied, ...settings.permissions.deny]),
    },
  };
}

function gatewaySettings(gateway: GatewayUse | undefined, url: string | undefined): Readonly<Record<string, unknown>> {
  if (url === undefined) return {};
  const fill = (value: unknown): unknown => {
    if (typeof value === "string") return value.replaceAll("{gateway}", url);
    return isObject(value) ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key, fill(each)])) : value;
  };
  return fill(gateway?.settings ?? {}) as Readonly<Record<string, unknown>>;
}

/** Settings with others over them; of two objects, the members are merged. */
function merged(
  under: Readonly<Record<string, unknown>>,
  over: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const both = Object.entries(over).map(([key, value]) => {
    const before = under[key];
    return [key, isObject(before) && isObject(value) ? merged(before, value) : value] as const;
  });
  return { ...under, ...Object.fromEntries(both) };
}

/** Model options of the run, else of its agent. A run sets `reasoningEffort` in the settings of its agent program. */
function chosenOptions(
  agent: AgentProfile,
  config: RunChoices["options"],
): Readonly<Partial<Record<ModelOption, string | number | undefined>>> {
  const { reasoningEffort } = config?.settings ?? {};
  return {
    maxTokens: config?.maxTokens ?? agent.maxTokens,
    temperature: config?.temperature ?? agent.temperature,
    reasoningEffort: typeof reasoningEffort === "string" ? reasoningEffort : agent.reasoningEffort,
  };
}

/** The key in the settings of a run that overrides the option; undefined if no key does. */
export function takenBy(way: OptionPassing, settings: Readonly<Record<string, unknown>>): string | undefined {
  const key = "by" in way ? way.unless : undefined;
  return key !== undefined && Object.hasOwn(settings, key) ? key : undefined;
}

/** The settings of a run for the settings file of its agent program, without those that the orchestrator manages. */
export function ownSettings(
  given: Readonly<Record<string, unknown>> = {},
  taken: readonly string[] | undefined,
): Readonly<Record<string, unknown>> {
  if (taken === undefined) return {};
  return Object.fromEntries(
    Object.entries(given).filter(
      ([name, value]) => !taken.includes(name) && name !== "reasoningEffort" && value !== null,
    ),
  );
}

function mcpTools({ agent, settings, spec }: CodeContext | DocsContext, preset: ToolPreset): Tools {
  return toolsOf({
    preset,
    ...(agent.tools !== undefined && { agent: agent.tools }),
    ...(spec.remoteTools !== undefined && { remote: spec.remoteTools }),
    ...(spec.localTools !== undefined && { local: spec.localTools }),
    ...(settings.toolServerUrl !== undefined && { serverUrl: settings.toolServerUrl }),
  });
}

export function codeVariables(context: CodeContext): CodeVariables {
  const { spec, continueSession, sessionId } = context;
  const stage = context.stage ?? spec.runType ?? "implementation";
  const { cliConfig } = spec;
  const chosen = { cli: cliConfig?.cliType, model: modelOf(spec, context.number), options: cliConfig };
  const own = {
    spec: complete(codeRunFields, spec, codeDefaults),
    stage,
    issue: context.issue ?? null,
    continueSession,
    sessionId: sessionId ?? null,
  };
  return { ...shared(context, chosen, mcpTools(context, spec.toolConfig ?? "default")), ...own };
}

/** A DocsRun only writes documents from files, so its preset has no tools; it can request some. */
export function docsVariables(context: DocsContext): DocsVariables {
  const { spec } = context;
  const chosen = { cli: spec.cli, model: spec.model };
  return {
    ...shared(context, chosen, mcpTools(context, "minimal")),
    ...{ spec: complete(docsRunFields, spec, docsDefaults) },
  };
}

export function agentVariables(agent: AgentProfile): AgentVariables {
  return { agent: { ...agentFields, ...agent } };
}
