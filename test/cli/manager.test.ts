import { spawnSync } from "node:child_process";
import t from "tap";
import { orchestratorProgram } from "#src/cluster/program.js";

/** Calls `orchestrator manager` so that it exits before it connects to a cluster. */
function refused(
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): { status: number | null; stderr: string } {
  const entry = orchestratorProgram();
  const env = { ...process.env, ...variables };
  return spawnSync(process.execPath, [entry, "manager", "--kubeconfig", "/nowhere", ...args], {
    encoding: "utf8",
    env,
  });
}

const wrong: readonly [readonly string[], RegExp][] = [
  [
    ["--renew-deadline", "20"],
    /--lease-duration \(15 s\) must be longer than --renew-deadline \(20 s\).*: raise --lease/,
  ],
  [["--lease-duration", "10"], /--lease-duration \(10 s\) must be longer than --renew-deadline \(10 s\)/],
  [
    ["--retry-period", "9"],
    /--renew-deadline \(10 s\) must be longer than 1\.2 x --retry-period \(10\.8 s\).* lower --retry/,
  ],
  [["--retry-period", "0"], /--retry-period \(0 s\) must be greater than 0/],
  [
    ["--retry-period", "soon"],
    /option '--retry-period <seconds>' argument 'soon' is invalid\. must be a number of seconds/,
  ],
  [["--webhook-client-name", "kube-apiserver"], /error: --webhook-client-name needs --webhook-client-ca/],
  [
    ["--log-level", "loud"],
    /option '--log-level <level>' argument 'loud' is invalid\. must be one of trace, debug, info/,
  ],
];
for (const [args, said] of wrong) {
  t.test(`manager ${args.join(" ")} is wrong usage, and the message says what to change`, (t) => {
    const { status, stderr } = refused(args);
    t.equal(status, 2);
    t.match(stderr, said);
    t.end();
  });
}

t.test("valid election times are accepted, and the kubeconfig is read next", (t) => {
  const { status, stderr } = refused(["--lease-duration", "6", "--renew-deadline", "4", "--retry-period", "0.5"]);
  t.equal(status, 1);
  t.notMatch(stderr, /must be/);
  t.end();
});

const wrongVariables: readonly [string, RegExp][] = [
  ["SERVER_PORT", /^error: option '--port <number>' value 'soon' from env 'SERVER_PORT' is invalid\. must be a port/],
  ["LOG_LEVEL", /^error: option '--log-level <level>' value 'soon' from env 'LOG_LEVEL' is invalid\. must be one of/],
];
for (const [name, said] of wrongVariables) {
  t.test(`an invalid ${name} is named, and an empty one counts as not set`, (t) => {
    const wrong = refused([], { [name]: "soon" });
    t.equal(wrong.status, 2);
    t.match(wrong.stderr, said);
    t.equal(refused([], { [name]: "" }).status, 1, "the next thing is the kubeconfig");
    t.end();
  });
}

t.test("an invalid variable of the manager does not affect --help", (t) => {
  const env = { ...process.env, SERVER_PORT: "soon" };
  const { status, stdout } = spawnSync(process.execPath, [orchestratorProgram(), "--help"], { encoding: "utf8", env });
  t.equal(status, 0);
  t.match(stdout, "Usage: orchestrator");
  t.end();
});
