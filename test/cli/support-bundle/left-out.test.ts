/** What a support bundle never contains: contents that users wrote, and text that looks like a key. */
import t from "tap";
import { withoutContents } from "#src/cli/support-bundle/left-out.js";
import { removed, withoutKeys } from "#src/secret-forms.js";
import fc from "../../property.js";

const tail = fc.string({
  unit: fc.constantFrom(..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJ0123456789".split("")),
  minLength: 24,
  maxLength: 60,
});

/** Keys of all kinds, each with the part that must not survive. */
const key = tail.chain((secret) =>
  fc.constantFrom<[text: string, secret: string]>(
    ...["ghp_", "ghs_", "github_pat_", "glpat-", "sk-ant-api03-", "sk-proj-", "AIza", "AKIA", "xoxb-", "whsec_"].map(
      (prefix): [string, string] => [`${prefix}${secret}`, secret],
    ),
    [`eyJhbGciOi.${secret}.${secret}`, secret],
    [`Authorization: Bearer ${secret}`, secret],
    [`https://someone:${secret}@git.example.com/a`, secret],
    [`https://${secret}@git.example.com/a`, secret],
    [`ANTHROPIC_API_KEY=${secret}`, secret],
    [`"password": "${secret}"`, secret],
    [`client_secret: ${secret}`, secret],
    [`-----BEGIN EC PRIVATE KEY-----\n${secret}\n${secret}\n-----END EC PRIVATE KEY-----`, secret],
    [`-----BEGIN PRIVATE KEY-----\\n${secret}`, secret],
  ),
);

t.test("keys are removed wherever they stand, and the text around them stays", (t) => {
  fc.assert(
    fc.property(key, ([text, secret]) => {
      const result = withoutKeys(`before ${text}, after`);
      t.notOk(result.includes(secret), result);
      t.ok(result.startsWith("before ") && result.includes(removed), result);
    }),
  );
  t.end();
});

t.test("messages of the operator stay as they are", (t) => {
  for (const line of [
    "Attempt 1 failed: the agent exited with code 3. See `kubectl logs -n team-a job/invoices-task-4-run-1`.",
    "secret team-a/github-token has no key token",
    "Waiting for a slot: concurrency.perWorkspace (1) is full for workspace team-a/billing-workspace-pvc.",
    '{"level":"info","time":"2026-11-22T10:00:00.000Z","lease":"orchestrator","msg":"became the leader"}',
    "uid 0f3c9a52-8a4e-4a55-9d5e-6a35f0a4a4c1 resourceVersion 123456",
  ])
    t.equal(withoutKeys(line), line);
  t.end();
});

t.test("contents are left out at any depth, and references to Secrets stay", (t) => {
  const run = {
    metadata: {
      name: "a",
      managedFields: [{ manager: "kubectl" }],
      annotations: { "kubectl.kubernetes.io/last-applied-configuration": "canary", team: "billing" },
    },
    spec: {
      markdownFiles: [{ filename: "task.md", content: "canary" }],
      env: [
        { name: "A", value: "canary" },
        { name: "B", valueFrom: { secretKeyRef: { name: "keys", key: "b" } } },
      ],
      podTemplate: { containers: [{ command: ["sh", "-c", "canary"], args: ["canary"] }] },
    },
    data: { "agents.yaml": "canary" },
    status: { message: "Attempt 1 failed", attempts: 3 },
  };
  const result = withoutContents(run);
  t.notMatch(JSON.stringify(result), "canary");
  t.match(result, {
    metadata: { name: "a", annotations: { team: "billing" }, managedFields: undefined },
    spec: {
      markdownFiles: [{ filename: "task.md", content: "<left out: 6 characters>" }],
      env: [{ name: "A" }, { name: "B", valueFrom: { secretKeyRef: { name: "keys", key: "b" } } }],
    },
    status: { message: "Attempt 1 failed", attempts: 3 },
  });
  t.end();
});
