/**
 * A notification of Grafana Alerting as the specs of Deliveries, one for each alert:
 * https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/
 */
import type { DeliverySpec } from "../api/delivery.js";
import { cutText } from "../cut-text.js";
import { parseBoundedJson } from "../runtime/input/bounded-json.js";
import { isObject, type JsonObject } from "../runtime/schema/json.js";
import { PayloadError } from "./github-event.js";
import { taskNumber } from "./association.js";

/** Levels of a payload; Grafana's have four. */
const maxDepth = 32;

/** Alerts of one notification; Grafana sends the others when they change. */
const maxAlerts = 50;

const maxLabels = 99;

/** @throws PayloadError */
export function grafanaAlerts(body: Buffer): readonly DeliverySpec[] {
  let payload: unknown;
  try {
    payload = parseBoundedJson(body, maxDepth);
  } catch {
    // its own message could quote the payload
    throw new PayloadError(`is not valid JSON, or is nested deeper than ${maxDepth} levels`);
  }
  const alerts = isObject(payload) ? payload.alerts : undefined;
  if (!Array.isArray(alerts))
    throw new PayloadError("has no list of alerts: keep the default payload of the contact point");
  return alerts.slice(0, maxAlerts).flatMap((alert: unknown) => (isObject(alert) ? specOf(alert) : []));
}

function specOf({ status, fingerprint, startsAt, labels, annotations, ...more }: JsonObject): DeliverySpec[] {
  const began = typeof startsAt === "string" ? Date.parse(startsAt) : NaN;
  if (typeof fingerprint !== "string" || !/^[A-Za-z0-9]{1,32}$/.test(fingerprint)) return [];
  if ((status !== "firing" && status !== "resolved") || Number.isNaN(began) || began < 0) return [];
  const named = textsOf(labels);
  const repository = repositoryOf(named.get("repository"));
  const said = textsOf(annotations);
  const text = [said.get("summary"), said.get("description")].filter((each) => each !== undefined).join("\n\n");
  const url = pageOf([more.panelURL, more.dashboardURL, more.generatorURL]);
  return [
    {
      ...{ source: "grafana", event: "alert", action: status },
      // Grafana repeats a notification while nothing changes
      id: `${fingerprint}-${Math.floor(began / 1_000)}-${status}`,
      ...(repository && { repository }),
      labels: labelsOf(named),
      alert: {
        ...{ name: nameOf(named, fingerprint), fingerprint },
        ...(text !== "" && { text: cutText(text, 4_096) }),
        ...(url !== undefined && { url }),
      },
    },
  ];
}

/** One line: the agent reads it outside of what is quoted. */
function nameOf(named: ReadonlyMap<string, string>, fingerprint: string): string {
  const name = (named.get("alertname") ?? "").replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, " ").trim();
  return name === "" ? fingerprint : cutText(name, 256);
}

/** The members that are texts, of an object of any size. */
function textsOf(value: unknown): Map<string, string> {
  const entries = isObject(value) ? Object.entries(value) : [];
  return new Map(entries.filter((entry): entry is [string, string] => typeof entry[1] === "string" && entry[1] !== ""));
}

/** As `name=value`, and `task-<n>` for the label task. */
function labelsOf(named: ReadonlyMap<string, string>): string[] {
  const task = taskNumber(named.get("task"));
  const all = [...named].map(([name, value]) => cutText(`${name}=${value}`, 100)).sort();
  return [...(task === undefined ? [] : [`task-${task}`]), ...all.slice(0, maxLabels)];
}

/** Of `owner/name` or `host/owner/name`. */
function repositoryOf(text: string | undefined): DeliverySpec["repository"] {
  const parts = (text ?? "").split("/");
  const [host = "", owner = "", name = "", ...others] = parts.length === 2 ? ["github.com", ...parts] : parts;
  const isPlain =
    /^[A-Za-z0-9.-]{1,243}(:\d{1,5})?$/.test(host) && [owner, name].every((part) => /^[\w.-]{1,100}$/.test(part));
  return isPlain && others.length === 0 ? { host: host.toLowerCase(), owner, name } : undefined;
}

function pageOf(urls: readonly unknown[]): string | undefined {
  return urls.find(
    (url): url is string => typeof url === "string" && url.length <= 1_024 && /^https?:\/\/[!-~]+$/.test(url),
  );
}
