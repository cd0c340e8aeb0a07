import { describe, expect, it } from "vitest";
import type { Sent } from "./fake-network.ts";
import { orders, startPusher, textsOf, users } from "./start-pusher.ts";
import { subscriberOf } from "./subscribers.ts";

describe("UdpPusher and its sockets", () => {
  it("opens a socket for IPv6 when a subscriber needs it", async () => {
    const { clock, network, pusher } = await startPusher({ port: 7_777 });
    pusher.push("a", [orders, subscriberOf({ address: "::ffff:10.0.0.2" })]);
    expect(network.opened).toMatchObject([{ family: "udp4", port: 7_777 }]);

    const distant = subscriberOf({ address: "2001:db8::1" });
    pusher.push("b", [distant]);
    pusher.push("c", [subscriberOf({ address: "2001:db8:0:0::2" })]);
    await clock.advance(0);
    expect(network.opened).toMatchObject([{ family: "udp4" }, { family: "udp6", port: 7_777 }]);
    expect(network.sent).toMatchObject([
      { family: "udp4", address: "10.0.0.1" },
      { family: "udp4", address: "10.0.0.2" },
      { family: "udp6", address: "2001:db8::1", text: "b" },
      { family: "udp6", address: "2001:db8::2", text: "c" },
    ]);
    for (const datagram of network.sent) network.ack(datagram);
    expect(pusher).toMatchObject({ ackedCount: 4, pendingCount: 0 });
  });

  it("goes on without IPv6 when there is none, and tries again a minute later", async () => {
    const { clock, logger, network, pusher } = await startPusher();
    const distant = subscriberOf({ address: "2001:db8::1" });
    network.openError = new Error("EAFNOSUPPORT");
    pusher.push("a", [distant]);
    await clock.advance(1_000);
    pusher.push("b", [distant, orders]);
    await clock.advance(1_000);
    expect(textsOf(network.takeSent())).toEqual(["b"]);
    expect(pusher.sendErrorCount).toBe(2);
    expect(logger.lines.filter(({ level }) => level === "warn")).toHaveLength(1);

    network.openError = undefined;
    await clock.advance(60_000);
    pusher.push("c", [distant]);
    await clock.advance(0);
    expect(textsOf(network.takeSent())).toEqual(["c"]);
  });

  it("binds to a host by its family only", async () => {
    const { clock, network, pusher } = await startPusher({ host: "10.0.0.9" });
    pusher.push("a", [subscriberOf({ address: "::1" })]);
    await clock.advance(0);

    expect(network.opened.map(({ host }) => host)).toEqual(["10.0.0.9", undefined]);
  });

  it("counts refused datagrams and sends them again like lost ones", async () => {
    const { clock, network, pusher } = await startPusher();
    network.sendError = Object.assign(new Error("no route"), { code: "EHOSTUNREACH" });
    pusher.push("view", [orders]);
    expect(pusher).toMatchObject({ sendErrorCount: 1, pendingCount: 1 });

    network.sendError = null;
    await clock.advance(10_000);
    pusher.check();
    expect(network.sent).toHaveLength(2);
  });

  it("sends nothing to what is no address or port", async () => {
    const { network, pusher } = await startPusher();
    pusher.push("view", [
      subscriberOf({ address: "localhost" }),
      subscriberOf({ udpPort: 65_536 }),
    ]);

    expect(network.sent).toEqual([]);
    expect(pusher).toMatchObject({ sendErrorCount: 2, pushedCount: 0, pendingCount: 0 });
  });

  it("warns of a socket that fails, now and then", async () => {
    const { clock, logger, network } = await startPusher();
    for (let count = 0; count < 5; count++) network.opened[0]?.onError(new Error("ENETDOWN"));
    await clock.advance(60_000);
    network.opened[0]?.onError(new Error("ENETDOWN"));

    expect(logger.lines).toMatchObject([
      { level: "warn", fields: { module: "push", family: "udp4", heldBackCount: 0 } },
      { level: "warn", fields: { heldBackCount: 4 } },
    ]);
  });

  it("does nothing after it has stopped", async () => {
    const { clock, compressions, network, pusher } = await startPusher({ sendsPerTurnMax: 1 });
    pusher.push("a", [orders, subscriberOf({ udpPort: 5_002 })]);
    pusher.push("b".repeat(20_000), [users]);
    const [datagram] = network.takeSent() as [Sent];
    await Promise.all([pusher.stop(), pusher.stop()]);
    compressions[0]?.();
    network.ack(datagram);
    pusher.push("c", [orders]);
    await clock.advance(60_000);
    pusher.check();

    expect(network.sent).toEqual([]);
    expect(pusher).toMatchObject({ pendingCount: 0, ackedCount: 0, droppedCount: 1 });
    expect(network.closedCount).toBe(1);
  });

  it("closes a socket that opens while it stops", async () => {
    const { network, pusher } = await startPusher();
    pusher.push("a", [subscriberOf({ address: "::1" })]);
    await pusher.stop();

    expect(network).toMatchObject({ sent: [], closedCount: 2 });
  });

  it("can start again", async () => {
    const { network, pusher } = await startPusher();
    await pusher.stop();
    await pusher.start();
    pusher.push("a", [orders]);

    expect(textsOf(network.sent)).toEqual(["a"]);
    await pusher.stop();
    expect(network.closedCount).toBe(2);
  });
});
