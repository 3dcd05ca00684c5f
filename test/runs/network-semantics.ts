/** Egress of a NetworkPolicy as networking.k8s.io/v1 defines it. Written from the documentation of the API, not from our policies. */
import { BlockList, isIP } from "node:net";
import type { NetworkPolicy } from "#src/runtime/client/objects.js";

export interface Target {
  readonly ip: string;
  readonly port: number;
  readonly protocol?: "UDP";
  /** Absent: it is no pod. */
  readonly pod?: { readonly namespace: string; readonly labels: Readonly<Record<string, string>> };
}

type Egress = NonNullable<NonNullable<NetworkPolicy["spec"]>["egress"]>[number];
type Labels = Readonly<Record<string, string>>;

/** Whether a pod of the namespace `own` that the policy selects may connect. */
export function policyAllows({ spec }: NetworkPolicy, own: string, { ip, port, protocol, pod }: Target): boolean {
  const { egress = [] } = spec ?? {};
  const hasLabels = (wanted: Labels = {}, labels: Labels = {}): boolean =>
    Object.entries(wanted).every(([key, value]) => labels[key] === value);
  const matchesPeer = ({ ipBlock, namespaceSelector, podSelector }: NonNullable<Egress["to"]>[number]): boolean => {
    if (ipBlock !== undefined) {
      return isIn(ip, ipBlock.cidr) && !(ipBlock.except ?? []).some((except) => isIn(ip, except));
    }
    if (pod === undefined) return false;
    const isNamespace =
      namespaceSelector === undefined
        ? pod.namespace === own
        : hasLabels(namespaceSelector.matchLabels, { "kubernetes.io/metadata.name": pod.namespace });
    return isNamespace && hasLabels(podSelector?.matchLabels, pod.labels);
  };
  return egress.some(
    ({ to, ports }) =>
      (to === undefined || to.some(matchesPeer)) &&
      (ports === undefined || ports.some((each) => each.port === port && each.protocol === (protocol ?? "TCP"))),
  );
}

function isIn(ip: string, cidr: string): boolean {
  const [address = "", length = ""] = cidr.split("/");
  const family = isIP(ip) === 4 ? "ipv4" : "ipv6";
  if (isIP(address) !== isIP(ip)) return false;
  const list = new BlockList();
  list.addSubnet(address, Number(length), family);
  return list.check(ip, family);
}
