import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Clock, systemClock } from "@nacre/core";
import { RecordingLogger } from "@nacre/core/testing";
import { afterEach, describe, expect, it } from "vitest";
// Internal to the application: it exports nothing.
import { ClusterConfLookup } from "../../src/members/cluster-conf-lookup.ts";
import { eventually, Lists, makeFolder } from "./lists.ts";

const [a, b, c] = ["10.0.0.1:8848", "10.0.0.2:8848", "10.0.0.3:8848"] as const;
const ended: (() => void)[] = [];

afterEach(() => {
  for (const end of ended.splice(0)) end();
});

interface Given {
  readonly clock: Clock;
  readonly rereadIntervalMs: number;
}

/** A lookup of `cluster.conf` in a folder of its own. */
function prepare({ clock = systemClock, rereadIntervalMs = 600_000 }: Partial<Given> = {}) {
  const folder = makeFolder();
  const logger = new RecordingLogger();
  const lists = new Lists();
  const path = join(folder.path, "cluster.conf");
  const lookup = new ClusterConfLookup({ clock, logger }, { path, quietMs: 20, rereadIntervalMs });
  ended.push(() => {
    lookup.stop();
    folder.remove();
  });
  return {
    lookup,
    lists,
    path,
    folder: folder.path,
    warnings: () => logger.lines.filter(({ level }) => level === "warn").length,
    messages: () => logger.lines.map(({ message }) => message),
    start: () => lookup.start(lists.take),
    write: (text: string) => writeFileSync(path, text),
  };
}

describe("ClusterConfLookup", () => {
  it("reads the file at the start", async () => {
    const { lists, start, write } = prepare();
    write("# members\n10.0.0.1:8848 # one\n10.0.0.2, 10.0.0.3\n");
    await start();
    expect(lists.all).toEqual([[a, b, c]]);
  });

  it.each([
    ["is missing", undefined, "START_FAILED"],
    ["has an item that is no address", "10.0.0.1:8848?raft_port=7848", "INVALID_SETTING"],
  ])("does not start when the file %s", async (_what, text, code) => {
    const { start, write } = prepare();
    if (text !== undefined) write(text);
    await expect(start()).rejects.toMatchObject({ code });
  });

  it("reads again when the file is written", async () => {
    const { lists, start, write } = prepare();
    write(a);
    await start();
    write(`${a}\n${b}\n`);
    await lists.until([a, b]);
  });

  it("reads again when another file takes its place", async () => {
    const { folder, lists, path, start, write } = prepare();
    write(a);
    await start();
    writeFileSync(join(folder, "new"), `${a},${b}`);
    renameSync(join(folder, "new"), path);
    await lists.until([a, b]);
  });

  it("reads again when a link on the way to it is replaced, as in Kubernetes", async () => {
    const { folder, lists, path, start } = prepare();
    const version = (name: string, text: string): void => {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, "cluster.conf"), text);
      symlinkSync(name, join(folder, "..data_new"));
      renameSync(join(folder, "..data_new"), join(folder, "..data"));
    };
    version("..1", a);
    symlinkSync(join("..data", "cluster.conf"), path);
    await start();
    version("..2", `${a}\n${b}`);
    await lists.until([a, b]);
  });

  it("keeps the list while the file is missing, warns once, and reads it when it is back", async () => {
    const { lists, messages, path, start, warnings, write } = prepare();
    write(a);
    await start();
    rmSync(path);
    await eventually(warnings, 1);
    expect(lists.all).toEqual([[a]]);
    write(`${a}\n${b}`);
    await lists.until([a, b]);
    expect(warnings()).toBe(1);
    expect(messages()).toContain("the list of members can be read again");
  });

  it.each([
    ["is empty", "# nobody\n"],
    ["has an item that is no address", `${b}\n10.0.0\n`],
  ])("keeps the list when the file %s, and warns once", async (_what, text) => {
    const { lists, start, warnings, write } = prepare({ rereadIntervalMs: 10 });
    write(a);
    await start();
    write(text);
    await eventually(warnings, 1);
    write(`${a}\n${c}`);
    await lists.until([a, c]);
    expect(lists.all).toEqual([[a], [a, c]]);
    expect(warnings()).toBe(1);
  });

  it("does not believe what it reads while somebody writes", async () => {
    let stoppedAtMs: number | undefined;
    let scheduledCount = 0;
    const clock: Clock = {
      ...systemClock,
      nowMs: () => stoppedAtMs ?? systemClock.nowMs(),
      schedule: (delayMs, run) => {
        scheduledCount++;
        return systemClock.schedule(delayMs, run);
      },
    };
    const { lists, start, write } = prepare({ clock, rereadIntervalMs: 5 });
    write(`${a}\n${b}`);
    await start();
    stoppedAtMs = clock.nowMs();
    const looks = async (): Promise<void> => {
      const before = scheduledCount;
      await eventually(() => scheduledCount > before + 20, true);
    };
    write(a); // the first half
    await looks();
    write(`${a}\n${c}`);
    await looks();
    stoppedAtMs = undefined;
    await lists.until([a, c]);
    expect(lists.all).toEqual([
      [a, b],
      [a, c],
    ]);
  });

  it("takes a file of unreasonable length for one that cannot be read", async () => {
    const { lists, start, warnings, write } = prepare();
    write(a);
    await start();
    write(`${b}${"\n".repeat(1_048_576)}`);
    await eventually(warnings, 1);
    expect(lists.all).toEqual([[a]]);
  });

  it("tells nothing when the file lists the same members in another way", async () => {
    const { lists, start, write } = prepare();
    write(`${a}\n${b}`);
    await start();
    write(`# changed\n${b},${a}`);
    write(`${b},${a}\n`);
    write(`${b},${a},${c}\n`);
    await lists.until([b, a, c]);
    expect(lists.all).toHaveLength(2);
  });

  it("reads from time to time where no event tells of a change", async () => {
    const elsewhere = makeFolder();
    ended.push(elsewhere.remove);
    const { lists, path, start } = prepare({ rereadIntervalMs: 20 });
    const target = join(elsewhere.path, "members");
    writeFileSync(target, a);
    symlinkSync(target, path);
    await start();
    writeFileSync(target, `${a}\n${b}`);
    await lists.until([a, b]);
  });

  it("goes on when the folder is replaced", async () => {
    const { folder, lists, start, warnings, write } = prepare({ rereadIntervalMs: 20 });
    write(a);
    await start();
    rmSync(folder, { recursive: true });
    await eventually(warnings, 1);
    mkdirSync(folder);
    write(`${a}\n${b}`);
    await lists.until([a, b]);
  });

  it("tells nothing after it was stopped, however often", async () => {
    const { lists, lookup, start, write } = prepare({ rereadIntervalMs: 10 });
    write(a);
    await start();
    lookup.stop();
    lookup.stop();
    write(`${a}\n${b}`);
    // Another lookup of the same file has seen the change, so this one would have, too.
    const other = prepare({ rereadIntervalMs: 10 });
    other.write(`${a}`);
    await other.start();
    other.write(`${a}\n${b}`);
    await other.lists.until([a, b]);
    expect(lists.all).toEqual([[a]]);
  });
});
