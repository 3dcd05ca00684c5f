/** The differences between agent programs: how they reach a model at another address, and their own names for things. */
import type { ProgramName } from "./installed.js";
import type { Call, Question } from "./model-server.js";

export interface Program {
  readonly name: ProgramName;
  readonly key: { readonly variable: string; readonly value: string };
  readonly model: string;
  /** The variables and `cliConfig.settings` with which a user sets the address of the model. */
  readonly environment: (url: string) => Readonly<Record<string, string>>;
  readonly settings: (url: string) => Readonly<Record<string, unknown>>;
  /** Its tool that runs a shell command. */
  readonly runs: (line: string) => Call;
  /** Its name for a tool of the MCP server. */
  readonly tool: (name: string) => string;
  /** The name of the model at its provider. */
  readonly asks: string;
  /** The options of a run that a request must contain, by paths in its body. */
  readonly passed: Readonly<Record<string, unknown>>;
  /** Whether it shows the model only the MCP tools that the run may use. */
  readonly hidesTools: boolean;
  /** Lines of its output that look like errors but are harmless. */
  readonly expected: RegExp;
  /** Hosts that it may try to reach in addition to the model's. */
  readonly reaches: RegExp | undefined;
  /** A valid ID of a session that does not exist. */
  readonly noSession: string;
  /** The API key as its API gets it. */
  readonly keyOf: (headers: Question["headers"]) => unknown;
}
