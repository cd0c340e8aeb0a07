import { describe, expect, it } from "vitest";
// By file: acknowledgements are read inside of the package only.
import { ACK_BYTES_MAX, parseAck } from "../src/ack.ts";

const parse = (text: string) => parseAck(Buffer.from(text));

describe("parseAck", () => {
  it.each([
    ["as Java sends it", '{"type": "push-ack", "lastRefTime":"1609459200000001", "data":""}'],
    ["as Node sends it", '{"type":"push-ack","lastRefTime":1609459200000001,"data":""}'],
    [
      "to a type that the client does not know",
      '{"type":"unknown-ack","lastRefTime":"1609459200000001"}',
    ],
    ["with more than is needed", ' {"a":{"lastRefTime":7},"lastRefTime":1609459200000001}\r\n'],
  ])("reads an acknowledgement %s", (_what, text) => {
    expect(parse(text)).toBe(1_609_459_200_000_001);
  });

  it.each([
    "",
    "\0",
    "lastRefTime",
    "null",
    "7",
    '"7"',
    "[]",
    '[{"lastRefTime":7}]',
    "{}",
    '{"lastRefTime":7',
    '{"lastRefTime":null}',
    '{"lastRefTime":true}',
    '{"lastRefTime":[7]}',
    '{"lastRefTime":{"toString":"7"}}',
    '{"lastRefTime":-1}',
    '{"lastRefTime":1.5}',
    '{"lastRefTime":1e400}',
    '{"lastRefTime":9007199254740992}',
    '{"lastRefTime":""}',
    '{"lastRefTime":" 7"}',
    '{"lastRefTime":"7.0"}',
    '{"lastRefTime":"0x7"}',
    '{"lastRefTime":"-7"}',
    '{"lastRefTime":"9007199254740992"}',
    '{"lastRefTime":"99999999999999999999"}',
    '{"__proto__":{"lastRefTime":7}}',
  ])("refuses %j", (text) => {
    expect(parse(text)).toBeUndefined();
  });

  it("refuses what is not UTF-8", () => {
    expect(parseAck(Buffer.from('{"lastRefTime":7,"a":"\xff"}', "latin1"))).toBeUndefined();
  });

  it("refuses what is too long, and does not mind depth", () => {
    const padded = `{"lastRefTime":7}`.padEnd(ACK_BYTES_MAX);
    expect(parse(padded)).toBe(7);
    expect(parse(`${padded} `)).toBeUndefined();
    expect(parse("[".repeat(ACK_BYTES_MAX))).toBeUndefined();
    expect(parseAck(new Uint8Array(65_507))).toBeUndefined();
  });
});
