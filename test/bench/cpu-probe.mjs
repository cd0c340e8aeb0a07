/**
 * Loaded into a server with `--import`: tells the bench what the process has used so far. The
 * figures come from the process itself because /proc counts in ticks of 10 ms.
 */

import { performance } from "node:perf_hooks";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

process.on("message", (message) => {
  if (message?.probe === undefined) return;
  const { user, system } = process.cpuUsage(); // all threads: collector and pool too
  const { active, idle } = performance.eventLoopUtilization();
  process.send({
    probe: message.probe,
    cpuMicros: user + system,
    wallMs: performance.now(),
    activeMs: active,
    idleMs: idle,
    rssBytes: process.memoryUsage.rss(),
    heapBytes: process.memoryUsage().heapUsed,
  });
});

process.on("message", (message) => {
  if (message?.live === undefined) return;
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  process.send({ live: message.live, liveBytes: process.memoryUsage().heapUsed });
});

// No server outlives its bench, and no listener of ours keeps one alive.
process.on("disconnect", () => process.exit(0));
process.channel?.unref();
