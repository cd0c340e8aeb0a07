import { datumKey, definitionKey } from "@nacre/core";
import type { PeerConvergenceAnswer } from "@nacre/transport-http";
import { afterEach, describe, expect, it } from "vitest";
import { runCli } from "../src/cli.ts";
import { recordingShell } from "./recording-shell.ts";
import { type Asked, convergenceOf, peerAt, startScriptedMember } from "./scripted-member.ts";

const closers: (() => void)[] = [];
afterEach(() => closers.splice(0).forEach((close) => close()));

const orders = datumKey("dev", "pay@@orders");

function instance(ip: string, more: Readonly<Record<string, unknown>> = {}) {
  const rest = { port: 80, clusterName: "DEFAULT", healthy: true, enabled: true, weight: 1 };
  return { ip, ...rest, metadata: {}, ...more };
}

interface Given {
  readonly keys?: readonly string[];
  readonly peer?: Partial<PeerConvergenceAnswer>;
  readonly here?: readonly unknown[];
  readonly there?: readonly unknown[];
  readonly contextPath?: string;
  readonly args?: readonly string[];
}

/** Asks a member about a peer; both are scripted. */
async function diffOf(given: Given) {
  const { keys = [orders], here = [], there = [], contextPath = "/nacos", args = [] } = given;
  const other = await startScriptedMember(() => ({ hosts: there }));
  const differing = { count: keys.length, sinceMs: 12_000, rounds: 3, sample: keys };
  const peer = peerAt(other.address, { differing, ...given.peer });
  const answerOf = ({ url }: Asked): unknown =>
    url.pathname === "/nacre/v1/convergence"
      ? convergenceOf([peer], { contextPath })
      : { hosts: here };
  const member = await startScriptedMember(answerOf);
  closers.push(member.close, other.close);
  const shell = recordingShell();
  const code = await runCli(["diff", other.address, "--server", member.url, ...args], shell);
  const out = shell.printed.map((line) => line.replaceAll(other.address, "PEER"));
  return { code, out, err: shell.complaints.join("\n"), member, other };
}

describe("nacre diff", () => {
  it("shows how the lists of a service differ that both members give", async () => {
    const metadata = { zone: "a", old: "1" };
    const { code, out, member, other } = await diffOf({
      here: [
        instance("10.0.0.1"),
        instance("10.0.0.2"),
        instance("10.0.0.3", { healthy: false, weight: 2 }),
        instance("10.0.0.5", { metadata, clusterName: "east" }),
      ],
      there: [
        instance("10.0.0.1"),
        instance("10.0.0.3", { enabled: false }),
        instance("::1"),
        instance("10.0.0.5", { metadata: { zone: "b" }, clusterName: "east" }),
      ],
    });
    expect(code).toBe(1);
    expect(out).toEqual([
      "1 key differs between 10.0.0.2:8848 (here) and PEER (there), for 12 s",
      "",
      "dev/pay@@orders",
      "  10.0.0.2:80  only here",
      "  10.0.0.3:80  unhealthy here, healthy there; enabled true here, false there; weight 2 here, 1 there",
      '  10.0.0.5:80 (east)  metadata old "1" here, nothing there; metadata zone "a" here, "b" there',
      "  [::1]:80  only there",
    ]);
    const asked = { namespaceId: "dev", serviceName: "pay@@orders" };
    for (const { url } of [member.asked[1], other.asked[0]].flatMap((each) => each ?? [])) {
      expect(url.pathname).toBe("/nacos/v1/ns/instance/list");
      expect(Object.fromEntries(url.searchParams)).toEqual(asked);
    }
    expect(other.asked).toHaveLength(1);
  });

  it("says so when the lists are the same by now, or cannot tell", async () => {
    const definition = definitionKey("public", "DEFAULT_GROUP@@orders");
    const { out } = await diffOf({ keys: [orders, definition, "another kind"] });
    expect(out.slice(1)).toEqual([
      "",
      "dev/pay@@orders",
      "  the lists are the same",
      "",
      "public/DEFAULT_GROUP@@orders: the definition of the service",
      "",
      "another kind",
    ]);
  });

  it("asks below the context path that members share", async () => {
    const { other } = await diffOf({ contextPath: "" });
    expect(other.asked[0]?.url.pathname).toBe("/v1/ns/instance/list");
  });

  it("ends with 0 when both agree, and asks the peer nothing", async () => {
    const agreed = await diffOf({ keys: [] });
    expect(agreed.code).toBe(0);
    expect(agreed.out).toEqual(["10.0.0.2:8848 and PEER agreed 1.2 s ago"]);
    expect(agreed.other.asked).toEqual([]);
  });

  it("ends with 1 as long as nobody knows", async () => {
    const unknown = await diffOf({ keys: [], peer: { lastAgreedMs: null } });
    expect(unknown.code).toBe(1);
    expect(unknown.out).toEqual(["10.0.0.2:8848 has not compared itself with PEER yet"]);
  });

  it("looks at 20 keys and counts the others", async () => {
    const keys = Array.from({ length: 25 }, (_, at) => datumKey("public", `a@@${at}`));
    const { out, other } = await diffOf({ keys });
    expect(other.asked).toHaveLength(20);
    expect(out.at(-1)).toBe("and 5 more");
  });

  it("prints the same as JSON", async () => {
    const { code, out } = await diffOf({ here: [instance("10.0.0.1")], args: ["--json"] });
    expect(code).toBe(1);
    expect(JSON.parse(out.join("\n"))).toEqual({
      self: "10.0.0.2:8848",
      peer: "PEER",
      lastAgreedMs: 1_200,
      count: 1,
      sinceMs: 12_000,
      rounds: 3,
      keys: [
        {
          key: orders,
          namespaceId: "dev",
          serviceName: "pay@@orders",
          instances: [
            { ip: "10.0.0.1", port: 80, clusterName: "DEFAULT", differences: ["only here"] },
          ],
        },
      ],
    });
  });

  it("hands no control characters to the terminal", async () => {
    const { out } = await diffOf({ here: [instance("10.0.0.1\u001b[2J")] });
    expect(out.at(-1)).toBe("  10.0.0.1?[2J:80  only here");
  });

  it("says which member gives no list", async () => {
    const { code, err, other } = await diffOf({ there: [{ ip: 1 }] });
    expect({ code, err }).toEqual({
      code: 1,
      err: `nacre: ${other.url} did not answer with a list of instances`,
    });
  });

  it("names the peers there are when it is given another", async () => {
    const member = await startScriptedMember(() => convergenceOf([peerAt("10.0.0.1:8848")]));
    closers.push(member.close);
    const shell = recordingShell();
    expect(await runCli(["diff", "10.0.0.9:8848", "--server", member.url], shell)).toBe(2);
    expect(shell.complaints).toEqual([
      "nacre: 10.0.0.9:8848 is no peer of 10.0.0.2:8848; its peers are 10.0.0.1:8848 (see nacre help)",
    ]);
  });

  it("wants a peer", async () => {
    const shell = recordingShell();
    expect(await runCli(["diff"], shell)).toBe(2);
    expect(shell.complaints[0]).toMatch(/say which peer/);
  });
});
