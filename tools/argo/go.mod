// Argo Workflows, pinned, for tests alone. Its programs are built from a copy of the module: see README.md.
module github.com/5dlabs/agent-orchestrator/tools/argo

go 1.26.0

require github.com/argoproj/argo-workflows/v3 v3.7.9
