/**
 * What becomes of TaskRuns, said as shortly as it can be: a reference model to hold the engine against. Written from what
 * the system is to mean, and knows nothing of how that is done: no Jobs, caches, writes or faults. Something happens, and
 * `settle` says how everything stands once that has come to rest. It is exact, but for two things that it looks up in
 * `Seen`: the wait that was drawn before a retry, and who won where two came for a slot at the same moment.
 */
export interface Wanted {
  readonly workspace: string;
  priority: number;
  retryAttempt: number;
  contextVersion: number;
  suspend: boolean;
  cancel: boolean;
  maxRetries: number;
  /** Content of the files. */
  content: number;
  readonly dependsOn: readonly string[];
  readonly failsWithDependency: boolean;
}

export interface Rules {
  /** Agents at work at once. */
  total: number;
  /** Seconds of waiting that count as one step of priority. */
  readonly agingSeconds: number;
  readonly initialBackoffSeconds: number;
  readonly maxBackoffSeconds: number;
  readonly terminalExitCodes: readonly number[];
  /** Seconds that a pod that can't start is given. */
  readonly stuckPodSeconds: number;
  /** Seconds before anything is said of it. */
  readonly patienceSeconds: number;
}

/** Seconds since the epoch: the cluster's clock, and the manager's. */
export interface Clocks {
  readonly cluster: number;
  readonly manager: number;
}

export interface Seen {
  /** When the run after this one is to start; undefined: never said. */
  retryAt(task: string, run: number): number | undefined;
  /** How many runs were started. */
  attempts(task: string): number;
}

export interface Run {
  readonly number: number;
  readonly cause: "Initial" | "AutomaticRetry" | "ManualRetry" | "ContextChanged";
  /** The content that its agent was given. */
  readonly content: number;
  outcome?: "Succeeded" | "Failed" | "Lost" | "Cancelled" | "Replaced";
}

export class Task {
  readonly runs: Run[] = [];
  phase: "Pending" | "Running" | "Succeeded" | "Failed" | "Cancelled" = "Pending";
  reason = "";
  /** `loose`: still at work although its Job was taken away. */
  agent: "none" | "working" | "suspended" | "loose" = "none";
  /** What was last acted on. */
  observed: { readonly retryAttempt: number; readonly contextVersion: number } | undefined;
  retryAt: number | undefined;
  /** Its pod can't start since then. */
  stuckSince: number | undefined;
  /** Since when it is in the queue. */
  since: number;
  /** It would start if there were a slot. */
  waits = false;
  /** It did so before the present step. */
  waited = false;

  constructor(
    readonly name: string,
    readonly wanted: Wanted,
    now: number,
  ) {
    this.since = now;
  }

  /** A person asks for another run. */
  get isAsked(): boolean {
    const { wanted, observed } = this;
    if (observed === undefined) return false;
    return wanted.retryAttempt > observed.retryAttempt || wanted.contextVersion > observed.contextVersion;
  }

  get isOver(): boolean {
    return ["Succeeded", "Failed", "Cancelled"].includes(this.phase);
  }
}

export class Reference {
  readonly tasks = new Map<string, Task>();
  readonly rules: Rules;

  constructor(rules: Rules) {
    this.rules = rules;
  }

  /** The agent ends. Its end counts, unless its Job was taken away before. */
  end(task: Task, exitCode: number, { cluster, manager }: Clocks, seen: Seen): void {
    if (task.agent === "loose") task.agent = "none";
    else if (exitCode === 0) {
      this.#endRun(task, "Succeeded", cluster);
      this.#say(task, "Succeeded", "Completed");
    } else if (this.rules.terminalExitCodes.includes(exitCode)) {
      this.#endRun(task, "Failed", cluster);
      this.#say(task, "Failed", "TerminalExitCode");
    } else {
      this.#endRun(task, "Failed", cluster);
      this.#decideRetry(task, manager, seen);
    }
  }

  /** Somebody takes the Job away, with its pod or without. */
  lose(task: Task, isPodLeft: boolean, { manager }: Clocks, seen: Seen): void {
    const isLoose = isPodLeft && task.agent === "working";
    this.#endRun(task, "Lost", manager);
    if (isLoose) task.agent = "loose";
    this.#decideRetry(task, manager, seen);
  }

  /** Everything goes on until nothing can. */
  settle({ manager }: Clocks, seen: Seen): void {
    for (const task of this.tasks.values()) task.waited = task.waits;
    for (let before = ""; before !== this.#picture;) {
      before = this.#picture;
      for (const task of this.tasks.values()) this.#lead(task, manager, seen);
      this.#admit(manager, seen);
    }
  }

  /** When something will happen though nobody does anything: seconds from now. */
  next({ manager }: Clocks): number | undefined {
    const { stuckPodSeconds, patienceSeconds } = this.rules;
    const times = [...this.tasks.values()].flatMap(({ retryAt, stuckSince }) => [
      ...(retryAt === undefined ? [] : [retryAt]),
      ...(stuckSince === undefined ? [] : [stuckSince + patienceSeconds, stuckSince + stuckPodSeconds]),
    ]);
    const ahead = times.map((time) => time - manager).filter((seconds) => seconds > 0);
    return ahead.length === 0 ? undefined : Math.min(...ahead);
  }

  get #picture(): string {
    return JSON.stringify([...this.tasks.values()]);
  }

  #say(task: Task, phase: Task["phase"], reason: string): void {
    task.phase = phase;
    task.reason = reason;
    task.waits = false;
    // what ended has acted on all that was asked
    if (task.isOver) task.observed = { ...task.wanted };
  }

  #endRun(task: Task, outcome: NonNullable<Run["outcome"]>, at: number): void {
    const run = task.runs.at(-1);
    if (run !== undefined) run.outcome = outcome;
    task.agent = "none";
    task.stuckSince = undefined;
    task.since = Math.max(task.since, at);
  }

  /** A run failed: another one after a drawn wait, as long as the budget lasts. */
  #decideRetry(task: Task, now: number, seen: Seen): void {
    const { initialBackoffSeconds, maxBackoffSeconds } = this.rules;
    // the budget begins anew with each run that a person asked for
    const used = task.runs.length - 1 - task.runs.findLastIndex(({ cause }) => cause !== "AutomaticRetry");
    if (used >= task.wanted.maxRetries) {
      this.#say(task, "Failed", "RetriesExhausted");
      return;
    }
    const number = task.runs.at(-1)?.number ?? 0;
    const at = seen.retryAt(task.name, number);
    const longest = Math.min(maxBackoffSeconds, initialBackoffSeconds * 2 ** used);
    if (at === undefined || at < now || at > now + longest) {
      throw new Error(`${task.name}: after run ${number} at ${at ?? "no time"}, not within ${longest} s of ${now}`);
    }
    task.retryAt = at;
  }

  /** One task, as far as it gets without a slot. */
  #lead(task: Task, now: number, seen: Seen): void {
    const { wanted } = task;
    const { patienceSeconds, stuckPodSeconds, maxBackoffSeconds } = this.rules;
    if (task.isOver && (wanted.cancel || !task.isAsked)) return;
    if (task.agent === "working" || task.agent === "suspended") {
      const stuck = task.stuckSince === undefined ? 0 : now - task.stuckSince;
      if (wanted.cancel) this.#endRun(task, "Cancelled", now);
      else if (task.isAsked) this.#endRun(task, "Replaced", now);
      else if (wanted.suspend) {
        task.agent = "suspended";
        task.stuckSince = undefined;
        this.#say(task, "Pending", "Suspended");
        return;
      } else if (stuck >= Math.max(stuckPodSeconds, patienceSeconds)) {
        this.#endRun(task, "Failed", now);
        this.#decideRetry(task, now, seen);
        if (task.isOver) return;
      } else {
        task.agent = "working";
        this.#say(
          task,
          "Running",
          task.stuckSince !== undefined && stuck >= patienceSeconds ? "PodNotStarting" : "Running",
        );
        return;
      }
    }
    if (wanted.cancel) {
      task.agent = "none";
      task.retryAt = undefined;
      this.#say(task, "Cancelled", "Cancelled");
      return;
    }
    if (task.isAsked) task.retryAt = undefined;
    // a time that is further away than any wait was written by another clock
    const isDue = task.retryAt === undefined || task.retryAt <= now || task.retryAt > now + maxBackoffSeconds + 1;
    if (isDue && task.retryAt !== undefined) task.retryAt = Math.min(task.retryAt, now);
    if (wanted.suspend || !isDue) {
      this.#say(task, "Pending", wanted.suspend ? "Suspended" : "RetryScheduled");
      return;
    }
    const others = wanted.dependsOn.map((name) => this.tasks.get(name)?.phase ?? "missing");
    if (others.some((phase) => phase === "Failed" || phase === "Cancelled")) {
      if (wanted.failsWithDependency) task.retryAt = undefined;
      this.#say(task, wanted.failsWithDependency ? "Failed" : "Pending", "DependencyFailed");
    } else if (others.includes("missing")) this.#say(task, "Pending", "DependencyMissing");
    else if (others.some((phase) => phase !== "Succeeded")) this.#say(task, "Pending", "Waiting");
    else if (task.agent === "loose" && !task.isAsked) this.#say(task, "Pending", "PreviousRunEnding");
    else {
      task.agent = "none";
      this.#say(task, "Pending", "WaitsForSlot");
      task.waits = true;
    }
  }

  /** Slots go by priority, which grows with waiting, then by age; nobody waits while there is one for him. */
  #admit(now: number, seen: Seen): void {
    const rank = ({ wanted, since }: Task): number =>
      wanted.priority + Math.floor(Math.max(0, now - since) / this.rules.agingSeconds);
    const isBefore = (a: Task, b: Task): number => rank(b) - rank(a) || a.since - b.since;
    for (;;) {
      const all = [...this.tasks.values()];
      const working = all.filter(({ agent }) => agent !== "none");
      const isTaken = ({ wanted }: Task): boolean => working.some((one) => one.wanted.workspace === wanted.workspace);
      if (working.length >= this.rules.total) return;
      const fitting = all.filter((task) => task.waits && !isTaken(task)).sort(isBefore);
      const first = fitting.find(({ waited }) => waited) ?? fitting.at(-1);
      if (first === undefined) return;
      // those who came in this step, and so may have come too late for their rank, and those who are equals
      const mayWin = fitting.filter((task) => isBefore(task, first) <= 0);
      const winner = mayWin.find(({ name, runs }) => seen.attempts(name) > runs.length) ?? fitting[0] ?? first;
      this.#start(winner);
    }
  }

  #start(task: Task): void {
    const { wanted, observed } = task;
    const last = task.runs.at(-1);
    const automatic = task.isAsked ? undefined : "AutomaticRetry";
    const isRetry = wanted.retryAttempt > (observed?.retryAttempt ?? wanted.retryAttempt);
    const cause = automatic ?? (isRetry ? "ManualRetry" : "ContextChanged");
    const number = last === undefined ? wanted.retryAttempt : last.number + 1;
    task.runs.push({ number, cause: last === undefined ? "Initial" : cause, content: wanted.content });
    task.observed = { ...wanted };
    task.agent = "working";
    task.retryAt = undefined;
    this.#say(task, "Running", "Running");
  }
}
