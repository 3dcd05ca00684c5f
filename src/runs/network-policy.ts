/** The NetworkPolicy of agents' pods. Pure. */
import { managedBy, runLabels } from "./metadata.js";
import { agentNetworkName } from "../configuration/names.js";
import type { Configuration } from "../configuration/configuration.js";
import { NetworkPolicies } from "../runtime/client/builtin.js";
import type { NetworkPolicy } from "../runtime/client/objects.js";
import { apiVersionOf } from "../runtime/client/resource.js";

type Network = Configuration["network"];
type Peer = Network["allow"][number];
type Spec = NonNullable<NetworkPolicy["spec"]>;
type EgressRule = NonNullable<Spec["egress"]>[number];

/**
 * Addresses that are not public: private, shared, link-local (with the metadata services of clouds), loopback, multicast and
 * reserved ones, and IPv6 ranges that lead to IPv4 addresses. IPv4-mapped addresses are never on the wire, and the API server refuses them. Source: IANA's special-purpose address registries.
 */
const notPublic = {
  v4: [
    ...["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"],
    ...["192.0.0.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4"],
  ],
  v6: ["::/127", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "fc00::/7", "fe80::/10", "ff00::/8"],
} as const;

/** No ingress; egress to DNS, to public addresses, and to what the configuration allows. */
export function agentNetworkPolicy(namespace: string, { dns, allow, deny }: Network): NetworkPolicy {
  return {
    apiVersion: apiVersionOf(NetworkPolicies),
    kind: NetworkPolicies.kind,
    metadata: { name: agentNetworkName, namespace, labels: { [runLabels.managedBy]: managedBy } },
    spec: {
      podSelector: { matchExpressions: [{ key: runLabels.ownerUID, operator: "Exists" }] },
      policyTypes: ["Ingress", "Egress"],
      egress: [
        ...(dns.length === 0 ? [] : [{ to: dns.map(peerOf), ports: dnsPorts }]),
        { to: publicAddresses(deny) },
        ...allow.map(ruleOf),
      ],
    },
  };
}

const dnsPorts: NonNullable<EgressRule["ports"]> = [
  { protocol: "UDP", port: 53 },
  { protocol: "TCP", port: 53 },
];

function publicAddresses(deny: readonly string[]): NonNullable<EgressRule["to"]> {
  const isV6 = (cidr: string): boolean => cidr.includes(":");
  return [
    { ipBlock: { cidr: "0.0.0.0/0", except: [...notPublic.v4, ...deny.filter((cidr) => !isV6(cidr))] } },
    { ipBlock: { cidr: "::/0", except: [...notPublic.v6, ...deny.filter(isV6)] } },
  ];
}

function ruleOf(peer: Peer): EgressRule {
  const ports = peer.ports?.map((port) => ({ protocol: "TCP", port }));
  return { to: [peerOf(peer)], ...(ports !== undefined && { ports }) };
}

function peerOf({ cidr, namespace, podLabels }: Peer): NonNullable<EgressRule["to"]>[number] {
  if (cidr !== undefined) return { ipBlock: { cidr } };
  return {
    ...(namespace !== undefined && {
      namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
    }),
    // without both, the API server refuses the peer
    ...((podLabels !== undefined || namespace === undefined) && { podSelector: { matchLabels: { ...podLabels } } }),
  };
}
