/** The profile of an agent: `agents.<name>` of the configuration. docs/reference/configuration.md documents each key. */
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
  /** What the verdict of its runs leads to. */
  readonly may?: readonly ("label" | "approve" | "requestChanges")[];
  readonly description?: string;
  readonly tools?: AgentTools;
  /** The whole system prompt, which replaces the template. */
  readonly systemPrompt?: string;
}

/** The MCP tools of an agent. */
export interface AgentTools {
  readonly remote?: readonly string[];
  readonly localServers?: Readonly<Record<string, AgentServer>>;
}

/** An MCP server that runs beside the agent. */
export interface AgentServer {
  readonly command?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** False removes the server, even if a preset contains it. */
  readonly enabled?: boolean;
  /** Tools of the server that may be used. Default: all. */
  readonly tools?: readonly string[];
}
