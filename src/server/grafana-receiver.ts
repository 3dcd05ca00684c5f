/** `POST /webhook/grafana`: notifications of Grafana Alerting, signed or with a secret as their token. */
import type Koa from "koa";
import { grafanaAlerts } from "../deliveries/grafana-event.js";
import { isSigned } from "../deliveries/webhook-signature.js";
import type { Clock } from "../runtime/clock.js";
import { Problem } from "./problem.js";
import { isSameText } from "./same-text.js";
import type { WebhookSource } from "./webhook-receiver.js";

/** Seconds that a signed time may be off: a notification that was recorded cannot be sent again later. */
const maxAge = 300;

type Head =
  | { readonly token: string }
  | { readonly digest: Buffer; /** Absent: the contact point signs none. */ readonly timestamp?: string };

/** @param clock says how old a signature is */
export function grafanaSource(clock: Clock): WebhookSource<Head> {
  return {
    path: "/webhook/grafana",
    maxBody: 1024 * 1024,
    bodyBytes: 8 * 1024 * 1024,
    head: (context) => headOf(context, clock),
    authenticate(head, body, secrets) {
      const isAuthentic =
        "token" in head
          ? secrets.map((secret) => isSameText(secret, head.token)).includes(true)
          : isSigned(signedBytes(head.timestamp, body), head.digest, secrets);
      if (!isAuthentic)
        throw new Problem(
          401,
          "the secret does not match: use the same one in Grafana's contact point and in the cluster",
        );
    },
    specs: (_, body) => grafanaAlerts(body),
  };
}

function headOf(context: Koa.Context, clock: Clock): Head {
  const [, token] = /^Bearer ([ -~]{1,1024})$/i.exec(context.get("authorization")) ?? [];
  if (token !== undefined) return { token };
  const [hex] = /^[0-9a-fA-F]{64}$/.exec(context.get("x-grafana-alerting-signature")) ?? [];
  if (hex === undefined)
    throw new Problem(
      401,
      "neither Authorization with a bearer token nor X-Grafana-Alerting-Signature: set a secret in the contact point",
    );
  const timestamp = context.get("x-grafana-alerting-timestamp");
  if (timestamp === "") return { digest: Buffer.from(hex, "hex") };
  const age = Math.abs(clock.now() / 1_000 - Number(timestamp));
  if (!/^\d{1,12}$/.test(timestamp) || age > maxAge)
    throw new Problem(401, `X-Grafana-Alerting-Timestamp is malformed, or more than ${maxAge} seconds off`);
  return { digest: Buffer.from(hex, "hex"), timestamp };
}

function signedBytes(timestamp: string | undefined, body: Buffer): Buffer {
  return timestamp === undefined ? body : Buffer.concat([Buffer.from(`${timestamp}:`), body]);
}
