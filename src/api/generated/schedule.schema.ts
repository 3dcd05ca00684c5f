// Generated from schemas/schedule.yaml by `npm run generate`. Do not edit: change the source instead.
import type { JsonSchema } from "../../runtime/schema/json-schema.js";

/** The openAPIV3Schema in the CustomResourceDefinition of Schedule. */
export const scheduleSchema: JsonSchema = {
  "type": "object",
  "description": "Starts a run at each time of a cron expression: a nightly update of documents, a weekly upgrade of dependencies.",
  "required": [
    "spec"
  ],
  "x-kubernetes-validations": [
    {
      "rule": "size(self.metadata.name) <= 52",
      "message": "metadata.name may have at most 52 characters, since the names of its runs add a time"
    }
  ],
  "properties": {
    "apiVersion": {
      "type": "string",
      "description": "orchestrator.io/v1"
    },
    "kind": {
      "type": "string",
      "description": "Schedule"
    },
    "metadata": {
      "type": "object"
    },
    "spec": {
      "type": "object",
      "description": "When which run starts.",
      "required": [
        "schedule",
        "run"
      ],
      "properties": {
        "schedule": {
          "type": "string",
          "description": "Cron expression with five fields (minute, hour, day of the month, month, day of the week), such as `0 3 * * 1-5`, or @hourly, @daily, @weekly, @monthly, @yearly.",
          "minLength": 1,
          "maxLength": 100
        },
        "timeZone": {
          "type": "string",
          "description": "Time zone of the IANA database in which the expression holds, such as Europe/Berlin.",
          "minLength": 1,
          "maxLength": 64,
          "default": "UTC"
        },
        "concurrencyPolicy": {
          "type": "string",
          "description": "What happens if a run of this Schedule is still live. Forbid: the time is skipped. Replace: the live run is cancelled, and the new one starts when it has ended. Allow: both run, if nothing else forbids it: runs of the same task are denied.",
          "enum": [
            "Forbid",
            "Replace",
            "Allow"
          ],
          "default": "Forbid"
        },
        "startingDeadlineSeconds": {
          "type": "integer",
          "format": "int32",
          "description": "How late a run may start, if the operator was down or the run was denied. Of several missed times only the last one counts.",
          "minimum": 10,
          "maximum": 86400,
          "default": 3600
        },
        "suspend": {
          "type": "boolean",
          "description": "While true, nothing starts. Times that pass meanwhile are skipped.",
          "default": false
        },
        "run": {
          "type": "object",
          "description": "The run that starts. Its name is that of the Schedule and the time, in minutes since 1970. It belongs to the Schedule, and is deleted with it.",
          "required": [
            "kind",
            "spec"
          ],
          "properties": {
            "kind": {
              "type": "string",
              "description": "Its kind.",
              "enum": [
                "TaskRun",
                "CodeRun",
                "DocsRun"
              ]
            },
            "labels": {
              "type": "object",
              "description": "Its labels.",
              "maxProperties": 32,
              "additionalProperties": {
                "type": "string",
                "maxLength": 63
              }
            },
            "annotations": {
              "type": "object",
              "description": "Its annotations.",
              "maxProperties": 32,
              "additionalProperties": {
                "type": "string",
                "maxLength": 4096
              }
            },
            "spec": {
              "type": "object",
              "description": "Its spec, checked by a dry run as soon as the Schedule is created or changed. The condition Ready reports what is wrong.",
              "x-kubernetes-preserve-unknown-fields": true
            }
          }
        }
      }
    },
    "status": {
      "type": "object",
      "description": "What was started. Written by the orchestrator only.",
      "properties": {
        "observedGeneration": {
          "type": "integer",
          "format": "int64",
          "description": "Generation of the spec that the status is about."
        },
        "countedFrom": {
          "type": "string",
          "format": "date-time",
          "maxLength": 64,
          "description": "Times after this one are still to be started."
        },
        "counted": {
          "type": "string",
          "description": "The expression, time zone and suspension for which times are counted. A change of them counts from then on.",
          "maxLength": 256
        },
        "lastTime": {
          "type": "string",
          "format": "date-time",
          "maxLength": 64,
          "description": "Time for which the last run was started."
        },
        "lastRun": {
          "type": "string",
          "description": "The run that was started last.",
          "maxLength": 253
        },
        "nextTime": {
          "type": "string",
          "format": "date-time",
          "maxLength": 64,
          "description": "Next time."
        },
        "conditions": {
          "type": "array",
          "description": "Ready: whether its runs can be created.",
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
