/** The sample for Alertmanager. The pipelines are tried with a real collector in test/integration/observability.test.ts. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { parse } from "yaml";
import { packageRoot } from "#src/version.js";

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
