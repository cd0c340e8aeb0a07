import type { ConsistencyService, Transport } from "@nacre/core";
import { NacreError } from "@nacre/core";
import type { DistroProtocolOptions } from "@nacre/engine";
import type { ExpiryBrakeOptions } from "@nacre/naming";

/**
 * A mechanism that members go without, to show that a property rests on it. Nothing in the product
 * knows of this: each is left out, or stood in for, where the simulation puts a member together.
 */
export type SimMutation =
  | "tombstones"
  | "refutation"
  | "grace"
  | "verify"
  | "verify and retry"
  | "load before ready"
  | "brake"
  | "relaying for others"
  | "beat relay"
  | "version of acceptance";

/** The parts of a member that a {@link SimMutation} touches. */
export interface MutatedParts {
  readonly transport: (transport: Transport) => Transport;
  readonly consistency: (consistency: ConsistencyService) => ConsistencyService;
  readonly distro: DistroProtocolOptions;
  readonly brake: ExpiryBrakeOptions;

  /** The jobs that are left out. */
  readonly jobs: ReadonlySet<string>;
}

const whole: MutatedParts = {
  transport: (transport) => transport,
  consistency: (consistency) => consistency,
  distro: {},
  brake: {},
  jobs: new Set(),
};

/** What a member without a mechanism is put together from; a whole one without an argument. */
export function mutated(mutation: SimMutation | undefined): MutatedParts {
  switch (mutation) {
    case "tombstones":
      return { ...whole, distro: { data: { goneLifeMs: 1 } } };
    case "refutation":
      return { ...whole, consistency: withoutRefutation };
    case "verify":
      return { ...whole, jobs: new Set(["verify"]) };
    case "verify and retry":
      return { ...whole, jobs: new Set(["verify"]), transport: withoutRetry };
    case "brake":
      return { ...whole, brake: { enabled: false } };
    case "relaying for others":
      return { ...whole, transport: withoutRelaying };
    case "beat relay":
      return { ...whole, jobs: new Set(["relay-beats"]) };
    case "grace":
    case "load before ready":
    case "version of acceptance":
    case undefined:
      // Left out where the member itself is put together.
      return whole;
  }
}

function withoutRefutation(inner: ConsistencyService): ConsistencyService {
  return over(inner, {
    listen: (listener) => inner.listen(over(listener, { isAlive: () => false })),
  });
}

function withoutRetry(inner: Transport): Transport {
  return over(inner, {
    sync: async (peer, message) => {
      try {
        await inner.sync(peer, message);
      } catch (error) {
        if (!(error instanceof NacreError)) throw error;
      }
    },
  });
}

function withoutRelaying(inner: Transport): Transport {
  return over(inner, {
    sync: (peer, message) => inner.sync(peer, { ...message, relayTo: [] }),
    beats: (peer, message) => inner.beats(peer, { ...message, relayTo: [] }),
  });
}

// The same object but for some of its methods.
function over<Port extends object>(inner: Port, methods: Partial<Port>): Port {
  return new Proxy(inner, {
    get(target, name) {
      const own: unknown = Reflect.get(methods, name);
      if (own !== undefined) return own;
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
