import { NacreError, systemClock } from "@nacre/core";
import { RecordingLogger } from "@nacre/core/testing";
import { UdpPusher, type UdpPusherOptions } from "@nacre/transport-udp";
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { once } from "node:events";
import { networkInterfaces } from "node:os";
import { gunzipSync } from "node:zlib";
import { afterEach, describe, expect, it, vi } from "vitest";
import { subscriberOf } from "./subscribers.ts";

const hasIPv6 = networkInterfaces()["lo"]?.some(({ family }) => family === "IPv6") === true;
const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function startPusher(options: UdpPusherOptions = {}) {
  const logger = new RecordingLogger();
  const pusher = new UdpPusher({ clock: systemClock, logger }, options);
  await pusher.start();
  cleanups.push(() => pusher.stop());
  return { logger, pusher };
}

/** The socket of a client, and what it has received. */
async function startClient(host = "127.0.0.1") {
  const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
  const received: { readonly bytes: Buffer; readonly from: RemoteInfo }[] = [];
  socket.on("message", (bytes, from) => received.push({ bytes, from }));
  socket.bind(0, host);
  await once(socket, "listening");
  cleanups.push(() => socket.close());
  return { port: socket.address().port, received, socket };
}

function ack(socket: Socket, { bytes, from }: { bytes: Buffer; from: RemoteInfo }): void {
  const json = bytes[0] === 0x1f ? gunzipSync(bytes) : bytes;
  const { lastRefTime } = JSON.parse(json.toString()) as { lastRefTime: number };
  socket.send(
    JSON.stringify({ type: "push-ack", lastRefTime: `${lastRefTime}` }),
    from.port,
    from.address,
  );
}

describe("UdpPusher over loopback", () => {
  it.each([
    ["a short view", 200],
    ["a view that is compressed", 5_000],
    ["a view that is compressed in the background", 500_000],
  ])("delivers %s and hears the acknowledgement", async (_what, length) => {
    const { pusher } = await startPusher({ host: "127.0.0.1" });
    const { port, received, socket } = await startClient();
    const text = `{"hosts":"${"x".repeat(length)}"}`;
    pusher.push(text, [subscriberOf({ address: "127.0.0.1", udpPort: port })]);

    await vi.waitFor(() => expect(received).toHaveLength(1));
    const [datagram] = received;
    const json = length < 1_000 ? datagram?.bytes : gunzipSync(datagram?.bytes ?? "");
    expect(JSON.parse(json?.toString() ?? "")).toMatchObject({ type: "dom", data: text });
    expect(datagram?.from.port).toBe(pusher.port);

    for (const each of received) ack(socket, each);
    await vi.waitFor(() => expect(pusher.ackedCount).toBe(1));
    expect(pusher.pendingCount).toBe(0);
    expect(pusher.maxCostMs).toBeGreaterThan(0);
  });

  it.runIf(hasIPv6)("delivers to IPv6 addresses", async () => {
    const { pusher } = await startPusher();
    const { port, received, socket } = await startClient("::1");
    pusher.push("{}", [subscriberOf({ address: "::1", udpPort: port })]);

    await vi.waitFor(() => expect(received).toHaveLength(1));
    for (const each of received) ack(socket, each);
    await vi.waitFor(() => expect(pusher.ackedCount).toBe(1));
  });

  it("delivers to an IPv4 address that is written as an IPv6 one", async () => {
    const { pusher } = await startPusher();
    const { port, received } = await startClient();
    pusher.push("{}", [subscriberOf({ address: "::ffff:127.0.0.1", udpPort: port })]);

    await vi.waitFor(() => expect(received).toHaveLength(1));
  });

  it("survives garbage", async () => {
    const { logger, pusher } = await startPusher({ host: "127.0.0.1" });
    const { received, port, socket } = await startClient();
    for (const garbage of ["", "{", "[]", "\0".repeat(60_000)]) {
      socket.send(garbage, pusher.port ?? 0, "127.0.0.1");
    }
    await vi.waitFor(() => expect(pusher.badDatagramCount).toBe(4));

    pusher.push("{}", [subscriberOf({ address: "127.0.0.1", udpPort: port })]);
    await vi.waitFor(() => expect(received).toHaveLength(1));
    expect(logger.lines).toEqual([]);
  });

  it("says which address it cannot bind", async () => {
    const { port } = await startClient();
    const dependencies = { clock: systemClock, logger: new RecordingLogger() };
    const pusher = new UdpPusher(dependencies, { host: "127.0.0.1", port });

    const failure = await pusher.start().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(NacreError);
    expect(failure).toMatchObject({
      code: "START_FAILED",
      message: `cannot bind the UDP socket for pushes to 127.0.0.1:${port} (EADDRINUSE)`,
      cause: { code: "EADDRINUSE" },
    });
    await pusher.stop();
  });

  it("frees its port when it stops, and can start again", async () => {
    const { pusher } = await startPusher({ host: "127.0.0.1" });
    const { port } = pusher;
    await pusher.stop();
    await pusher.stop();

    const { pusher: next } = await startPusher({ host: "127.0.0.1", port: port ?? 0 });
    expect(next.port).toBe(port);
    await pusher.start();
    expect(pusher.port).not.toBe(port);
  });
});
