/** Webhooks of GitHub and Grafana, and GitHub's list of those that it could not deliver: from the bytes to the rule that decides. */
import { deliverySchema } from "#src/api/generated/delivery.schema.js";
import { deliveryName, type DeliverySpec } from "#src/api/delivery.js";
import { defaultConfiguration } from "#src/configuration/defaults.js";
import { probableEvent } from "#src/deliveries/event-name.js";
import { taskOfEvent } from "#src/deliveries/event-task.js";
import { githubEvent, knownEvents, PayloadError } from "#src/deliveries/github-event.js";
import { grafanaAlerts } from "#src/deliveries/grafana-event.js";
import { MalformedList, missedWebhooks, payloadOf } from "#src/deliveries/missed-webhooks.js";
import { judge } from "#src/deliveries/rules.js";
import { parseBoundedJson } from "#src/runtime/input/bounded-json.js";
import { isObject } from "#src/runtime/schema/json.js";
import { structuralSchema } from "#src/runtime/schema/structural.js";
import { ensure, type FuzzTarget } from "./fuzz-target.js";

const schema = structuralSchema(deliverySchema);
const { rules } = defaultConfiguration.github;

/** Of the payload, as far as it can be told; all of them for what tells nothing. */
function eventsOf(input: Buffer): readonly string[] {
  try {
    const value = parseBoundedJson(input, 64);
    const event = isObject(value) ? probableEvent(value) : undefined;
    return event === undefined ? knownEvents : [event];
  } catch {
    return knownEvents;
  }
}

function readEvent(event: string, input: Buffer): void {
  let spec;
  try {
    spec = githubEvent(event, "72d3162e-cc78", input);
  } catch (error) {
    if (error instanceof PayloadError) return;
    throw error;
  }
  if (spec !== undefined) stored(spec);
}

function readAlerts(input: Buffer): void {
  try {
    grafanaAlerts(input).forEach(stored);
  } catch (error) {
    if (!(error instanceof PayloadError)) throw error;
  }
}

/** What the API server stores, and the leader decides about. */
function stored(spec: DeliverySpec): void {
  const delivery = { apiVersion: "orchestrator.io/v1", kind: "Delivery", metadata: { name: deliveryName(spec) }, spec };
  const violations = schema.validate(delivery, undefined);
  ensure(violations.length === 0, `a Delivery that the API server refuses: ${JSON.stringify(violations)}`);
  ensure(JSON.stringify(spec).length < 100_000, "a Delivery of 100,000 characters");
  const { rule } = judge(spec, rules);
  for (const mayWrite of [true, false]) taskOfEvent({ event: spec, mayWrite }, [], rule?.then ?? { action: "ignore" });
}

/** The input as a page of the list, and as one of its entries. */
async function readList(input: Buffer): Promise<void> {
  const app = { read: () => Promise.resolve({ status: 200, body: input }) };
  try {
    const { missed } = await missedWebhooks(app, { after: 0, until: Date.now(), isKnown: () => false });
    for (const { guid } of missed) ensure(/^[A-Za-z0-9-]{1,64}$/.test(guid), "an id that names no object");
  } catch (error) {
    if (!(error instanceof MalformedList)) throw error;
  }
  const payload = await payloadOf(app, { guid: "a", id: 1, event: "push", at: 0 });
  ensure(payload === undefined || payload.length <= input.length, "a payload of more than was sent");
}

export const webhook: FuzzTarget = {
  name: "webhook",
  maxBytes: 256 * 1024,
  inputs: 300,
  maxCpu: 500,
  async run(input) {
    for (const event of eventsOf(input)) readEvent(event, input);
    readAlerts(input);
    await readList(input);
  },
};
