/** The Deliveries that a caller may list: what was decided about each event. */
import { Deliveries, subjectUrl, type Delivery } from "../api/delivery.js";
import type { Client } from "../runtime/client/client.js";
import type { Stored } from "../runtime/client/objects.js";

/** Which Deliveries; absent: all. */
export interface DeliveryQuery {
  readonly namespace?: string;
  /** `owner/name`, in any letter case. */
  readonly repository?: string;
  /** Of the issue or pull request. */
  readonly number?: number;
  /** `Undecided` for one without a phase. */
  readonly phase?: string;
}

export interface DeliverySummary {
  readonly namespace: string;
  readonly name: string;
  /** RFC 3339. */
  readonly receivedAt: string;
  readonly event: string;
  readonly action?: string;
  /** `owner/name`. */
  readonly repository?: string;
  readonly subject?: { readonly kind: "Issue" | "PullRequest"; readonly number: number; readonly title?: string };
  /** Page of the issue or pull request. */
  readonly url?: string;
  readonly sender?: string;
  readonly phase: "Undecided" | NonNullable<NonNullable<Delivery["status"]>["phase"]>;
  readonly decision?: string;
  readonly rule?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly task?: number;
  readonly run?: { readonly namespace: string; readonly name: string };
  readonly workflow?: { readonly namespace: string; readonly name: string };
}

export interface DeliveryList {
  /** The newest first. */
  readonly items: readonly DeliverySummary[];
  /** There are more than are listed. */
  readonly isTruncated: boolean;
}

/** Objects of one request: each has some KiB. */
const pageSize = 250;
const maxDeliveries = 500;

/** Reads those of a namespace, or of all. @throws an API error */
export async function deliveryList(client: Client, query: DeliveryQuery, signal?: AbortSignal): Promise<DeliveryList> {
  const { namespace } = query;
  const options = { limit: pageSize, ...(namespace !== undefined && { namespace }), ...(signal && { signal }) };
  let newest: DeliverySummary[] = [];
  let isTruncated = false;
  for await (const { items } of client.listPages(Deliveries, options)) {
    newest.push(...items.filter((each) => isWanted(each, query)).map(deliverySummary));
    newest.sort((a, b) => (orderOf(a) < orderOf(b) ? 1 : -1));
    isTruncated ||= newest.length > maxDeliveries;
    newest = newest.slice(0, maxDeliveries);
  }
  return { items: newest, isTruncated };
}

const orderOf = ({ receivedAt, name }: DeliverySummary): string => `${receivedAt} ${name}`;

export function isWanted({ spec, status }: Delivery, { repository, number, phase }: DeliveryQuery): boolean {
  return (
    (repository === undefined || repositoryOf(spec)?.toLowerCase() === repository.toLowerCase()) &&
    (number === undefined || spec.subject?.number === number) &&
    (phase === undefined || (status?.phase ?? "Undecided") === phase)
  );
}

function repositoryOf({ repository }: Delivery["spec"]): string | undefined {
  return repository && `${repository.owner}/${repository.name}`;
}

function deliverySummary({ metadata, spec, status = {} }: Stored<Delivery>): DeliverySummary {
  const { event, action, repository, subject, sender } = spec;
  const { phase, decision, rule, reason, message, task, run, workflow } = status;
  const named = repositoryOf(spec);
  return {
    ...{
      namespace: metadata.namespace ?? "",
      name: metadata.name,
      receivedAt: metadata.creationTimestamp ?? "",
      event,
    },
    ...(action !== undefined && { action }),
    ...(named !== undefined && { repository: named }),
    ...(subject !== undefined && {
      subject: {
        ...{ kind: subject.kind, number: subject.number },
        ...(subject.title !== undefined && { title: subject.title }),
      },
    }),
    ...(repository !== undefined && subject !== undefined && { url: subjectUrl(spec) }),
    ...(sender !== undefined && { sender: sender.login }),
    phase: phase ?? "Undecided",
    ...(decision !== undefined && { decision }),
    ...(rule !== undefined && { rule }),
    ...(reason !== undefined && { reason }),
    ...(message !== undefined && { message }),
    ...(task !== undefined && { task }),
    ...(run !== undefined && { run: { namespace: run.namespace, name: run.name } }),
    ...(workflow !== undefined && { workflow: { namespace: workflow.namespace, name: workflow.name } }),
  };
}
