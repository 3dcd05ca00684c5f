import type { Observation } from "./observation.js";

/** `notChecked`: it could not be found out. */
export type Severity = "ok" | "warning" | "error" | "notChecked";

/** The result of one check. */
export interface Finding {
  /** What was checked: a few words. */
  readonly check: string;
  readonly severity: Severity;
  readonly message: string;
  /** What to do; absent if nothing has to be done. */
  readonly remedy?: string;
}

export const ok = (check: string, message: string): Finding => ({ check, severity: "ok", message });
export const warning = (check: string, message: string, remedy: string): Finding => ({
  ...{ check, severity: "warning", message, remedy },
});
export const failure = (check: string, message: string, remedy: string): Finding => ({
  ...{ check, severity: "error", message, remedy },
});
export const notChecked = (check: string, message: string, remedy: string): Finding => ({
  ...{ check, severity: "notChecked", message, remedy },
});

/**
 * The findings about something that may not have been seen.
 *
 * @param right that is needed to see it, such as `get deployments.apps in namespace orchestrator`
 * @param absent the finding if it does not exist
 */
export function about<T>(
  check: string,
  right: string,
  observation: Observation<T>,
  absent: Finding,
  judge: (value: T) => Finding | readonly Finding[],
): readonly Finding[] {
  switch (observation.state) {
    case "seen":
      return [judge(observation.value)].flat();
    case "absent":
      return [absent];
    case "forbidden":
      return [
        notChecked(check, "You may not look at it.", `Ask for the right to ${right}, or for someone who has it.`),
      ];
    case "failed":
      return [notChecked(check, `It could not be read: ${observation.message}.`, "Run the command again.")];
  }
}
