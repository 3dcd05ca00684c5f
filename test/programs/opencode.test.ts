import { behaves } from "./behaviour.js";
import { programs } from "./programs.js";

await behaves(programs.opencode);
