import t from "tap";
import { BodyRoom } from "#src/gateway/body-room.js";

/** Takes room, and says whether it has begun. */
function taking(room: BodyRoom, size: number): { isHeld: boolean; give: () => void } {
  const state = { isHeld: false, give: (): void => undefined };
  void room.take(size).then((give) => Object.assign(state, { isHeld: true, give }));
  return state;
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

t.test("bodies wait for room, in the order of their requests", async (t) => {
  const room = new BodyRoom(10);
  const [first, second, third] = [taking(room, 6), taking(room, 6), taking(room, 1)];
  await settled();
  t.same([first.isHeld, second.isHeld, third.isHeld], [true, false, false], "the third does not overtake the second");
  first.give();
  first.give();
  await settled();
  t.same([second.isHeld, third.isHeld], [true, true]);
  const fourth = taking(room, 4);
  await settled();
  t.equal(fourth.isHeld, false, "room that is given back twice counts once");
});

t.test("a body that is larger than the room is held alone", async (t) => {
  const room = new BodyRoom(10);
  const small = taking(room, 1);
  const large = taking(room, 1_000);
  const after = taking(room, 1);
  await settled();
  t.same([small.isHeld, large.isHeld, after.isHeld], [true, false, false]);
  small.give();
  await settled();
  t.same([large.isHeld, after.isHeld], [true, false]);
  large.give();
  await settled();
  t.equal(after.isHeld, true, "and gives back what it took");
  after.give();
  const all = taking(room, 10);
  await settled();
  t.equal(all.isHeld, true);
});
