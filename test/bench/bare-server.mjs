/**
 * The limit: the least that a server on `node:http` can do with these requests. It reads the body
 * to its end if there is one and answers a constant of the same size, with the same headers.
 *
 * Listens on the port of its first argument. The answers come as a message from the bench.
 */

import { createServer } from "node:http";

/** @type {Map<string, { status: number, headers: Record<string, string>, body: Buffer }>} */
let answers = new Map();
let sendDate = true;

process.on("message", (message) => {
  if (message?.answers === undefined) return;
  sendDate = message.sendDate;
  answers = new Map(
    message.answers.map(({ method, status, headers, body }) => [
      method,
      { status, headers, body: Buffer.from(body, "base64") },
    ]),
  );
  process.send({ answersSet: true });
});

const server = createServer((request, response) => {
  const { headers } = request;
  if (headers["content-length"] === undefined && headers["transfer-encoding"] === undefined) {
    answer(request, response);
    return;
  }
  let bytes = 0;
  request.on("data", (chunk) => (bytes += chunk.length));
  request.on("end", () => answer(request, response));
});
server.keepAliveTimeout = 60_000;
server.listen(Number(process.argv[2]), "127.0.0.1", () => process.send({ listening: true }));

function answer(request, response) {
  const { status, headers, body } = answers.get(request.method);
  response.sendDate = sendDate;
  response.writeHead(status, headers);
  response.end(body);
}
