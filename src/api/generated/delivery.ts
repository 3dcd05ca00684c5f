// Generated from schemas/delivery.yaml by `npm run generate`. Do not edit: change the source instead.
export interface components {
    schemas: {
        /** @description Repository that the event is about. */
        DeliveryRepository: {
            /** @description Host, such as github.com. */
            host: string;
            /** @description User or organization. */
            owner: string;
            /** @description Name without the owner. */
            name: string;
        };
        /** @description Who wrote it. */
        Account: {
            /** @description Name. */
            login: string;
            /**
             * Format: int64
             * @description Number, which stays when the name changes.
             */
            id?: number;
            /** @description User, Bot or Organization. */
            type?: string;
        };
        /** @description The issue or pull request that the event is about. */
        DeliverySubject: {
            /**
             * @description Issue or PullRequest.
             * @enum {string}
             */
            kind: "Issue" | "PullRequest";
            /**
             * Format: int64
             * @description Its number in the repository.
             */
            number: number;
            /** @description Its title, cut after 256 characters. */
            title?: string;
            /** @description Text of an issue, cut after 4096 characters. */
            text?: string;
            /** @description Who opened it. */
            author?: components["schemas"]["Account"];
            /** @description Relation of the author to the repository, such as MEMBER. */
            association?: string;
            /**
             * Format: date-time
             * @description When it was last changed, at the time of the event. Events of one subject are ordered by it.
             */
            updatedAt?: string;
            /** @description Whether it was open, at the time of the event. */
            open?: boolean;
            /** @description Whether it is a draft. */
            draft?: boolean;
            /** @description Whether it has been merged. */
            merged?: boolean;
        };
        /** @description The check that the event is about. */
        DeliveryCheck: {
            /** @description Its name. */
            name?: string;
            /** @description Its page. */
            url?: string;
        };
        /** @description The comment or review that the event is about. */
        DeliveryComment: {
            /** @description Who wrote it. */
            author?: components["schemas"]["Account"];
            /** @description Relation of the author to the repository, such as MEMBER. */
            association?: string;
            /** @description Its text, cut after 4096 characters. */
            text?: string;
            /** @description Its page. */
            url?: string;
            /** @description File that it is about. */
            path?: string;
        };
        /** @description The alert that the event is about. */
        DeliveryAlert: {
            /** @description Its name, such as HighErrorRate. */
            name: string;
            /** @description The same for all its states. */
            fingerprint: string;
            /** @description Its summary and description, cut after 4096 characters. */
            text?: string;
            /** @description Its page. */
            url?: string;
        };
        /** @description What happened. It never changes, and has neither the payload nor a secret. */
        DeliverySpec: {
            /**
             * @description Where the event comes from.
             * @enum {string}
             */
            source: "github" | "grafana";
            /** @description Id that the source gave the event. A repetition has the same. */
            id: string;
            /** @description Name of the event, such as pull_request. */
            event: string;
            /** @description What happened, such as opened. */
            action?: string;
            /** @description Repository that the event is about. */
            repository?: components["schemas"]["DeliveryRepository"];
            /**
             * Format: int64
             * @description Id of the App's installation that received the event.
             */
            installation?: number;
            /** @description Who caused the event. */
            sender?: components["schemas"]["Account"];
            /** @description The issue or pull request that the event is about. */
            subject?: components["schemas"]["DeliverySubject"];
            /** @description Label that was added or removed. */
            label?: string;
            /** @description Labels of the issue or pull request, or of the alert as name=value. At most the first 100. */
            labels?: string[];
            /** @description Branch with the change, without refs/heads/. */
            branch?: string;
            /** @description Whether the branch is in another repository, or in one that no longer exists. */
            fork?: boolean;
            /** @description Branch that the change is for. */
            baseBranch?: string;
            /** @description Newest commit of the branch. */
            revision?: string;
            /** @description How a check ended, such as failure; or what a review says, such as approved. */
            conclusion?: string;
            /** @description The check that the event is about. */
            check?: components["schemas"]["DeliveryCheck"];
            /** @description The comment or review that the event is about. */
            comment?: components["schemas"]["DeliveryComment"];
            /** @description The alert that the event is about. */
            alert?: components["schemas"]["DeliveryAlert"];
            /** @description Files that were changed by a push. At most the first 200. */
            paths?: string[];
            /** @description Whether more files were changed than paths lists. */
            pathsTruncated?: boolean;
        };
        /** @description Run that the event led to. Its name is determined before it is created. With decision retry, the run that is retried. */
        DeliveryRun: {
            /**
             * @description Kind of the run.
             * @enum {string}
             */
            kind: "CodeRun";
            /** @description Its namespace. */
            namespace: string;
            /** @description Its name. */
            name: string;
        };
        /** @description Workflow of Argo that plays the task, and that the event starts, resumes or stops. */
        DeliveryWorkflow: {
            /** @description Its namespace. */
            namespace: string;
            /** @description Its name. */
            name: string;
            /** @description Its UID. Absent until the Workflow that the event starts exists. */
            uid?: string;
        };
        /** @description What was decided. Written by the orchestrator only. */
        DeliveryStatus: {
            /**
             * @description Decided: the decision is made, and about to be carried out. Waiting: until a live run of the same agent and task has ended, or the Workflow has reached the node. Done and Ignored are final, and so is Failed until another decision is requested.
             * @enum {string}
             */
            phase?: "Decided" | "Waiting" | "Done" | "Ignored" | "Failed";
            /**
             * @description What is done about it.
             * @enum {string}
             */
            decision?: "start" | "remediate" | "retry" | "cancel" | "ignore" | "play" | "resume" | "label" | "comment" | "findConflicts";
            /** @description Name of the rule that decided. */
            rule?: string;
            /** @description Why, as one CamelCase word, for programs. */
            reason?: string;
            /** @description Why, as a sentence. */
            message?: string;
            /**
             * Format: int64
             * @description Task that the event belongs to.
             */
            task?: number;
            /** @description Run that the event led to. Its name is determined before it is created. With decision retry, the run that is retried. */
            run?: components["schemas"]["DeliveryRun"];
            /** @description Run in the same namespace whose spec the new run continues. Absent for the first run of an issue's task. */
            source?: string;
            /** @description Agent of the new run, as in `agents` of the configuration. */
            agent?: string;
            /**
             * Format: int32
             * @description Value of the run's `spec.retryAttempt` that requests the attempt.
             */
            retryAttempt?: number;
            /** @description Workflow of Argo that plays the task, and that the event starts, resumes or stops. */
            workflow?: components["schemas"]["DeliveryWorkflow"];
            /** @description Suspend node of the Workflow that the event resumes. With decision resume and no node, a new round begins. */
            node?: string;
            /** @description Runs that were cancelled, as `namespace/name`. */
            cancelled?: string[];
            /** @description Value of the annotation orchestrator.io/redeliver that the decision was made for. */
            redelivery?: string;
            /**
             * Format: date-time
             * @description Time of the decision.
             */
            decidedAt?: string;
            /**
             * Format: date-time
             * @description Time when it was carried out.
             */
            finishedAt?: string;
            /** @description Decided (by which rule, or why not), Complete (what was decided has been carried out). */
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
export type DeliveryRepository = components['schemas']['DeliveryRepository'];
export type Account = components['schemas']['Account'];
export type DeliverySubject = components['schemas']['DeliverySubject'];
export type DeliveryCheck = components['schemas']['DeliveryCheck'];
export type DeliveryComment = components['schemas']['DeliveryComment'];
export type DeliveryAlert = components['schemas']['DeliveryAlert'];
export type DeliverySpec = components['schemas']['DeliverySpec'];
export type DeliveryRun = components['schemas']['DeliveryRun'];
export type DeliveryWorkflow = components['schemas']['DeliveryWorkflow'];
export type DeliveryStatus = components['schemas']['DeliveryStatus'];
