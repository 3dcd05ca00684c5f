// Generated from schemas/coderun.yaml by `npm run generate`. Do not edit: change the source instead.
export interface components {
    schemas: {
        /** @description The agent program and its settings. */
        CliConfig: {
            /** @description Agent program, such as claude, codex, cursor, gemini or opencode. Determines image and templates. */
            cliType: string;
            /** @description Language model. Overrides spec.model. */
            model?: string;
            /** @description Settings of the agent program, as it documents them, for its settings file: settings.json of claude and gemini, config.toml of codex, opencode.json. Settings that the orchestrator manages are ignored. Values that would make the program ignore the file or fail to start are rejected. */
            settings?: Record<string, unknown>;
            /**
             * Format: int32
             * @description Maximum number of tokens of an answer, if the program has such an option (claude, gemini, opencode).
             */
            maxTokens?: number;
            /** @description Sampling temperature of the model, if the program has such an option (gemini, opencode). */
            temperature?: number;
            /** @description Models that successive attempts use in turn, by their number. Overrides both fields named model. */
            modelRotation?: string[];
        };
        SecretVariable: {
            /** @description Name of the variable. */
            name: string;
            /** @description Name of the Secret. */
            secretName: string;
            /** @description Key in the Secret. */
            secretKey: string;
        };
        /** @description Volume that the agent works in. Only one agent works in it at a time. */
        Workspace: {
            /** @description Name of the PersistentVolumeClaim. Created if it does not exist. If it serves another identity, the run gets one of its own, `<name>-id-<hash>`. Default at admission: workspace-<service>-<agent>. */
            pvcName?: string;
        };
        /** @description Resource requests and limits of the agent's container, as in a pod. Default at admission: resources.<priority>. */
        AgentResources: {
            /** @description Guaranteed amounts by resource name, such as cpu and memory. */
            requests?: {
                [key: string]: unknown;
            };
            /** @description Maximum amounts by resource name. */
            limits?: {
                [key: string]: unknown;
            };
        };
        /** @description Retries after a failed attempt. */
        RetryPolicy: {
            /**
             * Format: int32
             * @description Maximum number of automatic retries after the first attempt, or after the last manual retry. Default at admission: retry.maxRetries.
             */
            maxRetries?: number;
            /**
             * Format: int32
             * @description Back-off in seconds before the first automatic retry; doubles each time.
             */
            initialBackoffSeconds?: number;
            /**
             * Format: int32
             * @description Maximum back-off in seconds before an automatic retry.
             */
            maxBackoffSeconds?: number;
            /** @description Exit codes of the agent that are not retried automatically. */
            terminalExitCodes?: number[];
        };
        /** @description Limit on what the run may spend on models, in all attempts together. The gateway refuses requests beyond it, and the attempt ends with the reason BudgetExceeded. To continue, raise it and `retryAttempt`. Default at admission: budget.default. */
        RunBudget: {
            /**
             * Format: int64
             * @description Tokens of all kinds together.
             */
            maxTokens?: number;
            /**
             * Format: double
             * @description US dollars. Models without a price in the configuration are then refused.
             */
            maxCostUSD?: number;
        };
        /** @description Specification of the work. */
        CodeRunSpec: {
            /**
             * Format: int32
             * @description Number of the task.
             */
            taskId: number;
            /** @description Service that the task belongs to. The names of the workspace, of its directory and of created objects contain it. */
            service: string;
            /** @description Type of work; default implementation. Templates can use it, and only an implementation has to end with a pull request. The label workflow-stage overrides it. */
            runType?: string;
            /** @description Has no effect; accepted for compatibility with objects of earlier controllers. The start script is the template code/container.sh, which can be overridden. */
            template?: string;
            /** @description Repository to work in: https://, http://, ssh://, git@, or owner/name on GitHub. */
            repositoryUrl: string;
            /** @description Repository with the documents of the tasks, in the same forms. May be the same repository. */
            docsRepositoryUrl: string;
            /** @description Directory of that repository that contains `.taskmaster`. Default: its root. */
            docsProjectDirectory?: string;
            /**
             * @description Branch of that repository.
             * @default main
             */
            docsBranch?: string;
            /** @description Directory of the repository that the agent works in. Default at admission: spec.service. */
            workingDirectory?: string;
            /** @description GitHub user that the agent works as. Determines the Secret with the credentials: github-ssh-<user> for git@ and ssh://, github-pat-<user> for https://, with the user in lower case and _ as -. */
            githubUser?: string;
            /** @description GitHub App that the agent works as. The part after its last dash is the agent, in lower case: rex for 5DLabs-Rex. Determines the Secret with `app-id` and `private-key`: github-app-<app>, in lower case, with spaces and _ as -. */
            githubApp?: string;
            /** @description Language model that the agent uses. Default at admission: agent.model. */
            model?: string;
            /** @description The agent program and its settings. */
            cliConfig?: components["schemas"]["CliConfig"];
            /**
             * @description Preset of MCP tools, to which localTools and remoteTools are added.
             * @default default
             * @enum {string}
             */
            toolConfig?: "minimal" | "default" | "advanced";
            /** @description MCP servers that run beside the agent. */
            localTools?: string[];
            /** @description Tools of the MCP server in the cluster. */
            remoteTools?: string[];
            /** @description The task in Markdown, such as the text of an issue. With it, nothing is read from the docs repository, and task/task.md has this text. */
            taskDescription?: string;
            /** @description Additional instructions for the agent. */
            promptModification?: string;
            /**
             * @description Whether the additional instructions are appended to the prompt or replace it.
             * @default append
             * @enum {string}
             */
            promptMode?: "append" | "replace";
            /**
             * Format: int32
             * @description Raise together with a change of the spec to stop the current attempt and start one with the change.
             * @default 1
             */
            contextVersion?: number;
            /**
             * @description Continue the agent's last session in the workspace. Attempts after the first always do.
             * @default false
             */
            continueSession?: boolean;
            /**
             * @description Overwrite CLAUDE.md even if the workspace has one.
             * @default false
             */
            overwriteMemory?: boolean;
            /**
             * @description Run a Docker daemon beside the agent, in a privileged container. The configuration has to allow it with agent.allowDocker.
             * @default false
             */
            enableDocker?: boolean;
            /** @description Requirements of the task, as YAML in base64: `secrets` (a list of {name}, all keys of which become variables, or {name, keys: [{<key>: <VARIABLE>}]}) and `environment` (a map of variables). Replaces envFromSecrets. Empty means absent. At most 16 KiB once decoded. */
            taskRequirements?: string;
            /** @description Plain environment variables of the agent, by name. Everyone who can read the object can read them: credentials belong in a Secret that envFromSecrets references. */
            env?: {
                [key: string]: string;
            };
            /** @description Environment variables of the agent that come from Secrets in its namespace. */
            envFromSecrets?: components["schemas"]["SecretVariable"][];
            /**
             * @description Which run starts first when not all may run at once. A waiting run gains priority with age.
             * @default medium
             * @enum {string}
             */
            priority?: "low" | "medium" | "high" | "critical";
            /**
             * Format: int32
             * @description Raise to start a new attempt manually, whatever the phase, with the configuration's current values for what the spec does not set. Resets the retry budget.
             * @default 1
             */
            retryAttempt?: number;
            /** @description Container image of the agent. Default at admission: agent.cliImages.<cliType>, else agent.image. */
            image?: string;
            /**
             * @description When the image is pulled. Default at admission: agent.imagePullPolicy.
             * @enum {string}
             */
            imagePullPolicy?: "Always" | "IfNotPresent" | "Never";
            /** @description ServiceAccount of the pod. Its token is not mounted. Default at admission: agent.serviceAccountName. */
            serviceAccountName?: string;
            /** @description Volume that the agent works in. Only one agent works in it at a time. */
            workspace?: components["schemas"]["Workspace"];
            /** @description Resource requests and limits of the agent's container, as in a pod. Default at admission: resources.<priority>. */
            resources?: components["schemas"]["AgentResources"];
            /**
             * Format: int32
             * @description Seconds after which a running attempt is stopped and counts as failed. Default at admission: job.activeDeadlineSeconds.
             */
            activeDeadlineSeconds?: number;
            /**
             * Format: int32
             * @description Seconds that a finished Job is kept, for its logs, before it is deleted. Default at admission: job.ttlSecondsAfterFinished.
             */
            ttlSecondsAfterFinished?: number;
            /** @description Retries after a failed attempt. */
            retry?: components["schemas"]["RetryPolicy"];
            /** @description Limit on what the run may spend on models, in all attempts together. The gateway refuses requests beyond it, and the attempt ends with the reason BudgetExceeded. To continue, raise it and `retryAttempt`. Default at admission: budget.default. */
            budget?: components["schemas"]["RunBudget"];
            /** @description Names of runs of the same kind and namespace that have to succeed first. */
            dependsOn?: string[];
            /**
             * @description What happens when a run in `dependsOn` ends without success: `Wait` until it is retried and succeeds, or `Fail` at once, without starting.
             * @default Wait
             * @enum {string}
             */
            onDependencyFailure?: "Wait" | "Fail";
            /** @description LocalQueue of Kueue, in the run's namespace, in which each attempt waits until Kueue starts its Job. Requires `kueue.enabled` in the configuration, which may also have a default. Empty: no queue. */
            queueName?: string;
            /**
             * @description While true, no attempt starts, and the Job of a running attempt is suspended.
             * @default false
             */
            suspend?: boolean;
            /**
             * @description Ends the run permanently. The phase becomes Cancelled.
             * @default false
             */
            cancel?: boolean;
        };
        /**
         * @description Phase of the run. Succeeded, Failed and Cancelled are final, unless a manual retry is requested.
         * @enum {string}
         */
        Phase: "Pending" | "Running" | "Succeeded" | "Failed" | "Cancelled";
        /** @description Its use of models, as counted by the gateway of its pod. */
        AttemptUsage: {
            /**
             * Format: int64
             * @description Input tokens that did not come from a cache.
             */
            inputTokens?: number;
            /**
             * Format: int64
             * @description Tokens of output.
             */
            outputTokens?: number;
            /**
             * Format: int64
             * @description Tokens of input that came from the provider's cache.
             */
            cacheReadTokens?: number;
            /**
             * Format: int64
             * @description Tokens of input that the provider stored in its cache.
             */
            cacheWriteTokens?: number;
            /**
             * Format: int64
             * @description Requests to models.
             */
            requests?: number;
            /**
             * Format: int64
             * @description Requests among them that were cut off, and whose tokens are estimated.
             */
            estimatedRequests?: number;
            /**
             * Format: double
             * @description US dollars, by the prices of the configuration; models without a price are not in it.
             */
            costUSD?: number;
        };
        RunRecord: {
            /**
             * Format: int32
             * @description Number of the attempt, as in the names of its Job and ConfigMap.
             */
            number: number;
            /** @description Name of its Job. */
            jobName?: string;
            /** @description UID of its Job, which distinguishes a deleted Job from one that was never created. */
            jobUID?: string;
            /** @description Why the attempt was started. */
            cause?: string;
            /**
             * Format: date-time
             * @description Time when its Job was created.
             */
            startTime?: string;
            /**
             * Format: date-time
             * @description Time when it ended.
             */
            completionTime?: string;
            /** @description How it ended; absent while it is running. */
            outcome?: string;
            /**
             * Format: int32
             * @description Exit code of the agent's container.
             */
            exitCode?: number;
            /** @description Why it failed. */
            reason?: string;
            /** @description Its use of models, as counted by the gateway of its pod. */
            usage?: components["schemas"]["AttemptUsage"];
        };
        ModelUsage: {
            /** @description Name of the model; `other` are those that did not fit. */
            model: string;
            /**
             * Format: int64
             * @description Input tokens that did not come from a cache.
             */
            inputTokens?: number;
            /**
             * Format: int64
             * @description Tokens of output.
             */
            outputTokens?: number;
            /**
             * Format: int64
             * @description Tokens of input that came from the provider's cache.
             */
            cacheReadTokens?: number;
            /**
             * Format: int64
             * @description Tokens of input that the provider stored in its cache.
             */
            cacheWriteTokens?: number;
            /**
             * Format: int64
             * @description Requests to models.
             */
            requests?: number;
            /**
             * Format: int64
             * @description Requests among them that were cut off, and whose tokens are estimated.
             */
            estimatedRequests?: number;
            /**
             * Format: double
             * @description US dollars, by the prices of the configuration; models without a price are not in it.
             */
            costUSD?: number;
        };
        /** @description The amount that counts for those attempts against the run's budget. Absent for a run without one. */
        UnmeasuredUsage: {
            /**
             * Format: int64
             * @description Tokens of all kinds together.
             */
            tokens?: number;
            /**
             * Format: double
             * @description US dollars.
             */
            costUSD?: number;
        };
        /** @description Use of models by all attempts, as counted by the gateways of their pods when they ended; absent if no pod had a gateway. */
        Usage: {
            /**
             * Format: int64
             * @description Input tokens that did not come from a cache.
             */
            inputTokens?: number;
            /**
             * Format: int64
             * @description Tokens of output.
             */
            outputTokens?: number;
            /**
             * Format: int64
             * @description Tokens of input that came from the provider's cache.
             */
            cacheReadTokens?: number;
            /**
             * Format: int64
             * @description Tokens of input that the provider stored in its cache.
             */
            cacheWriteTokens?: number;
            /**
             * Format: int64
             * @description Requests to models.
             */
            requests?: number;
            /**
             * Format: int64
             * @description Requests among them that were cut off, and whose tokens are estimated.
             */
            estimatedRequests?: number;
            /**
             * Format: double
             * @description US dollars, by the prices of the configuration; models without a price are not in it.
             */
            costUSD?: number;
            /** @description The same by model, those that used most first. */
            byModel?: components["schemas"]["ModelUsage"][];
            /**
             * Format: int32
             * @description Attempts that ended without a report of their gateway, whose usage is missing here.
             */
            unknownAttempts?: number;
            /** @description The amount that counts for those attempts against the run's budget. Absent for a run without one. */
            unmeasured?: components["schemas"]["UnmeasuredUsage"];
        };
        /**
         * @description Observed state of the run. Written by the orchestrator only.
         * @default {
         *       "observedGeneration": 0
         *     }
         */
        CodeRunStatus: {
            /** @description Phase of the run. Succeeded, Failed and Cancelled are final, unless a manual retry is requested. */
            phase?: components["schemas"]["Phase"];
            /**
             * Format: int64
             * @description metadata.generation that this status is based on.
             */
            observedGeneration?: number;
            /** @description Why the run is in this phase, as one CamelCase word of a closed list (docs/reference/reasons.md). */
            reason?: string;
            /** @description Conditions of the run: while they are true Stalled and Reconciling; Ended (True at every end), Succeeded (Unknown until the end), Admitted, DependenciesMet, WorkspaceReady, ConfigMapReady, JobCreated. */
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
            /** @description ConfigMap with the files of the latest attempt. */
            configMapName?: string;
            /** @description Job of the latest attempt. */
            jobName?: string;
            /**
             * Format: int32
             * @description Number of attempts so far.
             */
            attempts?: number;
            /** @description The latest ten attempts, oldest first. */
            runs?: components["schemas"]["RunRecord"][];
            /** @description Use of models by all attempts, as counted by the gateways of their pods when they ended; absent if no pod had a gateway. */
            usage?: components["schemas"]["Usage"];
            /**
             * Format: date-time
             * @description Time when the first attempt started.
             */
            startTime?: string;
            /**
             * Format: date-time
             * @description Time when the run ended.
             */
            completionTime?: string;
            /**
             * Format: date-time
             * @description Time when the next automatic retry starts.
             */
            nextRetryTime?: string;
            /**
             * Format: date-time
             * @description Time of the last change of any other field of the status.
             */
            lastUpdated?: string;
            /** @description What the run is doing, as a sentence. */
            message?: string;
            /** @description ID of the agent's session, as the agent reported it. */
            sessionId?: string;
            /** @description Pull request that the agent opened. */
            pullRequestUrl?: string;
            /** @description Whether the work is done. Once true, no attempt starts automatically. */
            workCompleted?: boolean;
            /**
             * Format: int32
             * @description Last spec.retryAttempt that was acted on.
             */
            observedRetryAttempt?: number;
            /**
             * Format: int32
             * @description Last spec.contextVersion that was acted on.
             */
            observedContextVersion?: number;
            /** @description Result of quality assurance, as the agent reported it. */
            qaStatus?: string;
            /** @description State of the remediation of findings, as the agent reported it. */
            remediationStatus?: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type CliConfig = components['schemas']['CliConfig'];
export type SecretVariable = components['schemas']['SecretVariable'];
export type Workspace = components['schemas']['Workspace'];
export type AgentResources = components['schemas']['AgentResources'];
export type RetryPolicy = components['schemas']['RetryPolicy'];
export type RunBudget = components['schemas']['RunBudget'];
export type CodeRunSpec = components['schemas']['CodeRunSpec'];
export type Phase = components['schemas']['Phase'];
export type AttemptUsage = components['schemas']['AttemptUsage'];
export type RunRecord = components['schemas']['RunRecord'];
export type ModelUsage = components['schemas']['ModelUsage'];
export type UnmeasuredUsage = components['schemas']['UnmeasuredUsage'];
export type Usage = components['schemas']['Usage'];
export type CodeRunStatus = components['schemas']['CodeRunStatus'];
