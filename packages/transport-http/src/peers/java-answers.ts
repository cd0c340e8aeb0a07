import type { Greeting, ReportAnswer } from "@nacre/core";
import { boundInt, boundList, boundObject, readJson } from "./jackson.ts";
import { READY_HEADER, WIRE_HEADER } from "./peer-headers.ts";
import type { PeerAnswer } from "./peer-pool.ts";
import type { OnDropped } from "./wire-data.ts";

/** What a report was answered with (`distro.md` 6.5), and what a Nacre member says beside it. */
export function reportAnswerOf({ body, header }: Omit<PeerAnswer, "status">): ReportAnswer {
  const { code = 0 } = boundObject(readJson(body), "com.alibaba.nacos.common.model.RestResult");
  return { code: boundInt(code), greeting: greetingIn(header) };
}

function greetingIn(header: PeerAnswer["header"]): Greeting | undefined {
  if (header(WIRE_HEADER.toLowerCase()) === undefined) return undefined;
  return { kind: "nacre", isReady: header(READY_HEADER.toLowerCase()) !== "false" };
}

/** The health of instances, `{"ips":["ip:port_true"]}`: `ip:port` → healthy (`distro.md` 7.6). */
export function statusesOf(text: string, onDropped: OnDropped): ReadonlyMap<string, boolean> {
  const { ips } = boundObject(readJson(text), "com.fasterxml.jackson.databind.JsonNode");
  const healthyOf = new Map<string, boolean>();
  for (const ip of boundList(ips, "java.util.ArrayList")) {
    const status = typeof ip === "string" ? STATUS.exec(ip) : null;
    if (status === null) onDropped();
    else healthyOf.set(status[1] ?? "", status[2] === "true");
  }
  return healthyOf;
}

const STATUS = /^(.+:-?\d+)_(true|false)$/;
