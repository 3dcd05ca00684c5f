/** Whether the operator's GitHub App has the rights, events and webhook that the configuration needs. Pure. */
import type { Configuration } from "../../configuration/configuration.js";
import type { Facts, GitHubAppFacts } from "./facts.js";
import { about, failure, notChecked, ok, warning, type Finding } from "./finding.js";

const check = "GitHub App";

type GitHub = Configuration["github"];
type Level = "read" | "write";

/** Only where GitHub's webhooks are on. */
export function checkGitHubApp(facts: Facts): readonly Finding[] {
  const off = ok(check, "Off (github.webhook.enabled is false): no webhook starts runs.");
  const right = `get configmaps in namespace ${facts.namespace}`;
  return about(check, right, facts.configuration, off, ({ effective }) =>
    effective.github.webhook.enabled ? judge(facts.githubApp, effective.github) : off,
  );
}

function judge(githubApp: Facts["githubApp"], github: GitHub): readonly Finding[] {
  if (githubApp === undefined)
    return [
      notChecked(
        check,
        "Its permissions, events and webhook were not checked: that requires its private key.",
        "Name a directory with the files app-id and private-key: --github-app-dir <dir>.",
      ),
    ];
  const absent = failure(check, "GitHub knows no such App.", "Correct app-id and private-key.");
  return about(check, "read the App", githubApp, absent, (app) => {
    const findings = [...permissionFindings(app, github), ...eventFindings(app, github), ...webhookFindings(app)];
    return findings.length > 0
      ? findings
      : ok(check, `App ${app.slug} has the permissions, events and webhook that the configuration needs.`);
  });
}

/** What the App needs in each repository; without `read`, nothing works, and without `write`, one feature does not. */
function neededPermissions({ report, rules }: GitHub): readonly (readonly [string, Level, string])[] {
  const answers = report.enabled || rules.some(({ then }) => then.action === "label" || then.action === "comment");
  return [
    ["metadata", "read", "to find repositories"],
    ["contents", "read", "to read which task a commit belongs to"],
    ["pull_requests", "read", "to receive pull requests and reviews"],
    ["issues", "read", "to receive issues and comments"],
    ["checks", "read", "to receive check suites"],
    ...(answers
      ? ([
          ["issues", "write", "to label and comment on issues"],
          ["pull_requests", "write", "to label and comment on pull requests"],
        ] as const)
      : []),
    ...(report.enabled && report.checkRuns ? ([["checks", "write", "for github.report.checkRuns"]] as const) : []),
  ];
}

function permissionFindings({ slug, permissions, settings }: GitHubAppFacts, github: GitHub): Finding[] {
  const lacking = neededPermissions(github).filter(([name, level]) => {
    const has = permissions[name];
    return level === "read" ? has === undefined : has !== "write" && has !== "admin";
  });
  // without the right to read, the right to write is missing as well, and one line is enough
  const lines = lacking.filter(([name], index) => lacking.findIndex(([other]) => other === name) === index);
  return lines.map(([name, level, what]) => {
    const message = `App ${slug} lacks the repository permission ${name}: ${level}, ${what}.`;
    const remedy = `Grant it in ${settings}; the owner of each installation then has to accept it.`;
    return level === "read" ? failure(check, message, remedy) : warning(check, message, remedy);
  });
}

/** Events that a rule does something about. GitHub sends `installation` and `ping` to every App. */
function eventFindings({ slug, events, settings }: GitHubAppFacts, { rules }: GitHub): Finding[] {
  const acting = rules.filter(({ then }) => then.action !== "ignore");
  const wanted = new Set(acting.flatMap((rule) => rule.events as readonly string[]));
  const lacking = [...wanted].filter(
    (event) => event !== "alert" && event !== "installation" && !events.includes(event),
  );
  if (lacking.length === 0) return [];
  const message = `App ${slug} does not receive the events ${lacking.sort().join(", ")}, which rules are for.`;
  return [failure(check, message, `Subscribe to them in ${settings}.`)];
}

function webhookFindings({ slug, webhook, settings }: GitHubAppFacts): Finding[] {
  const remedy = `Correct it in ${settings}.`;
  if (webhook === undefined || webhook.url === "")
    return [
      failure(check, `App ${slug} has no webhook URL.`, `Set https://<your host>/webhook/github in ${settings}.`),
    ];
  const problems = [
    ...(isReceiver(webhook.url) ? [] : [`its URL ${webhook.url} does not end with /webhook/github`]),
    ...(webhook.contentType === "json" ? [] : [`its content type is ${webhook.contentType}, and not application/json`]),
    ...(webhook.hasSecret ? [] : ["it has no secret, so that the server rejects every webhook"]),
  ];
  const findings = problems.map((problem) => failure(check, `The webhook of App ${slug}: ${problem}.`, remedy));
  if (webhook.insecure)
    findings.push(
      warning(check, `The webhook of App ${slug} is sent without a check of the server's certificate.`, remedy),
    );
  return findings;
}

function isReceiver(url: string): boolean {
  return URL.canParse(url) && new URL(url).pathname.replace(/\/$/, "").endsWith("/webhook/github");
}
