import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { orders, startPusher, textsOf, users } from "./start-pusher.ts";

const largeText = (mark: string) => mark.padEnd(20_000, "x");

describe("UdpPusher with large views", () => {
  it("compresses in the background", async () => {
    const { compressions, network, pusher } = await startPusher();
    pusher.push(largeText("a"), [orders]);
    expect(network.sent).toEqual([]);

    compressions[0]?.();
    expect(textsOf(network.sent)).toEqual([largeText("a")]);
  });

  it("never sends an older view after a newer one", async () => {
    const { clock, compressions, network, pusher } = await startPusher();
    pusher.push(largeText("a"), [orders, users]);
    pusher.push(largeText("b"), [orders]);
    compressions[1]?.();
    compressions[0]?.();
    expect(network.takeSent().map(({ text }) => text[0])).toEqual(["b", "a"]);
    expect(pusher.pendingCount).toBe(2); // `a` went to the subscriber of users only

    pusher.push(largeText("c"), [orders]);
    pusher.push("d", [orders]);
    compressions[2]?.();
    await clock.advance(10_000);
    pusher.check();
    expect(network.takeSent().map(({ text }) => text[0])).toEqual(["d", "a", "d"]);
  });

  it("sends only the newest of the views that are under compression", async () => {
    const { compressions, network, pusher } = await startPusher();
    for (const mark of ["a", "b", "c"]) pusher.push(largeText(mark), [orders]);
    for (const end of compressions) end();

    expect(network.sent.map(({ text }) => text[0])).toEqual(["c"]);
  });

  it("does not repeat the older view while the newer one is under compression", async () => {
    const { clock, compressions, network, pusher } = await startPusher();
    pusher.push("a", [orders]);
    pusher.push(largeText("b"), [orders]);
    await clock.advance(10_000);
    pusher.check();
    compressions[0]?.();

    expect(network.sent.map(({ text }) => text[0])).toEqual(["a", "b"]);
  });

  it("drops what exceeds the bytes under compression, but for a single packet", async () => {
    const { compressions, network, pusher } = await startPusher({ gzipWaitingBytesMax: 10_000 });
    pusher.push(largeText("a"), [orders]);
    pusher.push(largeText("b"), [users]);
    expect(pusher.droppedCount).toBe(1);

    compressions[0]?.();
    pusher.push(largeText("c"), [users]);
    compressions[1]?.();
    expect(network.sent.map(({ text }) => text[0])).toEqual(["a", "c"]);
  });

  it("counts what no datagram can carry, and says so now and then", async () => {
    const { clock, compressions, logger, network, pusher } = await startPusher();
    const text = randomBytes(80_000).toString("base64");
    pusher.push("small", [orders]);
    for (let count = 0; count < 3; count++) pusher.push(text, [orders, users]);
    for (const end of compressions.splice(0)) end();
    expect(pusher).toMatchObject({ tooLargeCount: 2, pushedCount: 1 });

    await clock.advance(60_000);
    pusher.check();
    expect(textsOf(network.sent)).toEqual(["small"]); // and not again, as it is outdated
    pusher.push(text, [orders]);
    for (const end of compressions.splice(0)) end();
    expect(logger.lines).toMatchObject([
      { level: "warn", fields: { service: "DEFAULT_GROUP@@orders", heldBackCount: 0 } },
      { level: "warn", fields: { service: "DEFAULT_GROUP@@orders", bytesMax: 65_507 } },
    ]);
  });
});
