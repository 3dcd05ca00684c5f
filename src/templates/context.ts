/** What the templates of a run are given, and what they see of it. Pure. */
import { cliOf, modelOptions, type ModelOption, type Told } from "./agent-programs.js";
import { toolsOf, type ToolPreset, type Tools } from "./tools.js";
import type { AgentProfile } from "../api/agent-profile.js";
import { modelOf, type CodeRunSpec } from "../api/coderun.js";
import type { DocsRunSpec } from "../api/docsrun.js";

/** The fields of a CodeRun's spec that templates see: the one list of them. */
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
  "promptModification",
  "promptMode",
  "contextVersion",
  "overwriteMemory",
] as const satisfies readonly (keyof CodeRunSpec)[];

/** The fields of a DocsRun's spec that templates see. */
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

/** All of an agent's profile; the compiler reports a key that is missing here. */
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
  role: null,
  expertise: null,
  description: null,
  tools: null,
  systemPrompt: null,
};

export type CodeRunFields = Pick<CodeRunSpec, (typeof codeRunFields)[number]>;
export type DocsRunFields = Pick<DocsRunSpec, (typeof docsRunFields)[number]>;

/** What of the configuration templates depend on. */
export interface TemplateSettings {
  /** Where neither run nor agent names one. */
  readonly model: string;
  /** Tools of the agent's program, over those that it may use anyway. */
  readonly permissions: { readonly allow: readonly string[]; readonly deny: readonly string[] };
  /** The MCP server in the cluster. */
  readonly toolServerUrl?: string;
}

/** What templates are told of a run of any kind. */
export interface RunContext {
  readonly run: { readonly name: string; readonly namespace: string };
  /** Of the run, from 1. */
  readonly number: number;
  readonly agent: AgentProfile;
  readonly settings: TemplateSettings;
}

export interface CodeContext extends RunContext {
  readonly spec: CodeRunFields;
  readonly continueSession: boolean;
  /** The agent's last session, as the status has it; one that the workspace knows wins. */
  readonly sessionId?: string;
}

export interface DocsContext extends RunContext {
  readonly spec: DocsRunFields;
}

/** Every field, null if it has no value: so a misspelt name differs from one that is unset. */
type Complete<T> = { readonly [K in keyof Required<T>]: Exclude<T[K], undefined> | null };

function complete<T extends object>(fields: readonly (keyof T)[], values: T): Complete<T> {
  return Object.fromEntries(fields.map((field) => [field, values[field] ?? null])) as Complete<T>;
}

/** Tools of the agent's program that every run may use; the pod is what keeps it in. */
const allowed = [
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

/** Mounted keys are for git, and not for reading. */
const denied = ["Read(//secrets/**)"];

const once = (values: readonly string[]): string[] => [...new Set(values)];

/** What the templates of both kinds see. */
export type RunVariables = ReturnType<typeof shared>;

/** What the templates of `code/` see. */
export interface CodeVariables extends RunVariables {
  readonly spec: Complete<CodeRunFields>;
  readonly continueSession: boolean;
  readonly sessionId: string | null;
}

/** What the templates of `docs/` see. */
export interface DocsVariables extends RunVariables {
  readonly spec: Complete<DocsRunFields>;
}

/** What the templates of `agents/` see. */
export interface AgentVariables {
  readonly agent: Complete<AgentProfile>;
}

/** What a run chose, where its agent's profile and the configuration may say something else. */
interface Chosen {
  readonly cli?: string | undefined;
  readonly model?: string | undefined;
  readonly options?: CodeRunFields["cliConfig"];
}

function shared({ run, number, agent, settings }: RunContext, chosen: Chosen, tools: Tools) {
  const name = chosen.cli ?? agent.cli ?? "claude";
  const { options, defaults, ...program } = cliOf(name.toLowerCase());
  const model = chosen.model ?? agent.model ?? settings.model;
  const place = (text: string): string => text.replaceAll("{model}", () => model);
  const wanted = chosenOptions(agent, chosen.options);
  const own = ownSettings(chosen.options?.settings, program.ownSettings);
  const told = modelOptions.flatMap((option) => {
    const [way, value] = [options[option], wanted[option]];
    return way === undefined || value === undefined || takenBy(way, own) !== undefined ? [] : [{ option, way, value }];
  });
  const inSettings = told.flatMap(({ way, option, value }) =>
    "by" in way ? [[way.as ?? option, value] as const] : [],
  );
  return {
    run,
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
        ...told.flatMap(({ way, value }) =>
          "args" in way ? way.args.map((text) => text.replaceAll("{value}", () => String(value))) : [],
        ),
      ],
      resume: program.resume.map(place),
      variables: {
        ...program.variables,
        ...Object.fromEntries(told.flatMap(({ way, value }) => ("variable" in way ? [[way.variable, value]] : []))),
      },
    },
    options: {
      ...Object.fromEntries(modelOptions.map((option) => [option, wanted[option] ?? null])),
      settings: inSettings.length === 0 ? null : Object.fromEntries(inSettings),
    },
    settings: { ...defaults, ...own },
    tools,
    permissions: {
      allow: once([...allowed, ...tools.allowed, ...settings.permissions.allow]),
      deny: once([...denied, ...settings.permissions.deny]),
    },
  };
}

/** The original wrote `reasoningEffort` among the program's settings. */
function chosenOptions(
  agent: AgentProfile,
  config: Chosen["options"],
): Readonly<Partial<Record<ModelOption, string | number | undefined>>> {
  const { reasoningEffort } = config?.settings ?? {};
  return {
    maxTokens: config?.maxTokens ?? agent.maxTokens,
    temperature: config?.temperature ?? agent.temperature,
    reasoningEffort: typeof reasoningEffort === "string" ? reasoningEffort : agent.reasoningEffort,
  };
}

/** The key of a run's settings in whose place the option would be written. */
export function takenBy(way: Told, settings: Readonly<Record<string, unknown>>): string | undefined {
  const key = "by" in way ? way.unless : undefined;
  return key !== undefined && Object.hasOwn(settings, key) ? key : undefined;
}

/** Of a run's settings those that are for the program's file, and not what is decided elsewhere. */
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
  const { cliConfig } = spec;
  const chosen = { cli: cliConfig?.cliType, model: modelOf(spec, context.number), options: cliConfig };
  const own = { spec: complete(codeRunFields, spec), continueSession, sessionId: sessionId ?? null };
  return { ...shared(context, chosen, mcpTools(context, spec.toolConfig ?? "default")), ...own };
}

/** What the templates of `docs/` see. Documents are written from files, so there are no tools but those asked for. */
export function docsVariables(context: DocsContext): DocsVariables {
  const { spec } = context;
  const chosen = { cli: spec.cli, model: spec.model };
  return { ...shared(context, chosen, mcpTools(context, "minimal")), ...{ spec: complete(docsRunFields, spec) } };
}

export function agentVariables(agent: AgentProfile): AgentVariables {
  return { agent: { ...agentFields, ...agent } };
}
