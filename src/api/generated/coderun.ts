// Generated from schemas/coderun.yaml by `npm run generate`. Do not edit: change the source instead.
export interface components {
    schemas: {
        /** @description The agent's command line program, and its settings. */
        CliConfig: {
            /** @description Which one, such as claude, codex, cursor, factory, gemini or opencode. Chooses image and templates. */
            cliType: string;
            /** @description Language model, where it is another than spec.model. */
            model?: string;
            /** @description Settings of the program, as it documents them, for its settings file: settings.json of claude and gemini, config.toml of codex, opencode.json. Those that the orchestrator makes itself are passed over; of the others those that would cost the run its file or its start are refused. */
            settings?: Record<string, unknown>;
            /**
             * Format: int32
             * @description Tokens of an answer at most, where the program can be told so (claude, opencode).
             */
            maxTokens?: number;
            /** @description How freely the model chooses its words, where the program can be told so (opencode). */
            temperature?: number;
            /** @description Models that successive runs use in turn, by their number. It wins over both fields named model. */
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
        /** @description Volume that the agent works in. One agent works in it at a time. */
        Workspace: {
            /** @description PersistentVolumeClaim; made if it isn't there. Default at admission: workspace-<service>-<agent>. */
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
        CodeRunSpec: {
            /**
             * Format: int32
             * @description Number of the task.
             */
            taskId: number;
            /** @description Service the task belongs to. Names the workspace, the directory in it, and what is created. */
            service: string;
            /** @description What sort of work it is; implementation, where nothing is said. Templates see it, and only an implementation has to end with a pull request. The label workflow-stage wins. */
            runType?: string;
            /** @description Of the original system, and without effect: the start script is the template code/container.sh, which can be replaced. */
            template?: string;
            /** @description Repository that the work is done in, as https://, http://, ssh://, git@, or owner/name on GitHub. */
            repositoryUrl: string;
            /** @description Repository with the tasks' documents, likewise. May be the same. */
            docsRepositoryUrl: string;
            /** @description Directory of that repository with `.taskmaster` in it. Absent, its root. */
            docsProjectDirectory?: string;
            /**
             * @description Branch of that repository.
             * @default main
             */
            docsBranch?: string;
            /** @description Directory of the repository that the agent works in. Default at admission: spec.service. */
            workingDirectory?: string;
            /** @description GitHub user the work is done as. Names the Secret with the key: github-ssh-<user> for git@ and ssh://, github-pat-<user> for https://. */
            githubUser?: string;
            /** @description GitHub App the work is done as. Its last part after a dash is the agent, in lower case: rex of 5DLabs-Rex. Names the Secret with `app-id` and `private-key`: github-app-<app>, in lower case, blanks and _ as dashes. */
            githubApp?: string;
            /** @description Language model that the agent uses. Default at admission: agent.model. */
            model?: string;
            /** @description The agent's command line program, and its settings. */
            cliConfig?: components["schemas"]["CliConfig"];
            /**
             * @description Preset of MCP tools that localTools and remoteTools add to.
             * @default default
             * @enum {string}
             */
            toolConfig?: "minimal" | "default" | "advanced";
            /** @description MCP servers that run beside the agent. */
            localTools?: string[];
            /** @description Tools of the MCP server in the cluster. */
            remoteTools?: string[];
            /** @description Further words for the agent. */
            promptModification?: string;
            /**
             * @description Whether those words come after the prompt or take its place.
             * @default append
             * @enum {string}
             */
            promptMode?: "append" | "replace";
            /**
             * Format: int32
             * @description Raise it together with new files to stop the present run and start one that has them.
             * @default 1
             */
            contextVersion?: number;
            /**
             * @description Go on with the agent's last session in the workspace. A run after the first does so anyway.
             * @default false
             */
            continueSession?: boolean;
            /**
             * @description Write CLAUDE.md anew even where the workspace has one.
             * @default false
             */
            overwriteMemory?: boolean;
            /**
             * @description A Docker daemon beside the agent, in a privileged container. The configuration has to allow it, with agent.allowDocker.
             * @default false
             */
            enableDocker?: boolean;
            /** @description What the task needs, as YAML in base64: `secrets` (a list of {name}, all keys of which become variables, or {name, keys: [{<key>: <VARIABLE>}]}) and `environment` (a map of variables). It takes the place of envFromSecrets; empty is the same as absent. */
            taskRequirements?: string;
            /** @description Plain environment variables of the agent, by name. Anyone who may read the object can read them: secrets belong into a Secret that envFromSecrets names. */
            env?: {
                [key: string]: string;
            };
            /** @description Environment variables of the agent that come from Secrets in its namespace. */
            envFromSecrets?: components["schemas"]["SecretVariable"][];
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
            /** @description Container image of the agent. Default at admission: agent.cliImages.<cliType>, else agent.image. */
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
        CodeRunStatus: {
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
            /** @description What quality assurance says of the work, as the agent gave it. */
            qaStatus?: string;
            /** @description How the remediation of what was found stands, as the agent gave it. */
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
export type CodeRunSpec = components['schemas']['CodeRunSpec'];
export type Phase = components['schemas']['Phase'];
export type RunRecord = components['schemas']['RunRecord'];
export type CodeRunStatus = components['schemas']['CodeRunStatus'];
