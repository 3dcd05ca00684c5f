/**
 * The ValidatingAdmissionPolicy on the operator's own account: what a stolen token of it cannot write, whatever RBAC grants.
 * See docs/adr/021-bound-operator.md.
 */
import { playTemplate, playType, workflowLabels, Workflows } from "../argo/workflow.js";
import { CodeRuns } from "../api/coderun.js";
import { DocsRuns } from "../api/docsrun.js";
import { injectablePaths } from "../api/injected.js";
import { Schedules } from "../api/schedule.js";
import { TaskRuns } from "../api/taskrun.js";
import { operatorNames } from "../configuration/names.js";
import { dockerContainer } from "../api/names.js";
import { deliveryAnnotation } from "../deliveries/decision.js";
import { dockerNamespaceLabel } from "../kinds/docker.js";
import { managedBy, runLabels } from "../runs/metadata.js";
import { Workloads } from "../runs/queue.js";
import { apiVersionOf } from "../runtime/client/resource.js";
import type { Permission } from "../runtime/rbac/permission.js";
import { generatedFrom, yamlText } from "./crd.js";

const policyName = "orchestrator-operator";
const labels = { app: "orchestrator", "app.kubernetes.io/name": "agent-orchestrator" };

/** The manifest, by path. @param permissions of the operator: it may write nothing else */
export function operatorPolicyFile(permissions: readonly Permission[]): [string, string] {
  const head = `# ${generatedFrom("src/generate/operator-policy.ts and the rbac.ts files")}\n`;
  const documents = [operatorPolicy(permissions), operatorPolicyBinding()];
  return ["config/admission-policy/operator.yaml", head + documents.map(yamlText).join("---\n")];
}

const quoted = (values: readonly string[]): string => `[${values.map((value) => `'${value}'`).join(", ")}]`;

const kinds = [TaskRuns, CodeRuns, DocsRuns].map(({ plural }) => plural);
/** Resources whose objects are the operator's only if they have its label. */
const labelled = ["configmaps", "persistentvolumeclaims", "networkpolicies", "jobs", "pods"];

/** Each write that RBAC grants, as `OPERATION group/resource`. */
function writes(permissions: readonly Permission[]): string[] {
  const operations: Readonly<Record<string, string>> = {
    create: "CREATE",
    update: "UPDATE",
    patch: "UPDATE",
    delete: "DELETE",
  };
  const all = permissions.flatMap(({ resource: { group, plural }, subresource, verbs }) =>
    verbs.flatMap((verb) => {
      const operation = operations[verb];
      const path = subresource === undefined ? plural : `${plural}/${subresource}`;
      return operation === undefined ? [] : [`${operation} ${group}/${path}`];
    }),
  );
  return [...new Set(all)].sort();
}

const has = (object: string, label: string, value: string): string =>
  `has(${object}.metadata.labels) && '${label}' in ${object}.metadata.labels && ${object}.metadata.labels['${label}'] == '${value}'`;

const finalizersOf = (object: string): string =>
  `(has(${object}.metadata.finalizers) ? ${object}.metadata.finalizers : [])`;

/** An event of GitHub, or a Schedule, may end a run; the CRDs allow no way back. An event may also request one more attempt of it. */
const cancels = `k == 'cancel' && object.spec.cancel == true`;
const retries = `k == 'retryAttempt' && request.resource.resource == '${CodeRuns.plural}' && object.spec.retryAttempt == oldObject.spec.retryAttempt + 1`;

/**
 * The spec is as it was, but for `cancel`, and for defaults that admission injects: a run from before its namespace was managed gets them with the
 * operator's first write, in which the operator itself names none of them.
 */
const keepsSpec = ((): string => {
  const injected = new Map<string, string[]>();
  for (const path of injectablePaths) {
    const [field = "", inner] = path.split(".");
    injected.set(field, [...(injected.get(field) ?? []), ...(inner === undefined ? [] : [inner])]);
  }
  const groups = [...injected].filter(([, inner]) => inner.length > 0);
  const inGroup = ([field, inner]: [string, string[]]): string => {
    const [now, before] = [`object.spec.${field}`, `oldObject.spec.${field}`];
    const kept = `!has(${before}) || ${before}.all(k, k in ${now} && ${now}[k] == ${before}[k])`;
    const added = `!has(${now}) || ${now}.all(k, has(${before}) && k in ${before} || k in ${quoted(inner)})`;
    return `(${kept}) && (${added})`;
  };
  return [
    `oldObject.spec.all(k, k in object.spec && (k in ${quoted(groups.map(([field]) => field))} || ${cancels} || ${retries} || object.spec[k] == oldObject.spec[k]))`,
    `object.spec.all(k, k in oldObject.spec || k in ${quoted([...injected.keys()])})`,
    ...groups.map(inGroup),
  ].join(" && ");
})();

const ownerIsSchedule = `r.kind == '${Schedules.kind}' && r.apiVersion == '${apiVersionOf(Schedules)}' && has(r.controller) && r.controller`;
const ofDelivery = `has(object.metadata.annotations) && '${deliveryAnnotation}' in object.metadata.annotations`;
const isOfDelivery = `request.resource.resource == '${CodeRuns.plural}' && ${ofDelivery}`;

/** For each validation: what it applies to, what must be true, and what the API server answers otherwise. */
const validations: readonly { readonly when: string; readonly must: string; readonly message: string }[] = [
  {
    when: "true",
    must: "!variables.target.startsWith('kube-')",
    message: "the orchestrator's account may not write in namespaces whose names begin with kube-",
  },
  {
    when: "request.resource.resource == 'secrets'",
    // it learns the API server's time from a dry run of a Secret with a generated name
    must: `variables.target == variables.own && (variables.name == '${operatorNames.certificates}' || has(request.dryRun) && request.dryRun && variables.name.startsWith('${operatorNames.certificates}-time-'))`,
    message: "the orchestrator's account may write no Secret but that of its own certificates",
  },
  {
    when: "request.resource.resource == 'leases'",
    must: `variables.target == variables.own && variables.name == '${operatorNames.lease}'`,
    message: "the orchestrator's account may write no Lease but its own",
  },
  {
    when: "request.resource.resource == 'configmaps' && variables.target == variables.own",
    must: `!(variables.name in ${quoted([operatorNames.configuration, operatorNames.templates])})`,
    message: "the orchestrator's account may not write its own configuration or templates",
  },
  {
    when: `request.resource.resource in ${quoted(labelled)}`,
    must: "variables.isOurs && variables.wasOurs",
    message: `the orchestrator's account may write only objects with the label ${runLabels.managedBy}: ${managedBy}`,
  },
  {
    when: `request.operation == 'UPDATE' && request.resource.resource in ${quoted(kinds)}`,
    must: keepsSpec,
    message:
      "the orchestrator's account may not change the spec of a run, except to cancel it, or to request one more attempt of a CodeRun",
  },
  {
    when: `request.operation == 'CREATE' && request.resource.resource in ${quoted(kinds)}`,
    must: `variables.isOfSchedule || (${isOfDelivery})`,
    message:
      "the orchestrator's account may create a run only for a Schedule that owns it, or a CodeRun for a Delivery",
  },
  {
    when: `request.resource.resource == '${Workloads.plural}'`,
    must: "object.spec.all(k, k == 'active' || k in oldObject.spec && object.spec[k] == oldObject.spec[k]) && oldObject.spec.all(k, k == 'active' || k in object.spec)",
    message: "the orchestrator's account may change nothing of a Workload but whether it is active",
  },
  {
    when: `request.operation == 'UPDATE' && request.resource.resource == '${Workflows.plural}'`,
    must: [
      has("oldObject", workflowLabels.type, playType),
      "has(object.metadata.labels) && object.metadata.labels == oldObject.metadata.labels",
      "oldObject.spec.all(k, k in object.spec && object.spec[k] == oldObject.spec[k])",
      "object.spec.all(k, k == 'shutdown' || k in oldObject.spec)",
    ].join(" && "),
    message: "the orchestrator's account may only resume and stop Workflows, and only those of plays",
  },
  {
    when: `request.operation == 'CREATE' && request.resource.resource == '${Workflows.plural}'`,
    must: [
      ofDelivery,
      "object.spec.all(k, k in ['workflowTemplateRef', 'arguments'])",
      `object.spec.workflowTemplateRef.all(k, k == 'name') && object.spec.workflowTemplateRef.name == '${playTemplate}'`,
    ].join(" && "),
    message: `the orchestrator's account may create only Workflows of ${playTemplate}, for a Delivery`,
  },
  {
    when: "request.operation == 'UPDATE'",
    must: [
      "variables.newFinalizers.all(f, f in variables.oldFinalizers || variables.mayFinalize && f.matches('^([a-z]+[.])?orchestrator[.]io/'))",
      "variables.oldFinalizers.all(f, f in variables.newFinalizers || variables.mayFinalize && f.matches('^([a-z]+[.])?orchestrator[.]io/'))",
    ].join(" && "),
    message: "the orchestrator's account may add and remove only its own finalizers, of runs and Jobs",
  },
  {
    when: "request.operation == 'UPDATE' && variables.isJob",
    must: "object.spec.template == oldObject.spec.template",
    message: "the orchestrator's account may not change the pod template of a Job",
  },
  ...[
    {
      must: "!(has(variables.pod.hostNetwork) && variables.pod.hostNetwork) && !(has(variables.pod.hostPID) && variables.pod.hostPID) && !(has(variables.pod.hostIPC) && variables.pod.hostIPC)",
      message: "a Job of the orchestrator's account may not use namespaces of the node: hostNetwork, hostPID, hostIPC",
    },
    {
      must: "variables.volumes.all(v, !has(v.hostPath))",
      message: "a Job of the orchestrator's account may not mount a hostPath",
    },
    {
      must: "variables.containers.all(c, !has(c.ports) || c.ports.all(p, !has(p.hostPort) || p.hostPort == 0))",
      message: "a Job of the orchestrator's account may not use a hostPort",
    },
    {
      must: "variables.containers.all(c, !has(c.securityContext) || !has(c.securityContext.privileged) || !c.securityContext.privileged || variables.allowsDocker && c.name == variables.docker)",
      message: `a Job of the orchestrator's account may not have privileged containers, except ${dockerContainer} in namespaces with the label ${dockerNamespaceLabel.name}: ${dockerNamespaceLabel.value}`,
    },
    {
      must: "variables.containers.all(c, !has(c.securityContext) || !has(c.securityContext.capabilities) || !has(c.securityContext.capabilities.add) || c.securityContext.capabilities.add.size() == 0)",
      message: "a Job of the orchestrator's account may not add capabilities to a container",
    },
    {
      must: "has(variables.pod.automountServiceAccountToken) && !variables.pod.automountServiceAccountToken && variables.volumes.all(v, !has(v.projected) || !has(v.projected.sources) || v.projected.sources.all(s, !has(s.serviceAccountToken)))",
      message: "a Job of the orchestrator's account may not mount a ServiceAccount token",
    },
  ].map((validation) => ({ when: "request.operation == 'CREATE' && variables.isJob", ...validation })),
];

function operatorPolicy(permissions: readonly Permission[]): object {
  const { serviceAccount } = operatorNames;
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingAdmissionPolicy",
    metadata: { name: policyName, labels },
    spec: {
      failurePolicy: "Fail",
      matchConstraints: {
        resourceRules: [{ apiGroups: ["*"], apiVersions: ["*"], resources: ["*/*"], operations: ["*"] }],
      },
      // by name, in whichever namespace the operator is installed: a kustomization does not rewrite expressions
      matchConditions: [
        {
          name: "is-the-operator",
          expression: `request.userInfo.username.matches('^system:serviceaccount:[^:]+:${serviceAccount}$')`,
        },
      ],
      variables: [
        { name: "own", expression: "request.userInfo.username.split(':')[2]" },
        { name: "target", expression: "has(request.namespace) ? request.namespace : ''" },
        {
          name: "name",
          expression:
            "request.operation == 'CREATE' && has(object.metadata) && has(object.metadata.name) ? object.metadata.name : has(request.name) ? request.name : ''",
        },
        {
          name: "write",
          expression:
            "request.operation + ' ' + request.resource.group + '/' + request.resource.resource + (has(request.subResource) && request.subResource != '' ? '/' + request.subResource : '')",
        },
        {
          name: "isOurs",
          expression: `request.operation == 'DELETE' || (${has("object", runLabels.managedBy, managedBy)})`,
        },
        {
          name: "wasOurs",
          expression: `request.operation == 'CREATE' || (${has("oldObject", runLabels.managedBy, managedBy)})`,
        },
        { name: "mayFinalize", expression: `request.resource.resource in ${quoted([...kinds, "jobs"])}` },
        { name: "newFinalizers", expression: finalizersOf("object") },
        { name: "oldFinalizers", expression: finalizersOf("oldObject") },
        {
          name: "isJob",
          expression: "variables.write == request.operation + ' batch/jobs'",
        },
        {
          name: "isOfSchedule",
          expression: `has(object.metadata.ownerReferences) && object.metadata.ownerReferences.exists(r, ${ownerIsSchedule})`,
        },
        { name: "pod", expression: "object.spec.template.spec" },
        { name: "volumes", expression: "has(variables.pod.volumes) ? variables.pod.volumes : []" },
        {
          name: "containers",
          expression:
            "variables.pod.containers + (has(variables.pod.initContainers) ? variables.pod.initContainers : [])",
        },
        { name: "docker", expression: `'${dockerContainer}'` },
        {
          name: "allowsDocker",
          expression: has("namespaceObject", dockerNamespaceLabel.name, dockerNamespaceLabel.value),
        },
      ],
      validations: [
        {
          expression: `variables.write in ${quoted(writes(permissions))}`,
          messageExpression: "'the orchestrator has no need to ' + variables.write + ', so its account may not do it'",
          message: "the orchestrator's account may not do this",
          reason: "Forbidden",
        },
        ...validations.map(({ when, must, message }) => ({
          expression: when === "true" ? must : `!(${when}) || (${must})`,
          message,
          reason: "Forbidden",
        })),
      ],
    },
  };
}

function operatorPolicyBinding(): object {
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingAdmissionPolicyBinding",
    metadata: { name: policyName, labels },
    spec: { policyName, validationActions: ["Deny"] },
  };
}
