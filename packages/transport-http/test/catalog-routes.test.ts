import { describe, expect, it } from "vitest";
import { ask, startApi } from "./start-api.ts";

const NS = "/nacos/v1/ns";

function start(...names: readonly string[]) {
  const { api } = startApi();
  for (const name of names) ask(api, "POST", `${NS}/service?serviceName=${name}`);
  return (query: string) => ask(api, "GET", `${NS}/catalog/${query}`);
}

function namesIn(body: string): readonly string[] {
  return [...body.matchAll(/"serviceName":"([^"]*)"/g)].map(([, name = ""]) => name);
}

describe("GET /catalog/services with instances", () => {
  const shown = (query: string) => {
    const get = start("a", "b", "c");
    return namesIn(get(`services?withInstances=true&${query}`).body);
  };

  it("counts pages from zero", () => {
    expect(shown("pageNo=0&pageSize=2")).toEqual(["a", "b"]);
    expect(shown("pageNo=1&pageSize=2")).toEqual(["c"]);
    expect(shown("pageNo=2&pageSize=2")).toEqual([]);
  });

  it("shows all on a page that could hold all, whatever its number", () => {
    expect(shown("pageNo=7&pageSize=3")).toEqual(["a", "b", "c"]);
  });

  it("shows one at least", () => {
    expect(shown("pageNo=0&pageSize=0")).toEqual(["a"]);
    expect(shown("pageNo=0&pageSize=-1")).toEqual(["a"]);
  });

  it("reads `hasIpCount` and does not use it", () => {
    expect(shown("pageNo=0&pageSize=9&hasIpCount=true")).toEqual(["a", "b", "c"]);
    const query = "services?withInstances=true&pageNo=0&pageSize=9&hasIpCount=2";
    expect(start("a")(query).status).toBe(500);
  });
});

describe("GET /catalog/services", () => {
  it("reads one number where several are given", () => {
    expect(start("a", "b")("services?pageNo=1&pageNo=2&pageSize=1").body).toContain('"count":2');
  });

  it("reads no pattern where there are no services", () => {
    const query = "services?pageNo=1&pageSize=9&serviceNameParam=(";
    expect(start()(query).body).toBe('{"serviceList":[],"count":0}');
    expect(start("a")(query).status).toBe(400);
  });

  it("takes blanks for no address", () => {
    expect(start("a")("services?pageNo=1&pageSize=9&instance=%20").body).toContain('"count":1');
  });
});

describe("GET /catalog/service", () => {
  it("fails without a text when no service is named and there are some", () => {
    expect(start()("service").body).toBe("caused: service null is not found!;");
    expect(start("a")("service")).toMatchObject({ status: 500, body: "" });
  });
});
