/** Admission asks the API server whether the author of a run may use what the run names. */
import t from "tap";
import type { AnyRun } from "#src/admission/index.js";
import type { CodeRun } from "#src/api/coderun.js";
import type { TaskRun } from "#src/api/taskrun.js";
import { defaultConfiguration } from "#src/configuration/defaults.js";
import { ConfigurationSource } from "#src/configuration/source.js";
import { withAccess } from "#src/kinds/access-admission.js";
import { admittedCodeRun } from "#src/kinds/coderun/admission.js";
import { specChange } from "#src/kinds/requested-attempt.js";
import type { SharedSetup } from "#src/kinds/setup.js";
import { admittedTaskRun } from "#src/kinds/taskrun/admission.js";
import { taskRunKind } from "./task-runs.js";
import { referencesIn } from "#src/runs/references.js";
import type { AgentRun, RunKind } from "#src/runs/run.js";
import { TooManyQuestionsError, type ResourceAction } from "#src/runtime/authorization/access-reviews.js";
import type { PersistentVolumeClaim } from "#src/runtime/client/objects.js";
import type { AdmissionRequest, Verdict } from "#src/runtime/webhook/admission.js";
import { specs } from "../admission/arbitrary.js";
import { codeRun, taskRun } from "../admission/runs.js";
import fc from "../property.js";
import { podOf } from "./attempt.js";
import { codeKind } from "../runs/world.js";

const schemas = Object.fromEntries(
  [admittedTaskRun, admittedCodeRun].map(({ type, schema }) => [type.kind, schema] as const),
);

const admitted: Verdict = { errors: [], warnings: [] };

/** An author with some rights, in a namespace with a claim `data` that somebody else made. */
class Author {
  readonly configuration = new ConfigurationSource({});
  readonly asked: string[] = [];

  constructor(
    readonly rights: readonly string[] = [],
    yaml = "",
  ) {
    this.configuration.update(yaml);
  }

  async verdict<R extends AnyRun & AgentRun>(
    kind: RunKind<R>,
    object: R,
    { old, ...more }: { old?: R; operation?: "DELETE"; subResource?: string; source?: string } = {},
  ): Promise<{ errors: string[]; warnings: readonly string[] }> {
    const isAllowed = (
      _: unknown,
      { verb, resource, namespace, name = "*" }: ResourceAction,
      from?: string,
    ): Promise<boolean> => {
      if (from === "10.0.0.9") return Promise.reject(new TooManyQuestionsError("too many questions"));
      this.asked.push(`${verb} ${resource} ${namespace ?? ""}/${name}`);
      return Promise.resolve(this.rights.includes(`${verb} ${resource}/${name}`));
    };
    const foreign: PersistentVolumeClaim = { metadata: { name: "data" } };
    const workspaces = { reader: { get: ({ name }: { name: string }) => (name === "data" ? foreign : undefined) } };
    const shared = { configuration: this.configuration, authorizer: { isAllowed }, workspaces };
    const request = {
      ...{ object, operation: old === undefined ? "CREATE" : "UPDATE", namespace: "team-a" },
      ...{ userInfo: { username: "jane" }, ...(old && { oldObject: old }), ...more },
    };
    const schema = schemas[kind.type.kind];
    const change = schema && specChange(admitted, request as unknown as AdmissionRequest<R>, schema);
    if (change === undefined) return { errors: [], warnings: [] };
    const { errors, warnings } = await withAccess(admitted, shared as unknown as SharedSetup, kind, change);
    return { errors: errors.map(({ message }) => message.replace("Forbidden: ", "")), warnings };
  }
}

const withSecret = codeRun({ envFromSecrets: [{ name: "A", secretName: "team-key", secretKey: "k" }] });

t.test("reviews from an address that asks too much are denied, with what to do; in mode warn, warned of", async (t) => {
  const source = "10.0.0.9";
  t.same(await new Author().verdict(codeKind, withSecret, { source }), {
    errors: ["too many questions; try again in a few seconds"],
    warnings: [],
  });
  t.same(await new Author([], "access: { mode: warn }").verdict(codeKind, withSecret, { source }), {
    errors: [],
    warnings: ["spec: too many questions"],
  });
  t.same(await new Author().verdict(codeKind, codeRun(), { source }), admitted, "what names nothing asks nothing");
});

t.test("a run that names nothing needs no access review", async (t) => {
  const author = new Author();
  t.same(await author.verdict(codeKind, codeRun()), admitted);
  t.same(await author.verdict(taskRunKind, taskRun({ serviceAccountName: "default" })), admitted);
  const byUser = taskRun({ repository: { url: "https://github.com/a/b", githubUser: "Some_User" } });
  t.same(await author.verdict(taskRunKind, byUser), admitted, "the Secret of an identity is the operator's choice");
  t.same(author.asked, []);
});

t.test("whoever may create pods may use everything in the namespace: one question", async (t) => {
  const author = new Author(["create pods/*"]);
  t.same(await author.verdict(codeKind, withSecret), admitted);
  t.same(author.asked, ["create pods team-a/*"]);
});

t.test("everybody else needs access to each thing that the run names", async (t) => {
  const author = new Author();
  t.same((await author.verdict(codeKind, withSecret)).errors, [
    '"jane" may not get Secret team-key, so a run of theirs may not use it; remove it, ask for that access, or have someone with that access create the run',
  ]);
  const task = taskRun({ envFromSecrets: [{ name: "A", secretName: "team-key", secretKey: "k" }] });
  t.match((await author.verdict(taskRunKind, task)).errors, [/^"jane" may not get Secret team-key,/]);
  const text = Buffer.from("secrets: [{name: other, keys: [{name: k, envVar: A}]}]").toString("base64");
  t.match((await author.verdict(codeKind, codeRun({ taskRequirements: text }))).errors, [/get Secret other,/]);
  const many = taskRun({
    serviceAccountName: "builder",
    workspace: { pvcName: "data" },
    repository: { url: "https://github.com/a/b", auth: { type: "Token", secretName: "token" } },
  });
  t.match((await author.verdict(taskRunKind, many)).errors, [
    /^"jane" may not get Secret token,/,
    /^"jane" may not get PersistentVolumeClaim data,/,
    /^"jane" may not impersonate ServiceAccount builder,/,
  ]);
  const allowed = ["get secrets/token", "get persistentvolumeclaims/data", "impersonate serviceaccounts/builder"];
  t.same(await new Author(allowed).verdict(taskRunKind, many), admitted);
});

t.test("what the configuration gives to every run needs no access, unless the run names a Secret of it", async (t) => {
  const author = new Author([], "secrets: {apiKeySecretName: team-key}\nagent: {serviceAccountName: builder}");
  t.same(await author.verdict(codeKind, codeRun()), admitted);
  t.same(await author.verdict(taskRunKind, taskRun({ serviceAccountName: "builder" })), admitted);
  t.same(author.asked, []);
  t.match((await author.verdict(codeKind, withSecret)).errors, [/get Secret team-key,/], "else the agent has the key");
});

t.test(
  "a Secret that the gateway of the run has for its identity needs access where the run itself names it",
  async (t) => {
    const author = new Author();
    const key = (secretName: string): NonNullable<CodeRun["spec"]["envFromSecrets"]> => [
      { name: "A", secretName, secretKey: "k" },
    ];
    const app = { githubApp: "Acme-Rex" };
    t.same(await author.verdict(codeKind, codeRun(app)), admitted);
    const byVariable = codeRun({ ...app, envFromSecrets: key("github-app-acme-rex") });
    t.match((await author.verdict(codeKind, byVariable)).errors, [/get Secret github-app-acme-rex,/]);
    const text = Buffer.from("secrets: [{name: github-app-acme-rex}]").toString("base64");
    const byRequirements = codeRun({ ...app, taskRequirements: text });
    t.match((await author.verdict(codeKind, byRequirements)).errors, [/get Secret github-app-acme-rex,/]);
    const open = { url: "https://github.com/a/b" };
    t.same(await author.verdict(taskRunKind, taskRun({ repository: open, ...app })), admitted);
    const byTaskOfApp = taskRun({ repository: open, ...app, envFromSecrets: key("github-app-acme-rex") });
    t.match((await author.verdict(taskRunKind, byTaskOfApp)).errors, [/get Secret github-app-acme-rex,/]);
    const user = { url: "https://github.com/a/b", githubUser: "swe-1" };
    t.same(await author.verdict(taskRunKind, taskRun({ repository: user, ...app })), admitted);
    const byTask = taskRun({ repository: user, envFromSecrets: key("github-pat-swe-1") });
    t.match((await author.verdict(taskRunKind, byTask)).errors, [/get Secret github-pat-swe-1,/]);
    const auth = { type: "Token", secretName: "github-pat-swe-1" } as const;
    const byAuth = taskRun({ repository: { ...user, auth } });
    t.match((await author.verdict(taskRunKind, byAuth)).errors, [/get Secret github-pat-swe-1,/]);
    const allowed = new Author(["get secrets/github-pat-swe-1"]);
    t.same(await allowed.verdict(taskRunKind, byTask), admitted);
  },
);

t.test("an update needs access to what it adds; a status, a deletion or an unchanged spec needs none", async (t) => {
  const author = new Author();
  const suspended = { ...withSecret, spec: { ...withSecret.spec, suspend: true } };
  t.same(await author.verdict(codeKind, suspended, { old: withSecret }), admitted);
  t.match((await author.verdict(codeKind, withSecret, { old: codeRun() })).errors, [/team-key/]);
  author.asked.length = 0;
  t.same(await author.verdict(codeKind, withSecret, { operation: "DELETE" }), admitted);
  t.same(await author.verdict(codeKind, withSecret, { subResource: "status" }), admitted);
  t.same(await author.verdict(codeKind, withSecret, { old: withSecret }), admitted);
  t.same(author.asked, []);
});

t.test("the mode decides between denial, warning and nothing", async (t) => {
  const warned = await new Author([], "access: {mode: warn}").verdict(codeKind, withSecret);
  t.match(warned, { errors: [], warnings: [/^spec: "jane" may not get Secret team-key/] });
  const off = new Author([], 'access: {mode: "off"}');
  t.same(await off.verdict(codeKind, withSecret), admitted);
  t.same(off.asked, []);
});

t.test("a reference is found by the keys that Kubernetes uses for it", (t) => {
  const pod = {
    imagePullSecrets: [{ name: "pull" }],
    serviceAccountName: "account",
    containers: [
      {
        image: "image:1",
        env: [{ name: "A", valueFrom: { secretKeyRef: { name: "env", key: "k" } } }],
        envFrom: [{ secretRef: { name: "whole" } }, { configMapRef: { name: "map" } }],
      },
    ],
    volumes: [
      { name: "v", secret: { secretName: "volume", items: [] } },
      { name: "p", projected: { sources: [{ secret: { name: "projected" } }, { configMap: { name: "part" } }] } },
      { name: "c", csi: { nodePublishSecretRef: { name: "csi" } } },
      { name: "w", persistentVolumeClaim: { claimName: "claim" } },
    ],
  };
  const found = referencesIn(pod);
  t.same([...found.secrets].sort(), ["csi", "env", "projected", "pull", "volume", "whole"]);
  t.same([...found.configMaps].sort(), ["map", "part"]);
  t.same([...found.claims], ["claim"]);
  t.same([...found.serviceAccounts], ["account"]);
  t.same([...found.images], ["image:1"]);
  t.end();
});

t.test("a run whose spec names nothing gets nothing beyond its identity and the configuration", (t) => {
  const given = referencesIn(defaultConfiguration);
  const ofJob = <R extends AnyRun & AgentRun>(kind: RunKind<R>, run: R): string[] => {
    const named = referencesIn(podOf(kind, run, defaultConfiguration));
    return [...named.secrets, ...named.serviceAccounts].filter(
      (name) => !given.secrets.has(name) && !given.serviceAccounts.has(name) && !/^github-(pat|ssh|app)-/.test(name),
    );
  };
  const isPlain = ({ spec }: AnyRun): boolean => {
    const { secrets, serviceAccounts } = referencesIn(spec);
    return secrets.size + serviceAccounts.size === 0 && (spec as CodeRun["spec"]).taskRequirements === undefined;
  };
  fc.assert(
    fc.property(specs.TaskRun.valid, (spec) => {
      const run = { ...taskRun(), spec: spec as unknown as TaskRun["spec"] };
      if (isPlain(run)) t.same(ofJob(taskRunKind, run), []);
    }),
  );
  fc.assert(
    fc.property(specs.CodeRun.valid, (spec) => {
      const run = { ...codeRun(), spec: spec as unknown as CodeRun["spec"] };
      if (isPlain(run)) t.same(ofJob(codeKind, run), []);
    }),
  );
  t.end();
});
