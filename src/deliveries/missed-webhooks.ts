/**
 * Webhooks that GitHub could not deliver, read from the list that it keeps of an App's webhooks for three days:
 * https://docs.github.com/rest/apps/webhooks. See docs/adr/051-missed-webhooks.md.
 */
import { parseBoundedJson } from "../runtime/input/bounded-json.js";
import { memberPlaces } from "../runtime/input/json-members.js";
import { isObject, type JsonObject } from "../runtime/schema/json.js";
import type { RawAnswer } from "../github/github-api.js";
import { isTakenIn } from "./github-event.js";

/** Bytes of a page of the list: its entries have about 400. */
const maxPage = 1024 * 1024;

/** Bytes of a webhook with its payload of at most 25 MiB, its headers and the answer to it. */
const maxDetail = 27 * 1024 * 1024;

/** Pages of 100 entries that are read at once. */
const maxPages = 50;

/** Webhooks that are read at once: each costs a request. */
const maxAtOnce = 100;

/** A webhook that no receiver took in. */
export interface MissedWebhook {
  /** The same for all its repetitions; the receiver names its Delivery by it. */
  readonly guid: string;
  /** Of the newest repetition, which has the payload. */
  readonly id: number;
  readonly event: string;
  /** First time when GitHub sent it, in milliseconds since the epoch. */
  readonly at: number;
}

export interface MissedWebhooks {
  /** The oldest first. */
  readonly missed: readonly MissedWebhook[];
  /** Everything until then is in `missed` or needs nothing, in milliseconds since the epoch. */
  readonly through: number;
}

/** Reads as a GitHub App. */
export interface AppReader {
  read(path: string, maxBytes: number): Promise<RawAnswer>;
}

interface Entry {
  readonly guid: string;
  readonly id: number;
  readonly event: string;
  readonly action: string | undefined;
  readonly at: number;
  readonly wasReceived: boolean;
}

/** Which webhooks are wanted. */
export interface MissedQuery {
  /** Those first sent after it, in milliseconds since the epoch. */
  readonly after: number;
  /** Those first sent then or before: later ones may be on their way. */
  readonly until: number;
  /** Whether nothing is to be done about one. */
  readonly isKnown: (guid: string) => boolean;
}

/**
 * The webhooks that were never answered with 2xx: the receiver answers so only after it has stored one, or if nothing has to be stored.
 *
 * @throws AppRefused, GitHubUnavailable; MalformedList
 */
export async function missedWebhooks(app: AppReader, { after, until, isKnown }: MissedQuery): Promise<MissedWebhooks> {
  const entries: Entry[] = [];
  let path: string | undefined = "/app/hook/deliveries?per_page=100";
  let oldest = Infinity;
  for (let page = 0; path !== undefined && oldest > after && page < maxPages; page += 1) {
    const answer: RawAnswer = await app.read(path, maxPage);
    const read = entriesOf(answer.body);
    entries.push(...read);
    oldest = Math.min(oldest, ...read.map(({ at }) => at));
    path = answer.next;
  }
  // what is older than the pages that were read is given up: the list is too long
  const byGuid = new Map<string, { first: number; newest: Entry; wasReceived: boolean }>();
  for (const entry of entries) {
    const known = byGuid.get(entry.guid);
    if (known === undefined) byGuid.set(entry.guid, { first: entry.at, newest: entry, wasReceived: entry.wasReceived });
    else {
      known.first = Math.min(known.first, entry.at);
      known.wasReceived ||= entry.wasReceived;
      if (entry.at > known.newest.at) known.newest = entry;
    }
  }
  const missed = [...byGuid.values()]
    .filter(
      ({ first, wasReceived, newest: { guid, event, action } }) =>
        first > after && first <= until && !wasReceived && isTakenIn(event, action) && !isKnown(guid),
    )
    .map(({ first, newest: { guid, id, event } }) => ({ guid, id, event, at: first }))
    .sort((one, other) => one.at - other.at || (one.guid < other.guid ? -1 : 1));
  const now = missed.slice(0, maxAtOnce);
  const last = now.at(-1);
  // others may have been sent at the time of the last one
  const isCut = last !== undefined && missed.length > now.length;
  return { missed: now, through: Math.max(after, isCut ? last.at - 1 : until) };
}

/** GitHub's list is not what its documents say. */
export class MalformedList extends Error {
  override readonly name = "MalformedList";
}

function entriesOf(body: Buffer): Entry[] {
  let content: unknown;
  try {
    content = parseBoundedJson(body, 10);
  } catch {
    content = undefined;
  }
  if (!Array.isArray(content)) throw new MalformedList("GitHub's list of webhooks is not a JSON array");
  return content.slice(0, 100).flatMap((entry: unknown) => (isObject(entry) ? entryOf(entry) : []));
}

function entryOf({ guid, id, event, action, delivered_at: delivered, status_code: code }: JsonObject): Entry[] {
  const at = typeof delivered === "string" ? Date.parse(delivered) : NaN;
  if (typeof guid !== "string" || !/^[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}[A-Za-z0-9])?$/.test(guid)) return [];
  if (typeof event !== "string" || !Number.isSafeInteger(id) || Number.isNaN(at)) return [];
  return [
    {
      ...{ guid, id: id as number, event, at },
      action: typeof action === "string" ? action : undefined,
      wasReceived: typeof code === "number" && code >= 200 && code < 300,
    },
  ];
}

/** The bytes of its payload. Undefined: GitHub has none, or its answer is not what its documents say. @throws AppRefused, GitHubUnavailable */
export async function payloadOf(app: AppReader, { id }: MissedWebhook): Promise<Buffer | undefined> {
  const { body } = await app.read(`/app/hook/deliveries/${id}`, maxDetail);
  const request = memberOf(body, "request");
  return request && memberOf(request, "payload");
}

function memberOf(json: Buffer, name: string): Buffer | undefined {
  try {
    const place = memberPlaces(json, new Set([name]))?.get(name);
    return place && json.subarray(place.start, place.end);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
