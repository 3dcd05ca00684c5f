/** The times of an election, in milliseconds. docs/guide/install.md says when others than the defaults make sense. */
export interface ElectionTimings {
  readonly leaseDuration: number;
  readonly renewDeadline: number;
  readonly retryPeriod: number;
}

/** client-go's defaults. */
export const defaultTimings: ElectionTimings = { leaseDuration: 15_000, renewDeadline: 10_000, retryPeriod: 2_000 };

/** The fraction of a retry period that is added at random, so that standbys do not retry in step. */
export const retryJitter = 0.2;

/**
 * Why these times cannot work, and what to change; undefined if they can. The rule is client-go's:
 * leaseDuration > renewDeadline > retryPeriod with its jitter > 0.
 *
 * @param names how the message names the times: for example as flags.
 */
export function timingsProblem(
  { leaseDuration, renewDeadline, retryPeriod }: ElectionTimings,
  names: Readonly<Record<keyof ElectionTimings, string>> = {
    leaseDuration: "leaseDuration",
    renewDeadline: "renewDeadline",
    retryPeriod: "retryPeriod",
  },
): string | undefined {
  const text = (milliseconds: number): string => `${milliseconds / 1000} s`;
  const longestRetry = retryPeriod * (1 + retryJitter);
  // the conditions are negated so that NaN is a problem
  if (!(retryPeriod > 0)) {
    return `${names.retryPeriod} (${text(retryPeriod)}) must be greater than 0: it is the pause between two calls of the API server`;
  }
  if (!(renewDeadline > longestRetry)) {
    return `${names.renewDeadline} (${text(renewDeadline)}) must be longer than ${1 + retryJitter} x ${names.retryPeriod} (${text(longestRetry)}), or a leader gives up before its first retry: raise ${names.renewDeadline} or lower ${names.retryPeriod}`;
  }
  if (!(leaseDuration > renewDeadline)) {
    return `${names.leaseDuration} (${text(leaseDuration)}) must be longer than ${names.renewDeadline} (${text(renewDeadline)}), or another process leads while the former leader still writes: raise ${names.leaseDuration} or lower ${names.renewDeadline}`;
  }
  return undefined;
}
