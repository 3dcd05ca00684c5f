import { createConfig, lint } from "@redocly/openapi-core";
import { join } from "node:path";
import t from "tap";

const source = join(import.meta.dirname, "../../../schemas/rest.yaml");

t.test("the document of the REST API follows the recommended rules for OpenAPI", async (t) => {
  const config = await createConfig({ extends: ["recommended"] });
  const problems = await lint({ ref: source, config });
  t.strictSame(
    problems.map(({ ruleId, message, location }) => `${ruleId}: ${message} at ${location[0]?.pointer ?? "?"}`),
    [],
  );
});
