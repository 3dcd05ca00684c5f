import { behaves } from "./behavior.js";
import { programs } from "./programs.js";

await behaves(programs.codex);
