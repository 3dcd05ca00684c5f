/** What runs have used of models. */
import { labels } from "../../api/labels.js";
import { runType, runTypes } from "../../operations/any-run.js";
import { usageReport, type UsageGroup } from "../../operations/usage-report.js";
import type { Answer, Call, Handlers } from "../call.js";
import { smallList } from "../large-lists.js";
import { Problem } from "../problem.js";

interface Query {
  readonly namespace?: string;
  readonly kind?: readonly string[];
  readonly service?: string;
  readonly labelSelector?: string;
  readonly by?: UsageGroup;
  readonly since?: string;
}

async function usage(call: Call): Promise<Answer> {
  const { namespace, kind, service, labelSelector, by = "service", since } = call.parametersAs<Query>();
  const kinds = kind?.map(runType);
  const start = since === undefined ? undefined : Date.parse(since);
  if (Number.isNaN(start)) throw new Problem(400, "since is not an existing date", { field: "since" });
  const selectors = [labelSelector, service === undefined ? undefined : `${labels.service}=${service}`];
  const query = {
    types: runTypes.filter((type) => kinds === undefined || kinds.includes(type)),
    ...(namespace !== undefined && { namespace }),
    ...(selectors.some((each) => each !== undefined) && {
      labelSelector: selectors.filter((each) => each !== undefined).join(","),
    }),
    ...{ by, ...(start !== undefined && { since: start }) },
  };
  // it reads all runs: in its turn, as a large list
  return { body: await call.list(smallList + 1, () => usageReport(call.client, query, call.signal)) };
}

export const usageHandlers: Handlers<"getUsage" | "getNamespaceUsage"> = { getUsage: usage, getNamespaceUsage: usage };
