/** Which headers pass the gateway. */
import type { IncomingHttpHeaders } from "node:http";

/** Of one connection: RFC 9110, 7.6.1. */
const hopByHop = [
  ...["connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection"],
  ...["te", "trailer", "transfer-encoding", "upgrade"],
];

/** Beside them, what the gateway sets itself, and every place for a key: the agent's is a placeholder. */
const notSent: ReadonlySet<string> = new Set([
  ...hopByHop,
  ...["host", "content-length", "expect", "accept-encoding", "cookie"],
  ...["authorization", "x-api-key", "api-key", "x-goog-api-key", "x-goog-user-project"],
]);

const notAnswered: ReadonlySet<string> = new Set([...hopByHop, "set-cookie", "alt-svc"]);

type Headers = Record<string, string | string[]>;

/** Headers for the provider. Compressed answers could not be read while they pass, so the gateway does not accept them. */
export function sentHeaders(headers: IncomingHttpHeaders): Headers {
  return { ...without(headers, notSent), "accept-encoding": "identity" };
}

/** Headers for the agent. */
export function answeredHeaders(headers: IncomingHttpHeaders): Headers {
  return without(headers, notAnswered);
}

function without(headers: IncomingHttpHeaders, names: ReadonlySet<string>): Headers {
  const named = new Set((headers.connection ?? "").split(",").map((name) => name.trim().toLowerCase()));
  const kept: Headers = {};
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined && !names.has(name) && !named.has(name)) kept[name] = value;
  return kept;
}

/** A path with its query, without the `key` of Gemini's, which would be a key of the agent's own. */
export function withoutKey(pathAndQuery: string): string {
  const [path = "", ...rest] = pathAndQuery.split("?");
  const parameters = rest
    .join("?")
    .split("&")
    .filter((each) => each !== "" && !/^(key|access_token)(=|$)/i.test(decoded(each)));
  return parameters.length === 0 ? path : `${path}?${parameters.join("&")}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
