/**
 * An HTTP/1.1 client that does just enough, so that one core of load keeps a core of server busy:
 * ready-made requests, one outstanding request per connection, and no parsing beyond the length of
 * the body.
 */

import { connect } from "node:net";

const READ_BUFFER_BYTES = 64 * 1024;
const HEAD_END = Buffer.from("\r\n\r\n");

/**
 * @typedef {object} Response
 * @property {number} status
 * @property {string} head the status line and all headers
 * @property {Buffer} body valid only until the callback returns
 */

/** One keep-alive connection. */
export class Connection {
  #socket;
  #reader = new ResponseReader();
  #onResponse;
  #onError;

  /**
   * @param {number} port on the loopback address
   * @param {(error: Error) => void} onError called once, when the connection is lost
   */
  constructor(port, onError) {
    this.#onError = onError;
    this.#socket = connect({
      host: "127.0.0.1",
      port,
      noDelay: true,
      onread: {
        buffer: Buffer.allocUnsafe(READ_BUFFER_BYTES),
        callback: (length, buffer) => this.#read(buffer.subarray(0, length)),
      },
    });
    this.#socket.on("error", (error) => this.#lose(error));
    this.#socket.on("close", () => this.#lose(new Error("the server closed a connection")));
  }

  /** @returns {Promise<void>} resolves once connected; a failure goes to `onError` */
  connected() {
    return new Promise((resolve) => this.#socket.once("connect", resolve));
  }

  /**
   * Sends a request; the answer to the one before must have come.
   *
   * @param {Buffer} request
   * @param {(response: Response) => void} onResponse
   */
  send(request, onResponse) {
    this.#onResponse = onResponse;
    this.#socket.write(request);
  }

  close() {
    this.#onError = undefined;
    this.#socket.destroy();
  }

  #read(chunk) {
    let complete;
    try {
      complete = this.#reader.read(chunk);
    } catch (error) {
      this.#lose(error);
      return false;
    }
    if (complete) this.#onResponse(this.#reader);
    return true;
  }

  #lose(error) {
    const onError = this.#onError;
    this.#onError = undefined;
    this.#socket.destroy();
    onError?.(error);
  }
}

/** Finds the end of one response after the other. */
class ResponseReader {
  status = 0;
  head = "";
  body = Buffer.alloc(0);
  #rest;

  /**
   * @param {Buffer} chunk
   * @returns {boolean} whether a response is complete
   */
  read(chunk) {
    const data = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
    if (this.#parse(data)) {
      this.#rest = undefined;
      return true;
    }
    this.#rest = Buffer.from(data); // a copy: the next read overwrites the chunk
    return false;
  }

  #parse(data) {
    const headEnd = data.indexOf(HEAD_END);
    if (headEnd === -1) return false;
    this.head = data.latin1Slice(0, headEnd);
    this.status = Number(this.head.slice(9, 12));
    const start = headEnd + HEAD_END.length;
    const length = /\r\ncontent-length: *(\d+)/i.exec(this.head);
    if (length === null) return this.#parseChunked(data, start);
    const end = start + Number(length[1]);
    if (data.length < end) return false;
    this.body = data.subarray(start, end);
    return true;
  }

  #parseChunked(data, start) {
    if (!/\r\ntransfer-encoding: *chunked/i.test(this.head)) {
      throw new Error(`an answer of unknown length: ${this.head}`);
    }
    const parts = [];
    for (let at = start; ;) {
      const lineEnd = data.indexOf("\r\n", at);
      if (lineEnd === -1) return false;
      const size = Number.parseInt(data.latin1Slice(at, lineEnd), 16);
      const end = lineEnd + 2 + size;
      if (data.length < end + 2) return false;
      if (size === 0) break;
      parts.push(data.subarray(lineEnd + 2, end));
      at = end + 2;
    }
    this.body = parts.length === 1 ? parts[0] : Buffer.concat(parts);
    return true;
  }
}

/**
 * Opens connections.
 *
 * @param {number} port
 * @param {number} count
 * @param {(error: Error) => void} [onError] called when one of them is lost later
 * @returns {Promise<Connection[]>} rejects when one of them cannot be opened
 */
export function openConnections(port, count, onError) {
  return new Promise((resolve, reject) => {
    const fail = (error) => {
      reject(error);
      onError?.(error);
    };
    const connections = Array.from({ length: count }, () => new Connection(port, fail));
    void Promise.all(connections.map((connection) => connection.connected())).then(() =>
      resolve(connections),
    );
  });
}

/**
 * A promise that only ever fails, to race against work that would otherwise wait for ever.
 *
 * @returns {{ promise: Promise<never>, reject: (error: Error) => void }}
 */
export function failure() {
  let reject;
  const promise = new Promise((_, onReject) => (reject = onReject));
  promise.catch(() => {}); // it may fail before anybody waits for it
  return { promise, reject };
}

/** Hands requests to whichever connection has been idle longest; the others wait in line. */
export class Pool {
  #idle;
  #waiting = [];
  #head = 0;

  /** @param {Connection[]} connections */
  constructor(connections) {
    this.#idle = [...connections];
  }

  /**
   * @param {Buffer} request
   * @param {(response: Response) => void} onResponse
   */
  send(request, onResponse) {
    const connection = this.#idle.shift();
    if (connection === undefined) this.#waiting.push({ request, onResponse });
    else this.#sendOn(connection, request, onResponse);
  }

  #sendOn(connection, request, onResponse) {
    connection.send(request, (response) => {
      onResponse(response);
      const next = this.#nextWaiting();
      if (next === undefined) this.#idle.push(connection);
      else this.#sendOn(connection, next.request, next.onResponse);
    });
  }

  // A moving head, because `shift` of a long array copies it.
  #nextWaiting() {
    if (this.#head === this.#waiting.length) {
      this.#waiting = [];
      this.#head = 0;
      return undefined;
    }
    return this.#waiting[this.#head++];
  }
}
