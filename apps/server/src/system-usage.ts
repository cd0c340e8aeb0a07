import { cpus, freemem, loadavg, totalmem } from "node:os";
import type { Clock, Millis } from "@nacre/core";
import type { SystemUsage } from "@nacre/transport-http";

const REFRESH_MS: Millis = 1_000;

/** How busy the machine is. Looked up when asked for, at most once a second. */
export class SystemUsageProbe {
  readonly #clock: Clock;
  #times = cpuTimes();
  #usage: SystemUsage = { cpu: -1, load: -1, mem: -1 };
  #readAtMs: Millis | undefined;

  constructor({ clock }: { readonly clock: Clock }) {
    this.#clock = clock;
  }

  /** CPU is the share of all cores since it was last asked for. */
  read(): SystemUsage {
    const nowMs = this.#clock.nowMs();
    if (this.#readAtMs !== undefined && nowMs - this.#readAtMs < REFRESH_MS) return this.#usage;
    this.#readAtMs = nowMs;
    const before = this.#times;
    this.#times = cpuTimes();
    const total = this.#times.total - before.total;
    const cpu = total > 0 ? (this.#times.busy - before.busy) / total : -1;
    this.#usage = { cpu, load: loadavg()[0] ?? -1, mem: 1 - freemem() / totalmem() };
    return this.#usage;
  }
}

function cpuTimes(): { readonly busy: number; readonly total: number } {
  let busy = 0;
  let total = 0;
  for (const { times } of cpus()) {
    const working = times.user + times.nice + times.sys + times.irq;
    busy += working;
    total += working + times.idle;
  }
  return { busy, total };
}
