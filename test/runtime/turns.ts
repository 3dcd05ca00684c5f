import { settle, type FakeClock } from "#src/runtime/testing/clock.js";

/**
 * Lets the event loop turn until the condition holds: for what needs sockets or threads but no time of the fake clock.
 * @throws Error if it does not hold after many turns, with what was awaited.
 */
export async function until(what: string, condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 20_000; turn++) {
    if (condition()) return;
    await settle();
  }
  throw new Error(`not within 20,000 turns: ${what}`);
}

/** Lets time pass in small steps, with enough turns of the event loop in each for several requests one after the other. */
export async function pass(clock: FakeClock, milliseconds: number): Promise<void> {
  const step = 50;
  for (let passed = 0; passed < milliseconds; passed += step) {
    await clock.advance(Math.min(step, milliseconds - passed));
    for (let turn = 0; turn < 4; turn++) await settle();
  }
}
