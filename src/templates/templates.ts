/** A whole set of templates: compiled, checked with sample runs, and immutable. */
import { errorText } from "../runtime/error-text.js";
import { DepthError, parseBoundedJson } from "../runtime/input/bounded-json.js";
import {
  agentVariables,
  codeVariables,
  docsVariables,
  type CodeContext,
  type DocsContext,
  type RunVariables,
} from "./context.js";
import { taskVariables, type TaskContext } from "./task-context.js";
import type { AgentProfile } from "../api/agent-profile.js";
import { FileSchemas } from "./file-schemas.js";
import { outputsOf, programOf, programOutputs, type Folder, type Output } from "./files.js";
import { TemplateError, TemplateErrors } from "./problem.js";
import { sampleAgents, sampleCode, sampleDocs, sampleTask } from "./samples.js";
import { checkTemplate, type Template } from "./template.js";

/** Maximum bytes of all files of an attempt. A ConfigMap can hold 1 MiB, some of which names and metadata take. */
export const mostBytes = 1000 * 1024;

/** Key of the system prompt, which CodeRuns and DocsRuns with a GitHub App have. */
const systemPromptFile = "system-prompt.md";

/** Key of that of a TaskRun, whose files have names that end in `.md`. */
const taskSystemPromptFile = "system-prompt";

export class Templates {
  readonly #templates: ReadonlyMap<string, Template>;
  readonly #outputs: Readonly<Record<Folder, readonly Output[]>>;
  readonly #schemas: FileSchemas | undefined;
  readonly #included: ReadonlySet<string>;

  /**
   * @param texts templates by name
   * @param schemas validate the JSON files; default: they only have to be valid JSON
   * @throws TemplateError for the first error; {@link Templates.check} finds all of them
   */
  constructor(texts: ReadonlyMap<string, string>, schemas?: FileSchemas) {
    const { templates, problems, included } = compile(texts);
    const [problem] = problems;
    if (problem !== undefined) throw problem;
    this.#templates = templates;
    this.#included = included;
    this.#schemas = schemas;
    const outputs = (folder: Folder): Output[] => outputsOf(folder, templates.keys());
    this.#outputs = { code: outputs("code"), docs: outputs("docs"), task: outputs("task") };
  }

  /**
   * All errors of a set: syntax errors, and errors from rendering sample runs.
   *
   * @param standIns valid templates, which take the place of those with errors so that the rest can be rendered, too
   */
  static check(texts: ReadonlyMap<string, string>, standIns: ReadonlyMap<string, string>): readonly TemplateError[] {
    const { templates, broken, problems } = compile(texts);
    const samples = fullSamples();
    const explored = [...templates, ...broken].map(([name, template]) => ({
      name,
      errors: explore(name, template, samples),
    }));
    const wrong = new Set(explored.flatMap(({ name, errors }) => (errors.length === 0 ? [] : [name])));
    for (const name of texts.keys()) if (!templates.has(name)) wrong.add(name);
    const sound = new Map([...texts].filter(([name]) => !wrong.has(name)));
    for (const name of wrong) {
      const standIn = standIns.get(name);
      if (standIn !== undefined) sound.set(name, standIn);
    }
    const found = [...problems, ...explored.flatMap(({ errors }) => errors), ...Templates.#checkRendering(sound)];
    const once = new Map(found.map((problem) => [problem.message, problem]));
    return [...once.values()].sort((a, b) => compareText(a.file, b.file) || a.line - b.line || a.column - b.column);
  }

  /** The errors from rendering sample runs with templates that compile. */
  static #checkRendering(texts: ReadonlyMap<string, string>): TemplateError[] {
    const { problems } = compile(texts);
    // a stand-in may need a template that is wrong: then there is nothing to render
    if (problems.length > 0) return [];
    const set = new Templates(texts, new FileSchemas());
    const names = [...set.#templates.keys()];
    return [
      ...sampleCode.flatMap((context) => errorsOf("code", () => set.code(context))),
      ...sampleDocs.flatMap((context) => errorsOf("docs", () => set.docs(context))),
      ...sampleTask.flatMap((context) => errorsOf("task", () => set.task(context))),
      ...sampleAgents.flatMap((agent) =>
        names
          .filter((name) => name.startsWith("agents/"))
          .flatMap((name) => errorsOf(name, () => set.#render(name, agentVariables(agent)))),
      ),
      ...names.flatMap((name) =>
        samplesOf(programOf(name)).flatMap((variables) => errorsOf(name, () => set.#render(name, variables))),
      ),
    ];
  }

  /** Whether any template of the set includes the template with this name. */
  includes(name: string): boolean {
    return this.#included.has(name);
  }

  /** Renders the files of a CodeRun's attempt, by name. @throws TemplateError */
  code(context: CodeContext): Record<string, string> {
    return this.#renderAll("code", codeVariables(context), this.#promptOf(context));
  }

  /** Renders the files of a DocsRun's attempt, by name. @throws TemplateError */
  docs(context: DocsContext): Record<string, string> {
    return this.#renderAll("docs", docsVariables(context), this.#promptOf(context));
  }

  /** Renders the files of a TaskRun's attempt, by name, except those of its spec. @throws TemplateError */
  task(context: TaskContext): Record<string, string> {
    const { agent, hasProfile } = context;
    const prompt = hasProfile ? { [taskSystemPromptFile]: this.systemPrompt(agent) } : {};
    return this.#renderAll("task", taskVariables(context), prompt);
  }

  /**
   * The system prompt of an agent: the `systemPrompt` of its profile, else the template named after the agent, else the
   * generic template. The agent's name is the last part of its GitHub App, as in the name of its workspace, else the name
   * in its profile.
   *
   * @throws TemplateError
   */
  systemPrompt(agent: AgentProfile): string {
    if (agent.systemPrompt !== undefined) return agent.systemPrompt;
    const name = (
      agent.githubApp?.slice(agent.githubApp.lastIndexOf("-") + 1) ??
      agent.name ??
      "generic"
    ).toLowerCase();
    const template = `agents/${name}-system-prompt.md`;
    return this.#render(
      this.#templates.has(template) ? template : "agents/generic-system-prompt.md",
      agentVariables(agent),
    );
  }

  /** One of the attempt's files, so that no attempt starts without it or sees it change (docs/adr/010). */
  #promptOf({ agent, spec: { githubApp } }: CodeContext | DocsContext): Record<string, string> {
    return githubApp === undefined ? {} : { [systemPromptFile]: this.systemPrompt({ ...agent, githubApp }) };
  }

  #renderAll(
    folder: Folder,
    variables: RunVariables,
    others: Readonly<Record<string, string>>,
  ): Record<string, string> {
    const outputs = [...this.#outputs[folder], ...programOutputs(variables.cli.name, this.#templates.keys())];
    const rendered = outputs.map(({ template, file }) => [file, this.#render(template, variables)]);
    const files = { ...Object.fromEntries(rendered), ...others } as Record<string, string>;
    const bytes = Object.values(files).reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    if (bytes > mostBytes)
      throw new TemplateError(folder, 1, 1, `all files have ${bytes} bytes, more than the limit of ${mostBytes}`);
    return files;
  }

  #render(name: string, variables: object): string {
    const template = this.#templates.get(name);
    if (template === undefined) throw new TemplateError(`${name}.hbs`, 1, 1, "does not exist");
    const text = template.render(variables);
    if (name.endsWith(".json")) {
      const content = parseJson(name, text);
      this.#schemas?.check(name, content);
    }
    return text;
  }
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

interface Compiled {
  readonly templates: ReadonlyMap<string, Template>;
  /** Templates with errors, without the statements that have them. */
  readonly broken: ReadonlyMap<string, Template>;
  /** Names of the templates that others include. */
  readonly included: ReadonlySet<string>;
  readonly problems: readonly TemplateError[];
}

function compile(texts: ReadonlyMap<string, string>): Compiled {
  const templates = new Map<string, Template>();
  const broken = new Map<string, Template>();
  const included = new Set<string>();
  const problems: TemplateError[] = [];
  for (const [name, text] of texts) {
    const compiled = checkTemplate(`${name}.hbs`, text, (partial) => {
      included.add(partial);
      return texts.get(partial);
    });
    (compiled.problems.length === 0 ? templates : broken).set(name, compiled.template);
    problems.push(...compiled.problems);
  }
  return { templates, broken, problems, included };
}

/** The variables of the templates in each folder. */
type Samples = Readonly<Record<string, readonly object[]>>;

/** Those of the sample runs that have all fields. */
function fullSamples(): Samples {
  const code = sampleCode.slice(-1).map((context) => codeVariables(context));
  const docs = sampleDocs.slice(-1).map((context) => docsVariables(context));
  const task = sampleTask.slice(-1).map((context) => taskVariables(context));
  const agents = sampleAgents.slice(-1).map((agent) => agentVariables(agent));
  return { code, docs, task, agents, cli: [...code, ...docs, ...task] };
}

/**
 * Explores the templates that become a file. Shared parts are explored as part of the templates that include them, since
 * their variables are those of that template.
 */
function explore(name: string, template: Template, samples: Samples): TemplateError[] {
  const [folder = ""] = name.split("/");
  return (samples[folder] ?? []).flatMap((variables) => errorsOf(name, () => template.explore(variables)));
}

/** The variables of sample runs with an agent program; none if the program is undefined. */
function samplesOf(program: string | undefined): RunVariables[] {
  if (program === undefined) return [];
  return [
    ...sampleCode.map(({ spec, ...context }) =>
      codeVariables({ ...context, spec: { ...spec, cliConfig: { ...spec.cliConfig, cliType: program } } }),
    ),
    ...sampleDocs.map(({ spec, ...context }) => docsVariables({ ...context, spec: { ...spec, cli: program } })),
    ...sampleTask.map(({ agent, ...context }) => taskVariables({ ...context, agent: { ...agent, cli: program } })),
  ];
}

/** The TemplateErrors that the action returns or throws. Any other error is a defect, and is thrown with the template's name. */
function errorsOf(name: string, action: () => unknown): TemplateError[] {
  try {
    const result = action();
    return Array.isArray(result) ? result.filter((each) => each instanceof TemplateError) : [];
  } catch (error) {
    if (error instanceof TemplateError) return [error];
    if (error instanceof TemplateErrors) return [...error.errors];
    throw new Error(`template ${name}: ${errorText(error)}`, { cause: error });
  }
}

/** The settings of a run are part of its file, a few levels down; a review has at most 200. */
const maxJsonDepth = 220;

function parseJson(name: string, text: string): unknown {
  try {
    return parseBoundedJson(text, maxJsonDepth);
  } catch (error) {
    const reason =
      error instanceof DepthError
        ? `renders JSON that ${error.message}`
        : `does not render valid JSON: ${errorText(error)}`;
    throw new TemplateError(`${name}.hbs`, 1, 1, reason, { cause: error });
  }
}
