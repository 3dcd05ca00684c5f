/** Which proxy a connection to an API server takes, by the rules of Go's clients: `proxy-url`, else the environment. */
import { BlockList, isIP } from "node:net";

/** Where the variables come from. */
export type Environment = Readonly<Record<string, string | undefined>>;

const schemes: ReadonlySet<string> = new Set(["http:", "https:", "socks5:"]);

/**
 * The proxy that a kubeconfig's `proxy-url` names, or the environment for this server; undefined for a direct connection.
 *
 * `HTTPS_PROXY` (`HTTP_PROXY` for a server without TLS) counts unless `NO_PROXY` covers the server, and never for
 * localhost and loopback addresses. `NO_PROXY` has hosts (with their subdomains), `.domains`, addresses, CIDR ranges, each
 * also with a port, or `*`, separated by commas. Lower-case names of the variables count after upper-case ones.
 *
 * @throws Error if the URL is not one of an `http`, `https` or `socks5` proxy; without the URL, which may hold a password.
 */
export function proxyFor(
  server: string,
  proxyUrl: string | undefined,
  env: Environment = process.env,
): string | undefined {
  if (proxyUrl !== undefined && proxyUrl !== "")
    return checkedUrl(proxyUrl, "the proxy-url of the kubeconfig's cluster");
  // a server that has no URL fails where it is called
  if (!URL.canParse(server)) return undefined;
  const url = new URL(server);
  const names = url.protocol === "https:" ? ["HTTPS_PROXY", "https_proxy"] : ["HTTP_PROXY", "http_proxy"];
  const [noProxy = ""] = [env.NO_PROXY ?? "", env.no_proxy ?? ""].filter((each) => each !== "");
  const name = names.find((each) => (env[each] ?? "") !== "");
  if (name === undefined || isDirect(url, noProxy)) return undefined;
  const value = env[name] ?? "";
  // as in Go, an address without a scheme is that of an HTTP proxy
  return checkedUrl(/^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`, name);
}

function checkedUrl(text: string, source: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.hostname === "" || !schemes.has(url.protocol))
    throw new Error(`${source} is not the URL of a proxy; write http://, https:// or socks5://, a host and a port`);
  return text;
}

/** Whether a URL's host is this machine: `localhost`, or a loopback address, in brackets if it is one of IPv6. */
export function isThisMachine(hostname: string): boolean {
  const host = bareHost(hostname);
  return host === "localhost" || isLoopback(host);
}

const bareHost = (hostname: string): string => hostname.replace(/^\[|\]$/g, "").toLowerCase();

/** Whether `NO_PROXY` covers the server, or it is on this machine. */
function isDirect({ hostname, port, protocol }: URL, noProxy: string): boolean {
  if (isThisMachine(hostname)) return true;
  const host = bareHost(hostname);
  const ownPort = port === "" ? (protocol === "https:" ? "443" : "80") : port;
  return noProxy.split(",").some((entry) => covers(entry.trim().toLowerCase(), host, ownPort));
}

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

const isLoopback = (host: string): boolean =>
  isIP(host) !== 0 && loopback.check(host, isIP(host) === 6 ? "ipv6" : "ipv4");

function covers(entry: string, host: string, port: string): boolean {
  if (entry === "") return false;
  if (entry === "*") return true;
  const family = isIP(host);
  const [, address = "", length = ""] = /^([0-9a-f.:]+)\/(\d{1,3})$/.exec(entry) ?? [];
  const ofRange = isIP(address);
  if (ofRange !== 0) return ofRange === family && isInRange(host, address, Number(length), ofRange);
  const [, name = entry, wantedPort] = /^(\[[^\]]*\]|[^:]*):(\d+)$/.exec(entry) ?? [];
  if (wantedPort !== undefined && wantedPort !== port) return false;
  const plain = name.replace(/^\[|\]$/g, "");
  if (family !== 0) return isIP(plain) === family && isInRange(host, plain, family === 4 ? 32 : 128, family);
  const domain = plain.replace(/^\*?\./, "");
  return domain !== "" && (host.endsWith(`.${domain}`) || (domain === plain && host === domain));
}

function isInRange(host: string, address: string, length: number, family: number): boolean {
  if (length > (family === 4 ? 32 : 128)) return false;
  const range = new BlockList();
  const type = family === 4 ? "ipv4" : "ipv6";
  range.addSubnet(address, length, type);
  return range.check(host, type);
}
