import t from "tap";
import type { AgentProfile } from "#src/api/agent-profile.js";
import { profileOfApp } from "#src/configuration/agents.js";
import type { components } from "#src/configuration/generated/configuration.js";

type FromSchema = NonNullable<components["schemas"]["Configuration"]["agents"]>[string];
type Same<A, B> = (<T>() => T extends Deep<A> ? 1 : 2) extends <T>() => T extends Deep<B> ? 1 : 2 ? true : false;
type Deep<T> = T extends readonly (infer Item)[]
  ? readonly Deep<Item>[]
  : T extends object
    ? { [K in keyof T]: Deep<T[K]> }
    : T;

t.test("the type of an agent's profile is that of the configuration's schema", (t) => {
  const same: Same<AgentProfile, FromSchema> = true; // compiles only if no key is missing on either side
  t.ok(same);
  t.end();
});

t.test("an App's profile is the one that names it, else the one named after its last part", (t) => {
  const agents = { rex: { githubApp: "5DLabs-Rex-2" }, cleo: { model: "opus" }, tess: {} };
  t.equal(profileOfApp(agents, "5dlabs-rex-2"), agents.rex);
  t.equal(profileOfApp(agents, "5DLabs-Cleo"), agents.cleo);
  t.equal(profileOfApp(agents, "5DLabs-Rex"), undefined, "rex works as another App");
  t.equal(profileOfApp(agents, "5DLabs-constructor"), undefined);
  t.equal(profileOfApp(agents, undefined), undefined);
  t.equal(profileOfApp(undefined, "5DLabs-Rex"), undefined);
  t.end();
});
