// Generated from schemas/taskrun.yaml by `npm run generate`. Don't edit: change that file instead.
import type { JsonSchema } from "../../runtime/schema/json-schema.js";

/** What the CustomResourceDefinition of TaskRun holds as its openAPIV3Schema. */
export const taskrunSchema: JsonSchema = {
  "type": "object",
  "description": "A task for an AI coding agent, the files it works from, and what became of it.",
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
      "description": "TaskRun"
    },
    "metadata": {
      "type": "object"
    },
    "spec": {
      "type": "object",
      "description": "What is to be done.",
      "required": [
        "taskId",
        "serviceName",
        "markdownFiles"
      ],
      "properties": {
        "taskId": {
          "type": "integer",
          "format": "int32",
          "description": "Number of the task. At most one TaskRun that has not ended may have it, per service and namespace.",
          "minimum": 1,
          "maximum": 2147483647,
          "x-kubernetes-validations": [
            {
              "rule": "self == oldSelf",
              "message": "cannot be changed; create another TaskRun for the other task"
            }
          ]
        },
        "serviceName": {
          "type": "string",
          "minLength": 1,
          "maxLength": 63,
          "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
          "description": "Service the task belongs to. Names the workspace, the directory in it, and what is created.",
          "x-kubernetes-validations": [
            {
              "rule": "self == oldSelf",
              "message": "cannot be changed; create another TaskRun for the other service"
            }
          ]
        },
        "markdownFiles": {
          "type": "array",
          "description": "Files that the agent finds in its task directory. Together, names and contents, they must stay under 1 MiB. A file named CLAUDE.md takes the place of the generated one.",
          "minItems": 1,
          "maxItems": 64,
          "x-kubernetes-list-type": "map",
          "x-kubernetes-list-map-keys": [
            "filename"
          ],
          "items": {
            "type": "object",
            "required": [
              "filename",
              "content"
            ],
            "properties": {
              "filename": {
                "type": "string",
                "description": "Name without directories, ending in .md.",
                "minLength": 1,
                "maxLength": 253,
                "pattern": "^[a-zA-Z0-9._-]+\\.md$",
                "x-kubernetes-validations": [
                  {
                    "rule": "!self.startsWith('..')",
                    "message": "must not start with two dots; a ConfigMap takes no such key"
                  }
                ]
              },
              "content": {
                "type": "string",
                "description": "What the file holds.",
                "minLength": 1,
                "maxLength": 1048576
              },
              "fileType": {
                "type": "string",
                "description": "What the file is for.",
                "enum": [
                  "task",
                  "design-spec",
                  "prompt",
                  "context",
                  "acceptance-criteria"
                ]
              }
            }
          }
        },
        "agentName": {
          "type": "string",
          "description": "Who does the work; becomes a label.",
          "minLength": 1,
          "maxLength": 63,
          "pattern": "^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$"
        },
        "model": {
          "type": "string",
          "description": "Language model that the agent uses.",
          "minLength": 1,
          "maxLength": 128,
          "pattern": "^[A-Za-z0-9][A-Za-z0-9._:/@-]*$"
        },
        "contextVersion": {
          "type": "integer",
          "format": "int32",
          "description": "Raise it together with new files to stop the present run and start one that has them.",
          "minimum": 1,
          "maximum": 1000000,
          "default": 1,
          "x-kubernetes-validations": [
            {
              "rule": "self >= oldSelf",
              "message": "may only rise; set a higher number to start a run with the new files"
            }
          ]
        },
        "priority": {
          "type": "string",
          "description": "Which run goes first when more wait than may run at once. A waiting run gains priority with age.",
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
          "description": "Raise it by hand to run the task once more, whatever became of it before; the retry budget starts again.",
          "minimum": 1,
          "maximum": 1000000,
          "default": 1,
          "x-kubernetes-validations": [
            {
              "rule": "self >= oldSelf",
              "message": "may only rise; set a higher number to ask for another run"
            }
          ]
        },
        "agentTools": {
          "type": "array",
          "description": "Tools the agent may or may not use.",
          "maxItems": 128,
          "x-kubernetes-list-type": "map",
          "x-kubernetes-list-map-keys": [
            "name"
          ],
          "items": {
            "type": "object",
            "required": [
              "name"
            ],
            "properties": {
              "name": {
                "type": "string",
                "description": "Name of the tool, such as bash or edit.",
                "minLength": 1,
                "maxLength": 128
              },
              "enabled": {
                "type": "boolean",
                "description": "Whether it may be used.",
                "default": true
              },
              "config": {
                "type": "object",
                "description": "Settings of the tool, of any shape.",
                "maxProperties": 64,
                "x-kubernetes-preserve-unknown-fields": true
              },
              "restrictions": {
                "type": "array",
                "description": "What the tool may not do, each in the tool's own words.",
                "maxItems": 64,
                "x-kubernetes-list-type": "atomic",
                "items": {
                  "type": "string",
                  "minLength": 1,
                  "maxLength": 512
                }
              }
            }
          }
        },
        "repository": {
          "type": "object",
          "description": "Repository that is checked out into the workspace.",
          "required": [
            "url"
          ],
          "properties": {
            "url": {
              "type": "string",
              "description": "Where it is, as https://, http://, ssh:// or git@.",
              "minLength": 1,
              "maxLength": 2048,
              "pattern": "^(https?://|ssh://|git@)[!-~]+$"
            },
            "branch": {
              "type": "string",
              "minLength": 1,
              "maxLength": 255,
              "pattern": "^[^-\\s~^:?*\\[\\\\][^\\s~^:?*\\[\\\\]*$",
              "description": "Branch to work from.",
              "default": "main"
            },
            "githubUser": {
              "type": "string",
              "description": "GitHub user the work is done as. Names the Secret with the key: github-ssh-<user> for git@ and ssh://, github-pat-<user> for https://.",
              "minLength": 1,
              "maxLength": 63,
              "pattern": "^[A-Za-z0-9]([-A-Za-z0-9_]*[A-Za-z0-9])?$"
            },
            "path": {
              "type": "string",
              "minLength": 1,
              "maxLength": 1024,
              "x-kubernetes-validations": [
                {
                  "rule": "!self.startsWith('/') && self != '..' && !self.startsWith('../') && !self.endsWith('/..') && !self.contains('/../')",
                  "message": "must be a path within the repository, relative and without .."
                }
              ],
              "description": "Directory in the repository that the task is about."
            },
            "auth": {
              "type": "object",
              "description": "Secret to use instead of the one that githubUser names.",
              "required": [
                "type",
                "secretName"
              ],
              "properties": {
                "type": {
                  "type": "string",
                  "description": "What the Secret holds.",
                  "enum": [
                    "Token",
                    "SshKey",
                    "BasicAuth"
                  ]
                },
                "secretName": {
                  "type": "string",
                  "minLength": 1,
                  "maxLength": 253,
                  "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
                  "description": "Name of the Secret, in the namespace of the TaskRun."
                },
                "secretKey": {
                  "type": "string",
                  "description": "Key in the Secret.",
                  "minLength": 1,
                  "maxLength": 253,
                  "pattern": "^[-._a-zA-Z0-9]+$",
                  "default": "token"
                }
              }
            },
            "token": {
              "type": "string",
              "description": "Always refused. Put the token into a Secret and name it in auth.secretName.",
              "maxLength": 4096
            }
          },
          "x-kubernetes-validations": [
            {
              "rule": "!has(self.token)",
              "message": "a token must not be in plain text; store it in a Secret and set spec.repository.auth.secretName",
              "reason": "FieldValueForbidden",
              "fieldPath": ".token"
            }
          ]
        },
        "env": {
          "type": "array",
          "description": "Plain environment variables of the agent. Anyone who may read the object can read them: secrets belong into a Secret that the configuration names.",
          "maxItems": 128,
          "x-kubernetes-list-type": "map",
          "x-kubernetes-list-map-keys": [
            "name"
          ],
          "items": {
            "type": "object",
            "required": [
              "name",
              "value"
            ],
            "properties": {
              "name": {
                "type": "string",
                "description": "Name of the variable.",
                "minLength": 1,
                "maxLength": 253,
                "pattern": "^[A-Za-z_][A-Za-z0-9_]*$"
              },
              "value": {
                "type": "string",
                "description": "Its value, as it is; nothing in it is expanded.",
                "maxLength": 32768
              }
            }
          }
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
          "description": "ServiceAccount that the pod names. No token of it is given to the agent."
        },
        "workspace": {
          "type": "object",
          "description": "Volume that the agent works in. One agent works in it at a time.",
          "properties": {
            "pvcName": {
              "type": "string",
              "minLength": 1,
              "maxLength": 253,
              "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
              "description": "PersistentVolumeClaim; made if it isn't there."
            }
          }
        },
        "resources": {
          "type": "object",
          "description": "What the agent's container asks for and may use at most, as in a container of a pod.",
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
              "description": "Most that may be used, by resource name."
            }
          }
        },
        "activeDeadlineSeconds": {
          "type": "integer",
          "format": "int32",
          "description": "Seconds after which a run that still goes on is stopped, and counted as failed.",
          "minimum": 1,
          "maximum": 2147483647
        },
        "ttlSecondsAfterFinished": {
          "type": "integer",
          "format": "int32",
          "description": "Seconds that a finished Job is kept, for its logs, before it is removed.",
          "minimum": 0,
          "maximum": 2147483647
        },
        "retry": {
          "type": "object",
          "description": "What is done after a run failed.",
          "properties": {
            "maxRetries": {
              "type": "integer",
              "format": "int32",
              "description": "Automatic runs after the first one, or after the last manual retry.",
              "minimum": 0,
              "maximum": 100
            },
            "initialBackoffSeconds": {
              "type": "integer",
              "format": "int32",
              "description": "Wait before the first automatic run; doubled each time.",
              "minimum": 0,
              "maximum": 86400
            },
            "maxBackoffSeconds": {
              "type": "integer",
              "format": "int32",
              "description": "The longest wait before an automatic run.",
              "minimum": 0,
              "maximum": 604800
            },
            "terminalExitCodes": {
              "type": "array",
              "description": "Exit codes of the agent after which no automatic run is worth while.",
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
        "dependsOn": {
          "type": "array",
          "description": "Names of runs of the same kind in the same namespace that have to succeed first.",
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
          "description": "What becomes of it when a run of `dependsOn` ends without success: `Wait` until that one is retried and succeeds, or `Fail` at once, without having started.",
          "enum": [
            "Wait",
            "Fail"
          ],
          "default": "Wait"
        },
        "suspend": {
          "type": "boolean",
          "description": "Stops before the next run, and suspends the Job of the present one, until it is false again.",
          "default": false
        },
        "cancel": {
          "type": "boolean",
          "description": "Ends the work for good. Phase becomes Cancelled.",
          "default": false,
          "x-kubernetes-validations": [
            {
              "rule": "self || !oldSelf",
              "message": "a cancelled run stays cancelled; create a new one instead"
            }
          ]
        }
      }
    },
    "status": {
      "type": "object",
      "description": "What became of it. Written by the orchestrator only.",
      "default": {
        "observedGeneration": 0
      },
      "properties": {
        "phase": {
          "type": "string",
          "description": "Where the work stands. Succeeded, Failed and Cancelled are final, unless a manual retry is asked for.",
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
          "description": "metadata.generation that this status was made from.",
          "minimum": 0
        },
        "conditions": {
          "type": "array",
          "description": "What is known of the run: Admitted, DependenciesMet, WorkspaceReady, ConfigMapReady, JobCreated, Succeeded (Unknown until the end), and while they are true Reconciling and Stalled.",
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
                "description": "Whether it holds.",
                "enum": [
                  "True",
                  "False",
                  "Unknown"
                ]
              },
              "observedGeneration": {
                "type": "integer",
                "format": "int64",
                "description": "metadata.generation that it was seen at.",
                "minimum": 0
              },
              "lastTransitionTime": {
                "type": "string",
                "format": "date-time",
                "description": "When `status` last changed.",
                "maxLength": 64
              },
              "reason": {
                "type": "string",
                "description": "Why, in one CamelCase word, for machines.",
                "minLength": 1,
                "maxLength": 1024,
                "pattern": "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$"
              },
              "message": {
                "type": "string",
                "description": "Why, in a sentence, for people.",
                "maxLength": 32768
              }
            }
          }
        },
        "configMapName": {
          "type": "string",
          "maxLength": 253,
          "description": "ConfigMap with the files of the newest run."
        },
        "jobName": {
          "type": "string",
          "maxLength": 253,
          "description": "Job of the newest run."
        },
        "attempts": {
          "type": "integer",
          "format": "int32",
          "description": "Runs so far.",
          "minimum": 0,
          "maximum": 2147483647
        },
        "runs": {
          "type": "array",
          "description": "The newest ten runs, one for each time an agent was started.",
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
                "description": "Number of the run, as in the names of its Job and ConfigMap.",
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
                "description": "UID of its Job, which tells a Job that is gone from one that was never made.",
                "maxLength": 128
              },
              "cause": {
                "type": "string",
                "description": "Why the run was started.",
                "maxLength": 128
              },
              "startTime": {
                "type": "string",
                "format": "date-time",
                "maxLength": 64,
                "description": "When its Job was made."
              },
              "completionTime": {
                "type": "string",
                "format": "date-time",
                "maxLength": 64,
                "description": "When it ended."
              },
              "outcome": {
                "type": "string",
                "description": "How it ended; absent while it goes on.",
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
                "description": "What made it fail.",
                "maxLength": 1024
              }
            }
          }
        },
        "startTime": {
          "type": "string",
          "format": "date-time",
          "maxLength": 64,
          "description": "When the first run started."
        },
        "completionTime": {
          "type": "string",
          "format": "date-time",
          "maxLength": 64,
          "description": "When the work ended."
        },
        "nextRetryTime": {
          "type": "string",
          "format": "date-time",
          "maxLength": 64,
          "description": "When the next automatic run starts."
        },
        "lastUpdated": {
          "type": "string",
          "format": "date-time",
          "maxLength": 64,
          "description": "When anything else here last changed."
        },
        "message": {
          "type": "string",
          "description": "What is going on, in a sentence.",
          "maxLength": 32768
        },
        "sessionId": {
          "type": "string",
          "description": "Session of the agent, as it gave it.",
          "maxLength": 512
        },
        "pullRequestUrl": {
          "type": "string",
          "description": "Pull request that the agent opened.",
          "maxLength": 2048
        },
        "workCompleted": {
          "type": "boolean",
          "description": "Whether the work is done; once true, no run is started by itself again."
        },
        "observedRetryAttempt": {
          "type": "integer",
          "format": "int32",
          "description": "spec.retryAttempt that was acted on.",
          "minimum": 0,
          "maximum": 1000000
        },
        "observedContextVersion": {
          "type": "integer",
          "format": "int32",
          "description": "spec.contextVersion that was acted on.",
          "minimum": 0,
          "maximum": 1000000
        }
      }
    }
  },
  "x-kubernetes-validations": [
    {
      "rule": "!has(self.spec.dependsOn) || !has(self.metadata.name) || !(self.metadata.name in self.spec.dependsOn)",
      "message": "must not hold the run's own name; it would wait for itself for ever",
      "fieldPath": ".spec.dependsOn"
    }
  ]
};
