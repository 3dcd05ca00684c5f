// Generated from schemas/budget.yaml by `npm run generate`. Do not edit: change the source instead.
export interface components {
    schemas: {
        /**
         * @description The runs that it applies to: those that match every list. An absent list matches all. A Budget in the operator's namespace applies to runs of all namespaces, any other to those of its own.
         * @default {}
         */
        BudgetSelector: {
            /** @description Namespaces of runs. Only for a Budget in the operator's namespace. */
            namespaces?: string[];
            /** @description Services, as in `serviceName` of a TaskRun, `service` of a CodeRun, or the label `service` of a DocsRun. */
            services?: string[];
            /** @description Agents, as in `agentName` of a TaskRun, or the user or app that a CodeRun or DocsRun works as. */
            agents?: string[];
            /** @description URLs of repositories. Spellings that name the same repository are equal. */
            repositories?: string[];
        };
        /** @description What an attempt reserves, and may spend at most, if its run has no budget of its own. Absent: a tenth of the Budget. */
        AttemptShare: {
            /**
             * Format: double
             * @description US dollars.
             */
            maxCostUSD?: number;
            /**
             * Format: int64
             * @description Tokens of all kinds.
             */
            maxTokens?: number;
        };
        /** @description Which runs it holds for, and how much they may spend. */
        BudgetSpec: {
            /** @description The runs that it applies to: those that match every list. An absent list matches all. A Budget in the operator's namespace applies to runs of all namespaces, any other to those of its own. */
            selector?: components["schemas"]["BudgetSelector"];
            /**
             * @description How long a period is. A week begins on Monday.
             * @default Month
             * @enum {string}
             */
            period?: "Day" | "Week" | "Month";
            /**
             * @description Time zone in which a period begins, at midnight. A name of the IANA database, such as Europe/Berlin.
             * @default UTC
             */
            timeZone?: string;
            /**
             * Format: double
             * @description US dollars that the runs may spend in a period. Models without a price are then refused.
             */
            maxCostUSD?: number;
            /**
             * Format: int64
             * @description Tokens of all kinds that the runs may use in a period.
             */
            maxTokens?: number;
            /** @description What an attempt reserves, and may spend at most, if its run has no budget of its own. Absent: a tenth of the Budget. */
            perAttempt?: components["schemas"]["AttemptShare"];
        };
        /** @description What the attempts that are running may spend. */
        BudgetAmount: {
            /**
             * Format: double
             * @description US dollars.
             */
            costUSD?: number;
            /**
             * Format: int64
             * @description Tokens of all kinds.
             */
            tokens?: number;
        };
        Reservation: {
            /** @description UID of the run. */
            uid: string;
            /**
             * Format: int32
             * @description Number of the attempt.
             */
            number: number;
            /** @description Kind of the run. */
            kind: string;
            /** @description Namespace of the run. */
            namespace: string;
            /** @description Name of the run. */
            name: string;
            /**
             * Format: double
             * @description US dollars that the attempt may spend.
             */
            costUSD?: number;
            /**
             * Format: int64
             * @description Tokens that the attempt may use.
             */
            tokens?: number;
        };
        /**
         * @description What was spent in the present period. Written by the orchestrator only.
         * @default {
         *       "observedGeneration": 0
         *     }
         */
        BudgetStatus: {
            /**
             * Format: int64
             * @description metadata.generation that this status is based on.
             */
            observedGeneration?: number;
            /**
             * Format: date-time
             * @description Time when the present period began.
             */
            periodStart?: string;
            /**
             * Format: date-time
             * @description Time when the next period begins, and spent is 0 again.
             */
            resetsAt?: string;
            /** @description Period and time zone by which these times were determined. */
            countedBy?: string;
            /** @description Usage of the attempts that have ended in this period, as counted by their gateways. */
            spent?: components["schemas"]["BudgetAmount"];
            /** @description Reservations of attempts that have ended in this period and whose usage is unknown: they had no gateway, or it left no report. They count as spent. */
            unmeasured?: components["schemas"]["BudgetAmount"];
            /**
             * Format: int32
             * @description Number of these attempts.
             */
            unmeasuredAttempts?: number;
            /** @description What the attempts that are running may spend. */
            reserved?: components["schemas"]["BudgetAmount"];
            /** @description The attempts that are running, or about to start, with their reservations. */
            attempts?: components["schemas"]["Reservation"][];
            /** @description Ready (it can be counted), NearlySpent (four fifths are spent), Exhausted (an attempt without a budget of its own does not fit). */
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
export type BudgetSelector = components['schemas']['BudgetSelector'];
export type AttemptShare = components['schemas']['AttemptShare'];
export type BudgetSpec = components['schemas']['BudgetSpec'];
export type BudgetAmount = components['schemas']['BudgetAmount'];
export type Reservation = components['schemas']['Reservation'];
export type BudgetStatus = components['schemas']['BudgetStatus'];
