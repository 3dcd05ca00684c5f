/** `POST /webhook/github`: webhooks of GitHub, each signed with a secret. */
import type Koa from "koa";
import { githubEvent } from "../deliveries/github-event.js";
import { isSigned, signatureDigest } from "../deliveries/webhook-signature.js";
import { Problem } from "./problem.js";
import type { WebhookSource } from "./webhook-receiver.js";

interface Head {
  readonly event: string;
  readonly id: string;
  readonly digest: Buffer;
}

export const githubSource: WebhookSource<Head> = {
  path: "/webhook/github",
  // GitHub sends none that is larger
  maxBody: 25 * 1024 * 1024,
  // one of the largest, and many of the usual ones
  bodyBytes: 32 * 1024 * 1024,
  head: headOf,
  authenticate({ digest }, body, secrets) {
    if (!isSigned(body, digest, secrets))
      throw new Problem(401, "X-Hub-Signature-256 does not match: use the same secret in GitHub and in the cluster");
  },
  specs({ event, id }, body) {
    if (event === "ping") return "ping";
    const spec = githubEvent(event, id, body);
    return spec === undefined ? [] : [spec];
  },
};

function headOf(context: Koa.Context): Head {
  const digest = signatureDigest(context.get("x-hub-signature-256"));
  if (digest === undefined)
    throw new Problem(401, "X-Hub-Signature-256 is missing or malformed: set a secret for the webhook in GitHub");
  const event = context.get("x-github-event");
  if (!/^[a-z0-9_]{1,63}$/.test(event)) throw new Problem(400, "X-GitHub-Event is missing or malformed");
  const id = context.get("x-github-delivery");
  if (!/^[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}[A-Za-z0-9])?$/.test(id))
    throw new Problem(400, "X-GitHub-Delivery is missing or malformed");
  return { event, id, digest };
}
