import { type FSWatcher, watch } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { type Cancel, type Clock, type Logger, type Millis, NacreError } from "@nacre/core";
import { RepeatingTask } from "@nacre/engine";
import { parseMemberList } from "../settings/addresses.ts";
import { ListOutlet } from "./list-outlet.ts";
import type { MemberLookup, OnAddresses } from "./member-lookup.ts";

/** What a {@link ClusterConfLookup} needs from its surroundings. */
export interface ClusterConfLookupDependencies {
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Which file a {@link ClusterConfLookup} reads, and when. */
export interface ClusterConfLookupOptions {
  /** An absolute path; it may be a symlink. */
  readonly path: string;

  /**
   * How long the folder must have been quiet before the file is read, and how long the file must have
   * stayed the same before it is believed: it may be read while somebody writes it.
   *
   * @defaultValue 100
   */
  readonly quietMs?: Millis;

  /**
   * How often the file is read without an event. Needed where there are none: on some network file
   * systems, and for a symlink whose target is written in place.
   *
   * @defaultValue 5_000
   */
  readonly rereadIntervalMs?: Millis;
}

/**
 * The lookup of members that are listed in a `cluster.conf` (`distro.md` 6.3).
 *
 * It watches the folder and not the file: then it does not matter whether the file is written, replaced
 * by a rename, missing for a moment, or a symlink through another one that is replaced, as Kubernetes
 * does it in the same folder. Any event there is a reason to read.
 */
export class ClusterConfLookup implements MemberLookup {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #path: string;
  readonly #quietMs: Millis;
  readonly #reread: RepeatingTask;
  #outlet: ListOutlet | undefined;
  #watcher: FSWatcher | undefined;
  #cancelRead: Cancel | undefined;

  /** What the file said when its list was taken over, or why it could not be read. */
  #settled: string | undefined;

  /** What it says since, if that is something else. */
  #candidate: Candidate | undefined;

  constructor(
    { clock, logger }: ClusterConfLookupDependencies,
    { path, quietMs = 100, rereadIntervalMs = 5_000 }: ClusterConfLookupOptions,
  ) {
    this.#clock = clock;
    this.#logger = logger;
    this.#path = path;
    this.#quietMs = quietMs;
    this.#reread = new RepeatingTask(
      { clock, logger },
      {
        name: "read-cluster-conf",
        intervalMs: rereadIntervalMs,
        run: () => {
          this.#watch();
          return this.#look();
        },
      },
    );
  }

  async start(onAddresses: OnAddresses): Promise<void> {
    const outlet = new ListOutlet({ logger: this.#logger, onAddresses });
    this.#outlet = outlet;
    // Before the first look, so that nothing is written unseen between the two.
    this.#watch();
    try {
      const text = await readText(this.#path);
      outlet.found(parseMemberList(text, this.#path));
      this.#settled = text;
    } catch (error) {
      this.stop();
      throw error;
    }
    if (this.#outlet !== undefined) this.#reread.start();
  }

  stop(): void {
    this.#outlet = undefined;
    this.#cancelRead?.();
    this.#unwatch();
    void this.#reread.stop();
  }

  /** Takes what the file says, or that it cannot be read, once it has been so for a while. */
  async #look(): Promise<void> {
    const seen = await readText(this.#path).catch((error: unknown) => toError(error));
    if (this.#outlet === undefined) return;
    if (seen instanceof Error) {
      // The folder may be another one now than the one that is watched.
      this.#unwatch();
      this.#watch();
    }
    const text = String(seen);
    const nowMs = this.#clock.nowMs();
    if (text === this.#settled) {
      this.#candidate = undefined;
    } else if (text !== this.#candidate?.text) {
      this.#candidate = { text, sinceMs: nowMs };
      this.#lookSoon();
    } else if (nowMs - this.#candidate.sinceMs < this.#quietMs) {
      this.#lookSoon();
    } else {
      this.#candidate = undefined;
      this.#settled = text;
      this.#take(this.#outlet, seen);
    }
  }

  #take(outlet: ListOutlet, seen: string | Error): void {
    try {
      if (seen instanceof Error) throw seen;
      outlet.found(parseMemberList(seen, this.#path));
    } catch (error) {
      outlet.failed(error);
    }
  }

  #lookSoon(): void {
    this.#cancelRead?.();
    this.#cancelRead = this.#clock.schedule(this.#quietMs, () => void this.#look());
  }

  /** Watches the folder, anew when that ended because the folder was replaced. */
  #watch(): void {
    if (this.#watcher !== undefined || this.#outlet === undefined) return;
    try {
      const watcher = watch(dirname(this.#path), { persistent: false }, () => this.#lookSoon());
      watcher.on("error", (error) => {
        this.#logger.debug({ err: error }, "the folder of cluster.conf is no longer watched");
        if (this.#watcher === watcher) this.#unwatch();
      });
      this.#watcher = watcher;
    } catch (error) {
      this.#logger.debug({ err: error }, "the folder of cluster.conf cannot be watched");
    }
  }

  #unwatch(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }
}

interface Candidate {
  readonly text: string;
  readonly sinceMs: Millis;
}

async function readText(path: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size > fileBytesMax) throw new Error(`longer than ${fileBytesMax} bytes`);
    return await readFile(path, "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code ?? message;
    throw new NacreError("START_FAILED", `cannot read ${path} (${why})`, { cause: error });
  }
}

const fileBytesMax = 1_048_576;

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
