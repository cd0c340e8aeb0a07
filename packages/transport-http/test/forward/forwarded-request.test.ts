import { describe, expect, it } from "vitest";
// Not exported: ForwardAgent and WriteForwarding alone use them.
import { forwardedRequest, originOf } from "../../src/forward/forwarded-request.ts";
import type { Method } from "../../src/route.ts";
import { type Extras, requestOf } from "../start-api.ts";
import { headerOf, paramsOf, recordings } from "./recordings.ts";

const PATH = "/nacos/v1/ns/instance";
const INSTANCE = "serviceName=foo&ip=1.1.1.1&port=80";

/** What becomes of a client's request at a member. */
function forwarded(method: Method, target: string, extras: Extras = {}, headers = {}) {
  const request = requestOf(method, target, { agentText: "Nacos-Java-Client:v1.4.1", ...extras });
  return forwardedRequest(request, method, { self: "10.0.0.1:8848", acceptedAs: 77, headers });
}

function paramsIn(path: string): readonly string[] {
  const params = new URLSearchParams(path.split("?")[1]);
  return [...params].map(([name, value]) => `${name}=${value}`).toSorted();
}

describe("a forwarded request", () => {
  it.each(recordings("java.forward."))("is what a Java member sends: $id", ({ id, request }) => {
    const [path = ""] = request.target.split("?");
    const params = paramsOf(request).toString();
    const isForm = id.endsWith("-form");
    const type = isForm ? "application/x-www-form-urlencoded" : headerOf(request, "content-type");
    const ours = forwarded(request.method as Method, isForm ? path : `${path}?${params}`, {
      form: isForm ? params : "",
      body: request.body === "" ? undefined : Buffer.from(request.body),
      headers: { "content-type": type },
    });
    expect(ours.method).toBe(request.method);
    expect(ours.path.split("?")[0]).toBe(path);
    expect(paramsIn(ours.path)).toEqual(paramsIn(request.target));
    expect(ours.body?.toString() ?? "").toBe(request.body);
    expect(ours.headers["content-type"]?.split(";")[0]).toBe(
      headerOf(request, "content-type")?.split(";")[0],
    );
    for (const name of ["user-agent", "client-version", "accept-charset"]) {
      expect(ours.headers[name], name).toBe(headerOf(request, name));
    }
  });

  it("says who sends it, and for whom", () => {
    const { headers } = forwarded("POST", `${PATH}?${INSTANCE}`, {}, { "X-Identity": "secret" });
    expect(headers).toEqual({
      "content-type": "application/x-www-form-urlencoded;charset=UTF-8",
      "accept-charset": "UTF-8",
      "user-agent": "Nacos-Server:1.4.1",
      "client-version": "1.4.1",
      "request-source": "10.0.0.1:8848",
      "nacre-version": "77",
      "nacre-client": "10.0.0.9",
      "nacre-agent": "Nacos-Java-Client:v1.4.1",
      "x-identity": "secret",
    });
  });

  it("keeps the client's headers, but for those of its connection and those of members", () => {
    const { headers } = forwarded(
      "POST",
      `${PATH}?${INSTANCE}`,
      {
        headers: {
          accept: "text/html",
          authorization: "Bearer abc",
          "x-tag": ["a", "b"],
          connection: "keep-alive, X-Hop",
          "x-hop": "1",
          "keep-alive": "timeout=5",
          host: "registry",
          "content-length": "37",
          "transfer-encoding": "chunked",
          expect: "100-continue",
          "accept-encoding": "gzip",
          "x-identity": "guessed",
          "nacre-version": "1",
          "nacre-client": "6.6.6.6",
        },
      },
      { "X-Identity": "secret" },
    );
    expect(headers).toMatchObject({ accept: "text/html", authorization: "Bearer abc" });
    expect(headers).toMatchObject({ "x-tag": "a", "x-identity": "secret", "nacre-version": "77" });
    expect(headers["nacre-client"]).toBe("10.0.0.9");
    for (const name of ["connection", "x-hop", "keep-alive", "host", "content-length"]) {
      expect(headers).not.toHaveProperty(name);
    }
    for (const name of ["transfer-encoding", "expect", "accept-encoding"]) {
      expect(headers).not.toHaveProperty(name);
    }
  });

  it("keeps all values of a parameter, and its own encoding", () => {
    const { path } = forwarded("POST", `${PATH}?${INSTANCE}&ip=2.2.2.2&encoding=GBK`);
    expect(paramsIn(path)).toEqual([
      "encoding=GBK",
      "ip=1.1.1.1",
      "ip=2.2.2.2",
      "nofix=1",
      "port=80",
      "serviceName=foo",
    ]);
  });

  it("escapes what has a meaning in a query", () => {
    const value = 'a&b=c d+e%20#中😀{"}';
    const { path } = forwarded("POST", `${PATH}?metadata=${encodeURIComponent(value)}`);
    expect(path).toMatch(/^[\w/?&=.%*+-]+$/);
    expect(new URLSearchParams(path.split("?")[1]).get("metadata")).toBe(value);
  });

  it("is a form when it is too long for a request line", () => {
    const metadata = "x".repeat(5_000);
    const long = `${INSTANCE}&metadata=${metadata}`;
    for (const method of ["POST", "DELETE"] as const) {
      const { path, headers, body } = forwarded(method, PATH, { form: long });
      expect(path).toBe(`${PATH}?encoding=UTF-8&nofix=1`);
      expect(headers["content-type"]).toContain("x-www-form-urlencoded");
      expect(body).toBe(long);
    }
  });
});

describe("the origin of a forwarded request", () => {
  const originWith = (headers: Record<string, string>) =>
    originOf(requestOf("POST", `${PATH}?${INSTANCE}`, { headers }));

  it("is what a Nacre member says of it", () => {
    const { headers } = forwarded("POST", `${PATH}?${INSTANCE}`);
    expect(originWith(headers)).toEqual({
      acceptedAs: 77,
      client: { address: "10.0.0.9", agentText: "Nacos-Java-Client:v1.4.1" },
    });
  });

  it.each(["", "-1", "1.5", "abc", "99999999999999999"])(
    "is unknown with version %j",
    (version) => {
      expect(originWith({ "nacre-version": version })).toBeUndefined();
    },
  );

  it("is unknown of a Java member", () => {
    expect(originWith({})).toBeUndefined();
  });
});
