/** The times of an election, in milliseconds. Others than these defaults are for few: see docs/guide/install.md. */
export interface ElectionTimings {
  readonly leaseDuration: number;
  readonly renewDeadline: number;
  readonly retryPeriod: number;
}

/** Those of client-go. */
export const defaultTimings: ElectionTimings = { leaseDuration: 15_000, renewDeadline: 10_000, retryPeriod: 2_000 };

/** By how much of itself a retry period may be longer, so that standbys don't ask in step. */
export const retryJitter = 0.2;

/**
 * Why an election with these times would be none, and what to do about it; undefined where it is one. The rule is
 * client-go's: leaseDuration > renewDeadline > retryPeriod with its jitter > 0.
 *
 * @param names what whoever set the times calls them.
 */
export function faultOfTimings(
  { leaseDuration, renewDeadline, retryPeriod }: ElectionTimings,
  names: Readonly<Record<keyof ElectionTimings, string>> = {
    leaseDuration: "leaseDuration",
    renewDeadline: "renewDeadline",
    retryPeriod: "retryPeriod",
  },
): string | undefined {
  const text = (milliseconds: number): string => `${milliseconds / 1000} s`;
  const longestRetry = retryPeriod * (1 + retryJitter);
  // written so that NaN is a fault
  if (!(retryPeriod > 0)) {
    return `${names.retryPeriod} (${text(retryPeriod)}) must be more than nothing: it is the pause between two calls of the API server`;
  }
  if (!(renewDeadline > longestRetry)) {
    return `${names.renewDeadline} (${text(renewDeadline)}) must be longer than ${1 + retryJitter} x ${names.retryPeriod} (${text(longestRetry)}), or a leader gives up before it has tried again: raise ${names.renewDeadline} or lower ${names.retryPeriod}`;
  }
  if (!(leaseDuration > renewDeadline)) {
    return `${names.leaseDuration} (${text(leaseDuration)}) must be longer than ${names.renewDeadline} (${text(renewDeadline)}), or another leads while the former one still writes: raise ${names.leaseDuration} or lower ${names.renewDeadline}`;
  }
  return undefined;
}
