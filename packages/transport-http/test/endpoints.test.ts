import { describe, expect, it } from "vitest";
import { ask, type Extras, startApi } from "./start-api.ts";

// What the recorded answers of Nacos do not reach: values that only a stranger sends.

const NS = "/nacos/v1/ns";
const INSTANCE = "serviceName=foo&ip=1.1.1.1&port=80";

function start() {
  const { api, logger, naming } = startApi();
  const send = (method: string, path: string, params: Record<string, string>, extras?: Extras) =>
    ask(api, method, `${NS}/${path}?${new URLSearchParams(params).toString()}`, extras);
  const register = (extra = "") => ask(api, "POST", `${NS}/instance?${INSTANCE}${extra}`);
  return { api, logger, naming, send, register };
}

describe("the endpoints", () => {
  it.each([
    '[{"ip":{"toString":1,"valueOf":1},"port":80}]',
    '[{"ip":"1.1.1.1","port":{"valueOf":1}}]',
    '[{"ip":null,"port":null}]',
    '[{"ip":["1.1.1.1"],"port":80}]',
    '[1,null,"x",[]]',
    '{"ip":"1.1.1.1"}',
    "nonsense",
  ])("find no instance in %s", (instances) => {
    const { logger, register, send } = start();
    register();
    const params = { serviceName: "foo", instances, metadata: "a=b" };
    expect(send("PUT", "instance/metadata/batch", params)).toMatchObject({
      status: 200,
      body: '{"updated":[]}',
    });
    expect(logger.lines).toEqual([]);
  });

  it("take a port of null for 0 there, as Java does", () => {
    const { api, send } = start();
    ask(api, "POST", `${NS}/instance?serviceName=foo&ip=1.1.1.1&port=0`);
    const instances = '[{"ip":"1.1.1.1","port":null}]';
    const params = { serviceName: "foo", instances, metadata: "a=b" };
    expect(send("PUT", "instance/metadata/batch", params).body).toBe(
      '{"updated":["1.1.1.1:unknown:DEFAULT:ephemeral"]}',
    );
  });

  it.each(['{"path":{"toString":1}}', '{"headers":[]}', '{"expectedResponseCode":{"valueOf":1}}'])(
    "take no health checker such as %s",
    (fields) => {
      const { logger, register, send } = start();
      register();
      const healthChecker = `{"type":"HTTP",${fields.slice(1)}`;
      const params = { serviceName: "foo", clusterName: "DEFAULT", checkPort: "1" };
      const answer = send("PUT", "cluster", {
        ...params,
        healthChecker,
        useInstancePort4Check: "true",
      });
      expect(answer.status).toBe(500);
      expect(answer.body).toMatch(/^caused: errCode: 101, .*AbstractHealthChecker\] failed\./);
      expect(logger.lines).toEqual([]);
    },
  );

  it.each(["NaN", "Infinity", "-Infinity", "1e400", "-1e400"])(
    "answer JSON whatever the weight of a beat: %s",
    (weight) => {
      const { send } = start();
      const beat = JSON.stringify({ ip: "1.1.1.1", port: 80, weight });
      expect(send("PUT", "instance/beat", { serviceName: "foo", beat }).status).toBe(200);
      for (const path of ["instance", "instance/list", "catalog/services", "catalog/instances"]) {
        const { status, body } = send("GET", path, {
          serviceName: "foo",
          ip: "1.1.1.1",
          port: "80",
          clusterName: "DEFAULT",
          withInstances: "true",
          pageNo: "0",
          pageSize: "9",
        });
        expect(status, path).toBe(200);
        expect(() => JSON.parse(body) as unknown, body).not.toThrow();
      }
    },
  );

  it("keep the numbers of a beat's metadata as they are spelled", () => {
    const { send } = start();
    const metadata = '{"v":1.0,"e":1e3,"t":"\\"2","b":true,"z":null}';
    const beat = `{"ip":"1.1.1.1","port":80,"weight":1,"metadata":${metadata}} and more`;
    expect(send("PUT", "instance/beat", { serviceName: "foo", beat }).status).toBe(200);
    expect(send("GET", "instance/list", { serviceName: "foo" }).body).toContain(
      '"metadata":{"v":"1.0","e":"1e3","t":"\\"2","b":"true"}',
    );
  });

  it("take a key away when its new value is null", () => {
    const { register, send } = start();
    register("&metadata=a%3D1,b%3D2,c%3D3");
    const all = { serviceName: "foo", consistencyType: "ephemeral" };
    send("PUT", "instance/metadata/batch", { ...all, metadata: '{"a":null,"d":"4"}' });
    send("DELETE", "instance/metadata/batch", { ...all, metadata: '{"b":null}' });
    expect(send("GET", "instance/list", { serviceName: "foo" }).body).toContain(
      '"metadata":{"c":"3","d":"4"}',
    );
  });

  it("show metadata with any key", () => {
    const { naming, register, send } = start();
    const metadata = '{"__proto__":"p","constructor":"c","":"e"}';
    register(`&metadata=${encodeURIComponent(metadata)}`);
    const list = () => send("GET", "instance/list", { serviceName: "foo" }).body;
    expect(list()).toContain(`"metadata":${metadata}`);

    send("DELETE", "instance/metadata/batch", {
      serviceName: "foo",
      consistencyType: "ephemeral",
      metadata: "__proto__=x",
    });
    expect(list()).toContain('"metadata":{"constructor":"c","":"e"}');
    expect(naming.instanceCount).toBe(1);
  });

  it("keep `null` metadata and texts that begin with it apart", () => {
    const { register, send } = start();
    const list = () => send("GET", "instance/list", { serviceName: "foo" }).body;
    register("&metadata=nullable%3Dx");
    expect(list()).toContain('"metadata":{"nullable":"x"}');
    register("&metadata=null");
    expect(list()).toContain('"metadata":null');
  });
});

describe("a list request", () => {
  const list = { serviceName: "foo", udpPort: "55000", clientIP: "10.1.1.1", app: "a" };
  const JAVA = { agentText: "Nacos-Java-Client:v1.4.1" };

  it("leaves nothing behind, however long it is", () => {
    const { naming, register, send } = start();
    register();
    const service = naming.services.get("public", "DEFAULT_GROUP@@foo");
    for (const length of [10, 400_000]) {
      const { body } = send("GET", "instance/list", { ...list, clusters: "c".repeat(length) });
      expect(body).toContain(`"clusters":"${"c".repeat(length)}"`);
    }
    expect([...(service?.views.keys() ?? [])].every((key) => key.length < 2_000)).toBe(true);
    expect(service?.views.size).toBe(1);
  });

  it("subscribes its caller, wherever it says it is", () => {
    const { api, pushService } = startApi();
    const target = `${NS}/instance/list?${new URLSearchParams(list).toString()}`;
    const { body } = ask(api, "GET", target, { ...JAVA, addressOf: () => "10.0.0.7" });
    expect(body).toContain('"cacheMillis":10000');
    expect([...pushService.all()]).toMatchObject([
      { address: "10.0.0.7", declaredIp: "10.1.1.1", udpPort: 55_000, app: "a" },
    ]);
  });

  it.each(["0", "-1", "65536", "70000", ""])("subscribes nobody to port %j", (udpPort) => {
    const { api, pushService } = startApi();
    const target = `${NS}/instance/list?${new URLSearchParams({ ...list, udpPort }).toString()}`;
    expect(ask(api, "GET", target, JAVA).body).toContain('"cacheMillis":3000');
    expect([...pushService.all()]).toEqual([]);
  });

  it("fails for a Java client without a version once the service exists", () => {
    const { register, send } = start();
    const odd = { agentText: "Nacos-Java-Client:v" };
    expect(send("GET", "instance/list", list, odd).status).toBe(200);
    register();
    expect(send("GET", "instance/list", list, odd)).toMatchObject({ status: 500, body: "" });
  });
});
