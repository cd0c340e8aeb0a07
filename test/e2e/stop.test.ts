import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { type MemberProcess, startMember } from "../kit/member-process.ts";
import { type Address, formatRequest, readResponse } from "../kit/raw-http.ts";
import { eventually, nowMs, within } from "../kit/wait.ts";

const EXIT_WITHIN_MS = 2_000;
const FORM = "serviceName=stopping&ip=1.1.1.1&port=80";

interface Stopped {
  readonly code: number | null;
  readonly tookMs: number;
}

// How the member ends, and how long after `sinceMs`.
async function ended(member: MemberProcess, sinceMs: number): Promise<Stopped> {
  const { code } = await within(member.exited, 5_000, "the member exits");
  return { code, tookMs: nowMs() - sinceMs };
}

async function open({ host, port }: Address): Promise<Socket> {
  const socket = connect(port, host);
  await once(socket, "connect");
  // The member may close it at any time.
  socket.on("error", () => undefined);
  return socket;
}

// A registration whose body is still to come. `100 Continue` tells that the member has begun on it.
async function beginRequest(member: MemberProcess): Promise<Socket> {
  const socket = await open(member.address);
  const head = formatRequest(member.address, {
    method: "POST",
    target: "/nacos/v1/ns/instance",
    headers: [
      ["Content-Type", "application/x-www-form-urlencoded"],
      ["Content-Length", `${FORM.length}`],
      ["Expect", "100-continue"],
    ],
  });
  socket.write(head);
  const [interim] = (await within(once(socket, "data"), 5_000, "100 Continue")) as [Buffer];
  expect(interim.toString("latin1")).toMatch(/^HTTP\/1\.1 100 /);
  return socket;
}

async function refusesConnections(member: MemberProcess): Promise<void> {
  await eventually(() => expect(open(member.address)).rejects.toThrow("ECONNREFUSED"), {
    withinMs: 1_000,
    everyMs: 5,
  });
}

describe("a member that is told to stop", () => {
  it("answers what is under way, and exits with 0", async () => {
    const member = await startMember({ prefix: "busy" });
    const socket = await beginRequest(member);
    const signalledMs = nowMs();
    member.signal("SIGTERM");
    await refusesConnections(member);
    const answer = readResponse(socket, "POST");
    socket.write(FORM);

    expect(await within(answer, 2_000, "the answer")).toMatchObject({ status: 200, body: "ok" });
    const { code, tookMs } = await ended(member, signalledMs);
    expect(code).toBe(0);
    expect(tookMs).toBeLessThan(EXIT_WITHIN_MS);
    await member.stop();
  });

  it("exits in time even if a request never ends", async () => {
    const member = await startMember({ prefix: "stuck" });
    const socket = await beginRequest(member);
    const signalledMs = nowMs();
    member.signal("SIGTERM");

    const { code, tookMs } = await ended(member, signalledMs);
    expect(code).toBe(0);
    expect(tookMs).toBeLessThan(EXIT_WITHIN_MS);
    socket.destroy();
    await member.stop();
  });

  it("is not held up by connections that are kept alive", async () => {
    const member = await startMember({ prefix: "idle" });
    const sockets = await Promise.all(Array.from({ length: 5 }, () => open(member.address)));
    for (const socket of sockets) {
      const answer = readResponse(socket, "GET");
      const target = "/nacos/v1/ns/instance/list?serviceName=stopping";
      const headers = [["Connection", "keep-alive"]] as const;
      socket.write(formatRequest(member.address, { method: "GET", target, headers }));
      expect((await answer).status).toBe(200);
    }
    const signalledMs = nowMs();
    member.signal("SIGTERM");

    const { code, tookMs } = await ended(member, signalledMs);
    expect(code).toBe(0);
    expect(tookMs).toBeLessThan(1_000);
    for (const socket of sockets) socket.destroy();
    await member.stop();
  });

  it("exits at once when told so twice", async () => {
    const member = await startMember({ prefix: "twice" });
    const socket = await beginRequest(member);
    member.signal("SIGTERM");
    await refusesConnections(member);
    const signalledMs = nowMs();
    member.signal("SIGTERM");

    expect((await ended(member, signalledMs)).tookMs).toBeLessThan(500);
    socket.destroy();
    await member.stop();
  });
});
