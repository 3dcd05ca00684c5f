import t from "tap";
import { restartDelay } from "#src/cluster/restart-delay.js";

t.test("restarts are spaced out up to half a minute, and quick again after a minute of work", (t) => {
  const delays: number[] = [];
  for (let index = 0; index < 8; index++) delays.push(restartDelay(delays.at(-1), 100));
  t.same(delays, [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  t.equal(restartDelay(30_000, 59_999), 30_000);
  t.equal(restartDelay(30_000, 60_000), 1_000);
  t.end();
});
