/** What the endpoints for peers count. */
export interface PeerCounters {
  /** Entries that peers sent and that were left out, because they could not be read or used. */
  droppedCount: number;
}
