/** The name of an event whose payload comes without its header, as in a file. */

/** The members that tell events apart, the most specific first. */
const tellingMembers: readonly (readonly [members: readonly string[], event: string])[] = [
  [["review", "pull_request"], "pull_request_review"],
  [["comment", "pull_request"], "pull_request_review_comment"],
  [["comment", "issue"], "issue_comment"],
  [["pull_request"], "pull_request"],
  [["issue"], "issues"],
  [["workflow_run"], "workflow_run"],
  [["check_run"], "check_run"],
  [["check_suite"], "check_suite"],
  [["pusher", "ref", "commits"], "push"],
  [["installation", "repositories"], "installation"],
  [["alerts", "receiver"], "alert"],
];

/** The event that a payload probably belongs to; undefined if that is not an accepted one. */
export function probableEvent(payload: object): string | undefined {
  return tellingMembers.find(([members]) => members.every((name) => Object.hasOwn(payload, name)))?.[1];
}
