// Generated from schemas/taskrun.yaml by `npm run generate`. Do not edit: change the source instead.
export interface components {
    schemas: {
        MarkdownFile: {
            /** @description Name without directories, ending in .md. */
            filename: string;
            /** @description What the file holds. */
            content: string;
            /**
             * @description What the file is for.
             * @enum {string}
             */
            fileType?: "task" | "design-spec" | "prompt" | "context" | "acceptance-criteria";
        };
        AgentTool: {
            /** @description Name of the tool, such as bash or edit. */
            name: string;
            /**
             * @description Whether it may be used.
             * @default true
             */
            enabled?: boolean;
            /** @description Settings of the tool, of any shape. */
            config?: Record<string, unknown>;
            /** @description What the tool may not do, each in the tool's own words. */
            restrictions?: string[];
        };
        /** @description Secret to use instead of the one that githubUser names. */
        RepositoryAuth: {
            /**
             * @description What the Secret holds.
             * @enum {string}
             */
            type: "Token" | "SshKey" | "BasicAuth";
            /** @description Name of the Secret, in the namespace of the TaskRun. */
            secretName: string;
            /**
             * @description Key in the Secret.
             * @default token
             */
            secretKey?: string;
        };
        /** @description Repository that is checked out into the workspace. */
        Repository: {
            /** @description Where it is, as https://, http://, ssh:// or git@. */
            url: string;
            /**
             * @description Branch to work from.
             * @default main
             */
            branch?: string;
            /** @description GitHub user the work is done as. Names the Secret with the key: github-ssh-<user> for git@ and ssh://, github-pat-<user> for https://. */
            githubUser?: string;
            /** @description Directory in the repository that the task is about. */
            path?: string;
            /** @description Secret to use instead of the one that githubUser names. */
            auth?: components["schemas"]["RepositoryAuth"];
            /** @description Always refused. Put the token into a Secret and name it in auth.secretName. */
            token?: string;
        };
        EnvVar: {
            /** @description Name of the variable. */
            name: string;
            /** @description Its value, as it is; nothing in it is expanded. */
            value: string;
        };
        /** @description Volume that the agent works in. One agent works in it at a time. */
        Workspace: {
            /** @description PersistentVolumeClaim; made if it isn't there. Default at admission: <serviceName>-workspace-pvc. */
            pvcName?: string;
        };
        /** @description What the agent's container asks for and may use at most, as in a container of a pod. Default at admission: resources.<priority>. */
        AgentResources: {
            /** @description Guaranteed amounts by resource name, such as cpu and memory. */
            requests?: {
                [key: string]: unknown;
            };
            /** @description Most that may be used, by resource name. */
            limits?: {
                [key: string]: unknown;
            };
        };
        /** @description What is done after a run failed. */
        RetryPolicy: {
            /**
             * Format: int32
             * @description Automatic runs after the first one, or after the last manual retry. Default at admission: retry.maxRetries.
             */
            maxRetries?: number;
            /**
             * Format: int32
             * @description Wait before the first automatic run; doubled each time.
             */
            initialBackoffSeconds?: number;
            /**
             * Format: int32
             * @description The longest wait before an automatic run.
             */
            maxBackoffSeconds?: number;
            /** @description Exit codes of the agent after which no automatic run is worth while. */
            terminalExitCodes?: number[];
        };
        /** @description What is to be done. */
        TaskRunSpec: {
            /**
             * Format: int32
             * @description Number of the task. At most one TaskRun that has not ended may have it, per service and namespace.
             */
            taskId: number;
            /** @description Service the task belongs to. Names the workspace, the directory in it, and what is created. */
            serviceName: string;
            /** @description Files that the agent finds in its task directory. Together, names and contents, they must stay under 1 MiB. A file named CLAUDE.md takes the place of the generated one. */
            markdownFiles: components["schemas"]["MarkdownFile"][];
            /** @description Who does the work; becomes a label. Default at admission: agent.name. */
            agentName?: string;
            /** @description Language model that the agent uses. Default at admission: agent.model. */
            model?: string;
            /**
             * Format: int32
             * @description Raise it together with new files to stop the present run and start one that has them.
             * @default 1
             */
            contextVersion?: number;
            /**
             * @description Which run goes first when more wait than may run at once. A waiting run gains priority with age.
             * @default medium
             * @enum {string}
             */
            priority?: "low" | "medium" | "high" | "critical";
            /**
             * Format: int32
             * @description Raise it by hand to run the task once more, whatever became of it before; the retry budget starts again.
             * @default 1
             */
            retryAttempt?: number;
            /** @description Tools the agent may or may not use. */
            agentTools?: components["schemas"]["AgentTool"][];
            /** @description Repository that is checked out into the workspace. */
            repository?: components["schemas"]["Repository"];
            /** @description Plain environment variables of the agent. Anyone who may read the object can read them: secrets belong into a Secret that the configuration names. */
            env?: components["schemas"]["EnvVar"][];
            /** @description Container image of the agent. Default at admission: agent.image. */
            image?: string;
            /**
             * @description When the image is pulled. Default at admission: agent.imagePullPolicy.
             * @enum {string}
             */
            imagePullPolicy?: "Always" | "IfNotPresent" | "Never";
            /** @description ServiceAccount that the pod names. No token of it is given to the agent. Default at admission: agent.serviceAccountName. */
            serviceAccountName?: string;
            /** @description Volume that the agent works in. One agent works in it at a time. */
            workspace?: components["schemas"]["Workspace"];
            /** @description What the agent's container asks for and may use at most, as in a container of a pod. Default at admission: resources.<priority>. */
            resources?: components["schemas"]["AgentResources"];
            /**
             * Format: int32
             * @description Seconds after which a run that still goes on is stopped, and counted as failed. Default at admission: job.activeDeadlineSeconds.
             */
            activeDeadlineSeconds?: number;
            /**
             * Format: int32
             * @description Seconds that a finished Job is kept, for its logs, before it is removed. Default at admission: job.ttlSecondsAfterFinished.
             */
            ttlSecondsAfterFinished?: number;
            /** @description What is done after a run failed. */
            retry?: components["schemas"]["RetryPolicy"];
            /** @description Names of runs of the same kind in the same namespace that have to succeed first. */
            dependsOn?: string[];
            /**
             * @description What becomes of it when a run of `dependsOn` ends without success: `Wait` until that one is retried and succeeds, or `Fail` at once, without having started.
             * @default Wait
             * @enum {string}
             */
            onDependencyFailure?: "Wait" | "Fail";
            /**
             * @description Stops before the next run, and suspends the Job of the present one, until it is false again.
             * @default false
             */
            suspend?: boolean;
            /**
             * @description Ends the work for good. Phase becomes Cancelled.
             * @default false
             */
            cancel?: boolean;
        };
        /**
         * @description Where the work stands. Succeeded, Failed and Cancelled are final, unless a manual retry is asked for.
         * @enum {string}
         */
        Phase: "Pending" | "Running" | "Succeeded" | "Failed" | "Cancelled";
        RunRecord: {
            /**
             * Format: int32
             * @description Number of the run, as in the names of its Job and ConfigMap.
             */
            number: number;
            /** @description Name of its Job. */
            jobName?: string;
            /** @description UID of its Job, which tells a Job that is gone from one that was never made. */
            jobUID?: string;
            /** @description Why the run was started. */
            cause?: string;
            /**
             * Format: date-time
             * @description When its Job was made.
             */
            startTime?: string;
            /**
             * Format: date-time
             * @description When it ended.
             */
            completionTime?: string;
            /** @description How it ended; absent while it goes on. */
            outcome?: string;
            /**
             * Format: int32
             * @description Exit code of the agent's container.
             */
            exitCode?: number;
            /** @description What made it fail. */
            reason?: string;
        };
        /**
         * @description What became of it. Written by the orchestrator only.
         * @default {
         *       "observedGeneration": 0
         *     }
         */
        TaskRunStatus: {
            /** @description Where the work stands. Succeeded, Failed and Cancelled are final, unless a manual retry is asked for. */
            phase?: components["schemas"]["Phase"];
            /**
             * Format: int64
             * @description metadata.generation that this status was made from.
             */
            observedGeneration?: number;
            /** @description What is known of the run: Admitted, DependenciesMet, WorkspaceReady, ConfigMapReady, JobCreated, Succeeded (Unknown until the end), and while they are true Reconciling and Stalled. */
            conditions?: {
                /** @description Name of the condition. */
                type: string;
                /**
                 * @description Whether it holds.
                 * @enum {string}
                 */
                status: "True" | "False" | "Unknown";
                /**
                 * Format: int64
                 * @description metadata.generation that it was seen at.
                 */
                observedGeneration?: number;
                /**
                 * Format: date-time
                 * @description When `status` last changed.
                 */
                lastTransitionTime: string;
                /** @description Why, in one CamelCase word, for machines. */
                reason: string;
                /** @description Why, in a sentence, for people. */
                message: string;
            }[];
            /** @description ConfigMap with the files of the newest run. */
            configMapName?: string;
            /** @description Job of the newest run. */
            jobName?: string;
            /**
             * Format: int32
             * @description Runs so far.
             */
            attempts?: number;
            /** @description The newest ten runs, one for each time an agent was started. */
            runs?: components["schemas"]["RunRecord"][];
            /**
             * Format: date-time
             * @description When the first run started.
             */
            startTime?: string;
            /**
             * Format: date-time
             * @description When the work ended.
             */
            completionTime?: string;
            /**
             * Format: date-time
             * @description When the next automatic run starts.
             */
            nextRetryTime?: string;
            /**
             * Format: date-time
             * @description When anything else here last changed.
             */
            lastUpdated?: string;
            /** @description What is going on, in a sentence. */
            message?: string;
            /** @description Session of the agent, as it gave it. */
            sessionId?: string;
            /** @description Pull request that the agent opened. */
            pullRequestUrl?: string;
            /** @description Whether the work is done; once true, no run is started by itself again. */
            workCompleted?: boolean;
            /**
             * Format: int32
             * @description spec.retryAttempt that was acted on.
             */
            observedRetryAttempt?: number;
            /**
             * Format: int32
             * @description spec.contextVersion that was acted on.
             */
            observedContextVersion?: number;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type MarkdownFile = components['schemas']['MarkdownFile'];
export type AgentTool = components['schemas']['AgentTool'];
export type RepositoryAuth = components['schemas']['RepositoryAuth'];
export type Repository = components['schemas']['Repository'];
export type EnvVar = components['schemas']['EnvVar'];
export type Workspace = components['schemas']['Workspace'];
export type AgentResources = components['schemas']['AgentResources'];
export type RetryPolicy = components['schemas']['RetryPolicy'];
export type TaskRunSpec = components['schemas']['TaskRunSpec'];
export type Phase = components['schemas']['Phase'];
export type RunRecord = components['schemas']['RunRecord'];
export type TaskRunStatus = components['schemas']['TaskRunStatus'];
