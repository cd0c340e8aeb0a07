import { PrometheusMeter } from "@nacre/server";
import { describe, expect, it } from "vitest";

async function linesOf(meter: PrometheusMeter, prefix: string): Promise<readonly string[]> {
  return (await meter.text()).split("\n").filter((line) => line.startsWith(prefix));
}

describe("PrometheusMeter", () => {
  it("reads values at each scrape, and never adds them up", async () => {
    const meter = new PrometheusMeter();
    let count = 5;
    meter.counter("seen_total", "Seen.", () => count);
    meter.gauge("level", "Level.", () => -count);
    expect(await linesOf(meter, "seen_total")).toEqual(["seen_total 5"]);
    expect(await linesOf(meter, "level")).toEqual(["level -5"]);
    count = 7;
    expect(await linesOf(meter, "seen_total")).toEqual(["seen_total 7"]);
    expect(await linesOf(meter, "level")).toEqual(["level -7"]);
  });

  it("shows one line per set of labels, and only those there are now", async () => {
    const meter = new PrometheusMeter();
    let jobs = ["a", "b"];
    meter.counter("runs_total", "Runs.", () => jobs.map((job) => ({ labels: { job }, value: 1 })));
    expect(await linesOf(meter, "runs_total")).toEqual([
      'runs_total{job="a"} 1',
      'runs_total{job="b"} 1',
    ]);
    jobs = ["b"];
    expect(await linesOf(meter, "runs_total")).toEqual(['runs_total{job="b"} 1']);
  });

  it("shows samples that come after the first scrape, when it knows their labels", async () => {
    const meter = new PrometheusMeter();
    let peers: string[] = [];
    const read = () => peers.map((peer) => ({ labels: { peer }, value: 1 }));
    meter.gauge("up", "Up.", read, ["peer"]);
    expect(await linesOf(meter, "up")).toEqual([]);
    peers = ["a"];
    expect(await linesOf(meter, "up")).toEqual(['up{peer="a"} 1']);
  });

  it("reads nothing until somebody asks", () => {
    const meter = new PrometheusMeter();
    meter.gauge("untouched", "Untouched.", () => {
      throw new Error("read too early");
    });
    expect(meter.definitions.map(({ name, type }) => [name, type])).toEqual([
      ["untouched", "gauge"],
    ]);
  });

  it("keeps two meters apart", async () => {
    const [one, other] = [new PrometheusMeter(), new PrometheusMeter()];
    one.gauge("level", "Level.", () => 1);
    other.gauge("level", "Level.", () => 2);
    expect(await linesOf(one, "level")).toEqual(["level 1"]);
    expect(await linesOf(other, "level")).toEqual(["level 2"]);
  });
});
