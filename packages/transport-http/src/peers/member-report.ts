import type { MemberReport, MemberState } from "@nacre/core";
import { boundInt, boundObject, boundText, jsonParseError, readJson } from "./jackson.ts";

/**
 * Reads a member's report (`distro.md` 6.2) as Jackson binds it.
 *
 * @returns `undefined` when it does not say where the member is
 * @throws {@link NacreError} `UNREADABLE_PARAM` when it is no report at all.
 */
export function reportOf(text: string): MemberReport | undefined {
  const fields = boundObject(readJson(text), "com.alibaba.nacos.core.cluster.Member");
  const ip = boundText(fields["ip"] ?? null) ?? "";
  const port = fields["port"] === undefined ? NO_PORT : boundInt(fields["port"]);
  const address = boundText(fields["address"] ?? null) ?? "";
  const state = stateOf(fields["state"] ?? null);
  const extendInfo = boundObject(fields["extendInfo"] ?? {}, "java.util.LinkedHashMap");
  const failAccessCnt = boundInt(fields["failAccessCnt"] ?? 0);
  if (ip.trim() === "" || address.trim() === "" || port === NO_PORT) return undefined;
  return { ip, port, state, extendInfo, address, failAccessCnt };
}

const NO_PORT = -1;

function stateOf(value: unknown): MemberState {
  const text = boundText(value);
  if (text === null) return "UP";
  const state = STATES.find((known) => known === text);
  if (state !== undefined) return state;
  throw jsonParseError(
    "Cannot deserialize value of type `com.alibaba.nacos.core.cluster.NodeState` from String " +
      `"${text}": not one of the values accepted for Enum class: [${STATES.join(", ")}]`,
    "com.fasterxml.jackson.databind.exc.InvalidFormatException",
  );
}

// In the order in which Java names them.
const STATES: readonly MemberState[] = ["STARTING", "DOWN", "UP", "SUSPICIOUS", "ISOLATION"];
