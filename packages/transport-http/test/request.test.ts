import { NacreError } from "@nacre/core";
import { describe, expect, it, vi } from "vitest";
// Not exported: endpoints alone read values.
import { doubleOf, intOf, intOrZero, isAffirmative, isTrue } from "../src/request.ts";
import { requestOf } from "./start-api.ts";

function withQuery(query: string) {
  return requestOf("GET", `/x?${query}`);
}

/** The failure of `read`, as clients see it. */
function failureOf(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof NacreError) return `${error.status} ${error.message}`;
    throw error;
  }
  return "none";
}

describe("a request", () => {
  it("has headers, of several with one name the first", () => {
    const request = requestOf("GET", "/x", { headers: { "x-a": "1", "set-cookie": ["b", "c"] } });
    expect([request.header("x-a"), request.header("set-cookie")]).toEqual(["1", "b"]);
    expect(request.header("x-b")).toBeUndefined();
  });

  it.each([
    ["Nacos-Server:1.4.1", true],
    ["x Nacos-Server", true],
    ["Nacos-Java-Client:v1.4.1", false],
  ])("comes from a server when its agent says so: %s", (agentText, isFromServer) => {
    expect(requestOf("GET", "/x", { agentText }).isFromServer).toBe(isFromServer);
  });

  it("is by whom it came from, or by the client whose write it is", () => {
    const request = requestOf("PUT", "/x", { agentText: "Nacos-Server:1.4.1" });
    expect(request.about("a@@b")).toMatchObject({ by: "10.0.0.9", acceptedAs: undefined });
    const client = { address: "1.2.3.4", agentText: "Nacos-Go-Client:v1.0.0" };
    request.origin = { acceptedAs: 7, client };
    expect(request.about("a@@b")).toMatchObject({ by: "1.2.3.4", acceptedAs: 7 });
    expect(request.agent.type).toBe("GO");
  });
});

describe("the grouped name", () => {
  it.each([
    ["serviceName=foo", "DEFAULT_GROUP@@foo"],
    ["serviceName=foo&groupName=g", "g@@foo"],
    ["serviceName=a@@b&groupName=c", "a@@b"],
    ["serviceName=@@b", "@@b"],
    ["dom=foo", "DEFAULT_GROUP@@foo"],
    ["serviceName=+&dom=foo", "DEFAULT_GROUP@@foo"],
    ["serviceName=foo&dom=bar", "DEFAULT_GROUP@@foo"],
    ["serviceName=+foo+", "DEFAULT_GROUP@@foo"],
    ["serviceName=foo&groupName=", "DEFAULT_GROUP@@foo"],
    ["serviceName=foo&groupName=+", "DEFAULT_GROUP@@foo"],
    ["serviceName=foo&groupName=g+", "g @@foo"],
    ["groupName=g", undefined],
    ["serviceName=", ""],
    ["serviceName=+", " "],
    ["dom=+", " "],
    ["serviceName=foo&serviceName=bar", "DEFAULT_GROUP@@bar"],
    ["serviceName=s&groupName=foo&groupName=bar", "bar@@s"],
  ])("of %j is %j", (query, name) => {
    expect(withQuery(query).groupedName).toBe(name);
  });

  it("is trimmed as a whole where it is required", () => {
    expect(withQuery("serviceName=foo&groupName=+g").serviceName()).toBe("g@@foo");
  });

  it.each(["serviceName=foo", "serviceName=@@b", "serviceName=a@@b@@c"])(
    "is legal: %s",
    (query) => {
      expect(failureOf(() => withQuery(query).serviceName())).toBe("none");
    },
  );

  it.each(["serviceName=@@", "serviceName=grp@@", "serviceName=+", "serviceName=g@@@@"])(
    "lacks a part: %s",
    (query) => {
      expect(failureOf(() => withQuery(query).serviceName())).toBe(
        "400 Param 'serviceName' is illegal, it should be format as 'groupName@@serviceName'",
      );
    },
  );

  it("is required", () => {
    const missing = "400 Param 'serviceName' is required.";
    expect(failureOf(() => withQuery("").serviceName())).toBe(missing);
    expect(failureOf(() => withQuery("serviceName=").serviceName())).toBe(missing);
    expect(failureOf(() => withQuery("").requiredServiceName())).toBe(missing);
  });
});

describe("required", () => {
  it("trims, and takes blanks for a value", () => {
    expect(withQuery("k=+v+").required("k")).toBe("v");
    expect(withQuery("k=+").required("k")).toBe("");
  });

  it.each(["", "k=", "K=v"])("complains without a value: %j", (query) => {
    expect(failureOf(() => withQuery(query).required("k"))).toBe("400 Param 'k' is required.");
  });
});

describe("optional", () => {
  it.each(["", "k=", "k=+", "k=%00%09"])("falls back without a value: %j", (query) => {
    expect(withQuery(query).optional("k", "d")).toBe("d");
  });

  it("trims", () => {
    expect(withQuery("k=%09v%20").optional("k", "d")).toBe("v");
  });

  it("reads the one value that Nacos reads of several", () => {
    expect(withQuery("k=foo&k=bar").optional("k", "d")).toBe("bar");
  });
});

describe("a request with an encoding", () => {
  it("has its bytes read again", () => {
    const query = "k=%e6%9c%8d&encoding=";
    expect(withQuery(`${query}UTF-8`).required("k")).toBe("服");
    expect(withQuery(`${query}ISO-8859-1`).required("k")).toBe("æ\u009c\u008d");
    expect(withQuery(`${query}GBK`).optional("k", "d")).not.toBe("服");
  });

  it("has a mark for each byte that is no ASCII", () => {
    expect(withQuery("k=a%e6%9c%8db&encoding=US-ASCII").required("k")).toBe("a\ufffd\ufffd\ufffdb");
  });

  it.each(["nonsense", "__proto__", "%00", "+"])("is read as it stands with %s", (encoding) => {
    expect(withQuery(`k=%e6%9c%8d&encoding=${encoding}`).required("k")).toBe("服");
  });
});

describe("a bound text", () => {
  it("is not trimmed, and has all values", () => {
    expect(withQuery("k=+v").bound("k")).toBe(" v");
    expect(withQuery("k=foo&k=bar&k=foo").bound("k")).toBe("bar,foo");
    expect(withQuery("k=").bound("k")).toBe("");
    expect(withQuery("serviceName=foo").bound("serviceName")).toBe("DEFAULT_GROUP@@foo");
  });

  it("is missed with 500", () => {
    const message = "500 Required String parameter 'k' is not present";
    expect(failureOf(() => withQuery("").bound("k"))).toBe(message);
  });

  it("falls back when empty, not when blank", () => {
    expect(withQuery("k=").boundOr("k", "d")).toBe("d");
    expect(withQuery("").boundOr("k", "d")).toBe("d");
    expect(withQuery("k=+").boundOr("k", "d")).toBe(" ");
  });
});

describe("a bound integer", () => {
  it.each([
    ["1", 1],
    ["-1", -1],
    ["%2B7", 7],
    ["+1+2+", 12],
    ["0x10", 16],
    ["0XfF", 255],
    ["%2310", 16],
    ["-0x1", -1],
    ["2147483647", 2147483647],
  ])("reads %s", (text, value) => {
    expect(withQuery(`k=${text}`).boundInt("k")).toBe(value);
  });

  it.each(["", "abc", "1.0", "2147483648", "0x80000000", "0x", "1e3"])("refuses %j", (text) => {
    const cause = `For input string: "${text}"`;
    expect(failureOf(() => withQuery(`k=${text}`).boundInt("k"))).toBe(
      "500 Failed to convert value of type 'java.lang.String' to required type 'int'; " +
        `nested exception is java.lang.NumberFormatException: ${cause}`,
    );
  });

  it("is the first of several, and complains without blanks", () => {
    expect(withQuery("k=2&k=1").boundInt("k")).toBe(1);
    expect(failureOf(() => withQuery("k=+a+b").boundInt("k"))).toMatch(/For input string: "ab"$/);
  });

  it("is missed with 500", () => {
    expect(failureOf(() => withQuery("").boundInt("k"))).toBe(
      "500 Required int parameter 'k' is not present",
    );
  });
});

describe("a bound boolean", () => {
  it.each(["true", "ON", "yes", "1", "+True+"])("is true for %s", (text) => {
    expect(withQuery(`k=${text}`).boundBooleanOr("k", false)).toBe(true);
  });

  it.each(["false", "OFF", "no", "0"])("is false for %s", (text) => {
    expect(withQuery(`k=${text}`).boundBooleanOr("k", true)).toBe(false);
  });

  it("falls back when absent or empty", () => {
    expect(withQuery("").boundBooleanOr("k", true)).toBe(true);
    expect(withQuery("k=").boundBooleanOr("k", true)).toBe(true);
  });

  it.each(["y", "t", "2", "abc"])("refuses %s", (text) => {
    expect(failureOf(() => withQuery(`k=${text}`).boundBooleanOr("k", false))).toBe(
      "500 Failed to convert value of type 'java.lang.String' to required type 'boolean'; nested " +
        `exception is java.lang.IllegalArgumentException: Invalid boolean value [${text}]`,
    );
  });
});

describe("a bound float", () => {
  it.each([
    ["0.8", 0.8],
    ["1e3", 1000],
    ["1f", 1],
    ["NaN", Number.NaN],
    ["", 7],
  ])("reads %j", (text, value) => {
    expect(withQuery(`k=${text}`).boundFloatOr("k", 7)).toBe(value);
  });

  it("refuses anything else", () => {
    expect(failureOf(() => withQuery("k=abc").boundFloatOr("k", 7))).toMatch(
      /^500 .*'float'; .*NumberFormatException: For input string: "abc"$/,
    );
  });
});

describe("the value grammars", () => {
  it.each(["true", "ON", "Yes", "y", "T"])("%s means yes", (text) => {
    expect(isAffirmative(text)).toBe(true);
  });

  it.each(["1", "false", "", "truee", " true", "nope", "tr"])("%j means no", (text) => {
    expect(isAffirmative(text)).toBe(false);
  });

  it("isTrue takes `true` alone, in any letter case", () => {
    expect(["true", "TRUE", "tRuE"].every(isTrue)).toBe(true);
    expect(["yes", "1", "on", "", " true", "truE "].some(isTrue)).toBe(false);
  });

  it("intOf takes decimal digits with a sign, or says what Java says", () => {
    expect([intOf("80"), intOf("-1"), intOf("+5")]).toEqual([80, -1, 5]);
    expect(failureOf(() => intOf("0x10"))).toBe('400 For input string: "0x10"');
    expect(failureOf(() => intOf(""))).toBe('400 For input string: ""');
  });

  it("intOrZero takes anything else for 0", () => {
    expect(["12", "x", "", "2147483648"].map(intOrZero)).toEqual([12, 0, 0, 0]);
  });

  it("doubleOf takes Java's doubles, or says what Java says", () => {
    expect(["1", "1.5", "1e3", "1d", "0x1p3", "Infinity"].map(doubleOf)).toEqual([
      1,
      1.5,
      1000,
      1,
      8,
      Number.POSITIVE_INFINITY,
    ]);
    expect(doubleOf("NaN")).toBeNaN();
    expect(failureOf(() => doubleOf("1,5"))).toBe('400 For input string: "1,5"');
  });

  it.each([`${"1".repeat(400_000)}x`, `0x${"1".repeat(400_000)}x`, `${"9".repeat(400_000)}`])(
    "reads a long number in no time",
    (text) => {
      const begunMs = performance.now();
      failureOf(() => doubleOf(text));
      expect(performance.now() - begunMs).toBeLessThan(200);
    },
  );
});

describe("a request", () => {
  it("looks up its caller only when somebody asks", () => {
    const addressOf = vi.fn<() => string>(() => "10.0.0.9");
    const request = requestOf("GET", "/x", { addressOf });
    const about = request.about("g@@s");
    expect(about.namespaceId).toBe("public");
    expect(about.serviceName).toBe("g@@s");
    expect(addressOf).not.toHaveBeenCalled();

    expect(about.by).toBe("10.0.0.9");
    expect(request.address).toBe("10.0.0.9");
  });
});
