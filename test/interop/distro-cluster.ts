import { type MemberProcess, startMember } from "../kit/member-process.ts";
import { RegistryClient } from "../kit/registry-client.ts";
import { eventually } from "../kit/wait.ts";
import { findPlaces, type Place, type RecordedMembers } from "./recorded-members.ts";
import { ScriptedMember } from "./scripted-member.ts";

/** Who is who in a {@link DistroCluster}. */
export interface DistroClusterOptions {
  /** Where the member under test stands. */
  readonly self: Place;
  /** Where scripts stand in for members of Java. */
  readonly others: readonly Place[];
  /** Further flags of the member. */
  readonly args?: readonly string[];
}

const READY_WITHIN_MS = 10_000;

/** Starts a member among scripts, and waits until it serves. Stop it when done. */
export async function startDistroCluster(options: DistroClusterOptions): Promise<DistroCluster> {
  const { self, others, args = [] } = options;
  const members = await findPlaces();
  const peers = new Map(others.map((place) => [place, new ScriptedMember()]));
  for (const [place, peer] of peers) await peer.start(members.portOf(place));
  const list = [self, ...others].map((place) => members.addressOf(place)).join(",");
  const flags = ["--members", list, "--self", members.addressOf(self), ...args];
  const port = members.portOf(self);
  const member = await startMember({ port, args: flags, prefix: `member at ${self}` });
  const cluster = new DistroCluster({ self, member, members, peers });
  try {
    await cluster.ready();
  } catch (error) {
    await cluster.stop();
    throw new Error(`${String(error)}\n${member.describe()}`, { cause: error });
  }
  return cluster;
}

interface DistroClusterParts {
  readonly self: Place;
  readonly member: MemberProcess;
  readonly members: RecordedMembers;
  readonly peers: ReadonlyMap<Place, ScriptedMember>;
}

/** A real member, and scripts in the places of the members that it was recorded with. */
export class DistroCluster {
  readonly self: Place;
  readonly member: MemberProcess;
  readonly members: RecordedMembers;
  readonly client: RegistryClient;
  readonly #peers: ReadonlyMap<Place, ScriptedMember>;

  constructor({ self, member, members, peers }: DistroClusterParts) {
    this.self = self;
    this.member = member;
    this.members = members;
    this.client = new RegistryClient(member.address);
    this.#peers = peers;
  }

  peerAt(place: Place): ScriptedMember {
    const peer = this.#peers.get(place);
    if (peer === undefined) throw new Error(`no script stands at ${place}`);
    return peer;
  }

  /** Waits until the member serves. */
  async ready(withinMs = READY_WITHIN_MS): Promise<void> {
    await eventually(
      async () => {
        const { status, body } = await this.client.request("GET", "/readyz");
        if (status !== 200) throw new Error(`not ready: ${body}`);
      },
      { withinMs },
    );
  }

  async stop(): Promise<void> {
    await this.member.stop();
    await Promise.all([...this.#peers.values()].map((peer) => peer.stop()));
  }
}
