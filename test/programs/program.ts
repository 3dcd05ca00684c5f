/** What differs between the programs: how they reach a model that is not their maker's, and what they call things. */
import type { ProgramName } from "./installed.js";
import type { Call, Question } from "./model-server.js";

export interface Program {
  readonly name: ProgramName;
  readonly key: { readonly variable: string; readonly value: string };
  readonly model: string;
  /** What a user writes to have the model at an address of one's own: variables, and `cliConfig.settings`. */
  readonly environment: (url: string) => Readonly<Record<string, string>>;
  readonly settings: (url: string) => Readonly<Record<string, unknown>>;
  /** Its tool that runs a command line. */
  readonly runs: (line: string) => Call;
  /** What it calls a tool of the MCP server. */
  readonly tool: (name: string) => string;
  /** The name of the model at its provider. */
  readonly asks: string;
  /** What of the options of a run has to be in a question, by paths in its body. */
  readonly told: Readonly<Record<string, unknown>>;
  /** Whether it gives the model only those tools of an MCP server that the run has. */
  readonly hidesTools: boolean;
  /** Lines of its output that are no complaint about what it was given. */
  readonly expected: RegExp;
  /** Hosts that it may want to reach beside the model's. */
  readonly reaches: RegExp | undefined;
  /** A session's id of its form that there isn't. */
  readonly noSession: string;
  /** The key as its API gets it. */
  readonly keyOf: (headers: Question["headers"]) => unknown;
}
