import { randomBytes } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
// By file: packets are built inside of the package only.
import { datagramOf, packetJson } from "../src/packet.ts";
import { recordedDatagrams } from "./recorded-datagrams.ts";

const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString("utf8");

describe("packetJson", () => {
  it.each(recordedDatagrams)("is what Nacos 1.4.1 pushes: $what", ({ text, bytes }) => {
    const { data, lastRefTime } = JSON.parse(text) as { data: string; lastRefTime: number };
    const json = packetJson(data, lastRefTime);

    expect(textOf(json)).toBe(text);
    expect(datagramOf(json)).toHaveLength(bytes);
  });

  it("writes every text so that it can be read back", () => {
    for (const text of ["", '"\\\n\u0000\u2028', "区域 🐚", "\ud800"]) {
      const packet = JSON.parse(textOf(packetJson(text, 1)));
      expect(packet).toEqual({ type: "dom", data: text, lastRefTime: 1 });
    }
  });
});

describe("datagramOf", () => {
  it("leaves 1,023 bytes as they are, and compresses from 1,024 on", () => {
    const envelope = packetJson("", 1).length;
    const short = packetJson("x".repeat(1_023 - envelope), 1);
    const long = packetJson("x".repeat(1_024 - envelope), 1);

    expect(datagramOf(short)).toBe(short);
    expect([...datagramOf(long).subarray(0, 2)]).toEqual([0x1f, 0x8b]);
    expect(textOf(gunzipSync(datagramOf(long)))).toBe(textOf(long));
  });

  it("counts bytes, not characters", () => {
    const json = packetJson("区".repeat(330), 1);

    expect(textOf(json).length).toBeLessThan(1_024);
    expect([...datagramOf(json).subarray(0, 2)]).toEqual([0x1f, 0x8b]);
  });

  it("gives back what went in, however badly it compresses", () => {
    const json = packetJson(randomBytes(3_000).toString("base64"), 2 ** 53 - 2);

    expect(textOf(gunzipSync(datagramOf(json)))).toBe(textOf(json));
  });
});
