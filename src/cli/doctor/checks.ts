import { checkArgo } from "./argo.js";
import { checkBudgets, checkPrices } from "./budgets.js";
import type { Facts } from "./facts.js";
import type { Finding } from "./finding.js";
import {
  checkCallerRights,
  checkCrds,
  checkDeployment,
  checkLease,
  checkOperatorRights,
  checkServerVersion,
  checkVersions,
} from "./installation.js";
import { checkGitHubApp } from "./github-app.js";
import { checkNetwork } from "./network.js";
import { checkConfiguration, checkSecrets, checkStorage, checkTemplates } from "./settings.js";
import { checkClock, checkDryRun, checkServedCertificate, checkWebhookConfigurations } from "./webhooks.js";

/** All checks, in the order of the report: what others depend on comes first. */
const checks: readonly ((facts: Facts) => readonly Finding[])[] = [
  checkServerVersion,
  checkCallerRights,
  checkCrds,
  checkDeployment,
  checkLease,
  checkVersions,
  checkOperatorRights,
  checkWebhookConfigurations,
  checkServedCertificate,
  checkDryRun,
  checkClock,
  checkConfiguration,
  checkTemplates,
  checkStorage,
  checkSecrets,
  checkPrices,
  checkBudgets,
  checkArgo,
  checkGitHubApp,
  checkNetwork,
];

/** Judges what was observed of a cluster. Pure. */
export function diagnose(facts: Facts): Finding[] {
  return checks.flatMap((check) => check(facts));
}
