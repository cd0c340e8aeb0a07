import {
  DEFAULT_GROUP,
  DEFAULT_NAMESPACE,
  groupedName,
  isGroupedName,
  javaTrim,
  NacreError,
  parseJavaDouble,
  parseJavaInt,
  type Version,
} from "@nacre/core";
import type { ServiceRequest } from "@nacre/naming";
import { type Agent, agentOf } from "./agent.ts";
import type { Params } from "./params.ts";

/** The headers of a request by their names in lower case. */
export type RequestHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** The write that a client sent, where it is not this member alone that saw it. */
export interface WriteOrigin {
  /** The version at which a member took it from the client. */
  readonly acceptedAs: Version;

  /** The client; left out when it called this member itself. */
  readonly client?: { readonly address: string; readonly agentText: string };
}

/** What a {@link NacosRequest} is made from. */
export interface RequestParts {
  readonly method: string;

  /** Below the context path, decoded, without the query. */
  readonly path: string;
  readonly params: Params;

  /** `User-Agent`, or `Client-Version` when that is missing. */
  readonly agentText: string;

  /** Finds out where the request came from; asked only when somebody wants to know. */
  readonly addressOf: () => string;

  /** The body as it came, when it is no form. */
  readonly body?: Buffer | undefined;

  /** By their names in lower case. @defaultValue there are none */
  readonly headers?: RequestHeaders;
}

/**
 * A request to an endpoint of Nacos, with the two ways in which Nacos reads parameters: most
 * endpoints do it one way (`required`, `optional`), some the other (`bound…`), and they fail
 * differently (`http-api.md` 1.5).
 */
export class NacosRequest {
  readonly method: string;
  readonly path: string;
  readonly params: Params;
  readonly body: Buffer | undefined;
  readonly headers: RequestHeaders;

  /** Set when the write has been, or might have been, on another member. */
  origin: WriteOrigin | undefined = undefined;
  readonly #agentText: string;
  readonly #addressOf: () => string;

  constructor(parts: RequestParts) {
    const { method, path, params, agentText, addressOf, body } = parts;
    this.method = method;
    this.path = path;
    this.params = params;
    this.body = body;
    this.#agentText = agentText;
    this.#addressOf = addressOf;
    this.headers = parts.headers ?? noHeaders;
  }

  /** A header by its name in lower case; of several the first. */
  header(name: string): string | undefined {
    const value = this.headers[name];
    return typeof value === "object" ? value[0] : value;
  }

  /** Whether a server of Nacos or Nacre says that it calls. */
  get isFromServer(): boolean {
    return this.#agentText.includes("Nacos-Server");
  }

  /** Which client calls, also when another member passes its call on. */
  get agent(): Agent {
    return agentOf(this.origin?.client?.agentText ?? this.#agentText);
  }

  /** Where the request came from. */
  get address(): string {
    return this.#addressOf();
  }

  /**
   * The grouped name of the service that the request is about, as every naming endpoint sees it
   * (`http-api.md` 1.4); `undefined` when it names none.
   */
  get groupedName(): string | undefined {
    const given = this.params.first("serviceName");
    const name = given === undefined || isBlank(given) ? this.params.first("dom") : given;
    // A blank name is left as it came, so that the endpoint can complain of it.
    if (name === undefined || isBlank(name)) return name ?? given;
    const group = this.params.first("groupName");
    const groupName = group === undefined || isBlank(group) ? DEFAULT_GROUP : group;
    return groupedName(javaTrim(name), groupName);
  }

  get namespaceId(): string {
    return this.optional("namespaceId", DEFAULT_NAMESPACE);
  }

  /**
   * A parameter that must be there; trimmed.
   *
   * @throws {@link NacreError} `INVALID_PARAM` when it is absent or empty.
   */
  required(name: string): string {
    return this.#require(name, this.params.first(name));
  }

  /** A parameter, or `fallback` when it is absent or blank; trimmed. */
  optional(name: string, fallback: string): string {
    const value = this.params.first(name);
    if (value === undefined || value === "") return fallback;
    return javaTrim(this.#recoded(value)) || fallback;
  }

  /**
   * The service's grouped name.
   *
   * @throws {@link NacreError} `INVALID_PARAM` when the request names none, or one without a part.
   */
  serviceName(): string {
    return checkedName(this.requiredServiceName());
  }

  /** As {@link serviceName}, without a look at the parts. */
  requiredServiceName(): string {
    return this.#require("serviceName", this.groupedName);
  }

  /** The instance or service request of `@nacre/naming` that this is. */
  about(serviceName: string, namespaceId: string = this.namespaceId): ServiceRequest {
    return new Call(namespaceId, serviceName, this.#addressOf, this.origin);
  }

  /** The namespace as Spring binds it: blanks are a name like any other. */
  get boundNamespaceId(): string {
    return this.boundOr("namespaceId", DEFAULT_NAMESPACE);
  }

  /** A text that Spring binds: not trimmed, of several values all. */
  bound(name: string): string {
    const value = name === "serviceName" ? this.groupedName : this.params.joined(name);
    if (value === undefined) {
      throw new NacreError(
        "UNREADABLE_PARAM",
        `Required String parameter '${name}' is not present`,
      );
    }
    return value;
  }

  /** The same with a default for an absent or empty one. */
  boundOr(name: string, fallback: string): string {
    return this.params.joined(name) || fallback;
  }

  /** A 32-bit integer that Spring binds; it takes one value, of several the first. */
  boundInt(name: string): number {
    const text = this.params.first(name);
    if (text === undefined) {
      throw new NacreError("UNREADABLE_PARAM", `Required int parameter '${name}' is not present`);
    }
    return boundNumber("int", text, parseSpringInt, `For input string: "${dense(text)}"`);
  }

  /** A float that Spring binds. */
  boundFloatOr(name: string, fallback: number): number {
    const text = this.params.first(name);
    if (text === undefined || text === "") return fallback;
    const bare = dense(text);
    const cause = bare === "" ? "empty String" : `For input string: "${bare}"`;
    return boundNumber("float", bare, parseJavaDouble, cause);
  }

  /** A boolean that Spring binds. */
  boundBooleanOr(name: string, fallback: boolean): boolean {
    const text = this.params.first(name);
    if (text === undefined || text === "") return fallback;
    const value = SPRING_BOOLEANS.get(text.trim().toLowerCase());
    if (value === undefined) {
      const cause = `Invalid boolean value [${text}]`;
      throw unconvertible("boolean", "java.lang.IllegalArgumentException", cause);
    }
    return value;
  }

  #require(name: string, value: string | undefined): string {
    if (value === undefined || value === "") {
      throw new NacreError("INVALID_PARAM", `Param '${name}' is required.`);
    }
    return javaTrim(this.#recoded(value));
  }

  // Whoever sends `encoding` gets its bytes read again in that charset.
  #recoded(value: string): string {
    const encoding = this.params.first("encoding");
    if (encoding === undefined || encoding === "UTF-8") return value;
    return recode(value, encoding);
  }
}

// What naming wants to know of a request; where it came from is looked up only when asked for.
class Call implements ServiceRequest {
  readonly namespaceId: string;
  readonly serviceName: string;
  readonly #addressOf: () => string;
  readonly #origin: WriteOrigin | undefined;

  constructor(
    namespaceId: string,
    serviceName: string,
    addressOf: () => string,
    origin: WriteOrigin | undefined,
  ) {
    this.namespaceId = namespaceId;
    this.serviceName = serviceName;
    this.#addressOf = addressOf;
    this.#origin = origin;
  }

  get by(): string {
    return this.#origin?.client?.address ?? this.#addressOf();
  }

  get acceptedAs(): Version | undefined {
    return this.#origin?.acceptedAs;
  }
}

const noHeaders: RequestHeaders = {};

const SPRING_BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ...["true", "on", "yes", "1"].map((text) => [text, true] as const),
  ...["false", "off", "no", "0"].map((text) => [text, false] as const),
]);

function isBlank(text: string): boolean {
  return javaTrim(text) === "";
}

/**
 * A grouped name that has both parts.
 *
 * @throws {@link NacreError} `INVALID_PARAM` for any other name.
 */
export function checkedName(name: string): string {
  if (isGroupedName(name)) return name;
  throw new NacreError(
    "INVALID_PARAM",
    "Param 'serviceName' is illegal, it should be format as 'groupName@@serviceName'",
  );
}

/** Whether a text means yes to most endpoints: `1` does not. */
export function isAffirmative(text: string): boolean {
  return /^(true|on|yes|y|t)$/i.test(text);
}

/** Whether a text is `true` in any letter case. */
export function isTrue(text: string): boolean {
  return text.length === 4 && text.toLowerCase() === "true";
}

/**
 * A 32-bit integer in decimal digits.
 *
 * @throws {@link NacreError} `INVALID_PARAM` with the words of Java.
 */
export function intOf(text: string): number {
  const value = parseJavaInt(text);
  if (value === undefined) throw new NacreError("INVALID_PARAM", `For input string: "${text}"`);
  return value;
}

/** The same, or 0 for anything else. */
export function intOrZero(text: string): number {
  return parseJavaInt(text) ?? 0;
}

/**
 * A number as Java's `Double.parseDouble` reads it.
 *
 * @throws {@link NacreError} `INVALID_PARAM` with the words of Java.
 */
export function doubleOf(text: string): number {
  const value = parseJavaDouble(text);
  if (value === undefined) throw new NacreError("INVALID_PARAM", `For input string: "${text}"`);
  return value;
}

// Spring strips all blanks from a number, and complains of what is left.
function dense(text: string): string {
  return text.replaceAll(/\s/g, "");
}

// It takes hexadecimal too.
function parseSpringInt(text: string): number | undefined {
  const hexadecimal = /^(-?)(?:0[xX]|#)([0-9a-fA-F]+)$/.exec(dense(text));
  if (hexadecimal === null) return parseJavaInt(dense(text));
  const value = Number.parseInt(hexadecimal[2] ?? "", 16) * (hexadecimal[1] === "-" ? -1 : 1);
  return value >= -2147483648 && value <= 2147483647 ? value : undefined;
}

function boundNumber(
  type: string,
  text: string,
  parse: (text: string) => number | undefined,
  cause: string,
): number {
  const value = parse(text);
  if (value !== undefined) return value;
  throw unconvertible(type, "java.lang.NumberFormatException", cause);
}

function unconvertible(type: string, exception: string, cause: string): NacreError {
  return new NacreError(
    "UNREADABLE_PARAM",
    "Failed to convert value of type 'java.lang.String' to required type " +
      `'${type}'; nested exception is ${exception}: ${cause}`,
    { cause: new Error(cause) },
  );
}

function recode(value: string, encoding: string): string {
  const bytes = Buffer.from(value, "utf8");
  // What the web calls ISO-8859-1 is another charset.
  if (/^(iso-?8859-1|latin1)$/i.test(encoding)) return bytes.toString("latin1");
  // So is what it calls ASCII.
  if (/^(us-)?ascii$/i.test(encoding)) return value.replaceAll(NOT_ASCII, asciiOf);
  try {
    return new TextDecoder(encoding, { ignoreBOM: true }).decode(bytes);
  } catch (error) {
    // A charset nobody knows changes nothing, as in Nacos.
    if (error instanceof RangeError) return value;
    throw error;
  }
}

const NOT_ASCII = /[\u0080-\uffff]+/g;

// Each byte that is none becomes a mark of its own.
function asciiOf(text: string): string {
  return "\ufffd".repeat(Buffer.byteLength(text));
}
