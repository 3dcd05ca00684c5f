// Generated from schemas/configuration.yaml by `npm run generate`. Do not edit: change the source instead.
import type { ConfigurationSchema } from "../schema.js";

export const configurationSchema: ConfigurationSchema = {
  "title": "Configuration",
  "type": [
    "object",
    "null"
  ],
  "x-environment": {
    "SERVER_HOST": "server.host",
    "SERVER_PORT": "server.port",
    "KUBERNETES_NAMESPACE": "kubernetes.namespace",
    "JOB_IMAGE": "agent.image",
    "JOB_TTL_SECONDS": "job.ttlSecondsAfterFinished",
    "JOB_ACTIVE_DEADLINE_SECONDS": "job.activeDeadlineSeconds",
    "JOB_BACKOFF_LIMIT": "job.backoffLimit",
    "JOB_CPU_REQUEST": "agent.resources.requests.cpu",
    "JOB_CPU_LIMIT": "agent.resources.limits.cpu",
    "JOB_MEMORY_REQUEST": "agent.resources.requests.memory",
    "JOB_MEMORY_LIMIT": "agent.resources.limits.memory",
    "OTLP_ENDPOINT": "telemetry.otlpEndpoint",
    "LOGS_ENDPOINT": "telemetry.logsEndpoint",
    "LOGS_PROTOCOL": "telemetry.logsProtocol"
  },
  "x-environment-no-effect": {
    "RUST_LOG": "set LOG_LEVEL or --log-level instead",
    "EXECUTION_MAX_RETRIES": "set retry.maxRetries in the configuration instead; 0 means no retry there, and meant no limit here",
    "FACTORY_MAX_RETRIES": "set retry.maxRetries in the configuration instead; 0 means no retry there, and meant no limit here",
    "CODEX_MAX_RETRIES": "set retry.maxRetries in the configuration instead; 0 means no retry there, and meant no limit here",
    "CURSOR_MAX_RETRIES": "set retry.maxRetries in the configuration instead; 0 means no retry there, and meant no limit here",
    "CLAUDE_MAX_RETRIES": "set retry.maxRetries in the configuration instead; 0 means no retry there, and meant no limit here",
    "OPENCODE_MAX_RETRIES": "set retry.maxRetries in the configuration instead; 0 means no retry there, and meant no limit here"
  },
  "x-environment-defaults": {
    "OPERATOR_IMAGE": "gateway.image"
  },
  "x-flags": {
    "--host": "server.host",
    "--port": "server.port",
    "--namespace": "kubernetes.namespace"
  },
  "properties": {
    "server": {
      "x-taken": "restart",
      "description": "Address of the probes and metrics.",
      "type": [
        "object",
        "null"
      ],
      "properties": {
        "host": {
          "type": "string",
          "minLength": 1,
          "maxLength": 1024,
          "default": "::",
          "x-at-start": "the server listens before the file is read; use SERVER_HOST or --host"
        },
        "port": {
          "type": "integer",
          "minimum": 0,
          "maximum": 65535,
          "default": 8080,
          "x-at-start": "the server listens before the file is read; use SERVER_PORT or --port"
        }
      }
    },
    "kubernetes": {
      "x-taken": "restart",
      "type": [
        "object",
        "null"
      ],
      "properties": {
        "namespace": {
          "type": "string",
          "pattern": "^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$",
          "x-meaning": "the name of a Kubernetes object (lower-case letters, digits, - and .)",
          "description": "Namespace of the operator's own objects. Default: in a cluster that of its ServiceAccount, else orchestrator.",
          "x-at-start": "it determines where the file is; use KUBERNETES_NAMESPACE or --namespace"
        }
      }
    },
    "job": {
      "description": "Job of an attempt.",
      "type": [
        "object",
        "null"
      ],
      "properties": {
        "backoffLimit": {
          "x-taken": "start",
          "description": "Retries of the Job's pod within one attempt. With 0, each retry is a separate attempt with its own number and record.",
          "type": "integer",
          "minimum": 0,
          "maximum": 100,
          "default": 0
        },
        "activeDeadlineSeconds": {
          "type": "integer",
          "minimum": 1,
          "maximum": 2147483647,
          "x-taken": "admission",
          "description": "Maximum duration of an attempt in seconds.",
          "default": 3600
        },
        "ttlSecondsAfterFinished": {
          "x-taken": "admission",
          "description": "Seconds that a finished Job is kept, for its logs, before the orchestrator deletes it.",
          "type": "integer",
          "minimum": 0,
          "maximum": 2147483647,
          "default": 86400
        },
        "restartPolicy": {
          "type": "string",
          "enum": [
            "Never",
            "OnFailure"
          ],
          "default": "Never",
          "x-no-effect": "a Job can distinguish evictions from failures only with Never; job.backoffLimit is the number of retries of an attempt's pod"
        }
      }
    },
    "agent": {
      "x-taken": "start",
      "description": "Container of the agent.",
      "type": [
        "object",
        "null"
      ],
      "properties": {
        "name": {
          "x-taken": "admission",
          "description": "Default of spec.agentName.",
          "type": "string",
          "pattern": "^.{1,63}$",
          "x-meaning": "at most 63 characters",
          "default": "claude-agent-1"
        },
        "model": {
          "x-taken": "admission",
          "description": "Default of spec.model.",
          "type": "string",
          "pattern": "^.{1,128}$",
          "x-meaning": "at most 128 characters",
          "default": "sonnet"
        },
        "image": {
          "anyOf": [
            {
              "type": "string",
              "pattern": "^[^\\s]+$",
              "maxLength": 1024
            },
            {
              "type": "object",
              "properties": {
                "repository": {
                  "type": "string",
                  "pattern": "^[^\\s]+$",
                  "maxLength": 1024
                },
                "tag": {
                  "description": "Tag, or a digest that begins with sha256.",
                  "type": "string",
                  "pattern": "^[^\\s]+$",
                  "maxLength": 1024
                },
                "pullPolicy": {
                  "type": "string",
                  "enum": [
                    "Always",
                    "IfNotPresent",
                    "Never"
                  ]
                }
              },
              "dependentRequired": {
                "tag": [
                  "repository"
                ]
              }
            }
          ],
          "x-reads": "image",
          "x-as": {
            "type": "string"
          },
          "x-taken": "admission",
          "description": "One string, or a map with its parts.",
          "default": "ghcr.io/5dlabs/platform/claude-code:latest"
        },
        "imagePullPolicy": {
          "type": "string",
          "enum": [
            "Always",
            "IfNotPresent",
            "Never"
          ],
          "x-taken": "admission",
          "description": "Overrides image.pullPolicy.",
          "default": "IfNotPresent"
        },
        "command": {
          "description": "Command of a TaskRun's container, in place of the start script that starts the agent program with the task as its prompt, clones spec.repository and delivers the work; a command has to do all of this itself. The kubelet expands $(NAME) to the environment variable NAME. Empty: the start script.",
          "type": "array",
          "maxItems": 64,
          "items": {
            "type": "string",
            "minLength": 1,
            "maxLength": 1024
          },
          "default": []
        },
        "args": {
          "description": "Arguments of `command`. They have no effect without a command. The kubelet expands $(NAME) in them, too.",
          "type": "array",
          "maxItems": 64,
          "items": {
            "type": "string",
            "minLength": 1,
            "maxLength": 1024
          },
          "default": []
        },
        "env": {
          "description": "Environment variables of every agent, each with value, or with valueFrom as in a container, such as a key of a Secret. A run's spec.env overrides them.",
          "type": "array",
          "maxItems": 256,
          "items": {
            "type": "object",
            "required": [
              "name"
            ],
            "oneOf": [
              {
                "required": [
                  "value"
                ]
              },
              {
                "required": [
                  "valueFrom"
                ]
              }
            ],
            "x-reads": "variable",
            "properties": {
              "name": {
                "type": "string",
                "pattern": "^[A-Za-z_][A-Za-z0-9_]*$",
                "maxLength": 1024,
                "x-meaning": "a variable name (letters, digits and _)"
              },
              "value": {
                "type": "string"
              },
              "valueFrom": {
                "description": "One of secretKeyRef, configMapKeyRef, fieldRef, resourceFieldRef.",
                "type": "object",
                "minProperties": 1,
                "maxProperties": 1,
                "properties": {
                  "secretKeyRef": {
                    "type": "object",
                    "required": [
                      "name",
                      "key"
                    ],
                    "properties": {
                      "name": {
                        "type": "string",
                        "pattern": "^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$",
                        "x-meaning": "the name of a Kubernetes object (lower-case letters, digits, - and .)"
                      },
                      "key": {
                        "type": "string",
                        "pattern": "^[-._a-zA-Z0-9]{1,253}$",
                        "x-meaning": "a key of a Secret (letters, digits, -, _ and .)"
                      },
                      "optional": {
                        "type": "boolean"
                      }
                    }
                  },
                  "configMapKeyRef": {
                    "type": "object",
                    "required": [
                      "name",
                      "key"
                    ],
                    "properties": {
                      "name": {
                        "type": "string",
                        "pattern": "^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$",
                        "x-meaning": "the name of a Kubernetes object (lower-case letters, digits, - and .)"
                      },
                      "key": {
                        "type": "string",
                        "pattern": "^[-._a-zA-Z0-9]{1,253}$",
                        "x-meaning": "a key of a Secret (letters, digits, -, _ and .)"
                      },
                      "optional": {
                        "type": "boolean"
                      }
                    }
                  },
                  "fieldRef": {
                    "type": "object",
                    "required": [
                      "fieldPath"
                    ],
                    "properties": {
                      "fieldPath": {
                        "type": "string",
                        "minLength": 1,
                        "maxLength": 1024
                      }
                    }
                  },
                  "resourceFieldRef": {
                    "type": "object",
                    "required": [
                      "resource"
                    ],
                    "properties": {
                      "resource": {
                        "type": "string",
                        "minLength": 1,
                        "maxLength": 1024
                      },
                      "containerName": {
                        "type": "string",
                        "minLength": 1,
                        "maxLength": 1024
                      },
                      "divisor": {
                        "anyOf": [
                          {
                            "type": "number",
                            "minimum": 0,
                            "maximum": 900000000000000000000
                          },
                          {
                            "type": "string",
                            "pattern": "^\\d+(\\.\\d+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|e\\d{1,2})?$"
                          }
                        ],
                        "x-reads": "quantity",
                        "x-as": {
                          "type": "string"
                        }
                      }
                    }
                  }
                },
                "additionalProperties": false
              }
            }
          },
          "default": []
        },
        "resources": {
          "type": [
            "object",
            "null"
          ],
          "x-whole": true,
          "properties": {
            "requests": {
              "type": [
                "object",
                "null"
              ],
              "properties": {
                "cpu": {
                  "anyOf": [
                    {
                      "type": "number",
                      "minimum": 0,
                      "maximum": 900000000000000000000
                    },
                    {
                      "type": "string",
                      "pattern": "^\\d+(\\.\\d+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|e\\d{1,2})?$"
                    }
                  ],
                  "x-reads": "quantity",
                  "x-as": {
                    "type": "string"
                  },
                  "description": "Requested CPU."
                },
                "memory": {
                  "anyOf": [
                    {
                      "type": "number",
                      "minimum": 0,
                      "maximum": 900000000000000000000
                    },
                    {
                      "type": "string",
                      "pattern": "^\\d+(\\.\\d+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|e\\d{1,2})?$"
                    }
                  ],
                  "x-reads": "quantity",
                  "x-as": {
                    "type": "string"
                  },
                  "description": "Requested memory."
                }
              },
              "additionalProperties": {
                "anyOf": [
                  {
                    "type": "number",
                    "minimum": 0,
                    "maximum": 900000000000000000000
                  },
                  {
                    "type": "string",
                    "pattern": "^\\d+(\\.\\d+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|e\\d{1,2})?$"
                  }
                ],
                "x-reads": "quantity",
                "x-as": {
                  "type": "string"
                }
              }
            },
            "limits": {
              "type": [
                "object",
                "null"
              ],
              "properties": {
                "cpu": {
                  "anyOf": [
                    {
                      "type": "number",
                      "minimum": 0,
                      "maximum": 900000000000000000000
                    },
                    {
                      "type": "string",
                      "pattern": "^\\d+(\\.\\d+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|e\\d{1,2})?$"
                    }
                  ],
                  "x-reads": "quantity",
                  "x-as": {
                    "type": "string"
                  },
                  "description": "CPU limit."
                },
                "memory": {
                  "anyOf": [
                    {
                      "type": "number",
                      "minimum": 0,
                      "maximum": 900000000000000000000
                    },
                    {
                      "type": "string",
                      "pattern": "^\\d+(\\.\\d+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|e\\d{1,2})?$"
                    }
                  ],
                  "x-reads": "quantity",
                  "x-as": {
                    "type": "string"
                  },
                  "description": "Memory limit."
                }
              },
              "additionalProperties": {
                "anyOf": [
                  {
                    "type": "number",
                    "minimum": 0,
                    "maximum": 900000000000000000000
                  },
                  {
                    "type": "string",
                    "pattern": "^\\d+(\\.\\d+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|e\\d{1,2})?$"
                  }
                ],
                "x-reads": "quantity",
                "x-as": {
                  "type": "string"
                }
              }
            }
          },
          "description": "Resources of every priority that has none in priorities. If it is set and priorities has no resources, the priority of a run does not change its resources.",
          "x-same-as": "priorities.*.resources"
        },
        "serviceAccountName": {
          "type": "string",
          "pattern": "^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$",
          "x-meaning": "the name of a Kubernetes object (lower-case letters, digits, - and .)",
          "x-taken": "admission",
          "description": "ServiceAccount of the pods. Its token is not mounted.",
          "default": "default"
        },
        "imagePullSecrets": {
          "type": "array",
          "maxItems": 64,
          "items": {
            "anyOf": [
              {
                "type": "string",
                "pattern": "^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?)?$",
                "x-meaning": "the name of a Kubernetes object (lower-case letters, digits, - and .)"
              },
              {
                "type": "object",
                "properties": {
                  "name": {
                    "type": "string",
                    "pattern": "^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$",
                    "x-meaning": "the name of a Kubernetes object (lower-case letters, digits, - and .)"
                  }
                }
              }
            ],
            "x-reads": "nameOrReference",
            "x-as": {
              "type": "string"
            }
          },
          "x-reads": "pullSecrets",
          "x-as": {
            "type": "array",
            "items": {
              "type": "string"
            }
          },
          "description": "Names of Secrets, or references to them.",
          "default": []
        },
        "nodeSelector": {
          "type": "object",
          "additionalProperties": {
            "type": "string",
            "pattern": "^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$",
            "x-meaning": "the value of a label (at most 63 letters, digits, -, _ and .)"
          },
          "description": "Node selector of the pods.",
          "default": {}
        },
        "affinity": {
          "description": "As in a pod. Its nodeAffinity overrides the section nodeAffinity.",
          "type": "object",
          "x-open": true
        },
        "tolerations": {
          "type": "array",
          "maxItems": 64,
          "items": {
            "type": "object",
            "x-open": true
          },
          "description": "As in a pod.",
          "default": []
        },
        "scratch": {
          "description": "sizeLimit of each emptyDir of the pod that sets none. 0: no limit, and then no container of the pod gets a limit of ephemeral-storage from containerLimits.",
          "type": [
            "object",
            "null"
          ],
          "properties": {
            "tmp": {
              "anyOf": [
                {
                  "type": "number",
                  "minimum": 0,
                  "maximum": 900000000000000000000
                },
                {
                  "type": "string",
                  "pattern": "^\\d+(\\.\\d+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|e\\d{1,2})?$"
                }
              ],
              "x-reads": "quantity",
              "x-as": {
                "type": "string"
              },
              "description": "/tmp of the agent.",
              "default": "10Gi"
            },
            "home": {
              "anyOf": [
                {
                  "type": "number",
                  "minimum": 0,
                  "maximum": 900000000000000000000
                },
                {
                  "type": "string",
                  "pattern": "^\\d+(\\.\\d+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|e\\d{1,2})?$"
                }
              ],
              "x-reads": "quantity",
              "x-as": {
                "type": "string"
              },
              "description": "Home directory of the agent.",
              "default": "10Gi"
            },
            "docker": {
              "anyOf": [
                {
                  "type": "number",
                  "minimum": 0,
                  "maximum": 900000000000000000000
                },
                {
                  "type": "string",
                  "pattern": "^\\d+(\\.\\d+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|e\\d{1,2})?$"
                }
              ],
              "x-reads": "quantity",
              "x-as": {
                "type": "string"
              },
              "description": "Images and containers of the Docker daemon.",
              "default": "50Gi"
            },
            "other": {
              "anyOf": [
                {
                  "type": "number",
                  "minimum": 0,
                  "maximum": 900000000000000000000
                },
                {
                  "type": "string",
                  "pattern": "^\\d+(\\.\\d+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|e\\d{1,2})?$"
                }
              ],
              "x-reads": "quantity",
              "x-as": {
                "type": "string"
              },
              "description": "Every other, such as those in agent.volumes and podTemplate.",
              "default": "10Gi"
            }
          }
        },
        "volumes": {
          "description": "Additional volumes, as in a pod.",
          "type": "array",
          "maxItems": 64,
          "items": {
            "type": "object",
            "required": [
              "name"
            ],
            "properties": {
              "name": {
                "type": "string",
                "pattern": "^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$",
                "x-meaning": "the name of a Kubernetes object (lower-case letters, digits, - and .)"
              }
            },
            "x-open": true
          },
          "default": []
        },
        "volumeMounts": {
          "description": "Additional volume mounts of the agent's container.",
          "type": "array",
          "maxItems": 64,
          "items": {
            "type": "object",
            "required": [
              "name",
              "mountPath"
            ],
            "properties": {
              "name": {
                "type": "string",
                "pattern": "^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$",
                "x-meaning": "the name of a Kubernetes object (lower-case letters, digits, - and .)"
              },
              "mountPath": {
                "type": "string",
                "minLength": 1,
                "maxLength": 1024
              }
            },
            "x-open": true
          },
          "default": []
        },
        "securityContext": {
          "description": "Security context. The pod always meets the Pod Security Standard restricted.",
          "type": [
            "object",
            "null"
          ],
          "properties": {
            "runAsUser": {
              "type": "integer",
              "minimum": 1,
              "maximum": 2147483647,
              "description": "User ID of all containers of the pod.",
              "default": 1000
            },
            "runAsGroup": {
              "type": "integer",
              "minimum": 1,
              "maximum": 2147483647,
              "default": 1000
            },
            "readOnlyRootFilesystem": {
              "description": "For the agent's container. Workspace, home and /tmp are always writable.",
              "type": "boolean",
              "default": true
            },
            "runAsNonRoot": {
              "default": true,
              "x-no-effect": "the pod always meets the Pod Security Standard restricted"
            },
            "allowPrivilegeEscalation": {
              "default": false,
              "x-no-effect": "the pod always meets the Pod Security Standard restricted"
            },
            "privileged": {
              "default": false,
              "x-no-effect": "the pod always meets the Pod Security Standard restricted"
            },
            "capabilities": {
              "default": {
                "drop": [
                  "ALL"
                ]
              },
              "x-no-effect": "the pod always meets the Pod Security Standard restricted, and drops all capabilities"
            },
            "seccompProfile": {
              "default": {
                "type": "RuntimeDefault"
              },
              "x-no-effect": "the pod always meets the Pod Security Standard restricted"
            }
          }
        },
        "cliImages": {
          "x-taken": "admission",
          "description": "Images by agent program, such as claude; agent programs without an entry use image. A TaskRun uses the agent program in its image.",
          "type": "object",
          "additionalProperties": {
            "anyOf": [
              {
                "type": "string",
                "pattern": "^[^\\s]+$",
                "maxLength": 1024
              },
              {
                "type": "object",
                "properties": {
                  "repository": {
                    "type": "string",
                    "pattern": "^[^\\s]+$",
                    "maxLength": 1024
                  },
                  "tag": {
                    "description": "Tag, or a digest that begins with sha256.",
                    "type": "string",
                    "pattern": "^[^\\s]+$",
                    "maxLength": 1024
                  },
                  "pullPolicy": {
                    "type": "string",
                    "enum": [
                      "Always",
                      "IfNotPresent",
                      "Never"
                    ]
                  }
                },
                "dependentRequired": {
                  "tag": [
                    "repository"
                  ]
                }
              }
            ],
            "x-reads": "image",
            "x-as": {
              "type": "string"
            }
          },
          "x-reads": "lowerCaseKeys",
          "x-as": {
            "type": "object",
            "additionalProperties": {
              "type": "string"
            }
          },
          "default": {}
        },
        "cli_images": {
          "description": "Of earlier controllers.",
          "type": "object",
          "additionalProperties": {
            "anyOf": [
              {
                "type": "string",
                "pattern": "^[^\\s]+$",
                "maxLength": 1024
              },
              {
                "type": "object",
                "properties": {
                  "repository": {
                    "type": "string",
                    "pattern": "^[^\\s]+$",
                    "maxLength": 1024
                  },
                  "tag": {
                    "description": "Tag, or a digest that begins with sha256.",
                    "type": "string",
                    "pattern": "^[^\\s]+$",
                    "maxLength": 1024
                  },
                  "pullPolicy": {
                    "type": "string",
                    "enum": [
                      "Always",
                      "IfNotPresent",
                      "Never"
                    ]
                  }
                },
                "dependentRequired": {
                  "tag": [
                    "repository"
                  ]
                }
              }
            ],
            "x-reads": "image",
            "x-as": {
              "type": "string"
            }
          },
          "x-reads": "lowerCaseKeys",
          "x-as": {
            "type": "object",
            "additionalProperties": {
              "type": "string"
            }
          },
          "x-same-as": "agent.cliImages"
        },
        "allowDocker": {
          "x-taken": [
            "admission",
            "start"
          ],
          "description": "Allow CodeRuns with enableDocker to run a Docker daemon beside the agent. Its container is privileged: everyone who can create CodeRuns then controls the node. The namespace needs the label `orchestrator.io/docker: allowed`, and one with a Pod Security Standard denies the pod.",
          "type": "boolean",
          "default": false
        },
        "dockerImage": {
          "anyOf": [
            {
              "type": "string",
              "pattern": "^[^\\s]+$",
              "maxLength": 1024
            },
            {
              "type": "object",
              "properties": {
                "repository": {
                  "type": "string",
                  "pattern": "^[^\\s]+$",
                  "maxLength": 1024
                },
                "tag": {
                  "description": "Tag, or a digest that begins with sha256.",
                  "type": "string",
                  "pattern": "^[^\\s]+$",
                  "maxLength": 1024
                },
                "pullPolicy": {
                  "type": "string",
                  "enum": [
                    "Always",
                    "IfNotPresent",
                    "Never"
                  ]
                }
              },
              "dependentRequired": {
                "tag": [
                  "repository"
                ]
              }
            }
          ],
          "x-reads": "image",
          "x-as": {
            "type": "string"
          },
          "description": "Image of the Docker daemon. One string, or a map with its parts.",
          "default": "docker:28-dind"
        },
        "cliProviders": {
          "x-no-effect": "a TaskRun has one agent program; set the keys of model providers in secrets.providerApiKeys"
        },
        "agentCliConfigs": {
          "x-no-effect": "set agents.<name>.cli, .model, .maxTokens, .temperature and .reasoningEffort instead"
        },
        "inputBridge": {
          "x-no-effect": "an agent gets no input while it is running; raise contextVersion to start an attempt with new files"
        }
      }
    },
    "initContainer": {
      "x-taken": "start",
      "description": "Init container that copies the files to the workspace. Its image must have sh, mkdir, cp and rm.",
      "type": [
        "object",
        "null"
      ],
      "properties": {
        "image": {
          "anyOf": [
            {
              "type": "string",
              "pattern": "^[^\\s]+$",
              "maxLength": 1024
            },
            {
              "type": "object",
              "properties": {
                "repository": {
                  "type": "string",
                  "pattern": "^[^\\s]+$",
                  "maxLength": 1024
                },
                "tag": {
                  "description": "Tag, or a digest that begins with sha256.",
                  "type": "string",
                  "pattern": "^[^\\s]+$",
                  "maxLength": 1024
                },
                "pullPolicy": {
                  "type": "string",
                  "enum": [
                    "Always",
                    "IfNotPresent",
                    "Never"
                  ]
                }
              },
              "dependentRequired": {
                "tag": [
                  "repository"
                ]
              }
            }
          ],
          "x-reads": "image",
          "x-as": {
            "type": "string"
          },
          "description": "One string, or a map with its parts.",
          "default": "busybox:1.36"
        },
        "imagePullPolicy": {
          "type": "string",
          "enum": [
            "Always",
            "IfNotPresent",
            "Never"
          ],
          "description": "Overrides image.pullPolicy.",
          "default": "IfNotPresent"
        },
        "resources": {
          "type": [
            "object",
            "null"
          ],
          "x-whole": true,
          "properties": {
            "requests": {
              "type": [
                "object",
                "null"
              ],
              "properties": {
                "cpu": {
                  "anyOf": [
                    {
                      "type": "number",
                      "minimum": 0,
                      "maximum": 900000000000000000000
                    },
                    {
                      "type": "string",
                      "pattern": "^\\d+(\\.\\d+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|e\\d{1,2})?$"
                    }
                  ],
                  "x-reads": "quantity",
                  "x-as": {
                    "type": "string"
                  },
                  "description": "Requested CPU."
                },
                "memory": {
                  "anyOf": [
                    {
                      "type": "number",
                      "minimum": 0,
                      "maximum": 900000000000000000000
                    },
                    {
                      "type": "string",
                      "pattern": "^\\d+(\\.\\d+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|e\\d{1,2})?$"
                    }
                  ],
                  "x-reads": "quantity",
                  "x-as": {
                    "type": "string"
                  },
                  "description": "Requested memory."
                }
              },
              "additionalProperties": {
                "anyOf": [
                  {
                    "type": "number",
                    "minimum": 0,
                    "maximum": 900000000000000000000
                  },
                  {
                    "type": "string",
                    "pattern": "^\\d+(\\.\\d+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|e\\d{1,2})?$"
                  }
                ],
                "x-reads": "quantity",
                "x-as": {
                  "type": "string"
                }
              }
            },
            "limits": {
              "type": [
                "object",
                "null"
              ],
              "properties": {
                "cpu": {
                  "anyOf": [
                    {
                      "type": "number",
                      "minimum": 0,
                      "maximum": 900000000000000000000
                    },
                    {
                      "type": "string",
                      "pattern": "^\\d+(\\.\\d+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|e\\d{1,2})?$"
                    }
                  ],
                  "x-reads": "quantity",
                  "x-as": {
                    "type": "string"
                  },
                  "description": "CPU limit."
                },
                "memory": {
                  "anyOf": [
                    {
                      "type": "number",
                      "minimum": 0,
                      "maximum": 900000000000000000000
                    },
                    {
                      "type": "string",
                      "pattern": "^\\d+(\\.\\d+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|e\\d{1,2})?$"
                    }
                  ],
                  "x-reads": "quantity",
                  "x-as": {
                    "type": "string"
                  },
                  "description": "Memory limit."
                }
              },
              "additionalProperties": {
                "anyOf": [
                  {
                    "type": "number",
                    "minimum": 0,
                    "maximum": 900000000000000000000
                  },
                  {
                    "type": "string",
                    "pattern": "^\\d+(\\.\\d+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|e\\d{1,2})?$"
                  }
                ],
                "x-reads": "quantity",
                "x-as": {
                  "type": "string"
                }
              }
            }
          },
          "description": "Resources of the init container.",
          "default": {
            "requests": {
              "cpu": "10m",
              "memory": "16Mi"
            },
            "limits": {
              "cpu": "500m",
              "memory": "64Mi"
            }
          }
        },
        "securityContext": {
          "x-no-effect": "it uses agent.securityContext"
        },
        "script": {
          "x-no-effect": "the script that prepares the workspace is built in"
        }
      }
    },
    "containerLimits": {
      "x-taken": "start",
      "description": "Limits for each container of the pod, init containers included, that sets none. The limit does not become the request: a container without a request requests 0. A container that requests more than the limit gets its request as the limit. 0: no limit.",
      "type": [
        "object",
        "null"
      ],
      "properties": {
        "memory": {
          "anyOf": [
            {
              "type": "number",
              "minimum": 0,
              "maximum": 900000000000000000000
            },
            {
              "type": "string",
              "pattern": "^\\d+(\\.\\d+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|e\\d{1,2})?$"
            }
          ],
          "x-reads": "quantity",
          "x-as": {
            "type": "string"
          },
          "description": "Memory limit of a container.",
          "default": "8Gi"
        },
        "ephemeral-storage": {
          "anyOf": [
            {
              "type": "number",
              "minimum": 0,
              "maximum": 900000000000000000000
            },
            {
              "type": "string",
              "pattern": "^\\d+(\\.\\d+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|e\\d{1,2})?$"
            }
          ],
          "x-reads": "quantity",
          "x-as": {
            "type": "string"
          },
          "description": "Limit of a container's ephemeral storage. A container that mounts emptyDirs of a larger total size gets that size. The kubelet evicts a pod that uses more than all its containers' limits together, emptyDirs included.",
          "default": "10Gi"
        }
      }
    },
    "isolation": {
      "x-restricts": true,
      "x-taken": "start",
      "description": "Isolation and placement of pods by namespace. Every entry that selects the namespace applies; where two set different values, the first wins. Entries that select by labels also apply while the labels are not known. They win over agent and podTemplate.",
      "x-whole": true,
      "type": "array",
      "maxItems": 64,
      "items": {
        "type": "object",
        "properties": {
          "namespaces": {
            "anyOf": [
              {
                "type": "string",
                "enum": [
                  "all"
                ]
              },
              {
                "type": "array",
                "minItems": 1,
                "maxItems": 256,
                "items": {
                  "type": "string",
                  "pattern": "^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$",
                  "x-meaning": "the name of a Kubernetes object (lower-case letters, digits, - and .)"
                }
              },
              {
                "type": "object",
                "properties": {
                  "names": {
                    "type": "array",
                    "maxItems": 256,
                    "items": {
                      "type": "string",
                      "pattern": "^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$",
                      "x-meaning": "the name of a Kubernetes object (lower-case letters, digits, - and .)"
                    }
                  },
                  "matchLabels": {
                    "type": "object",
                    "additionalProperties": {
                      "type": "string",
                      "pattern": "^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$",
                      "x-meaning": "the value of a label (at most 63 letters, digits, -, _ and .)"
                    }
                  },
                  "matchExpressions": {
                    "type": "array",
                    "maxItems": 64,
                    "items": {
                      "type": "object",
                      "required": [
                        "key",
                        "operator"
                      ],
                      "properties": {
                        "key": {
                          "type": "string",
                          "minLength": 1,
                          "maxLength": 1024
                        },
                        "operator": {
                          "type": "string",
                          "enum": [
                            "In",
                            "NotIn",
                            "Exists",
                            "DoesNotExist"
                          ]
                        },
                        "values": {
                          "type": "array",
                          "maxItems": 64,
                          "items": {
                            "type": "string",
                            "minLength": 1,
                            "maxLength": 1024
                          }
                        }
                      }
                    }
                  }
                }
              }
            ],
            "x-reads": "namespaces",
            "x-as": {
              "type": "object",
              "properties": {
                "names": {
                  "type": "array",
                  "items": {
                    "type": "string"
                  }
                },
                "matchLabels": {
                  "type": "object",
                  "additionalProperties": {
                    "type": "string"
                  }
                },
                "matchExpressions": {
                  "type": "array",
                  "items": {
                    "type": "object",
                    "required": [
                      "key",
                      "operator"
                    ],
                    "properties": {
                      "key": {
                        "type": "string"
                      },
                      "operator": {
                        "type": "string",
                        "enum": [
                          "In",
                          "NotIn",
                          "Exists",
                          "DoesNotExist"
                        ]
                      },
                      "values": {
                        "type": "array",
                        "items": {
                          "type": "string"
                        }
                      }
                    }
                  }
                }
              }
            },
            "description": "Namespaces that the entry applies to, as in `namespaces`. Default: all."
          },
          "trustLevel": {
            "description": "Trust level of the namespaces' runs. A workspace serves one trust level: where the level of a namespace changes, its runs get new claims, and the files of the earlier level stay in the earlier ones.",
            "type": "string",
            "pattern": "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$",
            "x-meaning": "a DNS label (lower-case letters, digits and -)"
          },
          "runtimeClassName": {
            "type": "string",
            "pattern": "^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$",
            "x-meaning": "the name of a Kubernetes object (lower-case letters, digits, - and .)",
            "description": "RuntimeClass, such as gvisor. It must exist."
          },
          "hostUsers": {
            "description": "false: the pod has its own user namespace, so that root in it is nobody on the node. Needs support by Kubernetes, the node, and the file system of every volume, which NFS lacks. An API server without support ignores it; a node without it does not start the pod.",
            "type": "boolean"
          },
          "nodeSelector": {
            "type": "object",
            "additionalProperties": {
              "type": "string",
              "pattern": "^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$",
              "x-meaning": "the value of a label (at most 63 letters, digits, -, _ and .)"
            },
            "description": "In addition to agent.nodeSelector. Overrides it for the same key."
          },
          "tolerations": {
            "type": "array",
            "maxItems": 64,
            "items": {
              "type": "object",
              "x-open": true
            },
            "description": "In addition to agent.tolerations."
          }
        }
      },
      "default": []
    },
    "priorities": {
      "x-taken": "admission",
      "description": "Resources and PriorityClass of pods by priority.",
      "type": [
        "object",
        "null"
      ],
      "properties": {
        "low": {
          "type": [
            "object",
            "null"
          ],
          "properties": {
            "resources": {
              "type": [
                "object",
                "null"
              ],
              "x-whole": true,
              "properties": {
                "requests": {
                  "type": [
                    "object",
                    "null"
                  ],
                  "properties": {
                    "cpu": {
                      "anyOf": [
                        {
                          "type": "number",
                          "minimum": 0,
                          "maximum": 900000000000000000000
                        },
                        {
                          "type": "string",
                          "pattern": "^\\d+(\\.\\d+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|e\\d{1,2})?$"
                        }
                      ],
                      "x-reads": "quantity",
                      "x-as": {
                        "type": "string"
                      },
                      "description": "Requested CPU."
                    },
                    "memory": {
                      "anyOf": [
                        {
                          "type": "number",
                          "minimum": 0,
                          "maximum": 900000000000000000000
                        },
                        {
                          "type": "string",
                          "pattern": "^\\d+(\\.\\d+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|e\\d{1,2})?$"
                        }
                      ],
                      "x-reads": "quantity",
                      "x-as": {
                        "type": "string"
                      },
                      "description": "Requested memory."
                    }
                  },
                  "additionalProperties": {
                    "anyOf": [
                      {
                        "type": "number",
                        "minimum": 0,
                        "maximum": 900000000000000000000
                      },
                      {
                        "type": "string",
                        "pattern": "^\\d+(\\.\\d+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|e\\d{1,2})?$"
                      }
                    ],
                    "x-reads": "quantity",
                    "x-as": {
                      "type": "string"
                    }
                  }
                },
                "limits": {
                  "type": [
                    "object",
                    "null"
                  ],
                  "properties": {
                    "cpu": {
                      "anyOf": [
                        {
                          "type": "number",
                          "minimum": 0,
                          "maximum": 900000000000000000000
                        },
                        {
                          "type": "string",
                          "pattern": "^\\d+(\\.\\d+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|e\\d{1,2})?$"
                        }
                      ],
                      "x-reads": "quantity",
                      "x-as": {
                        "type": "string"
                      },
                      "description": "CPU limit."
                    },
                    "memory": {
                      "anyOf": [
                        {
                          "type": "number",
                          "minimum": 0,
                          "maximum": 900000000000000000000
                        },
                        {
                          "type": "string",
                          "pattern": "^\\d+(\\.\\d+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|e\\d{1,2})?$"
                        }
                      ],
                      "x-reads": "quantity",
                      "x-as": {
                        "type": "string"
                      },
                      "description": "Memory limit."
                    }
                  },
                  "additionalProperties": {
                    "anyOf": [
                      {
                        "type": "number",
                        "minimum": 0,
                        "maximum": 900000000000000000000
                      },
                      {
                        "type": "string",
                        "pattern": "^\\d+(\\.\\d+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|e\\d{1,2})?$"
                      }
                    ],
                    "x-reads": "quantity",
                    "x-as": {
                      "type": "string"
                    }
                  }
                }
              },
              "default": {
                "requests": {
                  "cpu": "1",
                  "memory": "2Gi"
                },
                "limits": {
                  "cpu": "2",
                  "memory": "4Gi"
                }
              }
            },
            "priorityClassName": {
              "type": "string",
              "pattern": "^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$",
              "x-meaning": "the name of a Kubernetes object (lower-case letters, digits, - and .)",
              "x-taken": "start",
              "description": "PriorityClass of the pods. Default: the cluster's."
            }
          }
        },
        "medium": {
          "type": [
            "object",
            "null"
          ],
          "properties": {
            "resources": {
              "type": [
                "object",
                "null"
              ],
              "x-whole": true,
              "properties": {
                "requests": {
                  "type": [
                    "object",
                    "null"
                  ],
                  "properties": {
                    "cpu": {
                      "anyOf": [
                        {
                          "type": "number",
                          "minimum": 0,
                          "maximum": 900000000000000000000
                        },
                        {
                          "type": "string",
                          "pattern": "^\\d+(\\.\\d+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|e\\d{1,2})?$"
                        }
                      ],
                      "x-reads": "quantity",
                      "x-as": {
                        "type": "string"
                      },
                      "description": "Requested CPU."
                    },
                    "memory": {
                      "anyOf": [
                        {
                          "type": "number",
                          "minimum": 0,
                          "maximum": 900000000000000000000
                        },
                        {
                          "type": "string",
                          "pattern": "^\\d+(\\.\\d+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|e\\d{1,2})?$"
                        }
                      ],
                      "x-reads": "quantity",
                      "x-as": {
                        "type": "string"
                      },
                      "description": "Requested memory."
                    }
                  },
                  "additionalProperties": {
                    "anyOf": [
                      {
                        "type": "number",
                        "minimum": 0,
                        "maximum": 900000000000000000000
                      },
                      {
                        "type": "string",
                        "pattern": "^\\d+(\\.\\d+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|e\\d{1,2})?$"
                      }
                    ],
                    "x-reads": "quantity",
                    "x-as": {
                      "type": "string"
                    }
                  }
                },
                "limits": {
                  "type": [
                    "object",
                    "null"
                  ],
                  "properties": {
                    "cpu": {
                      "anyOf": [
                        {
                          "type": "number",
                          "minimum": 0,
                          "maximum": 900000000000000000000
                        },
                        {
                          "type": "string",
                          "pattern": "^\\d+(\\.\\d+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|e\\d{1,2})?$"
                        }
                      ],
                      "x-reads": "quantity",
                      "x-as": {
                        "type": "string"
                      },
                      "description": "CPU limit."
                    },
                    "memory": {
                      "anyOf": [
                        {
                          "type": "number",
                          "minimum": 0,
                          "maximum": 900000000000000000000
                        },
                        {
                          "type": "string",
                          "pattern": "^\\d+(\\.\\d+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|e\\d{1,2})?$"
                        }
                      ],
                      "x-reads": "quantity",
                      "x-as": {
                        "type": "string"
                      },
                      "description": "Memory limit."
                    }
                  },
                  "additionalProperties": {
                    "anyOf": [
                      {
                        "type": "number",
                        "minimum": 0,
                        "maximum": 900000000000000000000
                      },
                      {
                        "type": "string",
                        "pattern": "^\\d+(\\.\\d+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|e\\d{1,2})?$"
                      }
                    ],
                    "x-reads": "quantity",
                    "x-as": {
                      "type": "string"
                    }
                  }
                }
              },
              "default": {
                "requests": {
                  "cpu": "1",
                  "memory": "2Gi"
                },
                "limits": {
                  "cpu": "2",
                  "memory": "4Gi"
                }
              }
            },
            "priorityClassName": {
              "type": "string",
              "pattern": "^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$",
              "x-meaning": "the name of a Kubernetes object (lower-case letters, digits, - and .)",
              "x-taken": "start",
              "description": "PriorityClass of the pods. Default: the cluster's."
            }
          }
        },
        "high": {
          "type": [
            "object",
            "null"
          ],
          "properties": {
            "resources": {
              "type": [
                "object",
                "null"
              ],
              "x-whole": true,
              "properties": {
                "requests": {
                  "type": [
                    "object",
                    "null"
                  ],
                  "properties": {
                    "cpu": {
                      "anyOf": [
                        {
                          "type": "number",
                          "minimum": 0,
                          "maximum": 900000000000000000000
                        },
                        {
                          "type": "string",
                          "pattern": "^\\d+(\\.\\d+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|e\\d{1,2})?$"
                        }
                      ],
                      "x-reads": "quantity",
                      "x-as": {
                        "type": "string"
                      },
                      "description": "Requested CPU."
                    },
                    "memory": {
                      "anyOf": [
                        {
                          "type": "number",
                          "minimum": 0,
                          "maximum": 900000000000000000000
                        },
                        {
                          "type": "string",
                          "pattern": "^\\d+(\\.\\d+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|e\\d{1,2})?$"
                        }
                      ],
                      "x-reads": "quantity",
                      "x-as": {
                        "type": "string"
                      },
                      "description": "Requested memory."
                    }
                  },
                  "additionalProperties": {
                    "anyOf": [
                      {
                        "type": "number",
                        "minimum": 0,
                        "maximum": 900000000000000000000
                      },
                      {
                        "type": "string",
                        "pattern": "^\\d+(\\.\\d+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|e\\d{1,2})?$"
                      }
                    ],
                    "x-reads": "quantity",
                    "x-as": {
                      "type": "string"
                    }
                  }
                },
                "limits": {
                  "type": [
                    "object",
                    "null"
                  ],
                  "properties": {
                    "cpu": {
                      "anyOf": [
                        {
                          "type": "number",
                          "minimum": 0,
                          "maximum": 900000000000000000000
                        },
                        {
                          "type": "string",
                          "pattern": "^\\d+(\\.\\d+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|e\\d{1,2})?$"
                        }
                      ],
                      "x-reads": "quantity",
                      "x-as": {
                        "type": "string"
                      },
                      "description": "CPU limit."
                    },
                    "memory": {
                      "anyOf": [
                        {
                          "type": "number",
                          "minimum": 0,
                          "maximum": 900000000000000000000
                        },
                        {
                          "type": "string",
                          "pattern": "^\\d+(\\.\\d+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|e\\d{1,2})?$"
                        }
                      ],
                      "x-reads": "quantity",
                      "x-as": {
                        "type": "string"
                      },
                      "description": "Memory limit."
                    }
                  },
                  "additionalProperties": {
                    "anyOf": [
                      {
                        "type": "number",
                        "minimum": 0,
                        "maximum": 900000000000000000000
                      },
                      {
                        "type": "string",
                        "pattern": "^\\d+(\\.\\d+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|e\\d{1,2})?$"
                      }
                    ],
                    "x-reads": "quantity",
                    "x-as": {
                      "type": "string"
                    }
                  }
                }
              },
              "default": {
                "requests": {
                  "cpu": "2",
                  "memory": "4Gi"
                },
                "limits": {
                  "cpu": "4",
                  "memory": "8Gi"
                }
              }
            },
            "priorityClassName": {
              "type": "string",
              "pattern": "^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$",
              "x-meaning": "the name of a Kubernetes object (lower-case letters, digits, - and .)",
              "x-taken": "start",
              "description": "PriorityClass of the pods. Default: the cluster's."
            }
          }
        },
        "critical": {
          "type": [
            "object",
            "null"
          ],
          "properties": {
            "resources": {
              "type": [
                "object",
                "null"
              ],
              "x-whole": true,
              "properties": {
                "requests": {
                  "type": [
                    "object",
                    "null"
                  ],
                  "properties": {
                    "cpu": {
                      "anyOf": [
                        {
                          "type": "number",
                          "minimum": 0,
                          "maximum": 900000000000000000000
                        },
                        {
                          "type": "string",
                          "pattern": "^\\d+(\\.\\d+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|e\\d{1,2})?$"
                        }
                      ],
                      "x-reads": "quantity",
                      "x-as": {
                        "type": "string"
                      },
                      "description": "Requested CPU."
                    },
                    "memory": {
                      "anyOf": [
                        {
                          "type": "number",
                          "minimum": 0,
                          "maximum": 900000000000000000000
                        },
                        {
                          "type": "string",
                          "pattern": "^\\d+(\\.\\d+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|e\\d{1,2})?$"
                        }
                      ],
                      "x-reads": "quantity",
                      "x-as": {
                        "type": "string"
                      },
                      "description": "Requested memory."
                    }
                  },
                  "additionalProperties": {
                    "anyOf": [
                      {
                        "type": "number",
                        "minimum": 0,
                        "maximum": 900000000000000000000
                      },
                      {
                        "type": "string",
                        "pattern": "^\\d+(\\.\\d+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|e\\d{1,2})?$"
                      }
                    ],
                    "x-reads": "quantity",
                    "x-as": {
                      "type": "string"
                    }
                  }
                },
                "limits": {
                  "type": [
                    "object",
                    "null"
                  ],
                  "properties": {
                    "cpu": {
                      "anyOf": [
                        {
                          "type": "number",
                          "minimum": 0,
                          "maximum": 900000000000000000000
                        },
                        {
                          "type": "string",
                          "pattern": "^\\d+(\\.\\d+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|e\\d{1,2})?$"
                        }
                      ],
                      "x-reads": "quantity",
                      "x-as": {
                        "type": "string"
                      },
                      "description": "CPU limit."
                    },
                    "memory": {
                      "anyOf": [
                        {
                          "type": "number",
                          "minimum": 0,
                          "maximum": 900000000000000000000
                        },
                        {
                          "type": "string",
                          "pattern": "^\\d+(\\.\\d+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|e\\d{1,2})?$"
                        }
                      ],
                      "x-reads": "quantity",
                      "x-as": {
                        "type": "string"
                      },
                      "description": "Memory limit."
                    }
                  },
                  "additionalProperties": {
                    "anyOf": [
                      {
                        "type": "number",
                        "minimum": 0,
                        "maximum": 900000000000000000000
                      },
                      {
                        "type": "string",
                        "pattern": "^\\d+(\\.\\d+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|e\\d{1,2})?$"
                      }
                    ],
                    "x-reads": "quantity",
                    "x-as": {
                      "type": "string"
                    }
                  }
                }
              },
              "default": {
                "requests": {
                  "cpu": "2",
                  "memory": "4Gi"
                },
                "limits": {
                  "cpu": "4",
                  "memory": "8Gi"
                }
              }
            },
            "priorityClassName": {
              "type": "string",
              "pattern": "^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$",
              "x-meaning": "the name of a Kubernetes object (lower-case letters, digits, - and .)",
              "x-taken": "start",
              "description": "PriorityClass of the pods. Default: the cluster's."
            }
          }
        }
      }
    },
    "storage": {
      "x-taken": "start",
      "description": "PersistentVolumeClaims that are created for workspaces.",
      "type": [
        "object",
        "null"
      ],
      "properties": {
        "storageClassName": {
          "type": "string",
          "pattern": "^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$",
          "x-meaning": "the name of a Kubernetes object (lower-case letters, digits, - and .)",
          "description": "StorageClass of the claims. Default: the cluster's."
        },
        "storageClass": {
          "type": "string",
          "pattern": "^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$",
          "x-meaning": "the name of a Kubernetes object (lower-case letters, digits, - and .)",
          "x-same-as": "storage.storageClassName"
        },
        "accessMode": {
          "type": "string",
          "enum": [
            "ReadWriteOnce",
            "ReadWriteOncePod",
            "ReadWriteMany"
          ],
          "default": "ReadWriteOnce"
        },
        "size": {
          "anyOf": [
            {
              "type": "number",
              "minimum": 0,
              "maximum": 900000000000000000000
            },
            {
              "type": "string",
              "pattern": "^\\d+(\\.\\d+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|e\\d{1,2})?$"
            }
          ],
          "x-reads": "quantity",
          "x-as": {
            "type": "string"
          },
          "description": "Size of a new claim.",
          "default": "10Gi"
        },
        "workspaceSize": {
          "anyOf": [
            {
              "type": "number",
              "minimum": 0,
              "maximum": 900000000000000000000
            },
            {
              "type": "string",
              "pattern": "^\\d+(\\.\\d+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|e\\d{1,2})?$"
            }
          ],
          "x-reads": "quantity",
          "x-as": {
            "type": "string"
          },
          "x-same-as": "storage.size"
        },
        "pvcName": {
          "type": "string",
          "pattern": "^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$",
          "x-meaning": "the name of a Kubernetes object (lower-case letters, digits, - and .)",
          "x-taken": "admission",
          "description": "Workspace of all runs of a namespace that do not name one; they then run one after the other (concurrency.perWorkspace). If the operator creates the claim, it serves one identity, and others get claims of their own; one that exists already is shared. Default: one workspace for each service."
        },
        "allowExpansion": {
          "description": "Expand a claim that the orchestrator created and that is smaller than `size`, before the next attempt starts in it. Claims never shrink; one whose StorageClass does not allow expansion stays unchanged, with an Event.",
          "type": "boolean",
          "default": false
        },
        "keepAttempts": {
          "description": "Number of attempts of a TaskRun, the newest first, whose files stay in its workspace (.task/<task>/run-<attempt>). What is older is removed when the next attempt starts. Directories of later numbers, which an earlier run of the task left, stay. Default: all.",
          "type": "integer",
          "minimum": 1,
          "maximum": 1000000
        },
        "keepIdleSeconds": {
          "x-taken": "now",
          "description": "Seconds for which the operator keeps a workspace that nothing needs, counted from when it first sees that every run that names the workspace has succeeded, was cancelled or is gone. Then it deletes the claim, and with it what agents did not push, and their sessions. It never deletes a claim that it did not create or that a pod mounts. Default: workspaces stay.",
          "type": "integer",
          "minimum": 3600,
          "maximum": 2147483647
        },
        "autoCreate": {
          "description": "Create the claims of workspaces that do not exist. false: a run whose claim is missing waits until somebody creates it (`WorkspaceUnusable`).",
          "type": "boolean",
          "default": true
        }
      }
    },
    "secrets": {
      "x-taken": "start",
      "description": "Secrets with credentials, in the namespace of the run.",
      "type": [
        "object",
        "null"
      ],
      "properties": {
        "apiKeySecretName": {
          "type": "string",
          "pattern": "^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$",
          "x-meaning": "the name of a Kubernetes object (lower-case letters, digits, - and .)",
          "default": "orchestrator-secrets"
        },
        "apiKeySecretKey": {
          "type": "string",
          "pattern": "^[-._a-zA-Z0-9]{1,253}$",
          "x-meaning": "a key of a Secret (letters, digits, -, _ and .)",
          "default": "ANTHROPIC_API_KEY"
        },
        "githubTokenSecretName": {
          "type": "string",
          "pattern": "^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$",
          "x-meaning": "the name of a Kubernetes object (lower-case letters, digits, - and .)",
          "description": "Secret with the token for https repositories of runs without githubUser and auth. Default: no token."
        },
        "githubTokenSecretKey": {
          "type": "string",
          "pattern": "^[-._a-zA-Z0-9]{1,253}$",
          "x-meaning": "a key of a Secret (letters, digits, -, _ and .)",
          "default": "token"
        },
        "providerApiKeys": {
          "type": "object",
          "additionalProperties": {
            "anyOf": [
              {
                "type": "string",
                "pattern": "^[-._a-zA-Z0-9]{1,253}$",
                "x-meaning": "a key of a Secret (letters, digits, -, _ and .)"
              },
              {
                "type": "object",
                "required": [
                  "secretKey"
                ],
                "properties": {
                  "secretName": {
                    "type": "string",
                    "pattern": "^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$",
                    "x-meaning": "the name of a Kubernetes object (lower-case letters, digits, - and .)",
                    "description": "Default: secrets.apiKeySecretName."
                  },
                  "secretKey": {
                    "type": "string",
                    "pattern": "^[-._a-zA-Z0-9]{1,253}$",
                    "x-meaning": "a key of a Secret (letters, digits, -, _ and .)"
                  },
                  "envVar": {
                    "type": "string",
                    "pattern": "^[A-Za-z_][A-Za-z0-9_]*$",
                    "maxLength": 1024,
                    "x-meaning": "a variable name (letters, digits and _)",
                    "description": "Variable of the agent. Default: secretKey, if that is the name of a variable."
                  }
                }
              }
            ],
            "x-reads": "providerKey",
            "x-as": {
              "type": "object",
              "required": [
                "secretName",
                "secretKey",
                "envVar"
              ],
              "properties": {
                "secretName": {
                  "type": "string"
                },
                "secretKey": {
                  "type": "string"
                },
                "envVar": {
                  "type": "string"
                }
              }
            }
          },
          "description": "Keys of model providers, by any name. Each becomes a variable of the agent, unless its Secret is missing.",
          "default": {}
        },
        "cliApiKeys": {
          "type": "object",
          "additionalProperties": {
            "anyOf": [
              {
                "type": "string",
                "pattern": "^[-._a-zA-Z0-9]{1,253}$",
                "x-meaning": "a key of a Secret (letters, digits, -, _ and .)"
              },
              {
                "type": "object",
                "required": [
                  "secretKey"
                ],
                "properties": {
                  "secretName": {
                    "type": "string",
                    "pattern": "^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$",
                    "x-meaning": "the name of a Kubernetes object (lower-case letters, digits, - and .)",
                    "description": "Default: secrets.apiKeySecretName."
                  },
                  "secretKey": {
                    "type": "string",
                    "pattern": "^[-._a-zA-Z0-9]{1,253}$",
                    "x-meaning": "a key of a Secret (letters, digits, -, _ and .)"
                  },
                  "envVar": {
                    "type": "string",
                    "pattern": "^[A-Za-z_][A-Za-z0-9_]*$",
                    "maxLength": 1024,
                    "x-meaning": "a variable name (letters, digits and _)",
                    "description": "Variable of the agent. Default: secretKey, if that is the name of a variable."
                  }
                }
              }
            ],
            "x-reads": "providerKey",
            "x-as": {
              "type": "object",
              "required": [
                "secretName",
                "secretKey",
                "envVar"
              ],
              "properties": {
                "secretName": {
                  "type": "string"
                },
                "secretKey": {
                  "type": "string"
                },
                "envVar": {
                  "type": "string"
                }
              }
            }
          },
          "description": "Keys of agent programs, by any name. Each becomes a variable of the agent, unless its Secret is missing.",
          "default": {}
        }
      }
    },
    "budget": {
      "x-restricts": true,
      "description": "What a run may spend on models, in all its attempts together. Only a gateway can enforce it: see `credentials`.",
      "type": [
        "object",
        "null"
      ],
      "properties": {
        "default": {
          "x-taken": [
            "admission",
            "start"
          ],
          "description": "For runs without a spec.budget: admission sets it, within the ceiling. Runs that were admitted before are held to it when an attempt starts.",
          "type": [
            "object",
            "null"
          ],
          "properties": {
            "maxTokens": {
              "description": "Tokens of all kinds together. Default: no limit.",
              "type": "integer",
              "minimum": 0,
              "maximum": 9007199254740991
            },
            "maxCostUSD": {
              "description": "US dollars, by `gateway.prices`. Default: no limit.",
              "type": "number",
              "minimum": 0,
              "maximum": 1000000000
            }
          }
        },
        "ceiling": {
          "x-taken": [
            "admission",
            "start"
          ],
          "description": "The most that any run may spend, whatever its budget. A higher spec.budget is denied.",
          "type": [
            "object",
            "null"
          ],
          "properties": {
            "maxTokens": {
              "description": "Tokens of all kinds together. Default: no limit.",
              "type": "integer",
              "minimum": 0,
              "maximum": 9007199254740991
            },
            "maxCostUSD": {
              "description": "US dollars, by `gateway.prices`. Default: no limit.",
              "type": "number",
              "minimum": 0,
              "maximum": 1000000000
            }
          }
        }
      }
    },
    "credentials": {
      "x-taken": "start",
      "description": "Where the keys of model providers are. `gateway`: in a side-car of the agent's pod, which passes the agent's requests on to the provider, with the key, and counts what they use. `environment`: in variables of the agent, which can then read and send them; for images whose program cannot use another address.",
      "type": "string",
      "enum": [
        "gateway",
        "environment"
      ],
      "default": "gateway"
    },
    "gateway": {
      "x-taken": "start",
      "description": "The side-car of an agent's pod that holds the keys.",
      "type": [
        "object",
        "null"
      ],
      "properties": {
        "image": {
          "anyOf": [
            {
              "type": "string",
              "pattern": "^[^\\s]+$",
              "maxLength": 1024
            },
            {
              "type": "object",
              "properties": {
                "repository": {
                  "type": "string",
                  "pattern": "^[^\\s]+$",
                  "maxLength": 1024
                },
                "tag": {
                  "description": "Tag, or a digest that begins with sha256.",
                  "type": "string",
                  "pattern": "^[^\\s]+$",
                  "maxLength": 1024
                },
                "pullPolicy": {
                  "type": "string",
                  "enum": [
                    "Always",
                    "IfNotPresent",
                    "Never"
                  ]
                }
              },
              "dependentRequired": {
                "tag": [
                  "repository"
                ]
              }
            }
          ],
          "x-reads": "image",
          "x-as": {
            "type": "string"
          },
          "description": "Image of the gateway: the operator's, whose command `gateway` it runs.",
          "default": "ghcr.io/agent-orchestrator/orchestrator:latest"
        },
        "imagePullPolicy": {
          "type": "string",
          "enum": [
            "Always",
            "IfNotPresent",
            "Never"
          ],
          "default": "IfNotPresent"
        },
        "resources": {
          "type": [
            "object",
            "null"
          ],
          "x-whole": true,
          "properties": {
            "requests": {
              "type": [
                "object",
                "null"
              ],
              "properties": {
                "cpu": {
                  "anyOf": [
                    {
                      "type": "number",
                      "minimum": 0,
                      "maximum": 900000000000000000000
                    },
                    {
                      "type": "string",
                      "pattern": "^\\d+(\\.\\d+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|e\\d{1,2})?$"
                    }
                  ],
                  "x-reads": "quantity",
                  "x-as": {
                    "type": "string"
                  },
                  "description": "Requested CPU."
                },
                "memory": {
                  "anyOf": [
                    {
                      "type": "number",
                      "minimum": 0,
                      "maximum": 900000000000000000000
                    },
                    {
                      "type": "string",
                      "pattern": "^\\d+(\\.\\d+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|e\\d{1,2})?$"
                    }
                  ],
                  "x-reads": "quantity",
                  "x-as": {
                    "type": "string"
                  },
                  "description": "Requested memory."
                }
              },
              "additionalProperties": {
                "anyOf": [
                  {
                    "type": "number",
                    "minimum": 0,
                    "maximum": 900000000000000000000
                  },
                  {
                    "type": "string",
                    "pattern": "^\\d+(\\.\\d+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|e\\d{1,2})?$"
                  }
                ],
                "x-reads": "quantity",
                "x-as": {
                  "type": "string"
                }
              }
            },
            "limits": {
              "type": [
                "object",
                "null"
              ],
              "properties": {
                "cpu": {
                  "anyOf": [
                    {
                      "type": "number",
                      "minimum": 0,
                      "maximum": 900000000000000000000
                    },
                    {
                      "type": "string",
                      "pattern": "^\\d+(\\.\\d+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|e\\d{1,2})?$"
                    }
                  ],
                  "x-reads": "quantity",
                  "x-as": {
                    "type": "string"
                  },
                  "description": "CPU limit."
                },
                "memory": {
                  "anyOf": [
                    {
                      "type": "number",
                      "minimum": 0,
                      "maximum": 900000000000000000000
                    },
                    {
                      "type": "string",
                      "pattern": "^\\d+(\\.\\d+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|e\\d{1,2})?$"
                    }
                  ],
                  "x-reads": "quantity",
                  "x-as": {
                    "type": "string"
                  },
                  "description": "Memory limit."
                }
              },
              "additionalProperties": {
                "anyOf": [
                  {
                    "type": "number",
                    "minimum": 0,
                    "maximum": 900000000000000000000
                  },
                  {
                    "type": "string",
                    "pattern": "^\\d+(\\.\\d+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|e\\d{1,2})?$"
                  }
                ],
                "x-reads": "quantity",
                "x-as": {
                  "type": "string"
                }
              }
            }
          },
          "description": "Resources of the gateway's container.",
          "default": {
            "requests": {
              "cpu": "10m",
              "memory": "64Mi"
            },
            "limits": {
              "cpu": "1",
              "memory": "512Mi"
            }
          }
        },
        "upstreams": {
          "description": "Providers of models, by the first part of their path in the gateway. `anthropic`, `openai` and `gemini` are built in; a key that is set here overrides only that key of theirs. An agent program that names its provider in the model, such as opencode, can use others by their names.",
          "type": "object",
          "maxProperties": 17,
          "additionalProperties": {
            "type": "object",
            "properties": {
              "format": {
                "description": "API of the provider. Default: the one that its name says, else openai.",
                "type": "string",
                "enum": [
                  "anthropic",
                  "openai",
                  "gemini"
                ]
              },
              "baseUrl": {
                "description": "URL that the paths of the API are below. Default: that of the provider itself.",
                "type": "string",
                "pattern": "^https://[^/?#@\\s]+(/[^?#\\s]*)?$",
                "maxLength": 1024,
                "x-meaning": "an https:// URL without user, query and fragment"
              },
              "header": {
                "description": "Header that carries the key. Default: that of the API.",
                "type": "string",
                "pattern": "^[A-Za-z0-9-]+$",
                "maxLength": 128,
                "x-meaning": "the name of a header"
              },
              "secretName": {
                "type": "string",
                "pattern": "^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$",
                "x-meaning": "the name of a Kubernetes object (lower-case letters, digits, - and .)",
                "description": "Secret with the key, in the namespace of the run. Default: for anthropic `secrets.apiKeySecretName`, for openai and gemini the entry of `secrets.providerApiKeys` or `secrets.cliApiKeys` with the provider's variable."
              },
              "secretKey": {
                "type": "string",
                "pattern": "^[-._a-zA-Z0-9]{1,253}$",
                "x-meaning": "a key of a Secret (letters, digits, -, _ and .)",
                "description": "Key in that Secret. Default: key."
              },
              "caConfigMapName": {
                "type": "string",
                "pattern": "^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$",
                "x-meaning": "the name of a Kubernetes object (lower-case letters, digits, - and .)",
                "description": "ConfigMap in the namespace of the run whose `ca.crt` has further authorities to trust, in PEM format."
              },
              "proxy": {
                "description": "URL of a proxy. Default: that of `agent.env`, by the usual variables.",
                "type": "string",
                "pattern": "^https?://[^/?#@\\s]+/?$",
                "maxLength": 1024,
                "x-meaning": "an http:// or https:// URL of a host and a port"
              }
            }
          },
          "default": {}
        },
        "prices": {
          "description": "US dollars for a million tokens, by model. The usage of other models is counted in tokens only.",
          "type": "object",
          "maxProperties": 500,
          "additionalProperties": {
            "type": "object",
            "required": [
              "input",
              "output"
            ],
            "properties": {
              "input": {
                "type": "number",
                "minimum": 0
              },
              "output": {
                "type": "number",
                "minimum": 0
              },
              "cacheRead": {
                "description": "Default: as input.",
                "type": "number",
                "minimum": 0
              },
              "cacheWrite": {
                "description": "Default: as input.",
                "type": "number",
                "minimum": 0
              }
            }
          },
          "default": {}
        },
        "maxProviderWaitSeconds": {
          "description": "Seconds that a request waits for the limits of its provider to be reset. A longer wait is the agent's own.",
          "type": "integer",
          "minimum": 0,
          "maximum": 3600,
          "default": 60
        }
      }
    },
    "git": {
      "x-taken": [
        "admission",
        "start"
      ],
      "description": "Git servers that runs may use with credentials, and the rules for pushing the work of agents to them.",
      "type": [
        "object",
        "null"
      ],
      "properties": {
        "delivery": {
          "description": "Who pushes what agents commit. `separate`: a container that starts its work when the agent has ended, checks what the agent committed, and alone may push. `agent`: the agent's own container, for start scripts of your own that push; the agent may then push to the run's branch whatever it likes.",
          "type": "string",
          "enum": [
            "separate",
            "agent"
          ],
          "default": "separate"
        },
        "protectedPaths": {
          "description": "Files and directories, from the root of the repository, that agents may not change: work that does is not pushed. Replaces the default.",
          "x-whole": true,
          "type": "array",
          "maxItems": 100,
          "items": {
            "type": "string",
            "minLength": 1,
            "maxLength": 512,
            "pattern": "^[^/\\s](?:[^\\n]*[^/\\s])?$",
            "x-meaning": "a path without a slash at its beginning or end"
          },
          "default": [
            ".github/workflows"
          ]
        },
        "maxFiles": {
          "description": "Files that one attempt may change. Work that changes more is not pushed.",
          "type": "integer",
          "minimum": 1,
          "maximum": 1000000,
          "default": 10000
        },
        "maxMegabytes": {
          "description": "Size of an attempt's new commits, packed, in MiB. Larger work is not pushed.",
          "type": "integer",
          "minimum": 1,
          "maximum": 100000,
          "default": 1024
        },
        "hosts": {
          "x-restricts": true,
          "description": "Hosts that credentials of runs may be sent to: `host`, `host:port`, `host:*` for every port, or `*.domain` for every host below a domain. A run that names a repository on another host, and an identity or Secret for it, is denied.",
          "x-whole": true,
          "type": "array",
          "maxItems": 64,
          "items": {
            "x-reads": "gitHost",
            "x-as": {
              "type": "object",
              "required": [
                "host"
              ],
              "properties": {
                "host": {
                  "type": "string"
                },
                "apiUrl": {
                  "type": "string"
                },
                "caConfigMapName": {
                  "type": "string"
                }
              }
            },
            "anyOf": [
              {
                "type": "string",
                "pattern": "^(\\*\\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:([1-9]\\d{0,4}|\\*))?$",
                "maxLength": 253,
                "x-meaning": "a host in lower case, such as git.example.com, git.example.com:8443, git.example.com:* or *.example.com"
              },
              {
                "type": "object",
                "required": [
                  "host"
                ],
                "properties": {
                  "host": {
                    "type": "string",
                    "pattern": "^(\\*\\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:([1-9]\\d{0,4}|\\*))?$",
                    "maxLength": 253,
                    "x-meaning": "a host in lower case, such as git.example.com, git.example.com:8443, git.example.com:* or *.example.com"
                  },
                  "apiUrl": {
                    "description": "URL of the host's GitHub API, which GitHub Apps authenticate to. Default: https://api.github.com for github.com, https://<host>/api/v3 for a GitHub Enterprise Server.",
                    "type": "string",
                    "pattern": "^https://[A-Za-z0-9.-]+(:\\d{1,5})?(/[A-Za-z0-9._~/-]*)?$",
                    "x-meaning": "an https:// URL without query",
                    "maxLength": 512
                  },
                  "caConfigMapName": {
                    "type": "string",
                    "pattern": "^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$",
                    "x-meaning": "the name of a Kubernetes object (lower-case letters, digits, - and .)",
                    "description": "ConfigMap whose `ca.crt` has further authorities to trust, in PEM format. It is read in the namespace of each run, and in that of the operator for webhooks."
                  }
                }
              }
            ]
          },
          "default": [
            "github.com"
          ]
        }
      }
    },
    "github": {
      "x-taken": "now",
      "description": "What happens when GitHub sends a webhook (docs/guide/github.md).",
      "type": [
        "object",
        "null"
      ],
      "properties": {
        "webhook": {
          "type": [
            "object",
            "null"
          ],
          "properties": {
            "enabled": {
              "description": "Receive webhooks of GitHub at /webhook/github of the server, and act on them. The server reads this key when it starts.",
              "type": "boolean",
              "default": false
            },
            "grafana": {
              "description": "Also receive alerts of Grafana, at /webhook/grafana (docs/guide/grafana.md). No default rule matches them.",
              "type": "boolean",
              "default": false
            }
          }
        },
        "recovery": {
          "description": "Webhooks that GitHub could not deliver.",
          "type": [
            "object",
            "null"
          ],
          "properties": {
            "enabled": {
              "description": "Read webhooks that GitHub could not deliver from the list that GitHub keeps of them for three days. Needs the key of the App that the webhook belongs to.",
              "type": "boolean",
              "default": true
            },
            "seconds": {
              "description": "Seconds between two reads of the list.",
              "type": "integer",
              "minimum": 30,
              "maximum": 86400,
              "default": 300
            }
          }
        },
        "report": {
          "description": "What the operator's App writes to issues and pull requests.",
          "type": [
            "object",
            "null"
          ],
          "properties": {
            "enabled": {
              "description": "Report what agents do about an issue or pull request in one comment there, which the operator's App keeps up to date. The App needs write access to issues and pull requests, and to checks for `checkRuns`.",
              "type": "boolean",
              "default": false
            },
            "checkRuns": {
              "description": "Also report each run that an event has started as a Check Run of the commit.",
              "type": "boolean",
              "default": true
            }
          }
        },
        "namespace": {
          "description": "Namespace of the runs that issues and alerts start, if their rule names no other. Without both, a rule starts nothing for an issue or alert whose task has no CodeRun yet.",
          "type": "string",
          "minLength": 1,
          "maxLength": 63,
          "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
          "x-meaning": "the name of a namespace"
        },
        "dryRun": {
          "description": "Decide about each event, and record the decision, without carrying it out.",
          "type": "boolean",
          "default": false
        },
        "maxRunsPerPullRequest": {
          "description": "Runs that events of one issue or pull request may start. Later events of it start none, so that agents that answer each other come to an end.",
          "type": "integer",
          "minimum": 1,
          "maximum": 1000,
          "default": 20
        },
        "maxEventsPerMinute": {
          "description": "Events of one issue or pull request in a minute, after which further ones of that minute are ignored.",
          "type": "integer",
          "minimum": 1,
          "maximum": 10000,
          "default": 30
        },
        "ttlSeconds": {
          "description": "Seconds that a Delivery is kept after it was carried out or ignored. GitHub repeats events for three days; a repetition of one that is no longer known counts as new.",
          "type": "integer",
          "minimum": 60,
          "maximum": 31536000,
          "default": 604800
        },
        "maxPerRepository": {
          "description": "Finished Deliveries that are kept of one repository; the oldest are removed first. With `recovery`, one that was stored after the last look at GitHub's list stays until the next look, unless there are ten times as many.",
          "type": "integer",
          "minimum": 1,
          "maximum": 10000,
          "default": 500
        },
        "rules": {
          "description": "What to do about which event. The first rule that matches decides; an event without a match is ignored. Replaces the default. `orchestrator github explain` says which rule matches a payload, and why.",
          "x-whole": true,
          "x-restricts": true,
          "type": "array",
          "maxItems": 100,
          "items": {
            "type": "object",
            "required": [
              "name",
              "events",
              "then"
            ],
            "properties": {
              "name": {
                "description": "Name in the status of Deliveries. Each must be unique.",
                "type": "string",
                "pattern": "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$",
                "x-meaning": "lower-case letters, digits and - (at most 63)"
              },
              "events": {
                "description": "Names of events.",
                "type": "array",
                "minItems": 1,
                "maxItems": 16,
                "items": {
                  "type": "string",
                  "enum": [
                    "pull_request",
                    "pull_request_review",
                    "pull_request_review_comment",
                    "issue_comment",
                    "issues",
                    "push",
                    "check_run",
                    "check_suite",
                    "workflow_run",
                    "installation",
                    "alert"
                  ]
                }
              },
              "actions": {
                "type": "array",
                "minItems": 1,
                "maxItems": 32,
                "items": {
                  "type": "string",
                  "minLength": 1,
                  "maxLength": 256
                },
                "description": "What happened, such as opened, labeled or firing. Default: anything."
              },
              "when": {
                "description": "Conditions, of which all have to hold. Each list names alternatives, in which * stands for any characters; letter case counts only in branches and paths.",
                "type": "object",
                "properties": {
                  "repositories": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": 32,
                    "items": {
                      "type": "string",
                      "minLength": 1,
                      "maxLength": 256
                    },
                    "description": "The repository, as owner/name."
                  },
                  "labels": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": 32,
                    "items": {
                      "type": "string",
                      "minLength": 1,
                      "maxLength": 256
                    },
                    "description": "A label of the issue or pull request; of an alert, as name=value."
                  },
                  "label": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": 32,
                    "items": {
                      "type": "string",
                      "minLength": 1,
                      "maxLength": 256
                    },
                    "description": "The label that was added or removed."
                  },
                  "branches": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": 32,
                    "items": {
                      "type": "string",
                      "minLength": 1,
                      "maxLength": 256
                    },
                    "description": "The branch with the change."
                  },
                  "baseBranches": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": 32,
                    "items": {
                      "type": "string",
                      "minLength": 1,
                      "maxLength": 256
                    },
                    "description": "The branch that the change is for."
                  },
                  "paths": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": 32,
                    "items": {
                      "type": "string",
                      "minLength": 1,
                      "maxLength": 256
                    },
                    "description": "A file that was pushed or commented on."
                  },
                  "senders": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": 32,
                    "items": {
                      "type": "string",
                      "minLength": 1,
                      "maxLength": 256
                    },
                    "description": "Login of who caused the event."
                  },
                  "authors": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": 32,
                    "items": {
                      "type": "string",
                      "minLength": 1,
                      "maxLength": 256
                    },
                    "description": "Login of who opened the issue or pull request."
                  },
                  "associations": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": 32,
                    "items": {
                      "type": "string",
                      "minLength": 1,
                      "maxLength": 256
                    },
                    "description": "Relation of who wrote the comment, or else of who opened the issue or pull request, such as MEMBER."
                  },
                  "conclusions": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": 32,
                    "items": {
                      "type": "string",
                      "minLength": 1,
                      "maxLength": 256
                    },
                    "description": "How the check ended, or what the review says, such as failure or changes_requested."
                  },
                  "checks": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": 32,
                    "items": {
                      "type": "string",
                      "minLength": 1,
                      "maxLength": 256
                    },
                    "description": "Name of the check, or of the alert."
                  },
                  "text": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": 32,
                    "items": {
                      "type": "string",
                      "minLength": 1,
                      "maxLength": 256
                    },
                    "description": "The whole text of the comment or review."
                  },
                  "subject": {
                    "description": "Whether the event is about an issue or a pull request.",
                    "type": "string",
                    "enum": [
                      "Issue",
                      "PullRequest"
                    ]
                  },
                  "draft": {
                    "description": "Whether the pull request is a draft.",
                    "type": "boolean"
                  },
                  "merged": {
                    "description": "Whether the pull request has been merged.",
                    "type": "boolean"
                  }
                }
              },
              "then": {
                "type": "object",
                "required": [
                  "action"
                ],
                "properties": {
                  "action": {
                    "description": "`start` starts a CodeRun of an agent for the task, or for an issue or alert; `remediate` does the same for the agent that implemented the task, and lets it continue its session; both wait while a run of the same agent and task is live. `retry` requests another attempt of the newest run of the task, if that has failed. `cancel` cancels the live runs of the task, and stops its Workflow. `resume` resumes its Workflow and does nothing else. `label` adds `labels` to the issue or pull request, `comment` writes `text`, or what agents do about it. `findConflicts`, for the event push, looks at the open pull requests of tasks for the branch; each that cannot be merged becomes an event pull_request with the action conflict. `ignore` does nothing.",
                    "type": "string",
                    "enum": [
                      "start",
                      "remediate",
                      "retry",
                      "cancel",
                      "ignore",
                      "resume",
                      "label",
                      "comment",
                      "findConflicts"
                    ]
                  },
                  "agent": {
                    "type": "string",
                    "pattern": "^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$",
                    "x-meaning": "the name of a Kubernetes object (lower-case letters, digits, - and .)",
                    "description": "Agent of the run, as in `agents`. For remediate, default: that of the newest implementation."
                  },
                  "stage": {
                    "description": "Label workflow-stage of the run, such as quality. Default for remediate: remediation.",
                    "type": "string",
                    "pattern": "^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$",
                    "x-meaning": "a word in lower case, such as quality"
                  },
                  "replace": {
                    "description": "Stages of the task whose live runs are cancelled first. For cancel, only runs of these stages; default all.",
                    "type": "array",
                    "minItems": 1,
                    "maxItems": 16,
                    "items": {
                      "type": "string",
                      "pattern": "^[a-z][a-z0-9-]{0,62}$",
                      "x-meaning": "a word in lower case, such as quality"
                    }
                  },
                  "node": {
                    "description": "If a Workflow of Argo plays the task, its suspend node that the event resumes instead, by display name. See `argo`.",
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 253
                  },
                  "restart": {
                    "description": "If a Workflow of Argo plays the task, the event begins a new round of quality and testing instead: whichever node of the round waits is resumed for that, or else the live run of quality or testing is cancelled.",
                    "type": "boolean",
                    "default": false
                  },
                  "instructions": {
                    "description": "Instructions for the agent, after what the event says.",
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 8192
                  },
                  "namespace": {
                    "description": "Namespace of the run that an issue or alert starts. Default: `github.namespace`.",
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 63,
                    "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
                    "x-meaning": "the name of a namespace"
                  },
                  "run": {
                    "description": "Fields of the spec of the CodeRun that an issue or alert starts. Its task, repository and agent follow from the event.",
                    "type": "object",
                    "properties": {
                      "service": {
                        "description": "Service. Default: the name of the repository.",
                        "type": "string",
                        "maxLength": 63,
                        "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
                        "x-meaning": "lower-case letters, digits and - (at most 63)"
                      },
                      "workingDirectory": {
                        "description": "Directory in the repository where the agent works. Default: its root.",
                        "type": "string",
                        "minLength": 1,
                        "maxLength": 1024
                      },
                      "docsRepositoryUrl": {
                        "description": "Repository with the documents of the tasks. Without it, the text of the issue is the description of the task.",
                        "type": "string",
                        "maxLength": 2048,
                        "pattern": "^((https?://|ssh://|git@)[!-~]+|[A-Za-z0-9][-A-Za-z0-9]*/[-A-Za-z0-9_.]+)$",
                        "x-meaning": "the URL of a repository, or owner/name"
                      },
                      "docsProjectDirectory": {
                        "description": "Directory in that repository that has .taskmaster.",
                        "type": "string",
                        "minLength": 1,
                        "maxLength": 1024
                      },
                      "docsBranch": {
                        "description": "Branch of that repository.",
                        "type": "string",
                        "minLength": 1,
                        "maxLength": 255
                      },
                      "model": {
                        "description": "Model.",
                        "type": "string",
                        "pattern": "^.{1,128}$",
                        "x-meaning": "at most 128 characters"
                      },
                      "toolConfig": {
                        "description": "Preset of MCP tools.",
                        "type": "string",
                        "enum": [
                          "minimal",
                          "default",
                          "advanced"
                        ]
                      },
                      "priority": {
                        "description": "Which run starts first when not all may run at once.",
                        "type": "string",
                        "enum": [
                          "low",
                          "medium",
                          "high",
                          "critical"
                        ]
                      }
                    }
                  },
                  "labels": {
                    "description": "Labels that action label adds. Those that the repository lacks are created.",
                    "type": "array",
                    "minItems": 1,
                    "maxItems": 16,
                    "items": {
                      "type": "string",
                      "minLength": 1,
                      "maxLength": 50
                    }
                  },
                  "text": {
                    "description": "Text of action comment, in Markdown. Default: the runs of the issue or pull request, as in `github.report`.",
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 8192
                  }
                }
              }
            }
          },
          "default": [
            {
              "name": "paused",
              "events": [
                "pull_request",
                "pull_request_review",
                "pull_request_review_comment",
                "issue_comment"
              ],
              "when": {
                "labels": [
                  "skip-automation",
                  "manual-review-required",
                  "pause-remediation"
                ]
              },
              "then": {
                "action": "ignore"
              }
            },
            {
              "name": "issue-labeled",
              "events": [
                "issues"
              ],
              "actions": [
                "labeled"
              ],
              "when": {
                "label": [
                  "orchestrator"
                ]
              },
              "then": {
                "action": "start",
                "agent": "rex"
              }
            },
            {
              "name": "issue-closed",
              "events": [
                "issues"
              ],
              "actions": [
                "closed"
              ],
              "then": {
                "action": "cancel"
              }
            },
            {
              "name": "merged",
              "events": [
                "pull_request"
              ],
              "actions": [
                "closed"
              ],
              "when": {
                "merged": true
              },
              "then": {
                "action": "cancel",
                "node": "waiting-pr-merged"
              }
            },
            {
              "name": "closed",
              "events": [
                "pull_request"
              ],
              "actions": [
                "closed"
              ],
              "then": {
                "action": "cancel"
              }
            },
            {
              "name": "quality",
              "events": [
                "pull_request"
              ],
              "actions": [
                "opened",
                "reopened",
                "ready_for_review"
              ],
              "when": {
                "draft": false
              },
              "then": {
                "action": "start",
                "agent": "cleo",
                "stage": "quality",
                "node": "waiting-pr-created"
              }
            },
            {
              "name": "pushed",
              "events": [
                "pull_request"
              ],
              "actions": [
                "synchronize"
              ],
              "when": {
                "draft": false
              },
              "then": {
                "action": "start",
                "agent": "cleo",
                "stage": "quality",
                "replace": [
                  "quality",
                  "testing"
                ],
                "restart": true
              }
            },
            {
              "name": "testing",
              "events": [
                "pull_request"
              ],
              "actions": [
                "labeled"
              ],
              "when": {
                "label": [
                  "ready-for-qa"
                ]
              },
              "then": {
                "action": "start",
                "agent": "tess",
                "stage": "testing",
                "node": "waiting-ready-for-qa"
              }
            },
            {
              "name": "approved",
              "events": [
                "pull_request_review"
              ],
              "actions": [
                "submitted"
              ],
              "when": {
                "conclusions": [
                  "approved"
                ]
              },
              "then": {
                "action": "resume",
                "node": "waiting-pr-approved"
              }
            },
            {
              "name": "changes-requested",
              "events": [
                "pull_request_review"
              ],
              "actions": [
                "submitted"
              ],
              "when": {
                "conclusions": [
                  "changes_requested"
                ]
              },
              "then": {
                "action": "remediate"
              }
            },
            {
              "name": "check-failed",
              "events": [
                "check_suite"
              ],
              "actions": [
                "completed"
              ],
              "when": {
                "conclusions": [
                  "failure",
                  "timed_out"
                ]
              },
              "then": {
                "action": "remediate"
              }
            },
            {
              "name": "branch-pushed",
              "events": [
                "push"
              ],
              "then": {
                "action": "findConflicts"
              }
            },
            {
              "name": "conflict",
              "events": [
                "pull_request"
              ],
              "actions": [
                "conflict"
              ],
              "then": {
                "action": "remediate"
              }
            },
            {
              "name": "cancel-command",
              "events": [
                "issue_comment"
              ],
              "actions": [
                "created"
              ],
              "when": {
                "text": [
                  "/orchestrator cancel"
                ]
              },
              "then": {
                "action": "cancel"
              }
            },
            {
              "name": "code-command",
              "events": [
                "issue_comment"
              ],
              "actions": [
                "created"
              ],
              "when": {
                "text": [
                  "/orchestrator code",
                  "/orchestrator code *"
                ]
              },
              "then": {
                "action": "start",
                "agent": "rex"
              }
            },
            {
              "name": "retry-command",
              "events": [
                "issue_comment"
              ],
              "actions": [
                "created"
              ],
              "when": {
                "text": [
                  "/orchestrator retry"
                ]
              },
              "then": {
                "action": "retry"
              }
            },
            {
              "name": "status-command",
              "events": [
                "issue_comment"
              ],
              "actions": [
                "created"
              ],
              "when": {
                "text": [
                  "/orchestrator status"
                ]
              },
              "then": {
                "action": "comment"
              }
            }
          ]
        }
      }
    },
    "argo": {
      "x-taken": "now",
      "description": "Plays as Workflows of Argo. Needs Argo Workflows and config/argo in the cluster. See docs/guide/plays.md.",
      "type": [
        "object",
        "null"
      ],
      "properties": {
        "enabled": {
          "description": "Let events of a task resume and stop its Workflow. false: Workflows are neither read nor changed.",
          "type": "boolean",
          "default": false
        },
        "startFromIssues": {
          "description": "Start the play of a task, where a rule would start a CodeRun for an issue or alert: a Workflow of play-template, in the namespace that the CodeRun would have had. Needs `enabled`.",
          "type": "boolean",
          "default": false
        }
      }
    },
    "access": {
      "x-taken": "admission",
      "description": "Whether the author of a run needs access to what the run names: `get` for a Secret, or for a PersistentVolumeClaim that the operator did not create, and `impersonate` for a ServiceAccount. Someone who may create pods in the namespace can use all of them anyway, and needs no other permission. The Secrets of `githubUser` and `githubApp`, and what this configuration names, need no access.",
      "type": [
        "object",
        "null"
      ],
      "properties": {
        "mode": {
          "description": "`enforce` denies a run whose author lacks access, `warn` admits it with a warning, `off` checks nothing.",
          "type": "string",
          "enum": [
            "off",
            "warn",
            "enforce"
          ],
          "default": "enforce"
        }
      }
    },
    "network": {
      "x-taken": "now",
      "description": "The NetworkPolicy that the operator keeps in each namespace with runs: agents accept no connection, and reach DNS, public addresses and what `allow` lists, but no private address, other pod or metadata service. It takes effect only where the cluster's network plugin enforces NetworkPolicies.",
      "type": [
        "object",
        "null"
      ],
      "properties": {
        "enabled": {
          "description": "Keep the NetworkPolicy. false: the operator deletes the one that it created.",
          "type": "boolean",
          "default": true
        },
        "dns": {
          "x-restricts": true,
          "description": "DNS servers that agents may query, on port 53.",
          "x-whole": true,
          "type": "array",
          "maxItems": 16,
          "items": {
            "type": "object",
            "properties": {
              "cidr": {
                "type": "string",
                "pattern": "^([0-9]{1,3}(\\.[0-9]{1,3}){3}/([0-9]|[12][0-9]|3[0-2])|[0-9a-f:]{2,45}/[0-9]{1,3})$",
                "x-meaning": "an address range, such as 203.0.113.0/24 or 2001:db8::/32",
                "description": "An address range, instead of pods."
              },
              "namespace": {
                "type": "string",
                "pattern": "^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$",
                "x-meaning": "the name of a Kubernetes object (lower-case letters, digits, - and .)",
                "description": "Namespace of the pods. Default: the run's own."
              },
              "podLabels": {
                "type": "object",
                "additionalProperties": {
                  "type": "string",
                  "pattern": "^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$",
                  "x-meaning": "the value of a label (at most 63 letters, digits, -, _ and .)"
                },
                "description": "Labels of the pods. Default: all pods of the namespace."
              },
              "ports": {
                "description": "Ports of the pods or addresses, by TCP; not those of a Service. Default: all.",
                "type": "array",
                "minItems": 1,
                "maxItems": 32,
                "items": {
                  "type": "integer",
                  "minimum": 1,
                  "maximum": 65535
                }
              }
            }
          },
          "default": [
            {
              "namespace": "kube-system",
              "podLabels": {
                "k8s-app": "kube-dns"
              }
            },
            {
              "cidr": "169.254.20.10/32"
            }
          ]
        },
        "allow": {
          "x-restricts": true,
          "description": "What agents may reach in addition to public addresses, such as a telemetry collector, a tool server, a proxy, or a private git server.",
          "x-whole": true,
          "type": "array",
          "maxItems": 64,
          "items": {
            "type": "object",
            "properties": {
              "cidr": {
                "type": "string",
                "pattern": "^([0-9]{1,3}(\\.[0-9]{1,3}){3}/([0-9]|[12][0-9]|3[0-2])|[0-9a-f:]{2,45}/[0-9]{1,3})$",
                "x-meaning": "an address range, such as 203.0.113.0/24 or 2001:db8::/32",
                "description": "An address range, instead of pods."
              },
              "namespace": {
                "type": "string",
                "pattern": "^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$",
                "x-meaning": "the name of a Kubernetes object (lower-case letters, digits, - and .)",
                "description": "Namespace of the pods. Default: the run's own."
              },
              "podLabels": {
                "type": "object",
                "additionalProperties": {
                  "type": "string",
                  "pattern": "^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$",
                  "x-meaning": "the value of a label (at most 63 letters, digits, -, _ and .)"
                },
                "description": "Labels of the pods. Default: all pods of the namespace."
              },
              "ports": {
                "description": "Ports of the pods or addresses, by TCP; not those of a Service. Default: all.",
                "type": "array",
                "minItems": 1,
                "maxItems": 32,
                "items": {
                  "type": "integer",
                  "minimum": 1,
                  "maximum": 65535
                }
              }
            }
          },
          "default": []
        },
        "deny": {
          "x-restricts": true,
          "description": "Public addresses that agents may not reach, such as the API server's, in CIDR notation.",
          "x-whole": true,
          "type": "array",
          "maxItems": 64,
          "items": {
            "type": "string",
            "pattern": "^([0-9]{1,3}(\\.[0-9]{1,3}){3}/([0-9]|[12][0-9]|3[0-2])|[0-9a-f:]{2,45}/[0-9]{1,3})$",
            "x-meaning": "an address range, such as 203.0.113.0/24 or 2001:db8::/32"
          },
          "default": []
        }
      }
    },
    "policy": {
      "x-restricts": true,
      "x-taken": [
        "admission",
        "start"
      ],
      "description": "Restrictions on runs. A run has to satisfy every entry that selects its namespace. They are checked against the finished Job, at admission and again before each start. `*` in a pattern stands for any text. Images, Secrets and ServiceAccounts that this configuration itself names are always allowed.",
      "x-whole": true,
      "type": "array",
      "maxItems": 64,
      "items": {
        "type": "object",
        "properties": {
          "namespaces": {
            "anyOf": [
              {
                "type": "string",
                "enum": [
                  "all"
                ]
              },
              {
                "type": "array",
                "minItems": 1,
                "maxItems": 256,
                "items": {
                  "type": "string",
                  "pattern": "^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$",
                  "x-meaning": "the name of a Kubernetes object (lower-case letters, digits, - and .)"
                }
              },
              {
                "type": "object",
                "properties": {
                  "names": {
                    "type": "array",
                    "maxItems": 256,
                    "items": {
                      "type": "string",
                      "pattern": "^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$",
                      "x-meaning": "the name of a Kubernetes object (lower-case letters, digits, - and .)"
                    }
                  },
                  "matchLabels": {
                    "type": "object",
                    "additionalProperties": {
                      "type": "string",
                      "pattern": "^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$",
                      "x-meaning": "the value of a label (at most 63 letters, digits, -, _ and .)"
                    }
                  },
                  "matchExpressions": {
                    "type": "array",
                    "maxItems": 64,
                    "items": {
                      "type": "object",
                      "required": [
                        "key",
                        "operator"
                      ],
                      "properties": {
                        "key": {
                          "type": "string",
                          "minLength": 1,
                          "maxLength": 1024
                        },
                        "operator": {
                          "type": "string",
                          "enum": [
                            "In",
                            "NotIn",
                            "Exists",
                            "DoesNotExist"
                          ]
                        },
                        "values": {
                          "type": "array",
                          "maxItems": 64,
                          "items": {
                            "type": "string",
                            "minLength": 1,
                            "maxLength": 1024
                          }
                        }
                      }
                    }
                  }
                }
              }
            ],
            "x-reads": "namespaces",
            "x-as": {
              "type": "object",
              "properties": {
                "names": {
                  "type": "array",
                  "items": {
                    "type": "string"
                  }
                },
                "matchLabels": {
                  "type": "object",
                  "additionalProperties": {
                    "type": "string"
                  }
                },
                "matchExpressions": {
                  "type": "array",
                  "items": {
                    "type": "object",
                    "required": [
                      "key",
                      "operator"
                    ],
                    "properties": {
                      "key": {
                        "type": "string"
                      },
                      "operator": {
                        "type": "string",
                        "enum": [
                          "In",
                          "NotIn",
                          "Exists",
                          "DoesNotExist"
                        ]
                      },
                      "values": {
                        "type": "array",
                        "items": {
                          "type": "string"
                        }
                      }
                    }
                  }
                }
              }
            },
            "description": "Namespaces that the entry applies to, as in `namespaces`. Default: all."
          },
          "images": {
            "type": "array",
            "maxItems": 256,
            "items": {
              "type": "string",
              "minLength": 1,
              "maxLength": 512
            },
            "description": "Patterns of images."
          },
          "imageDigests": {
            "description": "Require images by digest (`name@sha256:...`).",
            "type": "boolean"
          },
          "serviceAccounts": {
            "type": "array",
            "maxItems": 256,
            "items": {
              "type": "string",
              "minLength": 1,
              "maxLength": 512
            },
            "description": "Patterns of names of ServiceAccounts."
          },
          "secrets": {
            "type": "array",
            "maxItems": 256,
            "items": {
              "type": "string",
              "minLength": 1,
              "maxLength": 512
            },
            "description": "Patterns of names of Secrets. Those of identities (`github-pat-*` and the like) have to be among them."
          },
          "claims": {
            "type": "array",
            "maxItems": 256,
            "items": {
              "type": "string",
              "minLength": 1,
              "maxLength": 512
            },
            "description": "Patterns of names of PersistentVolumeClaims that the operator did not create. Claims that it created are always allowed."
          },
          "priorities": {
            "description": "Values of spec.priority.",
            "type": "array",
            "maxItems": 4,
            "items": {
              "type": "string",
              "enum": [
                "low",
                "medium",
                "high",
                "critical"
              ]
            }
          },
          "maxResources": {
            "description": "Maximum limits of the agent's container; without a limit of its own it is not allowed.",
            "type": "object",
            "maxProperties": 8,
            "additionalProperties": {
              "anyOf": [
                {
                  "type": "number",
                  "minimum": 0,
                  "maximum": 900000000000000000000
                },
                {
                  "type": "string",
                  "pattern": "^\\d+(\\.\\d+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|e\\d{1,2})?$"
                }
              ],
              "x-reads": "quantity",
              "x-as": {
                "type": "string"
              }
            }
          },
          "maxActiveDeadlineSeconds": {
            "type": "integer",
            "minimum": 1,
            "maximum": 2147483647
          },
          "maxRetries": {
            "type": "integer",
            "minimum": 0,
            "maximum": 2147483647
          },
          "maxTtlSecondsAfterFinished": {
            "type": "integer",
            "minimum": 0,
            "maximum": 2147483647
          }
        }
      },
      "default": []
    },
    "concurrency": {
      "x-restricts": true,
      "x-taken": "now",
      "description": "Limits on attempts that run at once. Within a namespace, waiting runs start in order of priority, then of age. A slot that several namespaces wait for goes to the one that holds the fewest.",
      "type": [
        "object",
        "null"
      ],
      "properties": {
        "total": {
          "type": "integer",
          "minimum": 1,
          "maximum": 2147483647,
          "description": "In all namespaces together. Default: no limit. The limits below, except perWorkspace, have no default either."
        },
        "namespacePercent": {
          "type": "integer",
          "minimum": 1,
          "maximum": 100,
          "description": "Percentage of `total` that one namespace may use, rounded up. Needs `total`."
        },
        "criticalPercent": {
          "type": "integer",
          "minimum": 1,
          "maximum": 100,
          "description": "Percentage of `total` that critical runs may use before it is their namespace's turn, rounded down; of that, a namespace may use `namespacePercent`. Further critical runs wait for their namespace's turn.",
          "default": 50
        },
        "perNamespace": {
          "type": "integer",
          "minimum": 1,
          "maximum": 2147483647,
          "description": "For one namespace."
        },
        "perService": {
          "type": "integer",
          "minimum": 1,
          "maximum": 2147483647,
          "description": "For one service in one namespace."
        },
        "perAgent": {
          "type": "integer",
          "minimum": 1,
          "maximum": 2147483647,
          "description": "For one agent in one namespace, unless `clusterWide` lists it."
        },
        "perRepository": {
          "type": "integer",
          "minimum": 1,
          "maximum": 2147483647,
          "description": "For one repository in one namespace, unless `clusterWide` lists it."
        },
        "perOrganization": {
          "type": "integer",
          "minimum": 1,
          "maximum": 2147483647,
          "description": "For the repositories of one organization or user in one namespace, unless `clusterWide` lists it."
        },
        "clusterWide": {
          "description": "Limits that count the runs of all namespaces together, for example because these share an agent's account. A namespace can then keep others waiting by naming their agents or repositories.",
          "x-whole": true,
          "type": "array",
          "maxItems": 3,
          "items": {
            "type": "string",
            "enum": [
              "perAgent",
              "perRepository",
              "perOrganization"
            ]
          },
          "default": []
        },
        "perWorkspace": {
          "type": "integer",
          "minimum": 1,
          "maximum": 2147483647,
          "description": "More than one agent in a workspace would overwrite each other's work.",
          "default": 1
        },
        "agingSeconds": {
          "type": "integer",
          "minimum": 1,
          "maximum": 2147483647,
          "description": "Seconds of waiting that count as one level of priority, so that no run waits forever.",
          "default": 600
        }
      }
    },
    "cleanup": {
      "x-taken": "now",
      "description": "What is deleted with a run.",
      "type": [
        "object",
        "null"
      ],
      "properties": {
        "deleteWorkspace": {
          "description": "Delete the PersistentVolumeClaim together with the last run that uses it.",
          "type": "boolean",
          "default": false
        },
        "enabled": {
          "description": "false: Jobs that ended stay until their run is deleted, whatever job.ttlSecondsAfterFinished is. A run's spec overrides it.",
          "x-taken": "admission",
          "type": "boolean",
          "x-maximizes": [
            "job.ttlSecondsAfterFinished"
          ]
        },
        "completedJobDelayMinutes": {
          "x-no-effect": "job.ttlSecondsAfterFinished is how long a finished Job is kept"
        },
        "failedJobDelayMinutes": {
          "x-no-effect": "job.ttlSecondsAfterFinished is how long a finished Job is kept"
        },
        "successTTLSeconds": {
          "x-no-effect": "job.ttlSecondsAfterFinished is how long a finished Job is kept"
        },
        "failureTTLSeconds": {
          "x-no-effect": "job.ttlSecondsAfterFinished is how long a finished Job is kept"
        },
        "deleteConfigMap": {
          "default": true,
          "x-no-effect": "the files of a run are always deleted with it"
        }
      }
    },
    "retry": {
      "x-taken": "admission",
      "description": "Retries after a failed attempt. A run's spec.retry overrides each value.",
      "type": [
        "object",
        "null"
      ],
      "properties": {
        "maxRetries": {
          "description": "Maximum number of automatic retries after the first attempt, or after the last manual retry.",
          "type": "integer",
          "minimum": 0,
          "maximum": 100,
          "default": 3
        },
        "initialBackoffSeconds": {
          "type": "integer",
          "minimum": 1,
          "maximum": 2147483647,
          "description": "The back-off before automatic retry k is random between 0 and min(maxBackoffSeconds, initialBackoffSeconds * 2^k).",
          "default": 30
        },
        "maxBackoffSeconds": {
          "type": "integer",
          "minimum": 1,
          "maximum": 2147483647,
          "description": "Upper bound of every back-off.",
          "default": 600
        },
        "terminalExitCodes": {
          "x-taken": [
            "admission",
            "start"
          ],
          "description": "Exit codes of the agent that are not retried automatically.",
          "type": "array",
          "maxItems": 255,
          "items": {
            "type": "integer",
            "minimum": 1,
            "maximum": 255
          },
          "default": []
        },
        "providerLimits": {
          "description": "Retries of attempts that ended because a provider of models refused requests for its limits (`ProviderLimited`). They start when the limits are reset, and do not count against maxRetries.",
          "x-taken": "now",
          "type": [
            "object",
            "null"
          ],
          "properties": {
            "maxRetries": {
              "description": "After the first attempt, or after the last manual retry. Further ones are retried like other failed attempts.",
              "type": "integer",
              "minimum": 0,
              "maximum": 100,
              "default": 5
            },
            "maxWaitSeconds": {
              "type": "integer",
              "minimum": 1,
              "maximum": 2147483647,
              "description": "For a reset that is further away, attempts are retried like others.",
              "default": 21600
            }
          }
        },
        "disruptions": {
          "description": "Retries of attempts that Kubernetes ended for reasons of its own (`Disrupted`), where the Job does not replace the pod. They follow after the back-off, and do not count against maxRetries.",
          "x-taken": "now",
          "type": [
            "object",
            "null"
          ],
          "properties": {
            "maxRetries": {
              "description": "After the first attempt, or after the last manual retry. Further ones are retried like other failed attempts.",
              "type": "integer",
              "minimum": 0,
              "maximum": 100,
              "default": 5
            }
          }
        }
      }
    },
    "codeRun": {
      "x-taken": "now",
      "description": "Requirements for CodeRuns.",
      "type": [
        "object",
        "null"
      ],
      "properties": {
        "requirePullRequest": {
          "description": "An implementation that ends without the URL of a pull request has failed. A CodeRun is an implementation if its label workflow-stage says so, else if runType does or is absent.",
          "type": "boolean",
          "default": true
        }
      }
    },
    "stuckPodSeconds": {
      "type": "integer",
      "minimum": 1,
      "maximum": 2147483647,
      "x-taken": "now",
      "description": "Seconds that a pod may fail to start before its attempt fails (its image cannot be pulled, a Secret is missing), or before what may pass (no node fits) counts as stalled.",
      "default": 300
    },
    "kueue": {
      "x-taken": [
        "admission",
        "start"
      ],
      "description": "Whether runs may wait in a queue of [Kueue](https://kueue.sigs.k8s.io), which then decides when their Jobs start. See docs/guide/kueue.md.",
      "type": [
        "object",
        "null"
      ],
      "properties": {
        "enabled": {
          "description": "Kueue is installed, and manages Jobs. false: a run that names a queue is denied, since its Job would never start.",
          "type": "boolean",
          "default": false
        },
        "queueName": {
          "type": "string",
          "pattern": "^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$",
          "x-meaning": "the name of a Kubernetes object (lower-case letters, digits, - and .)",
          "description": "LocalQueue for runs that name none."
        }
      }
    },
    "progress": {
      "x-taken": "now",
      "description": "The message of a running run: the last tool that its agent called, with the file or the description that the model gave, from the log of its container.",
      "type": [
        "object",
        "null"
      ],
      "properties": {
        "enabled": {
          "description": "Read the logs of running agents, and write the last tool call to status.message.",
          "type": "boolean",
          "default": true
        },
        "seconds": {
          "description": "Seconds between two reads of the logs of all running agents, and the minimum between two such writes to one status.",
          "type": "integer",
          "minimum": 10,
          "maximum": 3600,
          "default": 30
        }
      }
    },
    "history": {
      "x-taken": "now",
      "description": "Which finished runs are kept. Without limits, all; with both, a run is deleted if either limit says so.",
      "type": [
        "object",
        "null"
      ],
      "properties": {
        "keepPerService": {
          "description": "Number of latest finished runs to keep for each service of a namespace.",
          "type": "integer",
          "minimum": 0,
          "maximum": 2147483647
        },
        "keepSeconds": {
          "description": "Seconds to keep a run after its end.",
          "type": "integer",
          "minimum": 0,
          "maximum": 2147483647
        },
        "archive": {
          "description": "Where the record of a run is written before it is deleted.",
          "type": [
            "object",
            "null"
          ],
          "properties": {
            "log": {
              "description": "Write the record to the operator's log, as one line of JSON.",
              "type": "boolean",
              "default": true
            },
            "configMap": {
              "type": "string",
              "pattern": "^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$",
              "x-meaning": "the name of a Kubernetes object (lower-case letters, digits, - and .)",
              "description": "Name of a ConfigMap in the run's namespace that the record is written to. One that exists needs the label `app.kubernetes.io/managed-by: agent-orchestrator`."
            },
            "directory": {
              "description": "Absolute path of an existing directory in the manager's container, usually a mounted volume, that each run is written to as one compressed document with its spec, status and Events. Not together with `s3`.",
              "type": "string",
              "pattern": "^/[^\\x00]{1,1023}$",
              "x-meaning": "an absolute path"
            },
            "s3": {
              "description": "S3-compatible bucket that each run is written to as one compressed document with its spec, status and Events. Credentials come from the manager's environment, never from this file. Not together with `directory`.",
              "type": "object",
              "required": [
                "bucket"
              ],
              "properties": {
                "bucket": {
                  "description": "Name of the bucket, which must exist.",
                  "type": "string",
                  "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{1,254}$",
                  "x-meaning": "the name of a bucket"
                },
                "endpoint": {
                  "description": "URL of the server. Default: AWS, in the region.",
                  "type": "string",
                  "pattern": "^https?://[^\\s/?#@]{1,255}(/[^\\s?#@]{0,255})?$",
                  "x-meaning": "an http or https URL without user, query and fragment"
                },
                "region": {
                  "description": "Region of the bucket. Default: that of the manager's environment.",
                  "type": "string",
                  "pattern": "^[a-z0-9-]{1,64}$",
                  "x-meaning": "a region (lower-case letters, digits and -)"
                },
                "prefix": {
                  "description": "What the keys of documents begin with. It ends with a slash.",
                  "type": "string",
                  "pattern": "^([A-Za-z0-9._-]{1,128}/){1,8}$",
                  "x-meaning": "a path of letters, digits, `.`, `_` and `-` that ends with /"
                },
                "pathStyle": {
                  "description": "The bucket is part of the URL's path instead of its host name, as most servers other than AWS expect.",
                  "type": "boolean",
                  "default": false
                },
                "serverSideEncryption": {
                  "description": "Encryption to request for each document. Default: that of the bucket.",
                  "enum": [
                    "AES256",
                    "aws:kms"
                  ]
                },
                "kmsKeyId": {
                  "description": "Key for `aws:kms`. Default: that of the account.",
                  "type": "string",
                  "pattern": "^[A-Za-z0-9:/_-]{1,2048}$",
                  "x-meaning": "the id or ARN of a key"
                }
              }
            },
            "transcriptKiB": {
              "description": "KiB of the end of each attempt's log that are kept beside the run, in `directory` or `s3`; 0 keeps none. What looks like a key is removed from it. A Job stays until the log of its agent is kept, whatever its TTL.",
              "type": "integer",
              "minimum": 0,
              "maximum": 1024,
              "default": 0
            },
            "giveUpSeconds": {
              "type": "integer",
              "minimum": 1,
              "maximum": 2147483647,
              "description": "Seconds during which `directory` or `s3` may keep failing before a run is removed without an archive, or a Job without the log of its agent, and lost. A new leader counts from its own first failure. Absent: the run is kept until it is archived."
            }
          }
        },
        "rememberedRuns": {
          "description": "Number of removed runs whose end is remembered: if the same manifest is applied again, as GitOps does, the run ends at once as before, without an attempt. Beyond it the oldest are forgotten. 0: none.",
          "type": "integer",
          "minimum": 0,
          "maximum": 50000,
          "default": 50000
        }
      }
    },
    "orphanSweepSeconds": {
      "type": "integer",
      "minimum": 1,
      "maximum": 2147483647,
      "x-taken": "now",
      "description": "Seconds between searches for objects whose run was deleted.",
      "default": 3600
    },
    "telemetry": {
      "x-taken": "start",
      "description": "OpenTelemetry of the agents, configured by environment variables, and under operator that of the operator itself.",
      "type": [
        "object",
        "null"
      ],
      "properties": {
        "operator": {
          "x-taken": "now",
          "description": "OpenTelemetry of the operator. Nothing is exported without an endpoint. Headers and certificates are files of --telemetry-dir. OTEL_* variables of the operator's environment override these keys.",
          "type": [
            "object",
            "null"
          ],
          "properties": {
            "endpoint": {
              "description": "Endpoint of the collector, as host:port or a URL without user and password. Default: none, so nothing is exported.",
              "type": "string",
              "minLength": 1,
              "maxLength": 2048
            },
            "protocol": {
              "description": "OTLP over HTTP with protocol buffers, or over gRPC.",
              "type": "string",
              "enum": [
                "http",
                "grpc"
              ],
              "default": "http"
            },
            "insecure": {
              "description": "Do not use TLS if the endpoint has no scheme.",
              "type": "boolean",
              "default": false
            },
            "sampleRatio": {
              "description": "Fraction of the traces that begin at the operator, from 0 to 1. A request that belongs to a trace keeps the decision of that trace.",
              "type": "number",
              "minimum": 0,
              "maximum": 1,
              "default": 1
            },
            "signals": {
              "description": "What is exported: traces, metrics, the operator's log, and the Kubernetes Events that it records.",
              "type": "array",
              "maxItems": 4,
              "items": {
                "type": "string",
                "enum": [
                  "traces",
                  "metrics",
                  "logs",
                  "events"
                ]
              },
              "default": [
                "traces",
                "metrics",
                "logs",
                "events"
              ]
            },
            "exportIntervalSeconds": {
              "description": "Seconds between two exports of metrics.",
              "type": "integer",
              "minimum": 1,
              "maximum": 3600,
              "default": 60
            }
          }
        },
        "enabled": {
          "description": "Set the variables that make agents send telemetry.",
          "type": "boolean",
          "default": false
        },
        "otlpEndpoint": {
          "type": "string",
          "minLength": 1,
          "maxLength": 1024,
          "description": "Endpoint of the collector, as host:port or a URL. Default: none, so nothing is sent."
        },
        "otlpProtocol": {
          "type": "string",
          "enum": [
            "grpc",
            "http"
          ],
          "default": "grpc"
        },
        "otlpInsecure": {
          "description": "Do not use TLS if the endpoint has no scheme.",
          "type": "boolean",
          "default": true
        },
        "metricsEndpoint": {
          "type": "string",
          "minLength": 1,
          "maxLength": 1024,
          "description": "Endpoint of metrics. Default: otlpEndpoint."
        },
        "metricsProtocol": {
          "type": "string",
          "enum": [
            "grpc",
            "http"
          ]
        },
        "logsEndpoint": {
          "type": "string",
          "minLength": 1,
          "maxLength": 1024,
          "description": "Endpoint of logs. Default: otlpEndpoint."
        },
        "logsProtocol": {
          "type": "string",
          "enum": [
            "grpc",
            "http"
          ]
        },
        "traces": {
          "description": "Traces of the agent program, in the trace of its run, to otlpEndpoint. In Claude Code this is a beta feature; other agent programs ignore it.",
          "type": "boolean",
          "default": false
        },
        "serviceName": {
          "type": "string",
          "minLength": 1,
          "maxLength": 1024,
          "description": "Prefix of the service name; a hyphen and the run's service follow.",
          "default": "claude-agent"
        },
        "serviceVersion": {
          "type": "string",
          "minLength": 1,
          "maxLength": 1024,
          "description": "Resource attribute service.version."
        },
        "teamName": {
          "type": "string",
          "minLength": 1,
          "maxLength": 1024,
          "description": "Resource attribute team."
        },
        "department": {
          "type": "string",
          "minLength": 1,
          "maxLength": 1024,
          "description": "Resource attribute department."
        },
        "environment": {
          "type": "string",
          "minLength": 1,
          "maxLength": 1024,
          "description": "Resource attribute environment."
        },
        "costCenter": {
          "type": "string",
          "minLength": 1,
          "maxLength": 1024,
          "description": "Resource attribute cost_center."
        },
        "clusterName": {
          "type": "string",
          "minLength": 1,
          "maxLength": 1024,
          "description": "Resource attribute cluster.name."
        },
        "customAttributes": {
          "description": "Additional resource attributes.",
          "type": "object",
          "additionalProperties": {
            "type": "string",
            "minLength": 1,
            "maxLength": 1024
          },
          "default": {}
        },
        "metricsExportInterval": {
          "anyOf": [
            {
              "type": "integer",
              "minimum": 1,
              "maximum": 2147483647
            },
            {
              "type": "string",
              "pattern": "^0*[1-9]\\d{0,8}$"
            }
          ],
          "x-reads": "wholeNumber",
          "x-as": {
            "type": "integer"
          },
          "description": "Milliseconds between two exports of metrics, with or without quotes."
        },
        "metricsExportTimeout": {
          "anyOf": [
            {
              "type": "integer",
              "minimum": 1,
              "maximum": 2147483647
            },
            {
              "type": "string",
              "pattern": "^0*[1-9]\\d{0,8}$"
            }
          ],
          "x-reads": "wholeNumber",
          "x-as": {
            "type": "integer"
          },
          "description": "Milliseconds after which an export of metrics is given up."
        },
        "logsExportInterval": {
          "anyOf": [
            {
              "type": "integer",
              "minimum": 1,
              "maximum": 2147483647
            },
            {
              "type": "string",
              "pattern": "^0*[1-9]\\d{0,8}$"
            }
          ],
          "x-reads": "wholeNumber",
          "x-as": {
            "type": "integer"
          },
          "description": "Milliseconds between two exports of logs."
        },
        "logsExportTimeout": {
          "anyOf": [
            {
              "type": "integer",
              "minimum": 1,
              "maximum": 2147483647
            },
            {
              "type": "string",
              "pattern": "^0*[1-9]\\d{0,8}$"
            }
          ],
          "x-reads": "wholeNumber",
          "x-as": {
            "type": "integer"
          },
          "description": "Milliseconds after which an export of logs is given up."
        },
        "includeSessionId": {
          "description": "Include the session ID in metrics. Default: the agent program's.",
          "type": "boolean"
        },
        "includeAccountUuid": {
          "description": "Include the account UUID in metrics. Default: the agent program's.",
          "type": "boolean"
        },
        "includeVersion": {
          "description": "Include the version of the agent program in metrics. Default: the agent program's.",
          "type": "boolean"
        },
        "logUserPrompts": {
          "description": "Include prompts in logs. Default: the agent program's.",
          "type": "boolean"
        },
        "logLevel": {
          "description": "Log level of the SDK.",
          "type": "string",
          "enum": [
            "none",
            "error",
            "warn",
            "info",
            "debug",
            "verbose",
            "all"
          ]
        }
      }
    },
    "permissions": {
      "x-taken": "start",
      "description": "Tools that the agent program allows and denies, in managed settings that the agent cannot change.",
      "type": [
        "object",
        "null"
      ],
      "properties": {
        "allow": {
          "description": "Allowed tools, such as Read or Bash(git:*).",
          "type": "array",
          "maxItems": 256,
          "items": {
            "type": "string",
            "minLength": 1,
            "maxLength": 1024
          },
          "default": []
        },
        "deny": {
          "description": "Tools that are denied to every run, whatever its agentTools.",
          "type": "array",
          "maxItems": 256,
          "items": {
            "type": "string",
            "minLength": 1,
            "maxLength": 1024
          },
          "default": []
        },
        "agentToolsOverride": {
          "description": "Let the agentTools of a run replace `allow`, instead of adding to it.",
          "type": "boolean",
          "default": false
        }
      }
    },
    "claudeSettings": {
      "type": [
        "object",
        "null"
      ],
      "properties": {
        "toolPermissions": {
          "type": [
            "object",
            "null"
          ],
          "properties": {
            "allow": {
              "type": "array",
              "maxItems": 256,
              "items": {
                "type": "string",
                "minLength": 1,
                "maxLength": 1024
              },
              "x-same-as": "permissions.allow"
            },
            "deny": {
              "type": "array",
              "maxItems": 256,
              "items": {
                "type": "string",
                "minLength": 1,
                "maxLength": 1024
              },
              "x-same-as": "permissions.deny"
            }
          }
        },
        "environmentSettings": {
          "x-no-effect": "set agent.env instead"
        }
      }
    },
    "labels": {
      "type": "object",
      "additionalProperties": {
        "type": "string",
        "pattern": "^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$",
        "x-meaning": "the value of a label (at most 63 letters, digits, -, _ and .)"
      },
      "x-taken": "start",
      "description": "Labels for every Job, ConfigMap and pod of a run. They cannot override the orchestrator's own.",
      "default": {}
    },
    "annotations": {
      "type": "object",
      "additionalProperties": {
        "type": "string"
      },
      "x-taken": "start",
      "description": "Annotations for every Job, ConfigMap and pod of a run. They cannot override the orchestrator's own.",
      "default": {}
    },
    "pod": {
      "x-taken": "start",
      "type": [
        "object",
        "null"
      ],
      "properties": {
        "labels": {
          "type": "object",
          "additionalProperties": {
            "type": "string",
            "pattern": "^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$",
            "x-meaning": "the value of a label (at most 63 letters, digits, -, _ and .)"
          },
          "description": "Labels for pods only.",
          "default": {}
        },
        "annotations": {
          "type": "object",
          "additionalProperties": {
            "type": "string"
          },
          "description": "Annotations for pods only.",
          "default": {}
        },
        "serviceAccountName": {
          "type": "string",
          "pattern": "^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$",
          "x-meaning": "the name of a Kubernetes object (lower-case letters, digits, - and .)",
          "x-same-as": "agent.serviceAccountName"
        },
        "imagePullSecrets": {
          "type": "array",
          "maxItems": 64,
          "items": {
            "anyOf": [
              {
                "type": "string",
                "pattern": "^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?)?$",
                "x-meaning": "the name of a Kubernetes object (lower-case letters, digits, - and .)"
              },
              {
                "type": "object",
                "properties": {
                  "name": {
                    "type": "string",
                    "pattern": "^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$",
                    "x-meaning": "the name of a Kubernetes object (lower-case letters, digits, - and .)"
                  }
                }
              }
            ],
            "x-reads": "nameOrReference",
            "x-as": {
              "type": "string"
            }
          },
          "x-reads": "pullSecrets",
          "x-as": {
            "type": "array",
            "items": {
              "type": "string"
            }
          },
          "x-same-as": "agent.imagePullSecrets"
        },
        "securityContext": {
          "type": [
            "object",
            "null"
          ],
          "properties": {
            "fsGroup": {
              "type": "integer",
              "minimum": 1,
              "maximum": 2147483647,
              "description": "Group that owns the files of the workspace.",
              "default": 2000
            },
            "runAsUser": {
              "type": "integer",
              "minimum": 1,
              "maximum": 2147483647,
              "x-same-as": "agent.securityContext.runAsUser"
            },
            "runAsGroup": {
              "type": "integer",
              "minimum": 1,
              "maximum": 2147483647,
              "x-same-as": "agent.securityContext.runAsGroup"
            },
            "runAsNonRoot": {
              "default": true,
              "x-no-effect": "the pod always meets the Pod Security Standard restricted"
            },
            "seccompProfile": {
              "default": {
                "type": "RuntimeDefault"
              },
              "x-no-effect": "the pod always meets the Pod Security Standard restricted"
            }
          }
        }
      }
    },
    "podTemplate": {
      "x-taken": "start",
      "description": "Strategic merge patch of the pod template, applied last. The agent's container is claude-agent, the init container prepare-workspace.",
      "type": "object",
      "properties": {
        "metadata": {
          "type": "object",
          "properties": {
            "labels": {
              "type": "object",
              "additionalProperties": {
                "type": "string",
                "pattern": "^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$",
                "x-meaning": "the value of a label (at most 63 letters, digits, -, _ and .)"
              }
            },
            "annotations": {
              "type": "object",
              "additionalProperties": {
                "type": "string"
              }
            }
          }
        },
        "spec": {
          "description": "As in a pod. restartPolicy must be Never.",
          "type": "object",
          "properties": {
            "restartPolicy": {
              "type": "string",
              "enum": [
                "Never"
              ]
            }
          },
          "x-open": true
        }
      },
      "default": {}
    },
    "nodeAffinity": {
      "x-taken": "start",
      "description": "Node affinity for one label. Use agent.affinity for anything else.",
      "type": [
        "object",
        "null"
      ],
      "properties": {
        "enabled": {
          "description": "Add the node affinity to pods.",
          "type": "boolean",
          "default": false
        },
        "required": {
          "description": "Require these nodes instead of preferring them.",
          "type": "boolean",
          "default": true
        },
        "key": {
          "type": "string",
          "minLength": 1,
          "maxLength": 1024
        },
        "values": {
          "type": "array",
          "maxItems": 64,
          "items": {
            "type": "string",
            "minLength": 1,
            "maxLength": 1024
          },
          "default": []
        }
      }
    },
    "models": {
      "x-taken": "admission",
      "description": "Models that runs may name; any other gives a warning, or with strict a denial. Default: any.",
      "type": "array",
      "maxItems": 256,
      "items": {
        "type": "string",
        "minLength": 1,
        "maxLength": 1024
      }
    },
    "agents": {
      "x-taken": [
        "admission",
        "start"
      ],
      "description": "Agents that runs may name, as a list of names or a map from names to profiles; any other except the default agent gives a warning, or with strict a denial. Default: any.",
      "anyOf": [
        {
          "type": "array",
          "maxItems": 256,
          "items": {
            "type": "string",
            "minLength": 1,
            "maxLength": 1024
          }
        },
        {
          "type": "object",
          "additionalProperties": {
            "type": [
              "object",
              "null"
            ],
            "properties": {
              "model": {
                "description": "Model of this agent's runs that do not name one.",
                "type": "string",
                "pattern": "^.{1,128}$",
                "x-meaning": "at most 128 characters"
              },
              "githubApp": {
                "description": "GitHub App that this agent works as. Selects the agent of CodeRuns and DocsRuns. Default: the App whose part after the last dash is the agent's name.",
                "type": "string",
                "pattern": "^[A-Za-z0-9]([-A-Za-z0-9_ ]{0,61}[A-Za-z0-9])?$",
                "x-meaning": "the name of a GitHub App (at most 63 letters, digits, -, _ and spaces)"
              },
              "cli": {
                "description": "Agent program of runs that do not name one, such as claude; in any case.",
                "type": "string",
                "pattern": "^[A-Za-z0-9]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?$",
                "x-meaning": "a name of letters, digits and -, such as claude",
                "x-reads": "lowerCase",
                "x-as": {
                  "type": "string"
                }
              },
              "maxTokens": {
                "type": "integer",
                "minimum": 1,
                "maximum": 2147483647,
                "description": "Maximum number of tokens of an answer, unless a CodeRun sets it. This and the two keys below have an effect if the agent program has such an option (docs/guide/templates.md)."
              },
              "temperature": {
                "description": "Sampling temperature of the model.",
                "type": "number",
                "minimum": 0,
                "maximum": 2
              },
              "reasoningEffort": {
                "description": "Reasoning effort of the model, as the agent program names it, such as high.",
                "type": "string",
                "pattern": "^[a-z]{1,32}$",
                "x-meaning": "a word in lower case, such as high"
              },
              "appId": {
                "anyOf": [
                  {
                    "type": "number",
                    "minimum": 1
                  },
                  {
                    "type": "string",
                    "pattern": "^[A-Za-z0-9._-]{1,128}$",
                    "x-meaning": "the id of a GitHub App"
                  }
                ],
                "x-reads": "textOrNumber",
                "x-as": {
                  "type": "string"
                },
                "description": "ID of the GitHub App, used if its Secret has no app-id."
              },
              "clientId": {
                "anyOf": [
                  {
                    "type": "number",
                    "minimum": 1
                  },
                  {
                    "type": "string",
                    "pattern": "^[A-Za-z0-9._-]{1,128}$",
                    "x-meaning": "the id of a GitHub App"
                  }
                ],
                "x-reads": "textOrNumber",
                "x-as": {
                  "type": "string"
                },
                "description": "Client ID of the GitHub App. Overrides appId; GitHub accepts either."
              },
              "name": {
                "type": "string",
                "minLength": 1,
                "maxLength": 1024,
                "description": "Name of the agent in its system prompt."
              },
              "role": {
                "type": "string",
                "minLength": 1,
                "maxLength": 1024,
                "description": "Role of the agent, which follows \"You are\" in its system prompt."
              },
              "expertise": {
                "description": "Fields of expertise, in its system prompt.",
                "type": "array",
                "maxItems": 64,
                "items": {
                  "type": "string",
                  "minLength": 1,
                  "maxLength": 1024
                }
              },
              "may": {
                "description": "What the verdict of this agent's runs leads to, beside their result. label: a quality run that passes sets the label ready-for-qa on the pull request. approve: a testing or acceptance run that passes approves it. requestChanges: any of them, if it does not pass, requests changes. The agent's App needs the right to write pull requests. Default: label and requestChanges for cleo, approve and requestChanges for tess and acceptance, nothing for others.",
                "type": "array",
                "maxItems": 3,
                "items": {
                  "type": "string",
                  "enum": [
                    "label",
                    "approve",
                    "requestChanges"
                  ]
                }
              },
              "description": {
                "description": "Description of the agent, in its system prompt.",
                "type": "string",
                "minLength": 1,
                "maxLength": 8192
              },
              "systemPrompt": {
                "description": "The whole system prompt. Replaces the template agents/<agent>-system-prompt.md.",
                "type": "string",
                "minLength": 1,
                "maxLength": 65536
              },
              "tools": {
                "description": "MCP tools of the agent's CodeRuns, in addition to those of the preset and of the run.",
                "type": "object",
                "properties": {
                  "remote": {
                    "description": "Tools of the MCP server in the cluster (toolServerUrl).",
                    "type": "array",
                    "maxItems": 128,
                    "items": {
                      "type": "string",
                      "pattern": "^[!-~]{1,128}$",
                      "x-meaning": "the name of a tool (at most 128 characters, none of them blank)"
                    }
                  },
                  "localServers": {
                    "description": "MCP servers that run beside the agent, by name.",
                    "type": "object",
                    "additionalProperties": {
                      "type": [
                        "object",
                        "null"
                      ],
                      "properties": {
                        "enabled": {
                          "description": "False removes the server.",
                          "type": "boolean"
                        },
                        "command": {
                          "type": "string",
                          "minLength": 1,
                          "maxLength": 1024,
                          "description": "Program in the image. Default: that of a built-in server of this name, else the name."
                        },
                        "args": {
                          "type": "array",
                          "maxItems": 64,
                          "items": {
                            "type": "string",
                            "minLength": 1,
                            "maxLength": 1024
                          }
                        },
                        "env": {
                          "type": "object",
                          "additionalProperties": {
                            "type": "string"
                          }
                        },
                        "tools": {
                          "description": "Tools of the server that may be used. Default: all.",
                          "type": "array",
                          "maxItems": 128,
                          "items": {
                            "type": "string",
                            "pattern": "^[!-~]{1,128}$",
                            "x-meaning": "the name of a tool (at most 128 characters, none of them blank)"
                          }
                        }
                      }
                    }
                  }
                }
              },
              "clientConfig": {
                "x-no-effect": "set agents.<name>.tools instead"
              }
            }
          }
        }
      ],
      "x-reads": "agents",
      "x-as": {
        "type": "object",
        "additionalProperties": {
          "type": [
            "object",
            "null"
          ],
          "properties": {
            "model": {
              "description": "Model of this agent's runs that do not name one.",
              "type": "string",
              "pattern": "^.{1,128}$",
              "x-meaning": "at most 128 characters"
            },
            "githubApp": {
              "description": "GitHub App that this agent works as. Selects the agent of CodeRuns and DocsRuns. Default: the App whose part after the last dash is the agent's name.",
              "type": "string",
              "pattern": "^[A-Za-z0-9]([-A-Za-z0-9_ ]{0,61}[A-Za-z0-9])?$",
              "x-meaning": "the name of a GitHub App (at most 63 letters, digits, -, _ and spaces)"
            },
            "cli": {
              "description": "Agent program of runs that do not name one, such as claude; in any case.",
              "type": "string",
              "pattern": "^[A-Za-z0-9]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?$",
              "x-meaning": "a name of letters, digits and -, such as claude",
              "x-reads": "lowerCase",
              "x-as": {
                "type": "string"
              }
            },
            "maxTokens": {
              "type": "integer",
              "minimum": 1,
              "maximum": 2147483647,
              "description": "Maximum number of tokens of an answer, unless a CodeRun sets it. This and the two keys below have an effect if the agent program has such an option (docs/guide/templates.md)."
            },
            "temperature": {
              "description": "Sampling temperature of the model.",
              "type": "number",
              "minimum": 0,
              "maximum": 2
            },
            "reasoningEffort": {
              "description": "Reasoning effort of the model, as the agent program names it, such as high.",
              "type": "string",
              "pattern": "^[a-z]{1,32}$",
              "x-meaning": "a word in lower case, such as high"
            },
            "appId": {
              "anyOf": [
                {
                  "type": "number",
                  "minimum": 1
                },
                {
                  "type": "string",
                  "pattern": "^[A-Za-z0-9._-]{1,128}$",
                  "x-meaning": "the id of a GitHub App"
                }
              ],
              "x-reads": "textOrNumber",
              "x-as": {
                "type": "string"
              },
              "description": "ID of the GitHub App, used if its Secret has no app-id."
            },
            "clientId": {
              "anyOf": [
                {
                  "type": "number",
                  "minimum": 1
                },
                {
                  "type": "string",
                  "pattern": "^[A-Za-z0-9._-]{1,128}$",
                  "x-meaning": "the id of a GitHub App"
                }
              ],
              "x-reads": "textOrNumber",
              "x-as": {
                "type": "string"
              },
              "description": "Client ID of the GitHub App. Overrides appId; GitHub accepts either."
            },
            "name": {
              "type": "string",
              "minLength": 1,
              "maxLength": 1024,
              "description": "Name of the agent in its system prompt."
            },
            "role": {
              "type": "string",
              "minLength": 1,
              "maxLength": 1024,
              "description": "Role of the agent, which follows \"You are\" in its system prompt."
            },
            "expertise": {
              "description": "Fields of expertise, in its system prompt.",
              "type": "array",
              "maxItems": 64,
              "items": {
                "type": "string",
                "minLength": 1,
                "maxLength": 1024
              }
            },
            "may": {
              "description": "What the verdict of this agent's runs leads to, beside their result. label: a quality run that passes sets the label ready-for-qa on the pull request. approve: a testing or acceptance run that passes approves it. requestChanges: any of them, if it does not pass, requests changes. The agent's App needs the right to write pull requests. Default: label and requestChanges for cleo, approve and requestChanges for tess and acceptance, nothing for others.",
              "type": "array",
              "maxItems": 3,
              "items": {
                "type": "string",
                "enum": [
                  "label",
                  "approve",
                  "requestChanges"
                ]
              }
            },
            "description": {
              "description": "Description of the agent, in its system prompt.",
              "type": "string",
              "minLength": 1,
              "maxLength": 8192
            },
            "systemPrompt": {
              "description": "The whole system prompt. Replaces the template agents/<agent>-system-prompt.md.",
              "type": "string",
              "minLength": 1,
              "maxLength": 65536
            },
            "tools": {
              "description": "MCP tools of the agent's CodeRuns, in addition to those of the preset and of the run.",
              "type": "object",
              "properties": {
                "remote": {
                  "description": "Tools of the MCP server in the cluster (toolServerUrl).",
                  "type": "array",
                  "maxItems": 128,
                  "items": {
                    "type": "string",
                    "pattern": "^[!-~]{1,128}$",
                    "x-meaning": "the name of a tool (at most 128 characters, none of them blank)"
                  }
                },
                "localServers": {
                  "description": "MCP servers that run beside the agent, by name.",
                  "type": "object",
                  "additionalProperties": {
                    "type": [
                      "object",
                      "null"
                    ],
                    "properties": {
                      "enabled": {
                        "description": "False removes the server.",
                        "type": "boolean"
                      },
                      "command": {
                        "type": "string",
                        "minLength": 1,
                        "maxLength": 1024,
                        "description": "Program in the image. Default: that of a built-in server of this name, else the name."
                      },
                      "args": {
                        "type": "array",
                        "maxItems": 64,
                        "items": {
                          "type": "string",
                          "minLength": 1,
                          "maxLength": 1024
                        }
                      },
                      "env": {
                        "type": "object",
                        "additionalProperties": {
                          "type": "string"
                        }
                      },
                      "tools": {
                        "description": "Tools of the server that may be used. Default: all.",
                        "type": "array",
                        "maxItems": 128,
                        "items": {
                          "type": "string",
                          "pattern": "^[!-~]{1,128}$",
                          "x-meaning": "the name of a tool (at most 128 characters, none of them blank)"
                        }
                      }
                    }
                  }
                }
              }
            },
            "clientConfig": {
              "x-no-effect": "set agents.<name>.tools instead"
            }
          }
        }
      }
    },
    "toolServerUrl": {
      "x-taken": "start",
      "description": "URL of the MCP server in the cluster (streamable HTTP) that provides remote tools. Default: none, so agents only get the names of the tools.",
      "type": "string",
      "pattern": "^https?://[!-~]{1,2000}$",
      "x-meaning": "a URL that begins with http:// or https://"
    },
    "strict": {
      "x-taken": "admission",
      "description": "Deny runs whose model or agent is not listed in models or agents.",
      "type": "boolean",
      "default": false
    },
    "namespaces": {
      "anyOf": [
        {
          "type": "string",
          "enum": [
            "all"
          ]
        },
        {
          "type": "array",
          "minItems": 1,
          "maxItems": 256,
          "items": {
            "type": "string",
            "pattern": "^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$",
            "x-meaning": "the name of a Kubernetes object (lower-case letters, digits, - and .)"
          }
        },
        {
          "type": "object",
          "properties": {
            "names": {
              "type": "array",
              "maxItems": 256,
              "items": {
                "type": "string",
                "pattern": "^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$",
                "x-meaning": "the name of a Kubernetes object (lower-case letters, digits, - and .)"
              }
            },
            "matchLabels": {
              "type": "object",
              "additionalProperties": {
                "type": "string",
                "pattern": "^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$",
                "x-meaning": "the value of a label (at most 63 letters, digits, -, _ and .)"
              }
            },
            "matchExpressions": {
              "type": "array",
              "maxItems": 64,
              "items": {
                "type": "object",
                "required": [
                  "key",
                  "operator"
                ],
                "properties": {
                  "key": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 1024
                  },
                  "operator": {
                    "type": "string",
                    "enum": [
                      "In",
                      "NotIn",
                      "Exists",
                      "DoesNotExist"
                    ]
                  },
                  "values": {
                    "type": "array",
                    "maxItems": 64,
                    "items": {
                      "type": "string",
                      "minLength": 1,
                      "maxLength": 1024
                    }
                  }
                }
              }
            }
          }
        }
      ],
      "x-reads": "namespaces",
      "x-as": {
        "type": "object",
        "properties": {
          "names": {
            "type": "array",
            "items": {
              "type": "string"
            }
          },
          "matchLabels": {
            "type": "object",
            "additionalProperties": {
              "type": "string"
            }
          },
          "matchExpressions": {
            "type": "array",
            "items": {
              "type": "object",
              "required": [
                "key",
                "operator"
              ],
              "properties": {
                "key": {
                  "type": "string"
                },
                "operator": {
                  "type": "string",
                  "enum": [
                    "In",
                    "NotIn",
                    "Exists",
                    "DoesNotExist"
                  ]
                },
                "values": {
                  "type": "array",
                  "items": {
                    "type": "string"
                  }
                }
              }
            }
          }
        }
      },
      "x-restricts": true,
      "x-taken": "now",
      "description": "Namespaces whose runs are managed: all, a list of names, or a label selector (matchLabels, matchExpressions). --watch-namespaces restricts them further.",
      "default": "all"
    },
    "cloudEvents": {
      "x-taken": "now",
      "description": "CloudEvents over HTTP about the phases of runs (docs/guide/cloud-events.md).",
      "type": [
        "object",
        "null"
      ],
      "properties": {
        "sinks": {
          "x-restricts": true,
          "description": "Receivers of the events. Each name must be unique.",
          "type": "array",
          "maxItems": 16,
          "default": [],
          "items": {
            "type": "object",
            "required": [
              "name",
              "url"
            ],
            "properties": {
              "name": {
                "type": "string",
                "pattern": "^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$",
                "x-meaning": "the name of a Kubernetes object (lower-case letters, digits, - and .)",
                "description": "Name in metrics and logs, and of the file with its signing keys."
              },
              "url": {
                "type": "string",
                "pattern": "^https?://[!-~]+$",
                "maxLength": 2048,
                "x-meaning": "an https:// or http:// URL"
              },
              "unsigned": {
                "description": "Send events without a signature. Default: each is signed with the keys in the file of the sink's name below --sink-keys-dir, and waits as long as there is no such file.",
                "type": "boolean"
              },
              "kinds": {
                "description": "Kinds of runs. Default: all.",
                "type": "array",
                "minItems": 1,
                "maxItems": 3,
                "items": {
                  "type": "string",
                  "enum": [
                    "TaskRun",
                    "CodeRun",
                    "DocsRun"
                  ]
                }
              },
              "namespaces": {
                "description": "Namespaces of the runs. Default: all that are managed.",
                "type": "array",
                "minItems": 1,
                "maxItems": 256,
                "items": {
                  "type": "string",
                  "pattern": "^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$",
                  "x-meaning": "the name of a Kubernetes object (lower-case letters, digits, - and .)"
                }
              },
              "phases": {
                "description": "Phases to send. Default: all.",
                "type": "array",
                "minItems": 1,
                "maxItems": 5,
                "items": {
                  "type": "string",
                  "enum": [
                    "Pending",
                    "Running",
                    "Succeeded",
                    "Failed",
                    "Cancelled"
                  ]
                }
              }
            }
          }
        }
      }
    },
    "controller": {
      "type": [
        "object",
        "null"
      ],
      "properties": {
        "maxRetries": {
          "type": "integer",
          "minimum": 0,
          "maximum": 100,
          "x-same-as": "retry.maxRetries"
        },
        "reconcileInterval": {
          "x-no-effect": "the operator watches for changes and does not poll"
        },
        "historyLimit": {
          "x-no-effect": "finished runs are kept unless history.keepPerService or history.keepSeconds says otherwise"
        },
        "autoRetry": {
          "description": "false: no attempt is retried automatically, whatever retry.maxRetries, retry.providerLimits.maxRetries and retry.disruptions.maxRetries are. A run's spec.retry overrides it.",
          "x-taken": "admission",
          "type": "boolean",
          "x-disables": [
            "retry.maxRetries",
            "retry.providerLimits.maxRetries",
            "retry.disruptions.maxRetries"
          ]
        }
      }
    },
    "volumes": {
      "x-no-effect": "home, settings and /tmp have built-in volumes, and logs go to standard output; use agent.volumes for more"
    },
    "fluentBit": {
      "x-no-effect": "agents write to standard output, where the cluster's log collector finds it"
    }
  }
};
