import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type MemberProcess, startMember } from "../kit/member-process.ts";
import { nastyTexts, randomBytesOf, seedOf } from "../kit/nasty-params.ts";
import { freeUdpPort } from "../kit/ports.ts";
import { residentBytes } from "../kit/process-memory.ts";
import { exchange, readResponse } from "../kit/raw-http.ts";
import { RegistryClient } from "../kit/registry-client.ts";
import type { RawResponse } from "../kit/response-parser.ts";
import { eventually, mapLimited, nowMs, pause, within } from "../kit/wait.ts";

// Goal: whatever arrives, the member lives, its registry stays, and other clients notice nothing.
// Method: one member is sent everything below; at the end it is compared with what it was before.

const HEADERS_TIMEOUT_MS = 1_500;
const REQUEST_TIMEOUT_MS = 2_500;
// Time-outs are looked at once a second, and a busy machine may be late.
const CUT_WITHIN_MS = REQUEST_TIMEOUT_MS + 1_000 + 4_000;
const ANSWER_P95_MS = 500;
const GROWTH_MAX_BYTES = 200 * 1024 * 1024;
const MEGABYTE = 1024 * 1024;

const INSTANCE = "/nacos/v1/ns/instance";
const SERVICE = "/nacos/v1/ns/service";
const QUIET = "quiet";
const FORM = ["Content-Type", "application/x-www-form-urlencoded"] as const;
const ADDRESS = "ip=1.1.1.1&port=80";
const seed = seedOf(process.env);

let member: MemberProcess;
let client: RegistryClient;
let pushPort: number;
let before: string;
let bytesBefore: number;

beforeAll(async () => {
  pushPort = await freeUdpPort();
  const timeouts = ["--headers-timeout-ms", `${HEADERS_TIMEOUT_MS}`];
  timeouts.push("--request-timeout-ms", `${REQUEST_TIMEOUT_MS}`);
  member = await startMember({
    prefix: "hardy",
    args: ["--push-port", `${pushPort}`, ...timeouts],
  });
  client = new RegistryClient(member.address);
  const metadata = {
    "preserved.heart.beat.timeout": "600000",
    "preserved.ip.delete.timeout": "600000",
  };
  for (const port of [1, 2, 3]) {
    await client.register({ serviceName: QUIET, ip: "10.0.0.1", port, metadata });
  }
  before = await registry();
  bytesBefore = await residentBytes(member.pid);
});

afterAll(async () => {
  await member.stop();
});

/** What the member holds, without the time of the answer. */
async function registry(): Promise<string> {
  const list = (await client.listText(QUIET)).replace(/"lastRefTime":\d+/, "");
  const names = await client.request("GET", `${SERVICE}/list`, { pageNo: "1", pageSize: "100" });
  const metrics = await client.request("GET", "/nacos/v1/ns/operator/metrics");
  const counts = /"serviceCount":\d+,"instanceCount":\d+/.exec(metrics.body)?.[0];
  return [list, names.body, counts].join("\n");
}

function get(target: string): Promise<RawResponse> {
  return exchange(member.address, { method: "GET", target, headers: [] });
}

function send(method: string, target: string, form?: string): Promise<RawResponse> {
  return exchange(member.address, { method, target, headers: [FORM], body: form });
}

/** Opens a connection that may be ended at any time. */
async function open(): Promise<Socket> {
  const socket = connect(member.address.port, member.address.host);
  socket.on("error", () => undefined);
  await once(socket, "connect");
  return socket;
}

/** Settles when the connection is gone, by whatever end. */
function closeOf(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) resolve();
    else socket.once("close", () => resolve());
  });
}

/** Sends bytes; settles with what came back when the member has ended the connection. */
async function sendBytes(bytes: string | Buffer): Promise<string> {
  const socket = await open();
  let answer = "";
  socket.on("data", (chunk: Buffer) => {
    answer += chunk.toString("latin1");
  });
  socket.write(bytes);
  await within(closeOf(socket), CUT_WITHIN_MS, "the member hangs up");
  return answer;
}

/** The time below which 95 of 100 answers came. */
async function p95OfGoodRequests(count: number): Promise<number> {
  const durations = await mapLimited(Array.from({ length: count }), 4, async () => {
    const begunMs = nowMs();
    expect(await client.list(QUIET)).toHaveLength(3);
    return nowMs() - begunMs;
  });
  return durations.toSorted((a, b) => a - b)[Math.floor(count * 0.95)] ?? 0;
}

/** The status of an answer; `undefined` when the member hung up without one. */
function statusIn(answer: string): number | undefined {
  const status = /^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1];
  return status === undefined ? undefined : Number(status);
}

describe("odd values", () => {
  it.each(["__proto__", "constructor", "toString", "hasOwnProperty"])(
    "are data wherever they stand: %s",
    async (name) => {
      const metadata = encodeURIComponent(`{"${name}":"x"}`);
      const service = `serviceName=${name}&groupName=${name}&namespaceId=${name}`;
      const target = `${INSTANCE}?${service}&${ADDRESS}&metadata=${metadata}&${name}=y&app=${name}`;
      expect((await send("POST", target)).body).toBe("ok");
      const { body } = await get(`${INSTANCE}/list?${service}&clusters=&${name}=z`);
      const { hosts } = JSON.parse(body) as { hosts: unknown[] };
      expect(hosts).toHaveLength(1);
      expect(body).toContain(`"metadata":{"${name}":"x"}`);

      expect((await send("DELETE", `${INSTANCE}?${service}&${ADDRESS}`)).body).toBe("ok");
      expect((await send("DELETE", `${SERVICE}?${service}`)).body).toBe("ok");
    },
  );

  it.each([
    ["POST", `${INSTANCE}?serviceName=%zz&${ADDRESS}`, 400],
    ["POST", `${INSTANCE}?serviceName=%&${ADDRESS}`, 400],
    ["POST", `${INSTANCE}?serviceName=%00&${ADDRESS}`, 400],
    ["POST", `${INSTANCE}?serviceName=a%00b&${ADDRESS}`, 400],
    ["POST", `${INSTANCE}?serviceName=%ff%c3&${ADDRESS}`, 400],
    ["POST", `${INSTANCE}?serviceName=a%0d%0aX:%20b&${ADDRESS}`, 400],
    ["POST", `${INSTANCE}?serviceName=a&ip=1.1.1.1&port=abc`, 400],
    ["POST", `${INSTANCE}?serviceName=a&ip=1.1.1.1&port=1e9`, 400],
    ["POST", `${INSTANCE}?serviceName=a&${ADDRESS}&weight=heavy`, 400],
    ["POST", `${INSTANCE}?serviceName=a&${ADDRESS}&weight=-Infinity`, 500],
    ["POST", `${INSTANCE}?serviceName=a&${ADDRESS}&metadata=%7B%22a%22:%7B%7D%7D`, 500],
    ["PUT", `${INSTANCE}/beat?serviceName=a&beat=%5B%5D`, 500],
    ["PUT", `${INSTANCE}/metadata/batch?serviceName=a&metadata=%7B`, 500],
    ["GET", `${INSTANCE}/list?serviceName=${QUIET}&udpPort=many`, 400],
    ["GET", "/nacos/v1/ns/catalog/services?pageNo=x&pageSize=y", 500],
    ["GET", `${INSTANCE}/../../../../etc/passwd`, 501],
    ["GET", "/nacos/%zz", 400],
  ])("are refused: %s %s", async (method, target, status) => {
    expect((await send(method, target)).status).toBe(status);
  });

  it.each(["weight", "port", "healthy", "ephemeral"])(
    "cost no time however long: %s",
    async (name) => {
      const begunMs = nowMs();
      const form = `serviceName=a&ip=1.1.1.1&${name}=${"1".repeat(MEGABYTE)}x`;
      expect((await send("POST", INSTANCE, form)).status).toBeGreaterThanOrEqual(400);
      expect(nowMs() - begunMs).toBeLessThan(1_000);
    },
  );

  it("cost no stack however deep they are nested", async () => {
    const beat = "%5B".repeat(50_000);
    expect((await send("PUT", `${INSTANCE}/beat?serviceName=a&beat=${beat}`)).status).toBe(500);
    const selector = `{"type":${"[".repeat(MEGABYTE)}`;
    const form = `serviceName=a&pageNo=1&pageSize=1&selector=${selector}`;
    expect((await send("POST", SERVICE, form)).status).toBe(500);
  });

  it("leave nothing but an empty service when the cluster alone is at fault", async () => {
    const target = `${INSTANCE}?serviceName=a&${ADDRESS}&clusterName=__proto__`;
    expect((await send("POST", target)).status).toBe(400);
    expect((await send("DELETE", SERVICE, "serviceName=a")).body).toBe("ok");
  });

  it("do not matter for a registration that gives all it needs", async () => {
    const odd = nastyTexts.map((text, index) => {
      const encoded = encodeURIComponent(text.replaceAll(/\p{Surrogate}/gu, "?"));
      return `x${index}=${encoded}&${encoded}x=x`;
    });
    const form = `serviceName=odd&${ADDRESS}&%zz=1&a=%zz&%=%&%ff=%ff&=&&===&${odd.join("&")}`;
    expect((await send("POST", INSTANCE, form)).body).toBe("ok");
    expect((await send("DELETE", SERVICE, "serviceName=odd")).body).toBe("ok");
  });
});

describe("a lot at once", () => {
  it("is a value of a megabyte, taken and given back", async () => {
    const metadata = "x".repeat(MEGABYTE);
    const form = `serviceName=large&${ADDRESS}&metadata=k%3D${metadata}`;
    expect((await send("POST", INSTANCE, form)).body).toBe("ok");
    expect(await client.listText("large")).toContain(metadata);
    expect((await send("DELETE", SERVICE, "serviceName=large")).body).toBe("ok");
  });

  it.each(["serviceName", "namespaceId", "groupName", "clusterName", "ip", "app", "selector"])(
    "is a name of a megabyte: %s",
    async (name) => {
      const form = `serviceName=large&${ADDRESS}&${name}=${"%25".repeat(MEGABYTE / 4)}`;
      const begunMs = nowMs();
      expect((await send("DELETE", INSTANCE, form)).status).toBeLessThan(600);
      expect(nowMs() - begunMs).toBeLessThan(1_000);
    },
  );

  it("is 20,000 parameters, of which 10,000 count", async () => {
    const proper = `serviceName=many&${ADDRESS}`;
    const more = (count: number) => Array.from({ length: count }, (_, at) => `a${at}=x`).join("&");
    expect((await send("POST", INSTANCE, `${more(9_990)}&${proper}`)).body).toBe("ok");
    expect((await send("DELETE", INSTANCE, `${proper}&${more(20_000)}`)).body).toBe("ok");
    expect((await send("POST", INSTANCE, `${more(10_000)}&${proper}`)).status).toBe(400);
    expect((await send("DELETE", SERVICE, "serviceName=many")).body).toBe("ok");
  });

  it("is 10,000 values of one parameter", async () => {
    const values = Array.from({ length: 10_000 }, (_, at) => `encoding=${at.toString(36)}`);
    const begunMs = nowMs();
    const form = `${values.join("&")}&serviceName=${QUIET}&clusterName=none`;
    expect((await send("PUT", `${INSTANCE}/beat`, form)).status).toBeLessThan(600);
    const ips = values.join("&").replaceAll("encoding", "ip");
    expect((await send("PATCH", INSTANCE, `${ips}&serviceName=${QUIET}&port=9`)).status).toBe(400);
    expect(nowMs() - begunMs).toBeLessThan(2_000);
  });

  it("is a head beyond the limit, which is refused", async () => {
    const heads = [`X: ${"x".repeat(MEGABYTE)}`, `${"x".repeat(MEGABYTE)}: x`];
    for (const line of [...heads, "Name: value\r\n".repeat(100_000)]) {
      const answer = await sendBytes(`GET /nacos HTTP/1.1\r\nHost: a\r\n${line}\r\n\r\n`);
      expect([431, undefined]).toContain(statusIn(answer));
    }
    const target = `${INSTANCE}/list?serviceName=${"x".repeat(MEGABYTE)}`;
    const answer = await sendBytes(`GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`);
    expect([431, undefined]).toContain(statusIn(answer));
  });

  it("is a body beyond the limit, which is refused", async () => {
    const head = `POST ${INSTANCE} HTTP/1.1\r\nHost: a\r\n${FORM.join(": ")}\r\n`;
    const body = "x".repeat(3 * MEGABYTE);
    const chunks = `${(64 * 1024).toString(16)}\r\n${"x".repeat(64 * 1024)}\r\n`.repeat(48);
    for (const rest of [
      `Content-Length: ${body.length}\r\n\r\n${body}`,
      "Content-Length: 99999999999999\r\n\r\nabc",
      `Transfer-Encoding: chunked\r\n\r\n${chunks}`,
    ]) {
      const answer = await sendBytes(`${head}${rest}`);
      expect([413, undefined]).toContain(statusIn(answer));
    }
  });
});

describe("bytes that mean nothing", () => {
  it("are refused on the port for HTTP", async () => {
    const random = randomBytesOf(seed);
    const pieces = Array.from({ length: 200 }, (_, at) => random(1 + at * 5));
    const answers = await mapLimited(pieces, 20, (piece) =>
      sendBytes(Buffer.concat([piece, Buffer.from("\r\n\r\n")])),
    );
    expect(answers.map(statusIn).filter((status) => status !== 400)).toEqual([]);
  });

  it("are refused behind a proper beginning", async () => {
    const random = randomBytesOf(seed + 1);
    const line = `POST ${INSTANCE} HTTP/1.1\r\nHost: a\r\n`;
    for (const text of [`${line}Transfer-Encoding: chunked\r\n\r\n`, line, `GET ${INSTANCE}/`]) {
      const answer = await sendBytes(Buffer.concat([Buffer.from(text), random(4_000)]));
      expect([400, undefined]).toContain(statusIn(answer));
    }
  });

  it("are passed over on the port for pushes", async () => {
    const random = randomBytesOf(seed + 2);
    const socket = createSocket("udp4");
    const texts = ['{"type":"push-ack"}', '{"type":"push-ack","lastRefTime":"9"}', "[", "null", ""];
    for (let at = 0; at < 1_000; at++) {
      const text = texts[at % 50];
      const bytes = text === undefined ? random(1 + at) : Buffer.from(text);
      await new Promise((resolve) => socket.send(bytes, pushPort, "127.0.0.1", resolve));
    }
    socket.close();
    expect((await get("/livez")).status).toBe(200);
  });
});

describe("clients that take their time", () => {
  it("do not hold up others, and are cut", async () => {
    const sockets = await Promise.all(Array.from({ length: 200 }, open));
    // Bytes that arrive after the answer may reset the connection before it is read.
    const answers = sockets.map((socket) =>
      readResponse(socket, "GET").then(
        ({ status }) => status,
        () => "reset",
      ),
    );
    const gone = sockets.map(closeOf);
    let isTrickling = true;
    const trickle = async () => {
      const bytes = `GET ${INSTANCE}/list?serviceName=${QUIET} HTTP/1.1\r\nHost: a\r\nX-Slow: `;
      for (let at = 0; isTrickling; at++) {
        for (const socket of sockets) if (socket.writable) socket.write(bytes[at] ?? "x");
        await pause(20);
      }
    };
    const trickled = trickle();
    try {
      expect(await p95OfGoodRequests(200)).toBeLessThan(ANSWER_P95_MS);
      const outcomes = await within(Promise.all(answers), CUT_WITHIN_MS, "408 for all");
      expect(outcomes.filter((outcome) => outcome !== 408 && outcome !== "reset")).toEqual([]);
      expect(outcomes).toContain(408);
      await within(Promise.all(gone), CUT_WITHIN_MS, "all are cut");
    } finally {
      isTrickling = false;
      await trickled;
      for (const socket of sockets) socket.destroy();
    }
  });

  it("get no answer but 408 to a body that they announce and never send", async () => {
    const head = `POST ${INSTANCE} HTTP/1.1\r\nHost: a\r\n${FORM.join(": ")}\r\n`;
    const answers = Array.from({ length: 50 }, (_, at) => {
      const framing = at % 2 === 0 ? "Content-Length: 60" : "Transfer-Encoding: chunked";
      const begun = at % 2 === 0 ? `serviceName=late&${ADDRESS}` : "ff\r\nserviceName=late";
      return sendBytes(`${head}${framing}\r\n\r\n${begun}`);
    });
    expect(await p95OfGoodRequests(100)).toBeLessThan(ANSWER_P95_MS);
    expect(new Set((await Promise.all(answers)).map(statusIn))).toEqual(new Set([408]));
  });

  it("may open 2,000 connections and leave them", async () => {
    const sockets = await mapLimited(Array.from({ length: 2_000 }), 100, open);
    const gone = sockets.map((socket) => closeOf(socket.resume()));
    expect(await p95OfGoodRequests(100)).toBeLessThan(ANSWER_P95_MS);
    await within(Promise.all(gone), CUT_WITHIN_MS, "all are cut");
  });

  it("may go away at any point of a request", async () => {
    const form = `serviceName=gone&${ADDRESS}&metadata=${"x".repeat(2_000)}`;
    const head = `PUT ${INSTANCE}/nothing HTTP/1.1\r\nHost: a\r\n${FORM.join(": ")}\r\n`;
    const text = `${head}Content-Length: ${form.length}\r\n\r\n${form}`;
    await mapLimited(Array.from({ length: 200 }), 50, async (_, at = 0) => {
      const socket = await open();
      socket.write(text.slice(0, at * 10), () => socket.resetAndDestroy());
      await closeOf(socket);
    });
    expect((await get("/livez")).status).toBe(200);
  });
});

describe("after all that, the member", () => {
  it("holds what it held before", async () => {
    expect(await registry()).toBe(before);
  });

  it("has logged no failure", () => {
    expect(member.logLines().filter(({ level }) => Number(level) >= 50)).toEqual([]);
  });

  it("has given the memory back", async () => {
    await eventually(
      async () => {
        const bytes = await residentBytes(member.pid);
        expect(bytes - bytesBefore).toBeLessThan(GROWTH_MAX_BYTES);
      },
      { withinMs: 5_000, everyMs: 250 },
    );
  });

  it("stops like every other", async () => {
    expect((await member.stop()).code).toBe(0);
  });
});
