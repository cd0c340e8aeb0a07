// A program that registers one instance with the official client and beats for it until killed:
//
//     node nacos-instance.mjs SERVER SERVICE INSTANCE_AS_JSON
//
// It prints `registered` once the server has answered. It is plain JavaScript because it runs in a
// process of its own, outside of the test runner.
import { NacosNamingClient } from "nacos";

const [serverList, serviceName, instance] = process.argv.slice(2);
const silent = { debug() {}, info() {}, warn() {}, error: console.error };
const client = new NacosNamingClient({ logger: silent, serverList, namespace: "public" });
// The client's first beat comes 10 s after its start, later than short time-outs allow.
client._beatReactor._clientBeatInterval = 200;

await client.ready();
await client.registerInstance(serviceName, JSON.parse(instance));
console.log("registered");
