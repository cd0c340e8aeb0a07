/**
 * A store that keeps data in memory and forgets them with the process, as Nacos 1.4.1 does with
 * ephemeral instances.
 *
 * @packageDocumentation
 */

export { MemoryStore } from "./memory-store.ts";
