// Generated from schemas/configuration.yaml by `npm run generate`. Do not edit: change the source instead.
export interface components {
    schemas: {
        /** Configuration */
        readonly Configuration: {
            /** @description Where probes and metrics are served. */
            readonly server: {
                /** @description Default `"::"`. */
                readonly host: string;
                /** @description Default `8080`. */
                readonly port: number;
            };
            readonly kubernetes: {
                /** @description Of the orchestrator's own objects. Absent, that of its ServiceAccount in a cluster, else orchestrator. */
                readonly namespace?: string;
            };
            /** @description The Job of a run. */
            readonly job: {
                /** @description The Job's own retries within one run. With 0 each attempt is a run of its own, numbered and recorded. Default `0`. */
                readonly backoffLimit: number;
                /** @description Seconds that a run may take. Default `3600`. */
                readonly activeDeadlineSeconds: number;
                /** @description Seconds that a finished Job is kept, for its logs, before the orchestrator removes it. Default `86400`. */
                readonly ttlSecondsAfterFinished: number;
            };
            /** @description The container that the agent runs in. */
            readonly agent: {
                /** @description spec.agentName where a run names none. Default `"claude-agent-1"`. */
                readonly name: string;
                /** @description spec.model where a run names none. Default `"sonnet"`. */
                readonly model: string;
                /** @description One string, or its parts. Default `"ghcr.io/5dlabs/platform/claude-code:latest"`. */
                readonly image: string;
                /**
                 * @description Wins over image.pullPolicy. Default `"IfNotPresent"`.
                 * @enum {string}
                 */
                readonly imagePullPolicy: "Always" | "IfNotPresent" | "Never";
                /** @description The kubelet replaces $(NAME) by the variable NAME of the container. Default `["claude"]`. */
                readonly command: readonly string[];
                /** @description Arguments of the command; $(NAME) as there. Default `[]`. */
                readonly args: readonly string[];
                /** @description Environment of every agent: value, or valueFrom as in a container, for a key of a Secret for instance. A run's spec.env wins. Default `[]`. */
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
                /** @description ServiceAccount that pods name. No token of it is given to the agent. Default `"default"`. */
                readonly serviceAccountName: string;
                /** @description Names of Secrets, or references to them. Default `[]`. */
                readonly imagePullSecrets: readonly string[];
                /** @description Labels of the nodes that pods may be on. Default `{}`. */
                readonly nodeSelector: {
                    readonly [key: string]: string;
                };
                /** @description As in a pod. Its nodeAffinity wins over the section nodeAffinity. */
                readonly affinity?: {
                    readonly [key: string]: unknown;
                };
                /** @description As in a pod. Default `[]`. */
                readonly tolerations: readonly {
                    readonly [key: string]: unknown;
                }[];
                /** @description Further volumes of the pod, as in a pod. Default `[]`. */
                readonly volumes: readonly ({
                    readonly name: string;
                } & {
                    readonly [key: string]: unknown;
                })[];
                /** @description Further mounts of the agent's container, as in a container. Default `[]`. */
                readonly volumeMounts: readonly ({
                    readonly name: string;
                    readonly mountPath: string;
                } & {
                    readonly [key: string]: unknown;
                })[];
                /** @description The pod meets the Pod Security Standard restricted, whatever stands here. */
                readonly securityContext: {
                    /** @description User of all the pod's containers. Default `1000`. */
                    readonly runAsUser: number;
                    /** @description Default `1000`. */
                    readonly runAsGroup: number;
                    /** @description Of the agent's container. The workspace, its home and /tmp can always be written to. Default `true`. */
                    readonly readOnlyRootFilesystem: boolean;
                };
                /** @description Image by the agent's command line program, such as claude, for CodeRuns and DocsRuns; image is that of the others. A TaskRun has the one program that is in its image. Default `{}`. */
                readonly cliImages: {
                    readonly [key: string]: string;
                };
                /** @description Let CodeRuns with enableDocker have a Docker daemon beside the agent. Its container is privileged: whoever may create CodeRuns then owns the node, and namespaces with a Pod Security Standard refuse the pod. Default `false`. */
                readonly allowDocker: boolean;
                /** @description Image of that daemon. One string, or its parts. Default `"docker:28-dind"`. */
                readonly dockerImage: string;
            };
            /** @description The container that puts the files into the workspace. Its image has to have sh, mkdir, cp and rm. */
            readonly initContainer: {
                /** @description One string, or its parts. Default `"busybox:1.36"`. */
                readonly image: string;
                /**
                 * @description Wins over image.pullPolicy. Default `"IfNotPresent"`.
                 * @enum {string}
                 */
                readonly imagePullPolicy: "Always" | "IfNotPresent" | "Never";
                /** @description Default `{"requests":{"cpu":"10m","memory":"16Mi"},"limits":{"cpu":"500m","memory":"64Mi"}}`. */
                readonly resources: {
                    readonly requests?: {
                        readonly cpu?: string;
                        readonly memory?: string;
                    } & {
                        readonly [key: string]: string;
                    };
                    readonly limits?: {
                        readonly cpu?: string;
                        readonly memory?: string;
                    } & {
                        readonly [key: string]: string;
                    };
                };
            };
            /** @description What a priority means to the scheduler. */
            readonly priorities: {
                readonly low: {
                    /** @description Default `{"requests":{"cpu":"1","memory":"2Gi"},"limits":{"cpu":"2","memory":"4Gi"}}`. */
                    readonly resources: {
                        readonly requests?: {
                            readonly cpu?: string;
                            readonly memory?: string;
                        } & {
                            readonly [key: string]: string;
                        };
                        readonly limits?: {
                            readonly cpu?: string;
                            readonly memory?: string;
                        } & {
                            readonly [key: string]: string;
                        };
                    };
                    /** @description PriorityClass of the pods. Absent, the cluster's default. */
                    readonly priorityClassName?: string;
                };
                readonly medium: {
                    /** @description Default `{"requests":{"cpu":"1","memory":"2Gi"},"limits":{"cpu":"2","memory":"4Gi"}}`. */
                    readonly resources: {
                        readonly requests?: {
                            readonly cpu?: string;
                            readonly memory?: string;
                        } & {
                            readonly [key: string]: string;
                        };
                        readonly limits?: {
                            readonly cpu?: string;
                            readonly memory?: string;
                        } & {
                            readonly [key: string]: string;
                        };
                    };
                    /** @description PriorityClass of the pods. Absent, the cluster's default. */
                    readonly priorityClassName?: string;
                };
                readonly high: {
                    /** @description Default `{"requests":{"cpu":"2","memory":"4Gi"},"limits":{"cpu":"4","memory":"8Gi"}}`. */
                    readonly resources: {
                        readonly requests?: {
                            readonly cpu?: string;
                            readonly memory?: string;
                        } & {
                            readonly [key: string]: string;
                        };
                        readonly limits?: {
                            readonly cpu?: string;
                            readonly memory?: string;
                        } & {
                            readonly [key: string]: string;
                        };
                    };
                    /** @description PriorityClass of the pods. Absent, the cluster's default. */
                    readonly priorityClassName?: string;
                };
                readonly critical: {
                    /** @description Default `{"requests":{"cpu":"2","memory":"4Gi"},"limits":{"cpu":"4","memory":"8Gi"}}`. */
                    readonly resources: {
                        readonly requests?: {
                            readonly cpu?: string;
                            readonly memory?: string;
                        } & {
                            readonly [key: string]: string;
                        };
                        readonly limits?: {
                            readonly cpu?: string;
                            readonly memory?: string;
                        } & {
                            readonly [key: string]: string;
                        };
                    };
                    /** @description PriorityClass of the pods. Absent, the cluster's default. */
                    readonly priorityClassName?: string;
                };
            };
            /** @description The workspace's PersistentVolumeClaim, where it isn't there yet. */
            readonly storage: {
                /** @description Absent, the cluster's default. */
                readonly storageClassName?: string;
                /**
                 * @description Default `"ReadWriteOnce"`.
                 * @enum {string}
                 */
                readonly accessMode: "ReadWriteOnce" | "ReadWriteOncePod" | "ReadWriteMany";
                /** @description Default `"10Gi"`. */
                readonly size: string;
                /** @description One claim as the workspace of all runs of a namespace that name none, so that (concurrency.perWorkspace) they run one after the other. Absent, each service has a claim of its own. */
                readonly pvcName?: string;
                /** @description Ask for more where a workspace that the orchestrator made is smaller than `size`, before the next run starts in it. A claim never shrinks, and one whose StorageClass doesn't allow it stays as it is, with an Event. Default `false`. */
                readonly allowExpansion: boolean;
            };
            /** @description Where keys are, in the namespace of the run. */
            readonly secrets: {
                /** @description Default `"orchestrator-secrets"`. */
                readonly apiKeySecretName: string;
                /** @description Default `"ANTHROPIC_API_KEY"`. */
                readonly apiKeySecretKey: string;
                /** @description The Secret with the token for https repositories of runs that name neither githubUser nor auth. Absent, those are read without one. */
                readonly githubTokenSecretName?: string;
                /** @description Default `"token"`. */
                readonly githubTokenSecretKey: string;
                /** @description Keys of model providers, by any name. Each is a variable of the agent; one whose Secret is missing is left out. Default `{}`. */
                readonly providerApiKeys: {
                    readonly [key: string]: {
                        readonly secretName: string;
                        readonly secretKey: string;
                        readonly envVar: string;
                    };
                };
                /** @description The same for agents' CLIs. Default `{}`. */
                readonly cliApiKeys: {
                    readonly [key: string]: {
                        readonly secretName: string;
                        readonly secretKey: string;
                        readonly envVar: string;
                    };
                };
            };
            /** @description How many runs may work at once. Those that wait go by priority, then by age. */
            readonly concurrency: {
                /** @description In all namespaces. Absent, as many as there are; likewise the limits below but perWorkspace. */
                readonly total?: number;
                readonly perNamespace?: number;
                /** @description Of one service in one namespace. */
                readonly perService?: number;
                readonly perAgent?: number;
                readonly perRepository?: number;
                /** @description Two agents in one workspace spoil each other's work. Default `1`. */
                readonly perWorkspace: number;
                /** @description Seconds of waiting that count as one step of priority, so that no run waits for ever. Default `600`. */
                readonly agingSeconds: number;
            };
            /** @description What goes when a run is deleted. */
            readonly cleanup: {
                /** @description Delete the PersistentVolumeClaim together with the last run that uses it. Default `false`. */
                readonly deleteWorkspace: boolean;
            };
            /** @description What is done after a run failed, where the run itself says nothing else. */
            readonly retry: {
                /** @description Automatic runs after the first, or after the last manual retry. Default `3`. */
                readonly maxRetries: number;
                /** @description The wait before automatic run k is drawn from 0 to min(maxBackoffSeconds, this * 2^k). Default `30`. */
                readonly initialBackoffSeconds: number;
                /** @description Default `600`. */
                readonly maxBackoffSeconds: number;
                /** @description Exit codes of the agent after which no automatic run follows. Default `[]`. */
                readonly terminalExitCodes: readonly number[];
            };
            /** @description What is asked of CodeRuns. */
            readonly codeRun: {
                /** @description An implementation (a CodeRun whose label workflow-stage, or else runType, is absent or implementation) that ends without the URL of a pull request has failed. Default `true`. */
                readonly requirePullRequest: boolean;
            };
            /** @description Seconds that a pod may stand without starting (its image can't be pulled, a Secret is missing, no node takes it) before its run has failed. Default `300`. */
            readonly stuckPodSeconds: number;
            /** @description Which finished runs are kept. With neither limit, all; with both, what either lets go goes. */
            readonly history: {
                /** @description The newest of each service of a namespace. */
                readonly keepPerService?: number;
                /** @description Seconds after the run's end. */
                readonly keepSeconds?: number;
                /** @description Where the record of a run goes before the run is removed. */
                readonly archive: {
                    /** @description To the manager's log, as one line of JSON. Default `true`. */
                    readonly log: boolean;
                    /** @description To the ConfigMap of this name in the run's namespace. */
                    readonly configMap?: string;
                };
            };
            /** @description Seconds between two searches for objects whose run is gone. Default `3600`. */
            readonly orphanSweepSeconds: number;
            /** @description The agents' own OpenTelemetry, handed to them as environment. */
            readonly telemetry: {
                /** @description Default `false`. */
                readonly enabled: boolean;
                /** @description host:port, or a URL. Without it nothing is sent. */
                readonly otlpEndpoint?: string;
                /**
                 * @description Default `"grpc"`.
                 * @enum {string}
                 */
                readonly otlpProtocol: "grpc" | "http";
                /** @description Without TLS, where the endpoint has no scheme. Default `true`. */
                readonly otlpInsecure: boolean;
                /** @description Where metrics go, if elsewhere. */
                readonly metricsEndpoint?: string;
                /** @enum {string} */
                readonly metricsProtocol?: "grpc" | "http";
                /** @description Where logs go, if elsewhere. */
                readonly logsEndpoint?: string;
                /** @enum {string} */
                readonly logsProtocol?: "grpc" | "http";
                /** @description The agent's service is this, a hyphen and the run's service. Default `"claude-agent"`. */
                readonly serviceName: string;
                readonly serviceVersion?: string;
                /** @description Resource attribute team. */
                readonly teamName?: string;
                readonly department?: string;
                readonly environment?: string;
                /** @description Resource attribute cost_center. */
                readonly costCenter?: string;
                /** @description Resource attribute cluster.name. */
                readonly clusterName?: string;
                /** @description Further resource attributes. Default `{}`. */
                readonly customAttributes: {
                    readonly [key: string]: string;
                };
                /** @description Milliseconds, in quotes or not; likewise the three below. */
                readonly metricsExportInterval?: number;
                readonly metricsExportTimeout?: number;
                readonly logsExportInterval?: number;
                readonly logsExportTimeout?: number;
                /** @description In metrics. Absent, as the agent's CLI does by itself; likewise the three below. */
                readonly includeSessionId?: boolean;
                readonly includeAccountUuid?: boolean;
                readonly includeVersion?: boolean;
                /** @description In logs. */
                readonly logUserPrompts?: boolean;
                /**
                 * @description Of the SDK itself.
                 * @enum {string}
                 */
                readonly logLevel?: "none" | "error" | "warn" | "info" | "debug" | "verbose" | "all";
            };
            /** @description What every agent's CLI allows and forbids, in the settings that it can't change. */
            readonly permissions: {
                /** @description Such as Read or Bash(git:*). Default `[]`. */
                readonly allow: readonly string[];
                /** @description Forbidden to every run, whatever its agentTools say. Default `[]`. */
                readonly deny: readonly string[];
                /** @description The agentTools of a run that has any stand in place of allow, and not beside it. Default `false`. */
                readonly agentToolsOverride: boolean;
            };
            readonly claudeSettings: {
                readonly toolPermissions?: unknown;
                readonly environmentSettings?: unknown;
            };
            /** @description Of every Job, ConfigMap and pod of a run; the orchestrator's own win. Default `{}`. */
            readonly labels: {
                readonly [key: string]: string;
            };
            /** @description Of every Job, ConfigMap and pod of a run; the orchestrator's own win. Default `{}`. */
            readonly annotations: {
                readonly [key: string]: string;
            };
            readonly pod: {
                /** @description Of pods only. Default `{}`. */
                readonly labels: {
                    readonly [key: string]: string;
                };
                /** @description Of pods only. Default `{}`. */
                readonly annotations: {
                    readonly [key: string]: string;
                };
                readonly securityContext: {
                    /** @description Group that owns the workspace's files. Default `2000`. */
                    readonly fsGroup: number;
                };
            };
            /** @description A strategic merge patch of the pod's template, the last word on it. The agent's container is claude-agent, the other prepare-workspace. Default `{}`. */
            readonly podTemplate: {
                readonly metadata?: {
                    readonly labels?: {
                        readonly [key: string]: string;
                    };
                    readonly annotations?: {
                        readonly [key: string]: string;
                    };
                };
                /** @description As in a pod. restartPolicy has to stay Never. */
                readonly spec?: {
                    /** @enum {string} */
                    readonly restartPolicy?: "Never";
                } & {
                    readonly [key: string]: unknown;
                };
            };
            /** @description Nodes by one label; what this can't say is agent.affinity. */
            readonly nodeAffinity: {
                /** @description Default `false`. */
                readonly enabled: boolean;
                /** @description Other nodes are not used at all, and not only when there is no better one. Default `true`. */
                readonly required: boolean;
                readonly key?: string;
                /** @description Default `[]`. */
                readonly values: readonly string[];
            };
            /** @description Models that runs may name. Absent, any; else another one is a warning, or with strict a denial. */
            readonly models?: readonly string[];
            /** @description Agents that runs may name, as a list of names or by name with what is known of each. Absent, any; else another one is a warning, or with strict a denial. */
            readonly agents?: {
                readonly [key: string]: {
                    /** @description spec.model where a run of this agent names none. */
                    readonly model?: string;
                    /** @description GitHub App that this agent works as; by it CodeRuns and DocsRuns find their agent. Absent, the App whose last part after a dash is the agent's name here. */
                    readonly githubApp?: string;
                    /** @description Its command line program, where a CodeRun or DocsRun names none. */
                    readonly cli?: string;
                    /** @description Tokens of an answer at most, where a CodeRun says nothing. This and the two below have an effect where the program has a setting for it (docs/guide/templates.md). */
                    readonly maxTokens?: number;
                    /** @description How freely the model chooses its words. */
                    readonly temperature?: number;
                    /** @description How long the model thinks, in the words of its program, such as high. */
                    readonly reasoningEffort?: string;
                    /** @description Id of the GitHub App, where its Secret has no app-id. */
                    readonly appId?: string;
                    /** @description Client id of the GitHub App, which wins over appId; GitHub takes either. */
                    readonly clientId?: string;
                    /** @description What its system prompt calls it. */
                    readonly name?: string;
                    /** @description What it is, after "You are" in its system prompt. */
                    readonly role?: string;
                    /** @description What it knows best, in its system prompt. */
                    readonly expertise?: readonly string[];
                    /** @description More about it, in its system prompt. */
                    readonly description?: string;
                    /** @description Its system prompt as a whole, in place of the template agents/<agent>-system-prompt.md. */
                    readonly systemPrompt?: string;
                    /** @description MCP tools of its CodeRuns, beside those of the preset and of the run. */
                    readonly tools?: {
                        /** @description Tools of the MCP server in the cluster (toolServerUrl). */
                        readonly remote?: readonly string[];
                        /** @description MCP servers that run beside the agent, by name. */
                        readonly localServers?: {
                            readonly [key: string]: {
                                /** @description Take the server away again, where it is false. */
                                readonly enabled?: boolean;
                                /** @description Program of the image. Absent, that of a server that is known by its name, else the name. */
                                readonly command?: string;
                                readonly args?: readonly string[];
                                readonly env?: {
                                    readonly [key: string]: string;
                                };
                                /** @description The only tools of it that may be used. Absent, all. */
                                readonly tools?: readonly string[];
                            };
                        };
                    };
                };
            };
            /** @description The MCP server in the cluster, by streamable HTTP, from which runs get their remote tools. Absent, there is none: agents only read the tools' names. */
            readonly toolServerUrl?: string;
            /** @description Deny runs that name a model or an agent that isn't among models or agents. Default `false`. */
            readonly strict: boolean;
            /** @description Namespaces whose runs are looked after: all, a list of names, or a label selector (matchLabels, matchExpressions). --watch-namespaces narrows it further. Default `"all"`. */
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
            readonly controller: {
                readonly maxRetries?: number;
                readonly reconcileInterval?: unknown;
                readonly historyLimit?: unknown;
                /** @default true */
                readonly autoRetry?: unknown;
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
