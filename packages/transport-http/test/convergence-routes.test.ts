import { type ConvergenceAnswer, convergenceRoutes } from "@nacre/transport-http";
import { describe, expect, it } from "vitest";
import { ask, startApi } from "./start-api.ts";

const answer: ConvergenceAnswer = {
  self: "10.0.0.1:8848",
  state: "STARTING",
  version: "1.2.3",
  isReady: false,
  reason: "asking the peers",
  contextPath: "/nacos",
  pendingHandOvers: 0,
  peers: [
    {
      address: "10.0.0.2:8848",
      kind: "nacre",
      version: null,
      wire: null,
      state: "UP",
      isReady: true,
      failAccessCnt: 0,
      lastSyncMs: null,
      lastAgreedMs: 1_200,
      differing: { count: 1, sinceMs: 300, rounds: 1, sample: ["a key"] },
      queued: 2,
      inFlight: true,
      isIll: false,
      forward: { pending: 0, isOpen: false, answered: 3, failed: 0 },
    },
  ],
};

describe("GET /nacre/v1/convergence", () => {
  it("tells what the view knows at that moment, also while the member does not serve", () => {
    let readCount = 0;
    const view = {
      convergence: () => {
        readCount++;
        return answer;
      },
    };
    const { api } = startApi({ status: () => "STARTING", more: convergenceRoutes({ view }) });
    expect(readCount).toBe(0);
    const { status, contentType, body } = ask(api, "GET", "/nacre/v1/convergence");
    expect({ status, contentType }).toEqual({
      status: 200,
      contentType: "application/json;charset=UTF-8",
    });
    expect(JSON.parse(body)).toEqual(answer);
    ask(api, "GET", "/nacre/v1/convergence");
    expect(readCount).toBe(2);
  });

  it("is not there where nobody can tell", () => {
    const { api } = startApi();
    expect(ask(api, "GET", "/nacre/v1/convergence").status).toBe(404);
  });
});
