// Generated from schemas/budget.yaml by `npm run generate`. Do not edit: change the source instead.
import type { JsonSchema } from "../../runtime/schema/json-schema.js";

/** The openAPIV3Schema in the CustomResourceDefinition of Budget. */
export const budgetSchema: JsonSchema = {
  "type": "object",
  "description": "What several runs may spend on models together in a day, a week or a month. An attempt starts only if what it may spend fits; otherwise its run waits with the reason BudgetExhausted.",
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
      "description": "Budget"
    },
    "metadata": {
      "type": "object"
    },
    "spec": {
      "type": "object",
      "description": "Which runs it holds for, and how much they may spend.",
      "x-kubernetes-validations": [
        {
          "rule": "has(self.maxCostUSD) || has(self.maxTokens)",
          "message": "set maxCostUSD, maxTokens or both"
        },
        {
          "rule": "!has(self.perAttempt) || !has(self.perAttempt.maxCostUSD) || has(self.maxCostUSD) && self.perAttempt.maxCostUSD <= self.maxCostUSD",
          "message": "perAttempt.maxCostUSD must not exceed maxCostUSD; no attempt would fit"
        },
        {
          "rule": "!has(self.perAttempt) || !has(self.perAttempt.maxTokens) || has(self.maxTokens) && self.perAttempt.maxTokens <= self.maxTokens",
          "message": "perAttempt.maxTokens must not exceed maxTokens; no attempt would fit"
        }
      ],
      "properties": {
        "selector": {
          "type": "object",
          "description": "The runs that it applies to: those that match every list. An absent list matches all. A Budget in the operator's namespace applies to runs of all namespaces, any other to those of its own.",
          "default": {},
          "properties": {
            "namespaces": {
              "type": "array",
              "description": "Namespaces of runs. Only for a Budget in the operator's namespace.",
              "x-kubernetes-list-type": "set",
              "minItems": 1,
              "maxItems": 200,
              "items": {
                "type": "string",
                "minLength": 1,
                "maxLength": 253
              }
            },
            "services": {
              "type": "array",
              "description": "Services, as in `serviceName` of a TaskRun, `service` of a CodeRun, or the label `service` of a DocsRun.",
              "x-kubernetes-list-type": "set",
              "minItems": 1,
              "maxItems": 200,
              "items": {
                "type": "string",
                "minLength": 1,
                "maxLength": 253
              }
            },
            "agents": {
              "type": "array",
              "description": "Agents, as in `agentName` of a TaskRun, or the user or app that a CodeRun or DocsRun works as.",
              "x-kubernetes-list-type": "set",
              "minItems": 1,
              "maxItems": 200,
              "items": {
                "type": "string",
                "minLength": 1,
                "maxLength": 253
              }
            },
            "repositories": {
              "type": "array",
              "description": "URLs of repositories. Spellings that name the same repository are equal.",
              "x-kubernetes-list-type": "set",
              "minItems": 1,
              "maxItems": 200,
              "items": {
                "type": "string",
                "minLength": 1,
                "maxLength": 2048
              }
            }
          }
        },
        "period": {
          "type": "string",
          "description": "How long a period is. A week begins on Monday.",
          "enum": [
            "Day",
            "Week",
            "Month"
          ],
          "default": "Month"
        },
        "timeZone": {
          "type": "string",
          "description": "Time zone in which a period begins, at midnight. A name of the IANA database, such as Europe/Berlin.",
          "minLength": 1,
          "maxLength": 64,
          "pattern": "^[A-Za-z][A-Za-z0-9_+/-]*$",
          "default": "UTC"
        },
        "maxCostUSD": {
          "type": "number",
          "format": "double",
          "description": "US dollars that the runs may spend in a period. Models without a price are then refused.",
          "minimum": 0,
          "maximum": 1000000000
        },
        "maxTokens": {
          "type": "integer",
          "format": "int64",
          "description": "Tokens of all kinds that the runs may use in a period.",
          "minimum": 0,
          "maximum": 9007199254740991
        },
        "perAttempt": {
          "type": "object",
          "description": "What an attempt reserves, and may spend at most, if its run has no budget of its own. Absent: a tenth of the Budget.",
          "properties": {
            "maxCostUSD": {
              "type": "number",
              "format": "double",
              "description": "US dollars.",
              "minimum": 0,
              "maximum": 1000000000
            },
            "maxTokens": {
              "type": "integer",
              "format": "int64",
              "description": "Tokens of all kinds.",
              "minimum": 0,
              "maximum": 9007199254740991
            }
          }
        }
      }
    },
    "status": {
      "type": "object",
      "description": "What was spent in the present period. Written by the orchestrator only.",
      "default": {
        "observedGeneration": 0
      },
      "properties": {
        "observedGeneration": {
          "type": "integer",
          "format": "int64",
          "description": "metadata.generation that this status is based on.",
          "minimum": 0
        },
        "periodStart": {
          "type": "string",
          "format": "date-time",
          "maxLength": 64,
          "description": "Time when the present period began."
        },
        "resetsAt": {
          "type": "string",
          "format": "date-time",
          "maxLength": 64,
          "description": "Time when the next period begins, and spent is 0 again."
        },
        "countedBy": {
          "type": "string",
          "description": "Period and time zone by which these times were determined.",
          "maxLength": 128
        },
        "spent": {
          "type": "object",
          "description": "Usage of the attempts that have ended in this period, as counted by their gateways.",
          "properties": {
            "costUSD": {
              "type": "number",
              "format": "double",
              "description": "US dollars.",
              "minimum": 0
            },
            "tokens": {
              "type": "integer",
              "format": "int64",
              "description": "Tokens of all kinds.",
              "minimum": 0
            }
          }
        },
        "unmeasured": {
          "type": "object",
          "description": "Reservations of attempts that have ended in this period and whose usage is unknown: they had no gateway, or it left no report. They count as spent.",
          "properties": {
            "costUSD": {
              "type": "number",
              "format": "double",
              "description": "US dollars.",
              "minimum": 0
            },
            "tokens": {
              "type": "integer",
              "format": "int64",
              "description": "Tokens of all kinds.",
              "minimum": 0
            }
          }
        },
        "unmeasuredAttempts": {
          "type": "integer",
          "format": "int32",
          "description": "Number of these attempts.",
          "minimum": 0,
          "maximum": 2147483647
        },
        "reserved": {
          "type": "object",
          "description": "What the attempts that are running may spend.",
          "properties": {
            "costUSD": {
              "type": "number",
              "format": "double",
              "description": "US dollars.",
              "minimum": 0
            },
            "tokens": {
              "type": "integer",
              "format": "int64",
              "description": "Tokens of all kinds.",
              "minimum": 0
            }
          }
        },
        "attempts": {
          "type": "array",
          "description": "The attempts that are running, or about to start, with their reservations.",
          "maxItems": 2000,
          "x-kubernetes-list-type": "map",
          "x-kubernetes-list-map-keys": [
            "uid",
            "number"
          ],
          "items": {
            "type": "object",
            "required": [
              "uid",
              "number",
              "kind",
              "namespace",
              "name"
            ],
            "properties": {
              "uid": {
                "type": "string",
                "description": "UID of the run.",
                "maxLength": 128
              },
              "number": {
                "type": "integer",
                "format": "int32",
                "description": "Number of the attempt.",
                "minimum": 1,
                "maximum": 2147483647
              },
              "kind": {
                "type": "string",
                "description": "Kind of the run.",
                "maxLength": 63
              },
              "namespace": {
                "type": "string",
                "description": "Namespace of the run.",
                "maxLength": 63
              },
              "name": {
                "type": "string",
                "maxLength": 253,
                "description": "Name of the run."
              },
              "costUSD": {
                "type": "number",
                "format": "double",
                "description": "US dollars that the attempt may spend.",
                "minimum": 0
              },
              "tokens": {
                "type": "integer",
                "format": "int64",
                "description": "Tokens that the attempt may use.",
                "minimum": 0
              }
            }
          }
        },
        "conditions": {
          "type": "array",
          "description": "Ready (it can be counted), NearlySpent (four fifths are spent), Exhausted (an attempt without a budget of its own does not fit).",
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
