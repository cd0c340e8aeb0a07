import { ManualClock } from "@nacre/core/testing";
import { describe, expect, it } from "vitest";
import { memberOf } from "./member.ts";

const self = "10.0.0.1:8848";
const b = "10.0.0.2:8848";
const c = "10.0.0.3:8848";
const setup = {
  isAlone: false,
  self,
  addresses: [self, b, c],
  lookup: { start: () => Promise.resolve(), stop: () => undefined },
};

/** A member with two peers that has not been started. */
function startMember() {
  const { server, meter } = memberOf({ clock: new ManualClock(), setup });
  const lines = async (): Promise<readonly string[]> => (await meter.text()).split("\n");
  return { cluster: server.cluster, lines };
}

describe("the metrics of a member with peers", () => {
  it("show each peer as it is now", async () => {
    const { cluster, lines } = startMember();
    cluster.membership.ready();
    cluster.membership.onLeaving(c);
    expect(await lines()).toEqual(
      expect.arrayContaining([
        "nacre_member_ready 1",
        `nacre_peer_up{peer="${b}"} 1`,
        `nacre_peer_up{peer="${c}"} 0`,
        `nacre_peer_ready{peer="${c}"} 0`,
        `nacre_peer_differing_keys{peer="${b}"} 0`,
        `nacre_peer_sync_queued{peer="${b}"} 0`,
        `nacre_peer_sync_failed_total{peer="${b}"} 0`,
        `nacre_peer_ill{peer="${b}"} 0`,
      ]),
    );
    cluster.membership.setAddresses([self, b]);
    expect((await lines()).filter((line) => line.includes(c))).toEqual([]);
  });

  it("leave out when a peer agreed that never was compared", async () => {
    const { lines } = startMember();
    const samples = (await lines()).filter((line) => line.startsWith("nacre_peer_last_agreed"));
    expect(samples).toEqual([]);
  });

  it("count writes that were passed on, and why others were decided here", async () => {
    const { cluster, lines } = startMember();
    cluster.forwarder.begin(b)("answered");
    cluster.forwarder.begin(b)("failed");
    cluster.forwarder.begin(c);
    expect(await lines()).toEqual(
      expect.arrayContaining([
        "nacre_forwards_answered_total 1",
        "nacre_forwards_failed_total 1",
        'nacre_forwards_decided_here_total{reason="failed"} 1',
        `nacre_peer_forwards_pending{peer="${c}"} 1`,
        `nacre_peer_forward_open{peer="${b}"} 1`,
      ]),
    );
  });

  it("count what calls cost by their kind, passed on writes among them", async () => {
    const { lines } = startMember();
    expect(await lines()).toEqual(
      expect.arrayContaining([
        'nacre_peer_bytes_total{call="forward",direction="sent"} 0',
        'nacre_peer_bytes_total{call="forward",direction="received"} 0',
      ]),
    );
  });

  it("count strangers", async () => {
    const { cluster, lines } = startMember();
    const stranger = { address: "10.9.9.9", header: () => undefined };
    expect(() => cluster.guard.check(stranger)).toThrow("only members may call this");
    expect(await lines()).toContain("nacre_peer_strangers_total 1");
  });
});
