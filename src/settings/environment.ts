import { integer, Place, quantity, text, type Problem, type Reader } from "./reading.js";
import type { Resources, Settings } from "./settings.js";

/** `process.env`, or a part of it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What the environment sets; it wins over the file, in every priority's profile. */
export interface Overrides {
  readonly job: Partial<Settings["job"]>;
  readonly agent: Partial<Settings["agent"]>;
  readonly resources: Resources;
}

const wholeNumber =
  (least: number): Reader<number> =>
  (value, place) =>
    integer(least, 2 ** 31 - 1)(/^\d+$/.test(String(value)) ? Number(value) : value, place);

/** Reads the variables of the seeds (`JOB_IMAGE`, `JOB_TTL_SECONDS`, ...); an empty one counts as absent. */
export function readEnvironment(environment: Environment, problems: Problem[]): Overrides {
  const read = <T>(name: string, reader: Reader<T>): T | undefined => {
    const value = environment[name];
    return value === undefined || value === "" ? undefined : reader(value, new Place(name, problems));
  };
  const image = read("JOB_IMAGE", text({ pattern: /^\S+$/, meaning: "an image reference without blanks" }));
  const ttlSecondsAfterFinished = read("JOB_TTL_SECONDS", wholeNumber(0));
  const activeDeadlineSeconds = read("JOB_ACTIVE_DEADLINE_SECONDS", wholeNumber(1));
  const backoffLimit = read("JOB_BACKOFF_LIMIT", wholeNumber(0));
  const amounts = (cpuName: string, memoryName: string): Record<string, string> => {
    const cpu = read(cpuName, quantity);
    const memory = read(memoryName, quantity);
    return { ...(cpu !== undefined && { cpu }), ...(memory !== undefined && { memory }) };
  };
  const requests = amounts("JOB_CPU_REQUEST", "JOB_MEMORY_REQUEST");
  const limits = amounts("JOB_CPU_LIMIT", "JOB_MEMORY_LIMIT");
  return {
    job: {
      ...(ttlSecondsAfterFinished !== undefined && { ttlSecondsAfterFinished }),
      ...(activeDeadlineSeconds !== undefined && { activeDeadlineSeconds }),
      ...(backoffLimit !== undefined && { backoffLimit }),
    },
    agent: { ...(image !== undefined && { image }) },
    resources: {
      ...(Object.keys(requests).length > 0 && { requests }),
      ...(Object.keys(limits).length > 0 && { limits }),
    },
  };
}
