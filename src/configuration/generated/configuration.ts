// Generated from schemas/configuration.yaml by `npm run generate`. Do not edit: change the source instead.
export interface components {
    schemas: {
        /** Configuration */
        readonly Configuration: {
            /** @description Address of the probes and metrics. */
            readonly server: {
                /** @description Default `"::"`. */
                readonly host: string;
                /** @description Default `8080`. */
                readonly port: number;
            };
            readonly kubernetes: {
                /** @description Namespace of the operator's own objects. Default: in a cluster that of its ServiceAccount, else orchestrator. */
                readonly namespace?: string;
            };
            /** @description Job of an attempt. */
            readonly job: {
                /** @description Retries of the Job's pod within one attempt. With 0, each retry is a separate attempt with its own number and record. Default `0`. */
                readonly backoffLimit: number;
                /** @description Maximum duration of an attempt in seconds. Default `3600`. */
                readonly activeDeadlineSeconds: number;
                /** @description Seconds that a finished Job is kept, for its logs, before the orchestrator deletes it. Default `86400`. */
                readonly ttlSecondsAfterFinished: number;
            };
            /** @description Container of the agent. */
            readonly agent: {
                /** @description Default of spec.agentName. Default `"claude-agent-1"`. */
                readonly name: string;
                /** @description Default of spec.model. Default `"sonnet"`. */
                readonly model: string;
                /** @description One string, or a map with its parts. Default `"ghcr.io/5dlabs/platform/claude-code:latest"`. */
                readonly image: string;
                /**
                 * @description Overrides image.pullPolicy. Default `"IfNotPresent"`.
                 * @enum {string}
                 */
                readonly imagePullPolicy: "Always" | "IfNotPresent" | "Never";
                /** @description Command of a TaskRun's container, in place of the start script that starts the agent program with the task as its prompt, clones spec.repository and delivers the work; a command has to do all of this itself. The kubelet expands $(NAME) to the environment variable NAME. Empty: the start script. Default `[]`. */
                readonly command: readonly string[];
                /** @description Arguments of `command`. They have no effect without a command. The kubelet expands $(NAME) in them, too. Default `[]`. */
                readonly args: readonly string[];
                /** @description Environment variables of every agent, each with value, or with valueFrom as in a container, such as a key of a Secret. A run's spec.env overrides them. Default `[]`. */
                readonly env: readonly {
                    readonly name: string;
                    readonly value?: string;
                    /** @description One of secretKeyRef, configMapKeyRef, fieldRef, resourceFieldRef. */
                    readonly valueFrom?: {
                        readonly secretKeyRef?: {
                            readonly name: string;
                            readonly key: string;
                            readonly optional?: boolean;
                        };
                        readonly configMapKeyRef?: {
                            readonly name: string;
                            readonly key: string;
                            readonly optional?: boolean;
                        };
                        readonly fieldRef?: {
                            readonly fieldPath: string;
                        };
                        readonly resourceFieldRef?: {
                            readonly resource: string;
                            readonly containerName?: string;
                            readonly divisor?: string;
                        };
                    };
                }[];
                /** @description ServiceAccount of the pods. Its token is not mounted. Default `"default"`. */
                readonly serviceAccountName: string;
                /** @description Names of Secrets, or references to them. Default `[]`. */
                readonly imagePullSecrets: readonly string[];
                /** @description Node selector of the pods. Default `{}`. */
                readonly nodeSelector: {
                    readonly [key: string]: string;
                };
                /** @description As in a pod. Its nodeAffinity overrides the section nodeAffinity. */
                readonly affinity?: {
                    readonly [key: string]: unknown;
                };
                /** @description As in a pod. Default `[]`. */
                readonly tolerations: readonly {
                    readonly [key: string]: unknown;
                }[];
                /** @description sizeLimit of each emptyDir of the pod that sets none. 0: no limit, and then no container of the pod gets a limit of ephemeral-storage from containerLimits. */
                readonly scratch: {
                    /** @description /tmp of the agent. Default `"10Gi"`. */
                    readonly tmp: string;
                    /** @description Home directory of the agent. Default `"10Gi"`. */
                    readonly home: string;
                    /** @description Images and containers of the Docker daemon. Default `"50Gi"`. */
                    readonly docker: string;
                    /** @description Every other, such as those in agent.volumes and podTemplate. Default `"10Gi"`. */
                    readonly other: string;
                };
                /** @description Additional volumes, as in a pod. Default `[]`. */
                readonly volumes: readonly ({
                    readonly name: string;
                } & {
                    readonly [key: string]: unknown;
                })[];
                /** @description Additional volume mounts of the agent's container. Default `[]`. */
                readonly volumeMounts: readonly ({
                    readonly name: string;
                    readonly mountPath: string;
                } & {
                    readonly [key: string]: unknown;
                })[];
                /** @description Security context. The pod always meets the Pod Security Standard restricted. */
                readonly securityContext: {
                    /** @description User ID of all containers of the pod. Default `1000`. */
                    readonly runAsUser: number;
                    /** @description Default `1000`. */
                    readonly runAsGroup: number;
                    /** @description For the agent's container. Workspace, home and /tmp are always writable. Default `true`. */
                    readonly readOnlyRootFilesystem: boolean;
                };
                /** @description Images by agent program, such as claude; agent programs without an entry use image. A TaskRun uses the agent program in its image. Default `{}`. */
                readonly cliImages: {
                    readonly [key: string]: string;
                };
                /** @description Allow CodeRuns with enableDocker to run a Docker daemon beside the agent. Its container is privileged: everyone who can create CodeRuns then controls the node. The namespace needs the label `orchestrator.io/docker: allowed`, and one with a Pod Security Standard denies the pod. Default `false`. */
                readonly allowDocker: boolean;
                /** @description Image of the Docker daemon. One string, or a map with its parts. Default `"docker:28-dind"`. */
                readonly dockerImage: string;
            };
            /** @description Init container that copies the files to the workspace. Its image must have sh, mkdir, cp and rm. */
            readonly initContainer: {
                /** @description One string, or a map with its parts. Default `"busybox:1.36"`. */
                readonly image: string;
                /**
                 * @description Overrides image.pullPolicy. Default `"IfNotPresent"`.
                 * @enum {string}
                 */
                readonly imagePullPolicy: "Always" | "IfNotPresent" | "Never";
                /** @description Resources of the init container. Default `{"requests":{"cpu":"10m","memory":"16Mi"},"limits":{"cpu":"500m","memory":"64Mi"}}`. */
                readonly resources: {
                    readonly requests?: {
                        /** @description Requested CPU. */
                        readonly cpu?: string;
                        /** @description Requested memory. */
                        readonly memory?: string;
                    } & {
                        readonly [key: string]: string;
                    };
                    readonly limits?: {
                        /** @description CPU limit. */
                        readonly cpu?: string;
                        /** @description Memory limit. */
                        readonly memory?: string;
                    } & {
                        readonly [key: string]: string;
                    };
                };
            };
            /** @description Limits for each container of the pod, init containers included, that sets none. The limit does not become the request: a container without a request requests 0. A container that requests more than the limit gets its request as the limit. 0: no limit. */
            readonly containerLimits: {
                /** @description Memory limit of a container. Default `"8Gi"`. */
                readonly memory: string;
                /** @description Limit of a container's ephemeral storage. A container that mounts emptyDirs of a larger total size gets that size. The kubelet evicts a pod that uses more than all its containers' limits together, emptyDirs included. Default `"10Gi"`. */
                readonly "ephemeral-storage": string;
            };
            /** @description Isolation and placement of pods by namespace. Every entry that selects the namespace applies; where two set different values, the first wins. Entries that select by labels also apply while the labels are not known. They win over agent and podTemplate. Default `[]`. */
            readonly isolation: readonly {
                /** @description Namespaces that the entry applies to, as in `namespaces`. Default: all. */
                readonly namespaces?: {
                    readonly names?: readonly string[];
                    readonly matchLabels?: {
                        readonly [key: string]: string;
                    };
                    readonly matchExpressions?: readonly {
                        readonly key: string;
                        /** @enum {string} */
                        readonly operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
                        readonly values?: readonly string[];
                    }[];
                };
                /** @description Trust level of the namespaces' runs. A workspace serves one trust level: where the level of a namespace changes, its runs get new claims, and the files of the earlier level stay in the earlier ones. */
                readonly trustLevel?: string;
                /** @description RuntimeClass, such as gvisor. It must exist. */
                readonly runtimeClassName?: string;
                /** @description false: the pod has its own user namespace, so that root in it is nobody on the node. Needs support by Kubernetes, the node, and the file system of every volume, which NFS lacks. An API server without support ignores it; a node without it does not start the pod. */
                readonly hostUsers?: boolean;
                /** @description In addition to agent.nodeSelector. Overrides it for the same key. */
                readonly nodeSelector?: {
                    readonly [key: string]: string;
                };
                /** @description In addition to agent.tolerations. */
                readonly tolerations?: readonly {
                    readonly [key: string]: unknown;
                }[];
            }[];
            /** @description Resources and PriorityClass of pods by priority. */
            readonly priorities: {
                readonly low: {
                    /** @description Default `{"requests":{"cpu":"1","memory":"2Gi"},"limits":{"cpu":"2","memory":"4Gi"}}`. */
                    readonly resources: {
                        readonly requests?: {
                            /** @description Requested CPU. */
                            readonly cpu?: string;
                            /** @description Requested memory. */
                            readonly memory?: string;
                        } & {
                            readonly [key: string]: string;
                        };
                        readonly limits?: {
                            /** @description CPU limit. */
                            readonly cpu?: string;
                            /** @description Memory limit. */
                            readonly memory?: string;
                        } & {
                            readonly [key: string]: string;
                        };
                    };
                    /** @description PriorityClass of the pods. Default: the cluster's. */
                    readonly priorityClassName?: string;
                };
                readonly medium: {
                    /** @description Default `{"requests":{"cpu":"1","memory":"2Gi"},"limits":{"cpu":"2","memory":"4Gi"}}`. */
                    readonly resources: {
                        readonly requests?: {
                            /** @description Requested CPU. */
                            readonly cpu?: string;
                            /** @description Requested memory. */
                            readonly memory?: string;
                        } & {
                            readonly [key: string]: string;
                        };
                        readonly limits?: {
                            /** @description CPU limit. */
                            readonly cpu?: string;
                            /** @description Memory limit. */
                            readonly memory?: string;
                        } & {
                            readonly [key: string]: string;
                        };
                    };
                    /** @description PriorityClass of the pods. Default: the cluster's. */
                    readonly priorityClassName?: string;
                };
                readonly high: {
                    /** @description Default `{"requests":{"cpu":"2","memory":"4Gi"},"limits":{"cpu":"4","memory":"8Gi"}}`. */
                    readonly resources: {
                        readonly requests?: {
                            /** @description Requested CPU. */
                            readonly cpu?: string;
                            /** @description Requested memory. */
                            readonly memory?: string;
                        } & {
                            readonly [key: string]: string;
                        };
                        readonly limits?: {
                            /** @description CPU limit. */
                            readonly cpu?: string;
                            /** @description Memory limit. */
                            readonly memory?: string;
                        } & {
                            readonly [key: string]: string;
                        };
                    };
                    /** @description PriorityClass of the pods. Default: the cluster's. */
                    readonly priorityClassName?: string;
                };
                readonly critical: {
                    /** @description Default `{"requests":{"cpu":"2","memory":"4Gi"},"limits":{"cpu":"4","memory":"8Gi"}}`. */
                    readonly resources: {
                        readonly requests?: {
                            /** @description Requested CPU. */
                            readonly cpu?: string;
                            /** @description Requested memory. */
                            readonly memory?: string;
                        } & {
                            readonly [key: string]: string;
                        };
                        readonly limits?: {
                            /** @description CPU limit. */
                            readonly cpu?: string;
                            /** @description Memory limit. */
                            readonly memory?: string;
                        } & {
                            readonly [key: string]: string;
                        };
                    };
                    /** @description PriorityClass of the pods. Default: the cluster's. */
                    readonly priorityClassName?: string;
                };
            };
            /** @description PersistentVolumeClaims that are created for workspaces. */
            readonly storage: {
                /** @description StorageClass of the claims. Default: the cluster's. */
                readonly storageClassName?: string;
                /**
                 * @description Default `"ReadWriteOnce"`.
                 * @enum {string}
                 */
                readonly accessMode: "ReadWriteOnce" | "ReadWriteOncePod" | "ReadWriteMany";
                /** @description Size of a new claim. Default `"10Gi"`. */
                readonly size: string;
                /** @description Workspace of all runs of a namespace that do not name one; they then run one after the other (concurrency.perWorkspace). If the operator creates the claim, it serves one identity, and others get claims of their own; one that exists already is shared. Default: one workspace for each service. */
                readonly pvcName?: string;
                /** @description Expand a claim that the orchestrator created and that is smaller than `size`, before the next attempt starts in it. Claims never shrink; one whose StorageClass does not allow expansion stays unchanged, with an Event. Default `false`. */
                readonly allowExpansion: boolean;
                /** @description Number of attempts of a TaskRun, the newest first, whose files stay in its workspace (.task/<task>/run-<attempt>). What is older is removed when the next attempt starts. Directories of later numbers, which an earlier run of the task left, stay. Default: all. */
                readonly keepAttempts?: number;
                /** @description Seconds for which the operator keeps a workspace that nothing needs, counted from when it first sees that every run that names the workspace has succeeded, was cancelled or is gone. Then it deletes the claim, and with it what agents did not push, and their sessions. It never deletes a claim that it did not create or that a pod mounts. Default: workspaces stay. */
                readonly keepIdleSeconds?: number;
                /** @description Create the claims of workspaces that do not exist. false: a run whose claim is missing waits until somebody creates it (`WorkspaceUnusable`). Default `true`. */
                readonly autoCreate: boolean;
            };
            /** @description Secrets with credentials, in the namespace of the run. */
            readonly secrets: {
                /** @description Default `"orchestrator-secrets"`. */
                readonly apiKeySecretName: string;
                /** @description Default `"ANTHROPIC_API_KEY"`. */
                readonly apiKeySecretKey: string;
                /** @description Secret with the token for https repositories of runs without githubUser and auth. Default: no token. */
                readonly githubTokenSecretName?: string;
                /** @description Default `"token"`. */
                readonly githubTokenSecretKey: string;
                /** @description Keys of model providers, by any name. Each becomes a variable of the agent, unless its Secret is missing. Default `{}`. */
                readonly providerApiKeys: {
                    readonly [key: string]: {
                        readonly secretName: string;
                        readonly secretKey: string;
                        readonly envVar: string;
                    };
                };
                /** @description Keys of agent programs, by any name. Each becomes a variable of the agent, unless its Secret is missing. Default `{}`. */
                readonly cliApiKeys: {
                    readonly [key: string]: {
                        readonly secretName: string;
                        readonly secretKey: string;
                        readonly envVar: string;
                    };
                };
            };
            /** @description What a run may spend on models, in all its attempts together. Only a gateway can enforce it: see `credentials`. */
            readonly budget: {
                /** @description For runs without a spec.budget: admission sets it, within the ceiling. Runs that were admitted before are held to it when an attempt starts. */
                readonly default: {
                    /** @description Tokens of all kinds together. Default: no limit. */
                    readonly maxTokens?: number;
                    /** @description US dollars, by `gateway.prices`. Default: no limit. */
                    readonly maxCostUSD?: number;
                };
                /** @description The most that any run may spend, whatever its budget. A higher spec.budget is denied. */
                readonly ceiling: {
                    /** @description Tokens of all kinds together. Default: no limit. */
                    readonly maxTokens?: number;
                    /** @description US dollars, by `gateway.prices`. Default: no limit. */
                    readonly maxCostUSD?: number;
                };
            };
            /**
             * @description Where the keys of model providers are. `gateway`: in a side-car of the agent's pod, which passes the agent's requests on to the provider, with the key, and counts what they use. `environment`: in variables of the agent, which can then read and send them; for images whose program cannot use another address. Default `"gateway"`.
             * @enum {string}
             */
            readonly credentials: "gateway" | "environment";
            /** @description The side-car of an agent's pod that holds the keys. */
            readonly gateway: {
                /** @description Image of the gateway: the operator's, whose command `gateway` it runs. Default `"ghcr.io/agent-orchestrator/orchestrator:latest"`. */
                readonly image: string;
                /**
                 * @description Default `"IfNotPresent"`.
                 * @enum {string}
                 */
                readonly imagePullPolicy: "Always" | "IfNotPresent" | "Never";
                /** @description Resources of the gateway's container. Default `{"requests":{"cpu":"10m","memory":"64Mi"},"limits":{"cpu":"1","memory":"512Mi"}}`. */
                readonly resources: {
                    readonly requests?: {
                        /** @description Requested CPU. */
                        readonly cpu?: string;
                        /** @description Requested memory. */
                        readonly memory?: string;
                    } & {
                        readonly [key: string]: string;
                    };
                    readonly limits?: {
                        /** @description CPU limit. */
                        readonly cpu?: string;
                        /** @description Memory limit. */
                        readonly memory?: string;
                    } & {
                        readonly [key: string]: string;
                    };
                };
                /** @description Providers of models, by the first part of their path in the gateway. `anthropic`, `openai` and `gemini` are built in; a key that is set here overrides only that key of theirs. An agent program that names its provider in the model, such as opencode, can use others by their names. Default `{}`. */
                readonly upstreams: {
                    readonly [key: string]: {
                        /**
                         * @description API of the provider. Default: the one that its name says, else openai.
                         * @enum {string}
                         */
                        readonly format?: "anthropic" | "openai" | "gemini";
                        /** @description URL that the paths of the API are below. Default: that of the provider itself. */
                        readonly baseUrl?: string;
                        /** @description Header that carries the key. Default: that of the API. */
                        readonly header?: string;
                        /** @description Secret with the key, in the namespace of the run. Default: for anthropic `secrets.apiKeySecretName`, for openai and gemini the entry of `secrets.providerApiKeys` or `secrets.cliApiKeys` with the provider's variable. */
                        readonly secretName?: string;
                        /** @description Key in that Secret. Default: key. */
                        readonly secretKey?: string;
                        /** @description ConfigMap in the namespace of the run whose `ca.crt` has further authorities to trust, in PEM format. */
                        readonly caConfigMapName?: string;
                        /** @description URL of a proxy. Default: that of `agent.env`, by the usual variables. */
                        readonly proxy?: string;
                    };
                };
                /** @description US dollars for a million tokens, by model. The usage of other models is counted in tokens only. Default `{}`. */
                readonly prices: {
                    readonly [key: string]: {
                        readonly input: number;
                        readonly output: number;
                        /** @description Default: as input. */
                        readonly cacheRead?: number;
                        /** @description Default: as input. */
                        readonly cacheWrite?: number;
                    };
                };
                /** @description Seconds that a request waits for the limits of its provider to be reset. A longer wait is the agent's own. Default `60`. */
                readonly maxProviderWaitSeconds: number;
            };
            /** @description Git servers that runs may use with credentials, and the rules for pushing the work of agents to them. */
            readonly git: {
                /**
                 * @description Who pushes what agents commit. `separate`: a container that starts its work when the agent has ended, checks what the agent committed, and alone may push. `agent`: the agent's own container, for start scripts of your own that push; the agent may then push to the run's branch whatever it likes. Default `"separate"`.
                 * @enum {string}
                 */
                readonly delivery: "separate" | "agent";
                /** @description Files and directories, from the root of the repository, that agents may not change: work that does is not pushed. Replaces the default. Default `[".github/workflows"]`. */
                readonly protectedPaths: readonly string[];
                /** @description Files that one attempt may change. Work that changes more is not pushed. Default `10000`. */
                readonly maxFiles: number;
                /** @description Size of an attempt's new commits, packed, in MiB. Larger work is not pushed. Default `1024`. */
                readonly maxMegabytes: number;
                /** @description Hosts that credentials of runs may be sent to: `host`, `host:port`, `host:*` for every port, or `*.domain` for every host below a domain. A run that names a repository on another host, and an identity or Secret for it, is denied. Default `["github.com"]`. */
                readonly hosts: readonly {
                    readonly host: string;
                    readonly apiUrl?: string;
                    readonly caConfigMapName?: string;
                }[];
            };
            /** @description What happens when GitHub sends a webhook (docs/guide/github.md). */
            readonly github: {
                readonly webhook: {
                    /** @description Receive webhooks of GitHub at /webhook/github of the server, and act on them. The server reads this key when it starts. Default `false`. */
                    readonly enabled: boolean;
                    /** @description Also receive alerts of Grafana, at /webhook/grafana (docs/guide/grafana.md). No default rule matches them. Default `false`. */
                    readonly grafana: boolean;
                };
                /** @description Webhooks that GitHub could not deliver. */
                readonly recovery: {
                    /** @description Read webhooks that GitHub could not deliver from the list that GitHub keeps of them for three days. Needs the key of the App that the webhook belongs to. Default `true`. */
                    readonly enabled: boolean;
                    /** @description Seconds between two reads of the list. Default `300`. */
                    readonly seconds: number;
                };
                /** @description What the operator's App writes to issues and pull requests. */
                readonly report: {
                    /** @description Report what agents do about an issue or pull request in one comment there, which the operator's App keeps up to date. The App needs write access to issues and pull requests, and to checks for `checkRuns`. Default `false`. */
                    readonly enabled: boolean;
                    /** @description Also report each run that an event has started as a Check Run of the commit. Default `true`. */
                    readonly checkRuns: boolean;
                };
                /** @description Namespace of the runs that issues and alerts start, if their rule names no other. Without both, a rule starts nothing for an issue or alert whose task has no CodeRun yet. */
                readonly namespace?: string;
                /** @description Decide about each event, and record the decision, without carrying it out. Default `false`. */
                readonly dryRun: boolean;
                /** @description Runs that events of one issue or pull request may start. Later events of it start none, so that agents that answer each other come to an end. Default `20`. */
                readonly maxRunsPerPullRequest: number;
                /** @description Events of one issue or pull request in a minute, after which further ones of that minute are ignored. Default `30`. */
                readonly maxEventsPerMinute: number;
                /** @description Seconds that a Delivery is kept after it was carried out or ignored. GitHub repeats events for three days; a repetition of one that is no longer known counts as new. Default `604800`. */
                readonly ttlSeconds: number;
                /** @description Finished Deliveries that are kept of one repository; the oldest are removed first. With `recovery`, one that was stored after the last look at GitHub's list stays until the next look, unless there are ten times as many. Default `500`. */
                readonly maxPerRepository: number;
                /** @description What to do about which event. The first rule that matches decides; an event without a match is ignored. Replaces the default. `orchestrator github explain` says which rule matches a payload, and why. Default `[{"name":"paused","events":["pull_request","pull_request_review","pull_request_review_comment","issue_comment"],"when":{"labels":["skip-automation","manual-review-required","pause-remediation"]},"then":{"action":"ignore"}},{"name":"issue-labeled","events":["issues"],"actions":["labeled"],"when":{"label":["orchestrator"]},"then":{"action":"start","agent":"rex"}},{"name":"issue-closed","events":["issues"],"actions":["closed"],"then":{"action":"cancel"}},{"name":"merged","events":["pull_request"],"actions":["closed"],"when":{"merged":true},"then":{"action":"cancel","node":"waiting-pr-merged"}},{"name":"closed","events":["pull_request"],"actions":["closed"],"then":{"action":"cancel"}},{"name":"quality","events":["pull_request"],"actions":["opened","reopened","ready_for_review"],"when":{"draft":false},"then":{"action":"start","agent":"cleo","stage":"quality","node":"waiting-pr-created"}},{"name":"pushed","events":["pull_request"],"actions":["synchronize"],"when":{"draft":false},"then":{"action":"start","agent":"cleo","stage":"quality","replace":["quality","testing"],"restart":true}},{"name":"testing","events":["pull_request"],"actions":["labeled"],"when":{"label":["ready-for-qa"]},"then":{"action":"start","agent":"tess","stage":"testing","node":"waiting-ready-for-qa"}},{"name":"approved","events":["pull_request_review"],"actions":["submitted"],"when":{"conclusions":["approved"]},"then":{"action":"resume","node":"waiting-pr-approved"}},{"name":"changes-requested","events":["pull_request_review"],"actions":["submitted"],"when":{"conclusions":["changes_requested"]},"then":{"action":"remediate"}},{"name":"check-failed","events":["check_suite"],"actions":["completed"],"when":{"conclusions":["failure","timed_out"]},"then":{"action":"remediate"}},{"name":"branch-pushed","events":["push"],"then":{"action":"findConflicts"}},{"name":"conflict","events":["pull_request"],"actions":["conflict"],"then":{"action":"remediate"}},{"name":"cancel-command","events":["issue_comment"],"actions":["created"],"when":{"text":["/orchestrator cancel"]},"then":{"action":"cancel"}},{"name":"code-command","events":["issue_comment"],"actions":["created"],"when":{"text":["/orchestrator code","/orchestrator code *"]},"then":{"action":"start","agent":"rex"}},{"name":"retry-command","events":["issue_comment"],"actions":["created"],"when":{"text":["/orchestrator retry"]},"then":{"action":"retry"}},{"name":"status-command","events":["issue_comment"],"actions":["created"],"when":{"text":["/orchestrator status"]},"then":{"action":"comment"}}]`. */
                readonly rules: readonly {
                    /** @description Name in the status of Deliveries. Each must be unique. */
                    readonly name: string;
                    /** @description Names of events. */
                    readonly events: readonly ("pull_request" | "pull_request_review" | "pull_request_review_comment" | "issue_comment" | "issues" | "push" | "check_run" | "check_suite" | "workflow_run" | "installation" | "alert")[];
                    /** @description What happened, such as opened, labeled or firing. Default: anything. */
                    readonly actions?: readonly string[];
                    /** @description Conditions, of which all have to hold. Each list names alternatives, in which * stands for any characters; letter case counts only in branches and paths. */
                    readonly when?: {
                        /** @description The repository, as owner/name. */
                        readonly repositories?: readonly string[];
                        /** @description A label of the issue or pull request; of an alert, as name=value. */
                        readonly labels?: readonly string[];
                        /** @description The label that was added or removed. */
                        readonly label?: readonly string[];
                        /** @description The branch with the change. */
                        readonly branches?: readonly string[];
                        /** @description The branch that the change is for. */
                        readonly baseBranches?: readonly string[];
                        /** @description A file that was pushed or commented on. */
                        readonly paths?: readonly string[];
                        /** @description Login of who caused the event. */
                        readonly senders?: readonly string[];
                        /** @description Login of who opened the issue or pull request. */
                        readonly authors?: readonly string[];
                        /** @description Relation of who wrote the comment, or else of who opened the issue or pull request, such as MEMBER. */
                        readonly associations?: readonly string[];
                        /** @description How the check ended, or what the review says, such as failure or changes_requested. */
                        readonly conclusions?: readonly string[];
                        /** @description Name of the check, or of the alert. */
                        readonly checks?: readonly string[];
                        /** @description The whole text of the comment or review. */
                        readonly text?: readonly string[];
                        /**
                         * @description Whether the event is about an issue or a pull request.
                         * @enum {string}
                         */
                        readonly subject?: "Issue" | "PullRequest";
                        /** @description Whether the pull request is a draft. */
                        readonly draft?: boolean;
                        /** @description Whether the pull request has been merged. */
                        readonly merged?: boolean;
                    };
                    readonly then: {
                        /**
                         * @description `start` starts a CodeRun of an agent for the task, or for an issue or alert; `remediate` does the same for the agent that implemented the task, and lets it continue its session; both wait while a run of the same agent and task is live. `retry` requests another attempt of the newest run of the task, if that has failed. `cancel` cancels the live runs of the task, and stops its Workflow. `resume` resumes its Workflow and does nothing else. `label` adds `labels` to the issue or pull request, `comment` writes `text`, or what agents do about it. `findConflicts`, for the event push, looks at the open pull requests of tasks for the branch; each that cannot be merged becomes an event pull_request with the action conflict. `ignore` does nothing.
                         * @enum {string}
                         */
                        readonly action: "start" | "remediate" | "retry" | "cancel" | "ignore" | "resume" | "label" | "comment" | "findConflicts";
                        /** @description Agent of the run, as in `agents`. For remediate, default: that of the newest implementation. */
                        readonly agent?: string;
                        /** @description Label workflow-stage of the run, such as quality. Default for remediate: remediation. */
                        readonly stage?: string;
                        /** @description Stages of the task whose live runs are cancelled first. For cancel, only runs of these stages; default all. */
                        readonly replace?: readonly string[];
                        /** @description If a Workflow of Argo plays the task, its suspend node that the event resumes instead, by display name. See `argo`. */
                        readonly node?: string;
                        /** @description If a Workflow of Argo plays the task, the event begins a new round of quality and testing instead: whichever node of the round waits is resumed for that, or else the live run of quality or testing is cancelled. Default `false`. */
                        readonly restart?: boolean;
                        /** @description Instructions for the agent, after what the event says. */
                        readonly instructions?: string;
                        /** @description Namespace of the run that an issue or alert starts. Default: `github.namespace`. */
                        readonly namespace?: string;
                        /** @description Fields of the spec of the CodeRun that an issue or alert starts. Its task, repository and agent follow from the event. */
                        readonly run?: {
                            /** @description Service. Default: the name of the repository. */
                            readonly service?: string;
                            /** @description Directory in the repository where the agent works. Default: its root. */
                            readonly workingDirectory?: string;
                            /** @description Repository with the documents of the tasks. Without it, the text of the issue is the description of the task. */
                            readonly docsRepositoryUrl?: string;
                            /** @description Directory in that repository that has .taskmaster. */
                            readonly docsProjectDirectory?: string;
                            /** @description Branch of that repository. */
                            readonly docsBranch?: string;
                            /** @description Model. */
                            readonly model?: string;
                            /**
                             * @description Preset of MCP tools.
                             * @enum {string}
                             */
                            readonly toolConfig?: "minimal" | "default" | "advanced";
                            /**
                             * @description Which run starts first when not all may run at once.
                             * @enum {string}
                             */
                            readonly priority?: "low" | "medium" | "high" | "critical";
                        };
                        /** @description Labels that action label adds. Those that the repository lacks are created. */
                        readonly labels?: readonly string[];
                        /** @description Text of action comment, in Markdown. Default: the runs of the issue or pull request, as in `github.report`. */
                        readonly text?: string;
                    };
                }[];
            };
            /** @description Plays as Workflows of Argo. Needs Argo Workflows and config/argo in the cluster. See docs/guide/plays.md. */
            readonly argo: {
                /** @description Let events of a task resume and stop its Workflow. false: Workflows are neither read nor changed. Default `false`. */
                readonly enabled: boolean;
                /** @description Start the play of a task, where a rule would start a CodeRun for an issue or alert: a Workflow of play-template, in the namespace that the CodeRun would have had. Needs `enabled`. Default `false`. */
                readonly startFromIssues: boolean;
            };
            /** @description Whether the author of a run needs access to what the run names: `get` for a Secret, or for a PersistentVolumeClaim that the operator did not create, and `impersonate` for a ServiceAccount. Someone who may create pods in the namespace can use all of them anyway, and needs no other permission. The Secrets of `githubUser` and `githubApp`, and what this configuration names, need no access. */
            readonly access: {
                /**
                 * @description `enforce` denies a run whose author lacks access, `warn` admits it with a warning, `off` checks nothing. Default `"enforce"`.
                 * @enum {string}
                 */
                readonly mode: "off" | "warn" | "enforce";
            };
            /** @description The NetworkPolicy that the operator keeps in each namespace with runs: agents accept no connection, and reach DNS, public addresses and what `allow` lists, but no private address, other pod or metadata service. It takes effect only where the cluster's network plugin enforces NetworkPolicies. */
            readonly network: {
                /** @description Keep the NetworkPolicy. false: the operator deletes the one that it created. Default `true`. */
                readonly enabled: boolean;
                /** @description DNS servers that agents may query, on port 53. Default `[{"namespace":"kube-system","podLabels":{"k8s-app":"kube-dns"}},{"cidr":"169.254.20.10/32"}]`. */
                readonly dns: readonly {
                    /** @description An address range, instead of pods. */
                    readonly cidr?: string;
                    /** @description Namespace of the pods. Default: the run's own. */
                    readonly namespace?: string;
                    /** @description Labels of the pods. Default: all pods of the namespace. */
                    readonly podLabels?: {
                        readonly [key: string]: string;
                    };
                    /** @description Ports of the pods or addresses, by TCP; not those of a Service. Default: all. */
                    readonly ports?: readonly number[];
                }[];
                /** @description What agents may reach in addition to public addresses, such as a telemetry collector, a tool server, a proxy, or a private git server. Default `[]`. */
                readonly allow: readonly {
                    /** @description An address range, instead of pods. */
                    readonly cidr?: string;
                    /** @description Namespace of the pods. Default: the run's own. */
                    readonly namespace?: string;
                    /** @description Labels of the pods. Default: all pods of the namespace. */
                    readonly podLabels?: {
                        readonly [key: string]: string;
                    };
                    /** @description Ports of the pods or addresses, by TCP; not those of a Service. Default: all. */
                    readonly ports?: readonly number[];
                }[];
                /** @description Public addresses that agents may not reach, such as the API server's, in CIDR notation. Default `[]`. */
                readonly deny: readonly string[];
            };
            /** @description Restrictions on runs. A run has to satisfy every entry that selects its namespace. They are checked against the finished Job, at admission and again before each start. `*` in a pattern stands for any text. Images, Secrets and ServiceAccounts that this configuration itself names are always allowed. Default `[]`. */
            readonly policy: readonly {
                /** @description Namespaces that the entry applies to, as in `namespaces`. Default: all. */
                readonly namespaces?: {
                    readonly names?: readonly string[];
                    readonly matchLabels?: {
                        readonly [key: string]: string;
                    };
                    readonly matchExpressions?: readonly {
                        readonly key: string;
                        /** @enum {string} */
                        readonly operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
                        readonly values?: readonly string[];
                    }[];
                };
                /** @description Patterns of images. */
                readonly images?: readonly string[];
                /** @description Require images by digest (`name@sha256:...`). */
                readonly imageDigests?: boolean;
                /** @description Patterns of names of ServiceAccounts. */
                readonly serviceAccounts?: readonly string[];
                /** @description Patterns of names of Secrets. Those of identities (`github-pat-*` and the like) have to be among them. */
                readonly secrets?: readonly string[];
                /** @description Patterns of names of PersistentVolumeClaims that the operator did not create. Claims that it created are always allowed. */
                readonly claims?: readonly string[];
                /** @description Values of spec.priority. */
                readonly priorities?: readonly ("low" | "medium" | "high" | "critical")[];
                /** @description Maximum limits of the agent's container; without a limit of its own it is not allowed. */
                readonly maxResources?: {
                    readonly [key: string]: string;
                };
                readonly maxActiveDeadlineSeconds?: number;
                readonly maxRetries?: number;
                readonly maxTtlSecondsAfterFinished?: number;
            }[];
            /** @description Limits on attempts that run at once. Within a namespace, waiting runs start in order of priority, then of age. A slot that several namespaces wait for goes to the one that holds the fewest. */
            readonly concurrency: {
                /** @description In all namespaces together. Default: no limit. The limits below, except perWorkspace, have no default either. */
                readonly total?: number;
                /** @description Percentage of `total` that one namespace may use, rounded up. Needs `total`. */
                readonly namespacePercent?: number;
                /** @description Percentage of `total` that critical runs may use before it is their namespace's turn, rounded down; of that, a namespace may use `namespacePercent`. Further critical runs wait for their namespace's turn. Default `50`. */
                readonly criticalPercent: number;
                /** @description For one namespace. */
                readonly perNamespace?: number;
                /** @description For one service in one namespace. */
                readonly perService?: number;
                /** @description For one agent in one namespace, unless `clusterWide` lists it. */
                readonly perAgent?: number;
                /** @description For one repository in one namespace, unless `clusterWide` lists it. */
                readonly perRepository?: number;
                /** @description For the repositories of one organization or user in one namespace, unless `clusterWide` lists it. */
                readonly perOrganization?: number;
                /** @description Limits that count the runs of all namespaces together, for example because these share an agent's account. A namespace can then keep others waiting by naming their agents or repositories. Default `[]`. */
                readonly clusterWide: readonly ("perAgent" | "perRepository" | "perOrganization")[];
                /** @description More than one agent in a workspace would overwrite each other's work. Default `1`. */
                readonly perWorkspace: number;
                /** @description Seconds of waiting that count as one level of priority, so that no run waits forever. Default `600`. */
                readonly agingSeconds: number;
            };
            /** @description What is deleted with a run. */
            readonly cleanup: {
                /** @description Delete the PersistentVolumeClaim together with the last run that uses it. Default `false`. */
                readonly deleteWorkspace: boolean;
            };
            /** @description Retries after a failed attempt. A run's spec.retry overrides each value. */
            readonly retry: {
                /** @description Maximum number of automatic retries after the first attempt, or after the last manual retry. Default `3`. */
                readonly maxRetries: number;
                /** @description The back-off before automatic retry k is random between 0 and min(maxBackoffSeconds, initialBackoffSeconds * 2^k). Default `30`. */
                readonly initialBackoffSeconds: number;
                /** @description Upper bound of every back-off. Default `600`. */
                readonly maxBackoffSeconds: number;
                /** @description Exit codes of the agent that are not retried automatically. Default `[]`. */
                readonly terminalExitCodes: readonly number[];
                /** @description Retries of attempts that ended because a provider of models refused requests for its limits (`ProviderLimited`). They start when the limits are reset, and do not count against maxRetries. */
                readonly providerLimits: {
                    /** @description After the first attempt, or after the last manual retry. Further ones are retried like other failed attempts. Default `5`. */
                    readonly maxRetries: number;
                    /** @description For a reset that is further away, attempts are retried like others. Default `21600`. */
                    readonly maxWaitSeconds: number;
                };
                /** @description Retries of attempts that Kubernetes ended for reasons of its own (`Disrupted`), where the Job does not replace the pod. They follow after the back-off, and do not count against maxRetries. */
                readonly disruptions: {
                    /** @description After the first attempt, or after the last manual retry. Further ones are retried like other failed attempts. Default `5`. */
                    readonly maxRetries: number;
                };
            };
            /** @description Requirements for CodeRuns. */
            readonly codeRun: {
                /** @description An implementation that ends without the URL of a pull request has failed. A CodeRun is an implementation if its label workflow-stage says so, else if runType does or is absent. Default `true`. */
                readonly requirePullRequest: boolean;
            };
            /** @description Seconds that a pod may fail to start before its attempt fails (its image cannot be pulled, a Secret is missing), or before what may pass (no node fits) counts as stalled. Default `300`. */
            readonly stuckPodSeconds: number;
            /** @description Whether runs may wait in a queue of [Kueue](https://kueue.sigs.k8s.io), which then decides when their Jobs start. See docs/guide/kueue.md. */
            readonly kueue: {
                /** @description Kueue is installed, and manages Jobs. false: a run that names a queue is denied, since its Job would never start. Default `false`. */
                readonly enabled: boolean;
                /** @description LocalQueue for runs that name none. */
                readonly queueName?: string;
            };
            /** @description The message of a running run: the last tool that its agent called, with the file or the description that the model gave, from the log of its container. */
            readonly progress: {
                /** @description Read the logs of running agents, and write the last tool call to status.message. Default `true`. */
                readonly enabled: boolean;
                /** @description Seconds between two reads of the logs of all running agents, and the minimum between two such writes to one status. Default `30`. */
                readonly seconds: number;
            };
            /** @description Which finished runs are kept. Without limits, all; with both, a run is deleted if either limit says so. */
            readonly history: {
                /** @description Number of latest finished runs to keep for each service of a namespace. */
                readonly keepPerService?: number;
                /** @description Seconds to keep a run after its end. */
                readonly keepSeconds?: number;
                /** @description Where the record of a run is written before it is deleted. */
                readonly archive: {
                    /** @description Write the record to the operator's log, as one line of JSON. Default `true`. */
                    readonly log: boolean;
                    /** @description Name of a ConfigMap in the run's namespace that the record is written to. One that exists needs the label `app.kubernetes.io/managed-by: agent-orchestrator`. */
                    readonly configMap?: string;
                    /** @description Absolute path of an existing directory in the manager's container, usually a mounted volume, that each run is written to as one compressed document with its spec, status and Events. Not together with `s3`. */
                    readonly directory?: string;
                    /** @description S3-compatible bucket that each run is written to as one compressed document with its spec, status and Events. Credentials come from the manager's environment, never from this file. Not together with `directory`. */
                    readonly s3?: {
                        /** @description Name of the bucket, which must exist. */
                        readonly bucket: string;
                        /** @description URL of the server. Default: AWS, in the region. */
                        readonly endpoint?: string;
                        /** @description Region of the bucket. Default: that of the manager's environment. */
                        readonly region?: string;
                        /** @description What the keys of documents begin with. It ends with a slash. */
                        readonly prefix?: string;
                        /** @description The bucket is part of the URL's path instead of its host name, as most servers other than AWS expect. Default `false`. */
                        readonly pathStyle: boolean;
                        /**
                         * @description Encryption to request for each document. Default: that of the bucket.
                         * @enum {unknown}
                         */
                        readonly serverSideEncryption?: "AES256" | "aws:kms";
                        /** @description Key for `aws:kms`. Default: that of the account. */
                        readonly kmsKeyId?: string;
                    };
                    /** @description KiB of the end of each attempt's log that are kept beside the run, in `directory` or `s3`; 0 keeps none. What looks like a key is removed from it. A Job stays until the log of its agent is kept, whatever its TTL. Default `0`. */
                    readonly transcriptKiB: number;
                    /** @description Seconds during which `directory` or `s3` may keep failing before a run is removed without an archive, or a Job without the log of its agent, and lost. A new leader counts from its own first failure. Absent: the run is kept until it is archived. */
                    readonly giveUpSeconds?: number;
                };
                /** @description Number of removed runs whose end is remembered: if the same manifest is applied again, as GitOps does, the run ends at once as before, without an attempt. Beyond it the oldest are forgotten. 0: none. Default `50000`. */
                readonly rememberedRuns: number;
            };
            /** @description Seconds between searches for objects whose run was deleted. Default `3600`. */
            readonly orphanSweepSeconds: number;
            /** @description OpenTelemetry of the agents, configured by environment variables, and under operator that of the operator itself. */
            readonly telemetry: {
                /** @description OpenTelemetry of the operator. Nothing is exported without an endpoint. Headers and certificates are files of --telemetry-dir. OTEL_* variables of the operator's environment override these keys. */
                readonly operator: {
                    /** @description Endpoint of the collector, as host:port or a URL without user and password. Default: none, so nothing is exported. */
                    readonly endpoint?: string;
                    /**
                     * @description OTLP over HTTP with protocol buffers, or over gRPC. Default `"http"`.
                     * @enum {string}
                     */
                    readonly protocol: "http" | "grpc";
                    /** @description Do not use TLS if the endpoint has no scheme. Default `false`. */
                    readonly insecure: boolean;
                    /** @description Fraction of the traces that begin at the operator, from 0 to 1. A request that belongs to a trace keeps the decision of that trace. Default `1`. */
                    readonly sampleRatio: number;
                    /** @description What is exported: traces, metrics, the operator's log, and the Kubernetes Events that it records. Default `["traces","metrics","logs","events"]`. */
                    readonly signals: readonly ("traces" | "metrics" | "logs" | "events")[];
                    /** @description Seconds between two exports of metrics. Default `60`. */
                    readonly exportIntervalSeconds: number;
                };
                /** @description Set the variables that make agents send telemetry. Default `false`. */
                readonly enabled: boolean;
                /** @description Endpoint of the collector, as host:port or a URL. Default: none, so nothing is sent. */
                readonly otlpEndpoint?: string;
                /**
                 * @description Default `"grpc"`.
                 * @enum {string}
                 */
                readonly otlpProtocol: "grpc" | "http";
                /** @description Do not use TLS if the endpoint has no scheme. Default `true`. */
                readonly otlpInsecure: boolean;
                /** @description Endpoint of metrics. Default: otlpEndpoint. */
                readonly metricsEndpoint?: string;
                /** @enum {string} */
                readonly metricsProtocol?: "grpc" | "http";
                /** @description Endpoint of logs. Default: otlpEndpoint. */
                readonly logsEndpoint?: string;
                /** @enum {string} */
                readonly logsProtocol?: "grpc" | "http";
                /** @description Traces of the agent program, in the trace of its run, to otlpEndpoint. In Claude Code this is a beta feature; other agent programs ignore it. Default `false`. */
                readonly traces: boolean;
                /** @description Prefix of the service name; a hyphen and the run's service follow. Default `"claude-agent"`. */
                readonly serviceName: string;
                /** @description Resource attribute service.version. */
                readonly serviceVersion?: string;
                /** @description Resource attribute team. */
                readonly teamName?: string;
                /** @description Resource attribute department. */
                readonly department?: string;
                /** @description Resource attribute environment. */
                readonly environment?: string;
                /** @description Resource attribute cost_center. */
                readonly costCenter?: string;
                /** @description Resource attribute cluster.name. */
                readonly clusterName?: string;
                /** @description Additional resource attributes. Default `{}`. */
                readonly customAttributes: {
                    readonly [key: string]: string;
                };
                /** @description Milliseconds between two exports of metrics, with or without quotes. */
                readonly metricsExportInterval?: number;
                /** @description Milliseconds after which an export of metrics is given up. */
                readonly metricsExportTimeout?: number;
                /** @description Milliseconds between two exports of logs. */
                readonly logsExportInterval?: number;
                /** @description Milliseconds after which an export of logs is given up. */
                readonly logsExportTimeout?: number;
                /** @description Include the session ID in metrics. Default: the agent program's. */
                readonly includeSessionId?: boolean;
                /** @description Include the account UUID in metrics. Default: the agent program's. */
                readonly includeAccountUuid?: boolean;
                /** @description Include the version of the agent program in metrics. Default: the agent program's. */
                readonly includeVersion?: boolean;
                /** @description Include prompts in logs. Default: the agent program's. */
                readonly logUserPrompts?: boolean;
                /**
                 * @description Log level of the SDK.
                 * @enum {string}
                 */
                readonly logLevel?: "none" | "error" | "warn" | "info" | "debug" | "verbose" | "all";
            };
            /** @description Tools that the agent program allows and denies, in managed settings that the agent cannot change. */
            readonly permissions: {
                /** @description Allowed tools, such as Read or Bash(git:*). Default `[]`. */
                readonly allow: readonly string[];
                /** @description Tools that are denied to every run, whatever its agentTools. Default `[]`. */
                readonly deny: readonly string[];
                /** @description Let the agentTools of a run replace `allow`, instead of adding to it. Default `false`. */
                readonly agentToolsOverride: boolean;
            };
            readonly claudeSettings: {
                readonly toolPermissions: {
                    readonly allow?: readonly string[];
                    readonly deny?: readonly string[];
                };
            };
            /** @description Labels for every Job, ConfigMap and pod of a run. They cannot override the orchestrator's own. Default `{}`. */
            readonly labels: {
                readonly [key: string]: string;
            };
            /** @description Annotations for every Job, ConfigMap and pod of a run. They cannot override the orchestrator's own. Default `{}`. */
            readonly annotations: {
                readonly [key: string]: string;
            };
            readonly pod: {
                /** @description Labels for pods only. Default `{}`. */
                readonly labels: {
                    readonly [key: string]: string;
                };
                /** @description Annotations for pods only. Default `{}`. */
                readonly annotations: {
                    readonly [key: string]: string;
                };
                readonly securityContext: {
                    /** @description Group that owns the files of the workspace. Default `2000`. */
                    readonly fsGroup: number;
                };
            };
            /** @description Strategic merge patch of the pod template, applied last. The agent's container is claude-agent, the init container prepare-workspace. Default `{}`. */
            readonly podTemplate: {
                readonly metadata?: {
                    readonly labels?: {
                        readonly [key: string]: string;
                    };
                    readonly annotations?: {
                        readonly [key: string]: string;
                    };
                };
                /** @description As in a pod. restartPolicy must be Never. */
                readonly spec?: {
                    /** @enum {string} */
                    readonly restartPolicy?: "Never";
                } & {
                    readonly [key: string]: unknown;
                };
            };
            /** @description Node affinity for one label. Use agent.affinity for anything else. */
            readonly nodeAffinity: {
                /** @description Add the node affinity to pods. Default `false`. */
                readonly enabled: boolean;
                /** @description Require these nodes instead of preferring them. Default `true`. */
                readonly required: boolean;
                readonly key?: string;
                /** @description Default `[]`. */
                readonly values: readonly string[];
            };
            /** @description Models that runs may name; any other gives a warning, or with strict a denial. Default: any. */
            readonly models?: readonly string[];
            /** @description Agents that runs may name, as a list of names or a map from names to profiles; any other except the default agent gives a warning, or with strict a denial. Default: any. */
            readonly agents?: {
                readonly [key: string]: {
                    /** @description Model of this agent's runs that do not name one. */
                    readonly model?: string;
                    /** @description GitHub App that this agent works as. Selects the agent of CodeRuns and DocsRuns. Default: the App whose part after the last dash is the agent's name. */
                    readonly githubApp?: string;
                    /** @description Agent program of runs that do not name one, such as claude; in any case. */
                    readonly cli?: string;
                    /** @description Maximum number of tokens of an answer, unless a CodeRun sets it. This and the two keys below have an effect if the agent program has such an option (docs/guide/templates.md). */
                    readonly maxTokens?: number;
                    /** @description Sampling temperature of the model. */
                    readonly temperature?: number;
                    /** @description Reasoning effort of the model, as the agent program names it, such as high. */
                    readonly reasoningEffort?: string;
                    /** @description ID of the GitHub App, used if its Secret has no app-id. */
                    readonly appId?: string;
                    /** @description Client ID of the GitHub App. Overrides appId; GitHub accepts either. */
                    readonly clientId?: string;
                    /** @description Name of the agent in its system prompt. */
                    readonly name?: string;
                    /** @description Role of the agent, which follows "You are" in its system prompt. */
                    readonly role?: string;
                    /** @description Fields of expertise, in its system prompt. */
                    readonly expertise?: readonly string[];
                    /** @description What the verdict of this agent's runs leads to, beside their result. label: a quality run that passes sets the label ready-for-qa on the pull request. approve: a testing or acceptance run that passes approves it. requestChanges: any of them, if it does not pass, requests changes. The agent's App needs the right to write pull requests. Default: label and requestChanges for cleo, approve and requestChanges for tess and acceptance, nothing for others. */
                    readonly may?: readonly ("label" | "approve" | "requestChanges")[];
                    /** @description Description of the agent, in its system prompt. */
                    readonly description?: string;
                    /** @description The whole system prompt. Replaces the template agents/<agent>-system-prompt.md. */
                    readonly systemPrompt?: string;
                    /** @description MCP tools of the agent's CodeRuns, in addition to those of the preset and of the run. */
                    readonly tools?: {
                        /** @description Tools of the MCP server in the cluster (toolServerUrl). */
                        readonly remote?: readonly string[];
                        /** @description MCP servers that run beside the agent, by name. */
                        readonly localServers?: {
                            readonly [key: string]: {
                                /** @description False removes the server. */
                                readonly enabled?: boolean;
                                /** @description Program in the image. Default: that of a built-in server of this name, else the name. */
                                readonly command?: string;
                                readonly args?: readonly string[];
                                readonly env?: {
                                    readonly [key: string]: string;
                                };
                                /** @description Tools of the server that may be used. Default: all. */
                                readonly tools?: readonly string[];
                            };
                        };
                    };
                };
            };
            /** @description URL of the MCP server in the cluster (streamable HTTP) that provides remote tools. Default: none, so agents only get the names of the tools. */
            readonly toolServerUrl?: string;
            /** @description Deny runs whose model or agent is not listed in models or agents. Default `false`. */
            readonly strict: boolean;
            /** @description Namespaces whose runs are managed: all, a list of names, or a label selector (matchLabels, matchExpressions). --watch-namespaces restricts them further. Default `"all"`. */
            readonly namespaces: {
                readonly names?: readonly string[];
                readonly matchLabels?: {
                    readonly [key: string]: string;
                };
                readonly matchExpressions?: readonly {
                    readonly key: string;
                    /** @enum {string} */
                    readonly operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
                    readonly values?: readonly string[];
                }[];
            };
            /** @description CloudEvents over HTTP about the phases of runs (docs/guide/cloud-events.md). */
            readonly cloudEvents: {
                /** @description Receivers of the events. Each name must be unique. Default `[]`. */
                readonly sinks: readonly {
                    /** @description Name in metrics and logs, and of the file with its signing keys. */
                    readonly name: string;
                    readonly url: string;
                    /** @description Send events without a signature. Default: each is signed with the keys in the file of the sink's name below --sink-keys-dir, and waits as long as there is no such file. */
                    readonly unsigned?: boolean;
                    /** @description Kinds of runs. Default: all. */
                    readonly kinds?: readonly ("TaskRun" | "CodeRun" | "DocsRun")[];
                    /** @description Namespaces of the runs. Default: all that are managed. */
                    readonly namespaces?: readonly string[];
                    /** @description Phases to send. Default: all. */
                    readonly phases?: readonly ("Pending" | "Running" | "Succeeded" | "Failed" | "Cancelled")[];
                }[];
            };
            readonly controller: {
                readonly maxRetries?: number;
                readonly reconcileInterval?: unknown;
                readonly historyLimit?: unknown;
                /** @description false: no attempt is retried automatically, whatever retry.maxRetries, retry.providerLimits.maxRetries and retry.disruptions.maxRetries are. A run's spec.retry overrides it. */
                readonly autoRetry?: boolean;
            };
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type Configuration = components['schemas']['Configuration'];
