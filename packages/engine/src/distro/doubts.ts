import {
  type Clock,
  type Datum,
  type DatumCopy,
  epochMsOf,
  type Instance,
  instanceKeyOf,
  type MergeChange,
  type Millis,
  type ValueDatum,
} from "@nacre/core";

/** What {@link Doubts} are built from. */
export interface DoubtsDependencies {
  readonly clock: Pick<Clock, "epochMs">;
}

/** How old by its version a change is at most that a peer has just told. */
const FRESH_MS_MAX: Millis = 60_000;

/**
 * What a member holds that its peers may have removed meanwhile and remember no more, since it stood
 * still for long. Told by it, that would come back everywhere; so it is told to nobody, until a peer
 * that was there all the time is found to hold it too.
 *
 * Instances and values are replaced and not edited, so what is written anew is not in doubt.
 */
export class Doubts {
  readonly #clock: DoubtsDependencies["clock"];
  readonly #doubted = new Set<Instance | ValueDatum>();
  #isAny = false;

  constructor({ clock }: DoubtsDependencies) {
    this.#clock = clock;
  }

  /** Whether anything is doubted at all. */
  get isAny(): boolean {
    return this.#isAny;
  }

  has(held: Instance | ValueDatum): boolean {
    return this.#doubted.has(held);
  }

  /** Doubts all of these. */
  begin(data: Iterable<Datum>, values: Iterable<ValueDatum>): void {
    this.#isAny = true;
    for (const { instances } of data) {
      for (const instance of instances) this.#doubted.add(instance);
    }
    for (const value of values) if (value.text !== undefined) this.#doubted.add(value);
  }

  /** Doubts of these what is old: a peer told it a while ago, and it is read only now. */
  addOld(changes: readonly MergeChange[]): void {
    if (!this.#isAny) return;
    const untilMs = this.#clock.epochMs() - FRESH_MS_MAX;
    for (const { after } of changes) {
      if (after !== undefined && epochMsOf(after.version) < untilMs) this.#doubted.add(after);
    }
  }

  /** Which of these are in doubt and not in the copy of a peer; `undefined`: it has none at all. */
  amongOthersThan(
    theirs: DatumCopy | undefined,
    instances: readonly Instance[],
  ): readonly Instance[] {
    const told = new Set(theirs?.instances.map(({ instance }) => instanceKeyOf(instance)));
    return instances.filter((one) => this.#doubted.has(one) && !told.has(instanceKeyOf(one)));
  }

  /** Doubts nothing any more. */
  end(): void {
    this.#isAny = false;
    this.#doubted.clear();
  }
}
