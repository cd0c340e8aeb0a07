import { describe, expect, it } from "vitest";
// Not exported: endpoints alone read selectors.
import { parseSelector, parseServiceFilter } from "../src/selector-text.ts";

const UNKNOWN_TYPE = "No enum constant com.alibaba.nacos.api.selector.SelectorType.";

describe("parseSelector", () => {
  it.each(["", " ", '{"type":"none"}', "%7B%22type%22%3A%22none%22%7D", '{"type":"none","x":1}'])(
    "reads %j as none",
    (text) => {
      expect(parseSelector(text)).toEqual({ type: "none" });
    },
  );

  it("reads a label expression, decoded once more", () => {
    const expression = "CONSUMER.label.A = PROVIDER.label.A & CONSUMER.label.B=PROVIDER.label.B";
    const selector = { type: "label", expression, labels: ["A", "B"] };
    const text = JSON.stringify({ type: "label", expression });
    expect(parseSelector(text)).toEqual(selector);
    expect(parseSelector(encodeURIComponent(text))).toEqual(selector);
  });

  it("leaves a text with an improper escape as it is", () => {
    expect(() => parseSelector('{"type":"100%"}')).toThrow(`${UNKNOWN_TYPE}100%`);
  });

  it.each([
    ['{"type":"cmdb"}', "INVALID_PARAM", `${UNKNOWN_TYPE}cmdb`],
    ['{"type":"__proto__"}', "INVALID_PARAM", `${UNKNOWN_TYPE}__proto__`],
    ['{"type":"unknown"}', "INVALID_SELECTOR", "not match any type of selector!"],
    ['{"type":"label","expression":"x"}', "INVALID_SELECTOR", "parse expression failed!"],
    ["nonsense", "INVALID_SELECTOR", "errCode: 101, errMsg: Nacos deserialize failed.  "],
    ["{}", "UNREADABLE_PARAM", ""],
    ["[]", "UNREADABLE_PARAM", ""],
    ["null", "UNREADABLE_PARAM", ""],
    ['{"type":1}', "INVALID_PARAM", `${UNKNOWN_TYPE}1`],
    ['{"type":null}', "INVALID_PARAM", `${UNKNOWN_TYPE}null`],
    ['{"type":{}}', "INVALID_PARAM", UNKNOWN_TYPE],
    ['{"type":"label"}', "UNREADABLE_PARAM", ""],
    ['{"type":"label","expression":null}', "INVALID_SELECTOR", "parse expression failed!"],
  ])("refuses %s", (text, code, message) => {
    expect(() => parseSelector(text)).toThrow(expect.objectContaining({ code, message }));
  });

  it("says why a text is no JSON, in a second level", () => {
    expect(() => parseSelector("{")).toThrow(
      expect.objectContaining({ cause: expect.any(SyntaxError) as SyntaxError }),
    );
  });
});

describe("parseServiceFilter", () => {
  const service = (metadata: Record<string, string>, ...instances: Record<string, string>[]) => ({
    metadata,
    instances: [{ metadata: null }, ...instances.map((one) => ({ metadata: one }))],
  });
  const filterOf = (expression: string) =>
    parseServiceFilter(JSON.stringify({ type: "label", expression }));

  it("takes all services without a text, and of the types that filter nothing", () => {
    const types = ["none", "unknown"].map((type) => JSON.stringify({ type, expression: "" }));
    for (const text of ["", " ", ...types]) {
      expect(parseServiceFilter(text)(service({}))).toBe(true);
    }
  });

  it("compares metadata of a service, or of any of its instances", () => {
    const ofService = filterOf("SERVICE.metadata.k = 'v'");
    expect(ofService(service({ k: "v" }))).toBe(true);
    expect(ofService(service({ k: "w" }, { k: "v" }))).toBe(false);

    const ofInstances = filterOf(" INSTANCE . metadata . k='v'");
    expect(ofInstances(service({}, { k: "w" }, { k: "v" }))).toBe(true);
    expect(ofInstances(service({ k: "v" }))).toBe(false);
  });

  it("takes the key from behind the last dot, and all services for another prefix", () => {
    expect(filterOf("SERVICE.metadata.a.b=v")(service({ b: "v" }))).toBe(true);
    expect(filterOf("CLUSTER.metadata.k=v")(service({}))).toBe(true);
  });

  it("asks for a value only where it would compare one", () => {
    expect(filterOf(" ")(service({}))).toBe(true);
    expect(filterOf("nonsense")(service({}))).toBe(true);
  });

  it("drops empty parts at the end, as Java does", () => {
    expect(filterOf("SERVICE.k.=v=")(service({ k: "v" }))).toBe(true);
    expect(filterOf("SERVICE=v")(service({ SERVICE: "v" }))).toBe(true);
  });

  it("ignores what follows the object", () => {
    const text = `{"type":"label","expression":"SERVICE.k='v'"} and more`;
    expect(parseServiceFilter(text)(service({ k: "w" }))).toBe(false);
  });

  it("finds no value in what every object has", () => {
    expect(filterOf("SERVICE.metadata.constructor=x")(service({}))).toBe(false);
  });

  it.each([
    ['{"type":"label","expression":"SERVICE.k"}', "INVALID_SELECTOR", "1"],
    ['{"type":"label","expression":"INSTANCE.k="}', "INVALID_SELECTOR", "1"],
    ['{"type":"cmdb"}', "INVALID_PARAM", `${UNKNOWN_TYPE}cmdb`],
    ['{"type":"none"}', "UNREADABLE_PARAM", ""],
    ['{"expression":"a=b"}', "UNREADABLE_PARAM", ""],
    ['{"type":"cmdb","expression":"a=b"}', "INVALID_PARAM", `${UNKNOWN_TYPE}cmdb`],
    ["{", "INVALID_SELECTOR", "errCode: 101, errMsg: Nacos deserialize failed.  "],
  ])("refuses %s", (text, code, message) => {
    expect(() => parseServiceFilter(text)).toThrow(expect.objectContaining({ code, message }));
  });
});
