import type { Address, DatumKey, Member, SyncMessage } from "@nacre/core";
import { ManualClock, RecordingLogger } from "@nacre/core/testing";
import { PeerSync, type PeerSyncOptions } from "../../src/distro/peer-sync.ts";
import { ScriptedTransport } from "../scripted-transport.ts";
import { MemberBoard, someKeys } from "./member-board.ts";
import { startData } from "./start-repair.ts";

/** The peers of these tests; `j` is a Java member. */
export const [b, c, d, j] = [
  "10.0.0.2:8848",
  "10.0.0.3:8848",
  "10.0.0.4:8848",
  "10.0.0.9:8848",
] as const;

/** Some services. */
export const [s0, s1, s2] = someKeys(3) as readonly [DatumKey, DatumKey, DatumKey];

/** What a peer is. */
export const nacre = { kind: "nacre" } as const;

/** What a peer is. */
export const java = { kind: "java" } as const;

/** The answer of a peer that takes what it is told. */
export const taken = (): Promise<void> => Promise.resolve();

/** The sync of a member, whose peers take everything until a test says otherwise. */
export function startSync(
  peers: Readonly<Record<Address, Partial<Member>>> = { [b]: nacre },
  options: PeerSyncOptions = {},
) {
  const clock = new ManualClock();
  const logger = new RecordingLogger();
  const transport = new ScriptedTransport();
  transport.answers.sync = taken;
  transport.answers.putData = taken;
  const membership = new MemberBoard(peers);
  const data = startData(clock);
  const sync = new PeerSync({ clock, logger, transport, data, membership }, options);
  sync.start();
  return { clock, data, logger, membership, sync, transport };
}

/** Who was sent which keys by `sync`, in order. */
export function syncs(transport: ScriptedTransport) {
  return transport.sent("sync").map(({ peer, content }) => [peer, ...keysIn(content)]);
}

/** The keys that a message speaks of. */
export function keysIn({ data, values }: SyncMessage): readonly string[] {
  return [...data, ...values].map(({ key }) => key);
}

/** Who was sent a `sync`, and whom it was asked to pass it on to. */
export function relays(transport: ScriptedTransport) {
  return transport.sent("sync").map(({ peer, content }) => [peer, content.relayTo]);
}
