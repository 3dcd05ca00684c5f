/** Lines of the operator's log and Kubernetes Events as OpenTelemetry log records. Pure. */
import { SeverityNumber, type AnyValueMap, type LogRecord } from "@opentelemetry/api-logs";
import type { EventRecorder } from "../runtime/events/recorder.js";
import { isObject } from "../runtime/schema/json.js";

/** Severities of OpenTelemetry's data model. */
const severities: Readonly<Record<string, SeverityNumber>> = {
  trace: SeverityNumber.TRACE,
  debug: SeverityNumber.DEBUG,
  info: SeverityNumber.INFO,
  warn: SeverityNumber.WARN,
  error: SeverityNumber.ERROR,
  fatal: SeverityNumber.FATAL,
};

/** A line of JSON as the logger writes it, after redaction. Undefined if it is not one. */
export function recordOfLine(line: string): LogRecord | undefined {
  let fields: unknown;
  try {
    fields = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (!isObject(fields)) return undefined;
  // the SDK takes the identifiers from the active span
  const { level, time, msg, trace_id: _trace, span_id: _span, ...rest } = fields;
  const severityText = typeof level === "string" ? level : "info";
  const timestamp = typeof time === "string" ? new Date(time) : undefined;
  return {
    severityText: severityText.toUpperCase(),
    severityNumber: severities[severityText] ?? SeverityNumber.INFO,
    body: typeof msg === "string" ? msg : "",
    attributes: rest as AnyValueMap,
    ...(timestamp !== undefined && !Number.isNaN(timestamp.getTime()) && { timestamp }),
  };
}

type Recorded = Parameters<EventRecorder["event"]>;

/** An Event, with the attributes of the collector's receiver of Kubernetes Events. */
export function recordOfEvent(regarding: Recorded[0], { type, reason, action, note }: Recorded[1]): LogRecord {
  const { namespace, name, uid } = regarding.metadata ?? {};
  return {
    eventName: "k8s.event",
    severityText: type === "Warning" ? "WARN" : "INFO",
    severityNumber: type === "Warning" ? SeverityNumber.WARN : SeverityNumber.INFO,
    body: note.slice(0, 1024),
    attributes: {
      "k8s.event.reason": reason,
      "k8s.event.action": action,
      "k8s.event.type": type,
      ...(regarding.kind !== undefined && { "k8s.object.kind": regarding.kind }),
      ...(name !== undefined && { "k8s.object.name": name }),
      ...(uid !== undefined && { "k8s.object.uid": uid }),
      ...(namespace !== undefined && { "k8s.namespace.name": namespace }),
    },
  };
}
