/** The way to one member: a few keep-alive connections, made when needed, dropped when broken. */

import { Connection } from "../../bench/http-client.mjs";

/**
 * @typedef {object} Answer
 * @property {number} status
 * @property {string} body
 */

export class ServerLine {
  /** @type {(Connection)[]} */
  #idle = [];
  #open = 0;
  /** @type {(() => void)[]} */
  #waiting = [];
  #connectionsMax;
  #timeoutMs;

  /**
   * @param {number} port on the loopback address
   * @param {{ connectionsMax?: number, timeoutMs?: number }} [options]
   */
  constructor(port, { connectionsMax = 8, timeoutMs = 3_000 } = {}) {
    this.port = port;
    this.#connectionsMax = connectionsMax;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Sends a request; rejects when the connection is refused or lost, or when the answer takes too
   * long.
   *
   * @param {string} target
   * @param {string} [method]
   * @returns {Promise<Answer>}
   */
  async send(target, method = "GET") {
    if (this.#idle.length === 0 && this.#open >= this.#connectionsMax) {
      await new Promise((resolve) => this.#waiting.push(() => resolve(undefined)));
    }
    try {
      return await this.#exchange(target, method);
    } finally {
      this.#waiting.shift()?.();
    }
  }

  close() {
    for (const connection of this.#idle) connection.close();
    this.#idle = [];
  }

  /** @returns {Promise<Answer>} */
  #exchange(target, method) {
    return new Promise((resolve, reject) => {
      const known = this.#idle.pop();
      let connection = known;
      const timer = setTimeout(() => lose(new Error("no answer in time")), this.#timeoutMs);
      const lose = (error) => {
        if (connection === undefined) return;
        clearTimeout(timer);
        connection.close();
        connection = undefined;
        this.#open--;
        reject(error);
      };
      const request = Buffer.from(
        `${method} ${target} HTTP/1.1\r\nHost: 127.0.0.1:${this.port}\r\n` +
          "User-Agent: Nacos-Java-Client:v1.4.1\r\nClient-Version: Nacos-Java-Client:v1.4.1\r\n\r\n",
      );
      const send = () =>
        connection?.send(request, ({ status, head, body }) => {
          clearTimeout(timer);
          const answer = { status, body: body.toString("utf8") };
          if (connection === undefined) return;
          // A server that says so closes, and a request sent after that would be lost.
          if (/\r\nconnection: *close/i.test(head)) {
            connection.close();
            this.#open--;
          } else this.#idle.push(connection);
          connection = undefined;
          resolve(answer);
        });
      if (known !== undefined) {
        known.onLost = lose;
        send();
        return;
      }
      this.#open++;
      connection = this.#connect(lose);
      void connection.connected().then(send);
    });
  }

  #connect(lose) {
    const connection = new Connection(this.port, (error) => {
      const at = this.#idle.indexOf(connection);
      if (at >= 0) {
        this.#idle.splice(at, 1);
        this.#open--;
      } else connection.onLost(error);
    });
    connection.onLost = lose;
    return connection;
  }
}
