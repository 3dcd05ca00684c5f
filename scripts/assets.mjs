// Marks the command line's entry as executable after a build; tsc doesn't keep modes.
import { chmodSync, existsSync } from "node:fs";
for (const file of ["dist/cli/orchestrator.js"]) if (existsSync(file)) chmodSync(file, 0o755);
