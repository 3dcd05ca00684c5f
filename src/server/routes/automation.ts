/** What events lead to: Deliveries, and the plays of tasks. */
import { deliveryList, type DeliveryQuery } from "../../operations/delivery-list.js";
import { playList } from "../../operations/play-list.js";
import type { Answer, Call, Handlers } from "../call.js";
import { smallList } from "../large-lists.js";

/** They read whole objects: in their turn, as large lists. */
const inTurn = smallList + 1;

async function deliveries(call: Call): Promise<Answer> {
  const query = call.parametersAs<DeliveryQuery>();
  return { body: await call.list(inTurn, () => deliveryList(call.client, query, call.signal)) };
}

async function plays(call: Call): Promise<Answer> {
  const { namespace } = call.parametersAs<{ readonly namespace?: string }>();
  return { body: await call.list(inTurn, () => playList(call.client, namespace, call.signal)) };
}

export const automationHandlers: Handlers<"listAllDeliveries" | "listDeliveries" | "listAllPlays" | "listPlays"> = {
  ...{ listAllDeliveries: deliveries, listDeliveries: deliveries },
  ...{ listAllPlays: plays, listPlays: plays },
};
