/** Totals, reservations and what is left of them when the gateway is killed. */
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { Charge, Ledger, type Budget } from "#src/gateway/ledger.js";
import { noTokens, PriceList, sum, total, type Tokens } from "#src/gateway/tokens.js";
import fc from "../property.js";
import { newDirectory } from "./served-gateway.js";

const prices = new PriceList({});

function ledgerAt(file: string, budget: Budget = {}): Ledger {
  return new Ledger({ prices, budget, file });
}

async function begun(ledger: Ledger, model = "m", maxOutput = 100): Promise<Charge> {
  const charge = await ledger.begin(model, 400, maxOutput);
  if (!(charge instanceof Charge)) throw new Error(charge);
  return charge;
}

const tokens = (ledger: Ledger): Tokens => ledger.usage().reduce((all, each) => sum(all, each.tokens), noTokens);

/** What happens to requests, in turn. */
const steps = fc.array(
  fc.record({
    action: fc.constantFrom("begin", "usage", "text", "settle", "cut"),
    which: fc.nat(5),
    count: fc.nat(1_000),
  }),
  { maxLength: 60 },
);

t.test("a ledger killed at any point continues with all that had ended, and an estimate of the rest", async (t) => {
  const directory = newDirectory(t);
  await fc.assert(
    fc.asyncProperty(steps, fc.double({ min: 0, max: 1, noNaN: true }), async (steps, part) => {
      const file = join(directory, "usage.jsonl");
      writeFileSync(file, "");
      const ledger = ledgerAt(file);
      const open: Charge[] = [];
      /** Length of the file, and the totals at that time. */
      const moments = [{ length: statSync(file).size, ended: noTokens, requests: 0 }];
      for (const { action, which, count } of steps) {
        const charge = open[which % Math.max(1, open.length)];
        if (action === "begin") open.push(await begun(ledger, `m${which}`));
        else if (action === "usage") charge?.read({ input: count, output: 1 });
        else if (action === "text") charge?.addOutput(count);
        else if (charge !== undefined) {
          open.splice(open.indexOf(charge), 1);
          if (action === "settle") charge.settle();
          else charge.settleEstimated();
        }
        const requests = ledger.usage().reduce((all, each) => all + each.requests, 0);
        moments.push({ length: statSync(file).size, ended: tokens(ledger), requests });
      }
      ledger.close();
      const text = readFileSync(file);
      const end = Math.floor(part * text.length);
      writeFileSync(file, text.subarray(0, end));
      const last = moments.filter(({ length }) => length <= end).at(-1);
      const next = ledgerAt(file);
      next.close();
      const again = ledgerAt(file);
      again.close();
      const counted = next.usage().reduce((all, each) => all + each.requests, 0);
      return (
        total(tokens(next)) >= total(last?.ended ?? noTokens) &&
        counted >= (last?.requests ?? 0) &&
        total(tokens(again)) === total(tokens(next))
      );
    }),
    { numRuns: 100 },
  );
});

t.test("the journal does not grow with the number of requests", async (t) => {
  const file = join(newDirectory(t), "usage.jsonl");
  const ledger = ledgerAt(file);
  const open = await begun(ledger);
  for (let index = 0; index < 20_000; index++) {
    const charge = await begun(ledger);
    charge.read({ input: 1, output: 2 });
    charge.settle();
  }
  t.ok(statSync(file).size < 1.2 * 1024 * 1024);
  ledger.close();
  const next = ledgerAt(file);
  t.match(next.usage(), [{ requests: 20_001, estimated: 1, tokens: { input: 20_100, output: 40_000 } }]);
  next.close();
  open.settle();
});

t.test("models beyond fifty share a total, since the agent chooses their names", async (t) => {
  const ledger = ledgerAt(join(newDirectory(t), "usage.jsonl"));
  for (let index = 0; index < 60; index++) {
    const charge = await begun(ledger, `model-${index}`);
    charge.read({ input: 1 });
    charge.settle();
  }
  t.equal(ledger.usage().length, 51);
  t.match(ledger.usage().at(-1), { model: "other", requests: 10 });
  ledger.close();
});

t.test("requests beside each other wait near the limit, and exceed it by one response at most", async (t) => {
  const directory = newDirectory(t);
  const uses = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(uses, fc.integer({ min: 1, max: 1_000 }), async (uses, maxTokens) => {
      const file = join(directory, "usage.jsonl");
      writeFileSync(file, "");
      const ledger = ledgerAt(file, { maxTokens });
      const refused = await Promise.all(
        uses.map(async (output) => {
          const charge = await ledger.begin("m", 0, 100);
          if (!(charge instanceof Charge)) return true;
          await Promise.resolve();
          charge.read({ input: 0, output });
          charge.settle();
          return false;
        }),
      );
      ledger.close();
      const spent = total(tokens(ledger));
      const all = uses.reduce((a, b) => a + b, 0);
      // nothing is refused while there is budget left, and what exceeds it is less than one response
      return spent < maxTokens + 100 && (refused.includes(true) ? spent >= maxTokens : spent === all);
    }),
    { numRuns: 100 },
  );
});

t.test("a journal that cannot be written leaves the totals, and says so", async (t) => {
  const errors: unknown[] = [];
  const ledger = new Ledger({
    ...{ prices, budget: {}, file: "/nowhere/usage.jsonl" },
    onJournalError: (error) => errors.push(error),
  });
  const charge = await begun(ledger);
  charge.read({ input: 7 });
  charge.settle();
  t.equal(tokens(ledger).input, 7);
  t.match(errors[0], { code: "ENOENT" });
});

t.test("prices: exact names, then the longest beginning; cache prices default to that of input", (t) => {
  const list = new PriceList({
    "claude-*": { input: 1, output: 1 },
    "claude-opus-*": { input: 2, output: 2 },
    "claude-opus-4": { input: 3, output: 3 },
  });
  t.equal(list.of("claude-opus-4")?.input, 3);
  t.equal(list.of("claude-opus-4-1")?.input, 2);
  t.equal(list.of("claude-sonnet")?.input, 1);
  t.equal(list.of("gpt"), undefined);
  t.end();
});
