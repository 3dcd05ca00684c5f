import { writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { kubectl } from "#src/cluster/install.js";
import { scratch } from "./local-cluster.js";

t.test("a kubectl that exits before it has read its input fails with its own message", async (t) => {
  const program = join(scratch(t), "kubectl");
  writeFileSync(program, "#!/bin/sh\necho 'unknown flag' >&2\nexit 1\n", { mode: 0o755 });
  await t.rejects(kubectl({ kubectl: program, kubeconfig: "none" }, ["apply", "-f", "-"], "x".repeat(1 << 24)), {
    message: "kubectl apply -f -: unknown flag",
  });
});
