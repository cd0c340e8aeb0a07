import { leaveRoutes, PeerGuard } from "@nacre/transport-http";
import { describe, expect, it } from "vitest";
import { addressesOf, memberAt } from "./peers/start-peer-api.ts";
import { ask, startApi } from "./start-api.ts";

const members = [memberAt("10.0.0.1:8848"), memberAt("10.0.0.2:8848")];

function start() {
  const { api: base, clock, logger } = startApi();
  const guard = new PeerGuard(
    { clock, logger, members: addressesOf({ members }) },
    { identity: { key: "X-Identity", value: "secret" } },
  );
  const leavers: string[] = [];
  const onLeave = (by: string) => void leavers.push(by);
  const { api } = startApi({ more: leaveRoutes({ guard, onLeave }) });
  const post = (address: string, headers: Readonly<Record<string, string>> = {}) =>
    ask(api, "POST", "/nacre/v1/leave", { addressOf: () => address, headers });
  return { post, leavers, base };
}

describe("POST /nacre/v1/leave", () => {
  it.each([
    ["the member's own machine", "127.0.0.1", {}],
    ["the member's own machine over IPv6", "::1", {}],
    ["another member", "10.0.0.2", {}],
    ["somebody with the identity of members", "10.9.9.9", { "x-identity": "secret" }],
  ])("makes the member leave for %s", (_who, address, headers) => {
    const { post, leavers } = start();
    expect(post(address, headers)).toMatchObject({ status: 200, body: '{"leaving":true}' });
    expect(leavers).toEqual([address]);
  });

  it.each([
    ["a stranger", "10.9.9.9", {}],
    ["a stranger with another identity", "10.9.9.9", { "x-identity": "guess" }],
    ["a stranger behind a proxy of this machine", "127.0.0.1", { "x-forwarded-for": "10.9.9.9" }],
    ["a page in a browser of this machine", "127.0.0.1", { origin: "http://example.com" }],
    ["a page in a browser of a member", "10.0.0.2", { "sec-fetch-site": "cross-site" }],
  ])("refuses %s", (_who, address, headers) => {
    const { post, leavers } = start();
    const { status, body } = post(address, headers);
    expect(status).toBe(403);
    expect(body).toMatch(/^caused: .* may not make this member leave;/);
    expect(leavers).toEqual([]);
  });

  it("is not there where the member cannot leave", () => {
    const { base } = start();
    expect(ask(base, "POST", "/nacre/v1/leave").status).toBe(404);
  });
});
