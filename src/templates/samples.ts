/** Sample runs that a set of templates is rendered for before it takes effect: one with required fields only, one with all fields. */
import type { TaskContext } from "./task-context.js";
import type { CodeContext, CodeRunFields, DocsContext, DocsRunFields, TemplateSettings } from "./context.js";
import type { AgentProfile } from "../api/agent-profile.js";

const bareSettings: TemplateSettings = { model: "sonnet", permissions: { allow: [], deny: [] } };

const fullSettings: TemplateSettings = {
  model: "sonnet",
  permissions: { allow: ["mcp__tools"], deny: ["Bash(rm -rf)"] },
  toolServerUrl: "http://tools.example.svc:3000/mcp",
};

const bareAgent: AgentProfile = {};

const fullAgent: Required<AgentProfile> = {
  name: "Rex",
  githubApp: "Example-Rex",
  cli: "claude",
  model: "opus",
  role: "Senior Backend Architect",
  may: ["label"],
  expertise: ["services", "systems"],
  description: "Knows the payment services.",
  maxTokens: 64_000,
  temperature: 0.2,
  reasoningEffort: "high",
  appId: "1724452",
  clientId: "Iv23liExample",
  tools: { remote: ["search_web"], localServers: { filesystem: { command: "npx", args: ["-y", "server"] } } },
  systemPrompt: "# Rex\n",
};

const run = { name: "sample", namespace: "orchestrator" };

export const sampleAgents: readonly AgentProfile[] = [bareAgent, fullAgent];

const fullCodeSpec: Required<CodeRunFields> = {
  taskId: 1,
  service: "auth-service",
  runType: "quality",
  repositoryUrl: "git@github.com:example/auth.git",
  docsRepositoryUrl: "ssh://git@github.com/example/platform.git",
  docsProjectDirectory: "projects/auth",
  docsBranch: "main",
  workingDirectory: "services/auth",
  githubUser: "octocat",
  githubApp: "Example-Rex",
  model: "opus",
  cliConfig: { cliType: "claude", model: "opus" },
  toolConfig: "advanced",
  localTools: ["memory"],
  remoteTools: ["github_create_issue"],
  taskDescription: "# Reset\n\nBy mail.",
  promptModification: 'Mind the "edge" cases,\nand it\'s backslashes \\ too.',
  promptMode: "append",
  contextVersion: 2,
  overwriteMemory: true,
};

const fullDocsSpec: Required<DocsRunFields> = {
  repositoryUrl: "git@github.com:example/platform.git",
  workingDirectory: "_projects/trader",
  sourceBranch: "develop",
  githubUser: "octocat",
  githubApp: "Example-Rex",
  model: "opus",
  cli: "claude",
  includeCodebase: true,
  localTools: ["memory"],
  remoteTools: ["search_web"],
  contextVersion: 2,
};

/** In each list, the last sample has a value for every variable. */
export const sampleCode: readonly CodeContext[] = [
  {
    run,
    branch: "feature/task-1-implementation",
    number: 1,
    agent: bareAgent,
    settings: bareSettings,
    continueSession: false,
    stage: "implementation",
    spec: {
      taskId: 1,
      service: "auth-service",
      repositoryUrl: "https://github.com/example/auth",
      docsRepositoryUrl: "example/platform",
      githubUser: "octocat",
    },
  },
  {
    run,
    branch: "feature/task-1-implementation",
    number: 2,
    agent: fullAgent,
    settings: fullSettings,
    continueSession: true,
    stage: "quality",
    issue: "31",
    sessionId: "0b1c2d3e",
    spec: fullCodeSpec,
  },
];

export const sampleDocs: readonly DocsContext[] = [
  {
    run,
    branch: "docs-generation-20260101-000000-abc123",
    number: 1,
    agent: bareAgent,
    settings: bareSettings,
    spec: {
      repositoryUrl: "https://github.com/example/platform",
      workingDirectory: ".",
      sourceBranch: "main",
      githubUser: "octocat",
    },
  },
  {
    run,
    branch: "docs-generation-20260101-000000-abc123",
    number: 2,
    agent: fullAgent,
    settings: fullSettings,
    spec: fullDocsSpec,
  },
];

export const sampleTask: readonly TaskContext[] = [
  {
    run,
    branch: "feature/task-1-auth-service-rex",
    number: 1,
    agent: bareAgent,
    settings: bareSettings,
    spec: { taskId: 1, serviceName: "auth-service" },
    agentLabel: "rex",
    hasProfile: false,
    agentTools: [],
    agentToolsOverride: false,
    identity: "none",
    files: ["task.md"],
    promptFiles: [],
    continueSession: false,
  },
  {
    run,
    branch: "feature/task-1-auth-service-rex",
    number: 2,
    agent: fullAgent,
    settings: fullSettings,
    spec: {
      ...{ taskId: 1, serviceName: "auth-service", agentName: "rex", model: "opus" },
      ...{ contextVersion: 2, priority: "high" },
    },
    agentLabel: "rex",
    hasProfile: true,
    agentTools: [{ name: "bash", restrictions: ["rm -rf"] }],
    agentToolsOverride: true,
    repository: {
      ...{ url: "git@github.com:example/auth.git", branch: "main", path: "services/auth" },
      ...{ githubUser: "octocat", isDelivered: true },
    },
    identity: "user:octocat",
    files: ["task.md", "prompt.md"],
    promptFiles: ["prompt.md"],
    titleFile: "task.md",
    keepAttempts: 3,
    continueSession: true,
    sessionId: "0b1c2d3e",
  },
];
