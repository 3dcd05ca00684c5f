/**
 * Providers of models for an agent's pod: which ones its gateway serves, with which keys, and what the agent gets in their place. Pure.
 *
 * The agent's container gets an address and no key. Only the provider of the run's own agent program can be reached.
 */
import { plain, type Variables } from "./container.js";
import type { Configuration } from "../configuration/configuration.js";
import type { PodSpec } from "../runs/pod-spec.js";
import { programOf, type ModelProvider } from "../templates/agent-programs.js";

type Volume = NonNullable<PodSpec["volumes"]>[number];
type Mount = NonNullable<PodSpec["containers"][number]["volumeMounts"]>[number];
type UpstreamSettings = Configuration["gateway"]["upstreams"][string];

export const gatewayPort = 8811;

export const gatewayUrl = `http://127.0.0.1:${gatewayPort}`;

const keyDirectory = "/gateway/keys";
const authorityDirectory = "/gateway/authorities";

/** What agent programs want to find in the variable of a key before they start. */
const placeholder = "the-gateway-has-the-key";

/** Who asks for models. */
export interface ModelUser {
  /** The agent program; absent: claude. */
  readonly program: string | undefined;
  readonly model: string;
}

interface Provider {
  readonly format: "anthropic" | "openai" | "gemini";
  readonly baseUrl: string;
  /** Variables in which agent programs look for its key. */
  readonly keyVariables: readonly string[];
}

const providers: Readonly<Record<ModelProvider, Provider>> = {
  anthropic: { format: "anthropic", baseUrl: "https://api.anthropic.com", keyVariables: ["ANTHROPIC_API_KEY"] },
  openai: { format: "openai", baseUrl: "https://api.openai.com", keyVariables: ["OPENAI_API_KEY", "CODEX_API_KEY"] },
  gemini: {
    format: "gemini",
    baseUrl: "https://generativelanguage.googleapis.com",
    keyVariables: ["GEMINI_API_KEY", "GOOGLE_API_KEY", "GOOGLE_GENERATIVE_AI_API_KEY"],
  },
};

const isKnown = (name: string): name is ModelProvider => Object.hasOwn(providers, name);

/** One provider as a pod uses it. */
interface Upstream {
  readonly name: string;
  readonly settings: UpstreamSettings;
  readonly format: Provider["format"];
  readonly baseUrl: string;
  readonly key?: { readonly secretName: string; readonly key: string; readonly isOptional: boolean };
}

/** Whether a pod has a gateway for this agent program's models. */
export function usesGateway({ program }: ModelUser, { credentials }: Configuration): boolean {
  return credentials === "gateway" && programOf(nameOf(program)).gateway !== undefined;
}

const nameOf = (program: string | undefined): string => (program ?? "claude").toLowerCase();

function upstreamsOf(modelUser: ModelUser, configuration: Configuration): Upstream[] {
  const { upstreams } = configuration.gateway;
  return providerNames(modelUser, configuration).flatMap((name) => {
    const settings = upstreams[name] ?? {};
    const known = isKnown(name) ? providers[name] : undefined;
    const baseUrl = settings.baseUrl ?? known?.baseUrl;
    if (baseUrl === undefined) return [];
    const key = keyOf(name, settings, modelUser, configuration);
    return [{ name, settings, format: settings.format ?? known?.format ?? "openai", baseUrl, ...(key && { key }) }];
  });
}

/** The only provider of the program, or the one that the model names; all, if neither says which. */
function providerNames({ program, model }: ModelUser, { gateway: { upstreams } }: Configuration): string[] {
  const own = programOf(nameOf(program)).gateway?.provider;
  if (own !== undefined) return [own];
  const named = model.includes("/") ? model.slice(0, model.indexOf("/")).replace(/^google$/, "gemini") : "";
  if (isKnown(named) || Object.hasOwn(upstreams, named)) return [named];
  return [...new Set([...Object.keys(providers), ...Object.keys(upstreams)])];
}

function keyOf(
  name: string,
  settings: UpstreamSettings,
  { program }: ModelUser,
  { secrets }: Configuration,
): Upstream["key"] {
  const { secretName, secretKey = "key" } = settings;
  if (secretName !== undefined) return { secretName, key: secretKey, isOptional: false };
  if (name === "anthropic") {
    const isOptional = nameOf(program) !== "claude";
    return { secretName: secrets.apiKeySecretName, key: secrets.apiKeySecretKey, isOptional };
  }
  if (!isKnown(name)) return undefined;
  const { keyVariables } = providers[name];
  const entries = [...Object.values(secrets.providerApiKeys), ...Object.values(secrets.cliApiKeys)];
  const entry = entries.find(({ envVar }) => keyVariables.includes(envVar));
  return entry && { secretName: entry.secretName, key: entry.secretKey, isOptional: true };
}

/** The providers of a gateway's file: no secret is in it. */
export function gatewayUpstreams(modelUser: ModelUser, configuration: Configuration): object {
  const entries = upstreamsOf(modelUser, configuration).map(({ name, settings, format, baseUrl, key }) => {
    const { header, caConfigMapName, proxy } = settings;
    return [
      name,
      {
        ...{ format, baseUrl },
        ...(key && { keyFile: `${keyDirectory}/${name}/key` }),
        ...(header !== undefined && { header }),
        ...(caConfigMapName !== undefined && { caFile: `${authorityDirectory}/${name}/ca.crt` }),
        ...(proxy !== undefined && { proxy }),
      },
    ];
  });
  return Object.fromEntries(entries) as object;
}

/** Keys and authorities of the providers, in the gateway's container. */
export function modelMounts(modelUser: ModelUser, configuration: Configuration): Mount[] {
  return upstreamsOf(modelUser, configuration).flatMap(({ name, key, settings }) => [
    ...(key ? [{ name: keyVolume(name), mountPath: `${keyDirectory}/${name}`, readOnly: true }] : []),
    ...(settings.caConfigMapName === undefined
      ? []
      : [{ name: authorityVolume(name), mountPath: `${authorityDirectory}/${name}`, readOnly: true }]),
  ]);
}

// a volume has at most 63 characters, and an upstream at most 50
const keyVolume = (upstream: string): string => `gateway-key-${upstream}`;
const authorityVolume = (upstream: string): string => `gateway-ca-${upstream}`;

export function modelVolumes(modelUser: ModelUser, configuration: Configuration): Volume[] {
  return upstreamsOf(modelUser, configuration).flatMap(({ name, key, settings: { caConfigMapName } }): Volume[] => [
    ...(key
      ? [
          {
            name: keyVolume(name),
            secret: {
              secretName: key.secretName,
              // read by the gateway's user through fsGroup; no other container mounts it
              defaultMode: 0o440,
              items: [{ key: key.key, path: "key" }],
              ...(key.isOptional && { optional: true }),
            },
          },
        ]
      : []),
    ...(caConfigMapName === undefined
      ? []
      : [
          {
            name: authorityVolume(name),
            configMap: { name: caConfigMapName, items: [{ key: "ca.crt", path: "ca.crt" }] },
          },
        ]),
  ]);
}

/** What the agent gets in place of keys. Variables precede those that refer to them. */
export function modelEnvironment(modelUser: ModelUser, configuration: Configuration): Variables {
  const addresses = Object.entries(programOf(nameOf(modelUser.program)).gateway?.variables ?? {}).map(
    ([name, value]) => [name, value.replaceAll("{gateway}", gatewayUrl)] as const,
  );
  const names = providerNames(modelUser, configuration);
  const keys = names.flatMap((name) => (isKnown(name) ? providers[name].keyVariables : []));
  const own = plain({
    ...Object.fromEntries(keys.map((name) => [name, placeholder])),
    ...Object.fromEntries(addresses),
    GATEWAY_URL: gatewayUrl,
  });
  return own;
}
