/**
 * Every failure that an operator or a caller can meet, in one table. `docs/errors.md` is written
 * from it, and a test fails when the two differ.
 *
 * `status` is what Nacos 1.4.1 answers over HTTP in the same case. That is often 500 where 404
 * would be natural: clients test for it (`http-api.md` 1.7).
 */
export const errorCodes = {
  INVALID_PARAM: {
    status: 400,
    help: "A request parameter is missing or malformed. The message names it.",
  },
  UNREADABLE_PARAM: {
    status: 500,
    help: "A parameter is missing or of the wrong type where Nacos answers 500 for that.",
  },
  INVALID_NAME: {
    status: 400,
    help: "A service, group or cluster name holds a character that is not allowed.",
  },
  INVALID_INSTANCE: { status: 500, help: "The weight of an instance is out of range." },
  INVALID_METADATA: { status: 500, help: "Metadata is neither a flat JSON object nor `k=v,k=v`." },
  SERVICE_NOT_FOUND: { status: 500, help: "No service of that name exists in the namespace." },
  SERVICE_UNKNOWN: {
    status: 400,
    help: "No service of that name exists, asked where Nacos answers 400 for that.",
  },
  SERVICE_EXISTS: { status: 400, help: "A service of that name exists already." },
  INSTANCE_NOT_FOUND: { status: 500, help: "The service has no such instance." },
  INSTANCE_UNKNOWN: {
    status: 400,
    help: "The service has no such instance, asked where Nacos answers 400 for that.",
  },
  HEALTH_CHECK_ACTIVE: {
    status: 400,
    help: "Health can be set by hand only in a cluster whose health checker is NONE.",
  },
  INVALID_SELECTOR: { status: 500, help: "A selector cannot be read." },
  PERSISTENT_UNSUPPORTED: {
    status: 500,
    help: "`ephemeral=false` was asked for. This version keeps ephemeral instances only.",
  },
  LIMIT_REACHED: {
    status: 503,
    help: "The most services, instances, or clusters of a service are there already.",
  },
  NOT_ACCEPTABLE: { status: 500, help: "The request's `Accept` header allows no JSON." },
  QUEUE_FULL: { status: 503, help: "More tasks wait than the engine's limit allows." },
  INVALID_SETTING: {
    status: 500,
    help: "A setting has a value that is not allowed. The member does not start.",
  },
  MEMBER_UNREACHABLE: {
    status: 500,
    help: "A command asked a member that did not answer, or not as a member does.",
  },
  PEER_UNREACHABLE: { status: 500, help: "A peer did not answer in time, or not at all." },
  PEER_REFUSED: { status: 500, help: "A peer answered, but not what was asked for." },
  STRANGER: {
    status: 403,
    help: "A call that only members may make came from an address that is none.",
  },
  NOT_RESPONSIBLE: {
    status: 400,
    help: "A peer passed on a write for a service that this member is not responsible for.",
  },
  STARTING: { status: 503, help: "The member has not loaded its data yet." },
  START_FAILED: {
    status: 500,
    help: "The member could not start: port taken, folder not writable, file unreadable.",
  },
} as const;

/** The name of a failure in {@link errorCodes}. */
export type ErrorCode = keyof typeof errorCodes;

/**
 * An expected failure: something outside this process went wrong and the caller can act on it.
 *
 * A mistake in our own code is an assertion failure instead, and nothing catches it.
 */
export class NacreError extends Error {
  override readonly name = "NacreError";

  /** Tells failures apart; stable across versions, unlike the message. */
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  /** The HTTP status that Nacos 1.4.1 answers in this case. */
  get status(): number {
    return errorCodes[this.code].status;
  }
}
