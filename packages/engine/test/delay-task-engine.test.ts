import { ManualClock, RecordingLogger } from "@nacre/core/testing";
import { DelayTaskEngine, type DelayTaskEngineOptions } from "@nacre/engine";
import { describe, expect, it, vi } from "vitest";

function makeEngine(options: Partial<DelayTaskEngineOptions<string>> = {}) {
  const clock = new ManualClock();
  const schedule = vi.spyOn(clock, "schedule");
  const logger = new RecordingLogger();
  const process = vi.fn<DelayTaskEngineOptions<string>["process"]>();
  const engine = new DelayTaskEngine<string>(
    { clock, logger },
    { merge: (older, newer) => `${older}+${newer}`, process, ...options },
  );
  return { clock, engine, logger, process, schedule };
}

function startEngine(options: Partial<DelayTaskEngineOptions<string>> = {}) {
  const made = makeEngine(options);
  made.engine.start();
  return made;
}

function fail(): never {
  throw new Error("peer is gone");
}

const queueFull = expect.objectContaining({ code: "QUEUE_FULL" });

describe("DelayTaskEngine", () => {
  it("holds a task back for its delay", async () => {
    const { clock, engine, process } = startEngine();
    engine.add("orders", "v1", 20);

    await clock.advance(19);
    expect(process).not.toHaveBeenCalled();
    expect(engine.size).toBe(1);

    await clock.advance(1);
    expect(process).toHaveBeenCalledExactlyOnceWith("orders", "v1");
    expect(engine.size).toBe(0);
  });

  it("processes each task at its own due instant", async () => {
    const { clock, engine, process } = startEngine();
    const instants: [string, number][] = [];
    process.mockImplementation((key) => void instants.push([key, clock.nowMs()]));
    engine.add("late", "v1", 70);
    engine.add("early", "v1", 0);
    engine.add("middle", "v1", 30.5);
    await clock.advance(100);

    expect(instants).toEqual([
      ["early", 0],
      ["middle", 30.5],
      ["late", 70],
    ]);
  });

  it("processes tasks due at the same instant in the order they were added", async () => {
    const { clock, engine, process } = startEngine();
    const keys = Array.from({ length: 50 }, (_, index) => `service-${index}`);
    for (const key of keys) engine.add(key, "v1", 10);
    await clock.advance(10);

    expect(process.mock.calls.map(([key]) => key)).toEqual(keys);
  });

  it("does not process a task early when the timer fires early", async () => {
    const { clock, engine, process, schedule } = makeEngine();
    const inTime = ManualClock.prototype.schedule.bind(clock);
    schedule.mockImplementation((delayMs, run) => inTime(Math.max(delayMs - 0.75, 1), run));
    engine.start();
    engine.add("orders", "v1", 20);

    await clock.advance(19.99);
    expect(schedule).toHaveBeenCalledTimes(2);
    expect(process).not.toHaveBeenCalled();
    await clock.advance(1);
    expect(process).toHaveBeenCalledOnce();
  });

  it("waits on when a delay is longer than a timer can hold", async () => {
    const { clock, engine, process, schedule } = startEngine();
    engine.add("orders", "v1", 2 ** 31);

    expect(schedule).toHaveBeenLastCalledWith(2 ** 31 - 1, expect.any(Function));
    await clock.advance(2 ** 31 - 1);
    expect(process).not.toHaveBeenCalled();
    await clock.advance(1);
    expect(process).toHaveBeenCalledOnce();
  });
});

describe("DelayTaskEngine, merging", () => {
  it("folds tasks with the same key into one, the older first", async () => {
    const { clock, engine, process } = startEngine();
    engine.add("orders", "v1", 1_000);
    engine.add("orders", "v2", 1_000);
    engine.add("orders", "v3", 1_000);
    await clock.advance(2_000);

    expect(process).toHaveBeenCalledExactlyOnceWith("orders", "v1+v2+v3");
  });

  it("never moves the due instant later", async () => {
    const { clock, engine, process } = startEngine();
    engine.add("orders", "v1", 1_000);
    await clock.advance(900);
    engine.add("orders", "v2", 1_000);
    await clock.advance(100);

    expect(process).toHaveBeenCalledExactlyOnceWith("orders", "v1+v2");
  });

  it("moves the due instant earlier when the added part is due before", async () => {
    const { clock, engine, process } = startEngine();
    engine.add("users", "v1", 500);
    engine.add("orders", "v1", 1_000);
    engine.add("orders", "v2", 10);
    await clock.advance(10);

    expect(process).toHaveBeenCalledExactlyOnceWith("orders", "v1+v2");
  });
});

describe("DelayTaskEngine, trying again", () => {
  it("tries a task again after the delay that the processor asks for", async () => {
    const { clock, engine, process } = startEngine();
    process.mockReturnValueOnce(5_000);
    engine.add("orders", "v1", 10);

    await clock.advance(5_009);
    expect(process).toHaveBeenCalledOnce();
    await clock.advance(1);
    expect(process).toHaveBeenCalledTimes(2);
    expect(process).toHaveBeenLastCalledWith("orders", "v1");
    expect(engine.size).toBe(0);
  });

  it("tries a task that threw again after its delay, and says so", async () => {
    const { clock, engine, logger, process } = startEngine();
    process.mockImplementationOnce(fail);
    engine.add("orders", "v1", 2_000);
    engine.add("orders", "v2", 1_000);

    await clock.advance(1_999);
    expect(process).toHaveBeenCalledOnce();
    expect(logger.lines).toEqual([
      {
        level: "warn",
        message: "task failed, it will be tried again",
        fields: { err: new Error("peer is gone"), key: "orders", retryAfterMs: 1_000 },
      },
    ]);
    await clock.advance(1);
    expect(process).toHaveBeenCalledTimes(2);
    expect(engine.size).toBe(0);
  });

  it("does not spin on a task without delay that throws", async () => {
    const { clock, engine, process } = startEngine({ retryDelayMsMin: 100 });
    process.mockImplementation(fail);
    engine.add("orders", "v1", 0);
    await clock.advance(1_000);

    expect(process).toHaveBeenCalledTimes(11);
  });

  it("goes on with the other due tasks after a throw", async () => {
    const { clock, engine, process } = startEngine();
    process.mockImplementationOnce(fail);
    engine.add("orders", "v1", 10);
    engine.add("users", "v1", 10);
    await clock.advance(10);

    expect(process).toHaveBeenLastCalledWith("users", "v1");
  });

  it("does not let a retry delay a change that came during processing", async () => {
    const { clock, engine, process } = startEngine();
    process.mockImplementationOnce(() => {
      engine.add("orders", "fresh", 20);
      return 5_000;
    });
    engine.add("orders", "failed", 10);
    await clock.advance(30);

    expect(process).toHaveBeenCalledTimes(2);
    expect(process).toHaveBeenLastCalledWith("orders", "failed+fresh");
    expect(engine.size).toBe(0);
  });

  it("does not let a fresh change delay a retry", async () => {
    const { clock, engine, process } = startEngine();
    process.mockReturnValueOnce(50);
    engine.add("orders", "failed", 10);
    await clock.advance(10);
    engine.add("orders", "fresh", 1_000);
    await clock.advance(50);

    expect(process).toHaveBeenLastCalledWith("orders", "failed+fresh");
  });

  it("merges what waits onto a task given back, the earlier due instant holds", async () => {
    const { clock, engine, process } = startEngine();
    engine.add("orders", "fresh", 1_000);
    engine.retry("orders", "failed", 5_000);
    await clock.advance(1_000);
    expect(process).toHaveBeenCalledExactlyOnceWith("orders", "failed+fresh");

    engine.add("users", "fresh", 1_000);
    engine.retry("users", "failed", 100);
    await clock.advance(100);
    expect(process).toHaveBeenLastCalledWith("users", "failed+fresh");

    engine.retry("carts", "failed", 100);
    await clock.advance(100);
    expect(process).toHaveBeenLastCalledWith("carts", "failed");
  });
});

describe("DelayTaskEngine, limits", () => {
  it("refuses a new key when full, and still merges known ones", () => {
    const { engine } = makeEngine({ tasksMax: 1 });
    engine.add("orders", "v1", 1_000);
    engine.add("orders", "v2", 1_000);
    engine.retry("orders", "v0", 1_000);

    expect(() => engine.add("users", "v1", 1_000)).toThrow(queueFull);
    expect(() => engine.retry("users", "v1", 1_000)).toThrow(queueFull);
    expect(engine.size).toBe(1);
  });

  it("keeps room for the task in hand, so that a retry is never lost", async () => {
    const { clock, engine, process } = startEngine({ tasksMax: 1 });
    process.mockImplementationOnce(() => {
      expect(() => engine.add("users", "v1", 10)).toThrow(queueFull);
      engine.add("orders", "v2", 10);
      return 10;
    });
    engine.add("orders", "v1", 10);
    await clock.advance(20);

    expect(process).toHaveBeenLastCalledWith("orders", "v1+v2");
  });

  it("processes at most `batchMax` tasks per turn, and the rest without further delay", () => {
    const { clock, engine, process, schedule } = startEngine({ batchMax: 10 });
    for (let index = 0; index < 25; index++) engine.add(`service-${index}`, "v1", 50);
    clock.stall(50);
    const counts = [];
    for (let turn = 0; turn < 3; turn++) {
      schedule.mock.lastCall?.[1]();
      counts.push(process.mock.calls.length);
    }

    expect(counts).toEqual([10, 20, 25]);
    expect(schedule.mock.calls.map(([delayMs]) => delayMs)).toEqual([50, 0, 0]);
  });

  it("schedules one call for 100,000 tasks with the same delay, then one per batch", async () => {
    const { clock, engine, process, schedule } = startEngine({ batchMax: 1_000 });
    const nowMs = vi.spyOn(clock, "nowMs");
    for (let index = 0; index < 100_000; index++) engine.add(`service-${index}`, "v1", 1_000);
    expect(schedule).toHaveBeenCalledOnce();

    nowMs.mockClear();
    await clock.advance(999);
    expect(nowMs).not.toHaveBeenCalled();

    await clock.advance(1);
    expect(process).toHaveBeenCalledTimes(100_000);
    expect(schedule).toHaveBeenCalledTimes(100);
  });

  it("rejects a delay that is not one", () => {
    const { engine } = makeEngine();

    expect(() => engine.add("orders", "v1", -1)).toThrow("a delay is a number");
    expect(() => engine.add("orders", "v1", Number.NaN)).toThrow("a delay is a number");
    expect(engine.size).toBe(0);
  });
});

describe("DelayTaskEngine, starting and stopping", () => {
  it("keeps tasks for the next start", async () => {
    const { clock, engine, process } = startEngine();
    engine.add("orders", "v1", 10);
    engine.stop();
    engine.stop();
    engine.add("users", "v1", 1_000);
    await clock.advance(500);
    expect(process).not.toHaveBeenCalled();
    expect(engine.size).toBe(2);

    engine.start();
    expect(() => engine.start()).toThrow("already started");
    await clock.advance(0);
    expect(process).toHaveBeenCalledExactlyOnceWith("orders", "v1");
    await clock.advance(500);
    expect(process).toHaveBeenLastCalledWith("users", "v1");
  });

  it("processes nothing more when stopped by the processor", async () => {
    const { clock, engine, process } = startEngine();
    process.mockImplementation(() => engine.stop());
    engine.add("orders", "v1", 10);
    engine.add("users", "v1", 10);
    await clock.advance(100);

    expect(process).toHaveBeenCalledOnce();
    expect(engine.size).toBe(1);
  });

  it("has one scheduled call at most, though ever earlier tasks come", async () => {
    const { clock, engine } = startEngine();
    const delays = Array.from({ length: 100 }, (_, index) => 100 - index);
    for (const delayMs of delays) engine.add(`due in ${delayMs}`, "v1", delayMs);
    for (const delayMs of delays) engine.remove(`due in ${delayMs}`);
    const nowMs = vi.spyOn(clock, "nowMs");
    await clock.advance(100);

    expect(nowMs).toHaveBeenCalledOnce();
  });

  it("drops a task that is removed", async () => {
    const { clock, engine, process } = startEngine();
    for (const key of ["a", "b", "c", "d", "e"]) engine.add(key, "v1", 10);

    expect(engine.remove("a")).toBe(true);
    expect(engine.remove("c")).toBe(true);
    expect(engine.remove("c")).toBe(false);
    await clock.advance(10);
    expect(process.mock.calls.map(([key]) => key)).toEqual(["b", "d", "e"]);
  });

  it("flushes what waits, in the order of the due instants, though stopped", () => {
    const { engine, process } = makeEngine();
    engine.add("late", "v1", 1_000);
    engine.add("early", "v1", 10);
    engine.add("early too", "v1", 10);
    engine.flush();

    expect(process.mock.calls.map(([key]) => key)).toEqual(["early", "early too", "late"]);
    expect(engine.size).toBe(0);
  });

  it("tries each task once in a flush", () => {
    const { engine, process } = makeEngine();
    process.mockImplementation((key) => {
      if (key === "orders") return 0;
      engine.add("added meanwhile", "v1", 0);
      return fail();
    });
    engine.add("orders", "v1", 10);
    engine.add("users", "v1", 20);
    engine.flush();

    expect(process).toHaveBeenCalledTimes(2);
    expect(engine.size).toBe(3);
  });

  it("leaves out of a flush what was removed meanwhile", () => {
    const { engine, process } = makeEngine();
    process.mockImplementation(() => void engine.remove("users"));
    engine.add("orders", "v1", 10);
    engine.add("users", "v1", 20);
    engine.flush();

    expect(process).toHaveBeenCalledExactlyOnceWith("orders", "v1");
  });
});

describe("DelayTaskEngine, totals", () => {
  it("counts what became of the tasks", async () => {
    const { clock, engine, process } = startEngine({ tasksMax: 2 });
    process.mockReturnValueOnce(10).mockImplementationOnce(fail);
    engine.add("orders", "v1", 10);
    engine.add("orders", "v2", 10);
    engine.add("users", "v1", 15);
    expect(() => engine.add("carts", "v1", 10)).toThrow(queueFull);
    await clock.advance(1_000);

    expect(engine).toMatchObject({
      addedCount: 3,
      mergedCount: 1,
      retriedCount: 1,
      failedCount: 1,
      processedCount: 2,
      refusedCount: 1,
    });
  });
});
