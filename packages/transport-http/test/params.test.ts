import { describe, expect, it } from "vitest";
// Not exported: the server alone makes them.
import { type OnMalformed, Params } from "../src/params.ts";

function paramsOf(query: string, onMalformed: OnMalformed = "drop", paramsMax = 100): Params {
  const params = new Params(paramsMax);
  params.parse(query, onMalformed);
  return params;
}

describe("Params", () => {
  it("reads names and values", () => {
    const params = paramsOf("ip=1.1.1.1&port=80&empty=&bare");
    expect(params.first("ip")).toBe("1.1.1.1");
    expect(params.first("port")).toBe("80");
    expect(params.first("empty")).toBe("");
    expect(params.first("bare")).toBe("");
    expect(params.first("absent")).toBeUndefined();
    expect(params.joined("absent")).toBeUndefined();
    expect(params.given("absent")).toBeUndefined();
  });

  it("lists them as they came, those with one name together", () => {
    expect([...paramsOf("a=1&b=2&a=3&c=%20").entries()]).toEqual([
      ["a", "1"],
      ["a", "3"],
      ["b", "2"],
      ["c", " "],
    ]);
  });

  it("tells letter cases of names apart", () => {
    expect(paramsOf("clientIp=a").first("clientIP")).toBeUndefined();
  });

  it("skips parts without a name", () => {
    expect(paramsOf("&&=x&=&a=1&").count).toBe(1);
  });

  it("splits at the first equals sign", () => {
    expect(paramsOf("metadata=a=b=c").first("metadata")).toBe("a=b=c");
  });

  it("decodes escapes, plus signs and UTF-8 in names and values", () => {
    const params = paramsOf("a+b%3d=c+d%26%e6%9C%8d&%C3%A4=%2B");
    expect(params.first("a b=")).toBe("c d&服");
    expect(params.first("ä")).toBe("+");
  });

  it("reads raw bytes beyond ASCII as UTF-8", () => {
    const raw = Buffer.from("metadata=k=服+ä", "utf8").toString("latin1");
    expect(paramsOf(raw).first("metadata")).toBe("k=服 ä");
  });

  it.each([
    ["%ff", "\ufffd"],
    ["a%c3", "a\ufffd"],
    ["%c3a", "\ufffda"],
    ["%e6%9c", "\ufffd"],
    ["%00", "\0"],
    ["%c3%28+%ff", "\ufffd( \ufffd"],
  ])("turns broken UTF-8 into the replacement character: %s", (value, read) => {
    expect(paramsOf(`v=${value}`).first("v")).toBe(read);
    expect(paramsOf(`v=${value}`, "keep").first("v")).toBe(read);
  });

  it.each(["%", "%z", "%zz", "a%4", "100%", "%e6%9c%8d%", "+%g1"])(
    "drops or keeps a parameter whose escapes make no sense: %s",
    (value) => {
      expect(paramsOf(`a=1&v=${value}&b=2`).first("v")).toBeUndefined();
      expect(paramsOf(`a=1&v=${value}&b=2`).count).toBe(2);
      const kept = value.replace("+", " ").replace("%e6%9c%8d", "服");
      expect(paramsOf(`a=1&v=${value}&b=2`, "keep").first("v")).toBe(kept);
    },
  );

  it("drops a parameter for its name too", () => {
    expect(paramsOf("%zz=1").count).toBe(0);
    expect(paramsOf("%zz=1", "keep").first("%zz")).toBe("1");
  });

  it("decodes what is proper beside what is not, and reads it as UTF-8", () => {
    expect(paramsOf("v=%e6%9c%8d%zz%20", "keep").first("v")).toBe("服%zz ");
  });

  it.each(["__proto__", "constructor", "toString", "hasOwnProperty", "prototype"])(
    "takes %s for a name like any other",
    (name) => {
      expect(new Params(10).first(name)).toBeUndefined();
      expect(new Params(10).given(name)).toBeUndefined();
      expect(new Params(10).joined(name)).toBeUndefined();
      expect(paramsOf(`${name}=x`).first(name)).toBe("x");
      expect(Object.prototype).not.toHaveProperty("x");
    },
  );

  it("keeps the value given first: query before body", () => {
    const params = paramsOf("v=foo");
    params.parse("v=bar", "keep");
    expect(params.given("v")).toBe("foo");
    expect(params.first("v")).toBe("bar");
    expect(params.joined("v")).toBe("bar,foo");
  });

  it("counts each of equal names", () => {
    expect(paramsOf("a=1&a=2&a=1&b=1").count).toBe(4);
  });

  it("ignores what comes after the limit", () => {
    const params = paramsOf("a=1&b=2&c=3", "drop", 2);
    expect(params.count).toBe(2);
    expect(params.first("c")).toBeUndefined();
    params.parse("d=4", "keep");
    params.add("e", "5");
    expect(params.count).toBe(2);
  });
});

describe("several values of one name", () => {
  const of = (...values: readonly string[]) =>
    paramsOf(values.map((value) => `v=${value}`).join("&"));

  it.each([
    [["a", "b"], "a", "a,b"],
    [["b", "a"], "a", "a,b"],
    [["foo", "bar"], "bar", "bar,foo"],
    [["8080", "9090"], "9090", "9090,8080"],
    [["9090", "8080"], "9090", "9090,8080"],
  ] as const)("come in the order of a Java hash set: %j", (values, first, joined) => {
    expect(of(...values).first("v")).toBe(first);
    expect(of(...values).joined("v")).toBe(joined);
  });

  it("come as given when they share a bucket", () => {
    expect(of("public", "dev").first("v")).toBe("public");
    expect(of("dev", "public").first("v")).toBe("dev");
  });

  it("count once when they are equal", () => {
    expect(of("x", "x", "x").joined("v")).toBe("x");
    expect(of("b", "a", "b").joined("v")).toBe("a,b");
  });

  it("are spread over more buckets from the 13th on", () => {
    const digits = [..."0123456789"];
    // Of 16 buckets "0" has the first, of 32 it has the 17th and "a" the second.
    expect(of(...digits, "a", "b").joined("v")).toBe("0,1,a,2,b,3,4,5,6,7,8,9");
    expect(of(...digits, "a", "b", "c").joined("v")).toBe("a,b,c,0,1,2,3,4,5,6,7,8,9");
    expect(of(...digits, "a", "b", "c", "c").first("v")).toBe("a");
  });
});
