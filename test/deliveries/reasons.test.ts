/** Each reason that a Delivery can have is explained to the person who reads it. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { packageRoot } from "#src/version.js";

const folder = join(packageRoot, "src/deliveries");
const guides = ["github", "plays", "grafana"]
  .map((name) => readFileSync(join(packageRoot, `docs/guide/${name}.md`), "utf8"))
  .join("\n");

t.test("every reason of a Delivery is in a guide", (t) => {
  const sources = readdirSync(folder)
    .filter((name) => name.endsWith(".ts"))
    .map((name) => readFileSync(join(folder, name), "utf8"))
    .join("\n");
  const stated = [...sources.matchAll(/(?:\b(?:ignored|failed|failure|end)\(\s*|\breason: )"([A-Z][A-Za-z]+)"/g)];
  const reasons = [...new Set(stated.map(([, reason]) => reason ?? ""))].sort();
  t.ok(reasons.length > 30, `${reasons.length} reasons`);
  t.same(
    reasons.filter((reason) => !guides.includes(`\`${reason}\``)),
    [],
  );
  t.end();
});
