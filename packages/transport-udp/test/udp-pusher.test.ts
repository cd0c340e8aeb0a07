import { describe, expect, it } from "vitest";
import type { Sent } from "./fake-network.ts";
import { orders, startPusher, textsOf, users } from "./start-pusher.ts";
import { subscriberOf } from "./subscribers.ts";

const subscribersAt = (count: number) =>
  Array.from({ length: count }, (_, index) => subscriberOf({ udpPort: 10_000 + index }));

describe("UdpPusher", () => {
  it("sends one packet to all subscribers of a view, where their requests came from", async () => {
    const { network, pusher } = await startPusher();
    pusher.push("view", [orders, subscriberOf({ address: "10.0.0.2", declaredIp: "10.9.9.9" })]);

    const [first, second] = network.sent;
    expect(network.sent).toMatchObject([
      { address: "10.0.0.1", port: 5_001, text: "view", lastRefTime: 1_609_459_200_000_000 },
      { address: "10.0.0.2", port: 5_001, text: "view", lastRefTime: 1_609_459_200_000_000 },
    ]);
    expect(first?.bytes).toBe(second?.bytes);
    expect(pusher).toMatchObject({ pushedCount: 2, pendingCount: 2 });
  });

  it("numbers each push higher than the one before", async () => {
    const { network, pusher } = await startPusher();
    for (const text of ["a", "b", "c"]) pusher.push(text, [orders]);

    const [a = 0, b = 0, c = 0] = network.sent.map(({ lastRefTime }) => lastRefTime);
    expect(a < b && b < c).toBe(true);
  });

  it("measures from the push to its acknowledgement", async () => {
    const { clock, network, pusher } = await startPusher();
    expect(pusher).toMatchObject({ maxCostMs: 0, avgCostMs: 0 });
    pusher.push("a", [orders, users]);
    await clock.advance(10);
    pusher.push("b", [subscriberOf({ udpPort: 5_002 })]);
    await clock.advance(20);
    for (const datagram of network.takeSent()) network.ack(datagram);

    expect(pusher).toMatchObject({ ackedCount: 2, pendingCount: 0, maxCostMs: 30, avgCostMs: 25 });
  });

  it("sends the same bytes once more when nobody acknowledges, and then gives up", async () => {
    const { clock, network, pusher } = await startPusher();
    pusher.push("view", [orders]);
    await clock.advance(9_999);
    pusher.check();
    expect(network.sent).toHaveLength(1);

    await clock.advance(1);
    pusher.check();
    expect(network.sent).toHaveLength(2);
    expect(network.sent[1]?.bytes).toBe(network.sent[0]?.bytes);
    expect(pusher).toMatchObject({ pushedCount: 1, repeatedCount: 1, failedCount: 0 });

    await clock.advance(9_999);
    pusher.check();
    expect(pusher.pendingCount).toBe(1);

    await clock.advance(1);
    pusher.check();
    expect(network.sent).toHaveLength(2);
    expect(pusher).toMatchObject({ failedCount: 1, pendingCount: 0 });
  });

  it("takes an acknowledgement of the repetition", async () => {
    const { clock, network, pusher } = await startPusher();
    pusher.push("view", [orders]);
    await clock.advance(10_000);
    pusher.check();
    for (const datagram of network.takeSent().slice(1)) network.ack(datagram);
    await clock.advance(20_000);
    pusher.check();

    expect(network.sent).toEqual([]);
    expect(pusher).toMatchObject({ ackedCount: 1, failedCount: 0, pendingCount: 0 });
  });

  it("repeats only the latest push of a service", async () => {
    const { clock, network, pusher } = await startPusher();
    pusher.push("orders 1", [orders]);
    pusher.push("users 1", [users]);
    await clock.advance(5_000);
    pusher.push("orders 2", [orders]);
    expect(pusher.pendingCount).toBe(2);
    network.takeSent();

    await clock.advance(5_000);
    pusher.check();
    expect(textsOf(network.takeSent())).toEqual(["users 1"]);

    await clock.advance(5_000);
    pusher.check();
    expect(textsOf(network.takeSent())).toEqual(["orders 2"]);
  });

  it("keeps waiting for the latest push when an older one is acknowledged", async () => {
    const { network, pusher } = await startPusher();
    for (const text of ["1", "2", "3"]) pusher.push(text, [orders]);
    const [first, second, third] = network.takeSent() as [Sent, Sent, Sent];
    network.ack(second);
    network.ack(first);
    expect(pusher.pendingCount).toBe(1);

    network.ack(third);
    network.ack(third);
    expect(pusher).toMatchObject({ ackedCount: 2, strayAckCount: 2, pendingCount: 0 });
  });

  it("ignores acknowledgements from another address or port, or of another number", async () => {
    const { network, pusher } = await startPusher();
    pusher.push("view", [orders]);
    const [datagram] = network.sent as [Sent];
    network.ack({ ...datagram, address: "10.0.0.2" });
    network.ack({ ...datagram, port: 5_002 });
    network.ack({ ...datagram, lastRefTime: datagram.lastRefTime + 1 });

    expect(pusher).toMatchObject({ ackedCount: 0, strayAckCount: 3, pendingCount: 1 });
  });

  it("counts garbage and says nothing", async () => {
    const { logger, network, pusher } = await startPusher();
    pusher.push("view", [orders]);
    for (const garbage of ["", "hello", "{}", `{"lastRefTime":[]}`, " ".repeat(65_507)]) {
      network.receive(garbage, orders.address, orders.udpPort);
    }
    expect(pusher).toMatchObject({ badDatagramCount: 5, ackedCount: 0, pendingCount: 1 });
    expect(logger.lines).toEqual([]);
  });

  it("sends one datagram to a target that asked for the view under two names", async () => {
    const { network, pusher } = await startPusher();
    const other = subscriberOf({ id: "the same with another agent" });
    pusher.push("view", [orders, other]);
    expect(network.sent).toHaveLength(1);

    for (const datagram of network.sent) network.ack(datagram);
    expect(pusher).toMatchObject({ pushedCount: 1, ackedCount: 1, pendingCount: 0 });
  });

  it("drops what exceeds the limit of pending pushes", async () => {
    const { clock, network, pusher } = await startPusher({ pendingMax: 2 });
    const [first, second, third] = subscribersAt(3) as [
      typeof orders,
      typeof orders,
      typeof orders,
    ];
    pusher.push("a", [first, second]);
    pusher.push("b", [third]);
    pusher.push("c", [second]); // takes the place of its older one
    expect(textsOf(network.sent)).toEqual(["a", "a", "c"]);

    pusher.push("d", [first, second, third]);
    expect(network.takeSent()).toHaveLength(3);
    await clock.advance(20_000);
    pusher.check();
    expect(network.sent).toEqual([]); // there was newer
    expect(pusher).toMatchObject({ droppedCount: 4, repeatedCount: 0, pendingCount: 0 });
  });

  it("drops what exceeds the bytes of pending packets, counting a shared packet once", async () => {
    const { network, pusher } = await startPusher({ pendingBytesMax: 1_000 });
    const text = "x".repeat(500);
    pusher.push(text, subscribersAt(5));
    pusher.push(text, [users]);
    expect(pusher).toMatchObject({ pushedCount: 5, droppedCount: 1 });

    for (const datagram of network.takeSent()) network.ack(datagram);
    pusher.push(text, [users]);
    expect(pusher).toMatchObject({ pushedCount: 6, droppedCount: 1 });
  });

  it("sends a push to many a few at a time, in order", async () => {
    const { clock, network, pusher } = await startPusher({ sendsPerTurnMax: 4 });
    const subscribers = subscribersAt(6);
    pusher.push("a", subscribers);
    pusher.push("b", subscribers);
    expect(textsOf(network.sent)).toEqual(["a", "a", "a", "a"]);

    await clock.advance(1);
    expect(textsOf(network.sent)).toEqual([..."aaaaaabbbbbb"]);
    expect(network.sent.map(({ port }) => port).slice(6)).toEqual(
      subscribers.map(({ udpPort }) => udpPort),
    );
    expect(pusher).toMatchObject({ pushedCount: 12, pendingCount: 6 });
  });

  it("looks at a limited number of due pushes per check, the oldest first", async () => {
    const { clock, network, pusher } = await startPusher({ checkedMax: 4 });
    const subscribers = subscribersAt(6);
    pusher.push("a", subscribers);
    await clock.advance(10_000);
    network.takeSent();
    pusher.check();
    pusher.check();
    pusher.check();

    expect(network.sent.map(({ port }) => port)).toEqual(subscribers.map(({ udpPort }) => udpPort));
  });
});
