/** What the templates of a run are given, and what they see of it. Pure. */
import { cliOf, modelOptions, type Cli, type ModelOption, type Told } from "./agent-programs.js";
import { toolsOf, type AgentTools, type ToolPreset, type Tools } from "./tools.js";
import { modelOf, type CodeRunSpec } from "../api/coderun.js";
import type { DocsRunSpec } from "../api/docsrun.js";

/** Of a CodeRun's spec: all that templates can use. */
export type CodeRunFields = Pick<
  CodeRunSpec,
  | "taskId"
  | "service"
  | "runType"
  | "repositoryUrl"
  | "docsRepositoryUrl"
  | "docsProjectDirectory"
  | "docsBranch"
  | "workingDirectory"
  | "githubUser"
  | "githubApp"
  | "model"
  | "cliConfig"
  | "toolConfig"
  | "localTools"
  | "remoteTools"
  | "promptModification"
  | "promptMode"
  | "contextVersion"
  | "overwriteMemory"
>;

/** Of a DocsRun's spec. */
export type DocsRunFields = Pick<
  DocsRunSpec,
  | "repositoryUrl"
  | "workingDirectory"
  | "sourceBranch"
  | "githubUser"
  | "githubApp"
  | "model"
  | "cli"
  | "includeCodebase"
  | "localTools"
  | "remoteTools"
  | "contextVersion"
>;

/** What the configuration says of an agent: `agents.<name>`. */
export interface AgentProfile {
  readonly name?: string;
  readonly githubApp?: string;
  readonly cli?: string;
  readonly model?: string;
  readonly maxTokens?: number;
  readonly temperature?: number;
  readonly reasoningEffort?: string;
  readonly appId?: string;
  readonly clientId?: string;
  readonly role?: string;
  readonly expertise?: readonly string[];
  readonly description?: string;
  readonly tools?: AgentTools;
  /** Its own text, in place of a template's. */
  readonly systemPrompt?: string;
}

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

/** The same with every field there, null where it has no value: so a name that is misspelt differs from one that is unset. */
type Complete<T> = { readonly [K in keyof Required<T>]: Exclude<T[K], undefined> | null };

const codeFields: Complete<CodeRunFields> = {
  taskId: null,
  service: null,
  runType: null,
  repositoryUrl: null,
  docsRepositoryUrl: null,
  docsProjectDirectory: null,
  docsBranch: null,
  workingDirectory: null,
  githubUser: null,
  githubApp: null,
  model: null,
  cliConfig: null,
  toolConfig: null,
  localTools: null,
  remoteTools: null,
  promptModification: null,
  promptMode: null,
  contextVersion: null,
  overwriteMemory: null,
};

const docsFields: Complete<DocsRunFields> = {
  repositoryUrl: null,
  workingDirectory: null,
  sourceBranch: null,
  githubUser: null,
  githubApp: null,
  model: null,
  cli: null,
  includeCodebase: null,
  localTools: null,
  remoteTools: null,
  contextVersion: null,
};

const agentFields: Complete<AgentProfile> = {
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
export interface RunVariables {
  readonly cli: Omit<Cli, "options" | "defaults">;
}

/** What a run chose, where its agent's profile and the configuration may say something else. */
interface Chosen {
  readonly cli?: string | undefined;
  readonly model?: string | undefined;
  readonly options?: CodeRunFields["cliConfig"];
}

function shared({ run, number, agent, settings }: RunContext, chosen: Chosen, tools: Tools): RunVariables {
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
  const variables = {
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
  return variables as object as RunVariables; // templates see null where the data has nothing
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

/** What the templates of `code/` see. */
export function codeVariables(context: CodeContext): RunVariables {
  const { spec, continueSession, sessionId } = context;
  const { cliConfig } = spec;
  const chosen = { cli: cliConfig?.cliType, model: modelOf(spec, context.number), options: cliConfig };
  const own = { spec: { ...codeFields, ...spec }, continueSession, sessionId: sessionId ?? null };
  return { ...shared(context, chosen, mcpTools(context, spec.toolConfig ?? "default")), ...own };
}

/** What the templates of `docs/` see. Documents are written from files, so there are no tools but those asked for. */
export function docsVariables(context: DocsContext): RunVariables {
  const { spec } = context;
  const chosen = { cli: spec.cli, model: spec.model };
  return { ...shared(context, chosen, mcpTools(context, "minimal")), ...{ spec: { ...docsFields, ...spec } } };
}

/** What the templates of `agents/` see. */
export function agentVariables(agent: AgentProfile): object {
  return { agent: { ...agentFields, ...agent } };
}
