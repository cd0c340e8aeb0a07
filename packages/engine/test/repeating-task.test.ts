import { ManualClock, RecordingLogger } from "@nacre/core/testing";
import { RepeatingTask, type RepeatingTaskOptions } from "@nacre/engine";
import { describe, expect, it, vi } from "vitest";

function startTask(options: Partial<RepeatingTaskOptions> = {}, random?: () => number) {
  const clock = new ManualClock();
  const logger = new RecordingLogger();
  const instants: number[] = [];
  const dependencies = random === undefined ? { clock, logger } : { clock, logger, random };
  const task = new RepeatingTask(dependencies, {
    name: "verify",
    intervalMs: 5_000,
    run: () => void instants.push(clock.nowMs()),
    ...options,
  });
  task.start();
  return { clock, instants, logger, task };
}

describe("RepeatingTask", () => {
  it("runs every interval, the first time after one", async () => {
    const { clock, instants, task } = startTask();
    await clock.advance(15_000);

    expect(instants).toEqual([5_000, 10_000, 15_000]);
    expect(task).toMatchObject({ name: "verify", intervalMs: 5_000, runs: 3, failures: 0 });
  });

  it("runs the first time after the initial delay", async () => {
    const { clock, instants } = startTask({ initialDelayMs: 0 });
    await clock.advance(5_000);

    expect(instants).toEqual([0, 5_000]);
  });

  it("counts the interval from the end of the previous run, so that runs never overlap", async () => {
    const instants: number[] = [];
    const { clock, task } = startTask({
      run: async () => {
        instants.push(clock.nowMs());
        await new Promise<void>((resolve) => clock.schedule(12_000, resolve));
      },
    });
    expect(task.lastRunMs).toBeUndefined();
    await clock.advance(40_000);

    expect(instants).toEqual([5_000, 22_000, 39_000]);
    expect(task).toMatchObject({ runs: 2, lastRunMs: 12_000 });
  });

  it.each([
    [
      "throws",
      (): void => {
        throw new Error("no peers");
      },
    ],
    ["rejects", () => Promise.reject(new Error("no peers"))],
  ])("logs a run that %s, and runs again", async (_how, run) => {
    const { clock, logger, task } = startTask({ run });
    await clock.advance(10_000);

    const fields = { err: new Error("no peers"), job: "verify" };
    const line = { level: "warn", message: "periodic job failed, it will run again", fields };
    expect(logger.lines).toEqual([line, line]);
    expect(task).toMatchObject({ runs: 2, failures: 2, lastRunMs: 0 });
  });

  it("makes each wait shorter or longer by up to the jitter ratio", async () => {
    const random = vi.fn<() => number>().mockReturnValue(0.5);
    random.mockReturnValueOnce(0).mockReturnValueOnce(0.75);
    const { clock, instants } = startTask({ intervalMs: 1_000, jitterRatio: 0.2 }, random);
    await clock.advance(3_000);

    expect(instants).toEqual([800, 1_900, 2_900]);
  });

  it("wants random numbers when there is to be jitter", () => {
    expect(() => startTask({ jitterRatio: 0.2 })).toThrow("needs a source of random numbers");
  });

  it.each([{ intervalMs: 0 }, { initialDelayMs: -1 }, { intervalMs: 2 ** 31 }])(
    "rejects %o",
    (options) => {
      expect(() => startTask(options)).toThrow(expect.objectContaining({ name: "AssertionError" }));
    },
  );
});

describe("RepeatingTask, stopping", () => {
  it("runs no more after it is stopped", async () => {
    const { clock, instants, task } = startTask();
    await clock.advance(5_000);
    await task.stop();
    await task.stop();
    await clock.advance(50_000);

    expect(instants).toEqual([5_000]);
  });

  it("waits for the run under way", async () => {
    const { clock, task } = startTask({
      run: () => new Promise<void>((resolve) => clock.schedule(100, resolve)),
    });
    await clock.advance(5_000);
    const stopped = vi.fn<() => void>();
    void task.stop().then(stopped);

    await clock.advance(99);
    expect(stopped).not.toHaveBeenCalled();
    expect(() => task.start()).toThrow("still stopping");
    await clock.advance(1);
    expect(stopped).toHaveBeenCalledOnce();
    await clock.advance(50_000);
    expect(task.runs).toBe(1);
  });

  it("may be stopped by its own run, but not started again before that has ended", async () => {
    const { clock, task } = startTask({
      run: () => {
        void task.stop();
        task.start();
      },
    });
    await clock.advance(50_000);

    expect(task).toMatchObject({ runs: 1, failures: 1 });
  });

  it("starts again after a stop", async () => {
    const { clock, instants, task } = startTask();
    await clock.advance(5_000);
    await task.stop();
    await clock.advance(1_000);
    task.start();
    await clock.advance(5_000);

    expect(instants).toEqual([5_000, 11_000]);
    expect(() => task.start()).toThrow("already started");
  });
});
