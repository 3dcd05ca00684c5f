/**
 * A reference model of runs, as short as possible, to compare the engine with. It models the specification, not the
 * implementation: no Jobs, caches, writes or faults. After an event, `settle` computes the state once nothing more can
 * happen. It is exact, except for two facts that it reads from `Seen`: the random back-off before a retry, and which of two
 * runs that requested a slot at the same moment got it.
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
  /** Number of agents that run at once. */
  total: number;
  /** Seconds of waiting that count as one level of priority. */
  readonly agingSeconds: number;
  readonly initialBackoffSeconds: number;
  readonly maxBackoffSeconds: number;
  readonly terminalExitCodes: readonly number[];
  /** Seconds that a pod may fail to start. */
  readonly stuckPodSeconds: number;
  /** Seconds before a start problem is reported. */
  readonly patienceSeconds: number;
}

/** Seconds since the epoch, by the clocks of the cluster and of the manager. */
export interface Clocks {
  readonly cluster: number;
  readonly manager: number;
}

export interface Seen {
  /** When the next attempt is scheduled to start; undefined if never scheduled. */
  retryAt(task: string, run: number): number | undefined;
  /** Number of attempts that were started. */
  attempts(task: string): number;
}

export interface Run {
  readonly number: number;
  readonly cause: "Initial" | "AutomaticRetry" | "ManualRetry" | "ContextChanged";
  /** The content that its agent got. */
  readonly content: number;
  outcome?: "Succeeded" | "Failed" | "Lost" | "Cancelled" | "Replaced";
  /** Why it failed. */
  fault?: string;
}

export class Task {
  readonly runs: Run[] = [];
  phase: "Pending" | "Running" | "Succeeded" | "Failed" | "Cancelled" = "Pending";
  reason = "";
  /** Why it stays ended. */
  end = "NotEnded";
  /** `loose`: still running although its Job was deleted. */
  agent: "none" | "working" | "suspended" | "loose" = "none";
  /** The request that was last acted on. */
  observed: { readonly retryAttempt: number; readonly contextVersion: number } | undefined;
  retryAt: number | undefined;
  /** Time since which its pod fails to start. */
  stuckSince: number | undefined;
  /** Time when it entered the queue. */
  since: number;
  /** It would start if there were a slot. */
  waits = false;
  /** It already did before the current step. */
  waited = false;

  constructor(
    readonly name: string,
    readonly wanted: Wanted,
    now: number,
  ) {
    this.since = now;
  }

  /** A user requests another attempt. */
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

  /** The agent ends. Its outcome counts, unless its Job was deleted before. */
  end(task: Task, exitCode: number, fault: string, { cluster, manager }: Clocks, seen: Seen): void {
    if (task.agent === "loose") task.agent = "none";
    else if (exitCode === 0) {
      this.#endRun(task, "Succeeded", cluster);
      this.#say(task, "Succeeded", "Completed", "Completed");
    } else if (this.rules.terminalExitCodes.includes(exitCode)) {
      this.#endRun(task, "Failed", cluster, fault);
      this.#say(task, "Failed", fault, "TerminalExitCode");
    } else {
      this.#endRun(task, "Failed", cluster, fault);
      this.#decideRetry(task, manager, seen);
    }
  }

  /** A user deletes the Job, with or without its pod. */
  lose(task: Task, isPodLeft: boolean, { manager }: Clocks, seen: Seen): void {
    const isLoose = isPodLeft && task.agent === "working";
    this.#endRun(task, "Lost", manager, "JobLost");
    if (isLoose) task.agent = "loose";
    this.#decideRetry(task, manager, seen);
  }

  /** Advances everything until nothing more can happen. */
  settle({ manager }: Clocks, seen: Seen): void {
    for (const task of this.tasks.values()) task.waited = task.waits;
    for (let before = ""; before !== this.#picture;) {
      before = this.#picture;
      for (const task of this.tasks.values()) this.#lead(task, manager, seen);
      this.#admit(manager, seen);
    }
  }

  /** Seconds until something happens without further action. */
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

  #say(task: Task, phase: Task["phase"], reason: string, end = "NotEnded"): void {
    task.phase = phase;
    task.reason = reason;
    task.end = end;
    task.waits = false;
    // a run that ended has acted on all requests
    if (task.isOver) task.observed = { ...task.wanted };
  }

  #endRun(task: Task, outcome: NonNullable<Run["outcome"]>, at: number, fault?: string): void {
    const run = task.runs.at(-1);
    if (run !== undefined) run.outcome = outcome;
    if (run !== undefined && fault !== undefined) run.fault = fault;
    task.agent = "none";
    task.stuckSince = undefined;
    task.since = Math.max(task.since, at);
  }

  /** An attempt failed: another one follows after a random back-off, as long as the retry budget lasts. */
  #decideRetry(task: Task, now: number, seen: Seen): void {
    const { initialBackoffSeconds, maxBackoffSeconds } = this.rules;
    // the retry budget restarts with each attempt that a user requested
    const used = task.runs.length - 1 - task.runs.findLastIndex(({ cause }) => cause !== "AutomaticRetry");
    const { number = 0, fault = "" } = task.runs.at(-1) ?? {};
    if (fault === "ImagePullBackOff" || used >= task.wanted.maxRetries) {
      this.#say(task, "Failed", fault, fault === "ImagePullBackOff" ? "NotRetryable" : "RetriesExhausted");
      return;
    }
    const at = seen.retryAt(task.name, number);
    const longest = Math.min(maxBackoffSeconds, initialBackoffSeconds * 2 ** used);
    if (at === undefined || at < now || at > now + longest) {
      throw new Error(`${task.name}: after run ${number} at ${at ?? "no time"}, not within ${longest} s of ${now}`);
    }
    task.retryAt = at;
  }

  /** Advances one task as far as possible without a slot. */
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
        this.#endRun(task, "Failed", now, "ImagePullBackOff");
        this.#decideRetry(task, now, seen);
        if (task.isOver) return;
      } else {
        task.agent = "working";
        const problem = stuck >= patienceSeconds ? "ImagePullBackOff" : "Starting";
        this.#say(task, "Running", task.stuckSince === undefined ? "Running" : problem);
        return;
      }
    }
    if (wanted.cancel) {
      task.agent = "none";
      task.retryAt = undefined;
      this.#say(task, "Cancelled", "Cancelled", "Cancelled");
      return;
    }
    if (task.isAsked) task.retryAt = undefined;
    // a time that is further away than any back-off was written by another clock
    const isDue = task.retryAt === undefined || task.retryAt <= now || task.retryAt > now + maxBackoffSeconds + 1;
    if (isDue && task.retryAt !== undefined) task.retryAt = Math.min(task.retryAt, now);
    if (wanted.suspend || !isDue) {
      this.#say(task, "Pending", wanted.suspend ? "Suspended" : "RetryBackOff");
      return;
    }
    const others = wanted.dependsOn.map((name) => this.tasks.get(name)?.phase ?? "missing");
    if (others.some((phase) => phase === "Failed" || phase === "Cancelled")) {
      if (wanted.failsWithDependency) task.retryAt = undefined;
      if (wanted.failsWithDependency) this.#say(task, "Failed", "DependencyFailed", "DependencyFailed");
      else this.#say(task, "Pending", "DependencyFailed");
    } else if (others.includes("missing")) this.#say(task, "Pending", "DependencyMissing");
    else if (others.some((phase) => phase !== "Succeeded")) this.#say(task, "Pending", "WaitingForDependency");
    else if (task.agent === "loose" && !task.isAsked) this.#say(task, "Pending", "PreviousAttemptEnding");
    else {
      task.agent = "none";
      this.#say(task, "Pending", "WaitingForSlot");
      task.waits = true;
    }
  }

  /** Slots are granted by priority, which grows with waiting, then by age; no run waits while a slot is free for it. */
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
      // runs that arrived in this step, which may be too late for their rank, and runs of equal rank
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
