/** Which rule decides about an event, and why the others do not. Pure. */
import type { DeliverySpec } from "../api/delivery.js";
import type { Configuration } from "../configuration/configuration.js";
import { matchesAny, matchesExactly } from "./pattern.js";

export type Rule = Configuration["github"]["rules"][number];
type Conditions = NonNullable<Rule["when"]>;

/** One rule that was tried. */
export interface Trial {
  readonly rule: string;
  readonly matches: boolean;
  /** Why it does not match, as a clause; empty if it does. */
  readonly why: string;
}

export interface Judgement {
  /** The first rule that matches; absent: none does, and the event is ignored. */
  readonly rule?: Rule;
  /** The rules that were tried, in their order. */
  readonly trials: readonly Trial[];
}

/** Tries the rules in their order. */
export function judge(event: DeliverySpec, rules: readonly Rule[]): Judgement {
  const trials: Trial[] = [];
  for (const rule of rules) {
    const why = mismatch(event, rule);
    trials.push({ rule: rule.name, matches: why === undefined, why: why ?? "" });
    if (why === undefined) return { rule, trials };
  }
  return { trials };
}

/** Why a rule does not match; undefined if it does. */
function mismatch(event: DeliverySpec, { events, actions, when = {} }: Rule): string | undefined {
  if (!(events as readonly string[]).includes(event.event)) return `it is for ${events.join(", ")}`;
  if (actions !== undefined && !matchesAny(actions, [event.action]))
    return `the action is ${shown(event.action)}, and not ${actions.join(", ")}`;
  for (const [name, test] of lists) {
    const patterns = when[name];
    if (patterns === undefined) continue;
    const values = test.of(event).filter((value) => value !== undefined);
    const matches = test.exact === true ? matchesExactly : matchesAny;
    if (!matches(patterns, values))
      return `${test.words} is ${shown(values.join(", "))}, and not ${patterns.join(", ")}`;
  }
  for (const [name, test] of values) {
    const wanted = when[name];
    const found = test.of(event);
    if (wanted !== undefined && found !== wanted)
      return `${test.words} is ${shown(found === undefined ? undefined : String(found))}, and not ${String(wanted)}`;
  }
  return undefined;
}

/** What a person sees of a value: comments are long. */
function shown(value: string | undefined): string {
  if (value === undefined || value === "") return "absent";
  return value.length <= 100 ? value : `${value.slice(0, 100)}…`;
}

type ListName = {
  [K in keyof Conditions]-?: Conditions[K] extends readonly string[] | undefined ? K : never;
}[keyof Conditions];

interface ListTest {
  readonly words: string;
  readonly of: (event: DeliverySpec) => readonly (string | undefined)[];
  /** Letter case counts. */
  readonly exact?: boolean;
}

const lists: readonly (readonly [ListName, ListTest])[] = [
  [
    "repositories",
    {
      words: "the repository",
      of: ({ repository }) => [repository === undefined ? undefined : `${repository.owner}/${repository.name}`],
    },
  ],
  ["labels", { words: "labels", of: ({ labels = [] }) => labels }],
  ["label", { words: "the label", of: ({ label }) => [label] }],
  ["branches", { words: "the branch", of: ({ branch }) => [branch], exact: true }],
  ["baseBranches", { words: "the base branch", of: ({ baseBranch }) => [baseBranch], exact: true }],
  ["paths", { words: "paths", of: ({ paths = [], comment }) => [...paths, comment?.path], exact: true }],
  ["senders", { words: "the sender", of: ({ sender }) => [sender?.login] }],
  ["authors", { words: "the author", of: ({ subject }) => [subject?.author?.login] }],
  [
    "associations",
    {
      words: "the association",
      of: ({ comment, subject }) => [comment === undefined ? subject?.association : comment.association],
    },
  ],
  ["conclusions", { words: "the conclusion", of: ({ conclusion }) => [conclusion] }],
  ["checks", { words: "the check", of: ({ check, alert }) => [check?.name ?? alert?.name] }],
  [
    "text",
    { words: "the text", of: ({ comment }) => [comment?.text === undefined ? undefined : proseOf(comment.text)] },
  ],
];

/** Without blank lines and spaces around it. Four spaces or a tab make a first line code, which is quoted and not said. */
function proseOf(text: string): string {
  const lines = text.trimEnd().replace(/^(?:[ \t]*\r?\n)+/, "");
  return /^(?: {4}| {0,3}\t)/.test(lines) ? lines : lines.trimStart();
}

const values = [
  ["subject", { words: "the subject", of: ({ subject }: DeliverySpec) => subject?.kind }],
  ["draft", { words: "draft", of: ({ subject }: DeliverySpec) => subject?.draft }],
  ["merged", { words: "merged", of: ({ subject }: DeliverySpec) => subject?.merged }],
] as const;
