/** Checks of admission: the webhook configurations, their certificates, and whether the API server reaches them. Pure. */
import { X509Certificate } from "node:crypto";
import { about, failure, notChecked, ok, warning, type Finding } from "./finding.js";
import type { Facts } from "./facts.js";
import { configurationName, webhookConfigurations } from "../../admission/manifests.js";
import { injectedAnnotation } from "../../api/injected.js";
import { errorText } from "../../runtime/error-text.js";

/** One webhook of either configuration. */
interface Webhook {
  readonly name: string;
  readonly failurePolicy?: string;
  readonly clientConfig?: { readonly caBundle?: string };
}

const apply = "Apply them: `kubectl apply --server-side -k config/default`.";

export function checkWebhookConfigurations(facts: Facts): readonly Finding[] {
  const wanted = webhookConfigurations();
  return [
    ["MutatingWebhookConfiguration", facts.mutating, wanted.mutating.webhooks] as const,
    ["ValidatingWebhookConfiguration", facts.validating, wanted.validating.webhooks] as const,
  ].flatMap(([kind, found, expected = []]) => {
    const absent = failure(kind, `${configurationName} does not exist: runs are neither checked nor completed.`, apply);
    const right = `get ${kind.toLowerCase()}s.admissionregistration.k8s.io`;
    return about<{ readonly webhooks?: readonly Webhook[] }>(kind, right, found, absent, ({ webhooks = [] }) => {
      const missing = expected
        .filter(({ name }) => !webhooks.some((each) => each.name === name))
        .map(({ name }) => name);
      if (missing.length > 0) return failure(kind, `It lacks ${missing.join(", ")}.`, apply);
      const open = expected
        .filter(
          ({ name, failurePolicy }) => webhooks.find((each) => each.name === name)?.failurePolicy !== failurePolicy,
        )
        .map(({ name }) => name);
      if (open.length > 0) return warning(kind, `It has another failurePolicy for ${open.join(", ")}.`, apply);
      return [ok(kind, `It has all ${expected.length} webhooks.`), ...checkBundles(kind, webhooks, facts.now)];
    });
  });
}

/** A bundle that expires this soon was not renewed in time. */
const day = 86_400_000;

function checkBundles(kind: string, webhooks: readonly Webhook[], now: number): readonly Finding[] {
  const check = `CA bundle of ${kind}`;
  const remedy =
    "The operator writes it, unless cert-manager does: look at the log of the operator, or at the Certificate (docs/guide/certificates.md).";
  const without = webhooks.filter(({ clientConfig }) => (clientConfig?.caBundle ?? "") === "").map(({ name }) => name);
  if (without.length > 0)
    return [
      failure(
        check,
        `${without.join(", ")} have none: the API server cannot verify the webhooks' certificate.`,
        remedy,
      ),
    ];
  try {
    const ends = webhooks.map(({ clientConfig }) => newestEnd(clientConfig?.caBundle ?? ""));
    const end = Math.min(...ends);
    const until = new Date(end).toISOString();
    if (end < now) return [failure(check, `Its certificates expired at ${until}.`, remedy)];
    if (end < now + day) return [warning(check, `Its certificates expire at ${until}.`, remedy)];
    return [ok(check, `It is valid until ${until}.`)];
  } catch (error) {
    return [failure(check, `It is not a certificate: ${errorText(error)}.`, remedy)];
  }
}

/** When the last certificate of a bundle expires, in milliseconds since the epoch. @throws for an invalid certificate */
function newestEnd(caBundle: string): number {
  const pem = Buffer.from(caBundle, "base64").toString("utf8");
  const certificates = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  if (certificates.length === 0) throw new Error("it contains no PEM block");
  return Math.max(...certificates.map((each) => Date.parse(new X509Certificate(each).validTo)));
}

export function checkServedCertificate({ served }: Facts): readonly Finding[] {
  const check = "certificate of the webhooks";
  // behind a Service only the API server can tell: the dry run
  if (served === undefined) return [];
  const remedy = "Check that the URL in the webhook configurations leads to the operator, and look at its log.";
  const absent = failure(check, "Nothing answers at the webhooks' URL.", remedy);
  if (served.state === "failed")
    return [
      notChecked(
        check,
        `This machine cannot reach the webhooks' URL: ${served.message}.`,
        "See whether the dry run below succeeds: the API server may reach it.",
      ),
    ];
  return about(check, "reach it", served, absent, ({ refusal, validTo }) =>
    refusal === undefined
      ? ok(check, `The CA bundle trusts it; it is valid until ${validTo}.`)
      : failure(check, `The CA bundle does not trust it: ${refusal}.`, remedy),
  );
}

export function checkDryRun({ dryRun, runsNamespace }: Facts): readonly Finding[] {
  const check = "webhooks answer";
  const right = `create taskruns.orchestrator.io in namespace ${runsNamespace}`;
  const absent = failure(
    check,
    `A TaskRun cannot be created: the CRD or namespace ${runsNamespace} does not exist.`,
    "Create what is missing, or name another namespace with --runs-namespace.",
  );
  if (dryRun.state === "failed") return [failedDryRun(check, dryRun.message)];
  return about(check, right, dryRun, absent, ({ metadata }) =>
    metadata.annotations?.[injectedAnnotation] === undefined
      ? failure(check, "A TaskRun was created (dry run) without them.", apply)
      : ok(check, "The API server reached them to create a TaskRun (dry run)."),
  );
}

/** An answer that denies the run proves as much as one that admits it. */
function failedDryRun(check: string, message: string): Finding {
  if (/admission webhook "[^"]+" denied the request/.test(message) && message.includes("orchestrator.io"))
    return ok(check, "The API server reached them: they denied a TaskRun (dry run).");
  if (/x509|certificate/.test(message))
    return failure(
      check,
      `The API server does not trust their certificate: ${message}.`,
      "The CA bundle and the served certificate differ. Restart the operator; with cert-manager, check that it injects the bundle (docs/guide/certificates.md).",
    );
  if (/failed calling webhook|no endpoints available|connection refused|deadline exceeded|timeout/.test(message))
    return failure(
      check,
      `The API server does not reach them: ${message}.`,
      "Check that the operator is ready, and that the control plane may connect to its port 9443 (firewalls, NetworkPolicies).",
    );
  return warning(check, `A TaskRun was not created (dry run): ${message}.`, "Correct what the message names.");
}

/** Milliseconds by which clocks may differ. */
const clockTolerance = 5_000;

export function checkClock({ dryRun, now }: Facts): readonly Finding[] {
  const check = "clock";
  const created = dryRun.state === "seen" ? Date.parse(dryRun.value.metadata.creationTimestamp ?? "") : Number.NaN;
  if (Number.isNaN(created))
    return [
      notChecked(check, "The API server's time is known from a TaskRun's dry run only.", "See `webhooks answer`."),
    ];
  const ahead = created + 500 - now;
  const seconds = Math.round(Math.abs(ahead) / 1000);
  if (Math.abs(ahead) < clockTolerance) return [ok(check, "This machine's clock and the API server's agree.")];
  return [
    warning(
      check,
      `The API server's clock is ${seconds} s ${ahead > 0 ? "ahead of" : "behind"} this machine's.`,
      "Synchronize the clocks (NTP): retries, deadlines and certificates depend on them.",
    ),
  ];
}
