// Generated from schemas/schedule.yaml by `npm run generate`. Do not edit: change the source instead.
export interface components {
    schemas: {
        /** @description The run that starts. Its name is that of the Schedule and the time, in minutes since 1970. It belongs to the Schedule, and is deleted with it. */
        ScheduledRun: {
            /**
             * @description Its kind.
             * @enum {string}
             */
            kind: "TaskRun" | "CodeRun" | "DocsRun";
            /** @description Its labels. */
            labels?: {
                [key: string]: string;
            };
            /** @description Its annotations. */
            annotations?: {
                [key: string]: string;
            };
            /** @description Its spec, checked by a dry run as soon as the Schedule is created or changed. The condition Ready reports what is wrong. */
            spec: Record<string, unknown>;
        };
        /** @description When which run starts. */
        ScheduleSpec: {
            /** @description Cron expression with five fields (minute, hour, day of the month, month, day of the week), such as `0 3 * * 1-5`, or @hourly, @daily, @weekly, @monthly, @yearly. */
            schedule: string;
            /**
             * @description Time zone of the IANA database in which the expression holds, such as Europe/Berlin.
             * @default UTC
             */
            timeZone?: string;
            /**
             * @description What happens if a run of this Schedule is still live. Forbid: the time is skipped. Replace: the live run is cancelled, and the new one starts when it has ended. Allow: both run, if nothing else forbids it: runs of the same task are denied.
             * @default Forbid
             * @enum {string}
             */
            concurrencyPolicy?: "Forbid" | "Replace" | "Allow";
            /**
             * Format: int32
             * @description How late a run may start, if the operator was down or the run was denied. Of several missed times only the last one counts.
             * @default 3600
             */
            startingDeadlineSeconds?: number;
            /**
             * @description While true, nothing starts. Times that pass meanwhile are skipped.
             * @default false
             */
            suspend?: boolean;
            /** @description The run that starts. Its name is that of the Schedule and the time, in minutes since 1970. It belongs to the Schedule, and is deleted with it. */
            run: components["schemas"]["ScheduledRun"];
        };
        /** @description What was started. Written by the orchestrator only. */
        ScheduleStatus: {
            /**
             * Format: int64
             * @description Generation of the spec that the status is about.
             */
            observedGeneration?: number;
            /**
             * Format: date-time
             * @description Times after this one are still to be started.
             */
            countedFrom?: string;
            /** @description The expression, time zone and suspension for which times are counted. A change of them counts from then on. */
            counted?: string;
            /**
             * Format: date-time
             * @description Time for which the last run was started.
             */
            lastTime?: string;
            /** @description The run that was started last. */
            lastRun?: string;
            /**
             * Format: date-time
             * @description Next time.
             */
            nextTime?: string;
            /** @description Ready: whether its runs can be created. */
            conditions?: {
                /** @description Name of the condition. */
                type: string;
                /**
                 * @description Status of the condition.
                 * @enum {string}
                 */
                status: "True" | "False" | "Unknown";
                /**
                 * Format: int64
                 * @description metadata.generation that the condition is based on.
                 */
                observedGeneration?: number;
                /**
                 * Format: date-time
                 * @description Time of the last change of `status`.
                 */
                lastTransitionTime: string;
                /** @description Reason as one CamelCase word, for programs. */
                reason: string;
                /** @description Reason as a sentence, for people. */
                message: string;
            }[];
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type ScheduledRun = components['schemas']['ScheduledRun'];
export type ScheduleSpec = components['schemas']['ScheduleSpec'];
export type ScheduleStatus = components['schemas']['ScheduleStatus'];
