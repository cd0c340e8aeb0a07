import { describe, expect, it } from "vitest";
import { ask, startApi } from "./start-api.ts";

// Of several mistakes in one request an endpoint names one, and which one is part of its answer.

const NS = "/nacos/v1/ns";
const FOO = "serviceName=foo&ip=1.1.1.1&port=80";
const UNREADABLE = "metadata=k&selector=%7B";

function start() {
  const { api, naming } = startApi();
  const answerOf = (method: string, target: string) => {
    const { status, body } = ask(api, method, `${NS}/${target}`);
    return `${status} ${body}`;
  };
  const clusters = () => {
    const service = naming.services.get("public", "DEFAULT_GROUP@@foo");
    return service?.clusters.map(({ name }) => name);
  };
  return { answerOf, clusters, register: () => answerOf("POST", `instance?${FOO}`) };
}

describe("DELETE /instance", () => {
  it("reads the weight too, and before the service", () => {
    const { answerOf } = start();
    expect(answerOf("DELETE", "instance?ip=1.1.1.1&port=80&weight=heavy")).toBe(
      '400 caused: For input string: "heavy";',
    );
    expect(answerOf("DELETE", `instance?${FOO}&weight=-1`)).toBe("200 ok");
  });
});

describe("PATCH /instance", () => {
  it.each(["weight=x", "metadata=k"])("misses an unknown instance before it reads %s", (patch) => {
    const { answerOf, register } = start();
    const target = `instance?${FOO}&${patch}`;
    expect(answerOf("PATCH", target)).toBe("400 caused: instance not found;");
    register();
    expect(answerOf("PATCH", target)).not.toContain("not found");
  });
});

describe("GET /instance/statuses", () => {
  it.each(["foo", "grp@@", "@@", "public##foo", "public##", ""])("takes no key %j", (key) => {
    const { answerOf } = start();
    expect(answerOf("GET", `instance/statuses?key=${encodeURIComponent(key)}`)).toBe(
      "400 caused: Param 'serviceName' is illegal, it should be format as " +
        "'groupName@@serviceName';",
    );
  });

  it("takes the part between connectors for the name", () => {
    expect(start().answerOf("GET", "instance/statuses?key=a%23%23g@@s%23%23b")).toBe(
      "500 caused: service: g@@s not found.;",
    );
  });
});

describe("GET /instance/list", () => {
  it("does not look at the agent when it only checks", () => {
    const { api } = startApi();
    ask(api, "POST", `${NS}/instance?${FOO}`);
    const odd = { agentText: "Nacos-Java-Client:v" };
    expect(ask(api, "GET", `${NS}/instance/list?${FOO}&isCheck=true`, odd).body).toBe("{}");
    expect(ask(api, "GET", `${NS}/instance/list?${FOO}`, odd).status).toBe(500);
  });

  it("takes a blank `dom` for an illegal name, and an empty one for none", () => {
    const { answerOf } = start();
    expect(answerOf("GET", "instance/list?dom=%20")).toMatch(/^400 .*is illegal/);
    expect(answerOf("GET", "instance/list?dom=")).toMatch(/^400 .*is required/);
  });
});

describe("POST /service", () => {
  it("says that a service exists before it reads the definition", () => {
    const { answerOf, register } = start();
    expect(answerOf("POST", `service?serviceName=foo&${UNREADABLE}`)).toBe(
      "500 caused: metadata format incorrect:k;",
    );
    register();
    expect(answerOf("POST", `service?serviceName=foo&${UNREADABLE}`)).toBe(
      "400 caused: specified service already exists, serviceName : DEFAULT_GROUP@@foo;",
    );
  });

  it("reads blanks as no number", () => {
    expect(start().answerOf("POST", "service?serviceName=foo&protectThreshold=%20")).toMatch(
      /NumberFormatException: empty String;caused: empty String;$/,
    );
  });
});

describe("PUT /service", () => {
  it("misses an unknown service before it reads the definition", () => {
    const { answerOf } = start();
    const target = `service?serviceName=foo&protectThreshold=0&${UNREADABLE}`;
    expect(answerOf("PUT", target)).toBe("500 caused: service DEFAULT_GROUP@@foo not found!;");
  });
});

describe("the service endpoints that Spring binds", () => {
  it.each(["GET", "DELETE"])("take blanks for a namespace of its own: %s", (method) => {
    const { answerOf, register } = start();
    register();
    expect(answerOf(method, "service?serviceName=foo&namespaceId=%20")).toMatch(
      /^(400|500) caused: .*DEFAULT_GROUP@@foo/,
    );
    expect(answerOf(method, "service?serviceName=foo&namespaceId=")).toMatch(/^200 /);
  });
});

describe("GET /service/list", () => {
  it("reads the selector only where there is something to select from", () => {
    const { answerOf, register } = start();
    const target = "service/list?pageNo=1&pageSize=9&selector=%7B";
    expect(answerOf("GET", target)).toBe('200 {"doms":[],"count":0}');
    register();
    expect(answerOf("GET", target)).toMatch(/^500 /);
  });
});

describe("PUT /cluster", () => {
  it("makes no cluster when it fails later on", () => {
    const { answerOf, clusters, register } = start();
    register();
    const target = "cluster?serviceName=foo&clusterName=B&checkPort=80";
    expect(answerOf("PUT", target)).toMatch(/'useInstancePort4Check' is required/);
    expect(clusters()).toEqual(["DEFAULT"]);
    const healthChecker = encodeURIComponent('{"type":"TCP"}');
    answerOf("PUT", `${target}&useInstancePort4Check=true&healthChecker=${healthChecker}`);
    expect(clusters()).toEqual(["DEFAULT", "B"]);
  });
});

describe("PUT /health", () => {
  it("takes blanks for no value", () => {
    expect(start().answerOf("PUT", `health?${FOO}&healthy=%20`)).toBe(
      "400 caused: Param 'healthy' is required.;",
    );
  });
});
