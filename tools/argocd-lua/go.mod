// The Lua interpreter that Argo CD uses, pinned. Tests alone use it.
module github.com/5dlabs/agent-orchestrator/tools/argocd-lua

go 1.26.0

require github.com/yuin/gopher-lua v1.1.1
