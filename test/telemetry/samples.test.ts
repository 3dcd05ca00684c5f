/** The sample for Alertmanager. The pipelines are tried with a real collector in test/integration/observability.test.ts. */
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { parse } from "yaml";
import { findGo } from "#src/cluster/binaries/go.js";
import { packageRoot } from "#src/version.js";
import { goProgram } from "../go-program.js";

const folder = join(packageRoot, "config/samples/telemetry");

interface Route {
  readonly receiver: string;
  readonly matchers?: readonly string[];
  readonly routes?: readonly Route[];
}

t.test("Alertmanager's routes lead to receivers, and match severities that the alerts have", (t) => {
  const { route, receivers } = parse(readFileSync(join(folder, "alertmanager.yaml"), "utf8")) as {
    route: Route;
    receivers: readonly { name: string }[];
  };
  const alerts = readFileSync(join(packageRoot, "config/prometheus/alerts.yaml"), "utf8");
  const check = ({ receiver, matchers = [], routes = [] }: Route): void => {
    t.ok(
      receivers.some(({ name }) => name === receiver),
      receiver,
    );
    for (const matcher of matchers) t.match(alerts, matcher.replace(" = ", ": "));
    routes.forEach(check);
  };
  check(route);
  t.end();
});

const noGo = findGo() === undefined ? "Go is not installed" : false;
const noAmtool = process.env.TEST_FULL === "1" ? noGo : "in the full count only (TEST_FULL=1)";

t.test("Alertmanager's own amtool accepts the sample", { skip: noAmtool, timeout: 900_000 }, async (t) => {
  const target = "github.com/prometheus/alertmanager/cmd/amtool";
  const amtool = await goProgram("tools/amtool", (line) => t.comment(line), target);
  const sample = join(folder, "alertmanager.yaml");
  t.match(execFileSync(amtool, ["check-config", sample], { encoding: "utf8" }), /SUCCESS[^]*2 receivers/);
  const wrong = join(t.testdir({}), "wrong.yaml");
  writeFileSync(wrong, readFileSync(sample, "utf8").replace("receiver: on-call", "receiver: nobody"));
  t.not(spawnSync(amtool, ["check-config", wrong]).status, 0);
});
