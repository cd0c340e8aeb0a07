import { ManualClock, RecordingLogger } from "@nacre/core/testing";
import type { Subscriber } from "@nacre/naming";
import { type Gzip, UdpPusher, type UdpPusherOptions } from "@nacre/transport-udp";
import { gzipSync } from "node:zlib";
import { FakeNetwork, type Sent } from "./fake-network.ts";
import { subscriberOf } from "./subscribers.ts";

/** A started pusher, with time, network and compression under control. */
export async function startPusher(options: UdpPusherOptions = {}) {
  const clock = new ManualClock();
  const logger = new RecordingLogger();
  const network = new FakeNetwork();
  /** Compressions under way, to be ended by calling them. */
  const compressions: (() => void)[] = [];
  const gzip: Gzip = (bytes, onGzipped) => {
    compressions.push(() => onGzipped(null, gzipSync(bytes)));
  };
  const pusher = new UdpPusher({ clock, logger, openSocket: network.open, gzip }, options);
  await pusher.start();
  return { clock, compressions, logger, network, pusher };
}

/** Two services that the same client asked for. */
export const orders: Subscriber = subscriberOf();
export const users: Subscriber = subscriberOf({ serviceName: "DEFAULT_GROUP@@users" });

/** The views of datagrams. */
export const textsOf = (sent: readonly Sent[]): string[] => sent.map(({ text }) => text);
