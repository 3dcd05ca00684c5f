/** The bounds of connections: whom a flood closes, and whom it does not. */
import t from "tap";
import fc from "../../property.js";
import { FakeClock } from "#src/runtime/testing/clock.js";
import type { Logger } from "#src/runtime/logger.js";
import { silentLogger } from "#src/runtime/logger.js";
import { Connections, sourceOf, type Connection } from "#src/runtime/webhook/connections.js";

class Socket implements Connection {
  static #ports = 1024;
  readonly remotePort = Socket.#ports++;
  isOpen = true;
  #closed: () => void = () => undefined;

  constructor(readonly remoteAddress: string) {}

  once(_: "close", listener: () => void): void {
    this.#closed = listener;
  }

  destroy(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.#closed();
  }
}

function bounds(
  total: number,
  perSource: number,
  logger: Logger = silentLogger,
): { connections: Connections; clock: FakeClock } {
  const clock = new FakeClock();
  return { connections: new Connections({ total, perSource, strangerTimeout: 15_000, clock, logger }), clock };
}

t.test("one source cannot take more than its share; its oldest silent connection gives way", (t) => {
  const { connections } = bounds(10, 3);
  const sockets = Array.from({ length: 4 }, () => new Socket("10.0.0.1"));
  for (const socket of sockets) connections.accept(socket);
  t.same(
    sockets.map(({ isOpen }) => isOpen),
    [false, true, true, true],
  );
  t.end();
});

t.test("in total, the source with most silent connections gives way", (t) => {
  const { connections } = bounds(4, 3);
  const flood = Array.from({ length: 3 }, () => new Socket("10.0.0.1"));
  const other = new Socket("10.0.0.2");
  const late = new Socket("10.0.0.3");
  for (const socket of [...flood, other, late]) connections.accept(socket);
  t.same(
    [...flood, other, late].map(({ isOpen }) => isOpen),
    [false, true, true, true, true],
  );
  t.end();
});

t.test("a silent connection is closed at its deadline, one that sent a review never", async (t) => {
  const { connections, clock } = bounds(10, 10);
  const [silent, api] = [new Socket("10.0.0.1"), new Socket("10.0.0.1")];
  for (const socket of [silent, api]) connections.accept(socket);
  connections.known(api);
  await clock.advance(14_999);
  t.ok(silent.isOpen);
  await clock.advance(1);
  t.notOk(silent.isOpen);
  await clock.advance(1_000_000);
  t.ok(api.isOpen);
});

t.test("a flood writes one line in ten seconds", async (t) => {
  const lines: unknown[] = [];
  const logger = { ...silentLogger, warn: (fields: unknown) => lines.push(fields) } as unknown as Logger;
  const { connections, clock } = bounds(10, 1, logger);
  for (let each = 0; each < 50; each++) connections.accept(new Socket("10.0.0.1"));
  t.same(lines, [{ source: "10.0.0.1", open: 0, others: 0 }]);
  await clock.advance(10_000);
  connections.accept(new Socket("10.0.0.1"));
  connections.accept(new Socket("10.0.0.1"));
  t.match(lines[1], { source: "10.0.0.1", others: 48 });
});

t.test("the bounds hold and no known connection is closed, in any order of connections", async (t) => {
  const step = fc.record({
    what: fc.constantFrom("accept", "accept", "known", "close"),
    address: fc.constantFrom("10.0.0.1", "10.0.0.2", "2001:db8::1", "2001:db8::2", "2001:db8:1::1"),
    which: fc.nat(30),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 80 }), async (steps) => {
      const { connections, clock } = bounds(6, 3);
      const sockets: Socket[] = [];
      const trusted = new Set<Socket>();
      for (const { what, address, which } of steps) {
        const socket = sockets[which % Math.max(1, sockets.length)];
        if (what === "accept") {
          sockets.push(new Socket(address));
          connections.accept(sockets.at(-1) ?? new Socket(address));
        } else if (socket?.isOpen === true && what === "known") {
          trusted.add(socket);
          connections.known(socket);
        } else if (socket?.isOpen === true) {
          trusted.delete(socket);
          socket.destroy();
        }
        const open = sockets.filter(({ isOpen }) => isOpen);
        const bySource = new Map<string, number>();
        for (const { remoteAddress } of open)
          bySource.set(sourceOf(remoteAddress), (bySource.get(sourceOf(remoteAddress)) ?? 0) + 1);
        if (open.length > 6 || [...bySource.values()].some((count) => count > 3)) return false;
        if ([...trusted].some(({ isOpen }) => !isOpen)) return false;
      }
      await clock.advance(15_000);
      return sockets.every((socket) => !socket.isOpen || trusted.has(socket));
    }),
  );
  t.pass("they hold");
});

t.test("a source is an address, or the /64 network of an IPv6 address", (t) => {
  t.equal(sourceOf("10.0.0.1"), "10.0.0.1");
  t.equal(sourceOf("::ffff:10.0.0.1"), "10.0.0.1");
  t.equal(sourceOf("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
  t.equal(sourceOf("2001:db8:1:2::6"), sourceOf("2001:db8:1:2:ffff::1"));
  t.equal(sourceOf("fe80::1%eth0"), "fe80:0:0:0::/64");
  t.equal(sourceOf("::1"), "0:0:0:0::/64");
  t.equal(sourceOf(undefined), "");
  t.end();
});
