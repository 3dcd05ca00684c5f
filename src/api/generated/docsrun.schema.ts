// Generated from schemas/docsrun.yaml by `npm run generate`. Do not edit: change the source instead.
import type { JsonSchema } from "../../runtime/schema/json-schema.js";

/** The openAPIV3Schema in the CustomResourceDefinition of DocsRun. */
export const docsrunSchema: JsonSchema = {
  "type": "object",
  "description": "Documentation for the tasks of a repository, written by an AI agent, and its status.",
  "required": [
    "spec"
  ],
  "properties": {
    "apiVersion": {
      "type": "string",
      "description": "orchestrator.io/v1"
    },
    "kind": {
      "type": "string",
      "description": "DocsRun"
    },
    "metadata": {
      "type": "object"
    },
    "spec": {
      "type": "object",
      "description": "Specification of the work.",
      "required": [
        "repositoryUrl",
        "workingDirectory",
        "sourceBranch"
      ],
      "properties": {
        "repositoryUrl": {
          "type": "string",
          "minLength": 1,
          "maxLength": 2048,
          "pattern": "^((https?://|ssh://|git@)[!-~]+|[A-Za-z0-9][-A-Za-z0-9]*/[-A-Za-z0-9_.]+)$",
          "description": "Repository with the tasks: https://, http://, ssh://, git@, or owner/name on GitHub."
        },
        "workingDirectory": {
          "type": "string",
          "minLength": 1,
          "maxLength": 1024,
          "x-kubernetes-validations": [
            {
              "rule": "!self.startsWith('/') && self != '..' && !self.startsWith('../') && !self.endsWith('/..') && !self.contains('/../')",
              "message": "must be a path within the repository, relative and without .."
            },
            {
              "rule": "self == oldSelf",
              "message": "cannot be changed; create another DocsRun for the other directory"
            }
          ],
          "description": "Directory of the repository that contains `.taskmaster`; `.` is the root. The name of the workspace contains it."
        },
        "sourceBranch": {
          "type": "string",
          "minLength": 1,
          "maxLength": 255,
          "pattern": "^[^-\\s~^:?*\\[\\\\][^\\s~^:?*\\[\\\\]*$",
          "description": "Branch to work from, and to open the pull request against."
        },
        "githubUser": {
          "type": "string",
          "description": "GitHub user that the agent works as. Determines the Secret with the credentials: github-ssh-<user> for git@ and ssh://, github-pat-<user> for https://, with the user in lower case and _ as -.",
          "minLength": 1,
          "maxLength": 63,
          "pattern": "^[A-Za-z0-9]([-A-Za-z0-9_]*[A-Za-z0-9])?$"
        },
        "githubApp": {
          "type": "string",
          "description": "GitHub App that the agent works as. The part after its last dash is the agent, in lower case: rex for 5DLabs-Rex. Determines the Secret with `app-id` and `private-key`: github-app-<app>, in lower case, with spaces and _ as -.",
          "minLength": 1,
          "maxLength": 63,
          "pattern": "^[A-Za-z0-9]([-A-Za-z0-9_ ]*[A-Za-z0-9])?$"
        },
        "model": {
          "type": "string",
          "description": "Language model that the agent uses.",
          "minLength": 1,
          "maxLength": 128,
          "pattern": "^[A-Za-z0-9][A-Za-z0-9._:/@-]*$"
        },
        "cli": {
          "type": "string",
          "minLength": 1,
          "maxLength": 63,
          "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
          "description": "Agent program, such as claude. Determines image and templates."
        },
        "includeCodebase": {
          "type": "boolean",
          "description": "Whether the agent reads the code in addition to the tasks.",
          "default": false
        },
        "localTools": {
          "type": "array",
          "maxItems": 128,
          "x-kubernetes-list-type": "set",
          "items": {
            "type": "string",
            "minLength": 1,
            "maxLength": 128,
            "pattern": "^[!-~]+$"
          },
          "description": "MCP servers that run beside the agent."
        },
        "remoteTools": {
          "type": "array",
          "maxItems": 128,
          "x-kubernetes-list-type": "set",
          "items": {
            "type": "string",
            "minLength": 1,
            "maxLength": 128,
            "pattern": "^[!-~]+$"
          },
          "description": "Tools of the MCP server in the cluster."
        },
        "contextVersion": {
          "type": "integer",
          "format": "int32",
          "description": "Raise together with a change of the spec to stop the current attempt and start one with the change.",
          "minimum": 1,
          "maximum": 1000000,
          "default": 1,
          "x-kubernetes-validations": [
            {
              "rule": "self >= oldSelf",
              "message": "cannot decrease; set a higher number to start an attempt with the new files"
            }
          ]
        },
        "env": {
          "type": "object",
          "description": "Plain environment variables of the agent, by name. Everyone who can read the object can read them: credentials belong in a Secret that envFromSecrets references.",
          "maxProperties": 128,
          "additionalProperties": {
            "type": "string",
            "maxLength": 32768
          },
          "x-kubernetes-validations": [
            {
              "rule": "self.all(name, name.matches('^[A-Za-z_][A-Za-z0-9_]*$'))",
              "message": "names of variables contain letters, digits and underscores only, and do not start with a digit"
            }
          ]
        },
        "envFromSecrets": {
          "type": "array",
          "description": "Environment variables of the agent that come from Secrets in its namespace.",
          "maxItems": 128,
          "x-kubernetes-list-type": "map",
          "x-kubernetes-list-map-keys": [
            "name"
          ],
          "items": {
            "type": "object",
            "required": [
              "name",
              "secretName",
              "secretKey"
            ],
            "properties": {
              "name": {
                "type": "string",
                "description": "Name of the variable.",
                "minLength": 1,
                "maxLength": 253,
                "pattern": "^[A-Za-z_][A-Za-z0-9_]*$"
              },
              "secretName": {
                "type": "string",
                "minLength": 1,
                "maxLength": 253,
                "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
                "description": "Name of the Secret."
              },
              "secretKey": {
                "type": "string",
                "description": "Key in the Secret.",
                "minLength": 1,
                "maxLength": 253,
                "pattern": "^[-._a-zA-Z0-9]+$"
              }
            }
          }
        },
        "priority": {
          "type": "string",
          "description": "Which run starts first when not all may run at once. A waiting run gains priority with age.",
          "enum": [
            "low",
            "medium",
            "high",
            "critical"
          ],
          "default": "medium"
        },
        "retryAttempt": {
          "type": "integer",
          "format": "int32",
          "description": "Raise to start a new attempt manually, whatever the phase, with the configuration's current values for what the spec does not set. Resets the retry budget.",
          "minimum": 1,
          "maximum": 1000000,
          "default": 1,
          "x-kubernetes-validations": [
            {
              "rule": "self >= oldSelf",
              "message": "cannot decrease; set a higher number to request another attempt"
            }
          ]
        },
        "image": {
          "type": "string",
          "description": "Container image of the agent.",
          "minLength": 1,
          "maxLength": 512,
          "pattern": "^[A-Za-z0-9][A-Za-z0-9._:/@-]*$"
        },
        "imagePullPolicy": {
          "type": "string",
          "description": "When the image is pulled.",
          "enum": [
            "Always",
            "IfNotPresent",
            "Never"
          ]
        },
        "serviceAccountName": {
          "type": "string",
          "minLength": 1,
          "maxLength": 253,
          "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
          "description": "ServiceAccount of the pod. Its token is not mounted."
        },
        "workspace": {
          "type": "object",
          "description": "Volume that the agent works in. Only one agent works in it at a time.",
          "properties": {
            "pvcName": {
              "type": "string",
              "minLength": 1,
              "maxLength": 253,
              "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
              "description": "Name of the PersistentVolumeClaim. Created if it does not exist. If it serves another identity, the run gets one of its own, `<name>-id-<hash>`."
            }
          }
        },
        "resources": {
          "type": "object",
          "description": "Resource requests and limits of the agent's container, as in a pod.",
          "properties": {
            "requests": {
              "type": "object",
              "maxProperties": 32,
              "additionalProperties": {
                "x-kubernetes-int-or-string": true,
                "maxLength": 64,
                "pattern": "^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$"
              },
              "description": "Guaranteed amounts by resource name, such as cpu and memory."
            },
            "limits": {
              "type": "object",
              "maxProperties": 32,
              "additionalProperties": {
                "x-kubernetes-int-or-string": true,
                "maxLength": 64,
                "pattern": "^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$"
              },
              "description": "Maximum amounts by resource name."
            }
          }
        },
        "activeDeadlineSeconds": {
          "type": "integer",
          "format": "int32",
          "description": "Seconds after which a running attempt is stopped and counts as failed.",
          "minimum": 1,
          "maximum": 2147483647
        },
        "ttlSecondsAfterFinished": {
          "type": "integer",
          "format": "int32",
          "description": "Seconds that a finished Job is kept, for its logs, before it is deleted.",
          "minimum": 0,
          "maximum": 2147483647
        },
        "retry": {
          "type": "object",
          "description": "Retries after a failed attempt.",
          "properties": {
            "maxRetries": {
              "type": "integer",
              "format": "int32",
              "description": "Maximum number of automatic retries after the first attempt, or after the last manual retry.",
              "minimum": 0,
              "maximum": 100
            },
            "initialBackoffSeconds": {
              "type": "integer",
              "format": "int32",
              "description": "Back-off in seconds before the first automatic retry; doubles each time.",
              "minimum": 0,
              "maximum": 86400
            },
            "maxBackoffSeconds": {
              "type": "integer",
              "format": "int32",
              "description": "Maximum back-off in seconds before an automatic retry.",
              "minimum": 0,
              "maximum": 604800
            },
            "terminalExitCodes": {
              "type": "array",
              "description": "Exit codes of the agent that are not retried automatically.",
              "maxItems": 64,
              "x-kubernetes-list-type": "set",
              "items": {
                "type": "integer",
                "format": "int32",
                "minimum": 1,
                "maximum": 255
              }
            }
          },
          "x-kubernetes-validations": [
            {
              "rule": "!has(self.initialBackoffSeconds) || !has(self.maxBackoffSeconds) || self.initialBackoffSeconds <= self.maxBackoffSeconds",
              "message": "maxBackoffSeconds must not be less than initialBackoffSeconds"
            }
          ]
        },
        "budget": {
          "type": "object",
          "description": "Limit on what the run may spend on models, in all attempts together. The gateway refuses requests beyond it, and the attempt ends with the reason BudgetExceeded. To continue, raise it and `retryAttempt`.",
          "properties": {
            "maxTokens": {
              "type": "integer",
              "format": "int64",
              "description": "Tokens of all kinds together.",
              "minimum": 0,
              "maximum": 9007199254740991
            },
            "maxCostUSD": {
              "type": "number",
              "format": "double",
              "description": "US dollars. Models without a price in the configuration are then refused.",
              "minimum": 0,
              "maximum": 1000000000
            }
          }
        },
        "dependsOn": {
          "type": "array",
          "description": "Names of runs of the same kind and namespace that have to succeed first.",
          "maxItems": 64,
          "x-kubernetes-list-type": "set",
          "items": {
            "type": "string",
            "minLength": 1,
            "maxLength": 253,
            "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"
          }
        },
        "onDependencyFailure": {
          "type": "string",
          "description": "What happens when a run in `dependsOn` ends without success: `Wait` until it is retried and succeeds, or `Fail` at once, without starting.",
          "enum": [
            "Wait",
            "Fail"
          ],
          "default": "Wait"
        },
        "queueName": {
          "type": "string",
          "description": "LocalQueue of Kueue, in the run's namespace, in which each attempt waits until Kueue starts its Job. Requires `kueue.enabled` in the configuration, which may also have a default. Empty: no queue.",
          "maxLength": 63,
          "pattern": "^([a-z0-9]([-a-z0-9]*[a-z0-9])?)?$"
        },
        "suspend": {
          "type": "boolean",
          "description": "While true, no attempt starts, and the Job of a running attempt is suspended.",
          "default": false
        },
        "cancel": {
          "type": "boolean",
          "description": "Ends the run permanently. The phase becomes Cancelled.",
          "default": false,
          "x-kubernetes-validations": [
            {
              "rule": "self || !oldSelf",
              "message": "a cancelled run stays cancelled; create a new one instead"
            }
          ]
        }
      },
      "x-kubernetes-validations": [
        {
          "rule": "has(self.githubUser) != has(self.githubApp)",
          "message": "set exactly one of githubUser and githubApp"
        },
        {
          "rule": "has(self.githubApp) == has(oldSelf.githubApp) && (!has(self.githubApp) || self.githubApp == oldSelf.githubApp) && (!has(self.githubUser) || !has(oldSelf.githubUser) || self.githubUser == oldSelf.githubUser)",
          "message": "githubUser and githubApp cannot be changed; create another run for the other one"
        }
      ]
    },
    "status": {
      "type": "object",
      "description": "Observed state of the run. Written by the orchestrator only.",
      "default": {
        "observedGeneration": 0
      },
      "properties": {
        "phase": {
          "type": "string",
          "description": "Phase of the run. Succeeded, Failed and Cancelled are final, unless a manual retry is requested.",
          "enum": [
            "Pending",
            "Running",
            "Succeeded",
            "Failed",
            "Cancelled"
          ]
        },
        "observedGeneration": {
          "type": "integer",
          "format": "int64",
          "description": "metadata.generation that this status is based on.",
          "minimum": 0
        },
        "reason": {
          "type": "string",
          "description": "Why the run is in this phase, as one CamelCase word of a closed list (docs/reference/reasons.md).",
          "maxLength": 64,
          "pattern": "^[A-Za-z]+$"
        },
        "conditions": {
          "type": "array",
          "description": "Conditions of the run: while they are true Stalled and Reconciling; Ended (True at every end), Succeeded (Unknown until the end), Admitted, DependenciesMet, WorkspaceReady, ConfigMapReady, JobCreated.",
          "maxItems": 32,
          "x-kubernetes-list-type": "map",
          "x-kubernetes-list-map-keys": [
            "type"
          ],
          "items": {
            "type": "object",
            "required": [
              "type",
              "status",
              "lastTransitionTime",
              "reason",
              "message"
            ],
            "properties": {
              "type": {
                "type": "string",
                "description": "Name of the condition.",
                "maxLength": 316,
                "pattern": "^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$"
              },
              "status": {
                "type": "string",
                "description": "Status of the condition.",
                "enum": [
                  "True",
                  "False",
                  "Unknown"
                ]
              },
              "observedGeneration": {
                "type": "integer",
                "format": "int64",
                "description": "metadata.generation that the condition is based on.",
                "minimum": 0
              },
              "lastTransitionTime": {
                "type": "string",
                "format": "date-time",
                "description": "Time of the last change of `status`.",
                "maxLength": 64
              },
              "reason": {
                "type": "string",
                "description": "Reason as one CamelCase word, for programs.",
                "minLength": 1,
                "maxLength": 1024,
                "pattern": "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$"
              },
              "message": {
                "type": "string",
                "description": "Reason as a sentence, for people.",
                "maxLength": 32768
              }
            }
          }
        },
        "configMapName": {
          "type": "string",
          "maxLength": 253,
          "description": "ConfigMap with the files of the latest attempt."
        },
        "jobName": {
          "type": "string",
          "maxLength": 253,
          "description": "Job of the latest attempt."
        },
        "attempts": {
          "type": "integer",
          "format": "int32",
          "description": "Number of attempts so far.",
          "minimum": 0,
          "maximum": 2147483647
        },
        "runs": {
          "type": "array",
          "description": "The latest ten attempts, oldest first.",
          "maxItems": 10,
          "x-kubernetes-list-type": "map",
          "x-kubernetes-list-map-keys": [
            "number"
          ],
          "items": {
            "type": "object",
            "required": [
              "number"
            ],
            "properties": {
              "number": {
                "type": "integer",
                "format": "int32",
                "description": "Number of the attempt, as in the names of its Job and ConfigMap.",
                "minimum": 1,
                "maximum": 2147483647
              },
              "jobName": {
                "type": "string",
                "maxLength": 253,
                "description": "Name of its Job."
              },
              "jobUID": {
                "type": "string",
                "description": "UID of its Job, which distinguishes a deleted Job from one that was never created.",
                "maxLength": 128
              },
              "cause": {
                "type": "string",
                "description": "Why the attempt was started.",
                "maxLength": 128
              },
              "startTime": {
                "type": "string",
                "format": "date-time",
                "maxLength": 64,
                "description": "Time when its Job was created."
              },
              "completionTime": {
                "type": "string",
                "format": "date-time",
                "maxLength": 64,
                "description": "Time when it ended."
              },
              "outcome": {
                "type": "string",
                "description": "How it ended; absent while it is running.",
                "maxLength": 128
              },
              "exitCode": {
                "type": "integer",
                "format": "int32",
                "description": "Exit code of the agent's container.",
                "minimum": -2147483648,
                "maximum": 2147483647
              },
              "reason": {
                "type": "string",
                "description": "Why it failed.",
                "maxLength": 1024
              },
              "usage": {
                "type": "object",
                "description": "Its use of models, as counted by the gateway of its pod.",
                "properties": {
                  "inputTokens": {
                    "type": "integer",
                    "format": "int64",
                    "description": "Input tokens that did not come from a cache.",
                    "minimum": 0,
                    "maximum": 9007199254740991
                  },
                  "outputTokens": {
                    "type": "integer",
                    "format": "int64",
                    "description": "Tokens of output.",
                    "minimum": 0,
                    "maximum": 9007199254740991
                  },
                  "cacheReadTokens": {
                    "type": "integer",
                    "format": "int64",
                    "description": "Tokens of input that came from the provider's cache.",
                    "minimum": 0,
                    "maximum": 9007199254740991
                  },
                  "cacheWriteTokens": {
                    "type": "integer",
                    "format": "int64",
                    "description": "Tokens of input that the provider stored in its cache.",
                    "minimum": 0,
                    "maximum": 9007199254740991
                  },
                  "requests": {
                    "type": "integer",
                    "format": "int64",
                    "description": "Requests to models.",
                    "minimum": 0,
                    "maximum": 9007199254740991
                  },
                  "estimatedRequests": {
                    "type": "integer",
                    "format": "int64",
                    "description": "Requests among them that were cut off, and whose tokens are estimated.",
                    "minimum": 0,
                    "maximum": 9007199254740991
                  },
                  "costUSD": {
                    "type": "number",
                    "format": "double",
                    "description": "US dollars, by the prices of the configuration; models without a price are not in it.",
                    "minimum": 0
                  }
                }
              }
            }
          }
        },
        "usage": {
          "type": "object",
          "description": "Use of models by all attempts, as counted by the gateways of their pods when they ended; absent if no pod had a gateway.",
          "properties": {
            "inputTokens": {
              "type": "integer",
              "format": "int64",
              "description": "Input tokens that did not come from a cache.",
              "minimum": 0,
              "maximum": 9007199254740991
            },
            "outputTokens": {
              "type": "integer",
              "format": "int64",
              "description": "Tokens of output.",
              "minimum": 0,
              "maximum": 9007199254740991
            },
            "cacheReadTokens": {
              "type": "integer",
              "format": "int64",
              "description": "Tokens of input that came from the provider's cache.",
              "minimum": 0,
              "maximum": 9007199254740991
            },
            "cacheWriteTokens": {
              "type": "integer",
              "format": "int64",
              "description": "Tokens of input that the provider stored in its cache.",
              "minimum": 0,
              "maximum": 9007199254740991
            },
            "requests": {
              "type": "integer",
              "format": "int64",
              "description": "Requests to models.",
              "minimum": 0,
              "maximum": 9007199254740991
            },
            "estimatedRequests": {
              "type": "integer",
              "format": "int64",
              "description": "Requests among them that were cut off, and whose tokens are estimated.",
              "minimum": 0,
              "maximum": 9007199254740991
            },
            "costUSD": {
              "type": "number",
              "format": "double",
              "description": "US dollars, by the prices of the configuration; models without a price are not in it.",
              "minimum": 0
            },
            "byModel": {
              "type": "array",
              "description": "The same by model, those that used most first.",
              "maxItems": 20,
              "x-kubernetes-list-type": "map",
              "x-kubernetes-list-map-keys": [
                "model"
              ],
              "items": {
                "type": "object",
                "required": [
                  "model"
                ],
                "properties": {
                  "model": {
                    "type": "string",
                    "description": "Name of the model; `other` are those that did not fit.",
                    "maxLength": 256
                  },
                  "inputTokens": {
                    "type": "integer",
                    "format": "int64",
                    "description": "Input tokens that did not come from a cache.",
                    "minimum": 0,
                    "maximum": 9007199254740991
                  },
                  "outputTokens": {
                    "type": "integer",
                    "format": "int64",
                    "description": "Tokens of output.",
                    "minimum": 0,
                    "maximum": 9007199254740991
                  },
                  "cacheReadTokens": {
                    "type": "integer",
                    "format": "int64",
                    "description": "Tokens of input that came from the provider's cache.",
                    "minimum": 0,
                    "maximum": 9007199254740991
                  },
                  "cacheWriteTokens": {
                    "type": "integer",
                    "format": "int64",
                    "description": "Tokens of input that the provider stored in its cache.",
                    "minimum": 0,
                    "maximum": 9007199254740991
                  },
                  "requests": {
                    "type": "integer",
                    "format": "int64",
                    "description": "Requests to models.",
                    "minimum": 0,
                    "maximum": 9007199254740991
                  },
                  "estimatedRequests": {
                    "type": "integer",
                    "format": "int64",
                    "description": "Requests among them that were cut off, and whose tokens are estimated.",
                    "minimum": 0,
                    "maximum": 9007199254740991
                  },
                  "costUSD": {
                    "type": "number",
                    "format": "double",
                    "description": "US dollars, by the prices of the configuration; models without a price are not in it.",
                    "minimum": 0
                  }
                }
              }
            },
            "unknownAttempts": {
              "type": "integer",
              "format": "int32",
              "description": "Attempts that ended without a report of their gateway, whose usage is missing here.",
              "minimum": 0,
              "maximum": 2147483647
            },
            "unmeasured": {
              "type": "object",
              "description": "The amount that counts for those attempts against the run's budget. Absent for a run without one.",
              "properties": {
                "tokens": {
                  "type": "integer",
                  "format": "int64",
                  "description": "Tokens of all kinds together.",
                  "minimum": 0,
                  "maximum": 9007199254740991
                },
                "costUSD": {
                  "type": "number",
                  "format": "double",
                  "description": "US dollars.",
                  "minimum": 0
                }
              }
            }
          }
        },
        "startTime": {
          "type": "string",
          "format": "date-time",
          "maxLength": 64,
          "description": "Time when the first attempt started."
        },
        "completionTime": {
          "type": "string",
          "format": "date-time",
          "maxLength": 64,
          "description": "Time when the run ended."
        },
        "nextRetryTime": {
          "type": "string",
          "format": "date-time",
          "maxLength": 64,
          "description": "Time when the next automatic retry starts."
        },
        "lastUpdated": {
          "type": "string",
          "format": "date-time",
          "maxLength": 64,
          "description": "Time of the last change of any other field of the status."
        },
        "message": {
          "type": "string",
          "description": "What the run is doing, as a sentence.",
          "maxLength": 32768
        },
        "sessionId": {
          "type": "string",
          "description": "ID of the agent's session, as the agent reported it.",
          "maxLength": 512
        },
        "pullRequestUrl": {
          "type": "string",
          "description": "Pull request that the agent opened.",
          "maxLength": 2048
        },
        "workCompleted": {
          "type": "boolean",
          "description": "Whether the work is done. Once true, no attempt starts automatically."
        },
        "observedRetryAttempt": {
          "type": "integer",
          "format": "int32",
          "description": "Last spec.retryAttempt that was acted on.",
          "minimum": 0,
          "maximum": 1000000
        },
        "observedContextVersion": {
          "type": "integer",
          "format": "int32",
          "description": "Last spec.contextVersion that was acted on.",
          "minimum": 0,
          "maximum": 1000000
        }
      }
    }
  },
  "x-kubernetes-validations": [
    {
      "rule": "!has(self.spec.dependsOn) || !has(self.metadata.name) || !(self.metadata.name in self.spec.dependsOn)",
      "message": "must not contain the run's own name; the run would wait for itself forever",
      "fieldPath": ".spec.dependsOn"
    }
  ]
};
