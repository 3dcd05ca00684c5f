/** The gateway's configuration: one file, which the operator writes for each attempt. */
import { rootCertificates } from "node:tls";
import { YAMLParseError } from "yaml";
import type { Clock } from "../runtime/clock.js";
import { errorText } from "../runtime/error-text.js";
import { readBoundedFile } from "../runtime/input/bounded-file.js";
import { parseBoundedDocument, YamlBoundsError } from "../runtime/input/bounded-yaml.js";
import { formatFieldError } from "../runtime/schema/field-error.js";
import type { ValueSchema } from "../runtime/schema/value-schema.js";
import { valueCheck } from "../runtime/schema/values.js";
import { fieldErrorOf, type Violation } from "../runtime/schema/violation.js";
import { anthropic } from "./formats/anthropic.js";
import type { ApiFormat } from "./formats/format.js";
import { gemini } from "./formats/gemini.js";
import { openai } from "./formats/openai.js";
import type { GatewayOptions } from "./gateway.js";
import type { Budget } from "./ledger.js";
import { gitServers, gitSchema, type GitEntry } from "./git/git-entry.js";
import type { Price } from "./tokens.js";
import { Upstream } from "./upstream.js";

const formats: Readonly<Record<string, ApiFormat>> = { anthropic, openai, gemini };

/** The file's content. */
export interface GatewayFile {
  readonly port: number;
  /** None, if the agent asks no model through the gateway. */
  readonly upstreams: Readonly<Record<string, UpstreamEntry>>;
  /** Absent: no repository is reached through the gateway. */
  readonly git?: GitEntry;
  /** US dollars per million tokens, by model. */
  readonly prices?: Readonly<Record<string, Price>>;
  readonly budget?: Budget;
  readonly maxProviderWaitSeconds?: number;
  readonly stateDirectory: string;
  readonly terminationMessage: string;
}

interface UpstreamEntry {
  readonly format: "anthropic" | "openai" | "gemini";
  readonly baseUrl: string;
  readonly keyFile?: string;
  readonly header?: string;
  readonly caFile?: string;
  readonly proxy?: string;
}

const text: ValueSchema = { type: "string", minLength: 1, maxLength: 4096 };
const amount: ValueSchema = { type: "number", minimum: 0 };
const tokenCount: ValueSchema = { type: "integer", minimum: 0 };

const object = (properties: Readonly<Record<string, ValueSchema>>, required: readonly string[] = []): ValueSchema => ({
  type: "object",
  properties,
  required: [...required],
});

const kinds = ["input", "output", "cacheRead", "cacheWrite"];
const tokens = object(Object.fromEntries(kinds.map((kind) => [kind, tokenCount])), kinds);
const usage = object({ model: text, tokens, requests: tokenCount, estimated: tokenCount }, [
  "model",
  "tokens",
  "requests",
  "estimated",
]);

const upstream = object(
  {
    format: { type: "string", enum: Object.keys(formats) },
    baseUrl: { ...text, pattern: "^https?://[^/?#@]+(/[^?#]*)?$" },
    keyFile: text,
    header: { ...text, pattern: "^[A-Za-z0-9-]+$" },
    caFile: text,
    proxy: text,
  },
  ["format", "baseUrl"],
);

const schema = object(
  {
    port: { type: "integer", minimum: 0, maximum: 65535 },
    upstreams: { type: "object", additionalProperties: upstream, maxProperties: 20 },
    git: gitSchema,
    prices: {
      type: "object",
      maxProperties: 1000,
      additionalProperties: object(Object.fromEntries(kinds.map((kind) => [kind, amount])), ["input", "output"]),
    },
    budget: object({
      maxTokens: tokenCount,
      maxCostUSD: amount,
      used: { type: "array", maxItems: 1000, items: usage },
    }),
    maxProviderWaitSeconds: { type: "integer", minimum: 0, maximum: 3600 },
    stateDirectory: text,
    terminationMessage: text,
  },
  ["port", "upstreams", "stateDirectory", "terminationMessage"],
);

const check = valueCheck(schema, { style: "document", expression: (pattern) => new RegExp(pattern), limit: 20 });

/** Bytes of a file. */
const maxBytes = 1024 * 1024;

async function readWhole(file: string): Promise<string> {
  const content = await readBoundedFile(file, maxBytes);
  if (content === undefined) throw new Error(`${file} does not exist`);
  return content.toString();
}

/** Plain HTTP carries a key in the clear: that is for this machine alone. */
const isPlain = (url: string): boolean => /^http:\/\/(?!(127\.|localhost[:/]|localhost$|\[::1\]))/.test(url);

/** @throws Error that names the file and every wrong field */
export async function readGatewayFile(file: string): Promise<GatewayFile> {
  const content = await readWhole(file);
  let value: unknown;
  try {
    const document = parseBoundedDocument(content, { maxBytes });
    const [error] = document.errors;
    if (error !== undefined) throw error;
    value = document.toJS();
  } catch (error) {
    const detail =
      error instanceof YAMLParseError || error instanceof YamlBoundsError ? error.message : errorText(error);
    throw new Error(`${file}: ${detail}`, { cause: error });
  }
  const found: Violation[] = [];
  check(value, "", undefined, found);
  if (found.length > 0)
    throw new Error(`${file}: ${found.map((each) => formatFieldError(fieldErrorOf(each))).join("; ")}`);
  const checked = value as GatewayFile;
  for (const [name, { baseUrl }] of Object.entries(checked.upstreams))
    if (isPlain(baseUrl))
      throw new Error(`${file}: upstreams.${name}.baseUrl: write https://: the key must not travel in the clear`);
  if (Object.keys(checked.upstreams).length === 0 && checked.git === undefined)
    throw new Error(`${file}: has neither upstreams nor git: nothing is left to serve`);
  for (const { url } of checked.git?.repositories ?? [])
    if (isPlain(url)) throw new Error(`${file}: git.repositories: write https:// for ${url}`);
  return checked;
}

/** What the file configures. @throws Error for a file of authorities that cannot be read */
export async function gatewayOptions(content: GatewayFile, clock: Clock): Promise<Omit<GatewayOptions, "logger">> {
  const {
    port,
    upstreams,
    git,
    prices = {},
    budget = {},
    maxProviderWaitSeconds,
    stateDirectory,
    terminationMessage,
  } = content;
  return {
    ...{ port, prices, stateDirectory, terminationMessage, clock },
    budget,
    ...(maxProviderWaitSeconds !== undefined && { maxProviderWaitSeconds }),
    ...(git && {
      git: {
        ...{ servers: await gitServers(git, readAuthorities, clock), writeDirectory: git.writeDirectory },
        ...(git.variablesDirectory !== undefined && { variablesDirectory: git.variablesDirectory }),
        ...(git.ssh && { ssh: git.ssh }),
      },
    }),
    keyFiles: Object.values(upstreams).flatMap(({ keyFile }) => keyFile ?? []),
    upstreams: new Map(
      await Promise.all(
        Object.entries(upstreams).map(async ([name, entry]) => [name, await upstreamOf(entry)] as const),
      ),
    ),
  };
}

const readAuthorities = async (file: string): Promise<readonly string[]> => [
  ...rootCertificates,
  await readWhole(file),
];

async function upstreamOf({ format, caFile, ...entry }: UpstreamEntry): Promise<Upstream> {
  const known = formats[format];
  if (known === undefined) throw new Error(`unknown format ${format}`);
  return new Upstream({
    ...entry,
    format: known,
    ...(caFile !== undefined && { ca: await readAuthorities(caFile) }),
  });
}
