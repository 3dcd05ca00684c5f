// Generated from schemas/rest.yaml by `npm run generate`. Do not edit: change the source instead.

/** The REST API as OpenAPI 3.1. */
export const restDocument: Readonly<Record<string, unknown>> = {
  "openapi": "3.1.0",
  "info": {
    "title": "agent-orchestrator",
    "version": "v1",
    "summary": "Runs of AI coding agents.",
    "license": {
      "name": "Apache-2.0",
      "identifier": "Apache-2.0"
    },
    "description": "Lists, reads and steers the runs of a cluster: TaskRuns, CodeRuns and DocsRuns. The server has no rights of its own. Each request carries the bearer token of its caller, which the server passes to the Kubernetes API server: RBAC decides, and the audit log shows the caller. What the archive holds is given to those who may read such runs in the cluster. Errors are problem details (RFC 9457). Requests have at most 2 MiB; each caller has a rate limit and a number of streams."
  },
  "servers": [
    {
      "url": "/",
      "description": "This server."
    }
  ],
  "tags": [
    {
      "name": "runs",
      "description": "Runs of all kinds."
    },
    {
      "name": "archive",
      "description": "Runs that history removed from the cluster."
    },
    {
      "name": "usage",
      "description": "What runs have used of models."
    },
    {
      "name": "automation",
      "description": "What events of GitHub lead to."
    },
    {
      "name": "requests",
      "description": "Changes that people request of a run."
    },
    {
      "name": "caller",
      "description": "What the caller is and sees."
    },
    {
      "name": "tasks",
      "description": "Tasks of project management, with the requests and envelopes of earlier versions."
    },
    {
      "name": "server",
      "description": "The server itself. These need no token."
    }
  ],
  "security": [
    {
      "bearer": []
    }
  ],
  "paths": {
    "/api/v1/me": {
      "get": {
        "operationId": "getCaller",
        "tags": [
          "caller"
        ],
        "summary": "Who the caller is, as the API server sees it.",
        "responses": {
          "200": {
            "description": "The caller.",
            "content": {
              "application/json": {
                "schema": {
                  "$ref": "#/components/schemas/Caller"
                }
              }
            }
          },
          "400": {
            "$ref": "#/components/responses/BadRequest"
          },
          "401": {
            "$ref": "#/components/responses/Unauthorized"
          },
          "403": {
            "$ref": "#/components/responses/Forbidden"
          },
          "429": {
            "$ref": "#/components/responses/TooManyRequests"
          },
          "431": {
            "$ref": "#/components/responses/HeadersTooLarge"
          },
          "502": {
            "$ref": "#/components/responses/BadGateway"
          },
          "503": {
            "$ref": "#/components/responses/Unavailable"
          },
          "504": {
            "$ref": "#/components/responses/GatewayTimeout"
          }
        }
      }
    },
    "/api/v1/namespaces": {
      "get": {
        "operationId": "listNamespaces",
        "tags": [
          "caller"
        ],
        "summary": "The namespaces of the cluster.",
        "description": "A caller who may not list namespaces gets 403, and has to name one.",
        "responses": {
          "200": {
            "description": "The namespaces, by name.",
            "content": {
              "application/json": {
                "schema": {
                  "$ref": "#/components/schemas/NamespaceList"
                }
              }
            }
          },
          "400": {
            "$ref": "#/components/responses/BadRequest"
          },
          "401": {
            "$ref": "#/components/responses/Unauthorized"
          },
          "403": {
            "$ref": "#/components/responses/Forbidden"
          },
          "429": {
            "$ref": "#/components/responses/TooManyRequests"
          },
          "431": {
            "$ref": "#/components/responses/HeadersTooLarge"
          },
          "502": {
            "$ref": "#/components/responses/BadGateway"
          },
          "503": {
            "$ref": "#/components/responses/Unavailable"
          },
          "504": {
            "$ref": "#/components/responses/GatewayTimeout"
          }
        }
      }
    },
    "/api/v1/runs": {
      "get": {
        "operationId": "listAllRuns",
        "tags": [
          "runs"
        ],
        "summary": "Runs in all namespaces.",
        "description": "With `watch=true`, the changes after `version` as server-sent events; see RunChangeStream. Runs are ordered by kind, then by name.",
        "parameters": [
          {
            "$ref": "#/components/parameters/kind"
          },
          {
            "$ref": "#/components/parameters/phase"
          },
          {
            "$ref": "#/components/parameters/service"
          },
          {
            "$ref": "#/components/parameters/task"
          },
          {
            "$ref": "#/components/parameters/labelSelector"
          },
          {
            "$ref": "#/components/parameters/named"
          },
          {
            "$ref": "#/components/parameters/wide"
          },
          {
            "$ref": "#/components/parameters/limit"
          },
          {
            "$ref": "#/components/parameters/continue"
          },
          {
            "$ref": "#/components/parameters/watch"
          },
          {
            "$ref": "#/components/parameters/version"
          }
        ],
        "responses": {
          "200": {
            "description": "A page of runs, or the stream of their changes.",
            "content": {
              "application/json": {
                "schema": {
                  "$ref": "#/components/schemas/RunList"
                }
              },
              "text/event-stream": {
                "schema": {
                  "$ref": "#/components/schemas/RunChangeStream"
                }
              }
            }
          },
          "400": {
            "$ref": "#/components/responses/BadRequest"
          },
          "401": {
            "$ref": "#/components/responses/Unauthorized"
          },
          "403": {
            "$ref": "#/components/responses/Forbidden"
          },
          "404": {
            "$ref": "#/components/responses/NotFound"
          },
          "410": {
            "$ref": "#/components/responses/Gone"
          },
          "429": {
            "$ref": "#/components/responses/TooManyRequests"
          },
          "431": {
            "$ref": "#/components/responses/HeadersTooLarge"
          },
          "502": {
            "$ref": "#/components/responses/BadGateway"
          },
          "503": {
            "$ref": "#/components/responses/Unavailable"
          },
          "504": {
            "$ref": "#/components/responses/GatewayTimeout"
          }
        }
      }
    },
    "/api/v1/namespaces/{namespace}/runs": {
      "get": {
        "operationId": "listRuns",
        "tags": [
          "runs"
        ],
        "summary": "Runs in a namespace.",
        "description": "With `watch=true`, the changes after `version` as server-sent events; see RunChangeStream. Runs are ordered by kind, then by name.",
        "parameters": [
          {
            "$ref": "#/components/parameters/namespace"
          },
          {
            "$ref": "#/components/parameters/kind"
          },
          {
            "$ref": "#/components/parameters/phase"
          },
          {
            "$ref": "#/components/parameters/service"
          },
          {
            "$ref": "#/components/parameters/task"
          },
          {
            "$ref": "#/components/parameters/labelSelector"
          },
          {
            "$ref": "#/components/parameters/named"
          },
          {
            "$ref": "#/components/parameters/wide"
          },
          {
            "$ref": "#/components/parameters/limit"
          },
          {
            "$ref": "#/components/parameters/continue"
          },
          {
            "$ref": "#/components/parameters/watch"
          },
          {
            "$ref": "#/components/parameters/version"
          }
        ],
        "responses": {
          "200": {
            "description": "A page of runs, or the stream of their changes.",
            "content": {
              "application/json": {
                "schema": {
                  "$ref": "#/components/schemas/RunList"
                }
              },
              "text/event-stream": {
                "schema": {
                  "$ref": "#/components/schemas/RunChangeStream"
                }
              }
            }
          },
          "400": {
            "$ref": "#/components/responses/BadRequest"
          },
          "401": {
            "$ref": "#/components/responses/Unauthorized"
          },
          "403": {
            "$ref": "#/components/responses/Forbidden"
          },
          "404": {
            "$ref": "#/components/responses/NotFound"
          },
          "410": {
            "$ref": "#/components/responses/Gone"
          },
          "429": {
            "$ref": "#/components/responses/TooManyRequests"
          },
          "431": {
            "$ref": "#/components/responses/HeadersTooLarge"
          },
          "502": {
            "$ref": "#/components/responses/BadGateway"
          },
          "503": {
            "$ref": "#/components/responses/Unavailable"
          },
          "504": {
            "$ref": "#/components/responses/GatewayTimeout"
          }
        }
      }
    },
    "/api/v1/namespaces/{namespace}/archived-runs": {
      "get": {
        "operationId": "listArchivedRuns",
        "tags": [
          "archive"
        ],
        "summary": "Runs that history removed from a namespace.",
        "description": "Ordered by kind, then by name. Only kinds that the caller may list in the namespace. 404 if the server has no archive.",
        "parameters": [
          {
            "$ref": "#/components/parameters/namespace"
          },
          {
            "$ref": "#/components/parameters/kind"
          },
          {
            "$ref": "#/components/parameters/named"
          },
          {
            "$ref": "#/components/parameters/limit"
          },
          {
            "$ref": "#/components/parameters/continue"
          }
        ],
        "responses": {
          "200": {
            "description": "A page of archived runs.",
            "content": {
              "application/json": {
                "schema": {
                  "$ref": "#/components/schemas/ArchivedRunList"
                }
              }
            }
          },
          "400": {
            "$ref": "#/components/responses/BadRequest"
          },
          "401": {
            "$ref": "#/components/responses/Unauthorized"
          },
          "403": {
            "$ref": "#/components/responses/Forbidden"
          },
          "404": {
            "$ref": "#/components/responses/NotFound"
          },
          "429": {
            "$ref": "#/components/responses/TooManyRequests"
          },
          "431": {
            "$ref": "#/components/responses/HeadersTooLarge"
          },
          "502": {
            "$ref": "#/components/responses/BadGateway"
          },
          "503": {
            "$ref": "#/components/responses/Unavailable"
          },
          "504": {
            "$ref": "#/components/responses/GatewayTimeout"
          }
        }
      }
    },
    "/api/v1/namespaces/{namespace}/archived-runs/{resource}/{name}/{archivedUid}": {
      "get": {
        "operationId": "getArchivedRun",
        "tags": [
          "archive"
        ],
        "summary": "An archived run with its Events.",
        "description": "The caller needs the right to get runs of this kind and name. 404 if there is none, or if the server has no archive.",
        "parameters": [
          {
            "$ref": "#/components/parameters/namespace"
          },
          {
            "$ref": "#/components/parameters/resource"
          },
          {
            "$ref": "#/components/parameters/name"
          },
          {
            "$ref": "#/components/parameters/archivedUid"
          }
        ],
        "responses": {
          "200": {
            "description": "The run as it was when it was removed.",
            "content": {
              "application/json": {
                "schema": {
                  "$ref": "#/components/schemas/ArchivedRun"
                }
              }
            }
          },
          "400": {
            "$ref": "#/components/responses/BadRequest"
          },
          "401": {
            "$ref": "#/components/responses/Unauthorized"
          },
          "403": {
            "$ref": "#/components/responses/Forbidden"
          },
          "404": {
            "$ref": "#/components/responses/NotFound"
          },
          "429": {
            "$ref": "#/components/responses/TooManyRequests"
          },
          "431": {
            "$ref": "#/components/responses/HeadersTooLarge"
          },
          "502": {
            "$ref": "#/components/responses/BadGateway"
          },
          "503": {
            "$ref": "#/components/responses/Unavailable"
          },
          "504": {
            "$ref": "#/components/responses/GatewayTimeout"
          }
        }
      }
    },
    "/api/v1/namespaces/{namespace}/archived-runs/{resource}/{name}/{archivedUid}/transcripts/{archivedAttempt}": {
      "get": {
        "operationId": "getArchivedTranscript",
        "tags": [
          "archive"
        ],
        "summary": "The end of an attempt's log, from the archive.",
        "description": "The caller needs the right to get the logs of pods in the namespace, and runs of this kind and name. 404 if the log was not kept, or if the server has no archive.",
        "parameters": [
          {
            "$ref": "#/components/parameters/namespace"
          },
          {
            "$ref": "#/components/parameters/resource"
          },
          {
            "$ref": "#/components/parameters/name"
          },
          {
            "$ref": "#/components/parameters/archivedUid"
          },
          {
            "$ref": "#/components/parameters/archivedAttempt"
          }
        ],
        "responses": {
          "200": {
            "description": "The log, without what looks like a key.",
            "content": {
              "application/json": {
                "schema": {
                  "$ref": "#/components/schemas/ArchivedTranscript"
                }
              }
            }
          },
          "400": {
            "$ref": "#/components/responses/BadRequest"
          },
          "401": {
            "$ref": "#/components/responses/Unauthorized"
          },
          "403": {
            "$ref": "#/components/responses/Forbidden"
          },
          "404": {
            "$ref": "#/components/responses/NotFound"
          },
          "429": {
            "$ref": "#/components/responses/TooManyRequests"
          },
          "431": {
            "$ref": "#/components/responses/HeadersTooLarge"
          },
          "502": {
            "$ref": "#/components/responses/BadGateway"
          },
          "503": {
            "$ref": "#/components/responses/Unavailable"
          },
          "504": {
            "$ref": "#/components/responses/GatewayTimeout"
          }
        }
      }
    },
    "/api/v1/usage": {
      "get": {
        "operationId": "getUsage",
        "tags": [
          "usage"
        ],
        "summary": "What runs in all namespaces have used of models.",
        "description": "Sums over the runs that are in the cluster and have used models. A run counts in the period in which it ended, one that has not in that of its last change; periods are in UTC.",
        "parameters": [
          {
            "$ref": "#/components/parameters/kind"
          },
          {
            "$ref": "#/components/parameters/service"
          },
          {
            "$ref": "#/components/parameters/labelSelector"
          },
          {
            "$ref": "#/components/parameters/usageGroup"
          },
          {
            "$ref": "#/components/parameters/since"
          }
        ],
        "responses": {
          "200": {
            "description": "The sums.",
            "content": {
              "application/json": {
                "schema": {
                  "$ref": "#/components/schemas/UsageReport"
                }
              }
            }
          },
          "400": {
            "$ref": "#/components/responses/BadRequest"
          },
          "401": {
            "$ref": "#/components/responses/Unauthorized"
          },
          "403": {
            "$ref": "#/components/responses/Forbidden"
          },
          "404": {
            "$ref": "#/components/responses/NotFound"
          },
          "410": {
            "$ref": "#/components/responses/Gone"
          },
          "429": {
            "$ref": "#/components/responses/TooManyRequests"
          },
          "431": {
            "$ref": "#/components/responses/HeadersTooLarge"
          },
          "502": {
            "$ref": "#/components/responses/BadGateway"
          },
          "503": {
            "$ref": "#/components/responses/Unavailable"
          },
          "504": {
            "$ref": "#/components/responses/GatewayTimeout"
          }
        }
      }
    },
    "/api/v1/namespaces/{namespace}/usage": {
      "get": {
        "operationId": "getNamespaceUsage",
        "tags": [
          "usage"
        ],
        "summary": "What runs in a namespace have used of models.",
        "description": "Sums over the runs that are in the cluster and have used models. A run counts in the period in which it ended, one that has not in that of its last change; periods are in UTC.",
        "parameters": [
          {
            "$ref": "#/components/parameters/namespace"
          },
          {
            "$ref": "#/components/parameters/kind"
          },
          {
            "$ref": "#/components/parameters/service"
          },
          {
            "$ref": "#/components/parameters/labelSelector"
          },
          {
            "$ref": "#/components/parameters/usageGroup"
          },
          {
            "$ref": "#/components/parameters/since"
          }
        ],
        "responses": {
          "200": {
            "description": "The sums.",
            "content": {
              "application/json": {
                "schema": {
                  "$ref": "#/components/schemas/UsageReport"
                }
              }
            }
          },
          "400": {
            "$ref": "#/components/responses/BadRequest"
          },
          "401": {
            "$ref": "#/components/responses/Unauthorized"
          },
          "403": {
            "$ref": "#/components/responses/Forbidden"
          },
          "404": {
            "$ref": "#/components/responses/NotFound"
          },
          "410": {
            "$ref": "#/components/responses/Gone"
          },
          "429": {
            "$ref": "#/components/responses/TooManyRequests"
          },
          "431": {
            "$ref": "#/components/responses/HeadersTooLarge"
          },
          "502": {
            "$ref": "#/components/responses/BadGateway"
          },
          "503": {
            "$ref": "#/components/responses/Unavailable"
          },
          "504": {
            "$ref": "#/components/responses/GatewayTimeout"
          }
        }
      }
    },
    "/api/v1/budgets": {
      "get": {
        "operationId": "listAllBudgets",
        "tags": [
          "usage"
        ],
        "summary": "Budgets in all namespaces.",
        "description": "What several runs may spend together in a period, and how far that is spent.",
        "responses": {
          "200": {
            "description": "The Budgets.",
            "content": {
              "application/json": {
                "schema": {
                  "$ref": "#/components/schemas/BudgetList"
                }
              }
            }
          },
          "400": {
            "$ref": "#/components/responses/BadRequest"
          },
          "401": {
            "$ref": "#/components/responses/Unauthorized"
          },
          "403": {
            "$ref": "#/components/responses/Forbidden"
          },
          "404": {
            "$ref": "#/components/responses/NotFound"
          },
          "410": {
            "$ref": "#/components/responses/Gone"
          },
          "429": {
            "$ref": "#/components/responses/TooManyRequests"
          },
          "431": {
            "$ref": "#/components/responses/HeadersTooLarge"
          },
          "502": {
            "$ref": "#/components/responses/BadGateway"
          },
          "503": {
            "$ref": "#/components/responses/Unavailable"
          },
          "504": {
            "$ref": "#/components/responses/GatewayTimeout"
          }
        }
      }
    },
    "/api/v1/namespaces/{namespace}/budgets": {
      "get": {
        "operationId": "listBudgets",
        "tags": [
          "usage"
        ],
        "summary": "Budgets in a namespace.",
        "description": "Budgets in the operator's namespace hold for others, too; those are not in this list.",
        "parameters": [
          {
            "$ref": "#/components/parameters/namespace"
          }
        ],
        "responses": {
          "200": {
            "description": "The Budgets.",
            "content": {
              "application/json": {
                "schema": {
                  "$ref": "#/components/schemas/BudgetList"
                }
              }
            }
          },
          "400": {
            "$ref": "#/components/responses/BadRequest"
          },
          "401": {
            "$ref": "#/components/responses/Unauthorized"
          },
          "403": {
            "$ref": "#/components/responses/Forbidden"
          },
          "404": {
            "$ref": "#/components/responses/NotFound"
          },
          "410": {
            "$ref": "#/components/responses/Gone"
          },
          "429": {
            "$ref": "#/components/responses/TooManyRequests"
          },
          "431": {
            "$ref": "#/components/responses/HeadersTooLarge"
          },
          "502": {
            "$ref": "#/components/responses/BadGateway"
          },
          "503": {
            "$ref": "#/components/responses/Unavailable"
          },
          "504": {
            "$ref": "#/components/responses/GatewayTimeout"
          }
        }
      }
    },
    "/api/v1/deliveries": {
      "get": {
        "operationId": "listAllDeliveries",
        "tags": [
          "automation"
        ],
        "summary": "Deliveries in all namespaces.",
        "description": "Events of GitHub that were received, and what was decided about each, the newest first. They are in the namespace of the operator.",
        "parameters": [
          {
            "$ref": "#/components/parameters/repository"
          },
          {
            "$ref": "#/components/parameters/number"
          },
          {
            "$ref": "#/components/parameters/deliveryPhase"
          }
        ],
        "responses": {
          "200": {
            "description": "The Deliveries.",
            "content": {
              "application/json": {
                "schema": {
                  "$ref": "#/components/schemas/DeliveryList"
                }
              }
            }
          },
          "400": {
            "$ref": "#/components/responses/BadRequest"
          },
          "401": {
            "$ref": "#/components/responses/Unauthorized"
          },
          "403": {
            "$ref": "#/components/responses/Forbidden"
          },
          "404": {
            "$ref": "#/components/responses/NotFound"
          },
          "410": {
            "$ref": "#/components/responses/Gone"
          },
          "429": {
            "$ref": "#/components/responses/TooManyRequests"
          },
          "431": {
            "$ref": "#/components/responses/HeadersTooLarge"
          },
          "502": {
            "$ref": "#/components/responses/BadGateway"
          },
          "503": {
            "$ref": "#/components/responses/Unavailable"
          },
          "504": {
            "$ref": "#/components/responses/GatewayTimeout"
          }
        }
      }
    },
    "/api/v1/namespaces/{namespace}/deliveries": {
      "get": {
        "operationId": "listDeliveries",
        "tags": [
          "automation"
        ],
        "summary": "Deliveries in a namespace.",
        "description": "Events of GitHub that were received, and what was decided about each, the newest first.",
        "parameters": [
          {
            "$ref": "#/components/parameters/namespace"
          },
          {
            "$ref": "#/components/parameters/repository"
          },
          {
            "$ref": "#/components/parameters/number"
          },
          {
            "$ref": "#/components/parameters/deliveryPhase"
          }
        ],
        "responses": {
          "200": {
            "description": "The Deliveries.",
            "content": {
              "application/json": {
                "schema": {
                  "$ref": "#/components/schemas/DeliveryList"
                }
              }
            }
          },
          "400": {
            "$ref": "#/components/responses/BadRequest"
          },
          "401": {
            "$ref": "#/components/responses/Unauthorized"
          },
          "403": {
            "$ref": "#/components/responses/Forbidden"
          },
          "404": {
            "$ref": "#/components/responses/NotFound"
          },
          "410": {
            "$ref": "#/components/responses/Gone"
          },
          "429": {
            "$ref": "#/components/responses/TooManyRequests"
          },
          "431": {
            "$ref": "#/components/responses/HeadersTooLarge"
          },
          "502": {
            "$ref": "#/components/responses/BadGateway"
          },
          "503": {
            "$ref": "#/components/responses/Unavailable"
          },
          "504": {
            "$ref": "#/components/responses/GatewayTimeout"
          }
        }
      }
    },
    "/api/v1/plays": {
      "get": {
        "operationId": "listAllPlays",
        "tags": [
          "automation"
        ],
        "summary": "Plays in all namespaces.",
        "description": "Tasks on which several agents work, or that a Workflow plays, and how far each one is; those with the latest run first. Without the right to list Workflows the runs alone tell it.",
        "responses": {
          "200": {
            "description": "The plays.",
            "content": {
              "application/json": {
                "schema": {
                  "$ref": "#/components/schemas/PlayList"
                }
              }
            }
          },
          "400": {
            "$ref": "#/components/responses/BadRequest"
          },
          "401": {
            "$ref": "#/components/responses/Unauthorized"
          },
          "403": {
            "$ref": "#/components/responses/Forbidden"
          },
          "404": {
            "$ref": "#/components/responses/NotFound"
          },
          "410": {
            "$ref": "#/components/responses/Gone"
          },
          "429": {
            "$ref": "#/components/responses/TooManyRequests"
          },
          "431": {
            "$ref": "#/components/responses/HeadersTooLarge"
          },
          "502": {
            "$ref": "#/components/responses/BadGateway"
          },
          "503": {
            "$ref": "#/components/responses/Unavailable"
          },
          "504": {
            "$ref": "#/components/responses/GatewayTimeout"
          }
        }
      }
    },
    "/api/v1/namespaces/{namespace}/plays": {
      "get": {
        "operationId": "listPlays",
        "tags": [
          "automation"
        ],
        "summary": "Plays in a namespace.",
        "description": "Tasks on which several agents work, or that a Workflow plays, and how far each one is; those with the latest run first.",
        "parameters": [
          {
            "$ref": "#/components/parameters/namespace"
          }
        ],
        "responses": {
          "200": {
            "description": "The plays.",
            "content": {
              "application/json": {
                "schema": {
                  "$ref": "#/components/schemas/PlayList"
                }
              }
            }
          },
          "400": {
            "$ref": "#/components/responses/BadRequest"
          },
          "401": {
            "$ref": "#/components/responses/Unauthorized"
          },
          "403": {
            "$ref": "#/components/responses/Forbidden"
          },
          "404": {
            "$ref": "#/components/responses/NotFound"
          },
          "410": {
            "$ref": "#/components/responses/Gone"
          },
          "429": {
            "$ref": "#/components/responses/TooManyRequests"
          },
          "431": {
            "$ref": "#/components/responses/HeadersTooLarge"
          },
          "502": {
            "$ref": "#/components/responses/BadGateway"
          },
          "503": {
            "$ref": "#/components/responses/Unavailable"
          },
          "504": {
            "$ref": "#/components/responses/GatewayTimeout"
          }
        }
      }
    },
    "/api/v1/namespaces/{namespace}/{resource}/{name}": {
      "get": {
        "operationId": "getRun",
        "tags": [
          "runs"
        ],
        "summary": "A run.",
        "description": "The custom resource without `metadata.managedFields`. With `watch=true`, its states as server-sent events, beginning with the present one; see RunStream.",
        "parameters": [
          {
            "$ref": "#/components/parameters/namespace"
          },
          {
            "$ref": "#/components/parameters/resource"
          },
          {
            "$ref": "#/components/parameters/name"
          },
          {
            "$ref": "#/components/parameters/watch"
          }
        ],
        "responses": {
          "200": {
            "description": "The run, or the stream of its states.",
            "content": {
              "application/json": {
                "schema": {
                  "$ref": "#/components/schemas/Run"
                }
              },
              "text/event-stream": {
                "schema": {
                  "$ref": "#/components/schemas/RunStream"
                }
              }
            }
          },
          "400": {
            "$ref": "#/components/responses/BadRequest"
          },
          "401": {
            "$ref": "#/components/responses/Unauthorized"
          },
          "403": {
            "$ref": "#/components/responses/Forbidden"
          },
          "404": {
            "$ref": "#/components/responses/NotFound"
          },
          "429": {
            "$ref": "#/components/responses/TooManyRequests"
          },
          "431": {
            "$ref": "#/components/responses/HeadersTooLarge"
          },
          "502": {
            "$ref": "#/components/responses/BadGateway"
          },
          "503": {
            "$ref": "#/components/responses/Unavailable"
          },
          "504": {
            "$ref": "#/components/responses/GatewayTimeout"
          }
        }
      },
      "put": {
        "operationId": "applyRun",
        "tags": [
          "requests"
        ],
        "summary": "Creates a run, or changes the one that has its name.",
        "description": "Server-side apply with the field manager `orchestrator-cli`, as `orchestrator task submit` does it: a field that an earlier request had, and this one does not, is removed; fields of others stay. With `dryRun=true`, admission checks the request and nothing is stored. The caller needs the right to patch runs, and to create the run if none has the name. Warnings of the API server come as headers `Warning`, as with every request.",
        "parameters": [
          {
            "$ref": "#/components/parameters/namespace"
          },
          {
            "$ref": "#/components/parameters/resource"
          },
          {
            "$ref": "#/components/parameters/name"
          },
          {
            "$ref": "#/components/parameters/dryRun"
          }
        ],
        "requestBody": {
          "required": true,
          "content": {
            "application/json": {
              "schema": {
                "$ref": "#/components/schemas/ApplyRequest"
              }
            }
          }
        },
        "responses": {
          "200": {
            "description": "The run as it is stored; with `dryRun=true`, as it would be.",
            "content": {
              "application/json": {
                "schema": {
                  "$ref": "#/components/schemas/Run"
                }
              }
            }
          },
          "400": {
            "$ref": "#/components/responses/BadRequest"
          },
          "401": {
            "$ref": "#/components/responses/Unauthorized"
          },
          "403": {
            "$ref": "#/components/responses/Forbidden"
          },
          "404": {
            "$ref": "#/components/responses/NotFound"
          },
          "409": {
            "$ref": "#/components/responses/Conflict"
          },
          "413": {
            "$ref": "#/components/responses/TooLarge"
          },
          "415": {
            "$ref": "#/components/responses/UnsupportedMediaType"
          },
          "422": {
            "$ref": "#/components/responses/Invalid"
          },
          "429": {
            "$ref": "#/components/responses/TooManyRequests"
          },
          "502": {
            "$ref": "#/components/responses/BadGateway"
          },
          "503": {
            "$ref": "#/components/responses/Unavailable"
          },
          "504": {
            "$ref": "#/components/responses/GatewayTimeout"
          }
        }
      },
      "delete": {
        "operationId": "deleteRun",
        "tags": [
          "requests"
        ],
        "summary": "Deletes a run, with its Jobs and files.",
        "description": "Deletes the run that exists when the request arrives, and none that gets its name later. With `uid`, nothing is deleted unless the run has it (409), so that a run created under the same name since the caller looked stays.",
        "parameters": [
          {
            "$ref": "#/components/parameters/namespace"
          },
          {
            "$ref": "#/components/parameters/resource"
          },
          {
            "$ref": "#/components/parameters/name"
          },
          {
            "$ref": "#/components/parameters/uid"
          }
        ],
        "responses": {
          "200": {
            "description": "The run is deleted, or will be once its attempt has stopped.",
            "content": {
              "application/json": {
                "schema": {
                  "$ref": "#/components/schemas/Requested"
                }
              }
            }
          },
          "400": {
            "$ref": "#/components/responses/BadRequest"
          },
          "401": {
            "$ref": "#/components/responses/Unauthorized"
          },
          "403": {
            "$ref": "#/components/responses/Forbidden"
          },
          "404": {
            "$ref": "#/components/responses/NotFound"
          },
          "409": {
            "$ref": "#/components/responses/Conflict"
          },
          "429": {
            "$ref": "#/components/responses/TooManyRequests"
          },
          "431": {
            "$ref": "#/components/responses/HeadersTooLarge"
          },
          "502": {
            "$ref": "#/components/responses/BadGateway"
          },
          "503": {
            "$ref": "#/components/responses/Unavailable"
          },
          "504": {
            "$ref": "#/components/responses/GatewayTimeout"
          }
        }
      }
    },
    "/api/v1/namespaces/{namespace}/{resource}/{name}/events": {
      "get": {
        "operationId": "listRunEvents",
        "tags": [
          "runs"
        ],
        "summary": "The Kubernetes Events of a run.",
        "parameters": [
          {
            "$ref": "#/components/parameters/namespace"
          },
          {
            "$ref": "#/components/parameters/resource"
          },
          {
            "$ref": "#/components/parameters/name"
          }
        ],
        "responses": {
          "200": {
            "description": "The Events, the latest last.",
            "content": {
              "application/json": {
                "schema": {
                  "$ref": "#/components/schemas/RunEventList"
                }
              }
            }
          },
          "400": {
            "$ref": "#/components/responses/BadRequest"
          },
          "401": {
            "$ref": "#/components/responses/Unauthorized"
          },
          "403": {
            "$ref": "#/components/responses/Forbidden"
          },
          "404": {
            "$ref": "#/components/responses/NotFound"
          },
          "429": {
            "$ref": "#/components/responses/TooManyRequests"
          },
          "431": {
            "$ref": "#/components/responses/HeadersTooLarge"
          },
          "502": {
            "$ref": "#/components/responses/BadGateway"
          },
          "503": {
            "$ref": "#/components/responses/Unavailable"
          },
          "504": {
            "$ref": "#/components/responses/GatewayTimeout"
          }
        }
      }
    },
    "/api/v1/namespaces/{namespace}/{resource}/{name}/files": {
      "get": {
        "operationId": "listRunFiles",
        "tags": [
          "runs"
        ],
        "summary": "The files of a run.",
        "description": "Those of a TaskRun are in its spec. Those of a CodeRun or DocsRun are in the ConfigMap of its latest attempt, which the caller must be allowed to read; before the first attempt there are none.",
        "parameters": [
          {
            "$ref": "#/components/parameters/namespace"
          },
          {
            "$ref": "#/components/parameters/resource"
          },
          {
            "$ref": "#/components/parameters/name"
          }
        ],
        "responses": {
          "200": {
            "description": "The files.",
            "content": {
              "application/json": {
                "schema": {
                  "$ref": "#/components/schemas/RunFileList"
                }
              }
            }
          },
          "400": {
            "$ref": "#/components/responses/BadRequest"
          },
          "401": {
            "$ref": "#/components/responses/Unauthorized"
          },
          "403": {
            "$ref": "#/components/responses/Forbidden"
          },
          "404": {
            "$ref": "#/components/responses/NotFound"
          },
          "429": {
            "$ref": "#/components/responses/TooManyRequests"
          },
          "431": {
            "$ref": "#/components/responses/HeadersTooLarge"
          },
          "502": {
            "$ref": "#/components/responses/BadGateway"
          },
          "503": {
            "$ref": "#/components/responses/Unavailable"
          },
          "504": {
            "$ref": "#/components/responses/GatewayTimeout"
          }
        }
      }
    },
    "/api/v1/namespaces/{namespace}/{resource}/{name}/logs": {
      "get": {
        "operationId": "readRunLogs",
        "tags": [
          "runs"
        ],
        "summary": "The output of a run's agent.",
        "description": "As server-sent events if `Accept` names text/event-stream, else as text. With `follow=true` until the run ends, also through further attempts.",
        "parameters": [
          {
            "$ref": "#/components/parameters/namespace"
          },
          {
            "$ref": "#/components/parameters/resource"
          },
          {
            "$ref": "#/components/parameters/name"
          },
          {
            "$ref": "#/components/parameters/attempt"
          },
          {
            "$ref": "#/components/parameters/tail"
          },
          {
            "$ref": "#/components/parameters/follow"
          },
          {
            "$ref": "#/components/parameters/timestamps"
          }
        ],
        "responses": {
          "200": {
            "description": "The output.",
            "content": {
              "text/plain": {
                "schema": {
                  "type": "string"
                }
              },
              "text/event-stream": {
                "schema": {
                  "$ref": "#/components/schemas/LogStream"
                }
              }
            }
          },
          "400": {
            "$ref": "#/components/responses/BadRequest"
          },
          "401": {
            "$ref": "#/components/responses/Unauthorized"
          },
          "403": {
            "$ref": "#/components/responses/Forbidden"
          },
          "404": {
            "$ref": "#/components/responses/NotFound"
          },
          "409": {
            "$ref": "#/components/responses/Conflict"
          },
          "429": {
            "$ref": "#/components/responses/TooManyRequests"
          },
          "431": {
            "$ref": "#/components/responses/HeadersTooLarge"
          },
          "502": {
            "$ref": "#/components/responses/BadGateway"
          },
          "503": {
            "$ref": "#/components/responses/Unavailable"
          },
          "504": {
            "$ref": "#/components/responses/GatewayTimeout"
          }
        }
      }
    },
    "/api/v1/namespaces/{namespace}/{resource}/{name}/access": {
      "get": {
        "operationId": "getRunAccess",
        "tags": [
          "caller"
        ],
        "summary": "What the caller may do with a run.",
        "description": "By SelfSubjectAccessReview. Admission can deny a request nevertheless.",
        "parameters": [
          {
            "$ref": "#/components/parameters/namespace"
          },
          {
            "$ref": "#/components/parameters/resource"
          },
          {
            "$ref": "#/components/parameters/name"
          }
        ],
        "responses": {
          "200": {
            "description": "The rights.",
            "content": {
              "application/json": {
                "schema": {
                  "$ref": "#/components/schemas/RunAccess"
                }
              }
            }
          },
          "400": {
            "$ref": "#/components/responses/BadRequest"
          },
          "401": {
            "$ref": "#/components/responses/Unauthorized"
          },
          "403": {
            "$ref": "#/components/responses/Forbidden"
          },
          "404": {
            "$ref": "#/components/responses/NotFound"
          },
          "429": {
            "$ref": "#/components/responses/TooManyRequests"
          },
          "431": {
            "$ref": "#/components/responses/HeadersTooLarge"
          },
          "502": {
            "$ref": "#/components/responses/BadGateway"
          },
          "503": {
            "$ref": "#/components/responses/Unavailable"
          },
          "504": {
            "$ref": "#/components/responses/GatewayTimeout"
          }
        }
      }
    },
    "/api/v1/namespaces/{namespace}/{resource}/{name}/retry": {
      "post": {
        "operationId": "retryRun",
        "tags": [
          "requests"
        ],
        "summary": "Requests another attempt of a run that has ended.",
        "description": "With `replace`, also of a run that has not ended: its present attempt is then stopped.",
        "parameters": [
          {
            "$ref": "#/components/parameters/namespace"
          },
          {
            "$ref": "#/components/parameters/resource"
          },
          {
            "$ref": "#/components/parameters/name"
          }
        ],
        "requestBody": {
          "required": false,
          "content": {
            "application/json": {
              "schema": {
                "$ref": "#/components/schemas/RetryRequest"
              }
            }
          }
        },
        "responses": {
          "200": {
            "description": "The request is recorded, or the run was already so.",
            "content": {
              "application/json": {
                "schema": {
                  "$ref": "#/components/schemas/Requested"
                }
              }
            }
          },
          "400": {
            "$ref": "#/components/responses/BadRequest"
          },
          "401": {
            "$ref": "#/components/responses/Unauthorized"
          },
          "403": {
            "$ref": "#/components/responses/Forbidden"
          },
          "404": {
            "$ref": "#/components/responses/NotFound"
          },
          "409": {
            "$ref": "#/components/responses/Conflict"
          },
          "413": {
            "$ref": "#/components/responses/TooLarge"
          },
          "415": {
            "$ref": "#/components/responses/UnsupportedMediaType"
          },
          "422": {
            "$ref": "#/components/responses/Invalid"
          },
          "429": {
            "$ref": "#/components/responses/TooManyRequests"
          },
          "431": {
            "$ref": "#/components/responses/HeadersTooLarge"
          },
          "502": {
            "$ref": "#/components/responses/BadGateway"
          },
          "503": {
            "$ref": "#/components/responses/Unavailable"
          },
          "504": {
            "$ref": "#/components/responses/GatewayTimeout"
          }
        }
      }
    },
    "/api/v1/namespaces/{namespace}/{resource}/{name}/suspend": {
      "post": {
        "operationId": "suspendRun",
        "tags": [
          "requests"
        ],
        "summary": "Suspends a run.",
        "description": "No attempt starts, and the Job of a running attempt is suspended.",
        "parameters": [
          {
            "$ref": "#/components/parameters/namespace"
          },
          {
            "$ref": "#/components/parameters/resource"
          },
          {
            "$ref": "#/components/parameters/name"
          }
        ],
        "requestBody": {
          "required": false,
          "content": {
            "application/json": {
              "schema": {
                "$ref": "#/components/schemas/EmptyRequest"
              }
            }
          }
        },
        "responses": {
          "200": {
            "description": "The request is recorded, or the run was already so.",
            "content": {
              "application/json": {
                "schema": {
                  "$ref": "#/components/schemas/Requested"
                }
              }
            }
          },
          "400": {
            "$ref": "#/components/responses/BadRequest"
          },
          "401": {
            "$ref": "#/components/responses/Unauthorized"
          },
          "403": {
            "$ref": "#/components/responses/Forbidden"
          },
          "404": {
            "$ref": "#/components/responses/NotFound"
          },
          "409": {
            "$ref": "#/components/responses/Conflict"
          },
          "413": {
            "$ref": "#/components/responses/TooLarge"
          },
          "415": {
            "$ref": "#/components/responses/UnsupportedMediaType"
          },
          "422": {
            "$ref": "#/components/responses/Invalid"
          },
          "429": {
            "$ref": "#/components/responses/TooManyRequests"
          },
          "431": {
            "$ref": "#/components/responses/HeadersTooLarge"
          },
          "502": {
            "$ref": "#/components/responses/BadGateway"
          },
          "503": {
            "$ref": "#/components/responses/Unavailable"
          },
          "504": {
            "$ref": "#/components/responses/GatewayTimeout"
          }
        }
      }
    },
    "/api/v1/namespaces/{namespace}/{resource}/{name}/resume": {
      "post": {
        "operationId": "resumeRun",
        "tags": [
          "requests"
        ],
        "summary": "Resumes a suspended run.",
        "parameters": [
          {
            "$ref": "#/components/parameters/namespace"
          },
          {
            "$ref": "#/components/parameters/resource"
          },
          {
            "$ref": "#/components/parameters/name"
          }
        ],
        "requestBody": {
          "required": false,
          "content": {
            "application/json": {
              "schema": {
                "$ref": "#/components/schemas/EmptyRequest"
              }
            }
          }
        },
        "responses": {
          "200": {
            "description": "The request is recorded, or the run was already so.",
            "content": {
              "application/json": {
                "schema": {
                  "$ref": "#/components/schemas/Requested"
                }
              }
            }
          },
          "400": {
            "$ref": "#/components/responses/BadRequest"
          },
          "401": {
            "$ref": "#/components/responses/Unauthorized"
          },
          "403": {
            "$ref": "#/components/responses/Forbidden"
          },
          "404": {
            "$ref": "#/components/responses/NotFound"
          },
          "409": {
            "$ref": "#/components/responses/Conflict"
          },
          "413": {
            "$ref": "#/components/responses/TooLarge"
          },
          "415": {
            "$ref": "#/components/responses/UnsupportedMediaType"
          },
          "422": {
            "$ref": "#/components/responses/Invalid"
          },
          "429": {
            "$ref": "#/components/responses/TooManyRequests"
          },
          "431": {
            "$ref": "#/components/responses/HeadersTooLarge"
          },
          "502": {
            "$ref": "#/components/responses/BadGateway"
          },
          "503": {
            "$ref": "#/components/responses/Unavailable"
          },
          "504": {
            "$ref": "#/components/responses/GatewayTimeout"
          }
        }
      }
    },
    "/api/v1/namespaces/{namespace}/{resource}/{name}/cancel": {
      "post": {
        "operationId": "cancelRun",
        "tags": [
          "requests"
        ],
        "summary": "Ends a run permanently.",
        "parameters": [
          {
            "$ref": "#/components/parameters/namespace"
          },
          {
            "$ref": "#/components/parameters/resource"
          },
          {
            "$ref": "#/components/parameters/name"
          }
        ],
        "requestBody": {
          "required": false,
          "content": {
            "application/json": {
              "schema": {
                "$ref": "#/components/schemas/EmptyRequest"
              }
            }
          }
        },
        "responses": {
          "200": {
            "description": "The request is recorded, or the run was already so.",
            "content": {
              "application/json": {
                "schema": {
                  "$ref": "#/components/schemas/Requested"
                }
              }
            }
          },
          "400": {
            "$ref": "#/components/responses/BadRequest"
          },
          "401": {
            "$ref": "#/components/responses/Unauthorized"
          },
          "403": {
            "$ref": "#/components/responses/Forbidden"
          },
          "404": {
            "$ref": "#/components/responses/NotFound"
          },
          "409": {
            "$ref": "#/components/responses/Conflict"
          },
          "413": {
            "$ref": "#/components/responses/TooLarge"
          },
          "415": {
            "$ref": "#/components/responses/UnsupportedMediaType"
          },
          "422": {
            "$ref": "#/components/responses/Invalid"
          },
          "429": {
            "$ref": "#/components/responses/TooManyRequests"
          },
          "431": {
            "$ref": "#/components/responses/HeadersTooLarge"
          },
          "502": {
            "$ref": "#/components/responses/BadGateway"
          },
          "503": {
            "$ref": "#/components/responses/Unavailable"
          },
          "504": {
            "$ref": "#/components/responses/GatewayTimeout"
          }
        }
      }
    },
    "/api/v1/namespaces/{namespace}/{resource}/{name}/context": {
      "post": {
        "operationId": "addRunContext",
        "tags": [
          "requests"
        ],
        "summary": "Adds context to a run.",
        "description": "Stops the running attempt, if there is one, and starts another with the addition. A TaskRun gets a file, a CodeRun a paragraph of its prompt. What a run has already is not added again.",
        "parameters": [
          {
            "$ref": "#/components/parameters/namespace"
          },
          {
            "$ref": "#/components/parameters/resource"
          },
          {
            "$ref": "#/components/parameters/name"
          }
        ],
        "requestBody": {
          "required": true,
          "content": {
            "application/json": {
              "schema": {
                "$ref": "#/components/schemas/ContextRequest"
              }
            }
          }
        },
        "responses": {
          "200": {
            "description": "The request is recorded, or the run was already so.",
            "content": {
              "application/json": {
                "schema": {
                  "$ref": "#/components/schemas/Requested"
                }
              }
            }
          },
          "400": {
            "$ref": "#/components/responses/BadRequest"
          },
          "401": {
            "$ref": "#/components/responses/Unauthorized"
          },
          "403": {
            "$ref": "#/components/responses/Forbidden"
          },
          "404": {
            "$ref": "#/components/responses/NotFound"
          },
          "409": {
            "$ref": "#/components/responses/Conflict"
          },
          "413": {
            "$ref": "#/components/responses/TooLarge"
          },
          "415": {
            "$ref": "#/components/responses/UnsupportedMediaType"
          },
          "422": {
            "$ref": "#/components/responses/Invalid"
          },
          "429": {
            "$ref": "#/components/responses/TooManyRequests"
          },
          "431": {
            "$ref": "#/components/responses/HeadersTooLarge"
          },
          "502": {
            "$ref": "#/components/responses/BadGateway"
          },
          "503": {
            "$ref": "#/components/responses/Unavailable"
          },
          "504": {
            "$ref": "#/components/responses/GatewayTimeout"
          }
        }
      }
    },
    "/api/v1/pm/tasks": {
      "get": {
        "operationId": "listTasks",
        "tags": [
          "tasks"
        ],
        "summary": "TaskRuns and CodeRuns of a namespace.",
        "description": "A page of them. The next one is at `data.continue`.",
        "parameters": [
          {
            "$ref": "#/components/parameters/inNamespace"
          },
          {
            "$ref": "#/components/parameters/taskLimit"
          },
          {
            "$ref": "#/components/parameters/continue"
          }
        ],
        "responses": {
          "200": {
            "description": "A page of tasks.",
            "content": {
              "application/json": {
                "schema": {
                  "$ref": "#/components/schemas/TaskListAnswer"
                }
              }
            }
          },
          "400": {
            "$ref": "#/components/responses/LegacyBadRequest"
          },
          "401": {
            "$ref": "#/components/responses/LegacyUnauthorized"
          },
          "403": {
            "$ref": "#/components/responses/LegacyForbidden"
          },
          "404": {
            "$ref": "#/components/responses/LegacyNotFound"
          },
          "410": {
            "$ref": "#/components/responses/LegacyGone"
          },
          "429": {
            "$ref": "#/components/responses/LegacyTooManyRequests"
          },
          "431": {
            "$ref": "#/components/responses/HeadersTooLarge"
          },
          "502": {
            "$ref": "#/components/responses/LegacyBadGateway"
          },
          "503": {
            "$ref": "#/components/responses/LegacyUnavailable"
          },
          "504": {
            "$ref": "#/components/responses/LegacyGatewayTimeout"
          }
        }
      },
      "post": {
        "operationId": "submitTask",
        "tags": [
          "tasks"
        ],
        "summary": "Submits a task.",
        "description": "Creates a TaskRun named `<service_name>-task-<id>`, or of a CodeRequest a CodeRun named `<service>-code-<task_id>`. Names are deterministic, so that a request can be repeated: the same one again gives 200 and starts nothing; another one for the same name gives 409.",
        "parameters": [
          {
            "$ref": "#/components/parameters/inNamespace"
          }
        ],
        "requestBody": {
          "required": true,
          "content": {
            "application/json": {
              "schema": {
                "$ref": "#/components/schemas/TaskSubmission"
              }
            }
          }
        },
        "responses": {
          "200": {
            "description": "The run exists.",
            "content": {
              "application/json": {
                "schema": {
                  "$ref": "#/components/schemas/SubmittedAnswer"
                }
              }
            }
          },
          "400": {
            "$ref": "#/components/responses/LegacyBadRequest"
          },
          "401": {
            "$ref": "#/components/responses/LegacyUnauthorized"
          },
          "403": {
            "$ref": "#/components/responses/LegacyForbidden"
          },
          "404": {
            "$ref": "#/components/responses/LegacyNotFound"
          },
          "409": {
            "$ref": "#/components/responses/LegacyConflict"
          },
          "413": {
            "$ref": "#/components/responses/LegacyTooLarge"
          },
          "415": {
            "$ref": "#/components/responses/LegacyUnsupportedMediaType"
          },
          "422": {
            "$ref": "#/components/responses/LegacyInvalid"
          },
          "429": {
            "$ref": "#/components/responses/LegacyTooManyRequests"
          },
          "431": {
            "$ref": "#/components/responses/HeadersTooLarge"
          },
          "502": {
            "$ref": "#/components/responses/LegacyBadGateway"
          },
          "503": {
            "$ref": "#/components/responses/LegacyUnavailable"
          },
          "504": {
            "$ref": "#/components/responses/LegacyGatewayTimeout"
          }
        }
      }
    },
    "/api/v1/pm/code": {
      "post": {
        "operationId": "submitCode",
        "tags": [
          "tasks"
        ],
        "summary": "Submits the implementation of a task.",
        "description": "Creates a CodeRun named `<service>-code-<task_id>`. Names are deterministic, so that a request can be repeated: the same one again gives 200 and starts nothing; another one for the same name gives 409.",
        "parameters": [
          {
            "$ref": "#/components/parameters/inNamespace"
          }
        ],
        "requestBody": {
          "required": true,
          "content": {
            "application/json": {
              "schema": {
                "$ref": "#/components/schemas/CodeRequest"
              }
            }
          }
        },
        "responses": {
          "200": {
            "description": "The run exists.",
            "content": {
              "application/json": {
                "schema": {
                  "$ref": "#/components/schemas/SubmittedAnswer"
                }
              }
            }
          },
          "400": {
            "$ref": "#/components/responses/LegacyBadRequest"
          },
          "401": {
            "$ref": "#/components/responses/LegacyUnauthorized"
          },
          "403": {
            "$ref": "#/components/responses/LegacyForbidden"
          },
          "404": {
            "$ref": "#/components/responses/LegacyNotFound"
          },
          "409": {
            "$ref": "#/components/responses/LegacyConflict"
          },
          "413": {
            "$ref": "#/components/responses/LegacyTooLarge"
          },
          "415": {
            "$ref": "#/components/responses/LegacyUnsupportedMediaType"
          },
          "422": {
            "$ref": "#/components/responses/LegacyInvalid"
          },
          "429": {
            "$ref": "#/components/responses/LegacyTooManyRequests"
          },
          "431": {
            "$ref": "#/components/responses/HeadersTooLarge"
          },
          "502": {
            "$ref": "#/components/responses/LegacyBadGateway"
          },
          "503": {
            "$ref": "#/components/responses/LegacyUnavailable"
          },
          "504": {
            "$ref": "#/components/responses/LegacyGatewayTimeout"
          }
        }
      }
    },
    "/api/v1/pm/docs/generate": {
      "post": {
        "operationId": "generateDocs",
        "tags": [
          "tasks"
        ],
        "summary": "Generates documentation of tasks.",
        "description": "Creates a DocsRun named `docs-<working_directory>-<hash>`, with a hash of repository and branch. Names are deterministic, so that a request can be repeated: the same one again gives 200 and starts nothing; another one for the same name gives 409. With `force`, one that has ended gets another attempt.",
        "parameters": [
          {
            "$ref": "#/components/parameters/inNamespace"
          }
        ],
        "requestBody": {
          "required": true,
          "content": {
            "application/json": {
              "schema": {
                "$ref": "#/components/schemas/DocsRequest"
              }
            }
          }
        },
        "responses": {
          "200": {
            "description": "The same request was made before. With `dry_run` the request is valid, and nothing was created.",
            "content": {
              "application/json": {
                "schema": {
                  "$ref": "#/components/schemas/SubmittedAnswer"
                }
              }
            }
          },
          "201": {
            "description": "The DocsRun is created.",
            "content": {
              "application/json": {
                "schema": {
                  "$ref": "#/components/schemas/SubmittedAnswer"
                }
              }
            }
          },
          "400": {
            "$ref": "#/components/responses/LegacyBadRequest"
          },
          "401": {
            "$ref": "#/components/responses/LegacyUnauthorized"
          },
          "403": {
            "$ref": "#/components/responses/LegacyForbidden"
          },
          "404": {
            "$ref": "#/components/responses/LegacyNotFound"
          },
          "409": {
            "$ref": "#/components/responses/LegacyConflict"
          },
          "413": {
            "$ref": "#/components/responses/LegacyTooLarge"
          },
          "415": {
            "$ref": "#/components/responses/LegacyUnsupportedMediaType"
          },
          "422": {
            "$ref": "#/components/responses/LegacyInvalid"
          },
          "429": {
            "$ref": "#/components/responses/LegacyTooManyRequests"
          },
          "431": {
            "$ref": "#/components/responses/HeadersTooLarge"
          },
          "502": {
            "$ref": "#/components/responses/LegacyBadGateway"
          },
          "503": {
            "$ref": "#/components/responses/LegacyUnavailable"
          },
          "504": {
            "$ref": "#/components/responses/LegacyGatewayTimeout"
          }
        }
      }
    },
    "/api/v1/pm/tasks/{id}": {
      "get": {
        "operationId": "getTask",
        "tags": [
          "tasks"
        ],
        "summary": "A task with its files and status.",
        "parameters": [
          {
            "$ref": "#/components/parameters/inNamespace"
          },
          {
            "$ref": "#/components/parameters/taskOrName"
          }
        ],
        "responses": {
          "200": {
            "description": "The task.",
            "content": {
              "application/json": {
                "schema": {
                  "$ref": "#/components/schemas/TaskAnswer"
                }
              }
            }
          },
          "400": {
            "$ref": "#/components/responses/LegacyBadRequest"
          },
          "401": {
            "$ref": "#/components/responses/LegacyUnauthorized"
          },
          "403": {
            "$ref": "#/components/responses/LegacyForbidden"
          },
          "404": {
            "$ref": "#/components/responses/LegacyNotFound"
          },
          "409": {
            "$ref": "#/components/responses/LegacyConflict"
          },
          "429": {
            "$ref": "#/components/responses/LegacyTooManyRequests"
          },
          "431": {
            "$ref": "#/components/responses/HeadersTooLarge"
          },
          "502": {
            "$ref": "#/components/responses/LegacyBadGateway"
          },
          "503": {
            "$ref": "#/components/responses/LegacyUnavailable"
          },
          "504": {
            "$ref": "#/components/responses/LegacyGatewayTimeout"
          }
        }
      }
    },
    "/api/v1/pm/tasks/{id}/status": {
      "get": {
        "operationId": "getTaskStatus",
        "tags": [
          "tasks"
        ],
        "summary": "The status of a task.",
        "parameters": [
          {
            "$ref": "#/components/parameters/inNamespace"
          },
          {
            "$ref": "#/components/parameters/taskOrName"
          }
        ],
        "responses": {
          "200": {
            "description": "The status.",
            "content": {
              "application/json": {
                "schema": {
                  "$ref": "#/components/schemas/TaskStatusAnswer"
                }
              }
            }
          },
          "400": {
            "$ref": "#/components/responses/LegacyBadRequest"
          },
          "401": {
            "$ref": "#/components/responses/LegacyUnauthorized"
          },
          "403": {
            "$ref": "#/components/responses/LegacyForbidden"
          },
          "404": {
            "$ref": "#/components/responses/LegacyNotFound"
          },
          "409": {
            "$ref": "#/components/responses/LegacyConflict"
          },
          "429": {
            "$ref": "#/components/responses/LegacyTooManyRequests"
          },
          "431": {
            "$ref": "#/components/responses/HeadersTooLarge"
          },
          "502": {
            "$ref": "#/components/responses/LegacyBadGateway"
          },
          "503": {
            "$ref": "#/components/responses/LegacyUnavailable"
          },
          "504": {
            "$ref": "#/components/responses/LegacyGatewayTimeout"
          }
        }
      }
    },
    "/api/v1/pm/tasks/{id}/context": {
      "post": {
        "operationId": "addTaskContext",
        "tags": [
          "tasks"
        ],
        "summary": "Adds context to a task.",
        "description": "As `/context` of a run.",
        "parameters": [
          {
            "$ref": "#/components/parameters/inNamespace"
          },
          {
            "$ref": "#/components/parameters/taskOrName"
          }
        ],
        "requestBody": {
          "required": true,
          "content": {
            "application/json": {
              "schema": {
                "$ref": "#/components/schemas/ContextRequest"
              }
            }
          }
        },
        "responses": {
          "200": {
            "description": "The context is added, or was there already.",
            "content": {
              "application/json": {
                "schema": {
                  "$ref": "#/components/schemas/TaskContextAnswer"
                }
              }
            }
          },
          "400": {
            "$ref": "#/components/responses/LegacyBadRequest"
          },
          "401": {
            "$ref": "#/components/responses/LegacyUnauthorized"
          },
          "403": {
            "$ref": "#/components/responses/LegacyForbidden"
          },
          "404": {
            "$ref": "#/components/responses/LegacyNotFound"
          },
          "409": {
            "$ref": "#/components/responses/LegacyConflict"
          },
          "413": {
            "$ref": "#/components/responses/LegacyTooLarge"
          },
          "415": {
            "$ref": "#/components/responses/LegacyUnsupportedMediaType"
          },
          "422": {
            "$ref": "#/components/responses/LegacyInvalid"
          },
          "429": {
            "$ref": "#/components/responses/LegacyTooManyRequests"
          },
          "431": {
            "$ref": "#/components/responses/HeadersTooLarge"
          },
          "502": {
            "$ref": "#/components/responses/LegacyBadGateway"
          },
          "503": {
            "$ref": "#/components/responses/LegacyUnavailable"
          },
          "504": {
            "$ref": "#/components/responses/LegacyGatewayTimeout"
          }
        }
      }
    },
    "/api/v1/pm/tasks/{id}/session": {
      "post": {
        "operationId": "setTaskSession",
        "tags": [
          "tasks"
        ],
        "summary": "Records the session of a task's agent.",
        "description": "Writes `status.sessionId`, for which the caller needs the right to patch the status. The operator writes it itself when an attempt ends.",
        "parameters": [
          {
            "$ref": "#/components/parameters/inNamespace"
          },
          {
            "$ref": "#/components/parameters/taskOrName"
          }
        ],
        "requestBody": {
          "required": true,
          "content": {
            "application/json": {
              "schema": {
                "$ref": "#/components/schemas/SessionRequest"
              }
            }
          }
        },
        "responses": {
          "200": {
            "description": "The session is recorded.",
            "content": {
              "application/json": {
                "schema": {
                  "$ref": "#/components/schemas/TaskSessionAnswer"
                }
              }
            }
          },
          "400": {
            "$ref": "#/components/responses/LegacyBadRequest"
          },
          "401": {
            "$ref": "#/components/responses/LegacyUnauthorized"
          },
          "403": {
            "$ref": "#/components/responses/LegacyForbidden"
          },
          "404": {
            "$ref": "#/components/responses/LegacyNotFound"
          },
          "409": {
            "$ref": "#/components/responses/LegacyConflict"
          },
          "413": {
            "$ref": "#/components/responses/LegacyTooLarge"
          },
          "415": {
            "$ref": "#/components/responses/LegacyUnsupportedMediaType"
          },
          "422": {
            "$ref": "#/components/responses/LegacyInvalid"
          },
          "429": {
            "$ref": "#/components/responses/LegacyTooManyRequests"
          },
          "431": {
            "$ref": "#/components/responses/HeadersTooLarge"
          },
          "502": {
            "$ref": "#/components/responses/LegacyBadGateway"
          },
          "503": {
            "$ref": "#/components/responses/LegacyUnavailable"
          },
          "504": {
            "$ref": "#/components/responses/LegacyGatewayTimeout"
          }
        }
      }
    },
    "/api/v1/pm/tasks/{id}/retry": {
      "post": {
        "operationId": "retryTask",
        "tags": [
          "tasks"
        ],
        "summary": "Requests another attempt of a task.",
        "parameters": [
          {
            "$ref": "#/components/parameters/inNamespace"
          },
          {
            "$ref": "#/components/parameters/taskOrName"
          }
        ],
        "requestBody": {
          "required": false,
          "content": {
            "application/json": {
              "schema": {
                "$ref": "#/components/schemas/RetryRequest"
              }
            }
          }
        },
        "responses": {
          "200": {
            "description": "Another attempt is requested.",
            "content": {
              "application/json": {
                "schema": {
                  "$ref": "#/components/schemas/TaskRequestedAnswer"
                }
              }
            }
          },
          "400": {
            "$ref": "#/components/responses/LegacyBadRequest"
          },
          "401": {
            "$ref": "#/components/responses/LegacyUnauthorized"
          },
          "403": {
            "$ref": "#/components/responses/LegacyForbidden"
          },
          "404": {
            "$ref": "#/components/responses/LegacyNotFound"
          },
          "409": {
            "$ref": "#/components/responses/LegacyConflict"
          },
          "413": {
            "$ref": "#/components/responses/LegacyTooLarge"
          },
          "415": {
            "$ref": "#/components/responses/LegacyUnsupportedMediaType"
          },
          "422": {
            "$ref": "#/components/responses/LegacyInvalid"
          },
          "429": {
            "$ref": "#/components/responses/LegacyTooManyRequests"
          },
          "431": {
            "$ref": "#/components/responses/HeadersTooLarge"
          },
          "502": {
            "$ref": "#/components/responses/LegacyBadGateway"
          },
          "503": {
            "$ref": "#/components/responses/LegacyUnavailable"
          },
          "504": {
            "$ref": "#/components/responses/LegacyGatewayTimeout"
          }
        }
      }
    },
    "/api/v1/pm/tasks/{id}/cancel": {
      "post": {
        "operationId": "cancelTask",
        "tags": [
          "tasks"
        ],
        "summary": "Ends a task permanently.",
        "parameters": [
          {
            "$ref": "#/components/parameters/inNamespace"
          },
          {
            "$ref": "#/components/parameters/taskOrName"
          }
        ],
        "requestBody": {
          "required": false,
          "content": {
            "application/json": {
              "schema": {
                "$ref": "#/components/schemas/EmptyRequest"
              }
            }
          }
        },
        "responses": {
          "200": {
            "description": "The cancellation is requested.",
            "content": {
              "application/json": {
                "schema": {
                  "$ref": "#/components/schemas/TaskRequestedAnswer"
                }
              }
            }
          },
          "400": {
            "$ref": "#/components/responses/LegacyBadRequest"
          },
          "401": {
            "$ref": "#/components/responses/LegacyUnauthorized"
          },
          "403": {
            "$ref": "#/components/responses/LegacyForbidden"
          },
          "404": {
            "$ref": "#/components/responses/LegacyNotFound"
          },
          "409": {
            "$ref": "#/components/responses/LegacyConflict"
          },
          "413": {
            "$ref": "#/components/responses/LegacyTooLarge"
          },
          "415": {
            "$ref": "#/components/responses/LegacyUnsupportedMediaType"
          },
          "422": {
            "$ref": "#/components/responses/LegacyInvalid"
          },
          "429": {
            "$ref": "#/components/responses/LegacyTooManyRequests"
          },
          "431": {
            "$ref": "#/components/responses/HeadersTooLarge"
          },
          "502": {
            "$ref": "#/components/responses/LegacyBadGateway"
          },
          "503": {
            "$ref": "#/components/responses/LegacyUnavailable"
          },
          "504": {
            "$ref": "#/components/responses/LegacyGatewayTimeout"
          }
        }
      }
    },
    "/api/v1/pm/tasks/{id}/logs": {
      "get": {
        "operationId": "readTaskLogs",
        "tags": [
          "tasks"
        ],
        "summary": "The output of a task's agent.",
        "parameters": [
          {
            "$ref": "#/components/parameters/inNamespace"
          },
          {
            "$ref": "#/components/parameters/taskOrName"
          },
          {
            "$ref": "#/components/parameters/attempt"
          },
          {
            "$ref": "#/components/parameters/tail"
          },
          {
            "$ref": "#/components/parameters/follow"
          },
          {
            "$ref": "#/components/parameters/timestamps"
          }
        ],
        "responses": {
          "200": {
            "description": "The output.",
            "content": {
              "text/plain": {
                "schema": {
                  "type": "string"
                }
              },
              "text/event-stream": {
                "schema": {
                  "$ref": "#/components/schemas/LogStream"
                }
              }
            }
          },
          "400": {
            "$ref": "#/components/responses/LegacyBadRequest"
          },
          "401": {
            "$ref": "#/components/responses/LegacyUnauthorized"
          },
          "403": {
            "$ref": "#/components/responses/LegacyForbidden"
          },
          "404": {
            "$ref": "#/components/responses/LegacyNotFound"
          },
          "409": {
            "$ref": "#/components/responses/LegacyConflict"
          },
          "429": {
            "$ref": "#/components/responses/LegacyTooManyRequests"
          },
          "431": {
            "$ref": "#/components/responses/HeadersTooLarge"
          },
          "502": {
            "$ref": "#/components/responses/LegacyBadGateway"
          },
          "503": {
            "$ref": "#/components/responses/LegacyUnavailable"
          },
          "504": {
            "$ref": "#/components/responses/LegacyGatewayTimeout"
          }
        }
      }
    },
    "/health": {
      "get": {
        "operationId": "getHealth",
        "tags": [
          "server"
        ],
        "summary": "Whether the server works, as JSON.",
        "security": [],
        "responses": {
          "200": {
            "description": "It works.",
            "content": {
              "application/json": {
                "schema": {
                  "$ref": "#/components/schemas/Health"
                }
              }
            }
          },
          "400": {
            "$ref": "#/components/responses/BadRequest"
          },
          "503": {
            "description": "It does not.",
            "content": {
              "application/json": {
                "schema": {
                  "$ref": "#/components/schemas/Health"
                }
              }
            }
          }
        }
      }
    },
    "/api/v1/health": {
      "get": {
        "operationId": "getApiHealth",
        "tags": [
          "server"
        ],
        "summary": "Whether the server works, as JSON.",
        "security": [],
        "responses": {
          "200": {
            "description": "It works.",
            "content": {
              "application/json": {
                "schema": {
                  "$ref": "#/components/schemas/Health"
                }
              }
            }
          },
          "400": {
            "$ref": "#/components/responses/BadRequest"
          },
          "503": {
            "description": "It does not.",
            "content": {
              "application/json": {
                "schema": {
                  "$ref": "#/components/schemas/Health"
                }
              }
            }
          }
        }
      }
    },
    "/healthz": {
      "get": {
        "operationId": "getLiveness",
        "tags": [
          "server"
        ],
        "summary": "Whether the process is alive.",
        "security": [],
        "responses": {
          "200": {
            "description": "Yes.",
            "content": {
              "text/plain": {
                "schema": {
                  "type": "string"
                }
              }
            }
          },
          "400": {
            "$ref": "#/components/responses/BadRequest"
          },
          "503": {
            "description": "No, with the reasons.",
            "content": {
              "text/plain": {
                "schema": {
                  "type": "string"
                }
              }
            }
          }
        }
      }
    },
    "/readyz": {
      "get": {
        "operationId": "getReadiness",
        "tags": [
          "server"
        ],
        "summary": "Whether the server takes requests.",
        "security": [],
        "responses": {
          "200": {
            "description": "Yes.",
            "content": {
              "text/plain": {
                "schema": {
                  "type": "string"
                }
              }
            }
          },
          "400": {
            "$ref": "#/components/responses/BadRequest"
          },
          "503": {
            "description": "No, with the reasons.",
            "content": {
              "text/plain": {
                "schema": {
                  "type": "string"
                }
              }
            }
          }
        }
      }
    },
    "/metrics": {
      "get": {
        "operationId": "getMetrics",
        "tags": [
          "server"
        ],
        "summary": "Metrics in the text format of Prometheus.",
        "security": [],
        "responses": {
          "200": {
            "description": "The metrics.",
            "content": {
              "text/plain": {
                "schema": {
                  "type": "string"
                }
              }
            }
          },
          "400": {
            "$ref": "#/components/responses/BadRequest"
          }
        }
      }
    },
    "/openapi.json": {
      "get": {
        "operationId": "getDocument",
        "tags": [
          "server"
        ],
        "summary": "This document.",
        "security": [],
        "responses": {
          "200": {
            "description": "The document.",
            "content": {
              "application/json": {
                "schema": {
                  "type": "object"
                }
              }
            }
          },
          "400": {
            "$ref": "#/components/responses/BadRequest"
          }
        }
      }
    }
  },
  "components": {
    "securitySchemes": {
      "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "A token that the Kubernetes API server accepts: of a ServiceAccount (`kubectl create token`), of the cluster's OIDC provider, or one that an authenticating proxy adds."
      }
    },
    "parameters": {
      "namespace": {
        "name": "namespace",
        "in": "path",
        "required": true,
        "description": "Namespace of the runs.",
        "schema": {
          "$ref": "#/components/schemas/NamespaceName"
        },
        "example": "orchestrator"
      },
      "resource": {
        "name": "resource",
        "in": "path",
        "required": true,
        "description": "Kind of the run, as in the paths of the Kubernetes API.",
        "schema": {
          "type": "string",
          "enum": [
            "taskruns",
            "coderuns",
            "docsruns"
          ]
        },
        "example": "taskruns"
      },
      "name": {
        "name": "name",
        "in": "path",
        "required": true,
        "description": "Name of the run.",
        "schema": {
          "$ref": "#/components/schemas/RunName"
        },
        "example": "auth-service-task-1"
      },
      "uid": {
        "name": "uid",
        "in": "query",
        "description": "`metadata.uid` that the run must have.",
        "schema": {
          "type": "string",
          "minLength": 1,
          "maxLength": 64,
          "pattern": "^[A-Za-z0-9-]+$"
        },
        "example": "5a9c0d5e-0c1b-4a57-9d4f-6f0f4c1f2a11"
      },
      "repository": {
        "name": "repository",
        "in": "query",
        "description": "Only of this repository, as owner/name.",
        "schema": {
          "type": "string",
          "minLength": 3,
          "maxLength": 201,
          "pattern": "^[^/\\s]+/[^/\\s]+$"
        },
        "example": "acme/shop"
      },
      "number": {
        "name": "number",
        "in": "query",
        "description": "Only about the issue or pull request with this number.",
        "schema": {
          "type": "integer",
          "minimum": 1,
          "maximum": 2147483647
        },
        "example": 7
      },
      "deliveryPhase": {
        "name": "phase",
        "in": "query",
        "description": "Only in this phase.",
        "schema": {
          "type": "string",
          "enum": [
            "Undecided",
            "Decided",
            "Waiting",
            "Done",
            "Ignored",
            "Failed"
          ]
        },
        "example": "Failed"
      },
      "usageGroup": {
        "name": "by",
        "in": "query",
        "description": "What to group by.",
        "schema": {
          "type": "string",
          "enum": [
            "agent",
            "service",
            "namespace",
            "kind",
            "model",
            "day",
            "week",
            "month"
          ],
          "default": "service"
        },
        "example": "model"
      },
      "since": {
        "name": "since",
        "in": "query",
        "description": "Only runs that have ended since, or have not ended.",
        "schema": {
          "type": "string",
          "minLength": 10,
          "maxLength": 30,
          "pattern": "^\\d{4}-\\d{2}-\\d{2}(T\\d{2}:\\d{2}:\\d{2}(\\.\\d{1,9})?Z)?$"
        },
        "example": "2026-11-01"
      },
      "archivedUid": {
        "name": "archivedUid",
        "in": "path",
        "required": true,
        "description": "`metadata.uid` that the run had.",
        "schema": {
          "type": "string",
          "minLength": 1,
          "maxLength": 64,
          "pattern": "^[A-Za-z0-9-]+$"
        },
        "example": "5a9c0d5e-0c1b-4a57-9d4f-6f0f4c1f2a11"
      },
      "archivedAttempt": {
        "name": "archivedAttempt",
        "in": "path",
        "required": true,
        "description": "Number of an attempt of the run.",
        "schema": {
          "type": "integer",
          "minimum": 1,
          "maximum": 2147483647
        },
        "example": 1
      },
      "kind": {
        "name": "kind",
        "in": "query",
        "description": "Only runs of this kind. Can be repeated. Absent means all kinds.",
        "style": "form",
        "explode": true,
        "schema": {
          "type": "array",
          "minItems": 1,
          "maxItems": 3,
          "items": {
            "type": "string",
            "enum": [
              "taskrun",
              "coderun",
              "docsrun"
            ]
          }
        },
        "example": [
          "taskrun"
        ]
      },
      "phase": {
        "name": "phase",
        "in": "query",
        "description": "Only runs in this phase. Can be repeated. The server applies it to each page, so a page can hold fewer runs than `limit` although more follow. A watch reports a run that is in none of the phases as deleted.",
        "style": "form",
        "explode": true,
        "schema": {
          "type": "array",
          "minItems": 1,
          "maxItems": 5,
          "items": {
            "$ref": "#/components/schemas/Phase"
          }
        },
        "example": [
          "Running"
        ]
      },
      "service": {
        "name": "service",
        "in": "query",
        "description": "Only runs of this service.",
        "schema": {
          "type": "string",
          "minLength": 1,
          "maxLength": 63,
          "pattern": "^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$"
        },
        "example": "auth-service"
      },
      "task": {
        "name": "task",
        "in": "query",
        "description": "Only runs of this task.",
        "schema": {
          "$ref": "#/components/schemas/TaskDigits"
        },
        "example": "1"
      },
      "labelSelector": {
        "name": "labelSelector",
        "in": "query",
        "description": "Only runs with these labels, in the syntax of the Kubernetes API.",
        "schema": {
          "type": "string",
          "minLength": 1,
          "maxLength": 1024
        },
        "example": "orchestrator.io/priority=high"
      },
      "named": {
        "name": "name",
        "in": "query",
        "description": "Only runs with this name.",
        "schema": {
          "$ref": "#/components/schemas/RunName"
        },
        "example": "auth-service-task-1"
      },
      "wide": {
        "name": "wide",
        "in": "query",
        "description": "Also `model`, `job`, `costUSD`, `message` and `pullRequestUrl` of each run, as `kubectl get -o wide` prints them.",
        "schema": {
          "type": "boolean",
          "default": false
        },
        "example": true
      },
      "dryRun": {
        "name": "dryRun",
        "in": "query",
        "description": "Check the request, and store nothing.",
        "schema": {
          "type": "boolean",
          "default": false
        },
        "example": true
      },
      "limit": {
        "name": "limit",
        "in": "query",
        "description": "Runs of one page. The server reads two pages of more than 500 at once; others wait.",
        "schema": {
          "type": "integer",
          "minimum": 1,
          "maximum": 1000,
          "default": 100
        },
        "example": 100
      },
      "taskLimit": {
        "name": "limit",
        "in": "query",
        "description": "Tasks of one page.",
        "schema": {
          "type": "integer",
          "minimum": 1,
          "maximum": 100,
          "default": 100
        },
        "example": 100
      },
      "continue": {
        "name": "continue",
        "in": "query",
        "description": "The `continue` of the page before. The other parameters must be the same.",
        "schema": {
          "type": "string",
          "minLength": 1,
          "maxLength": 8192,
          "pattern": "^[A-Za-z0-9_=-]+$"
        }
      },
      "watch": {
        "name": "watch",
        "in": "query",
        "description": "Changes as server-sent events. The server ends a stream after some time; continue as with any watch of Kubernetes.",
        "schema": {
          "type": "boolean",
          "default": false
        },
        "example": true
      },
      "version": {
        "name": "version",
        "in": "query",
        "description": "With `watch`, the `version` of the last page of a list with the same kinds. Absent: the stream begins with all present runs as added.",
        "schema": {
          "type": "string",
          "minLength": 1,
          "maxLength": 1024
        }
      },
      "attempt": {
        "name": "attempt",
        "in": "query",
        "description": "Number of the attempt. Absent means the latest.",
        "schema": {
          "type": "integer",
          "minimum": 1,
          "maximum": 2147483647
        },
        "example": 1
      },
      "tail": {
        "name": "tail",
        "in": "query",
        "description": "Lines from the end of an attempt's output. Absent means all.",
        "schema": {
          "type": "integer",
          "minimum": 0,
          "maximum": 1000000
        },
        "example": 100
      },
      "follow": {
        "name": "follow",
        "in": "query",
        "description": "Go on until the run ends, also through further attempts.",
        "schema": {
          "type": "boolean",
          "default": false
        },
        "example": true
      },
      "timestamps": {
        "name": "timestamps",
        "in": "query",
        "description": "Begin each line with its time.",
        "schema": {
          "type": "boolean",
          "default": false
        },
        "example": false
      },
      "inNamespace": {
        "name": "namespace",
        "in": "query",
        "description": "Namespace of the run. Absent means the default of the server, which is `orchestrator` unless configured.",
        "schema": {
          "$ref": "#/components/schemas/NamespaceName"
        },
        "example": "orchestrator"
      },
      "taskOrName": {
        "name": "id",
        "in": "path",
        "required": true,
        "description": "Number of a task that has one run, or name of a run.",
        "schema": {
          "$ref": "#/components/schemas/RunName"
        },
        "example": "1"
      }
    },
    "responses": {
      "BadRequest": {
        "description": "The request is malformed. `field` names the parameter or the path in the body.",
        "content": {
          "application/problem+json": {
            "schema": {
              "$ref": "#/components/schemas/Problem"
            }
          }
        }
      },
      "Unauthorized": {
        "description": "The bearer token is missing, or the API server rejects it.",
        "headers": {
          "WWW-Authenticate": {
            "description": "The scheme that is expected.",
            "schema": {
              "type": "string",
              "const": "Bearer"
            }
          }
        },
        "content": {
          "application/problem+json": {
            "schema": {
              "$ref": "#/components/schemas/Problem"
            }
          }
        }
      },
      "Forbidden": {
        "description": "The caller lacks a right, which `detail` names, or admission denies the request.",
        "content": {
          "application/problem+json": {
            "schema": {
              "$ref": "#/components/schemas/Problem"
            }
          }
        }
      },
      "NotFound": {
        "description": "The run does not exist.",
        "content": {
          "application/problem+json": {
            "schema": {
              "$ref": "#/components/schemas/Problem"
            }
          }
        }
      },
      "Conflict": {
        "description": "The state of the run does not allow the request. `detail` says what does.",
        "content": {
          "application/problem+json": {
            "schema": {
              "$ref": "#/components/schemas/Problem"
            }
          }
        }
      },
      "Gone": {
        "description": "The page token or the version is too old. List again.",
        "content": {
          "application/problem+json": {
            "schema": {
              "$ref": "#/components/schemas/Problem"
            }
          }
        }
      },
      "TooLarge": {
        "description": "The body exceeds 2 MiB.",
        "content": {
          "application/problem+json": {
            "schema": {
              "$ref": "#/components/schemas/Problem"
            }
          }
        }
      },
      "UnsupportedMediaType": {
        "description": "The body is not application/json.",
        "content": {
          "application/problem+json": {
            "schema": {
              "$ref": "#/components/schemas/Problem"
            }
          }
        }
      },
      "Invalid": {
        "description": "The run would be invalid. `detail` has the findings of the API server.",
        "content": {
          "application/problem+json": {
            "schema": {
              "$ref": "#/components/schemas/Problem"
            }
          }
        }
      },
      "TooManyRequests": {
        "description": "The caller sends too many requests or has too many streams open, or the API server is overloaded.",
        "headers": {
          "Retry-After": {
            "description": "Seconds to wait.",
            "schema": {
              "type": "integer",
              "minimum": 1
            }
          }
        },
        "content": {
          "application/problem+json": {
            "schema": {
              "$ref": "#/components/schemas/Problem"
            }
          }
        }
      },
      "HeadersTooLarge": {
        "description": "Address and headers together exceed 32 KiB. The connection is closed.",
        "content": {
          "application/problem+json": {
            "schema": {
              "$ref": "#/components/schemas/Problem"
            }
          }
        }
      },
      "BadGateway": {
        "description": "The API server failed.",
        "content": {
          "application/problem+json": {
            "schema": {
              "$ref": "#/components/schemas/Problem"
            }
          }
        }
      },
      "Unavailable": {
        "description": "The API server cannot be reached, or this server is stopping.",
        "content": {
          "application/problem+json": {
            "schema": {
              "$ref": "#/components/schemas/Problem"
            }
          }
        }
      },
      "GatewayTimeout": {
        "description": "The API server did not answer in time.",
        "content": {
          "application/problem+json": {
            "schema": {
              "$ref": "#/components/schemas/Problem"
            }
          }
        }
      },
      "LegacyBadRequest": {
        "description": "The request is malformed.",
        "content": {
          "application/json": {
            "schema": {
              "$ref": "#/components/schemas/Failure"
            }
          }
        }
      },
      "LegacyUnauthorized": {
        "description": "The bearer token is missing, or the API server rejects it.",
        "headers": {
          "WWW-Authenticate": {
            "description": "The scheme that is expected.",
            "schema": {
              "type": "string",
              "const": "Bearer"
            }
          }
        },
        "content": {
          "application/json": {
            "schema": {
              "$ref": "#/components/schemas/Failure"
            }
          }
        }
      },
      "LegacyForbidden": {
        "description": "The caller lacks a right, or admission denies the request.",
        "content": {
          "application/json": {
            "schema": {
              "$ref": "#/components/schemas/Failure"
            }
          }
        }
      },
      "LegacyNotFound": {
        "description": "No run of the task exists.",
        "content": {
          "application/json": {
            "schema": {
              "$ref": "#/components/schemas/Failure"
            }
          }
        }
      },
      "LegacyConflict": {
        "description": "The task exists with another specification, has several runs, or its state does not allow the request.",
        "content": {
          "application/json": {
            "schema": {
              "$ref": "#/components/schemas/Failure"
            }
          }
        }
      },
      "LegacyGone": {
        "description": "The page token is too old. List again.",
        "content": {
          "application/json": {
            "schema": {
              "$ref": "#/components/schemas/Failure"
            }
          }
        }
      },
      "LegacyTooLarge": {
        "description": "The body exceeds 2 MiB.",
        "content": {
          "application/json": {
            "schema": {
              "$ref": "#/components/schemas/Failure"
            }
          }
        }
      },
      "LegacyUnsupportedMediaType": {
        "description": "The body is not application/json.",
        "content": {
          "application/json": {
            "schema": {
              "$ref": "#/components/schemas/Failure"
            }
          }
        }
      },
      "LegacyInvalid": {
        "description": "The run would be invalid.",
        "content": {
          "application/json": {
            "schema": {
              "$ref": "#/components/schemas/Failure"
            }
          }
        }
      },
      "LegacyTooManyRequests": {
        "description": "The caller sends too many requests or has too many streams open, or the API server is overloaded.",
        "headers": {
          "Retry-After": {
            "description": "Seconds to wait.",
            "schema": {
              "type": "integer",
              "minimum": 1
            }
          }
        },
        "content": {
          "application/json": {
            "schema": {
              "$ref": "#/components/schemas/Failure"
            }
          }
        }
      },
      "LegacyBadGateway": {
        "description": "The API server failed.",
        "content": {
          "application/json": {
            "schema": {
              "$ref": "#/components/schemas/Failure"
            }
          }
        }
      },
      "LegacyUnavailable": {
        "description": "The API server cannot be reached, or this server is stopping.",
        "content": {
          "application/json": {
            "schema": {
              "$ref": "#/components/schemas/Failure"
            }
          }
        }
      },
      "LegacyGatewayTimeout": {
        "description": "The API server did not answer in time.",
        "content": {
          "application/json": {
            "schema": {
              "$ref": "#/components/schemas/Failure"
            }
          }
        }
      }
    },
    "schemas": {
      "NamespaceName": {
        "type": "string",
        "minLength": 1,
        "maxLength": 63,
        "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
      },
      "RunName": {
        "type": "string",
        "minLength": 1,
        "maxLength": 253,
        "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"
      },
      "TaskDigits": {
        "type": "string",
        "description": "Number of a task, in digits.",
        "pattern": "^[1-9][0-9]{0,9}$"
      },
      "Phase": {
        "type": "string",
        "description": "Succeeded, Failed and Cancelled are final, unless another attempt is requested.",
        "enum": [
          "Pending",
          "Running",
          "Succeeded",
          "Failed",
          "Cancelled"
        ]
      },
      "Problem": {
        "type": "object",
        "description": "RFC 9457.",
        "required": [
          "type",
          "title",
          "status",
          "detail"
        ],
        "properties": {
          "type": {
            "type": "string",
            "const": "about:blank"
          },
          "title": {
            "type": "string",
            "description": "Meaning of the status."
          },
          "status": {
            "type": "integer",
            "minimum": 400,
            "maximum": 599,
            "description": "HTTP status."
          },
          "detail": {
            "type": "string",
            "description": "What is wrong, and what to do."
          },
          "field": {
            "type": "string",
            "description": "Parameter, or path in the body, that is wrong."
          }
        },
        "examples": [
          {
            "type": "about:blank",
            "title": "Bad Request",
            "status": 400,
            "detail": "limit must be at most 1000",
            "field": "limit"
          }
        ]
      },
      "Caller": {
        "type": "object",
        "required": [
          "username",
          "groups"
        ],
        "properties": {
          "username": {
            "type": "string"
          },
          "groups": {
            "type": "array",
            "items": {
              "type": "string"
            }
          }
        },
        "examples": [
          {
            "username": "system:serviceaccount:team-a:ci",
            "groups": [
              "system:serviceaccounts",
              "system:serviceaccounts:team-a",
              "system:authenticated"
            ]
          }
        ]
      },
      "NamespaceList": {
        "type": "object",
        "required": [
          "items"
        ],
        "properties": {
          "items": {
            "type": "array",
            "items": {
              "type": "object",
              "required": [
                "name"
              ],
              "properties": {
                "name": {
                  "$ref": "#/components/schemas/NamespaceName"
                }
              }
            }
          }
        }
      },
      "RunSummary": {
        "type": "object",
        "description": "A run as in lists, from the columns that kubectl prints.",
        "required": [
          "kind",
          "namespace",
          "name",
          "uid",
          "phase",
          "createdAt"
        ],
        "properties": {
          "kind": {
            "type": "string",
            "enum": [
              "TaskRun",
              "CodeRun",
              "DocsRun"
            ]
          },
          "namespace": {
            "$ref": "#/components/schemas/NamespaceName"
          },
          "name": {
            "$ref": "#/components/schemas/RunName"
          },
          "uid": {
            "type": "string"
          },
          "task": {
            "type": "integer",
            "description": "Number of the task; DocsRuns have none."
          },
          "service": {
            "type": "string",
            "description": "Service; of a DocsRun its directory."
          },
          "agent": {
            "type": "string"
          },
          "attempt": {
            "type": "integer",
            "minimum": 0,
            "description": "Number of attempts so far; absent before the first."
          },
          "phase": {
            "$ref": "#/components/schemas/Phase"
          },
          "reason": {
            "type": "string",
            "description": "Why it is in this phase, as one word."
          },
          "branch": {
            "type": "string",
            "description": "Source branch of a DocsRun."
          },
          "model": {
            "type": "string",
            "description": "With `wide`: model of a CodeRun."
          },
          "job": {
            "type": "string",
            "description": "With `wide`: Job of the latest attempt."
          },
          "message": {
            "type": "string",
            "description": "With `wide`: what the run does, or how it ended."
          },
          "costUSD": {
            "type": "number",
            "description": "With `wide`: US dollars spent on models, of those with a price."
          },
          "pullRequestUrl": {
            "type": "string",
            "description": "With `wide`: pull request of a CodeRun or DocsRun."
          },
          "createdAt": {
            "type": "string",
            "format": "date-time"
          }
        },
        "examples": [
          {
            "kind": "TaskRun",
            "namespace": "orchestrator",
            "name": "auth-service-task-1",
            "uid": "0f8e1b5e-6d5f-4a53-9a59-6d3d5d4dfb3c",
            "task": 1,
            "service": "auth-service",
            "agent": "claude-agent-1",
            "attempt": 1,
            "phase": "Running",
            "reason": "AttemptRunning",
            "createdAt": "2026-01-02T03:04:05Z"
          }
        ]
      },
      "RunList": {
        "type": "object",
        "required": [
          "items",
          "version"
        ],
        "properties": {
          "items": {
            "type": "array",
            "items": {
              "$ref": "#/components/schemas/RunSummary"
            }
          },
          "continue": {
            "type": "string",
            "description": "Absent on the last page."
          },
          "version": {
            "type": "string",
            "description": "For `watch`; take that of the last page. It stands for the kinds listed so far."
          }
        }
      },
      "RunChange": {
        "type": "object",
        "required": [
          "type",
          "run"
        ],
        "properties": {
          "type": {
            "type": "string",
            "enum": [
              "added",
              "modified",
              "deleted"
            ]
          },
          "run": {
            "$ref": "#/components/schemas/RunSummary"
          }
        }
      },
      "RunChangeStream": {
        "type": "object",
        "description": "Server-sent events; this is the schema of each. `event: run` has a RunChange as data. `event: expired` means that changes are lost: list again. `event: end` means that the server ends the stream: list again, or watch from the `id` of the last event as `version`. `event: error` has a Problem as data and ends a stream that fails. Comments keep the connection alive.",
        "properties": {
          "event": {
            "type": "string",
            "enum": [
              "run",
              "expired",
              "end",
              "error"
            ]
          },
          "id": {
            "type": "string"
          },
          "data": {
            "type": "string",
            "contentMediaType": "application/json",
            "contentSchema": {
              "anyOf": [
                {
                  "$ref": "#/components/schemas/RunChange"
                },
                {
                  "$ref": "#/components/schemas/Problem"
                },
                {
                  "$ref": "#/components/schemas/StreamEndData"
                }
              ]
            }
          }
        },
        "examples": [
          {
            "event": "run",
            "data": "{\"type\":\"deleted\",\"run\":{\"kind\":\"TaskRun\",\"namespace\":\"orchestrator\",\"name\":\"auth-service-task-1\",\"uid\":\"0f8e1b5e-6d5f-4a53-9a59-6d3d5d4dfb3c\",\"phase\":\"Running\",\"createdAt\":\"2026-01-02T03:04:05Z\"}}"
          }
        ]
      },
      "StreamEndData": {
        "type": "object",
        "description": "Of `end` and `expired`. `stopping`, the server stops; `age`, the stream has lasted as long as streams may.",
        "additionalProperties": false,
        "properties": {
          "reason": {
            "type": "string",
            "enum": [
              "stopping",
              "age"
            ]
          }
        }
      },
      "Run": {
        "type": "object",
        "description": "The custom resource, as in docs/reference, without `metadata.managedFields`.",
        "required": [
          "apiVersion",
          "kind",
          "metadata",
          "spec"
        ],
        "properties": {
          "apiVersion": {
            "type": "string",
            "const": "orchestrator.io/v1"
          },
          "kind": {
            "type": "string",
            "enum": [
              "TaskRun",
              "CodeRun",
              "DocsRun"
            ]
          },
          "metadata": {
            "$ref": "#/components/schemas/Metadata"
          },
          "spec": {
            "type": "object",
            "description": "As in docs/reference, by kind.",
            "additionalProperties": true
          },
          "status": {
            "$ref": "#/components/schemas/RunStatus"
          }
        }
      },
      "RunStatus": {
        "type": "object",
        "description": "The fields that all kinds have, each once it has a value. Fields of a single kind are in docs/reference.",
        "additionalProperties": true,
        "properties": {
          "phase": {
            "$ref": "#/components/schemas/Phase"
          },
          "observedGeneration": {
            "type": "integer",
            "description": "metadata.generation that this status is based on."
          },
          "reason": {
            "type": "string",
            "description": "Why the run is in this phase, as one word of docs/reference/reasons.md."
          },
          "message": {
            "type": "string",
            "description": "What the run is doing, as a sentence."
          },
          "conditions": {
            "type": "array",
            "items": {
              "$ref": "#/components/schemas/Condition"
            }
          },
          "attempts": {
            "type": "integer",
            "description": "Number of attempts so far."
          },
          "runs": {
            "type": "array",
            "description": "The latest attempts, oldest first.",
            "items": {
              "$ref": "#/components/schemas/Attempt"
            }
          },
          "jobName": {
            "type": "string",
            "description": "Job of the latest attempt."
          },
          "configMapName": {
            "type": "string",
            "description": "ConfigMap with the files of the latest attempt."
          },
          "startTime": {
            "type": "string",
            "format": "date-time"
          },
          "completionTime": {
            "type": "string",
            "format": "date-time"
          },
          "nextRetryTime": {
            "type": "string",
            "format": "date-time",
            "description": "Time when the next automatic retry starts."
          },
          "lastUpdated": {
            "type": "string",
            "format": "date-time"
          },
          "sessionId": {
            "type": "string",
            "description": "ID of the agent's session, as the agent reported it."
          },
          "usage": {
            "$ref": "#/components/schemas/RunUsage"
          },
          "pullRequestUrl": {
            "type": "string",
            "description": "Pull request that the agent opened."
          },
          "workCompleted": {
            "type": "boolean",
            "description": "Whether the work is done. Once true, no attempt starts automatically."
          }
        }
      },
      "Condition": {
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
            "type": "string"
          },
          "status": {
            "type": "string",
            "enum": [
              "True",
              "False",
              "Unknown"
            ]
          },
          "observedGeneration": {
            "type": "integer"
          },
          "lastTransitionTime": {
            "type": "string",
            "format": "date-time"
          },
          "reason": {
            "type": "string"
          },
          "message": {
            "type": "string"
          }
        }
      },
      "Attempt": {
        "type": "object",
        "required": [
          "number"
        ],
        "properties": {
          "number": {
            "type": "integer",
            "description": "1 for the first one."
          },
          "jobName": {
            "type": "string"
          },
          "jobUID": {
            "type": "string"
          },
          "cause": {
            "type": "string",
            "description": "What started the attempt."
          },
          "startTime": {
            "type": "string",
            "format": "date-time"
          },
          "completionTime": {
            "type": "string",
            "format": "date-time"
          },
          "outcome": {
            "type": "string"
          },
          "exitCode": {
            "type": "integer"
          },
          "reason": {
            "type": "string"
          }
        }
      },
      "Metadata": {
        "type": "object",
        "required": [
          "name",
          "namespace",
          "uid",
          "creationTimestamp"
        ],
        "properties": {
          "name": {
            "type": "string"
          },
          "namespace": {
            "type": "string"
          },
          "uid": {
            "type": "string"
          },
          "resourceVersion": {
            "type": "string",
            "description": "Absent in a dry run that would create the run."
          },
          "creationTimestamp": {
            "type": "string",
            "format": "date-time"
          },
          "deletionTimestamp": {
            "type": "string",
            "format": "date-time"
          },
          "generation": {
            "type": "integer"
          },
          "labels": {
            "type": "object",
            "additionalProperties": {
              "type": "string"
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
      "RunStreamChange": {
        "type": "object",
        "required": [
          "type",
          "run"
        ],
        "properties": {
          "type": {
            "type": "string",
            "enum": [
              "added",
              "modified",
              "deleted"
            ]
          },
          "run": {
            "$ref": "#/components/schemas/Run"
          }
        }
      },
      "RunStream": {
        "type": "object",
        "description": "Server-sent events; this is the schema of each. `event: run` has a RunStreamChange as data; the first one is `added`. The stream ends with `event: end` after a `deleted`, or when the server ends it, and with `event: error` and a Problem when it fails.",
        "properties": {
          "event": {
            "type": "string",
            "enum": [
              "run",
              "end",
              "error"
            ]
          },
          "data": {
            "type": "string",
            "contentMediaType": "application/json",
            "contentSchema": {
              "anyOf": [
                {
                  "$ref": "#/components/schemas/RunStreamChange"
                },
                {
                  "$ref": "#/components/schemas/Problem"
                },
                {
                  "$ref": "#/components/schemas/StreamEndData"
                }
              ]
            }
          }
        }
      },
      "RunUsage": {
        "type": "object",
        "description": "What all attempts that have ended used of models, as in docs/reference; absent if no pod had a gateway.",
        "additionalProperties": true,
        "properties": {
          "inputTokens": {
            "type": "integer",
            "minimum": 0,
            "description": "Without those of caches."
          },
          "outputTokens": {
            "type": "integer",
            "minimum": 0
          },
          "cacheReadTokens": {
            "type": "integer",
            "minimum": 0
          },
          "cacheWriteTokens": {
            "type": "integer",
            "minimum": 0
          },
          "requests": {
            "type": "integer",
            "minimum": 0
          },
          "costUSD": {
            "type": "number",
            "minimum": 0,
            "description": "US dollars; absent if no model has a price."
          },
          "unknownAttempts": {
            "type": "integer",
            "minimum": 0,
            "description": "Attempts whose gateway left no report."
          }
        }
      },
      "UsageReport": {
        "type": "object",
        "required": [
          "by",
          "items",
          "total",
          "unknownAttempts"
        ],
        "properties": {
          "by": {
            "type": "string"
          },
          "items": {
            "type": "array",
            "description": "Those that cost most first; periods in their order.",
            "items": {
              "$ref": "#/components/schemas/UsageRow"
            }
          },
          "total": {
            "$ref": "#/components/schemas/UsageSum"
          },
          "unknownAttempts": {
            "type": "integer",
            "minimum": 0,
            "description": "Attempts whose usage is not known, because their gateway left no report."
          }
        }
      },
      "UsageRow": {
        "type": "object",
        "required": [
          "name",
          "runs",
          "attempts",
          "inputTokens",
          "outputTokens",
          "cacheReadTokens",
          "cacheWriteTokens",
          "requests"
        ],
        "properties": {
          "name": {
            "type": "string",
            "description": "Name of the group; empty for runs that have none."
          },
          "runs": {
            "type": "integer",
            "minimum": 0
          },
          "attempts": {
            "type": "integer",
            "minimum": 0
          },
          "inputTokens": {
            "type": "integer",
            "minimum": 0,
            "description": "Without those of caches."
          },
          "outputTokens": {
            "type": "integer",
            "minimum": 0
          },
          "cacheReadTokens": {
            "type": "integer",
            "minimum": 0
          },
          "cacheWriteTokens": {
            "type": "integer",
            "minimum": 0
          },
          "requests": {
            "type": "integer",
            "minimum": 0
          },
          "costUSD": {
            "type": "number",
            "minimum": 0,
            "description": "US dollars; absent if no model has a price."
          }
        }
      },
      "UsageSum": {
        "type": "object",
        "required": [
          "runs",
          "attempts",
          "inputTokens",
          "outputTokens",
          "cacheReadTokens",
          "cacheWriteTokens",
          "requests"
        ],
        "properties": {
          "runs": {
            "type": "integer",
            "minimum": 0
          },
          "attempts": {
            "type": "integer",
            "minimum": 0
          },
          "inputTokens": {
            "type": "integer",
            "minimum": 0,
            "description": "Without those of caches."
          },
          "outputTokens": {
            "type": "integer",
            "minimum": 0
          },
          "cacheReadTokens": {
            "type": "integer",
            "minimum": 0
          },
          "cacheWriteTokens": {
            "type": "integer",
            "minimum": 0
          },
          "requests": {
            "type": "integer",
            "minimum": 0
          },
          "costUSD": {
            "type": "number",
            "minimum": 0,
            "description": "US dollars; absent if no model has a price."
          }
        }
      },
      "BudgetList": {
        "type": "object",
        "required": [
          "items",
          "isTruncated"
        ],
        "properties": {
          "items": {
            "type": "array",
            "description": "By namespace and name; at most 1,000.",
            "items": {
              "$ref": "#/components/schemas/BudgetSummary"
            }
          },
          "isTruncated": {
            "type": "boolean",
            "description": "There are more."
          }
        }
      },
      "BudgetSummary": {
        "type": "object",
        "required": [
          "namespace",
          "name",
          "period",
          "timeZone",
          "limit",
          "spent",
          "unmeasured",
          "reserved",
          "runningAttempts",
          "isNearlySpent",
          "isExhausted"
        ],
        "properties": {
          "namespace": {
            "type": "string"
          },
          "name": {
            "type": "string"
          },
          "selector": {
            "description": "Which runs it holds for; absent, all of its namespace, or in the operator's namespace all.",
            "type": "object",
            "properties": {
              "namespaces": {
                "type": "array",
                "items": {
                  "type": "string"
                }
              },
              "services": {
                "type": "array",
                "items": {
                  "type": "string"
                }
              },
              "agents": {
                "type": "array",
                "items": {
                  "type": "string"
                }
              },
              "repositories": {
                "type": "array",
                "items": {
                  "type": "string"
                }
              }
            }
          },
          "period": {
            "type": "string",
            "enum": [
              "Day",
              "Week",
              "Month"
            ]
          },
          "timeZone": {
            "type": "string"
          },
          "limit": {
            "$ref": "#/components/schemas/BudgetAmount"
          },
          "spent": {
            "$ref": "#/components/schemas/BudgetAmount"
          },
          "unmeasured": {
            "description": "Reservations of attempts whose usage is not known; they count as spent.",
            "$ref": "#/components/schemas/BudgetAmount"
          },
          "reserved": {
            "description": "What running attempts may spend.",
            "$ref": "#/components/schemas/BudgetAmount"
          },
          "resetsAt": {
            "type": "string",
            "format": "date-time"
          },
          "runningAttempts": {
            "type": "integer",
            "minimum": 0
          },
          "isNearlySpent": {
            "type": "boolean",
            "description": "Four fifths are spent."
          },
          "isExhausted": {
            "type": "boolean",
            "description": "An attempt without a budget of its own does not fit."
          },
          "problem": {
            "type": "string",
            "description": "Why it cannot be counted as it is written; absent if it can."
          },
          "waitingRuns": {
            "description": "Runs that wait for it, among those that the caller may list; absent if that is none.",
            "type": "integer",
            "minimum": 0
          },
          "waiting": {
            "description": "Their names; at most 100.",
            "type": "array",
            "items": {
              "$ref": "#/components/schemas/WaitingRun"
            }
          }
        }
      },
      "WaitingRun": {
        "type": "object",
        "required": [
          "kind",
          "namespace",
          "name"
        ],
        "properties": {
          "kind": {
            "type": "string",
            "enum": [
              "TaskRun",
              "CodeRun",
              "DocsRun"
            ]
          },
          "namespace": {
            "type": "string"
          },
          "name": {
            "type": "string"
          }
        }
      },
      "DeliveryList": {
        "type": "object",
        "required": [
          "items",
          "isTruncated"
        ],
        "properties": {
          "items": {
            "type": "array",
            "description": "The newest first; at most 500.",
            "items": {
              "$ref": "#/components/schemas/DeliverySummary"
            }
          },
          "isTruncated": {
            "type": "boolean",
            "description": "There are more."
          }
        }
      },
      "DeliverySummary": {
        "type": "object",
        "required": [
          "namespace",
          "name",
          "receivedAt",
          "event",
          "phase"
        ],
        "properties": {
          "namespace": {
            "type": "string"
          },
          "name": {
            "type": "string"
          },
          "receivedAt": {
            "type": "string",
            "format": "date-time"
          },
          "event": {
            "type": "string",
            "description": "Such as pull_request."
          },
          "action": {
            "type": "string",
            "description": "Such as opened."
          },
          "repository": {
            "type": "string",
            "description": "As owner/name."
          },
          "subject": {
            "description": "The issue or pull request that it is about.",
            "type": "object",
            "required": [
              "kind",
              "number"
            ],
            "properties": {
              "kind": {
                "type": "string",
                "enum": [
                  "Issue",
                  "PullRequest"
                ]
              },
              "number": {
                "type": "integer",
                "minimum": 1
              },
              "title": {
                "type": "string"
              }
            }
          },
          "url": {
            "type": "string",
            "description": "Page of the issue or pull request."
          },
          "sender": {
            "type": "string",
            "description": "Login of who caused it."
          },
          "phase": {
            "type": "string",
            "enum": [
              "Undecided",
              "Decided",
              "Waiting",
              "Done",
              "Ignored",
              "Failed"
            ]
          },
          "decision": {
            "type": "string",
            "description": "What is done, such as start."
          },
          "rule": {
            "type": "string",
            "description": "Rule that decided."
          },
          "reason": {
            "type": "string",
            "description": "One word, for programs."
          },
          "message": {
            "type": "string",
            "description": "A sentence."
          },
          "task": {
            "type": "integer",
            "minimum": 1
          },
          "run": {
            "description": "CodeRun that it led to.",
            "type": "object",
            "required": [
              "namespace",
              "name"
            ],
            "properties": {
              "namespace": {
                "type": "string"
              },
              "name": {
                "type": "string"
              }
            }
          },
          "workflow": {
            "description": "Workflow of Argo that it resumed or stopped.",
            "type": "object",
            "required": [
              "namespace",
              "name"
            ],
            "properties": {
              "namespace": {
                "type": "string"
              },
              "name": {
                "type": "string"
              }
            }
          }
        }
      },
      "PlayList": {
        "type": "object",
        "required": [
          "items",
          "isTruncated"
        ],
        "properties": {
          "items": {
            "type": "array",
            "description": "Those with the latest run first; at most 200.",
            "items": {
              "$ref": "#/components/schemas/PlaySummary"
            }
          },
          "isTruncated": {
            "type": "boolean",
            "description": "There are more."
          }
        }
      },
      "PlaySummary": {
        "type": "object",
        "required": [
          "namespace",
          "task",
          "repository",
          "isLive",
          "updatedAt",
          "steps"
        ],
        "properties": {
          "namespace": {
            "type": "string"
          },
          "task": {
            "type": "integer",
            "minimum": 1
          },
          "repository": {
            "type": "string",
            "description": "As host/owner/name."
          },
          "workflow": {
            "description": "Workflow of Argo that carries it; absent, the rules of the configuration do, or the caller may not list Workflows.",
            "type": "object",
            "required": [
              "name",
              "phase"
            ],
            "properties": {
              "name": {
                "type": "string"
              },
              "phase": {
                "type": "string"
              },
              "stage": {
                "type": "string",
                "description": "Label current-stage."
              }
            }
          },
          "isLive": {
            "type": "boolean",
            "description": "A run or the Workflow has not ended."
          },
          "updatedAt": {
            "type": "string",
            "description": "When its last run or Workflow was created."
          },
          "steps": {
            "type": "array",
            "description": "In their order; at most the last 100.",
            "items": {
              "$ref": "#/components/schemas/PlayStepSummary"
            }
          }
        }
      },
      "PlayStepSummary": {
        "type": "object",
        "required": [
          "stage",
          "state"
        ],
        "properties": {
          "stage": {
            "type": "string",
            "description": "Such as quality, or waiting-pr-merged for an event."
          },
          "state": {
            "type": "string",
            "enum": [
              "done",
              "running",
              "waiting",
              "failed",
              "cancelled",
              "ahead"
            ]
          },
          "agent": {
            "type": "string"
          },
          "run": {
            "type": "string",
            "description": "Name of the CodeRun; absent for an event, and for a stage ahead."
          },
          "phase": {
            "type": "string",
            "description": "Phase of the run."
          },
          "pullRequestUrl": {
            "type": "string"
          },
          "message": {
            "type": "string",
            "description": "What the run says, or how the event ended."
          },
          "at": {
            "type": "string",
            "description": "When it began; absent for a stage ahead."
          }
        }
      },
      "BudgetAmount": {
        "type": "object",
        "properties": {
          "costUSD": {
            "type": "number",
            "minimum": 0,
            "description": "US dollars."
          },
          "tokens": {
            "type": "integer",
            "minimum": 0,
            "description": "Of all kinds."
          }
        }
      },
      "ArchivedRunList": {
        "type": "object",
        "required": [
          "items"
        ],
        "properties": {
          "items": {
            "type": "array",
            "items": {
              "$ref": "#/components/schemas/ArchivedRunSummary"
            }
          },
          "continue": {
            "description": "Present if more follow.",
            "type": "string"
          }
        }
      },
      "ArchivedRunSummary": {
        "type": "object",
        "description": "An archived run, as far as its place in the archive says.",
        "required": [
          "kind",
          "namespace",
          "name",
          "uid",
          "archivedAt",
          "bytes"
        ],
        "properties": {
          "kind": {
            "type": "string",
            "enum": [
              "TaskRun",
              "CodeRun",
              "DocsRun"
            ]
          },
          "namespace": {
            "type": "string"
          },
          "name": {
            "type": "string"
          },
          "uid": {
            "type": "string"
          },
          "archivedAt": {
            "type": "string",
            "format": "date-time"
          },
          "bytes": {
            "type": "integer",
            "description": "Of the compressed document."
          }
        }
      },
      "ArchivedTranscript": {
        "type": "object",
        "description": "The document that schemas/archived-transcript.yaml describes.",
        "required": [
          "formatVersion",
          "run",
          "attempt",
          "jobUID",
          "pod",
          "container",
          "isCut",
          "text"
        ],
        "properties": {
          "formatVersion": {
            "type": "integer",
            "const": 1
          },
          "run": {
            "type": "object",
            "required": [
              "kind",
              "namespace",
              "name",
              "uid"
            ],
            "properties": {
              "kind": {
                "type": "string",
                "enum": [
                  "TaskRun",
                  "CodeRun",
                  "DocsRun"
                ]
              },
              "namespace": {
                "type": "string"
              },
              "name": {
                "type": "string"
              },
              "uid": {
                "type": "string"
              }
            }
          },
          "attempt": {
            "type": "integer",
            "minimum": 1
          },
          "jobUID": {
            "type": "string"
          },
          "pod": {
            "type": "string"
          },
          "container": {
            "type": "string",
            "description": "The agent's; or that before it, if it has failed."
          },
          "isCut": {
            "type": "boolean",
            "description": "Whether the log had more before this."
          },
          "text": {
            "type": "string"
          }
        }
      },
      "ArchivedRun": {
        "type": "object",
        "description": "The document that schemas/archived-run.yaml describes.",
        "required": [
          "formatVersion",
          "run",
          "events"
        ],
        "properties": {
          "formatVersion": {
            "type": "integer",
            "const": 1
          },
          "run": {
            "$ref": "#/components/schemas/Run"
          },
          "events": {
            "type": "array",
            "description": "The latest last.",
            "items": {
              "type": "object",
              "required": [
                "type",
                "reason",
                "message",
                "time",
                "count"
              ],
              "properties": {
                "type": {
                  "type": "string"
                },
                "reason": {
                  "type": "string"
                },
                "message": {
                  "type": "string"
                },
                "time": {
                  "type": "string",
                  "description": "RFC 3339."
                },
                "count": {
                  "type": "integer",
                  "minimum": 1
                }
              }
            }
          }
        }
      },
      "RunEventList": {
        "type": "object",
        "required": [
          "items"
        ],
        "properties": {
          "items": {
            "type": "array",
            "items": {
              "type": "object",
              "required": [
                "type",
                "reason",
                "message",
                "count",
                "firstSeen",
                "lastSeen"
              ],
              "properties": {
                "type": {
                  "type": "string",
                  "enum": [
                    "Normal",
                    "Warning"
                  ]
                },
                "reason": {
                  "type": "string"
                },
                "message": {
                  "type": "string"
                },
                "count": {
                  "type": "integer",
                  "minimum": 1
                },
                "firstSeen": {
                  "type": "string",
                  "format": "date-time"
                },
                "lastSeen": {
                  "type": "string",
                  "format": "date-time"
                }
              }
            }
          }
        }
      },
      "RunFileList": {
        "type": "object",
        "required": [
          "items"
        ],
        "properties": {
          "items": {
            "type": "array",
            "items": {
              "type": "object",
              "required": [
                "filename",
                "size",
                "content"
              ],
              "properties": {
                "filename": {
                  "type": "string"
                },
                "type": {
                  "type": "string",
                  "description": "Purpose of a TaskRun's file."
                },
                "size": {
                  "type": "integer",
                  "minimum": 0,
                  "description": "Bytes."
                },
                "content": {
                  "type": "string"
                }
              }
            }
          }
        }
      },
      "RunAccess": {
        "type": "object",
        "required": [
          "update",
          "delete",
          "logs"
        ],
        "properties": {
          "update": {
            "type": "boolean",
            "description": "Retry, suspend, resume, cancel, and add context."
          },
          "delete": {
            "type": "boolean"
          },
          "logs": {
            "type": "boolean"
          }
        }
      },
      "Requested": {
        "type": "object",
        "required": [
          "changed",
          "message",
          "run"
        ],
        "properties": {
          "changed": {
            "type": "boolean",
            "description": "False: the run was already so, and nothing was written."
          },
          "message": {
            "type": "string",
            "description": "What became of the request."
          },
          "run": {
            "$ref": "#/components/schemas/Run"
          }
        }
      },
      "LogData": {
        "type": "object",
        "additionalProperties": false,
        "properties": {
          "attempt": {
            "type": "integer",
            "description": "Of `attempt`."
          },
          "pod": {
            "type": "string",
            "description": "Of `attempt`."
          },
          "text": {
            "type": "string",
            "description": "Of `output`."
          }
        }
      },
      "LogStream": {
        "type": "object",
        "description": "Server-sent events; this is the schema of each. `event: attempt` begins the output of an attempt and has its number and pod; `event: output` has text; `event: error` has a Problem as data and ends a stream that fails; `event: end` ends the output, which is incomplete if its data has a `reason`. A text is cut off then.",
        "properties": {
          "event": {
            "type": "string",
            "enum": [
              "attempt",
              "output",
              "end",
              "error"
            ]
          },
          "data": {
            "type": "string",
            "contentMediaType": "application/json",
            "contentSchema": {
              "anyOf": [
                {
                  "$ref": "#/components/schemas/LogData"
                },
                {
                  "$ref": "#/components/schemas/Problem"
                },
                {
                  "$ref": "#/components/schemas/StreamEndData"
                }
              ]
            }
          }
        }
      },
      "Health": {
        "type": "object",
        "required": [
          "status",
          "version",
          "timestamp"
        ],
        "properties": {
          "status": {
            "type": "string",
            "enum": [
              "healthy",
              "unhealthy"
            ]
          },
          "version": {
            "type": "string"
          },
          "timestamp": {
            "type": "string",
            "format": "date-time"
          },
          "failing": {
            "type": "array",
            "items": {
              "type": "string"
            }
          }
        }
      },
      "EmptyRequest": {
        "type": "object",
        "additionalProperties": false
      },
      "ApplyRequest": {
        "type": "object",
        "additionalProperties": false,
        "required": [
          "spec"
        ],
        "properties": {
          "spec": {
            "type": "object",
            "description": "What the caller decides of the run's specification, as in docs/reference. Admission fills in the rest."
          },
          "uid": {
            "type": "string",
            "pattern": "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
            "description": "Of the run to change. If another one has the name now, the answer is 409."
          },
          "resourceVersion": {
            "type": "string",
            "pattern": "^[1-9][0-9]{0,17}$",
            "description": "Version of the run that the change was decided on. If the run has changed since, the answer is 409."
          }
        },
        "examples": [
          {
            "spec": {
              "taskId": 1,
              "serviceName": "auth-service",
              "markdownFiles": [
                {
                  "filename": "task.md",
                  "content": "# Add password reset"
                }
              ]
            }
          }
        ]
      },
      "RetryRequest": {
        "type": "object",
        "additionalProperties": false,
        "properties": {
          "replace": {
            "type": "boolean",
            "default": false,
            "description": "Stop an attempt that is running."
          }
        }
      },
      "ContextRequest": {
        "type": "object",
        "additionalProperties": false,
        "properties": {
          "additional_context": {
            "type": "string",
            "minLength": 1,
            "maxLength": 1048576,
            "pattern": "\\S",
            "description": "What the agent should know."
          },
          "context": {
            "type": "string",
            "minLength": 1,
            "maxLength": 1048576,
            "pattern": "\\S",
            "description": "The same, under its other name."
          },
          "metadata": {
            "type": [
              "object",
              "null"
            ],
            "description": "Has no effect."
          }
        },
        "oneOf": [
          {
            "required": [
              "additional_context"
            ]
          },
          {
            "required": [
              "context"
            ]
          }
        ],
        "examples": [
          {
            "additional_context": "The tests need Node 22."
          }
        ]
      },
      "TaskNumber": {
        "description": "Number of the task, as number or digits.",
        "oneOf": [
          {
            "type": "integer",
            "minimum": 1,
            "maximum": 2147483647
          },
          {
            "$ref": "#/components/schemas/TaskDigits"
          }
        ]
      },
      "Files": {
        "type": "array",
        "description": "Files that the agent works from.",
        "minItems": 1,
        "maxItems": 64,
        "items": {
          "type": "object",
          "additionalProperties": false,
          "required": [
            "content",
            "filename"
          ],
          "properties": {
            "content": {
              "type": "string",
              "minLength": 1,
              "maxLength": 1048576
            },
            "filename": {
              "type": "string",
              "minLength": 1,
              "maxLength": 253,
              "pattern": "^[a-zA-Z0-9_-][a-zA-Z0-9._-]*\\.md$"
            },
            "file_type": {
              "description": "Purpose of the file.",
              "enum": [
                "task",
                "design-spec",
                "prompt",
                "context",
                "acceptance-criteria",
                "design_spec",
                "acceptance_criteria",
                "Task",
                "DesignSpec",
                "Prompt",
                "Context",
                "AcceptanceCriteria",
                null
              ]
            }
          }
        }
      },
      "TaskRepository": {
        "description": "Repository: its URL, or an object.",
        "oneOf": [
          {
            "type": "string",
            "minLength": 1,
            "maxLength": 2048
          },
          {
            "$ref": "#/components/schemas/RepositoryObject"
          },
          {
            "type": "null"
          }
        ]
      },
      "RepositoryObject": {
        "type": "object",
        "additionalProperties": false,
        "required": [
          "url"
        ],
        "properties": {
          "url": {
            "type": "string",
            "minLength": 1,
            "maxLength": 2048
          },
          "branch": {
            "type": [
              "string",
              "null"
            ],
            "minLength": 1,
            "maxLength": 255
          },
          "github_user": {
            "type": [
              "string",
              "null"
            ],
            "minLength": 1,
            "maxLength": 63
          },
          "path": {
            "type": [
              "string",
              "null"
            ],
            "minLength": 1,
            "maxLength": 1024
          },
          "token": {
            "type": "null",
            "description": "Refused. Store the token in a Secret, see docs/guide/server.md."
          }
        }
      },
      "TaskSubmission": {
        "description": "A PmTaskRequest or a CodeRequest. A body with `markdown_files`, `service_name` or `id` is a PmTaskRequest.",
        "anyOf": [
          {
            "$ref": "#/components/schemas/PmTaskRequest"
          },
          {
            "$ref": "#/components/schemas/CodeRequest"
          }
        ]
      },
      "PmTaskRequest": {
        "type": "object",
        "additionalProperties": false,
        "required": [
          "id",
          "service_name",
          "markdown_files"
        ],
        "properties": {
          "id": {
            "$ref": "#/components/schemas/TaskNumber"
          },
          "service_name": {
            "$ref": "#/components/schemas/ServiceName"
          },
          "agent_name": {
            "type": [
              "string",
              "null"
            ],
            "minLength": 1,
            "maxLength": 63
          },
          "github_app": {
            "type": [
              "string",
              "null"
            ],
            "minLength": 1,
            "maxLength": 63,
            "description": "App that works in the repository, unless repository.github_user is set. Default: that of the agent's profile."
          },
          "model": {
            "type": [
              "string",
              "null"
            ],
            "minLength": 1,
            "maxLength": 253
          },
          "priority": {
            "description": "Which run starts first. Words of other tools are taken as medium.",
            "type": [
              "string",
              "null"
            ],
            "maxLength": 63
          },
          "markdown_files": {
            "$ref": "#/components/schemas/Files"
          },
          "agent_tools": {
            "type": [
              "array",
              "null"
            ],
            "maxItems": 128,
            "items": {
              "type": "object",
              "additionalProperties": false,
              "required": [
                "name"
              ],
              "properties": {
                "name": {
                  "type": "string",
                  "minLength": 1,
                  "maxLength": 128
                },
                "enabled": {
                  "type": [
                    "boolean",
                    "null"
                  ]
                },
                "config": {
                  "type": [
                    "object",
                    "null"
                  ],
                  "maxProperties": 64
                },
                "restrictions": {
                  "type": [
                    "array",
                    "null"
                  ],
                  "maxItems": 64,
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
            "$ref": "#/components/schemas/TaskRepository"
          },
          "working_directory": {
            "type": [
              "string",
              "null"
            ],
            "minLength": 1,
            "maxLength": 1024,
            "description": "Directory in the repository; needs `repository`."
          },
          "prompt_modification": {
            "type": [
              "string",
              "null"
            ],
            "maxLength": 65536,
            "description": "Becomes the file `prompt-modification.md`."
          },
          "prompt_mode": {
            "enum": [
              "append",
              "replace",
              null
            ],
            "description": "`replace` drops the other files of type prompt."
          },
          "title": {
            "type": [
              "string",
              "null"
            ],
            "maxLength": 4096,
            "description": "Has no effect; the agent reads `markdown_files`."
          },
          "description": {
            "type": [
              "string",
              "null"
            ],
            "maxLength": 65536,
            "description": "Has no effect."
          },
          "details": {
            "type": [
              "string",
              "null"
            ],
            "maxLength": 1048576,
            "description": "Has no effect."
          },
          "test_strategy": {
            "type": [
              "string",
              "null"
            ],
            "maxLength": 1048576,
            "description": "Has no effect."
          },
          "testStrategy": {
            "type": [
              "string",
              "null"
            ],
            "maxLength": 1048576,
            "description": "Has no effect."
          },
          "status": {
            "type": [
              "string",
              "null"
            ],
            "maxLength": 63,
            "description": "Has no effect."
          },
          "dependencies": {
            "type": [
              "array",
              "null"
            ],
            "maxItems": 1024,
            "items": {
              "$ref": "#/components/schemas/TaskNumber"
            },
            "description": "Has no effect; `depends_on` names runs to wait for."
          },
          "depends_on": {
            "type": [
              "array",
              "null"
            ],
            "maxItems": 64,
            "items": {
              "$ref": "#/components/schemas/RunName"
            },
            "description": "Names of TaskRuns that have to succeed first."
          },
          "subtasks": {
            "type": [
              "array",
              "null"
            ],
            "maxItems": 1024,
            "items": {
              "type": "object"
            },
            "description": "Has no effect."
          },
          "local_tools": {
            "$ref": "#/components/schemas/NoTools"
          },
          "remote_tools": {
            "$ref": "#/components/schemas/NoTools"
          },
          "tool_config": {
            "enum": [
              "default",
              null
            ],
            "description": "TaskRuns have no other."
          }
        },
        "examples": [
          {
            "id": 1,
            "service_name": "auth-service",
            "markdown_files": [
              {
                "filename": "task.md",
                "file_type": "task",
                "content": "# Add password reset to the auth service"
              }
            ]
          }
        ]
      },
      "NoTools": {
        "type": [
          "array",
          "null"
        ],
        "maxItems": 0,
        "items": {
          "type": "string"
        },
        "description": "Empty: a TaskRun has no MCP tools. Submit a CodeRequest for them."
      },
      "ServiceName": {
        "type": "string",
        "description": "Service that the task belongs to.",
        "minLength": 1,
        "maxLength": 63,
        "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
      },
      "Tools": {
        "description": "Names, as a list or separated by commas.",
        "oneOf": [
          {
            "type": "array",
            "maxItems": 64,
            "items": {
              "type": "string",
              "minLength": 1,
              "maxLength": 128
            }
          },
          {
            "type": "string",
            "maxLength": 8192
          },
          {
            "type": "null"
          }
        ]
      },
      "CodeRequest": {
        "type": "object",
        "additionalProperties": false,
        "required": [
          "task_id",
          "service",
          "docs_repository_url"
        ],
        "properties": {
          "task_id": {
            "$ref": "#/components/schemas/TaskNumber"
          },
          "service": {
            "$ref": "#/components/schemas/ServiceName"
          },
          "repository_url": {
            "type": [
              "string",
              "null"
            ],
            "minLength": 1,
            "maxLength": 2048
          },
          "repository": {
            "$ref": "#/components/schemas/TaskRepository"
          },
          "docs_repository_url": {
            "type": "string",
            "minLength": 1,
            "maxLength": 2048
          },
          "docs_project_directory": {
            "type": [
              "string",
              "null"
            ],
            "maxLength": 1024
          },
          "docs_branch": {
            "type": [
              "string",
              "null"
            ],
            "minLength": 1,
            "maxLength": 255
          },
          "working_directory": {
            "type": [
              "string",
              "null"
            ],
            "maxLength": 1024
          },
          "model": {
            "type": [
              "string",
              "null"
            ],
            "minLength": 1,
            "maxLength": 253
          },
          "github_user": {
            "type": [
              "string",
              "null"
            ],
            "minLength": 1,
            "maxLength": 63
          },
          "github_app": {
            "type": [
              "string",
              "null"
            ],
            "minLength": 1,
            "maxLength": 63
          },
          "local_tools": {
            "$ref": "#/components/schemas/Tools"
          },
          "remote_tools": {
            "$ref": "#/components/schemas/Tools"
          },
          "tool_config": {
            "enum": [
              "minimal",
              "default",
              "advanced",
              null
            ]
          },
          "context_version": {
            "type": [
              "integer",
              "null"
            ],
            "minimum": 1,
            "maximum": 2147483647
          },
          "prompt_modification": {
            "type": [
              "string",
              "null"
            ],
            "maxLength": 65536
          },
          "prompt_mode": {
            "enum": [
              "append",
              "replace",
              null
            ]
          },
          "continue_session": {
            "type": [
              "boolean",
              "null"
            ]
          },
          "overwrite_memory": {
            "type": [
              "boolean",
              "null"
            ]
          },
          "env": {
            "type": [
              "object",
              "null"
            ],
            "maxProperties": 256,
            "additionalProperties": {
              "type": "string",
              "maxLength": 32768
            }
          },
          "env_from_secrets": {
            "type": [
              "array",
              "null"
            ],
            "maxItems": 128,
            "items": {
              "$ref": "#/components/schemas/SecretVariable"
            }
          }
        },
        "examples": [
          {
            "task_id": 1,
            "service": "trader",
            "repository_url": "git@github.com:5dlabs/platform.git",
            "docs_repository_url": "git@github.com:5dlabs/platform.git",
            "docs_project_directory": "_projects/trader",
            "github_user": "swe-1-5dlabs"
          }
        ]
      },
      "SecretVariable": {
        "type": "object",
        "additionalProperties": false,
        "required": [
          "name"
        ],
        "properties": {
          "name": {
            "type": "string",
            "minLength": 1,
            "maxLength": 253
          },
          "secretName": {
            "type": "string",
            "minLength": 1,
            "maxLength": 253
          },
          "secretKey": {
            "type": "string",
            "minLength": 1,
            "maxLength": 253
          },
          "secret_name": {
            "type": "string",
            "minLength": 1,
            "maxLength": 253
          },
          "secret_key": {
            "type": "string",
            "minLength": 1,
            "maxLength": 253
          }
        },
        "oneOf": [
          {
            "required": [
              "secretName",
              "secretKey"
            ]
          },
          {
            "required": [
              "secret_name",
              "secret_key"
            ]
          }
        ]
      },
      "DocsRequest": {
        "type": "object",
        "additionalProperties": false,
        "required": [
          "repository_url",
          "working_directory",
          "source_branch"
        ],
        "properties": {
          "repository_url": {
            "type": "string",
            "minLength": 1,
            "maxLength": 2048
          },
          "working_directory": {
            "type": "string",
            "minLength": 1,
            "maxLength": 1024
          },
          "source_branch": {
            "type": "string",
            "minLength": 1,
            "maxLength": 255
          },
          "model": {
            "type": [
              "string",
              "null"
            ],
            "minLength": 1,
            "maxLength": 253
          },
          "github_user": {
            "type": [
              "string",
              "null"
            ],
            "minLength": 1,
            "maxLength": 63
          },
          "github_app": {
            "type": [
              "string",
              "null"
            ],
            "minLength": 1,
            "maxLength": 63
          },
          "force": {
            "type": [
              "boolean",
              "null"
            ],
            "description": "Requests another attempt of a DocsRun that has ended."
          },
          "dry_run": {
            "type": [
              "boolean",
              "null"
            ],
            "description": "Admission and validation only; nothing is created."
          },
          "target_branch": {
            "type": [
              "string",
              "null"
            ],
            "maxLength": 255,
            "description": "Has no effect; the agent names its branch."
          },
          "service_name": {
            "type": [
              "string",
              "null"
            ],
            "maxLength": 63,
            "description": "Has no effect."
          },
          "agent_name": {
            "type": [
              "string",
              "null"
            ],
            "maxLength": 63,
            "description": "Has no effect; `github_user` or `github_app` is the agent."
          },
          "task_id": {
            "description": "Has no effect; a DocsRun covers all tasks.",
            "oneOf": [
              {
                "$ref": "#/components/schemas/TaskNumber"
              },
              {
                "type": "null"
              }
            ]
          }
        },
        "examples": [
          {
            "repository_url": "git@github.com:5dlabs/platform.git",
            "working_directory": "_projects/trader",
            "source_branch": "main",
            "github_user": "pm0-5dlabs"
          }
        ]
      },
      "SessionRequest": {
        "type": "object",
        "additionalProperties": false,
        "required": [
          "session_id"
        ],
        "properties": {
          "session_id": {
            "type": "string",
            "minLength": 1,
            "maxLength": 253
          }
        }
      },
      "Failure": {
        "type": "object",
        "required": [
          "success",
          "message",
          "problem"
        ],
        "properties": {
          "success": {
            "type": "boolean",
            "const": false
          },
          "message": {
            "type": "string",
            "description": "The detail of the problem."
          },
          "problem": {
            "$ref": "#/components/schemas/Problem"
          }
        }
      },
      "SubmittedAnswer": {
        "type": "object",
        "required": [
          "success",
          "message",
          "data"
        ],
        "properties": {
          "success": {
            "type": "boolean",
            "const": true
          },
          "message": {
            "type": "string"
          },
          "data": {
            "type": "object",
            "required": [
              "name",
              "namespace"
            ],
            "properties": {
              "name": {
                "type": "string",
                "description": "Name of the run."
              },
              "namespace": {
                "type": "string"
              },
              "service": {
                "type": "string"
              },
              "task_id": {
                "type": "integer"
              },
              "coderun_name": {
                "type": "string",
                "description": "Of a CodeRun."
              },
              "docsrun_name": {
                "type": "string",
                "description": "Of a DocsRun."
              },
              "repository_url": {
                "type": "string",
                "description": "Of a DocsRun."
              }
            }
          }
        }
      },
      "TaskSummary": {
        "type": "object",
        "required": [
          "kind",
          "name",
          "phase",
          "attempts",
          "context_version"
        ],
        "properties": {
          "kind": {
            "type": "string",
            "enum": [
              "TaskRun",
              "CodeRun",
              "DocsRun"
            ]
          },
          "name": {
            "type": "string"
          },
          "task_id": {
            "type": "integer"
          },
          "service_name": {
            "type": "string"
          },
          "agent_name": {
            "type": "string"
          },
          "context_version": {
            "type": "integer"
          },
          "phase": {
            "$ref": "#/components/schemas/Phase"
          },
          "session_id": {
            "type": "string"
          },
          "attempts": {
            "type": "integer"
          },
          "last_updated": {
            "type": "string",
            "format": "date-time"
          },
          "message": {
            "type": "string"
          }
        }
      },
      "TaskListAnswer": {
        "type": "object",
        "required": [
          "success",
          "data"
        ],
        "properties": {
          "success": {
            "type": "boolean",
            "const": true
          },
          "data": {
            "type": "object",
            "required": [
              "tasks"
            ],
            "properties": {
              "tasks": {
                "type": "array",
                "items": {
                  "$ref": "#/components/schemas/TaskSummary"
                }
              },
              "continue": {
                "type": "string",
                "description": "Absent on the last page."
              }
            }
          }
        }
      },
      "TaskStatus": {
        "type": "object",
        "required": [
          "phase",
          "attempts",
          "message"
        ],
        "properties": {
          "phase": {
            "$ref": "#/components/schemas/Phase"
          },
          "session_id": {
            "type": "string"
          },
          "job_name": {
            "type": "string"
          },
          "config_map_name": {
            "type": "string"
          },
          "attempts": {
            "type": "integer"
          },
          "last_updated": {
            "type": "string",
            "format": "date-time"
          },
          "message": {
            "type": "string"
          },
          "conditions": {
            "type": "array",
            "items": {
              "type": "object"
            }
          }
        }
      },
      "TaskAnswer": {
        "type": "object",
        "required": [
          "success",
          "data"
        ],
        "properties": {
          "success": {
            "type": "boolean",
            "const": true
          },
          "data": {
            "type": "object",
            "required": [
              "kind",
              "name",
              "namespace",
              "context_version",
              "markdown_files",
              "status"
            ],
            "properties": {
              "kind": {
                "type": "string",
                "enum": [
                  "TaskRun",
                  "CodeRun",
                  "DocsRun"
                ]
              },
              "name": {
                "type": "string"
              },
              "namespace": {
                "type": "string"
              },
              "task_id": {
                "type": "integer"
              },
              "service_name": {
                "type": "string"
              },
              "agent_name": {
                "type": "string"
              },
              "model": {
                "type": "string"
              },
              "context_version": {
                "type": "integer"
              },
              "markdown_files": {
                "type": "array",
                "items": {
                  "type": "object",
                  "required": [
                    "filename",
                    "content_length"
                  ],
                  "properties": {
                    "filename": {
                      "type": "string"
                    },
                    "file_type": {
                      "type": "string"
                    },
                    "content_length": {
                      "type": "integer",
                      "description": "Bytes."
                    }
                  }
                }
              },
              "status": {
                "$ref": "#/components/schemas/TaskStatus"
              }
            }
          }
        }
      },
      "TaskStatusAnswer": {
        "type": "object",
        "required": [
          "success",
          "data"
        ],
        "properties": {
          "success": {
            "type": "boolean",
            "const": true
          },
          "data": {
            "$ref": "#/components/schemas/TaskStatus"
          }
        }
      },
      "TaskContextAnswer": {
        "type": "object",
        "required": [
          "success",
          "message",
          "data"
        ],
        "properties": {
          "success": {
            "type": "boolean",
            "const": true
          },
          "message": {
            "type": "string"
          },
          "data": {
            "type": "object",
            "required": [
              "name",
              "context_version"
            ],
            "properties": {
              "name": {
                "type": "string"
              },
              "context_version": {
                "type": "integer"
              }
            }
          }
        }
      },
      "TaskSessionAnswer": {
        "type": "object",
        "required": [
          "success",
          "message",
          "data"
        ],
        "properties": {
          "success": {
            "type": "boolean",
            "const": true
          },
          "message": {
            "type": "string"
          },
          "data": {
            "type": "object",
            "required": [
              "name",
              "session_id"
            ],
            "properties": {
              "name": {
                "type": "string"
              },
              "task_id": {
                "type": "integer"
              },
              "session_id": {
                "type": "string"
              }
            }
          }
        }
      },
      "TaskRequestedAnswer": {
        "type": "object",
        "required": [
          "success",
          "message",
          "data"
        ],
        "properties": {
          "success": {
            "type": "boolean",
            "const": true
          },
          "message": {
            "type": "string"
          },
          "data": {
            "type": "object",
            "required": [
              "name",
              "namespace",
              "changed"
            ],
            "properties": {
              "name": {
                "type": "string"
              },
              "namespace": {
                "type": "string"
              },
              "changed": {
                "type": "boolean"
              }
            }
          }
        }
      }
    }
  }
};
