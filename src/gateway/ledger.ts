/** What the models of one attempt have used, against its budget. Every change is in a journal before the next one. */
import { Journal, type JournalEntry } from "./journal.js";
import { cost, noTokens, sum, total, type PriceList, type Tokens } from "./tokens.js";

/** What one model has used. */
export interface ModelUsage {
  readonly model: string;
  readonly tokens: Tokens;
  readonly requests: number;
  /** Requests among them that were cut off, and whose output was estimated from the text that had arrived. */
  readonly estimated: number;
}

/** The end of a run's spending. A limit that is absent never blocks. */
export interface Budget {
  /** Tokens of all kinds together, of all attempts. */
  readonly maxTokens?: number;
  /** US dollars, of all attempts. */
  readonly maxCostUSD?: number;
  /** What earlier attempts have used. */
  readonly used?: readonly ModelUsage[];
}

export interface LedgerOptions {
  readonly prices: PriceList;
  readonly budget: Budget;
  /** The journal, which is made if it is absent. */
  readonly file: string;
  /** Called once when the given part of the budget is used: 0.8. */
  readonly onWarning?: (part: number) => void;
  /** The journal could not be written: the totals continue in memory, and are lost with the process. */
  readonly onJournalError?: (error: unknown) => void;
}

/** Part of the budget at which it warns. */
const warningPart = 0.8;

/** Models with totals of their own: their names come from the agent. The others share one. */
const maxModels = 50;
const others = "other";

/** Characters of a token, in English and in code. */
const charactersPerToken = 4;

/** Output that a request without a limit of its own is expected to have at most. */
const assumedOutput = 32_000;

/** Input of a request is estimated at no more than this: images and files have more bytes than tokens. */
const maxEstimate = 200_000;

interface Spending {
  readonly tokens: number;
  readonly costUSD: number;
}

/** A request that is under way. */
export class Charge {
  readonly id: number;
  readonly model: string;
  /** Bytes of its body. */
  readonly #inputEstimate: number;
  readonly #ledger: Ledger;
  readonly reserved: Tokens;
  #tokens: Partial<Tokens> = {};
  #outputLength = 0;
  /** What it was settled with. */
  settled: { readonly tokens: Tokens; readonly isEstimated: boolean } | undefined;

  constructor(ledger: Ledger, id: number, model: string, inputBytes: number, maxOutput = assumedOutput) {
    this.#ledger = ledger;
    this.id = id;
    this.model = model;
    this.#inputEstimate = Math.min(Math.ceil(inputBytes / charactersPerToken), maxEstimate);
    this.reserved = { ...noTokens, input: this.#inputEstimate, output: maxOutput };
  }

  /** Takes what an answer, or a part of it, says. */
  read(tokens: Partial<Tokens>): void {
    this.#tokens = { ...this.#tokens, ...tokens };
    this.#ledger.noted(this);
  }

  /** Counts output that has arrived, in characters. */
  addOutput(length: number): void {
    this.#outputLength += length;
  }

  /** The answer is complete, or there is none. */
  settle(): void {
    this.#ledger.settle(this, { ...noTokens, ...this.#tokens }, false);
  }

  /** The answer was cut off, or says nothing of what it used. */
  settleEstimated(): void {
    this.#ledger.settle(this, this.estimate(), true);
  }

  /** What the provider has counted as far as is known, and at least what has arrived. */
  estimate(): Tokens {
    const known = this.#tokens;
    const arrived = Math.ceil(this.#outputLength / charactersPerToken);
    const isInputKnown = known.input !== undefined;
    return {
      ...noTokens,
      ...known,
      ...(!isInputKnown && { input: this.#inputEstimate }),
      output: Math.max(known.output ?? 0, arrived),
    };
  }
}

export class Ledger {
  readonly #options: LedgerOptions;
  readonly #journal: Journal;
  readonly #models = new Map<string, ModelUsage>();
  readonly #open = new Set<Charge>();
  readonly #waiting: (() => void)[] = [];
  readonly #before: Spending;
  #lastId = 0;
  #hasWarned = false;

  /** Continues from the journal: what was under way when a process before this one ended counts as it was last known. */
  constructor(options: LedgerOptions) {
    this.#options = options;
    const used = options.budget.used ?? [];
    this.#before = this.#spending(used);
    const entries = Journal.read(options.file);
    this.#replay(entries);
    this.#journal = new Journal(options.file, () => this.usage(), options.onJournalError);
    this.#warn();
  }

  /**
   * Begins a request. Near a limit it waits until it is known what those under way have used, so that the last response
   * alone can exceed it.
   *
   * @returns the reason if the budget does not allow it
   */
  async begin(model: string, inputBytes: number, maxOutput: number | undefined): Promise<Charge | string> {
    for (;;) {
      const refusal = this.refusal(model);
      if (refusal !== undefined) return refusal;
      const reserved = this.#spending([...this.#open].map((each) => usageOf(each, each.reserved)));
      if (this.#open.size === 0 || !this.#exceeds(plus(this.#spent(), reserved))) break;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    const charge = new Charge(this, ++this.#lastId, model, inputBytes, maxOutput);
    this.#open.add(charge);
    this.#journal.write({ id: charge.id, model, tokens: charge.estimate(), isOpen: true });
    return charge;
  }

  /** Why the budget allows no further request of a model; undefined if it does. */
  refusal(model: string): string | undefined {
    const { maxTokens, maxCostUSD } = this.#options.budget;
    // whatever it costs would not count
    if (maxCostUSD !== undefined && this.#options.prices.of(model) === undefined)
      return `the run has a budget in US dollars, and gateway.prices has no price of ${model}; add one, or use budget.maxTokens in place of budget.maxCostUSD`;
    const spent = this.#spent();
    if (maxTokens !== undefined && spent.tokens >= maxTokens)
      return `the run has used ${spent.tokens} of ${maxTokens} tokens of its budget; raise budget.maxTokens and retry the run to continue`;
    if (maxCostUSD !== undefined && spent.costUSD >= maxCostUSD)
      return `the run has used ${spent.costUSD.toFixed(2)} of ${maxCostUSD} US dollars of its budget; raise budget.maxCostUSD and retry the run to continue`;
    return undefined;
  }

  /** Of this attempt, with the requests that have ended, by model. */
  usage(): readonly ModelUsage[] {
    return [...this.#models.values()];
  }

  /** US dollars of this attempt; undefined if no model has a price. */
  costOf(usage: readonly ModelUsage[]): number | undefined {
    const costs = usage.map((each) => this.#costOf(each)).filter((each) => each !== undefined);
    return costs.length === 0 ? undefined : costs.reduce((a, b) => a + b, 0);
  }

  /** For a {@link Charge}. */
  noted(charge: Charge): void {
    if (charge.settled === undefined)
      this.#journal.write({ id: charge.id, model: charge.model, tokens: charge.estimate(), isOpen: true });
  }

  /** For a {@link Charge}. The first call counts. */
  settle(charge: Charge, tokens: Tokens, isEstimated: boolean): void {
    if (charge.settled !== undefined) return;
    charge.settled = { tokens, isEstimated };
    this.#open.delete(charge);
    this.#add({ model: charge.model, tokens, requests: 1, estimated: isEstimated ? 1 : 0 });
    this.#journal.write({ id: charge.id, model: charge.model, tokens, isOpen: false, isEstimated });
    this.#warn();
    for (const wake of this.#waiting.splice(0)) wake();
  }

  close(): void {
    this.#journal.close();
  }

  #replay(entries: readonly JournalEntry[]): void {
    const open = new Map<number, JournalEntry>();
    for (const entry of entries)
      if ("usage" in entry) for (const usage of entry.usage) this.#add(usage);
      else if (entry.isOpen) open.set(entry.id, entry);
      else {
        open.delete(entry.id);
        this.#add(usageOf(entry, entry.tokens, entry.isEstimated));
      }
    for (const entry of open.values()) if ("id" in entry) this.#add(usageOf(entry, entry.tokens, true));
  }

  #add({ model, tokens, requests, estimated }: ModelUsage): void {
    const name = this.#models.has(model) || this.#models.size < maxModels ? model : others;
    const before = this.#models.get(name);
    this.#models.set(name, {
      model: name,
      tokens: sum(before?.tokens ?? noTokens, tokens),
      requests: (before?.requests ?? 0) + requests,
      estimated: (before?.estimated ?? 0) + estimated,
    });
  }

  #costOf({ model, tokens }: ModelUsage): number | undefined {
    const price = this.#options.prices.of(model);
    return price && cost(tokens, price);
  }

  #spending(usage: readonly ModelUsage[]): Spending {
    return usage.reduce<Spending>(
      (spent, each) => ({
        tokens: spent.tokens + total(each.tokens),
        costUSD: spent.costUSD + (this.#costOf(each) ?? 0),
      }),
      { tokens: 0, costUSD: 0 },
    );
  }

  #spent(): Spending {
    return plus(this.#before, this.#spending(this.usage()));
  }

  #exceeds({ tokens, costUSD }: Spending, part = 1): boolean {
    const { maxTokens = Infinity, maxCostUSD = Infinity } = this.#options.budget;
    return tokens >= maxTokens * part || costUSD >= maxCostUSD * part;
  }

  #warn(): void {
    if (this.#hasWarned || !this.#exceeds(this.#spent(), warningPart)) return;
    this.#hasWarned = true;
    this.#options.onWarning?.(warningPart);
  }
}

const plus = (a: Spending, b: Spending): Spending => ({ tokens: a.tokens + b.tokens, costUSD: a.costUSD + b.costUSD });

function usageOf({ model }: { readonly model: string }, tokens: Tokens, isEstimated = false): ModelUsage {
  return { model, tokens, requests: 1, estimated: isEstimated ? 1 : 0 };
}
