import type { Subscriber } from "./subscribers.ts";

/** Port: tells subscribers of a change. */
export interface Pusher {
  /**
   * Sends one view of a service to those who asked for that view. It must not block and does not
   * throw; what can't be delivered is counted and forgotten, since clients also poll.
   *
   * @param text the answer to `GET /instance/list`, JSON
   * @param subscribers at least one
   */
  push(text: string, subscribers: readonly Subscriber[]): void;
}
