// Generated from schemas/rest.yaml by `npm run generate`. Do not edit: change the source instead.
export interface paths {
    "/api/v1/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who the caller is, as the API server sees it. */
        get: operations["getCaller"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/namespaces": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The namespaces of the cluster.
         * @description A caller who may not list namespaces gets 403, and has to name one.
         */
        get: operations["listNamespaces"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/runs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Runs in all namespaces.
         * @description With `watch=true`, the changes after `version` as server-sent events; see RunChangeStream. Runs are ordered by kind, then by name.
         */
        get: operations["listAllRuns"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/namespaces/{namespace}/runs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Runs in a namespace.
         * @description With `watch=true`, the changes after `version` as server-sent events; see RunChangeStream. Runs are ordered by kind, then by name.
         */
        get: operations["listRuns"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/namespaces/{namespace}/archived-runs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Runs that history removed from a namespace.
         * @description Ordered by kind, then by name. Only kinds that the caller may list in the namespace. 404 if the server has no archive.
         */
        get: operations["listArchivedRuns"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/namespaces/{namespace}/archived-runs/{resource}/{name}/{archivedUid}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * An archived run with its Events.
         * @description The caller needs the right to get runs of this kind and name. 404 if there is none, or if the server has no archive.
         */
        get: operations["getArchivedRun"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/namespaces/{namespace}/archived-runs/{resource}/{name}/{archivedUid}/transcripts/{archivedAttempt}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The end of an attempt's log, from the archive.
         * @description The caller needs the right to get the logs of pods in the namespace, and runs of this kind and name. 404 if the log was not kept, or if the server has no archive.
         */
        get: operations["getArchivedTranscript"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/usage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What runs in all namespaces have used of models.
         * @description Sums over the runs that are in the cluster and have used models. A run counts in the period in which it ended, one that has not in that of its last change; periods are in UTC.
         */
        get: operations["getUsage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/namespaces/{namespace}/usage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What runs in a namespace have used of models.
         * @description Sums over the runs that are in the cluster and have used models. A run counts in the period in which it ended, one that has not in that of its last change; periods are in UTC.
         */
        get: operations["getNamespaceUsage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/budgets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Budgets in all namespaces.
         * @description What several runs may spend together in a period, and how far that is spent.
         */
        get: operations["listAllBudgets"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/namespaces/{namespace}/budgets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Budgets in a namespace.
         * @description Budgets in the operator's namespace hold for others, too; those are not in this list.
         */
        get: operations["listBudgets"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Deliveries in all namespaces.
         * @description Events of GitHub that were received, and what was decided about each, the newest first. They are in the namespace of the operator.
         */
        get: operations["listAllDeliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/namespaces/{namespace}/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Deliveries in a namespace.
         * @description Events of GitHub that were received, and what was decided about each, the newest first.
         */
        get: operations["listDeliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/plays": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Plays in all namespaces.
         * @description Tasks on which several agents work, or that a Workflow plays, and how far each one is; those with the latest run first. Without the right to list Workflows the runs alone tell it.
         */
        get: operations["listAllPlays"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/namespaces/{namespace}/plays": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Plays in a namespace.
         * @description Tasks on which several agents work, or that a Workflow plays, and how far each one is; those with the latest run first.
         */
        get: operations["listPlays"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/namespaces/{namespace}/{resource}/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A run.
         * @description The custom resource without `metadata.managedFields`. With `watch=true`, its states as server-sent events, beginning with the present one; see RunStream.
         */
        get: operations["getRun"];
        /**
         * Creates a run, or changes the one that has its name.
         * @description Server-side apply with the field manager `orchestrator-cli`, as `orchestrator task submit` does it: a field that an earlier request had, and this one does not, is removed; fields of others stay. With `dryRun=true`, admission checks the request and nothing is stored. The caller needs the right to patch runs, and to create the run if none has the name. Warnings of the API server come as headers `Warning`, as with every request.
         */
        put: operations["applyRun"];
        post?: never;
        /**
         * Deletes a run, with its Jobs and files.
         * @description Deletes the run that exists when the request arrives, and none that gets its name later. With `uid`, nothing is deleted unless the run has it (409), so that a run created under the same name since the caller looked stays.
         */
        delete: operations["deleteRun"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/namespaces/{namespace}/{resource}/{name}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The Kubernetes Events of a run. */
        get: operations["listRunEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/namespaces/{namespace}/{resource}/{name}/files": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The files of a run.
         * @description Those of a TaskRun are in its spec. Those of a CodeRun or DocsRun are in the ConfigMap of its latest attempt, which the caller must be allowed to read; before the first attempt there are none.
         */
        get: operations["listRunFiles"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/namespaces/{namespace}/{resource}/{name}/logs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The output of a run's agent.
         * @description As server-sent events if `Accept` names text/event-stream, else as text. With `follow=true` until the run ends, also through further attempts.
         */
        get: operations["readRunLogs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/namespaces/{namespace}/{resource}/{name}/access": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What the caller may do with a run.
         * @description By SelfSubjectAccessReview. Admission can deny a request nevertheless.
         */
        get: operations["getRunAccess"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/namespaces/{namespace}/{resource}/{name}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Requests another attempt of a run that has ended.
         * @description With `replace`, also of a run that has not ended: its present attempt is then stopped.
         */
        post: operations["retryRun"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/namespaces/{namespace}/{resource}/{name}/suspend": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Suspends a run.
         * @description No attempt starts, and the Job of a running attempt is suspended.
         */
        post: operations["suspendRun"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/namespaces/{namespace}/{resource}/{name}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Resumes a suspended run. */
        post: operations["resumeRun"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/namespaces/{namespace}/{resource}/{name}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Ends a run permanently. */
        post: operations["cancelRun"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/namespaces/{namespace}/{resource}/{name}/context": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Adds context to a run.
         * @description Stops the running attempt, if there is one, and starts another with the addition. A TaskRun gets a file, a CodeRun a paragraph of its prompt. What a run has already is not added again.
         */
        post: operations["addRunContext"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pm/tasks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * TaskRuns and CodeRuns of a namespace.
         * @description A page of them. The next one is at `data.continue`.
         */
        get: operations["listTasks"];
        put?: never;
        /**
         * Submits a task.
         * @description Creates a TaskRun named `<service_name>-task-<id>`, or of a CodeRequest a CodeRun named `<service>-code-<task_id>`. Names are deterministic, so that a request can be repeated: the same one again gives 200 and starts nothing; another one for the same name gives 409.
         */
        post: operations["submitTask"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pm/code": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Submits the implementation of a task.
         * @description Creates a CodeRun named `<service>-code-<task_id>`. Names are deterministic, so that a request can be repeated: the same one again gives 200 and starts nothing; another one for the same name gives 409.
         */
        post: operations["submitCode"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pm/docs/generate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Generates documentation of tasks.
         * @description Creates a DocsRun named `docs-<working_directory>-<hash>`, with a hash of repository and branch. Names are deterministic, so that a request can be repeated: the same one again gives 200 and starts nothing; another one for the same name gives 409. With `force`, one that has ended gets another attempt.
         */
        post: operations["generateDocs"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pm/tasks/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A task with its files and status. */
        get: operations["getTask"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pm/tasks/{id}/status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The status of a task. */
        get: operations["getTaskStatus"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pm/tasks/{id}/context": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Adds context to a task.
         * @description As `/context` of a run.
         */
        post: operations["addTaskContext"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pm/tasks/{id}/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Records the session of a task's agent.
         * @description Writes `status.sessionId`, for which the caller needs the right to patch the status. The operator writes it itself when an attempt ends.
         */
        post: operations["setTaskSession"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pm/tasks/{id}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Requests another attempt of a task. */
        post: operations["retryTask"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pm/tasks/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Ends a task permanently. */
        post: operations["cancelTask"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pm/tasks/{id}/logs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The output of a task's agent. */
        get: operations["readTaskLogs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether the server works, as JSON. */
        get: operations["getHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether the server works, as JSON. */
        get: operations["getApiHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether the process is alive. */
        get: operations["getLiveness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether the server takes requests. */
        get: operations["getReadiness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Metrics in the text format of Prometheus. */
        get: operations["getMetrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** This document. */
        get: operations["getDocument"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        NamespaceName: string;
        RunName: string;
        /** @description Number of a task, in digits. */
        TaskDigits: string;
        /**
         * @description Succeeded, Failed and Cancelled are final, unless another attempt is requested.
         * @enum {string}
         */
        Phase: "Pending" | "Running" | "Succeeded" | "Failed" | "Cancelled";
        /**
         * @description RFC 9457.
         * @example {
         *       "type": "about:blank",
         *       "title": "Bad Request",
         *       "status": 400,
         *       "detail": "limit must be at most 1000",
         *       "field": "limit"
         *     }
         */
        Problem: {
            /** @constant */
            type: "about:blank";
            /** @description Meaning of the status. */
            title: string;
            /** @description HTTP status. */
            status: number;
            /** @description What is wrong, and what to do. */
            detail: string;
            /** @description Parameter, or path in the body, that is wrong. */
            field?: string;
        };
        /**
         * @example {
         *       "username": "system:serviceaccount:team-a:ci",
         *       "groups": [
         *         "system:serviceaccounts",
         *         "system:serviceaccounts:team-a",
         *         "system:authenticated"
         *       ]
         *     }
         */
        Caller: {
            username: string;
            groups: string[];
        };
        NamespaceList: {
            items: {
                name: components["schemas"]["NamespaceName"];
            }[];
        };
        /**
         * @description A run as in lists, from the columns that kubectl prints.
         * @example {
         *       "kind": "TaskRun",
         *       "namespace": "orchestrator",
         *       "name": "auth-service-task-1",
         *       "uid": "0f8e1b5e-6d5f-4a53-9a59-6d3d5d4dfb3c",
         *       "task": 1,
         *       "service": "auth-service",
         *       "agent": "claude-agent-1",
         *       "attempt": 1,
         *       "phase": "Running",
         *       "reason": "AttemptRunning",
         *       "createdAt": "2026-01-02T03:04:05Z"
         *     }
         */
        RunSummary: {
            /** @enum {string} */
            kind: "TaskRun" | "CodeRun" | "DocsRun";
            namespace: components["schemas"]["NamespaceName"];
            name: components["schemas"]["RunName"];
            uid: string;
            /** @description Number of the task; DocsRuns have none. */
            task?: number;
            /** @description Service; of a DocsRun its directory. */
            service?: string;
            agent?: string;
            /** @description Number of attempts so far; absent before the first. */
            attempt?: number;
            phase: components["schemas"]["Phase"];
            /** @description Why it is in this phase, as one word. */
            reason?: string;
            /** @description Source branch of a DocsRun. */
            branch?: string;
            /** @description With `wide`: model of a CodeRun. */
            model?: string;
            /** @description With `wide`: Job of the latest attempt. */
            job?: string;
            /** @description With `wide`: what the run does, or how it ended. */
            message?: string;
            /** @description With `wide`: US dollars spent on models, of those with a price. */
            costUSD?: number;
            /** @description With `wide`: pull request of a CodeRun or DocsRun. */
            pullRequestUrl?: string;
            /** Format: date-time */
            createdAt: string;
        };
        RunList: {
            items: components["schemas"]["RunSummary"][];
            /** @description Absent on the last page. */
            continue?: string;
            /** @description For `watch`; take that of the last page. It stands for the kinds listed so far. */
            version: string;
        };
        RunChange: {
            /** @enum {string} */
            type: "added" | "modified" | "deleted";
            run: components["schemas"]["RunSummary"];
        };
        /**
         * @description Server-sent events; this is the schema of each. `event: run` has a RunChange as data. `event: expired` means that changes are lost: list again. `event: end` means that the server ends the stream: list again, or watch from the `id` of the last event as `version`. `event: error` has a Problem as data and ends a stream that fails. Comments keep the connection alive.
         * @example {
         *       "event": "run",
         *       "data": "{\"type\":\"deleted\",\"run\":{\"kind\":\"TaskRun\",\"namespace\":\"orchestrator\",\"name\":\"auth-service-task-1\",\"uid\":\"0f8e1b5e-6d5f-4a53-9a59-6d3d5d4dfb3c\",\"phase\":\"Running\",\"createdAt\":\"2026-01-02T03:04:05Z\"}}"
         *     }
         */
        RunChangeStream: {
            /** @enum {string} */
            event?: "run" | "expired" | "end" | "error";
            id?: string;
            data?: string;
        };
        /** @description Of `end` and `expired`. `stopping`, the server stops; `age`, the stream has lasted as long as streams may. */
        StreamEndData: {
            /** @enum {string} */
            reason?: "stopping" | "age";
        };
        /** @description The custom resource, as in docs/reference, without `metadata.managedFields`. */
        Run: {
            /** @constant */
            apiVersion: "orchestrator.io/v1";
            /** @enum {string} */
            kind: "TaskRun" | "CodeRun" | "DocsRun";
            metadata: components["schemas"]["Metadata"];
            /** @description As in docs/reference, by kind. */
            spec: {
                [key: string]: unknown;
            };
            status?: components["schemas"]["RunStatus"];
        };
        /** @description The fields that all kinds have, each once it has a value. Fields of a single kind are in docs/reference. */
        RunStatus: {
            phase?: components["schemas"]["Phase"];
            /** @description metadata.generation that this status is based on. */
            observedGeneration?: number;
            /** @description Why the run is in this phase, as one word of docs/reference/reasons.md. */
            reason?: string;
            /** @description What the run is doing, as a sentence. */
            message?: string;
            conditions?: components["schemas"]["Condition"][];
            /** @description Number of attempts so far. */
            attempts?: number;
            /** @description The latest attempts, oldest first. */
            runs?: components["schemas"]["Attempt"][];
            /** @description Job of the latest attempt. */
            jobName?: string;
            /** @description ConfigMap with the files of the latest attempt. */
            configMapName?: string;
            /** Format: date-time */
            startTime?: string;
            /** Format: date-time */
            completionTime?: string;
            /**
             * Format: date-time
             * @description Time when the next automatic retry starts.
             */
            nextRetryTime?: string;
            /** Format: date-time */
            lastUpdated?: string;
            /** @description ID of the agent's session, as the agent reported it. */
            sessionId?: string;
            usage?: components["schemas"]["RunUsage"];
            /** @description Pull request that the agent opened. */
            pullRequestUrl?: string;
            /** @description Whether the work is done. Once true, no attempt starts automatically. */
            workCompleted?: boolean;
        } & {
            [key: string]: unknown;
        };
        Condition: {
            type: string;
            /** @enum {string} */
            status: "True" | "False" | "Unknown";
            observedGeneration?: number;
            /** Format: date-time */
            lastTransitionTime: string;
            reason: string;
            message: string;
        };
        Attempt: {
            /** @description 1 for the first one. */
            number: number;
            jobName?: string;
            jobUID?: string;
            /** @description What started the attempt. */
            cause?: string;
            /** Format: date-time */
            startTime?: string;
            /** Format: date-time */
            completionTime?: string;
            outcome?: string;
            exitCode?: number;
            reason?: string;
        };
        Metadata: {
            name: string;
            namespace: string;
            uid: string;
            /** @description Absent in a dry run that would create the run. */
            resourceVersion?: string;
            /** Format: date-time */
            creationTimestamp: string;
            /** Format: date-time */
            deletionTimestamp?: string;
            generation?: number;
            labels?: {
                [key: string]: string;
            };
            annotations?: {
                [key: string]: string;
            };
        };
        RunStreamChange: {
            /** @enum {string} */
            type: "added" | "modified" | "deleted";
            run: components["schemas"]["Run"];
        };
        /** @description Server-sent events; this is the schema of each. `event: run` has a RunStreamChange as data; the first one is `added`. The stream ends with `event: end` after a `deleted`, or when the server ends it, and with `event: error` and a Problem when it fails. */
        RunStream: {
            /** @enum {string} */
            event?: "run" | "end" | "error";
            data?: string;
        };
        /** @description What all attempts that have ended used of models, as in docs/reference; absent if no pod had a gateway. */
        RunUsage: {
            /** @description Without those of caches. */
            inputTokens?: number;
            outputTokens?: number;
            cacheReadTokens?: number;
            cacheWriteTokens?: number;
            requests?: number;
            /** @description US dollars; absent if no model has a price. */
            costUSD?: number;
            /** @description Attempts whose gateway left no report. */
            unknownAttempts?: number;
        } & {
            [key: string]: unknown;
        };
        UsageReport: {
            by: string;
            /** @description Those that cost most first; periods in their order. */
            items: components["schemas"]["UsageRow"][];
            total: components["schemas"]["UsageSum"];
            /** @description Attempts whose usage is not known, because their gateway left no report. */
            unknownAttempts: number;
        };
        UsageRow: {
            /** @description Name of the group; empty for runs that have none. */
            name: string;
            runs: number;
            attempts: number;
            /** @description Without those of caches. */
            inputTokens: number;
            outputTokens: number;
            cacheReadTokens: number;
            cacheWriteTokens: number;
            requests: number;
            /** @description US dollars; absent if no model has a price. */
            costUSD?: number;
        };
        UsageSum: {
            runs: number;
            attempts: number;
            /** @description Without those of caches. */
            inputTokens: number;
            outputTokens: number;
            cacheReadTokens: number;
            cacheWriteTokens: number;
            requests: number;
            /** @description US dollars; absent if no model has a price. */
            costUSD?: number;
        };
        BudgetList: {
            /** @description By namespace and name; at most 1,000. */
            items: components["schemas"]["BudgetSummary"][];
            /** @description There are more. */
            isTruncated: boolean;
        };
        BudgetSummary: {
            namespace: string;
            name: string;
            /** @description Which runs it holds for; absent, all of its namespace, or in the operator's namespace all. */
            selector?: {
                namespaces?: string[];
                services?: string[];
                agents?: string[];
                repositories?: string[];
            };
            /** @enum {string} */
            period: "Day" | "Week" | "Month";
            timeZone: string;
            limit: components["schemas"]["BudgetAmount"];
            spent: components["schemas"]["BudgetAmount"];
            /** @description Reservations of attempts whose usage is not known; they count as spent. */
            unmeasured: components["schemas"]["BudgetAmount"];
            /** @description What running attempts may spend. */
            reserved: components["schemas"]["BudgetAmount"];
            /** Format: date-time */
            resetsAt?: string;
            runningAttempts: number;
            /** @description Four fifths are spent. */
            isNearlySpent: boolean;
            /** @description An attempt without a budget of its own does not fit. */
            isExhausted: boolean;
            /** @description Why it cannot be counted as it is written; absent if it can. */
            problem?: string;
            /** @description Runs that wait for it, among those that the caller may list; absent if that is none. */
            waitingRuns?: number;
            /** @description Their names; at most 100. */
            waiting?: components["schemas"]["WaitingRun"][];
        };
        WaitingRun: {
            /** @enum {string} */
            kind: "TaskRun" | "CodeRun" | "DocsRun";
            namespace: string;
            name: string;
        };
        DeliveryList: {
            /** @description The newest first; at most 500. */
            items: components["schemas"]["DeliverySummary"][];
            /** @description There are more. */
            isTruncated: boolean;
        };
        DeliverySummary: {
            namespace: string;
            name: string;
            /** Format: date-time */
            receivedAt: string;
            /** @description Such as pull_request. */
            event: string;
            /** @description Such as opened. */
            action?: string;
            /** @description As owner/name. */
            repository?: string;
            /** @description The issue or pull request that it is about. */
            subject?: {
                /** @enum {string} */
                kind: "Issue" | "PullRequest";
                number: number;
                title?: string;
            };
            /** @description Page of the issue or pull request. */
            url?: string;
            /** @description Login of who caused it. */
            sender?: string;
            /** @enum {string} */
            phase: "Undecided" | "Decided" | "Waiting" | "Done" | "Ignored" | "Failed";
            /** @description What is done, such as start. */
            decision?: string;
            /** @description Rule that decided. */
            rule?: string;
            /** @description One word, for programs. */
            reason?: string;
            /** @description A sentence. */
            message?: string;
            task?: number;
            /** @description CodeRun that it led to. */
            run?: {
                namespace: string;
                name: string;
            };
            /** @description Workflow of Argo that it resumed or stopped. */
            workflow?: {
                namespace: string;
                name: string;
            };
        };
        PlayList: {
            /** @description Those with the latest run first; at most 200. */
            items: components["schemas"]["PlaySummary"][];
            /** @description There are more. */
            isTruncated: boolean;
        };
        PlaySummary: {
            namespace: string;
            task: number;
            /** @description As host/owner/name. */
            repository: string;
            /** @description Workflow of Argo that carries it; absent, the rules of the configuration do, or the caller may not list Workflows. */
            workflow?: {
                name: string;
                phase: string;
                /** @description Label current-stage. */
                stage?: string;
            };
            /** @description A run or the Workflow has not ended. */
            isLive: boolean;
            /** @description When its last run or Workflow was created. */
            updatedAt: string;
            /** @description In their order; at most the last 100. */
            steps: components["schemas"]["PlayStepSummary"][];
        };
        PlayStepSummary: {
            /** @description Such as quality, or waiting-pr-merged for an event. */
            stage: string;
            /** @enum {string} */
            state: "done" | "running" | "waiting" | "failed" | "cancelled" | "ahead";
            agent?: string;
            /** @description Name of the CodeRun; absent for an event, and for a stage ahead. */
            run?: string;
            /** @description Phase of the run. */
            phase?: string;
            pullRequestUrl?: string;
            /** @description What the run says, or how the event ended. */
            message?: string;
            /** @description When it began; absent for a stage ahead. */
            at?: string;
        };
        BudgetAmount: {
            /** @description US dollars. */
            costUSD?: number;
            /** @description Of all kinds. */
            tokens?: number;
        };
        ArchivedRunList: {
            items: components["schemas"]["ArchivedRunSummary"][];
            /** @description Present if more follow. */
            continue?: string;
        };
        /** @description An archived run, as far as its place in the archive says. */
        ArchivedRunSummary: {
            /** @enum {string} */
            kind: "TaskRun" | "CodeRun" | "DocsRun";
            namespace: string;
            name: string;
            uid: string;
            /** Format: date-time */
            archivedAt: string;
            /** @description Of the compressed document. */
            bytes: number;
        };
        /** @description The document that schemas/archived-transcript.yaml describes. */
        ArchivedTranscript: {
            /** @constant */
            formatVersion: 1;
            run: {
                /** @enum {string} */
                kind: "TaskRun" | "CodeRun" | "DocsRun";
                namespace: string;
                name: string;
                uid: string;
            };
            attempt: number;
            jobUID: string;
            pod: string;
            /** @description The agent's; or that before it, if it has failed. */
            container: string;
            /** @description Whether the log had more before this. */
            isCut: boolean;
            text: string;
        };
        /** @description The document that schemas/archived-run.yaml describes. */
        ArchivedRun: {
            /** @constant */
            formatVersion: 1;
            run: components["schemas"]["Run"];
            /** @description The latest last. */
            events: {
                type: string;
                reason: string;
                message: string;
                /** @description RFC 3339. */
                time: string;
                count: number;
            }[];
        };
        RunEventList: {
            items: {
                /** @enum {string} */
                type: "Normal" | "Warning";
                reason: string;
                message: string;
                count: number;
                /** Format: date-time */
                firstSeen: string;
                /** Format: date-time */
                lastSeen: string;
            }[];
        };
        RunFileList: {
            items: {
                filename: string;
                /** @description Purpose of a TaskRun's file. */
                type?: string;
                /** @description Bytes. */
                size: number;
                content: string;
            }[];
        };
        RunAccess: {
            /** @description Retry, suspend, resume, cancel, and add context. */
            update: boolean;
            delete: boolean;
            logs: boolean;
        };
        Requested: {
            /** @description False: the run was already so, and nothing was written. */
            changed: boolean;
            /** @description What became of the request. */
            message: string;
            run: components["schemas"]["Run"];
        };
        LogData: {
            /** @description Of `attempt`. */
            attempt?: number;
            /** @description Of `attempt`. */
            pod?: string;
            /** @description Of `output`. */
            text?: string;
        };
        /** @description Server-sent events; this is the schema of each. `event: attempt` begins the output of an attempt and has its number and pod; `event: output` has text; `event: error` has a Problem as data and ends a stream that fails; `event: end` ends the output, which is incomplete if its data has a `reason`. A text is cut off then. */
        LogStream: {
            /** @enum {string} */
            event?: "attempt" | "output" | "end" | "error";
            data?: string;
        };
        Health: {
            /** @enum {string} */
            status: "healthy" | "unhealthy";
            version: string;
            /** Format: date-time */
            timestamp: string;
            failing?: string[];
        };
        EmptyRequest: Record<string, never>;
        /**
         * @example {
         *       "spec": {
         *         "taskId": 1,
         *         "serviceName": "auth-service",
         *         "markdownFiles": [
         *           {
         *             "filename": "task.md",
         *             "content": "# Add password reset"
         *           }
         *         ]
         *       }
         *     }
         */
        ApplyRequest: {
            /** @description What the caller decides of the run's specification, as in docs/reference. Admission fills in the rest. */
            spec: Record<string, never>;
            /** @description Of the run to change. If another one has the name now, the answer is 409. */
            uid?: string;
            /** @description Version of the run that the change was decided on. If the run has changed since, the answer is 409. */
            resourceVersion?: string;
        };
        RetryRequest: {
            /**
             * @description Stop an attempt that is running.
             * @default false
             */
            replace?: boolean;
        };
        /**
         * @example {
         *       "additional_context": "The tests need Node 22."
         *     }
         */
        ContextRequest: {
            /** @description What the agent should know. */
            additional_context?: string;
            /** @description The same, under its other name. */
            context?: string;
            /** @description Has no effect. */
            metadata?: Record<string, never> | null;
        } & (unknown | unknown);
        /** @description Number of the task, as number or digits. */
        TaskNumber: number | components["schemas"]["TaskDigits"];
        /** @description Files that the agent works from. */
        Files: {
            content: string;
            filename: string;
            /**
             * @description Purpose of the file.
             * @enum {unknown}
             */
            file_type?: "task" | "design-spec" | "prompt" | "context" | "acceptance-criteria" | "design_spec" | "acceptance_criteria" | "Task" | "DesignSpec" | "Prompt" | "Context" | "AcceptanceCriteria" | null;
        }[];
        /** @description Repository: its URL, or an object. */
        TaskRepository: string | components["schemas"]["RepositoryObject"] | null;
        RepositoryObject: {
            url: string;
            branch?: string | null;
            github_user?: string | null;
            path?: string | null;
            /** @description Refused. Store the token in a Secret, see docs/guide/server.md. */
            token?: null;
        };
        /** @description A PmTaskRequest or a CodeRequest. A body with `markdown_files`, `service_name` or `id` is a PmTaskRequest. */
        TaskSubmission: components["schemas"]["PmTaskRequest"] | components["schemas"]["CodeRequest"];
        /**
         * @example {
         *       "id": 1,
         *       "service_name": "auth-service",
         *       "markdown_files": [
         *         {
         *           "filename": "task.md",
         *           "file_type": "task",
         *           "content": "# Add password reset to the auth service"
         *         }
         *       ]
         *     }
         */
        PmTaskRequest: {
            id: components["schemas"]["TaskNumber"];
            service_name: components["schemas"]["ServiceName"];
            agent_name?: string | null;
            /** @description App that works in the repository, unless repository.github_user is set. Default: that of the agent's profile. */
            github_app?: string | null;
            model?: string | null;
            /** @description Which run starts first. Words of other tools are taken as medium. */
            priority?: string | null;
            markdown_files: components["schemas"]["Files"];
            agent_tools?: {
                name: string;
                enabled?: boolean | null;
                config?: Record<string, never> | null;
                restrictions?: string[] | null;
            }[] | null;
            repository?: components["schemas"]["TaskRepository"];
            /** @description Directory in the repository; needs `repository`. */
            working_directory?: string | null;
            /** @description Becomes the file `prompt-modification.md`. */
            prompt_modification?: string | null;
            /**
             * @description `replace` drops the other files of type prompt.
             * @enum {unknown}
             */
            prompt_mode?: "append" | "replace" | null;
            /** @description Has no effect; the agent reads `markdown_files`. */
            title?: string | null;
            /** @description Has no effect. */
            description?: string | null;
            /** @description Has no effect. */
            details?: string | null;
            /** @description Has no effect. */
            test_strategy?: string | null;
            /** @description Has no effect. */
            testStrategy?: string | null;
            /** @description Has no effect. */
            status?: string | null;
            /** @description Has no effect; `depends_on` names runs to wait for. */
            dependencies?: components["schemas"]["TaskNumber"][] | null;
            /** @description Names of TaskRuns that have to succeed first. */
            depends_on?: components["schemas"]["RunName"][] | null;
            /** @description Has no effect. */
            subtasks?: Record<string, never>[] | null;
            local_tools?: components["schemas"]["NoTools"];
            remote_tools?: components["schemas"]["NoTools"];
            /**
             * @description TaskRuns have no other.
             * @enum {unknown}
             */
            tool_config?: "default" | null;
        };
        /** @description Empty: a TaskRun has no MCP tools. Submit a CodeRequest for them. */
        NoTools: string[] | null;
        /** @description Service that the task belongs to. */
        ServiceName: string;
        /** @description Names, as a list or separated by commas. */
        Tools: string[] | string | null;
        /**
         * @example {
         *       "task_id": 1,
         *       "service": "trader",
         *       "repository_url": "git@github.com:5dlabs/platform.git",
         *       "docs_repository_url": "git@github.com:5dlabs/platform.git",
         *       "docs_project_directory": "_projects/trader",
         *       "github_user": "swe-1-5dlabs"
         *     }
         */
        CodeRequest: {
            task_id: components["schemas"]["TaskNumber"];
            service: components["schemas"]["ServiceName"];
            repository_url?: string | null;
            repository?: components["schemas"]["TaskRepository"];
            docs_repository_url: string;
            docs_project_directory?: string | null;
            docs_branch?: string | null;
            working_directory?: string | null;
            model?: string | null;
            github_user?: string | null;
            github_app?: string | null;
            local_tools?: components["schemas"]["Tools"];
            remote_tools?: components["schemas"]["Tools"];
            /** @enum {unknown} */
            tool_config?: "minimal" | "default" | "advanced" | null;
            context_version?: number | null;
            prompt_modification?: string | null;
            /** @enum {unknown} */
            prompt_mode?: "append" | "replace" | null;
            continue_session?: boolean | null;
            overwrite_memory?: boolean | null;
            env?: {
                [key: string]: string;
            } | null;
            env_from_secrets?: components["schemas"]["SecretVariable"][] | null;
        };
        SecretVariable: {
            name: string;
            secretName?: string;
            secretKey?: string;
            secret_name?: string;
            secret_key?: string;
        } & (unknown | unknown);
        /**
         * @example {
         *       "repository_url": "git@github.com:5dlabs/platform.git",
         *       "working_directory": "_projects/trader",
         *       "source_branch": "main",
         *       "github_user": "pm0-5dlabs"
         *     }
         */
        DocsRequest: {
            repository_url: string;
            working_directory: string;
            source_branch: string;
            model?: string | null;
            github_user?: string | null;
            github_app?: string | null;
            /** @description Requests another attempt of a DocsRun that has ended. */
            force?: boolean | null;
            /** @description Admission and validation only; nothing is created. */
            dry_run?: boolean | null;
            /** @description Has no effect; the agent names its branch. */
            target_branch?: string | null;
            /** @description Has no effect. */
            service_name?: string | null;
            /** @description Has no effect; `github_user` or `github_app` is the agent. */
            agent_name?: string | null;
            /** @description Has no effect; a DocsRun covers all tasks. */
            task_id?: components["schemas"]["TaskNumber"] | null;
        };
        SessionRequest: {
            session_id: string;
        };
        Failure: {
            /** @constant */
            success: false;
            /** @description The detail of the problem. */
            message: string;
            problem: components["schemas"]["Problem"];
        };
        SubmittedAnswer: {
            /** @constant */
            success: true;
            message: string;
            data: {
                /** @description Name of the run. */
                name: string;
                namespace: string;
                service?: string;
                task_id?: number;
                /** @description Of a CodeRun. */
                coderun_name?: string;
                /** @description Of a DocsRun. */
                docsrun_name?: string;
                /** @description Of a DocsRun. */
                repository_url?: string;
            };
        };
        TaskSummary: {
            /** @enum {string} */
            kind: "TaskRun" | "CodeRun" | "DocsRun";
            name: string;
            task_id?: number;
            service_name?: string;
            agent_name?: string;
            context_version: number;
            phase: components["schemas"]["Phase"];
            session_id?: string;
            attempts: number;
            /** Format: date-time */
            last_updated?: string;
            message?: string;
        };
        TaskListAnswer: {
            /** @constant */
            success: true;
            data: {
                tasks: components["schemas"]["TaskSummary"][];
                /** @description Absent on the last page. */
                continue?: string;
            };
        };
        TaskStatus: {
            phase: components["schemas"]["Phase"];
            session_id?: string;
            job_name?: string;
            config_map_name?: string;
            attempts: number;
            /** Format: date-time */
            last_updated?: string;
            message: string;
            conditions?: Record<string, never>[];
        };
        TaskAnswer: {
            /** @constant */
            success: true;
            data: {
                /** @enum {string} */
                kind: "TaskRun" | "CodeRun" | "DocsRun";
                name: string;
                namespace: string;
                task_id?: number;
                service_name?: string;
                agent_name?: string;
                model?: string;
                context_version: number;
                markdown_files: {
                    filename: string;
                    file_type?: string;
                    /** @description Bytes. */
                    content_length: number;
                }[];
                status: components["schemas"]["TaskStatus"];
            };
        };
        TaskStatusAnswer: {
            /** @constant */
            success: true;
            data: components["schemas"]["TaskStatus"];
        };
        TaskContextAnswer: {
            /** @constant */
            success: true;
            message: string;
            data: {
                name: string;
                context_version: number;
            };
        };
        TaskSessionAnswer: {
            /** @constant */
            success: true;
            message: string;
            data: {
                name: string;
                task_id?: number;
                session_id: string;
            };
        };
        TaskRequestedAnswer: {
            /** @constant */
            success: true;
            message: string;
            data: {
                name: string;
                namespace: string;
                changed: boolean;
            };
        };
    };
    responses: {
        /** @description The request is malformed. `field` names the parameter or the path in the body. */
        BadRequest: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The bearer token is missing, or the API server rejects it. */
        Unauthorized: {
            headers: {
                /** @description The scheme that is expected. */
                "WWW-Authenticate"?: "Bearer";
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The caller lacks a right, which `detail` names, or admission denies the request. */
        Forbidden: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The run does not exist. */
        NotFound: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The state of the run does not allow the request. `detail` says what does. */
        Conflict: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The page token or the version is too old. List again. */
        Gone: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The body exceeds 2 MiB. */
        TooLarge: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The body is not application/json. */
        UnsupportedMediaType: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The run would be invalid. `detail` has the findings of the API server. */
        Invalid: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The caller sends too many requests or has too many streams open, or the API server is overloaded. */
        TooManyRequests: {
            headers: {
                /** @description Seconds to wait. */
                "Retry-After"?: number;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Address and headers together exceed 32 KiB. The connection is closed. */
        HeadersTooLarge: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The API server failed. */
        BadGateway: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The API server cannot be reached, or this server is stopping. */
        Unavailable: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The API server did not answer in time. */
        GatewayTimeout: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The request is malformed. */
        LegacyBadRequest: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
            };
        };
        /** @description The bearer token is missing, or the API server rejects it. */
        LegacyUnauthorized: {
            headers: {
                /** @description The scheme that is expected. */
                "WWW-Authenticate"?: "Bearer";
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
            };
        };
        /** @description The caller lacks a right, or admission denies the request. */
        LegacyForbidden: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
            };
        };
        /** @description No run of the task exists. */
        LegacyNotFound: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
            };
        };
        /** @description The task exists with another specification, has several runs, or its state does not allow the request. */
        LegacyConflict: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
            };
        };
        /** @description The page token is too old. List again. */
        LegacyGone: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
            };
        };
        /** @description The body exceeds 2 MiB. */
        LegacyTooLarge: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
            };
        };
        /** @description The body is not application/json. */
        LegacyUnsupportedMediaType: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
            };
        };
        /** @description The run would be invalid. */
        LegacyInvalid: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
            };
        };
        /** @description The caller sends too many requests or has too many streams open, or the API server is overloaded. */
        LegacyTooManyRequests: {
            headers: {
                /** @description Seconds to wait. */
                "Retry-After"?: number;
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
            };
        };
        /** @description The API server failed. */
        LegacyBadGateway: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
            };
        };
        /** @description The API server cannot be reached, or this server is stopping. */
        LegacyUnavailable: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
            };
        };
        /** @description The API server did not answer in time. */
        LegacyGatewayTimeout: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
            };
        };
    };
    parameters: {
        /**
         * @description Namespace of the runs.
         * @example orchestrator
         */
        namespace: components["schemas"]["NamespaceName"];
        /**
         * @description Kind of the run, as in the paths of the Kubernetes API.
         * @example taskruns
         */
        resource: "taskruns" | "coderuns" | "docsruns";
        /**
         * @description Name of the run.
         * @example auth-service-task-1
         */
        name: components["schemas"]["RunName"];
        /**
         * @description `metadata.uid` that the run must have.
         * @example 5a9c0d5e-0c1b-4a57-9d4f-6f0f4c1f2a11
         */
        uid: string;
        /**
         * @description Only of this repository, as owner/name.
         * @example acme/shop
         */
        repository: string;
        /**
         * @description Only about the issue or pull request with this number.
         * @example 7
         */
        number: number;
        /**
         * @description Only in this phase.
         * @example Failed
         */
        deliveryPhase: "Undecided" | "Decided" | "Waiting" | "Done" | "Ignored" | "Failed";
        /**
         * @description What to group by.
         * @example model
         */
        usageGroup: "agent" | "service" | "namespace" | "kind" | "model" | "day" | "week" | "month";
        /**
         * @description Only runs that have ended since, or have not ended.
         * @example 2026-11-01
         */
        since: string;
        /**
         * @description `metadata.uid` that the run had.
         * @example 5a9c0d5e-0c1b-4a57-9d4f-6f0f4c1f2a11
         */
        archivedUid: string;
        /**
         * @description Number of an attempt of the run.
         * @example 1
         */
        archivedAttempt: number;
        /**
         * @description Only runs of this kind. Can be repeated. Absent means all kinds.
         * @example [
         *       "taskrun"
         *     ]
         */
        kind: ("taskrun" | "coderun" | "docsrun")[];
        /**
         * @description Only runs in this phase. Can be repeated. The server applies it to each page, so a page can hold fewer runs than `limit` although more follow. A watch reports a run that is in none of the phases as deleted.
         * @example [
         *       "Running"
         *     ]
         */
        phase: components["schemas"]["Phase"][];
        /**
         * @description Only runs of this service.
         * @example auth-service
         */
        service: string;
        /**
         * @description Only runs of this task.
         * @example 1
         */
        task: components["schemas"]["TaskDigits"];
        /**
         * @description Only runs with these labels, in the syntax of the Kubernetes API.
         * @example orchestrator.io/priority=high
         */
        labelSelector: string;
        /**
         * @description Only runs with this name.
         * @example auth-service-task-1
         */
        named: components["schemas"]["RunName"];
        /**
         * @description Also `model`, `job`, `costUSD`, `message` and `pullRequestUrl` of each run, as `kubectl get -o wide` prints them.
         * @example true
         */
        wide: boolean;
        /**
         * @description Check the request, and store nothing.
         * @example true
         */
        dryRun: boolean;
        /**
         * @description Runs of one page. The server reads two pages of more than 500 at once; others wait.
         * @example 100
         */
        limit: number;
        /**
         * @description Tasks of one page.
         * @example 100
         */
        taskLimit: number;
        /** @description The `continue` of the page before. The other parameters must be the same. */
        continue: string;
        /**
         * @description Changes as server-sent events. The server ends a stream after some time; continue as with any watch of Kubernetes.
         * @example true
         */
        watch: boolean;
        /** @description With `watch`, the `version` of the last page of a list with the same kinds. Absent: the stream begins with all present runs as added. */
        version: string;
        /**
         * @description Number of the attempt. Absent means the latest.
         * @example 1
         */
        attempt: number;
        /**
         * @description Lines from the end of an attempt's output. Absent means all.
         * @example 100
         */
        tail: number;
        /**
         * @description Go on until the run ends, also through further attempts.
         * @example true
         */
        follow: boolean;
        /**
         * @description Begin each line with its time.
         * @example false
         */
        timestamps: boolean;
        /**
         * @description Namespace of the run. Absent means the default of the server, which is `orchestrator` unless configured.
         * @example orchestrator
         */
        inNamespace: components["schemas"]["NamespaceName"];
        /**
         * @description Number of a task that has one run, or name of a run.
         * @example 1
         */
        taskOrName: components["schemas"]["RunName"];
    };
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type NamespaceName = components['schemas']['NamespaceName'];
export type RunName = components['schemas']['RunName'];
export type TaskDigits = components['schemas']['TaskDigits'];
export type Phase = components['schemas']['Phase'];
export type Problem = components['schemas']['Problem'];
export type Caller = components['schemas']['Caller'];
export type NamespaceList = components['schemas']['NamespaceList'];
export type RunSummary = components['schemas']['RunSummary'];
export type RunList = components['schemas']['RunList'];
export type RunChange = components['schemas']['RunChange'];
export type RunChangeStream = components['schemas']['RunChangeStream'];
export type StreamEndData = components['schemas']['StreamEndData'];
export type Run = components['schemas']['Run'];
export type RunStatus = components['schemas']['RunStatus'];
export type Condition = components['schemas']['Condition'];
export type Attempt = components['schemas']['Attempt'];
export type Metadata = components['schemas']['Metadata'];
export type RunStreamChange = components['schemas']['RunStreamChange'];
export type RunStream = components['schemas']['RunStream'];
export type RunUsage = components['schemas']['RunUsage'];
export type UsageReport = components['schemas']['UsageReport'];
export type UsageRow = components['schemas']['UsageRow'];
export type UsageSum = components['schemas']['UsageSum'];
export type BudgetList = components['schemas']['BudgetList'];
export type BudgetSummary = components['schemas']['BudgetSummary'];
export type WaitingRun = components['schemas']['WaitingRun'];
export type DeliveryList = components['schemas']['DeliveryList'];
export type DeliverySummary = components['schemas']['DeliverySummary'];
export type PlayList = components['schemas']['PlayList'];
export type PlaySummary = components['schemas']['PlaySummary'];
export type PlayStepSummary = components['schemas']['PlayStepSummary'];
export type BudgetAmount = components['schemas']['BudgetAmount'];
export type ArchivedRunList = components['schemas']['ArchivedRunList'];
export type ArchivedRunSummary = components['schemas']['ArchivedRunSummary'];
export type ArchivedTranscript = components['schemas']['ArchivedTranscript'];
export type ArchivedRun = components['schemas']['ArchivedRun'];
export type RunEventList = components['schemas']['RunEventList'];
export type RunFileList = components['schemas']['RunFileList'];
export type RunAccess = components['schemas']['RunAccess'];
export type Requested = components['schemas']['Requested'];
export type LogData = components['schemas']['LogData'];
export type LogStream = components['schemas']['LogStream'];
export type Health = components['schemas']['Health'];
export type EmptyRequest = components['schemas']['EmptyRequest'];
export type ApplyRequest = components['schemas']['ApplyRequest'];
export type RetryRequest = components['schemas']['RetryRequest'];
export type ContextRequest = components['schemas']['ContextRequest'];
export type TaskNumber = components['schemas']['TaskNumber'];
export type Files = components['schemas']['Files'];
export type TaskRepository = components['schemas']['TaskRepository'];
export type RepositoryObject = components['schemas']['RepositoryObject'];
export type TaskSubmission = components['schemas']['TaskSubmission'];
export type PmTaskRequest = components['schemas']['PmTaskRequest'];
export type NoTools = components['schemas']['NoTools'];
export type ServiceName = components['schemas']['ServiceName'];
export type Tools = components['schemas']['Tools'];
export type CodeRequest = components['schemas']['CodeRequest'];
export type SecretVariable = components['schemas']['SecretVariable'];
export type DocsRequest = components['schemas']['DocsRequest'];
export type SessionRequest = components['schemas']['SessionRequest'];
export type Failure = components['schemas']['Failure'];
export type SubmittedAnswer = components['schemas']['SubmittedAnswer'];
export type TaskSummary = components['schemas']['TaskSummary'];
export type TaskListAnswer = components['schemas']['TaskListAnswer'];
export type TaskStatus = components['schemas']['TaskStatus'];
export type TaskAnswer = components['schemas']['TaskAnswer'];
export type TaskStatusAnswer = components['schemas']['TaskStatusAnswer'];
export type TaskContextAnswer = components['schemas']['TaskContextAnswer'];
export type TaskSessionAnswer = components['schemas']['TaskSessionAnswer'];
export type TaskRequestedAnswer = components['schemas']['TaskRequestedAnswer'];
export type ResponseBadRequest = components['responses']['BadRequest'];
export type ResponseUnauthorized = components['responses']['Unauthorized'];
export type ResponseForbidden = components['responses']['Forbidden'];
export type ResponseNotFound = components['responses']['NotFound'];
export type ResponseConflict = components['responses']['Conflict'];
export type ResponseGone = components['responses']['Gone'];
export type ResponseTooLarge = components['responses']['TooLarge'];
export type ResponseUnsupportedMediaType = components['responses']['UnsupportedMediaType'];
export type ResponseInvalid = components['responses']['Invalid'];
export type ResponseTooManyRequests = components['responses']['TooManyRequests'];
export type ResponseHeadersTooLarge = components['responses']['HeadersTooLarge'];
export type ResponseBadGateway = components['responses']['BadGateway'];
export type ResponseUnavailable = components['responses']['Unavailable'];
export type ResponseGatewayTimeout = components['responses']['GatewayTimeout'];
export type ResponseLegacyBadRequest = components['responses']['LegacyBadRequest'];
export type ResponseLegacyUnauthorized = components['responses']['LegacyUnauthorized'];
export type ResponseLegacyForbidden = components['responses']['LegacyForbidden'];
export type ResponseLegacyNotFound = components['responses']['LegacyNotFound'];
export type ResponseLegacyConflict = components['responses']['LegacyConflict'];
export type ResponseLegacyGone = components['responses']['LegacyGone'];
export type ResponseLegacyTooLarge = components['responses']['LegacyTooLarge'];
export type ResponseLegacyUnsupportedMediaType = components['responses']['LegacyUnsupportedMediaType'];
export type ResponseLegacyInvalid = components['responses']['LegacyInvalid'];
export type ResponseLegacyTooManyRequests = components['responses']['LegacyTooManyRequests'];
export type ResponseLegacyBadGateway = components['responses']['LegacyBadGateway'];
export type ResponseLegacyUnavailable = components['responses']['LegacyUnavailable'];
export type ResponseLegacyGatewayTimeout = components['responses']['LegacyGatewayTimeout'];
export type ParameterNamespace = components['parameters']['namespace'];
export type ParameterResource = components['parameters']['resource'];
export type ParameterName = components['parameters']['name'];
export type ParameterUid = components['parameters']['uid'];
export type ParameterRepository = components['parameters']['repository'];
export type ParameterNumber = components['parameters']['number'];
export type ParameterDeliveryPhase = components['parameters']['deliveryPhase'];
export type ParameterUsageGroup = components['parameters']['usageGroup'];
export type ParameterSince = components['parameters']['since'];
export type ParameterArchivedUid = components['parameters']['archivedUid'];
export type ParameterArchivedAttempt = components['parameters']['archivedAttempt'];
export type ParameterKind = components['parameters']['kind'];
export type ParameterPhase = components['parameters']['phase'];
export type ParameterService = components['parameters']['service'];
export type ParameterTask = components['parameters']['task'];
export type ParameterLabelSelector = components['parameters']['labelSelector'];
export type ParameterNamed = components['parameters']['named'];
export type ParameterWide = components['parameters']['wide'];
export type ParameterDryRun = components['parameters']['dryRun'];
export type ParameterLimit = components['parameters']['limit'];
export type ParameterTaskLimit = components['parameters']['taskLimit'];
export type ParameterContinue = components['parameters']['continue'];
export type ParameterWatch = components['parameters']['watch'];
export type ParameterVersion = components['parameters']['version'];
export type ParameterAttempt = components['parameters']['attempt'];
export type ParameterTail = components['parameters']['tail'];
export type ParameterFollow = components['parameters']['follow'];
export type ParameterTimestamps = components['parameters']['timestamps'];
export type ParameterInNamespace = components['parameters']['inNamespace'];
export type ParameterTaskOrName = components['parameters']['taskOrName'];
export type $defs = Record<string, never>;
export interface operations {
    getCaller: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The caller. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Caller"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeadersTooLarge"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    listNamespaces: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The namespaces, by name. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NamespaceList"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeadersTooLarge"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    listAllRuns: {
        parameters: {
            query?: {
                /**
                 * @description Only runs of this kind. Can be repeated. Absent means all kinds.
                 * @example [
                 *       "taskrun"
                 *     ]
                 */
                kind?: components["parameters"]["kind"];
                /**
                 * @description Only runs in this phase. Can be repeated. The server applies it to each page, so a page can hold fewer runs than `limit` although more follow. A watch reports a run that is in none of the phases as deleted.
                 * @example [
                 *       "Running"
                 *     ]
                 */
                phase?: components["parameters"]["phase"];
                /**
                 * @description Only runs of this service.
                 * @example auth-service
                 */
                service?: components["parameters"]["service"];
                /**
                 * @description Only runs of this task.
                 * @example 1
                 */
                task?: components["parameters"]["task"];
                /**
                 * @description Only runs with these labels, in the syntax of the Kubernetes API.
                 * @example orchestrator.io/priority=high
                 */
                labelSelector?: components["parameters"]["labelSelector"];
                /**
                 * @description Only runs with this name.
                 * @example auth-service-task-1
                 */
                name?: components["parameters"]["named"];
                /**
                 * @description Also `model`, `job`, `costUSD`, `message` and `pullRequestUrl` of each run, as `kubectl get -o wide` prints them.
                 * @example true
                 */
                wide?: components["parameters"]["wide"];
                /**
                 * @description Runs of one page. The server reads two pages of more than 500 at once; others wait.
                 * @example 100
                 */
                limit?: components["parameters"]["limit"];
                /** @description The `continue` of the page before. The other parameters must be the same. */
                continue?: components["parameters"]["continue"];
                /**
                 * @description Changes as server-sent events. The server ends a stream after some time; continue as with any watch of Kubernetes.
                 * @example true
                 */
                watch?: components["parameters"]["watch"];
                /** @description With `watch`, the `version` of the last page of a list with the same kinds. Absent: the stream begins with all present runs as added. */
                version?: components["parameters"]["version"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of runs, or the stream of their changes. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunList"];
                    "text/event-stream": components["schemas"]["RunChangeStream"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            410: components["responses"]["Gone"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeadersTooLarge"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    listRuns: {
        parameters: {
            query?: {
                /**
                 * @description Only runs of this kind. Can be repeated. Absent means all kinds.
                 * @example [
                 *       "taskrun"
                 *     ]
                 */
                kind?: components["parameters"]["kind"];
                /**
                 * @description Only runs in this phase. Can be repeated. The server applies it to each page, so a page can hold fewer runs than `limit` although more follow. A watch reports a run that is in none of the phases as deleted.
                 * @example [
                 *       "Running"
                 *     ]
                 */
                phase?: components["parameters"]["phase"];
                /**
                 * @description Only runs of this service.
                 * @example auth-service
                 */
                service?: components["parameters"]["service"];
                /**
                 * @description Only runs of this task.
                 * @example 1
                 */
                task?: components["parameters"]["task"];
                /**
                 * @description Only runs with these labels, in the syntax of the Kubernetes API.
                 * @example orchestrator.io/priority=high
                 */
                labelSelector?: components["parameters"]["labelSelector"];
                /**
                 * @description Only runs with this name.
                 * @example auth-service-task-1
                 */
                name?: components["parameters"]["named"];
                /**
                 * @description Also `model`, `job`, `costUSD`, `message` and `pullRequestUrl` of each run, as `kubectl get -o wide` prints them.
                 * @example true
                 */
                wide?: components["parameters"]["wide"];
                /**
                 * @description Runs of one page. The server reads two pages of more than 500 at once; others wait.
                 * @example 100
                 */
                limit?: components["parameters"]["limit"];
                /** @description The `continue` of the page before. The other parameters must be the same. */
                continue?: components["parameters"]["continue"];
                /**
                 * @description Changes as server-sent events. The server ends a stream after some time; continue as with any watch of Kubernetes.
                 * @example true
                 */
                watch?: components["parameters"]["watch"];
                /** @description With `watch`, the `version` of the last page of a list with the same kinds. Absent: the stream begins with all present runs as added. */
                version?: components["parameters"]["version"];
            };
            header?: never;
            path: {
                /**
                 * @description Namespace of the runs.
                 * @example orchestrator
                 */
                namespace: components["parameters"]["namespace"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of runs, or the stream of their changes. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunList"];
                    "text/event-stream": components["schemas"]["RunChangeStream"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            410: components["responses"]["Gone"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeadersTooLarge"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    listArchivedRuns: {
        parameters: {
            query?: {
                /**
                 * @description Only runs of this kind. Can be repeated. Absent means all kinds.
                 * @example [
                 *       "taskrun"
                 *     ]
                 */
                kind?: components["parameters"]["kind"];
                /**
                 * @description Only runs with this name.
                 * @example auth-service-task-1
                 */
                name?: components["parameters"]["named"];
                /**
                 * @description Runs of one page. The server reads two pages of more than 500 at once; others wait.
                 * @example 100
                 */
                limit?: components["parameters"]["limit"];
                /** @description The `continue` of the page before. The other parameters must be the same. */
                continue?: components["parameters"]["continue"];
            };
            header?: never;
            path: {
                /**
                 * @description Namespace of the runs.
                 * @example orchestrator
                 */
                namespace: components["parameters"]["namespace"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of archived runs. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ArchivedRunList"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeadersTooLarge"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    getArchivedRun: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Namespace of the runs.
                 * @example orchestrator
                 */
                namespace: components["parameters"]["namespace"];
                /**
                 * @description Kind of the run, as in the paths of the Kubernetes API.
                 * @example taskruns
                 */
                resource: components["parameters"]["resource"];
                /**
                 * @description Name of the run.
                 * @example auth-service-task-1
                 */
                name: components["parameters"]["name"];
                /**
                 * @description `metadata.uid` that the run had.
                 * @example 5a9c0d5e-0c1b-4a57-9d4f-6f0f4c1f2a11
                 */
                archivedUid: components["parameters"]["archivedUid"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The run as it was when it was removed. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ArchivedRun"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeadersTooLarge"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    getArchivedTranscript: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Namespace of the runs.
                 * @example orchestrator
                 */
                namespace: components["parameters"]["namespace"];
                /**
                 * @description Kind of the run, as in the paths of the Kubernetes API.
                 * @example taskruns
                 */
                resource: components["parameters"]["resource"];
                /**
                 * @description Name of the run.
                 * @example auth-service-task-1
                 */
                name: components["parameters"]["name"];
                /**
                 * @description `metadata.uid` that the run had.
                 * @example 5a9c0d5e-0c1b-4a57-9d4f-6f0f4c1f2a11
                 */
                archivedUid: components["parameters"]["archivedUid"];
                /**
                 * @description Number of an attempt of the run.
                 * @example 1
                 */
                archivedAttempt: components["parameters"]["archivedAttempt"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The log, without what looks like a key. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ArchivedTranscript"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeadersTooLarge"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    getUsage: {
        parameters: {
            query?: {
                /**
                 * @description Only runs of this kind. Can be repeated. Absent means all kinds.
                 * @example [
                 *       "taskrun"
                 *     ]
                 */
                kind?: components["parameters"]["kind"];
                /**
                 * @description Only runs of this service.
                 * @example auth-service
                 */
                service?: components["parameters"]["service"];
                /**
                 * @description Only runs with these labels, in the syntax of the Kubernetes API.
                 * @example orchestrator.io/priority=high
                 */
                labelSelector?: components["parameters"]["labelSelector"];
                /**
                 * @description What to group by.
                 * @example model
                 */
                by?: components["parameters"]["usageGroup"];
                /**
                 * @description Only runs that have ended since, or have not ended.
                 * @example 2026-11-01
                 */
                since?: components["parameters"]["since"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The sums. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UsageReport"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            410: components["responses"]["Gone"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeadersTooLarge"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    getNamespaceUsage: {
        parameters: {
            query?: {
                /**
                 * @description Only runs of this kind. Can be repeated. Absent means all kinds.
                 * @example [
                 *       "taskrun"
                 *     ]
                 */
                kind?: components["parameters"]["kind"];
                /**
                 * @description Only runs of this service.
                 * @example auth-service
                 */
                service?: components["parameters"]["service"];
                /**
                 * @description Only runs with these labels, in the syntax of the Kubernetes API.
                 * @example orchestrator.io/priority=high
                 */
                labelSelector?: components["parameters"]["labelSelector"];
                /**
                 * @description What to group by.
                 * @example model
                 */
                by?: components["parameters"]["usageGroup"];
                /**
                 * @description Only runs that have ended since, or have not ended.
                 * @example 2026-11-01
                 */
                since?: components["parameters"]["since"];
            };
            header?: never;
            path: {
                /**
                 * @description Namespace of the runs.
                 * @example orchestrator
                 */
                namespace: components["parameters"]["namespace"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The sums. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UsageReport"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            410: components["responses"]["Gone"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeadersTooLarge"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    listAllBudgets: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The Budgets. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BudgetList"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            410: components["responses"]["Gone"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeadersTooLarge"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    listBudgets: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Namespace of the runs.
                 * @example orchestrator
                 */
                namespace: components["parameters"]["namespace"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The Budgets. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BudgetList"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            410: components["responses"]["Gone"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeadersTooLarge"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    listAllDeliveries: {
        parameters: {
            query?: {
                /**
                 * @description Only of this repository, as owner/name.
                 * @example acme/shop
                 */
                repository?: components["parameters"]["repository"];
                /**
                 * @description Only about the issue or pull request with this number.
                 * @example 7
                 */
                number?: components["parameters"]["number"];
                /**
                 * @description Only in this phase.
                 * @example Failed
                 */
                phase?: components["parameters"]["deliveryPhase"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The Deliveries. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeliveryList"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            410: components["responses"]["Gone"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeadersTooLarge"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    listDeliveries: {
        parameters: {
            query?: {
                /**
                 * @description Only of this repository, as owner/name.
                 * @example acme/shop
                 */
                repository?: components["parameters"]["repository"];
                /**
                 * @description Only about the issue or pull request with this number.
                 * @example 7
                 */
                number?: components["parameters"]["number"];
                /**
                 * @description Only in this phase.
                 * @example Failed
                 */
                phase?: components["parameters"]["deliveryPhase"];
            };
            header?: never;
            path: {
                /**
                 * @description Namespace of the runs.
                 * @example orchestrator
                 */
                namespace: components["parameters"]["namespace"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The Deliveries. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeliveryList"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            410: components["responses"]["Gone"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeadersTooLarge"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    listAllPlays: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The plays. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlayList"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            410: components["responses"]["Gone"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeadersTooLarge"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    listPlays: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Namespace of the runs.
                 * @example orchestrator
                 */
                namespace: components["parameters"]["namespace"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The plays. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlayList"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            410: components["responses"]["Gone"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeadersTooLarge"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    getRun: {
        parameters: {
            query?: {
                /**
                 * @description Changes as server-sent events. The server ends a stream after some time; continue as with any watch of Kubernetes.
                 * @example true
                 */
                watch?: components["parameters"]["watch"];
            };
            header?: never;
            path: {
                /**
                 * @description Namespace of the runs.
                 * @example orchestrator
                 */
                namespace: components["parameters"]["namespace"];
                /**
                 * @description Kind of the run, as in the paths of the Kubernetes API.
                 * @example taskruns
                 */
                resource: components["parameters"]["resource"];
                /**
                 * @description Name of the run.
                 * @example auth-service-task-1
                 */
                name: components["parameters"]["name"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The run, or the stream of its states. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Run"];
                    "text/event-stream": components["schemas"]["RunStream"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeadersTooLarge"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    applyRun: {
        parameters: {
            query?: {
                /**
                 * @description Check the request, and store nothing.
                 * @example true
                 */
                dryRun?: components["parameters"]["dryRun"];
            };
            header?: never;
            path: {
                /**
                 * @description Namespace of the runs.
                 * @example orchestrator
                 */
                namespace: components["parameters"]["namespace"];
                /**
                 * @description Kind of the run, as in the paths of the Kubernetes API.
                 * @example taskruns
                 */
                resource: components["parameters"]["resource"];
                /**
                 * @description Name of the run.
                 * @example auth-service-task-1
                 */
                name: components["parameters"]["name"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ApplyRequest"];
            };
        };
        responses: {
            /** @description The run as it is stored; with `dryRun=true`, as it would be. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Run"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooManyRequests"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    deleteRun: {
        parameters: {
            query?: {
                /**
                 * @description `metadata.uid` that the run must have.
                 * @example 5a9c0d5e-0c1b-4a57-9d4f-6f0f4c1f2a11
                 */
                uid?: components["parameters"]["uid"];
            };
            header?: never;
            path: {
                /**
                 * @description Namespace of the runs.
                 * @example orchestrator
                 */
                namespace: components["parameters"]["namespace"];
                /**
                 * @description Kind of the run, as in the paths of the Kubernetes API.
                 * @example taskruns
                 */
                resource: components["parameters"]["resource"];
                /**
                 * @description Name of the run.
                 * @example auth-service-task-1
                 */
                name: components["parameters"]["name"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The run is deleted, or will be once its attempt has stopped. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Requested"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeadersTooLarge"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    listRunEvents: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Namespace of the runs.
                 * @example orchestrator
                 */
                namespace: components["parameters"]["namespace"];
                /**
                 * @description Kind of the run, as in the paths of the Kubernetes API.
                 * @example taskruns
                 */
                resource: components["parameters"]["resource"];
                /**
                 * @description Name of the run.
                 * @example auth-service-task-1
                 */
                name: components["parameters"]["name"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The Events, the latest last. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunEventList"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeadersTooLarge"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    listRunFiles: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Namespace of the runs.
                 * @example orchestrator
                 */
                namespace: components["parameters"]["namespace"];
                /**
                 * @description Kind of the run, as in the paths of the Kubernetes API.
                 * @example taskruns
                 */
                resource: components["parameters"]["resource"];
                /**
                 * @description Name of the run.
                 * @example auth-service-task-1
                 */
                name: components["parameters"]["name"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The files. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunFileList"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeadersTooLarge"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    readRunLogs: {
        parameters: {
            query?: {
                /**
                 * @description Number of the attempt. Absent means the latest.
                 * @example 1
                 */
                attempt?: components["parameters"]["attempt"];
                /**
                 * @description Lines from the end of an attempt's output. Absent means all.
                 * @example 100
                 */
                tail?: components["parameters"]["tail"];
                /**
                 * @description Go on until the run ends, also through further attempts.
                 * @example true
                 */
                follow?: components["parameters"]["follow"];
                /**
                 * @description Begin each line with its time.
                 * @example false
                 */
                timestamps?: components["parameters"]["timestamps"];
            };
            header?: never;
            path: {
                /**
                 * @description Namespace of the runs.
                 * @example orchestrator
                 */
                namespace: components["parameters"]["namespace"];
                /**
                 * @description Kind of the run, as in the paths of the Kubernetes API.
                 * @example taskruns
                 */
                resource: components["parameters"]["resource"];
                /**
                 * @description Name of the run.
                 * @example auth-service-task-1
                 */
                name: components["parameters"]["name"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The output. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                    "text/event-stream": components["schemas"]["LogStream"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeadersTooLarge"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    getRunAccess: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Namespace of the runs.
                 * @example orchestrator
                 */
                namespace: components["parameters"]["namespace"];
                /**
                 * @description Kind of the run, as in the paths of the Kubernetes API.
                 * @example taskruns
                 */
                resource: components["parameters"]["resource"];
                /**
                 * @description Name of the run.
                 * @example auth-service-task-1
                 */
                name: components["parameters"]["name"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The rights. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunAccess"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeadersTooLarge"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    retryRun: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Namespace of the runs.
                 * @example orchestrator
                 */
                namespace: components["parameters"]["namespace"];
                /**
                 * @description Kind of the run, as in the paths of the Kubernetes API.
                 * @example taskruns
                 */
                resource: components["parameters"]["resource"];
                /**
                 * @description Name of the run.
                 * @example auth-service-task-1
                 */
                name: components["parameters"]["name"];
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["RetryRequest"];
            };
        };
        responses: {
            /** @description The request is recorded, or the run was already so. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Requested"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeadersTooLarge"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    suspendRun: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Namespace of the runs.
                 * @example orchestrator
                 */
                namespace: components["parameters"]["namespace"];
                /**
                 * @description Kind of the run, as in the paths of the Kubernetes API.
                 * @example taskruns
                 */
                resource: components["parameters"]["resource"];
                /**
                 * @description Name of the run.
                 * @example auth-service-task-1
                 */
                name: components["parameters"]["name"];
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["EmptyRequest"];
            };
        };
        responses: {
            /** @description The request is recorded, or the run was already so. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Requested"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeadersTooLarge"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    resumeRun: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Namespace of the runs.
                 * @example orchestrator
                 */
                namespace: components["parameters"]["namespace"];
                /**
                 * @description Kind of the run, as in the paths of the Kubernetes API.
                 * @example taskruns
                 */
                resource: components["parameters"]["resource"];
                /**
                 * @description Name of the run.
                 * @example auth-service-task-1
                 */
                name: components["parameters"]["name"];
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["EmptyRequest"];
            };
        };
        responses: {
            /** @description The request is recorded, or the run was already so. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Requested"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeadersTooLarge"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    cancelRun: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Namespace of the runs.
                 * @example orchestrator
                 */
                namespace: components["parameters"]["namespace"];
                /**
                 * @description Kind of the run, as in the paths of the Kubernetes API.
                 * @example taskruns
                 */
                resource: components["parameters"]["resource"];
                /**
                 * @description Name of the run.
                 * @example auth-service-task-1
                 */
                name: components["parameters"]["name"];
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["EmptyRequest"];
            };
        };
        responses: {
            /** @description The request is recorded, or the run was already so. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Requested"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeadersTooLarge"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    addRunContext: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Namespace of the runs.
                 * @example orchestrator
                 */
                namespace: components["parameters"]["namespace"];
                /**
                 * @description Kind of the run, as in the paths of the Kubernetes API.
                 * @example taskruns
                 */
                resource: components["parameters"]["resource"];
                /**
                 * @description Name of the run.
                 * @example auth-service-task-1
                 */
                name: components["parameters"]["name"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ContextRequest"];
            };
        };
        responses: {
            /** @description The request is recorded, or the run was already so. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Requested"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeadersTooLarge"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    listTasks: {
        parameters: {
            query?: {
                /**
                 * @description Namespace of the run. Absent means the default of the server, which is `orchestrator` unless configured.
                 * @example orchestrator
                 */
                namespace?: components["parameters"]["inNamespace"];
                /**
                 * @description Tasks of one page.
                 * @example 100
                 */
                limit?: components["parameters"]["taskLimit"];
                /** @description The `continue` of the page before. The other parameters must be the same. */
                continue?: components["parameters"]["continue"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of tasks. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TaskListAnswer"];
                };
            };
            400: components["responses"]["LegacyBadRequest"];
            401: components["responses"]["LegacyUnauthorized"];
            403: components["responses"]["LegacyForbidden"];
            404: components["responses"]["LegacyNotFound"];
            410: components["responses"]["LegacyGone"];
            429: components["responses"]["LegacyTooManyRequests"];
            431: components["responses"]["HeadersTooLarge"];
            502: components["responses"]["LegacyBadGateway"];
            503: components["responses"]["LegacyUnavailable"];
            504: components["responses"]["LegacyGatewayTimeout"];
        };
    };
    submitTask: {
        parameters: {
            query?: {
                /**
                 * @description Namespace of the run. Absent means the default of the server, which is `orchestrator` unless configured.
                 * @example orchestrator
                 */
                namespace?: components["parameters"]["inNamespace"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TaskSubmission"];
            };
        };
        responses: {
            /** @description The run exists. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SubmittedAnswer"];
                };
            };
            400: components["responses"]["LegacyBadRequest"];
            401: components["responses"]["LegacyUnauthorized"];
            403: components["responses"]["LegacyForbidden"];
            404: components["responses"]["LegacyNotFound"];
            409: components["responses"]["LegacyConflict"];
            413: components["responses"]["LegacyTooLarge"];
            415: components["responses"]["LegacyUnsupportedMediaType"];
            422: components["responses"]["LegacyInvalid"];
            429: components["responses"]["LegacyTooManyRequests"];
            431: components["responses"]["HeadersTooLarge"];
            502: components["responses"]["LegacyBadGateway"];
            503: components["responses"]["LegacyUnavailable"];
            504: components["responses"]["LegacyGatewayTimeout"];
        };
    };
    submitCode: {
        parameters: {
            query?: {
                /**
                 * @description Namespace of the run. Absent means the default of the server, which is `orchestrator` unless configured.
                 * @example orchestrator
                 */
                namespace?: components["parameters"]["inNamespace"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CodeRequest"];
            };
        };
        responses: {
            /** @description The run exists. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SubmittedAnswer"];
                };
            };
            400: components["responses"]["LegacyBadRequest"];
            401: components["responses"]["LegacyUnauthorized"];
            403: components["responses"]["LegacyForbidden"];
            404: components["responses"]["LegacyNotFound"];
            409: components["responses"]["LegacyConflict"];
            413: components["responses"]["LegacyTooLarge"];
            415: components["responses"]["LegacyUnsupportedMediaType"];
            422: components["responses"]["LegacyInvalid"];
            429: components["responses"]["LegacyTooManyRequests"];
            431: components["responses"]["HeadersTooLarge"];
            502: components["responses"]["LegacyBadGateway"];
            503: components["responses"]["LegacyUnavailable"];
            504: components["responses"]["LegacyGatewayTimeout"];
        };
    };
    generateDocs: {
        parameters: {
            query?: {
                /**
                 * @description Namespace of the run. Absent means the default of the server, which is `orchestrator` unless configured.
                 * @example orchestrator
                 */
                namespace?: components["parameters"]["inNamespace"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DocsRequest"];
            };
        };
        responses: {
            /** @description The same request was made before. With `dry_run` the request is valid, and nothing was created. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SubmittedAnswer"];
                };
            };
            /** @description The DocsRun is created. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SubmittedAnswer"];
                };
            };
            400: components["responses"]["LegacyBadRequest"];
            401: components["responses"]["LegacyUnauthorized"];
            403: components["responses"]["LegacyForbidden"];
            404: components["responses"]["LegacyNotFound"];
            409: components["responses"]["LegacyConflict"];
            413: components["responses"]["LegacyTooLarge"];
            415: components["responses"]["LegacyUnsupportedMediaType"];
            422: components["responses"]["LegacyInvalid"];
            429: components["responses"]["LegacyTooManyRequests"];
            431: components["responses"]["HeadersTooLarge"];
            502: components["responses"]["LegacyBadGateway"];
            503: components["responses"]["LegacyUnavailable"];
            504: components["responses"]["LegacyGatewayTimeout"];
        };
    };
    getTask: {
        parameters: {
            query?: {
                /**
                 * @description Namespace of the run. Absent means the default of the server, which is `orchestrator` unless configured.
                 * @example orchestrator
                 */
                namespace?: components["parameters"]["inNamespace"];
            };
            header?: never;
            path: {
                /**
                 * @description Number of a task that has one run, or name of a run.
                 * @example 1
                 */
                id: components["parameters"]["taskOrName"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The task. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TaskAnswer"];
                };
            };
            400: components["responses"]["LegacyBadRequest"];
            401: components["responses"]["LegacyUnauthorized"];
            403: components["responses"]["LegacyForbidden"];
            404: components["responses"]["LegacyNotFound"];
            409: components["responses"]["LegacyConflict"];
            429: components["responses"]["LegacyTooManyRequests"];
            431: components["responses"]["HeadersTooLarge"];
            502: components["responses"]["LegacyBadGateway"];
            503: components["responses"]["LegacyUnavailable"];
            504: components["responses"]["LegacyGatewayTimeout"];
        };
    };
    getTaskStatus: {
        parameters: {
            query?: {
                /**
                 * @description Namespace of the run. Absent means the default of the server, which is `orchestrator` unless configured.
                 * @example orchestrator
                 */
                namespace?: components["parameters"]["inNamespace"];
            };
            header?: never;
            path: {
                /**
                 * @description Number of a task that has one run, or name of a run.
                 * @example 1
                 */
                id: components["parameters"]["taskOrName"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The status. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TaskStatusAnswer"];
                };
            };
            400: components["responses"]["LegacyBadRequest"];
            401: components["responses"]["LegacyUnauthorized"];
            403: components["responses"]["LegacyForbidden"];
            404: components["responses"]["LegacyNotFound"];
            409: components["responses"]["LegacyConflict"];
            429: components["responses"]["LegacyTooManyRequests"];
            431: components["responses"]["HeadersTooLarge"];
            502: components["responses"]["LegacyBadGateway"];
            503: components["responses"]["LegacyUnavailable"];
            504: components["responses"]["LegacyGatewayTimeout"];
        };
    };
    addTaskContext: {
        parameters: {
            query?: {
                /**
                 * @description Namespace of the run. Absent means the default of the server, which is `orchestrator` unless configured.
                 * @example orchestrator
                 */
                namespace?: components["parameters"]["inNamespace"];
            };
            header?: never;
            path: {
                /**
                 * @description Number of a task that has one run, or name of a run.
                 * @example 1
                 */
                id: components["parameters"]["taskOrName"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ContextRequest"];
            };
        };
        responses: {
            /** @description The context is added, or was there already. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TaskContextAnswer"];
                };
            };
            400: components["responses"]["LegacyBadRequest"];
            401: components["responses"]["LegacyUnauthorized"];
            403: components["responses"]["LegacyForbidden"];
            404: components["responses"]["LegacyNotFound"];
            409: components["responses"]["LegacyConflict"];
            413: components["responses"]["LegacyTooLarge"];
            415: components["responses"]["LegacyUnsupportedMediaType"];
            422: components["responses"]["LegacyInvalid"];
            429: components["responses"]["LegacyTooManyRequests"];
            431: components["responses"]["HeadersTooLarge"];
            502: components["responses"]["LegacyBadGateway"];
            503: components["responses"]["LegacyUnavailable"];
            504: components["responses"]["LegacyGatewayTimeout"];
        };
    };
    setTaskSession: {
        parameters: {
            query?: {
                /**
                 * @description Namespace of the run. Absent means the default of the server, which is `orchestrator` unless configured.
                 * @example orchestrator
                 */
                namespace?: components["parameters"]["inNamespace"];
            };
            header?: never;
            path: {
                /**
                 * @description Number of a task that has one run, or name of a run.
                 * @example 1
                 */
                id: components["parameters"]["taskOrName"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SessionRequest"];
            };
        };
        responses: {
            /** @description The session is recorded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TaskSessionAnswer"];
                };
            };
            400: components["responses"]["LegacyBadRequest"];
            401: components["responses"]["LegacyUnauthorized"];
            403: components["responses"]["LegacyForbidden"];
            404: components["responses"]["LegacyNotFound"];
            409: components["responses"]["LegacyConflict"];
            413: components["responses"]["LegacyTooLarge"];
            415: components["responses"]["LegacyUnsupportedMediaType"];
            422: components["responses"]["LegacyInvalid"];
            429: components["responses"]["LegacyTooManyRequests"];
            431: components["responses"]["HeadersTooLarge"];
            502: components["responses"]["LegacyBadGateway"];
            503: components["responses"]["LegacyUnavailable"];
            504: components["responses"]["LegacyGatewayTimeout"];
        };
    };
    retryTask: {
        parameters: {
            query?: {
                /**
                 * @description Namespace of the run. Absent means the default of the server, which is `orchestrator` unless configured.
                 * @example orchestrator
                 */
                namespace?: components["parameters"]["inNamespace"];
            };
            header?: never;
            path: {
                /**
                 * @description Number of a task that has one run, or name of a run.
                 * @example 1
                 */
                id: components["parameters"]["taskOrName"];
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["RetryRequest"];
            };
        };
        responses: {
            /** @description Another attempt is requested. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TaskRequestedAnswer"];
                };
            };
            400: components["responses"]["LegacyBadRequest"];
            401: components["responses"]["LegacyUnauthorized"];
            403: components["responses"]["LegacyForbidden"];
            404: components["responses"]["LegacyNotFound"];
            409: components["responses"]["LegacyConflict"];
            413: components["responses"]["LegacyTooLarge"];
            415: components["responses"]["LegacyUnsupportedMediaType"];
            422: components["responses"]["LegacyInvalid"];
            429: components["responses"]["LegacyTooManyRequests"];
            431: components["responses"]["HeadersTooLarge"];
            502: components["responses"]["LegacyBadGateway"];
            503: components["responses"]["LegacyUnavailable"];
            504: components["responses"]["LegacyGatewayTimeout"];
        };
    };
    cancelTask: {
        parameters: {
            query?: {
                /**
                 * @description Namespace of the run. Absent means the default of the server, which is `orchestrator` unless configured.
                 * @example orchestrator
                 */
                namespace?: components["parameters"]["inNamespace"];
            };
            header?: never;
            path: {
                /**
                 * @description Number of a task that has one run, or name of a run.
                 * @example 1
                 */
                id: components["parameters"]["taskOrName"];
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["EmptyRequest"];
            };
        };
        responses: {
            /** @description The cancellation is requested. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TaskRequestedAnswer"];
                };
            };
            400: components["responses"]["LegacyBadRequest"];
            401: components["responses"]["LegacyUnauthorized"];
            403: components["responses"]["LegacyForbidden"];
            404: components["responses"]["LegacyNotFound"];
            409: components["responses"]["LegacyConflict"];
            413: components["responses"]["LegacyTooLarge"];
            415: components["responses"]["LegacyUnsupportedMediaType"];
            422: components["responses"]["LegacyInvalid"];
            429: components["responses"]["LegacyTooManyRequests"];
            431: components["responses"]["HeadersTooLarge"];
            502: components["responses"]["LegacyBadGateway"];
            503: components["responses"]["LegacyUnavailable"];
            504: components["responses"]["LegacyGatewayTimeout"];
        };
    };
    readTaskLogs: {
        parameters: {
            query?: {
                /**
                 * @description Namespace of the run. Absent means the default of the server, which is `orchestrator` unless configured.
                 * @example orchestrator
                 */
                namespace?: components["parameters"]["inNamespace"];
                /**
                 * @description Number of the attempt. Absent means the latest.
                 * @example 1
                 */
                attempt?: components["parameters"]["attempt"];
                /**
                 * @description Lines from the end of an attempt's output. Absent means all.
                 * @example 100
                 */
                tail?: components["parameters"]["tail"];
                /**
                 * @description Go on until the run ends, also through further attempts.
                 * @example true
                 */
                follow?: components["parameters"]["follow"];
                /**
                 * @description Begin each line with its time.
                 * @example false
                 */
                timestamps?: components["parameters"]["timestamps"];
            };
            header?: never;
            path: {
                /**
                 * @description Number of a task that has one run, or name of a run.
                 * @example 1
                 */
                id: components["parameters"]["taskOrName"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The output. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                    "text/event-stream": components["schemas"]["LogStream"];
                };
            };
            400: components["responses"]["LegacyBadRequest"];
            401: components["responses"]["LegacyUnauthorized"];
            403: components["responses"]["LegacyForbidden"];
            404: components["responses"]["LegacyNotFound"];
            409: components["responses"]["LegacyConflict"];
            429: components["responses"]["LegacyTooManyRequests"];
            431: components["responses"]["HeadersTooLarge"];
            502: components["responses"]["LegacyBadGateway"];
            503: components["responses"]["LegacyUnavailable"];
            504: components["responses"]["LegacyGatewayTimeout"];
        };
    };
    getHealth: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It works. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
            400: components["responses"]["BadRequest"];
            /** @description It does not. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
        };
    };
    getApiHealth: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It works. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
            400: components["responses"]["BadRequest"];
            /** @description It does not. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
        };
    };
    getLiveness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Yes. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            400: components["responses"]["BadRequest"];
            /** @description No, with the reasons. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
        };
    };
    getReadiness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Yes. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            400: components["responses"]["BadRequest"];
            /** @description No, with the reasons. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
        };
    };
    getMetrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The metrics. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            400: components["responses"]["BadRequest"];
        };
    };
    getDocument: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The document. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
            400: components["responses"]["BadRequest"];
        };
    };
}
