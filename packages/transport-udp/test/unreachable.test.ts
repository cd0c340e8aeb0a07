import { describe, expect, it } from "vitest";
import { orders, startPusher, textsOf, users } from "./start-pusher.ts";

describe("UdpPusher with unreachable subscribers", () => {
  async function startWithUnreachable() {
    const started = await startPusher();
    const { clock, network, pusher } = started;
    for (let count = 0; count < 3; count++) {
      pusher.push("unanswered", [orders]);
      await clock.advance(10_000);
      pusher.check();
      await clock.advance(10_000);
      pusher.check();
    }
    network.takeSent();
    return started;
  }

  it("probes once per minute, without repetition", async () => {
    const { clock, network, pusher } = await startWithUnreachable();
    expect(pusher).toMatchObject({ failedCount: 3, repeatedCount: 3, unreachableCount: 1 });

    for (let seconds = 0; seconds < 180; seconds++) {
      pusher.push("probe", [orders, users]);
      pusher.check();
      await clock.advance(1_000);
    }
    expect(network.sent).toHaveLength(2);
    expect(pusher).toMatchObject({ pushedCount: 5, repeatedCount: 3, failedCount: 5 });
    expect(pusher).toMatchObject({ withheldCount: 358, unreachableCount: 1 });
  });

  it("pushes again at once to whoever answers a probe", async () => {
    const { clock, network, pusher } = await startWithUnreachable();
    await clock.advance(60_000);
    pusher.push("probe", [orders]);
    pusher.push("withheld", [orders]);
    expect(textsOf(network.sent)).toEqual(["probe"]);

    for (const datagram of network.takeSent()) network.ack(datagram);
    pusher.push("view", [orders]);
    expect(textsOf(network.sent)).toEqual(["view"]);
    expect(pusher.unreachableCount).toBe(0);
  });

  it("forgets after ten minutes without a push", async () => {
    const { clock, network, pusher } = await startWithUnreachable();
    await clock.advance(600_000);
    pusher.check();
    expect(pusher.unreachableCount).toBe(0);

    pusher.push("view", [orders]);
    await clock.advance(10_000);
    pusher.check();
    expect(textsOf(network.sent)).toEqual(["view", "view"]);
  });

  it("notices also those whose pushes are replaced before they are given up", async () => {
    const { clock, network, pusher } = await startPusher();
    for (let seconds = 0; seconds < 62; seconds++) {
      pusher.push("busy", [orders]);
      pusher.check();
      await clock.advance(1_000);
    }
    expect(pusher.unreachableCount).toBe(1);
    expect(network.sent.length).toBeLessThanOrEqual(62);
  });

  it("keeps trusting those whose acknowledgements come after the next push", async () => {
    const { clock, network, pusher } = await startPusher();
    for (let count = 0; count < 4_000; count++) {
      pusher.push("busy", [orders]);
      const [, , late] = network.sent.toReversed();
      if (late !== undefined) network.ack(late);
      if (network.sent.length > 3) network.sent.shift();
      pusher.check();
      await clock.advance(20);
    }
    expect(pusher).toMatchObject({ pushedCount: 4_000, unreachableCount: 0, failedCount: 0 });
    expect(pusher.ackedCount).toBeGreaterThan(1_000);
  });
});
