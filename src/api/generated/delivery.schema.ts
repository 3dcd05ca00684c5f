// Generated from schemas/delivery.yaml by `npm run generate`. Do not edit: change the source instead.
import type { JsonSchema } from "../../runtime/schema/json-schema.js";

/** The openAPIV3Schema in the CustomResourceDefinition of Delivery. */
export const deliverySchema: JsonSchema = {
  "type": "object",
  "description": "One event that was received from outside, such as a webhook of GitHub, with the fields that rules read, and what was decided about it. Written by the orchestrator only.",
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
      "description": "Delivery"
    },
    "metadata": {
      "type": "object"
    },
    "spec": {
      "type": "object",
      "description": "What happened. It never changes, and has neither the payload nor a secret.",
      "required": [
        "source",
        "id",
        "event"
      ],
      "x-kubernetes-validations": [
        {
          "rule": "self == oldSelf",
          "message": "a Delivery cannot be changed; request another decision with the annotation orchestrator.io/redeliver"
        }
      ],
      "properties": {
        "source": {
          "type": "string",
          "description": "Where the event comes from.",
          "enum": [
            "github",
            "grafana"
          ]
        },
        "id": {
          "type": "string",
          "description": "Id that the source gave the event. A repetition has the same.",
          "minLength": 1,
          "maxLength": 64,
          "pattern": "^[A-Za-z0-9-]+$"
        },
        "event": {
          "type": "string",
          "description": "Name of the event, such as pull_request.",
          "minLength": 1,
          "maxLength": 63,
          "pattern": "^[a-z0-9_]+$"
        },
        "action": {
          "type": "string",
          "description": "What happened, such as opened.",
          "maxLength": 63
        },
        "repository": {
          "type": "object",
          "description": "Repository that the event is about.",
          "required": [
            "host",
            "owner",
            "name"
          ],
          "properties": {
            "host": {
              "type": "string",
              "description": "Host, such as github.com.",
              "maxLength": 253
            },
            "owner": {
              "type": "string",
              "description": "User or organization.",
              "maxLength": 100
            },
            "name": {
              "type": "string",
              "description": "Name without the owner.",
              "maxLength": 100
            }
          }
        },
        "installation": {
          "type": "integer",
          "format": "int64",
          "description": "Id of the App's installation that received the event.",
          "minimum": 0
        },
        "sender": {
          "type": "object",
          "required": [
            "login"
          ],
          "properties": {
            "login": {
              "type": "string",
              "description": "Name.",
              "maxLength": 100
            },
            "id": {
              "type": "integer",
              "format": "int64",
              "description": "Number, which stays when the name changes.",
              "minimum": 0
            },
            "type": {
              "type": "string",
              "description": "User, Bot or Organization.",
              "maxLength": 63
            }
          },
          "description": "Who caused the event."
        },
        "subject": {
          "type": "object",
          "description": "The issue or pull request that the event is about.",
          "required": [
            "kind",
            "number"
          ],
          "properties": {
            "kind": {
              "type": "string",
              "description": "Issue or PullRequest.",
              "enum": [
                "Issue",
                "PullRequest"
              ]
            },
            "number": {
              "type": "integer",
              "format": "int64",
              "description": "Its number in the repository.",
              "minimum": 1
            },
            "title": {
              "type": "string",
              "description": "Its title, cut after 256 characters.",
              "maxLength": 256
            },
            "text": {
              "type": "string",
              "description": "Text of an issue, cut after 4096 characters.",
              "maxLength": 4096
            },
            "author": {
              "type": "object",
              "required": [
                "login"
              ],
              "properties": {
                "login": {
                  "type": "string",
                  "description": "Name.",
                  "maxLength": 100
                },
                "id": {
                  "type": "integer",
                  "format": "int64",
                  "description": "Number, which stays when the name changes.",
                  "minimum": 0
                },
                "type": {
                  "type": "string",
                  "description": "User, Bot or Organization.",
                  "maxLength": 63
                }
              },
              "description": "Who opened it."
            },
            "association": {
              "type": "string",
              "description": "Relation of the author to the repository, such as MEMBER.",
              "maxLength": 63
            },
            "updatedAt": {
              "type": "string",
              "format": "date-time",
              "maxLength": 64,
              "description": "When it was last changed, at the time of the event. Events of one subject are ordered by it."
            },
            "open": {
              "type": "boolean",
              "description": "Whether it was open, at the time of the event."
            },
            "draft": {
              "type": "boolean",
              "description": "Whether it is a draft."
            },
            "merged": {
              "type": "boolean",
              "description": "Whether it has been merged."
            }
          }
        },
        "label": {
          "type": "string",
          "description": "Label that was added or removed.",
          "maxLength": 100
        },
        "labels": {
          "type": "array",
          "description": "Labels of the issue or pull request, or of the alert as name=value. At most the first 100.",
          "maxItems": 100,
          "items": {
            "type": "string",
            "maxLength": 100
          }
        },
        "branch": {
          "type": "string",
          "description": "Branch with the change, without refs/heads/.",
          "maxLength": 255
        },
        "fork": {
          "type": "boolean",
          "description": "Whether the branch is in another repository, or in one that no longer exists."
        },
        "baseBranch": {
          "type": "string",
          "description": "Branch that the change is for.",
          "maxLength": 255
        },
        "revision": {
          "type": "string",
          "description": "Newest commit of the branch.",
          "maxLength": 64,
          "pattern": "^[0-9a-f]+$"
        },
        "conclusion": {
          "type": "string",
          "description": "How a check ended, such as failure; or what a review says, such as approved.",
          "maxLength": 63
        },
        "check": {
          "type": "object",
          "description": "The check that the event is about.",
          "properties": {
            "name": {
              "type": "string",
              "description": "Its name.",
              "maxLength": 256
            },
            "url": {
              "type": "string",
              "description": "Its page.",
              "maxLength": 1024
            }
          }
        },
        "comment": {
          "type": "object",
          "description": "The comment or review that the event is about.",
          "properties": {
            "author": {
              "type": "object",
              "required": [
                "login"
              ],
              "properties": {
                "login": {
                  "type": "string",
                  "description": "Name.",
                  "maxLength": 100
                },
                "id": {
                  "type": "integer",
                  "format": "int64",
                  "description": "Number, which stays when the name changes.",
                  "minimum": 0
                },
                "type": {
                  "type": "string",
                  "description": "User, Bot or Organization.",
                  "maxLength": 63
                }
              },
              "description": "Who wrote it."
            },
            "association": {
              "type": "string",
              "description": "Relation of the author to the repository, such as MEMBER.",
              "maxLength": 63
            },
            "text": {
              "type": "string",
              "description": "Its text, cut after 4096 characters.",
              "maxLength": 4096
            },
            "url": {
              "type": "string",
              "description": "Its page.",
              "maxLength": 1024
            },
            "path": {
              "type": "string",
              "description": "File that it is about.",
              "maxLength": 1024
            }
          }
        },
        "alert": {
          "type": "object",
          "description": "The alert that the event is about.",
          "required": [
            "name",
            "fingerprint"
          ],
          "properties": {
            "name": {
              "type": "string",
              "description": "Its name, such as HighErrorRate.",
              "maxLength": 256
            },
            "fingerprint": {
              "type": "string",
              "description": "The same for all its states.",
              "maxLength": 32,
              "pattern": "^[A-Za-z0-9]+$"
            },
            "text": {
              "type": "string",
              "description": "Its summary and description, cut after 4096 characters.",
              "maxLength": 4096
            },
            "url": {
              "type": "string",
              "description": "Its page.",
              "maxLength": 1024
            }
          }
        },
        "paths": {
          "type": "array",
          "description": "Files that were changed by a push. At most the first 200.",
          "maxItems": 200,
          "items": {
            "type": "string",
            "maxLength": 1024
          }
        },
        "pathsTruncated": {
          "type": "boolean",
          "description": "Whether more files were changed than paths lists."
        }
      }
    },
    "status": {
      "type": "object",
      "description": "What was decided. Written by the orchestrator only.",
      "properties": {
        "phase": {
          "type": "string",
          "description": "Decided: the decision is made, and about to be carried out. Waiting: until a live run of the same agent and task has ended, or the Workflow has reached the node. Done and Ignored are final, and so is Failed until another decision is requested.",
          "enum": [
            "Decided",
            "Waiting",
            "Done",
            "Ignored",
            "Failed"
          ]
        },
        "decision": {
          "type": "string",
          "description": "What is done about it.",
          "enum": [
            "start",
            "remediate",
            "retry",
            "cancel",
            "ignore",
            "play",
            "resume",
            "label",
            "comment",
            "findConflicts"
          ]
        },
        "rule": {
          "type": "string",
          "description": "Name of the rule that decided.",
          "maxLength": 63
        },
        "reason": {
          "type": "string",
          "description": "Why, as one CamelCase word, for programs.",
          "maxLength": 63
        },
        "message": {
          "type": "string",
          "description": "Why, as a sentence.",
          "maxLength": 4096
        },
        "task": {
          "type": "integer",
          "format": "int64",
          "description": "Task that the event belongs to.",
          "minimum": 1,
          "maximum": 2147483647
        },
        "run": {
          "type": "object",
          "description": "Run that the event led to. Its name is determined before it is created. With decision retry, the run that is retried.",
          "required": [
            "kind",
            "namespace",
            "name"
          ],
          "properties": {
            "kind": {
              "type": "string",
              "description": "Kind of the run.",
              "enum": [
                "CodeRun"
              ]
            },
            "namespace": {
              "type": "string",
              "description": "Its namespace.",
              "maxLength": 63
            },
            "name": {
              "type": "string",
              "description": "Its name.",
              "maxLength": 253
            }
          }
        },
        "source": {
          "type": "string",
          "description": "Run in the same namespace whose spec the new run continues. Absent for the first run of an issue's task.",
          "maxLength": 253
        },
        "agent": {
          "type": "string",
          "description": "Agent of the new run, as in `agents` of the configuration.",
          "maxLength": 63
        },
        "retryAttempt": {
          "type": "integer",
          "format": "int32",
          "description": "Value of the run's `spec.retryAttempt` that requests the attempt.",
          "minimum": 1,
          "maximum": 2147483647
        },
        "workflow": {
          "type": "object",
          "description": "Workflow of Argo that plays the task, and that the event starts, resumes or stops.",
          "required": [
            "namespace",
            "name"
          ],
          "properties": {
            "namespace": {
              "type": "string",
              "description": "Its namespace.",
              "maxLength": 63
            },
            "name": {
              "type": "string",
              "description": "Its name.",
              "maxLength": 253
            },
            "uid": {
              "type": "string",
              "description": "Its UID. Absent until the Workflow that the event starts exists.",
              "maxLength": 63
            }
          }
        },
        "node": {
          "type": "string",
          "description": "Suspend node of the Workflow that the event resumes. With decision resume and no node, a new round begins.",
          "maxLength": 253
        },
        "cancelled": {
          "type": "array",
          "description": "Runs that were cancelled, as `namespace/name`.",
          "maxItems": 100,
          "items": {
            "type": "string",
            "maxLength": 320
          }
        },
        "redelivery": {
          "type": "string",
          "description": "Value of the annotation orchestrator.io/redeliver that the decision was made for.",
          "maxLength": 64
        },
        "decidedAt": {
          "type": "string",
          "format": "date-time",
          "maxLength": 64,
          "description": "Time of the decision."
        },
        "finishedAt": {
          "type": "string",
          "format": "date-time",
          "maxLength": 64,
          "description": "Time when it was carried out."
        },
        "conditions": {
          "type": "array",
          "description": "Decided (by which rule, or why not), Complete (what was decided has been carried out).",
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
        }
      }
    }
  }
};
