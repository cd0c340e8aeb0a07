/**
 * The load generator: a process of its own, so that its work is not counted as the server's. Does
 * one job at a time, each ordered by a message.
 */

import { failure, openConnections } from "./http-client.mjs";
import { runClosed } from "./load-closed.mjs";
import { runOpen } from "./load-open.mjs";
import { runPush } from "./load-push.mjs";
import { fleet, list, operations, serviceNameAt } from "./requests.mjs";

const jobs = { closed: runClosed, open: runOpen, push: runPush, lists, sample };

/** Requests made before, by operation and size of the fleet: making 50,000 takes a while. */
const made = new Map();

process.on("disconnect", () => process.exit(0));
process.on("message", (message) => void run(message));

/** Does one job and reports what came of it. */
async function run({ job, kind, options }) {
  try {
    const before = process.cpuUsage();
    const began = performance.now();
    const result = await jobs[kind](withRequests(options));
    const { user, system } = process.cpuUsage(before);
    const busy = (user + system) / 1_000 / (performance.now() - began);
    process.send({ job, result: { ...result, generatorShare: busy } });
  } catch (error) {
    process.send({ job, error: error.message });
  }
}

/**
 * Replaces an operation's name by its requests.
 *
 * `range` takes a part of the fleet, counted in instances.
 */
function withRequests(options) {
  const { operation, services, perService, range } = options;
  if (operation === undefined) return options;
  const key = `${operation} ${services} ${perService}`;
  const { unit, expect, build } = operations[operation];
  if (!made.has(key)) made.set(key, build(fleet(services, perService)));
  const all = made.get(key);
  const requests = range === undefined ? all : all.slice(range[0] * unit, range[1] * unit);
  return { ...options, requests, unit, expect: Buffer.from(expect) };
}

/** Sends the requests of one unit and returns the answers whole. */
async function sample({ port, requests, unit }) {
  const answers = [];
  await askInTurn(port, requests.slice(0, unit), (request, { status, head, body }) => {
    const method = request.latin1Slice(0, request.indexOf(" "));
    answers.push({ method, status, head, body: body.toString("base64") });
  });
  return { answers };
}

/** Counts the lists without exactly `hosts` healthy instances; looks at every `step`-th service. */
async function lists({ port, services, step, hosts }) {
  const names = Array.from({ length: services }, (_, index) => serviceNameAt(index));
  const asked = names.filter((_, index) => index % step === 0).map((name) => list(name));
  let incomplete = 0;
  await askInTurn(port, asked, (_, { status, body }) => {
    const healthy = status === 200 ? JSON.parse(body).hosts.filter((host) => host.healthy) : [];
    if (healthy.length !== hosts) incomplete++;
  });
  return { asked: asked.length, incomplete };
}

async function askInTurn(port, requests, onAnswer) {
  const { promise: lost, reject } = failure();
  const [connection] = await openConnections(port, 1, reject);
  for (const request of requests) {
    const answered = new Promise((resolve) => {
      connection.send(request, (response) => resolve(onAnswer(request, response)));
    });
    await Promise.race([answered, lost]);
  }
  connection.close();
}
