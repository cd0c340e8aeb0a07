import { describe, expect, it } from "vitest";
// Not exported: the server alone reads bodies.
import { readForm } from "../src/form-body.ts";
import { Params } from "../src/params.ts";

const FORM = "application/x-www-form-urlencoded";

function read(method: string, contentType: string | undefined, body: string, paramsMax = 100) {
  const params = new Params(paramsMax);
  const isForm = readForm(params, method, contentType, Buffer.from(body));
  return { isForm, params };
}

function multipart(...parts: readonly (readonly [head: string, value: string])[]): string {
  const texts = parts.map(([head, value]) => `--B\r\n${head}\r\n\r\n${value}\r\n`);
  return `preamble\r\n${texts.join("")}--B--\r\n`;
}

const field = (name: string) => `Content-Disposition: form-data; name="${name}"`;

describe("readForm", () => {
  it.each(["POST", "PUT", "PATCH", "DELETE"])("reads the form of a %s", (method) => {
    const { isForm, params } = read(method, FORM, "ip=1.1.1.1&metadata=a%3Db+c");
    expect(isForm).toBe(true);
    expect(params.first("metadata")).toBe("a=b c");
  });

  it.each(["GET", "HEAD", "OPTIONS"])("reads none of a %s", (method) => {
    expect(read(method, FORM, "ip=1.1.1.1")).toMatchObject({ isForm: false, params: { count: 0 } });
  });

  it.each([`${FORM};charset=UTF-8`, "Application/X-WWW-Form-Urlencoded ; charset=gbk", ` ${FORM}`])(
    "knows a form by its type: %s",
    (contentType) => {
      expect(read("PUT", contentType, "a=1").isForm).toBe(true);
    },
  );

  it.each([undefined, "", "application/json", "text/plain", `x${FORM}`, ";", "multipart/mixed"])(
    "finds nothing in another type: %s",
    (contentType) => {
      expect(read("POST", contentType, "a=1")).toMatchObject({
        isForm: false,
        params: { count: 0 },
      });
    },
  );

  it("keeps what is not properly escaped, but for a POST", () => {
    const body = 'beat={"ip":"1.1.1.1","load":"100%"}&a=1';
    expect(read("PUT", FORM, body).params.first("beat")).toBe('{"ip":"1.1.1.1","load":"100%"}');
    expect(read("POST", FORM, body).params.first("beat")).toBeUndefined();
    expect(read("POST", FORM, body).params.first("a")).toBe("1");
  });
});

describe("a multipart body", () => {
  it.each(["multipart/form-data; boundary=B", 'Multipart/Form-Data; x=y; boundary="B"'])(
    "has fields: %s",
    (contentType) => {
      const body = multipart(
        [field("ip"), "1.1.1.1"],
        [field("名"), "服\r\nzwei"],
        [field(""), ""],
      );
      const { isForm, params } = read("POST", contentType, body);
      expect(isForm).toBe(true);
      expect(params.first("ip")).toBe("1.1.1.1");
      expect(params.first("名")).toBe("服\r\nzwei");
      expect(params.first("")).toBe("");
    },
  );

  it("takes a field's other headers in any order, and leaves files out", () => {
    const body = multipart(
      [`Content-Type: text/plain\r\n${field("a")}`, "1"],
      [`${field("f")}; filename="x.txt"`, "secret"],
      ['content-disposition:form-data;name="b"\r\nContent-Type: text/plain', "2"],
    );
    const { params } = read("POST", "multipart/form-data; boundary=B", body);
    expect([params.first("a"), params.first("b"), params.count]).toEqual(["1", "2", 2]);
  });

  it("is read of a POST alone", () => {
    const body = multipart([field("a"), "1"]);
    expect(read("PUT", "multipart/form-data; boundary=B", body).params.count).toBe(0);
  });

  it.each([
    ["no boundary", "multipart/form-data", multipart([field("a"), "1"])],
    ["another boundary", "multipart/form-data; boundary=C", multipart([field("a"), "1"])],
    ["no end", "multipart/form-data; boundary=B", `--B\r\n${field("a")}\r\n\r\n1`],
    ["no head", "multipart/form-data; boundary=B", "--B\r\nx\r\n--B--\r\n"],
    ["no name", "multipart/form-data; boundary=B", multipart(["X: y", "1"])],
    ["nothing", "multipart/form-data; boundary=B", ""],
  ])("holds no field with %s", (_what, contentType, body) => {
    expect(read("POST", contentType, body).params.count).toBe(0);
  });

  it("counts against the limit of parameters", () => {
    const fields = Array.from({ length: 20 }, (_, index) => [field(`f${index}`), "x"] as const);
    const { params } = read("POST", "multipart/form-data; boundary=B", multipart(...fields), 5);
    expect(params.count).toBe(5);
  });

  it("is read in no time when it is made of boundaries", () => {
    const begunMs = performance.now();
    read("POST", "multipart/form-data; boundary=B", "\r\n--B".repeat(400_000));
    read(
      "POST",
      "multipart/form-data; boundary=B",
      multipart([`content-disposition:${"\r\n ".repeat(300_000)}`, ""]),
    );
    expect(performance.now() - begunMs).toBeLessThan(2_000);
  });
});
