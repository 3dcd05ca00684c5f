/** Remedies for errors whose message from the API server only says what is wrong. */
import type { FieldError, FieldErrorReason } from "../runtime/schema/field-error.js";

interface Remedy {
  /** The field, without list indexes: `spec.markdownFiles[].filename`. */
  readonly field: string | RegExp;
  readonly reason?: FieldErrorReason;
  /** Default: every kind. */
  readonly kind?: string;
  readonly text: string;
}

const service =
  "use lower-case letters, digits and dashes, at most 63, such as auth-service: names of Jobs, volumes and directories contain it";
const url = "https://…, http://…, ssh://… or git@…, without spaces (git:// has no encryption)";
const branch = "use the branch's name, such as main; git allows no blanks in it";
const login = "use the GitHub login, without @; one that ends in [bot] belongs to a GitHub App: use githubApp";
const dnsName = "use lower-case letters, digits, dashes and dots, such as my-secret";

const remedies: readonly Remedy[] = [
  { field: "spec", kind: "TaskRun", text: "set spec.taskId, spec.serviceName and spec.markdownFiles" },
  {
    field: "spec",
    kind: "CodeRun",
    text: "set spec.taskId, spec.service, spec.repositoryUrl, spec.docsRepositoryUrl, and spec.githubApp or spec.githubUser",
  },
  {
    field: "spec",
    kind: "DocsRun",
    text: "set spec.repositoryUrl, spec.workingDirectory, spec.sourceBranch, and spec.githubApp or spec.githubUser",
  },
  { field: "spec.taskId", text: "use the task's number, a whole number from 1 to 2147483647" },
  { field: /^spec\.service(Name)?$/, text: service },
  {
    field: "spec.markdownFiles",
    text: "add 1 to 64 files, such as - {filename: task.md, content: '# Task', fileType: task}",
  },
  {
    field: "spec.markdownFiles[]",
    reason: "FieldValueDuplicate",
    text: "each filename may be used once: they are keys of one ConfigMap",
  },
  {
    field: "spec.markdownFiles[].filename",
    text: "use a plain name that ends in .md, without directories, such as task.md",
  },
  {
    field: "spec.markdownFiles[].content",
    reason: "FieldValueTooLong",
    text: "all files together must be smaller than 1 MiB",
  },
  { field: "spec.markdownFiles[].content", text: "write the content of the file, or remove the file" },
  {
    field: "spec.agentName",
    text: "use letters, digits, dashes, dots and underscores, at most 63; it becomes a label",
  },
  { field: "spec.model", text: "use the model's name, such as sonnet" },
  {
    field: /^spec\.(retryAttempt|contextVersion)$/,
    reason: "FieldValueTypeInvalid",
    text: "use a number without quotes",
  },
  {
    field: /^spec\.(docsR|r)epositoryUrl$/,
    text: `use ${url}, or owner/name of a repository on GitHub`,
  },
  { field: /^spec\.(docsBranch|sourceBranch|repository\.branch)$/, text: branch },
  { field: "spec.githubUser", text: login },
  { field: "spec.githubApp", text: "use the App's name, such as 5DLabs-Rex, without [bot]" },
  { field: /^spec\.(cli|cliConfig\.cliType)$/, text: "use the program's name in lower case, such as claude" },
  { field: /^spec\.(local|remote)Tools$/, reason: "FieldValueTypeInvalid", text: "use a list, such as [a, b]" },
  { field: "spec.repository.url", text: `use ${url}` },
  { field: "spec.repository.githubUser", text: "use the GitHub login, without @ and [bot]" },
  { field: /(secretName|serviceAccountName|pvcName|dependsOn\[\])$/, text: dnsName },
  {
    field: /^spec\.(env|envFromSecrets)\[\]\.name$/,
    text: "use letters, digits and underscores, and do not start with a digit",
  },
  { field: /^spec\.(env|envFromSecrets)\[\]$/, reason: "FieldValueDuplicate", text: "each variable may be set once" },
  { field: "spec.image", text: "use an image reference, such as registry.example.com/agent:1.2" },
  { field: /^spec\.resources\.(requests|limits)\./, text: "use a quantity, such as 500m, 2 or 4Gi" },
];

/** The error with its remedy, if it has one. Messages of CEL rules already contain a remedy. */
export function withRemedy(error: FieldError, kind: string): FieldError {
  const fromServer =
    error.reason !== "FieldValueInvalid" || error.message.includes(" in body ") ? error.reason : undefined;
  if (fromServer === undefined || error.reason === "FieldValueForbidden") return error;
  if (error.message.includes(" must be of type string: "))
    return { ...error, message: `${error.message}; put it in quotes` };
  const field = error.field.replace(/\[\d+\]/g, "[]");
  const remedy = remedies.find(
    (each) =>
      (typeof each.field === "string" ? each.field === field : each.field.test(field)) &&
      (each.reason === undefined || each.reason === error.reason) &&
      (each.kind === undefined || each.kind === kind),
  );
  return remedy ? { ...error, message: `${error.message}; ${remedy.text}` } : error;
}
