/**
 * How a member is, in the words of Nacos (`http-api.md` 6.1): it serves; it does not serve yet; it
 * does not serve any more.
 */
export type ServerStatus = "UP" | "STARTING" | "DOWN";
