import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { connect } from "node:net";
import { datumKey } from "@nacre/core";
import { ManualClock } from "@nacre/core/testing";
import type { Server } from "@nacre/server";
import { afterEach, describe, expect, it } from "vitest";
import { memberOf } from "./member.ts";

const serviceName = "DEFAULT_GROUP@@orders";
const about = { namespaceId: "public", serviceName, by: "test" };
const closers: (() => void)[] = [];

afterEach(() => closers.splice(0).forEach((close) => close()));

/** A client that listens for pushes and answers none. */
async function listenForPushes(): Promise<{
  readonly udpPort: number;
  readonly received: string[];
}> {
  const socket: Socket = createSocket("udp4");
  closers.push(() => socket.close());
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  const received: string[] = [];
  socket.on("message", (bytes) => received.push(bytes.toString()));
  return { udpPort: socket.address().port, received };
}

function watch(server: Server, udpPort: number): void {
  server.pushService.subscribe(datumKey("public", serviceName), {
    namespaceId: "public",
    serviceName,
    clusters: "",
    agent: "Nacos-Java-Client:v1.4.1",
    groupedNames: true,
    address: "127.0.0.1",
    udpPort,
    declaredIp: "127.0.0.1",
    app: "",
  });
}

function register(server: Server, port: number): void {
  const rest = { clusterName: "DEFAULT", weight: 1, healthy: true, enabled: true, ephemeral: true };
  server.naming.register(about, { ip: "10.0.0.1", port, metadata: {}, app: null, ...rest });
}

const REGISTRATION = "serviceName=orders&ip=10.0.0.1&port=80";

/** A request on which the member has begun, and whose body is still to come. */
async function beginRegistration(address: string) {
  const socket = connect(Number(address.split(":").at(-1)), "127.0.0.1");
  socket.write(
    "POST /nacos/v1/ns/instance HTTP/1.1\r\nHost: member\r\nExpect: 100-continue\r\n" +
      "Content-Type: application/x-www-form-urlencoded\r\n" +
      `Content-Length: ${REGISTRATION.length}\r\n\r\n`,
  );
  await once(socket, "data"); // 100 Continue
  return socket;
}

describe("a member", () => {
  it("does these things on its own, and no others", () => {
    const { server } = memberOf({ clock: new ManualClock() });
    expect(server.jobs.map(({ name, intervalMs }) => [name, intervalMs])).toEqual([
      ["check-beats", 500],
      ["check-pushes", 1_000],
      ["forget-subscribers", 20_000],
      ["clean-empty-services", 30_000],
      ["forget-gone", 60_000],
    ]);
  });

  it("cleans no empty services when told not to", () => {
    const { server } = memberOf({ clock: new ManualClock(), emptyServiceAutoClean: false });
    expect(server.jobs.map(({ name }) => name)).not.toContain("clean-empty-services");
  });

  it("runs its jobs in their intervals, and stops them", async () => {
    const clock = new ManualClock();
    const { server } = memberOf({ clock });
    await server.start();
    await clock.advance(60_000);
    const runs = () => Object.fromEntries(server.jobs.map((job) => [job.name, job.runs]));
    expect(runs()).toEqual({
      "check-beats": 120,
      "check-pushes": 60,
      "forget-subscribers": 3,
      "clean-empty-services": 1,
      "forget-gone": 1,
    });
    await server.stop();
    const before = runs();
    await clock.advance(60_000);
    expect(runs()).toEqual(before);
  });

  it("pushes once for all changes of a watched service within the delay", async () => {
    const clock = new ManualClock();
    const { server } = memberOf({ clock });
    const { udpPort, received } = await listenForPushes();
    await server.start();
    watch(server, udpPort);
    register(server, 80);
    await clock.advance(10);
    register(server, 81);
    await clock.advance(9);
    expect(server.pusher.pushedCount).toBe(0);

    await clock.advance(1);
    expect(server.pusher.pushedCount).toBe(1);
    await clock.advance(1_000);
    expect(server.pusher.pushedCount).toBe(1);
    await expect.poll(() => received.length).toBe(1);
    expect(received[0]).toMatch(/"type":"dom".*80.*81/);
    await server.stop();
  });

  it("pushes nothing for a service that nobody watches", async () => {
    const clock = new ManualClock();
    const { server } = memberOf({ clock });
    await server.start();
    register(server, 80);
    expect(server.pushDelays.size).toBe(0);
    await server.stop();
  });

  it("pushes nothing for a registration that changes nothing", async () => {
    const clock = new ManualClock();
    const { server } = memberOf({ clock });
    const { udpPort } = await listenForPushes();
    await server.start();
    register(server, 80);
    watch(server, udpPort);
    register(server, 80);
    await clock.advance(100);
    expect(server.pusher.pushedCount).toBe(0);
    await server.stop();
  });

  it("takes a write for which there is no room among the pushes", () => {
    const { server } = memberOf({ clock: new ManualClock(), pushTasksMax: 1 });
    server.pushDelays.add("another service", server.naming.services.ensure("public", "a@@b"), 20);
    watch(server, 5_000);
    register(server, 80);
    expect(server.naming.instanceCount).toBe(1);
    expect(server.pushDelays.refusedCount).toBe(1);
  });

  it("is ready from its start to its stop", async () => {
    const { server } = memberOf();
    const base = `http://${await server.start()}`;
    expect((await fetch(`${base}/readyz`)).status).toBe(200);
    await server.stop();
    await expect(fetch(`${base}/readyz`)).rejects.toThrow("fetch failed");
  });

  it("tells subscribers of the last changes when it stops", async () => {
    const { server } = memberOf({ pushDelayMs: 10_000 });
    const { udpPort, received } = await listenForPushes();
    await server.start();
    watch(server, udpPort);
    register(server, 80);
    await server.stop();
    expect(server.pusher.pushedCount).toBe(1);
    await expect.poll(() => received.length).toBe(1);
    expect(server.pusher.port).toBeUndefined();
  });

  it("tells every one of many subscribers when it stops", async () => {
    const { server } = memberOf({ pushDelayMs: 10_000 });
    const listeners = await Promise.all(Array.from({ length: 400 }, () => listenForPushes()));
    await server.start();
    for (const { udpPort } of listeners) watch(server, udpPort);
    register(server, 80);
    await server.stop();
    const reached = () => listeners.filter(({ received }) => received.length === 1).length;
    await expect.poll(reached).toBe(400);
  });

  it("tells subscribers of the last changes also when a request never ends", async () => {
    const { server } = memberOf({ pushDelayMs: 10_000, shutdownTimeoutMs: 100 });
    const { udpPort, received } = await listenForPushes();
    const socket = await beginRegistration(await server.start());
    socket.on("error", () => undefined); // it is cut
    watch(server, udpPort);
    register(server, 80);
    await server.stop();
    await expect.poll(() => received.length).toBe(1);
  });

  it("stops listening first, then its jobs, then pushing", async () => {
    const { server } = memberOf({ sweepIntervalMs: 50, pushDelayMs: 10_000 });
    const { udpPort } = await listenForPushes();
    const address = await server.start();
    watch(server, udpPort);
    const socket = await beginRegistration(address);
    const [checkBeats] = server.jobs;
    const stopping = server.stop();
    await expect(fetch(`http://${address}/livez`)).rejects.toThrow("fetch failed");
    const runs = checkBeats?.runs ?? 0;
    await expect.poll(() => checkBeats?.runs).toBeGreaterThan(runs);

    socket.write(REGISTRATION);
    const [answer] = (await once(socket, "data")) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 200 [^]*Connection: close[^]*\r\n\r\nok$/);
    await stopping;
    expect(server.pusher.pushedCount).toBe(1);
    expect(server.pusher.port).toBeUndefined();
    const runsAtStop = checkBeats?.runs;
    await new Promise((resolve) => setTimeout(resolve, 120));
    expect(checkBeats?.runs).toBe(runsAtStop);
  });

  it("leaves nothing running when it cannot listen", async () => {
    const { server: first } = memberOf();
    const port = Number((await first.start()).split(":").at(-1));
    const { server: second } = memberOf({ port });
    await expect(second.start()).rejects.toMatchObject({
      code: "START_FAILED",
      message: `cannot listen on 127.0.0.1:${port}: another process listens there`,
    });
    expect(second.pusher.port).toBeUndefined();
    await first.stop();
  });
});
