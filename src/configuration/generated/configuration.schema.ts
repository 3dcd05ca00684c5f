// Generated from schemas/configuration.yaml by `npm run generate`. Don't edit: change that file instead.
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
    "RUST_LOG": "set LOG_LEVEL or --log-level instead"
  },
  "x-flags": {
    "--host": "server.host",
    "--port": "server.port",
    "--namespace": "kubernetes.namespace"
  },
  "properties": {
    "server": {
      "x-taken": "restart",
      "description": "Where probes and metrics are served.",
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
          "description": "Of the orchestrator's own objects. Absent, that of its ServiceAccount in a cluster, else orchestrator.",
          "x-at-start": "it says where the file is; use KUBERNETES_NAMESPACE or --namespace"
        }
      }
    },
    "job": {
      "description": "The Job of a run.",
      "type": [
        "object",
        "null"
      ],
      "properties": {
        "backoffLimit": {
          "x-taken": "start",
          "description": "The Job's own retries within one run. With 0 each attempt is a run of its own, numbered and recorded.",
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
          "description": "Seconds that a run may take.",
          "default": 3600
        },
        "ttlSecondsAfterFinished": {
          "x-taken": "admission",
          "description": "Seconds that a finished Job is kept, for its logs, before the orchestrator removes it.",
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
          "x-no-effect": "a Job can tell evictions from failures only with Never; failed pods of one run are repeated as often as job.backoffLimit says"
        }
      }
    },
    "agent": {
      "x-taken": "start",
      "description": "The container that the agent runs in.",
      "type": [
        "object",
        "null"
      ],
      "properties": {
        "name": {
          "x-taken": "admission",
          "description": "spec.agentName where a run names none.",
          "type": "string",
          "pattern": "^.{1,63}$",
          "x-meaning": "at most 63 characters",
          "default": "claude-agent-1"
        },
        "model": {
          "x-taken": "admission",
          "description": "spec.model where a run names none.",
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
          "description": "One string, or its parts.",
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
          "description": "Wins over image.pullPolicy.",
          "default": "IfNotPresent"
        },
        "command": {
          "description": "The kubelet replaces $(NAME) by the variable NAME of the container.",
          "type": "array",
          "maxItems": 64,
          "items": {
            "type": "string",
            "minLength": 1,
            "maxLength": 1024
          },
          "default": [
            "claude"
          ]
        },
        "args": {
          "description": "Arguments of the command; $(NAME) as there.",
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
          "description": "Environment of every agent: value, or valueFrom as in a container, for a key of a Secret for instance. A run's spec.env wins.",
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
                  }
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
                  }
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
                  }
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
                  }
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
          "description": "Resources for every priority without a profile of its own. Where it is set and priorities has no profile, a run's priority does not change its resources.",
          "x-same-as": "priorities.*.resources"
        },
        "serviceAccountName": {
          "type": "string",
          "pattern": "^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$",
          "x-meaning": "the name of a Kubernetes object (lower-case letters, digits, - and .)",
          "x-taken": "admission",
          "description": "ServiceAccount that pods name. No token of it is given to the agent.",
          "default": "default"
        },
        "imagePullSecrets": {
          "type": "array",
          "maxItems": 64,
          "items": {
            "anyOf": [
              {
                "type": "string",
                "pattern": "^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$",
                "x-meaning": "the name of a Kubernetes object (lower-case letters, digits, - and .)"
              },
              {
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
                }
              }
            ],
            "x-reads": "nameOrReference",
            "x-as": {
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
          "description": "Labels of the nodes that pods may be on.",
          "default": {}
        },
        "affinity": {
          "description": "As in a pod. Its nodeAffinity wins over the section nodeAffinity.",
          "type": "object",
          "x-open": true
        },
        "tolerations": {
          "description": "As in a pod.",
          "type": "array",
          "maxItems": 64,
          "items": {
            "type": "object",
            "x-open": true
          },
          "default": []
        },
        "volumes": {
          "description": "Further volumes of the pod, as in a pod.",
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
          "description": "Further mounts of the agent's container, as in a container.",
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
          "description": "The pod meets the Pod Security Standard restricted, whatever stands here.",
          "type": [
            "object",
            "null"
          ],
          "properties": {
            "runAsUser": {
              "type": "integer",
              "minimum": 1,
              "maximum": 2147483647,
              "description": "User of all the pod's containers.",
              "default": 1000
            },
            "runAsGroup": {
              "type": "integer",
              "minimum": 1,
              "maximum": 2147483647,
              "default": 1000
            },
            "readOnlyRootFilesystem": {
              "description": "Of the agent's container. The workspace, its home and /tmp can always be written to.",
              "type": "boolean",
              "default": true
            },
            "runAsNonRoot": {
              "default": true,
              "x-no-effect": "the pod meets the Pod Security Standard restricted"
            },
            "allowPrivilegeEscalation": {
              "default": false,
              "x-no-effect": "the pod meets the Pod Security Standard restricted"
            },
            "privileged": {
              "default": false,
              "x-no-effect": "the pod meets the Pod Security Standard restricted"
            },
            "capabilities": {
              "default": {
                "drop": [
                  "ALL"
                ]
              },
              "x-no-effect": "the pod meets the Pod Security Standard restricted, and drops all"
            },
            "seccompProfile": {
              "default": {
                "type": "RuntimeDefault"
              },
              "x-no-effect": "the pod meets the Pod Security Standard restricted"
            }
          }
        },
        "cliImages": {
          "x-taken": "admission",
          "description": "Image by the agent's command line program, such as claude, for CodeRuns and DocsRuns; image is that of the others. A TaskRun has the one program that is in its image.",
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
          "default": {}
        },
        "cli_images": {
          "x-no-effect": "write it as cliImages"
        },
        "allowDocker": {
          "x-taken": [
            "admission",
            "start"
          ],
          "description": "Let CodeRuns with enableDocker have a Docker daemon beside the agent. Its container is privileged: whoever may create CodeRuns then owns the node, and namespaces with a Pod Security Standard refuse the pod.",
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
          "description": "Image of that daemon. One string, or its parts.",
          "default": "docker:28-dind"
        },
        "cliProviders": {
          "x-no-effect": "a TaskRun has one CLI; keys of model providers are secrets.providerApiKeys"
        },
        "agentCliConfigs": {
          "x-no-effect": "write what is known of an agent as agents.<name>: cli, model, maxTokens, temperature, reasoningEffort"
        },
        "inputBridge": {
          "x-no-effect": "an agent gets no input while it runs; a higher contextVersion starts a run with new files"
        }
      }
    },
    "initContainer": {
      "x-taken": "start",
      "description": "The container that puts the files into the workspace. Its image has to have sh, mkdir, cp and rm.",
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
          "description": "One string, or its parts.",
          "default": "busybox:1.36"
        },
        "imagePullPolicy": {
          "type": "string",
          "enum": [
            "Always",
            "IfNotPresent",
            "Never"
          ],
          "description": "Wins over image.pullPolicy.",
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
                  }
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
                  }
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
                  }
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
                  }
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
          "x-no-effect": "it runs as the agent does, by agent.securityContext"
        },
        "script": {
          "x-no-effect": "the workspace is prepared by a script that is part of the program and gets no value as shell text"
        }
      }
    },
    "priorities": {
      "x-taken": "admission",
      "description": "What a priority means to the scheduler.",
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
                      }
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
                      }
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
                      }
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
                      }
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
              "description": "PriorityClass of the pods. Absent, the cluster's default."
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
                      }
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
                      }
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
                      }
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
                      }
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
              "description": "PriorityClass of the pods. Absent, the cluster's default."
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
                      }
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
                      }
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
                      }
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
                      }
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
              "description": "PriorityClass of the pods. Absent, the cluster's default."
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
                      }
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
                      }
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
                      }
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
                      }
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
              "description": "PriorityClass of the pods. Absent, the cluster's default."
            }
          }
        }
      }
    },
    "storage": {
      "x-taken": "start",
      "description": "The workspace's PersistentVolumeClaim, where it isn't there yet.",
      "type": [
        "object",
        "null"
      ],
      "properties": {
        "storageClassName": {
          "type": "string",
          "pattern": "^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$",
          "x-meaning": "the name of a Kubernetes object (lower-case letters, digits, - and .)",
          "description": "Absent, the cluster's default."
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
          "description": "One claim as the workspace of all runs of a namespace that name none, so that (concurrency.perWorkspace) they run one after the other. Absent, each service has a claim of its own."
        },
        "allowExpansion": {
          "description": "Ask for more where a workspace that the orchestrator made is smaller than `size`, before the next run starts in it. A claim never shrinks, and one whose StorageClass doesn't allow it stays as it is, with an Event.",
          "type": "boolean",
          "default": false
        },
        "autoCreate": {
          "default": true,
          "x-no-effect": "a workspace that is missing is always made; one that is there is used as it is"
        }
      }
    },
    "secrets": {
      "x-taken": "start",
      "description": "Where keys are, in the namespace of the run.",
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
          "description": "The Secret with the token for https repositories of runs that name neither githubUser nor auth. Absent, those are read without one."
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
            "type": "object",
            "required": [
              "secretName",
              "secretKey",
              "envVar"
            ],
            "properties": {
              "secretName": {
                "type": "string",
                "pattern": "^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$",
                "x-meaning": "the name of a Kubernetes object (lower-case letters, digits, - and .)"
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
                "x-meaning": "a variable name (letters, digits and _)"
              }
            }
          },
          "description": "Keys of model providers, by any name. Each is a variable of the agent; one whose Secret is missing is left out.",
          "default": {}
        },
        "cliApiKeys": {
          "type": "object",
          "additionalProperties": {
            "type": "object",
            "required": [
              "secretName",
              "secretKey",
              "envVar"
            ],
            "properties": {
              "secretName": {
                "type": "string",
                "pattern": "^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$",
                "x-meaning": "the name of a Kubernetes object (lower-case letters, digits, - and .)"
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
                "x-meaning": "a variable name (letters, digits and _)"
              }
            }
          },
          "description": "The same for agents' CLIs.",
          "default": {}
        }
      }
    },
    "concurrency": {
      "x-taken": "now",
      "description": "How many runs may work at once. Those that wait go by priority, then by age.",
      "type": [
        "object",
        "null"
      ],
      "properties": {
        "total": {
          "type": "integer",
          "minimum": 1,
          "maximum": 2147483647,
          "description": "In all namespaces. Absent, as many as there are; likewise the limits below but perWorkspace."
        },
        "perNamespace": {
          "type": "integer",
          "minimum": 1,
          "maximum": 2147483647
        },
        "perService": {
          "type": "integer",
          "minimum": 1,
          "maximum": 2147483647,
          "description": "Of one service in one namespace."
        },
        "perAgent": {
          "type": "integer",
          "minimum": 1,
          "maximum": 2147483647
        },
        "perRepository": {
          "type": "integer",
          "minimum": 1,
          "maximum": 2147483647
        },
        "perWorkspace": {
          "type": "integer",
          "minimum": 1,
          "maximum": 2147483647,
          "description": "Two agents in one workspace spoil each other's work.",
          "default": 1
        },
        "agingSeconds": {
          "type": "integer",
          "minimum": 1,
          "maximum": 2147483647,
          "description": "Seconds of waiting that count as one step of priority, so that no run waits for ever.",
          "default": 600
        }
      }
    },
    "cleanup": {
      "x-taken": "now",
      "description": "What goes when a run is deleted.",
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
          "default": true,
          "x-no-effect": "finished Jobs are removed after job.ttlSecondsAfterFinished"
        },
        "completedJobDelayMinutes": {
          "x-no-effect": "job.ttlSecondsAfterFinished is how long a finished Job is kept"
        },
        "failedJobDelayMinutes": {
          "x-no-effect": "job.ttlSecondsAfterFinished is how long a finished Job is kept"
        },
        "deleteConfigMap": {
          "default": true,
          "x-no-effect": "a run's files go with it"
        }
      }
    },
    "retry": {
      "x-taken": "admission",
      "description": "What is done after a run failed, where the run itself says nothing else.",
      "type": [
        "object",
        "null"
      ],
      "properties": {
        "maxRetries": {
          "description": "Automatic runs after the first, or after the last manual retry.",
          "type": "integer",
          "minimum": 0,
          "maximum": 100,
          "default": 3
        },
        "initialBackoffSeconds": {
          "type": "integer",
          "minimum": 1,
          "maximum": 2147483647,
          "description": "The wait before automatic run k is drawn from 0 to min(maxBackoffSeconds, this * 2^k).",
          "default": 30
        },
        "maxBackoffSeconds": {
          "type": "integer",
          "minimum": 1,
          "maximum": 2147483647,
          "default": 600
        },
        "terminalExitCodes": {
          "x-taken": [
            "admission",
            "start"
          ],
          "description": "Exit codes of the agent after which no automatic run follows.",
          "type": "array",
          "maxItems": 255,
          "items": {
            "type": "integer",
            "minimum": 1,
            "maximum": 255
          },
          "default": []
        }
      }
    },
    "codeRun": {
      "x-taken": "now",
      "description": "What is asked of CodeRuns.",
      "type": [
        "object",
        "null"
      ],
      "properties": {
        "requirePullRequest": {
          "description": "An implementation (a CodeRun whose label workflow-stage, or else runType, is absent or implementation) that ends without the URL of a pull request has failed.",
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
      "description": "Seconds that a pod may stand without starting (its image can't be pulled, a Secret is missing, no node takes it) before its run has failed.",
      "default": 300
    },
    "history": {
      "x-taken": "now",
      "description": "Which finished runs are kept. With neither limit, all; with both, what either lets go goes.",
      "type": [
        "object",
        "null"
      ],
      "properties": {
        "keepPerService": {
          "description": "The newest of each service of a namespace.",
          "type": "integer",
          "minimum": 0,
          "maximum": 2147483647
        },
        "keepSeconds": {
          "description": "Seconds after the run's end.",
          "type": "integer",
          "minimum": 0,
          "maximum": 2147483647
        },
        "archive": {
          "description": "Where the record of a run goes before the run is removed.",
          "type": [
            "object",
            "null"
          ],
          "properties": {
            "log": {
              "description": "To the manager's log, as one line of JSON.",
              "type": "boolean",
              "default": true
            },
            "configMap": {
              "type": "string",
              "pattern": "^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$",
              "x-meaning": "the name of a Kubernetes object (lower-case letters, digits, - and .)",
              "description": "To the ConfigMap of this name in the run's namespace."
            }
          }
        }
      }
    },
    "orphanSweepSeconds": {
      "type": "integer",
      "minimum": 1,
      "maximum": 2147483647,
      "x-taken": "now",
      "description": "Seconds between two searches for objects whose run is gone.",
      "default": 3600
    },
    "telemetry": {
      "x-taken": "start",
      "description": "The agents' own OpenTelemetry, handed to them as environment.",
      "type": [
        "object",
        "null"
      ],
      "properties": {
        "enabled": {
          "type": "boolean",
          "default": false
        },
        "otlpEndpoint": {
          "type": "string",
          "minLength": 1,
          "maxLength": 1024,
          "description": "host:port, or a URL. Without it nothing is sent."
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
          "description": "Without TLS, where the endpoint has no scheme.",
          "type": "boolean",
          "default": true
        },
        "metricsEndpoint": {
          "type": "string",
          "minLength": 1,
          "maxLength": 1024,
          "description": "Where metrics go, if elsewhere."
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
          "description": "Where logs go, if elsewhere."
        },
        "logsProtocol": {
          "type": "string",
          "enum": [
            "grpc",
            "http"
          ]
        },
        "serviceName": {
          "type": "string",
          "minLength": 1,
          "maxLength": 1024,
          "description": "The agent's service is this, a hyphen and the run's service.",
          "default": "claude-agent"
        },
        "serviceVersion": {
          "type": "string",
          "minLength": 1,
          "maxLength": 1024
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
          "maxLength": 1024
        },
        "environment": {
          "type": "string",
          "minLength": 1,
          "maxLength": 1024
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
          "description": "Further resource attributes.",
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
          "description": "Milliseconds, in quotes or not; likewise the three below."
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
          }
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
          }
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
          }
        },
        "includeSessionId": {
          "description": "In metrics. Absent, as the agent's CLI does by itself; likewise the three below.",
          "type": "boolean"
        },
        "includeAccountUuid": {
          "type": "boolean"
        },
        "includeVersion": {
          "type": "boolean"
        },
        "logUserPrompts": {
          "description": "In logs.",
          "type": "boolean"
        },
        "logLevel": {
          "description": "Of the SDK itself.",
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
      "description": "What every agent's CLI allows and forbids, in the settings that it can't change.",
      "type": [
        "object",
        "null"
      ],
      "properties": {
        "allow": {
          "description": "Such as Read or Bash(git:*).",
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
          "description": "Forbidden to every run, whatever its agentTools say.",
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
          "description": "The agentTools of a run that has any stand in place of allow, and not beside it.",
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
          "x-no-effect": "write them as permissions.allow and permissions.deny"
        },
        "environmentSettings": {
          "x-no-effect": "write variables as agent.env"
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
      "description": "Of every Job, ConfigMap and pod of a run; the orchestrator's own win.",
      "default": {}
    },
    "annotations": {
      "type": "object",
      "additionalProperties": {
        "type": "string"
      },
      "x-taken": "start",
      "description": "Of every Job, ConfigMap and pod of a run; the orchestrator's own win.",
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
          "description": "Of pods only.",
          "default": {}
        },
        "annotations": {
          "type": "object",
          "additionalProperties": {
            "type": "string"
          },
          "description": "Of pods only.",
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
                "pattern": "^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$",
                "x-meaning": "the name of a Kubernetes object (lower-case letters, digits, - and .)"
              },
              {
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
                }
              }
            ],
            "x-reads": "nameOrReference",
            "x-as": {
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
              "description": "Group that owns the workspace's files.",
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
              "x-no-effect": "the pod meets the Pod Security Standard restricted"
            },
            "seccompProfile": {
              "default": {
                "type": "RuntimeDefault"
              },
              "x-no-effect": "the pod meets the Pod Security Standard restricted"
            }
          }
        }
      }
    },
    "podTemplate": {
      "x-taken": "start",
      "description": "A strategic merge patch of the pod's template, the last word on it. The agent's container is claude-agent, the other prepare-workspace.",
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
          "description": "As in a pod. restartPolicy has to stay Never.",
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
      "description": "Nodes by one label; what this can't say is agent.affinity.",
      "type": [
        "object",
        "null"
      ],
      "properties": {
        "enabled": {
          "type": "boolean",
          "default": false
        },
        "required": {
          "description": "Other nodes are not used at all, and not only when there is no better one.",
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
      "description": "Models that runs may name. Absent, any; else another one is a warning, or with strict a denial.",
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
      "description": "Agents that runs may name, as a list of names or by name with what is known of each. Absent, any; else another one is a warning, or with strict a denial.",
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
                "description": "spec.model where a run of this agent names none.",
                "type": "string",
                "pattern": "^.{1,128}$",
                "x-meaning": "at most 128 characters"
              },
              "githubApp": {
                "description": "GitHub App that this agent works as; by it CodeRuns and DocsRuns find their agent. Absent, the App whose last part after a dash is the agent's name here.",
                "type": "string",
                "pattern": "^[A-Za-z0-9]([-A-Za-z0-9_ ]{0,61}[A-Za-z0-9])?$",
                "x-meaning": "the name of a GitHub App (at most 63 letters, digits, -, _ and blanks)"
              },
              "cli": {
                "description": "Its command line program, where a CodeRun or DocsRun names none.",
                "type": "string",
                "pattern": "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$",
                "x-meaning": "a name in small letters, such as claude"
              },
              "maxTokens": {
                "type": "integer",
                "minimum": 1,
                "maximum": 2147483647,
                "description": "Tokens of an answer at most, where a CodeRun says nothing. This and the two below have an effect where the program has a setting for it (docs/guide/templates.md)."
              },
              "temperature": {
                "description": "How freely the model chooses its words.",
                "type": "number",
                "minimum": 0,
                "maximum": 2
              },
              "reasoningEffort": {
                "description": "How long the model thinks, in the words of its program, such as high.",
                "type": "string",
                "pattern": "^[a-z]{1,32}$",
                "x-meaning": "a word in small letters, such as high"
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
                "description": "Id of the GitHub App, where its Secret has no app-id."
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
                "description": "Client id of the GitHub App, which wins over appId; GitHub takes either."
              },
              "name": {
                "type": "string",
                "minLength": 1,
                "maxLength": 1024,
                "description": "What its system prompt calls it."
              },
              "role": {
                "type": "string",
                "minLength": 1,
                "maxLength": 1024,
                "description": "What it is, after \"You are\" in its system prompt."
              },
              "expertise": {
                "description": "What it knows best, in its system prompt.",
                "type": "array",
                "maxItems": 64,
                "items": {
                  "type": "string",
                  "minLength": 1,
                  "maxLength": 1024
                }
              },
              "description": {
                "description": "More about it, in its system prompt.",
                "type": "string",
                "minLength": 1,
                "maxLength": 8192
              },
              "systemPrompt": {
                "description": "Its system prompt as a whole, in place of the template agents/<agent>-system-prompt.md.",
                "type": "string",
                "minLength": 1,
                "maxLength": 65536
              },
              "tools": {
                "description": "MCP tools of its CodeRuns, beside those of the preset and of the run.",
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
                          "description": "Take the server away again, where it is false.",
                          "type": "boolean"
                        },
                        "command": {
                          "type": "string",
                          "minLength": 1,
                          "maxLength": 1024,
                          "description": "Program of the image. Absent, that of a server that is known by its name, else the name."
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
                          "description": "The only tools of it that may be used. Absent, all.",
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
                "x-no-effect": "write its tools as agents.<name>.tools"
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
              "description": "spec.model where a run of this agent names none.",
              "type": "string",
              "pattern": "^.{1,128}$",
              "x-meaning": "at most 128 characters"
            },
            "githubApp": {
              "description": "GitHub App that this agent works as; by it CodeRuns and DocsRuns find their agent. Absent, the App whose last part after a dash is the agent's name here.",
              "type": "string",
              "pattern": "^[A-Za-z0-9]([-A-Za-z0-9_ ]{0,61}[A-Za-z0-9])?$",
              "x-meaning": "the name of a GitHub App (at most 63 letters, digits, -, _ and blanks)"
            },
            "cli": {
              "description": "Its command line program, where a CodeRun or DocsRun names none.",
              "type": "string",
              "pattern": "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$",
              "x-meaning": "a name in small letters, such as claude"
            },
            "maxTokens": {
              "type": "integer",
              "minimum": 1,
              "maximum": 2147483647,
              "description": "Tokens of an answer at most, where a CodeRun says nothing. This and the two below have an effect where the program has a setting for it (docs/guide/templates.md)."
            },
            "temperature": {
              "description": "How freely the model chooses its words.",
              "type": "number",
              "minimum": 0,
              "maximum": 2
            },
            "reasoningEffort": {
              "description": "How long the model thinks, in the words of its program, such as high.",
              "type": "string",
              "pattern": "^[a-z]{1,32}$",
              "x-meaning": "a word in small letters, such as high"
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
              "description": "Id of the GitHub App, where its Secret has no app-id."
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
              "description": "Client id of the GitHub App, which wins over appId; GitHub takes either."
            },
            "name": {
              "type": "string",
              "minLength": 1,
              "maxLength": 1024,
              "description": "What its system prompt calls it."
            },
            "role": {
              "type": "string",
              "minLength": 1,
              "maxLength": 1024,
              "description": "What it is, after \"You are\" in its system prompt."
            },
            "expertise": {
              "description": "What it knows best, in its system prompt.",
              "type": "array",
              "maxItems": 64,
              "items": {
                "type": "string",
                "minLength": 1,
                "maxLength": 1024
              }
            },
            "description": {
              "description": "More about it, in its system prompt.",
              "type": "string",
              "minLength": 1,
              "maxLength": 8192
            },
            "systemPrompt": {
              "description": "Its system prompt as a whole, in place of the template agents/<agent>-system-prompt.md.",
              "type": "string",
              "minLength": 1,
              "maxLength": 65536
            },
            "tools": {
              "description": "MCP tools of its CodeRuns, beside those of the preset and of the run.",
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
                        "description": "Take the server away again, where it is false.",
                        "type": "boolean"
                      },
                      "command": {
                        "type": "string",
                        "minLength": 1,
                        "maxLength": 1024,
                        "description": "Program of the image. Absent, that of a server that is known by its name, else the name."
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
                        "description": "The only tools of it that may be used. Absent, all.",
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
              "x-no-effect": "write its tools as agents.<name>.tools"
            }
          }
        }
      }
    },
    "toolServerUrl": {
      "x-taken": "start",
      "description": "The MCP server in the cluster, by streamable HTTP, from which runs get their remote tools. Absent, there is none: agents only read the tools' names.",
      "type": "string",
      "pattern": "^https?://[!-~]{1,2000}$",
      "x-meaning": "a URL that begins with http:// or https://"
    },
    "strict": {
      "x-taken": "admission",
      "description": "Deny runs that name a model or an agent that isn't among models or agents.",
      "type": "boolean",
      "default": false
    },
    "namespaces": {
      "x-taken": "now",
      "description": "Namespaces whose runs are looked after: all, a list of names, or a label selector (matchLabels, matchExpressions). --watch-namespaces narrows it further.",
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
      "default": "all"
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
          "x-no-effect": "changes are watched for, and not looked for from time to time"
        },
        "historyLimit": {
          "x-no-effect": "finished runs are kept unless history.keepPerService or history.keepSeconds says otherwise"
        },
        "autoRetry": {
          "default": true,
          "x-no-effect": "retry.maxRetries is how many automatic runs follow a failed one; 0 means none"
        }
      }
    },
    "volumes": {
      "x-no-effect": "home, settings and /tmp have volumes of their own, and logs go to standard output; further ones: agent.volumes"
    },
    "fluentBit": {
      "x-no-effect": "agents write to standard output, where the cluster's own collector finds it"
    }
  }
};
