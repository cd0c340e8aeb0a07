import { ManualClock, RecordingLogger } from "@nacre/core/testing";
import { ExecuteTaskEngine, type ExecuteTaskEngineOptions } from "@nacre/engine";
import { describe, expect, it, vi } from "vitest";

function startEngine(options: ExecuteTaskEngineOptions = {}) {
  const clock = new ManualClock();
  const logger = new RecordingLogger();
  const engine = new ExecuteTaskEngine({ clock, logger }, options);
  const events: string[] = [];
  /** A task that takes `durationMs` and notes when it starts and ends. */
  const task = (name: string, durationMs: number) => async () => {
    events.push(`${name} starts`);
    await new Promise<void>((resolve) => clock.schedule(durationMs, resolve));
    events.push(`${name} ends`);
  };
  return { clock, engine, events, logger, task };
}

const queueFull = expect.objectContaining({ code: "QUEUE_FULL" });

describe("ExecuteTaskEngine", () => {
  it("runs tasks with the same key one at a time, in order", async () => {
    const { clock, engine, events, task } = startEngine();
    engine.run("peer", task("first", 30));
    engine.run("peer", task("second", 10));
    engine.run("peer", () => void events.push("third"));
    await clock.advance(100);

    expect(events).toEqual(["first starts", "first ends", "second starts", "second ends", "third"]);
  });

  it("runs tasks with different keys side by side", async () => {
    const { clock, engine, events, task } = startEngine();
    engine.run("peer 1", task("first", 30));
    engine.run("peer 2", task("second", 10));
    await clock.advance(100);

    expect(events).toEqual(["first starts", "second starts", "second ends", "first ends"]);
  });

  it("runs no more tasks at once than it has workers", async () => {
    const { clock, engine, events, task } = startEngine({ workers: 2 });
    for (const name of ["a", "b", "c"]) engine.run(name, task(name, 10));
    await clock.advance(9);
    expect(events).toEqual(["a starts", "b starts"]);
    expect(engine).toMatchObject({ running: 2, size: 1 });

    await clock.advance(1);
    expect(events).toContain("c starts");
    await clock.advance(10);
    expect(engine).toMatchObject({ running: 0, size: 0 });
  });

  it("lets keys take turns, so that one with many tasks does not starve the others", async () => {
    const { clock, engine, task, events } = startEngine({ workers: 1 });
    for (let index = 1; index <= 100; index++) engine.run("busy", task(`busy ${index}`, 10));
    engine.run("calm", task("calm", 10));
    engine.run("quiet", task("quiet", 10));
    await clock.advance(35);

    const starts = events.filter((event) => event.endsWith("starts"));
    expect(starts).toEqual(["busy 1 starts", "calm starts", "quiet starts", "busy 2 starts"]);
  });

  it("gives a busy key one worker only", async () => {
    const { clock, engine, task } = startEngine({ workers: 4 });
    for (let index = 0; index < 10; index++) engine.run("busy", task("busy", 10));
    await clock.advance(5);

    expect(engine).toMatchObject({ running: 1, size: 9 });
  });

  it("does not run a task before the call returns", async () => {
    const { clock, engine } = startEngine();
    const task = vi.fn<() => void>();
    engine.run("peer", task);
    expect(task).not.toHaveBeenCalled();

    await clock.advance(0);
    expect(task).toHaveBeenCalledOnce();
  });

  it("lets a task add others, under its own key too", async () => {
    const { clock, engine, events, task } = startEngine({ workers: 1 });
    engine.run("peer", () => engine.run("peer", task("child", 10)));
    await clock.advance(20);

    expect(events).toEqual(["child starts", "child ends"]);
  });

  it.each([
    [
      "throws",
      (): void => {
        throw new Error("peer is gone");
      },
    ],
    ["rejects", () => Promise.reject(new Error("peer is gone"))],
  ])("logs a task that %s, and goes on", async (_how, task) => {
    const { clock, engine, events, logger } = startEngine();
    engine.run("peer", task);
    engine.run("peer", () => void events.push("next"));
    await clock.advance(0);

    const fields = { err: new Error("peer is gone"), key: "peer" };
    expect(logger.lines).toEqual([{ level: "error", message: "task failed", fields }]);
    expect(events).toEqual(["next"]);
    expect(engine).toMatchObject({ failedCount: 1, processedCount: 1 });
  });
});

describe("ExecuteTaskEngine, slow tasks", () => {
  it("reports a slow task once, while it runs", async () => {
    const { clock, engine, logger, task } = startEngine({ slowTaskMs: 1_000 });
    engine.run("peer", task("slow", 5_000));
    await clock.advance(999);
    expect(logger.lines).toEqual([]);

    await clock.advance(9_000);
    const fields = { key: "peer", elapsedMs: 1_000, slowTaskMs: 1_000 };
    expect(logger.lines).toEqual([{ level: "warn", message: "task is slow", fields }]);
    expect(engine.slowCount).toBe(1);
  });

  it("reports a task that blocked the event loop", async () => {
    const { clock, engine, logger } = startEngine();
    engine.run("peer", () => clock.stall(3_000));
    await clock.advance(0);

    expect(logger.lines).toMatchObject([{ level: "warn", fields: { elapsedMs: 3_000 } }]);
  });

  it("says nothing about a quick one", async () => {
    const { clock, engine, logger, task } = startEngine();
    engine.run("peer", task("quick", 999));
    await clock.advance(10_000);

    expect(logger.lines).toEqual([]);
  });
});

describe("ExecuteTaskEngine, limits", () => {
  it("refuses a task when `tasksMax` wait or run", async () => {
    const { clock, engine, task } = startEngine({ workers: 1, tasksMax: 2 });
    engine.run("peer 1", task("first", 10));
    engine.run("peer 2", task("second", 10));
    expect(() => engine.run("peer 3", task("third", 10))).toThrow(queueFull);

    await clock.advance(10);
    engine.run("peer 3", task("third", 10));
    expect(engine).toMatchObject({ addedCount: 3, refusedCount: 1 });
  });

  it("refuses a task when `tasksPerKeyMax` wait or run under its key", async () => {
    const { clock, engine, task } = startEngine({ tasksPerKeyMax: 2 });
    engine.run("peer 1", task("first", 10));
    engine.run("peer 1", task("second", 10));
    expect(() => engine.run("peer 1", task("third", 10))).toThrow(queueFull);
    engine.run("peer 2", task("other", 10));

    await clock.advance(10);
    engine.run("peer 1", task("third", 10));
    expect(engine).toMatchObject({ addedCount: 4, refusedCount: 1 });
  });

  it("runs 100,000 tasks in order", async () => {
    const { clock, engine } = startEngine({ tasksMax: 100_000, tasksPerKeyMax: 100_000 });
    const ran: number[] = [];
    for (let index = 0; index < 100_000; index++) engine.run("peer", () => void ran.push(index));
    await clock.advance(0);

    expect(ran).toEqual(Array.from({ length: 100_000 }, (_, index) => index));
  });
});

describe("ExecuteTaskEngine, stopping", () => {
  it("drops waiting tasks and waits for running ones", async () => {
    const { clock, engine, events, task } = startEngine();
    const stopped = vi.fn<() => void>();
    engine.run("peer", task("running", 10));
    engine.run("peer", task("waiting", 10));
    void engine.stop().then(stopped);
    expect(engine).toMatchObject({ running: 1, size: 0, droppedCount: 1 });

    await clock.advance(9);
    expect(stopped).not.toHaveBeenCalled();
    await clock.advance(1);
    expect(stopped).toHaveBeenCalledOnce();
    await clock.advance(100);
    expect(events).toEqual(["running starts", "running ends"]);
  });

  it("drops the tasks of keys whose turn has not come", async () => {
    const { clock, engine, events, task } = startEngine({ workers: 1 });
    engine.run("peer 1", task("running", 10));
    engine.run("peer 2", task("waiting", 10));
    void engine.stop();
    await clock.advance(100);

    expect(events).toEqual(["running starts", "running ends"]);
  });

  it("refuses new tasks, from running ones too", async () => {
    const { clock, engine } = startEngine();
    engine.run("peer", async () => {
      await new Promise<void>((resolve) => clock.schedule(10, resolve));
      engine.run("peer", () => undefined);
    });
    await clock.advance(5);
    const stopped = engine.stop();
    expect(() => engine.run("peer", () => undefined)).toThrow(queueFull);
    await clock.advance(5);
    await stopped;

    expect(engine).toMatchObject({ addedCount: 1, failedCount: 1, refusedCount: 2 });
  });

  it("may be stopped again, and at rest", async () => {
    const { engine } = startEngine();
    await engine.stop();
    await engine.stop();

    expect(engine.droppedCount).toBe(0);
  });

  it("drains: waits for all tasks, those added meanwhile too", async () => {
    const { clock, engine, events, task } = startEngine({ workers: 1 });
    engine.run("peer 1", task("first", 10));
    engine.run("peer 2", task("second", 10));
    void engine.drain().then(() => events.push("drained"));
    await clock.advance(15);
    engine.run("peer 1", task("third", 10));
    await clock.advance(100);

    expect(events.slice(-2)).toEqual(["third ends", "drained"]);
    await engine.drain();
  });

  it("ends a drain when it is stopped", async () => {
    const { clock, engine, events, task } = startEngine();
    engine.run("peer", task("running", 10));
    engine.run("peer", task("waiting", 10));
    void engine.drain().then(() => events.push("drained"));
    void engine.stop();
    await clock.advance(10);

    expect(events).toEqual(["running starts", "running ends", "drained"]);
  });
});
