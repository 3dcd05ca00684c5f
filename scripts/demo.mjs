// npm run demo: builds what is missing, then runs dist/demo/demo.js with the arguments given.
import { spawnSync } from "node:child_process";

for (const [program, ...args] of [
  ["npx", "tsc", "-b", "src"],
  [process.execPath, "scripts/bundle.mjs"],
]) {
  const build = spawnSync(program, args, { stdio: "inherit" });
  if (build.status !== 0) process.exit(build.status ?? 1);
}
const demo = spawnSync(process.execPath, ["dist/demo/demo.js", ...process.argv.slice(2)], { stdio: "inherit" });
process.exit(demo.status ?? 1);
