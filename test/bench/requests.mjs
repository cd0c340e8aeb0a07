/**
 * The requests of the Java client 1.4.1: parameters in the order of its hash maps, all of them in
 * the query, and no `Content-Length` where there is no body.
 */

const NAMESPACE = "public";
const GROUP = "DEFAULT_GROUP";
const CLUSTER = "DEFAULT";
const PORT = 8080;
const BEAT_PERIOD_MS = 5_000;
/** What Spring Cloud Alibaba, the usual host of the Java client, adds to each instance. */
const METADATA = { "preserved.register.source": "SPRING_CLOUD" };
// One value for every server under test, so that all of them read the same bytes.
const HOST = "127.0.0.1:8848";

/**
 * @typedef {object} Instance
 * @property {string} serviceName grouped: `DEFAULT_GROUP@@service-00001`
 * @property {string} ip
 * @property {number} port
 * @property {Record<string, string>} metadata
 */

/**
 * Lists the instances of a made-up world. Neighbours in the list belong to different services, so
 * walking it spreads the load over all services.
 *
 * @param {number} services
 * @param {number} perService
 * @returns {Instance[]}
 */
export function fleet(services, perService) {
  return Array.from({ length: services * perService }, (_, index) => ({
    serviceName: serviceNameAt(index % services),
    ip: `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`,
    port: PORT,
    metadata: METADATA,
  }));
}

/**
 * @param {number} index
 * @returns {string}
 */
export function serviceNameAt(index) {
  return `${GROUP}@@service-${String(index).padStart(5, "0")}`;
}

/**
 * @param {Instance} instance
 * @returns {Buffer}
 */
export function register({ serviceName, ip, port, metadata }) {
  return request("POST", "/nacos/v1/ns/instance", {
    app: "unknown",
    groupName: GROUP,
    metadata: JSON.stringify(metadata),
    namespaceId: NAMESPACE,
    port,
    enable: true,
    healthy: true,
    clusterName: CLUSTER,
    ip,
    weight: "1.0",
    ephemeral: true,
    serviceName,
  });
}

/**
 * @param {Instance} instance
 * @returns {Buffer}
 */
export function deregister({ serviceName, ip, port }) {
  return request("DELETE", "/nacos/v1/ns/instance", {
    app: "unknown",
    namespaceId: NAMESPACE,
    port,
    clusterName: CLUSTER,
    ip,
    ephemeral: true,
    serviceName,
  });
}

/**
 * The first beat of an instance: says all about it in a form body.
 *
 * @param {Instance} instance
 * @returns {Buffer}
 */
export function beat(instance) {
  const { serviceName, ip, port, metadata } = instance;
  // Written by hand: `JSON.stringify` would print the weight as `1`, Java prints `1.0`.
  const json =
    `{"port":${port},"ip":"${ip}","weight":1.0,"serviceName":"${serviceName}",` +
    `"cluster":"${CLUSTER}","metadata":${JSON.stringify(metadata)},` +
    `"scheduled":false,"period":${BEAT_PERIOD_MS},"stopped":false}`;
  return request("PUT", "/nacos/v1/ns/instance/beat", beatQuery(instance), form({ beat: json }));
}

/**
 * Each later beat, once the server has said that it knows the instance.
 *
 * @param {Instance} instance
 * @returns {Buffer}
 */
export function lightBeat(instance) {
  return request("PUT", "/nacos/v1/ns/instance/beat", beatQuery(instance));
}

/**
 * @param {string} serviceName
 * @param {number} [udpPort] where pushes are wanted; 0: nowhere
 * @returns {Buffer}
 */
export function list(serviceName, udpPort = 0) {
  return request("GET", "/nacos/v1/ns/instance/list", {
    app: "unknown",
    healthyOnly: false,
    namespaceId: NAMESPACE,
    clientIP: "127.0.0.1",
    serviceName,
    udpPort,
    clusters: "",
  });
}

/**
 * Reads one instance. Unlike a list it shows the raw health: a list calls every instance healthy
 * when none is.
 *
 * @param {Instance} instance
 * @returns {Buffer}
 */
export function detail({ serviceName, ip, port }) {
  return request("GET", "/nacos/v1/ns/instance", {
    namespaceId: NAMESPACE,
    serviceName,
    clusterName: CLUSTER,
    ip,
    port,
  });
}

/**
 * @typedef {object} Operation
 * @property {string} title
 * @property {number} unit requests that belong together: a run never ends inside a unit
 * @property {string} expect a text that each right answer contains
 * @property {(instances: Instance[]) => Buffer[]} build
 */

/** @type {Record<string, Operation>} */
export const operations = {
  beat: { title: "full beat", unit: 1, expect: '"code":10200', build: each(beat) },
  "light-beat": { title: "light beat", unit: 1, expect: '"code":10200', build: each(lightBeat) },
  list: {
    title: "list of one service",
    unit: 1,
    expect: '"hosts":[{',
    build: (instances) => [...new Set(instances.map((one) => one.serviceName))].map((s) => list(s)),
  },
  register: { title: "register again", unit: 1, expect: "ok", build: each(register) },
  // In pairs, so that each run leaves behind the instances it found.
  deregister: {
    title: "deregister, register",
    unit: 2,
    expect: "ok",
    build: (instances) => instances.flatMap((one) => [deregister(one), register(one)]),
  },
  detail: { title: "read one instance", unit: 1, expect: '"healthy":true', build: each(detail) },
};

function each(toRequest) {
  return (instances) => instances.map(toRequest);
}

function beatQuery({ serviceName, ip, port }) {
  return {
    app: "unknown",
    serviceName,
    namespaceId: NAMESPACE,
    port,
    clusterName: CLUSTER,
    ip,
  };
}

let requestCount = 0;

function request(method, path, query, body) {
  const requestId = `9021c539-20a8-492a-a649-${(requestCount++).toString(16).padStart(12, "0")}`;
  const lines = [
    `${method} ${path}?${form(query)} HTTP/1.1`,
    "Content-Type: application/x-www-form-urlencoded;charset=UTF-8",
    "Accept-Charset: UTF-8",
    "Accept-Encoding: gzip,deflate,sdch",
    "Client-Version: 1.4.1",
    "User-Agent: Nacos-Java-Client:v1.4.1",
    `RequestId: ${requestId}`,
    "Request-Module: Naming",
    `Host: ${HOST}`,
    // The default of Java's own HTTP client.
    "Accept: text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2",
    "Connection: keep-alive",
    ...(body === undefined ? [] : [`Content-Length: ${Buffer.byteLength(body)}`]),
  ];
  return Buffer.from(`${lines.join("\r\n")}\r\n\r\n${body ?? ""}`);
}

// The client ends each parameter with `&`, the last one too.
function form(parameters) {
  return Object.entries(parameters)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}&`)
    .join("");
}
