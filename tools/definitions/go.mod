// The modules whose CustomResourceDefinitions tests install, for what the chart and the samples make of other projects' kinds.
// Nothing is built from them: test/definitions reads the files.
module github.com/5dlabs/agent-orchestrator/tools/definitions

go 1.26.0

require (
	github.com/external-secrets/external-secrets v1.3.2
	github.com/prometheus-operator/prometheus-operator v0.85.0
	sigs.k8s.io/gateway-api v1.6.0
)
