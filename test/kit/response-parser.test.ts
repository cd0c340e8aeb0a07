import { describe, expect, it } from "vitest";
import { headerOf, parseResponse } from "./response-parser.ts";

function parse(text: string, { method = "GET", ended = false } = {}) {
  return parseResponse(Buffer.from(text), { method, ended });
}

describe("parseResponse", () => {
  it("reads a body of known length", () => {
    const text = "HTTP/1.1 200 \r\nContent-Length: 2\r\nVary: a\r\nvary: b\r\n\r\nok";
    expect(parse(text.slice(0, -1))).toBeUndefined();
    const response = parse(text);
    expect(response).toMatchObject({ status: 200, body: "ok" });
    expect(response && headerOf(response, "VARY")).toBe("a, b");
  });

  it("reads chunks", () => {
    const text =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1;x\r\nk\r\n0\r\n\r\n";
    expect(parse(text.slice(0, -3))).toBeUndefined();
    expect(parse(text)?.body).toBe("ok");
  });

  it("reads until the connection closes when nothing else tells the end", () => {
    const text = "HTTP/1.1 400 Bad\r\nConnection: close\r\n\r\n<html>";
    expect(parse(text)).toBeUndefined();
    expect(parse(text, { ended: true })?.body).toBe("<html>");
  });

  it("expects no body after HEAD, and passes interim answers over", () => {
    const head = "HTTP/1.1 501 \r\nContent-Length: 50\r\n\r\n";
    expect(parse(head, { method: "HEAD" })).toMatchObject({ status: 501, body: "" });
    expect(parse(`HTTP/1.1 100 Continue\r\n\r\n${head}`, { method: "HEAD" })?.status).toBe(501);
  });

  it.each([
    "",
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nok",
    "hello\r\n\r\n",
  ])("refuses %j at the end of a connection", (text) => {
    expect(() => parse(text, { ended: true })).toThrow(Error);
  });
});
