/** What the configuration says about an agent: `agents.<name>`. Meaning and bounds of each key: docs/reference/configuration.md. */
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
  /** The system prompt as a whole, in place of a template's. */
  readonly systemPrompt?: string;
}

/** MCP tools of an agent. */
export interface AgentTools {
  readonly remote?: readonly string[];
  readonly localServers?: Readonly<Record<string, AgentServer>>;
}

/** An MCP server beside the agent. */
export interface AgentServer {
  readonly command?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** False removes the server, also if a preset has it. */
  readonly enabled?: boolean;
  /** The only tools of the server that may be used. */
  readonly tools?: readonly string[];
}
