import {
  type DatumCopy,
  type InstanceCopy,
  isDatumKey,
  isLegalServiceName,
  type Millis,
  NacreError,
  parseDatumKey,
} from "@nacre/core";
import { nullPointer } from "../error-reply.ts";
import { parseJsonOfTexts } from "../flat-json.ts";
import { InstanceReader } from "./instance-reader.ts";
import { boundList, boundObject, boundText, jsonParseError, readJson } from "./jackson.ts";

/** Data that were read, and what could not be. */
export interface ReadData {
  /** With versions of 0: older than anything that a Nacre member wrote. */
  readonly data: readonly DatumCopy[];

  /** How many data or instances were left out. */
  readonly droppedCount: number;

  /** Why the first of the data was left out for which Nacos fails the whole request. */
  readonly firstError: NacreError | undefined;
}

/**
 * Reads data as Java members exchange them, the way Jackson binds them (`distro.md` 1.3), with the
 * cures of section 11: what is wrong costs its datum or its instance, not the others. Keys of other
 * kinds are skipped as in Nacos.
 *
 * @throws {@link NacreError} `UNREADABLE_PARAM` when it is no JSON object.
 */
export function readData(text: string, epochMs: Millis): ReadData {
  const entries = Object.entries(boundObject(readJson(text), "java.util.LinkedHashMap"));
  const data: DatumCopy[] = [];
  let droppedCount = 0;
  let firstError: NacreError | undefined;
  // Read once more, and only where a number stands for a text: it keeps its letters then.
  let texts: unknown;
  for (const [name, datum] of entries) {
    const reader = new InstanceReader(epochMs, (index) => {
      texts ??= withTexts(text);
      return at(at(at(at(texts, name), "value"), "instanceList"), index);
    });
    try {
      const copy = datumOf(datum, reader);
      if (copy !== undefined) data.push(copy);
    } catch (error) {
      if (!(error instanceof NacreError)) throw error;
      firstError ??= error;
      droppedCount++;
    }
    droppedCount += reader.droppedCount;
  }
  return { data, droppedCount, firstError };
}

// `undefined` for what is silently skipped.
function datumOf(value: unknown, reader: InstanceReader): DatumCopy | undefined {
  if (value === null) throw nullPointer();
  const { key: givenKey, value: instances } = boundObject(value, DATUM);
  // The key inside counts, not the one in front.
  const key = boundText(givenKey ?? null);
  if (key === null) throw nullPointer();
  if (!key.startsWith(EPHEMERAL)) return undefined;
  if (!isDatumKey(key))
    throw new NacreError("UNREADABLE_PARAM", "Index 1 out of bounds for length 1");
  const { groupedServiceName } = parseDatumKey(key);
  if (!isLegalServiceName(groupedServiceName)) {
    throw new NacreError(
      "INVALID_NAME",
      `dom name can only have these characters: 0-9a-zA-Z-._:, current: ${groupedServiceName}`,
    );
  }
  const list = instances === null || instances === undefined ? null : listOf(instances);
  // In Nacos such a datum stops the verification of the whole member.
  if (list === null) {
    reader.droppedCount++;
    return undefined;
  }
  return { key, instances: instancesOf(list, reader), gone: [] };
}

function listOf(instances: unknown): readonly unknown[] | null {
  const { instanceList = [] } = boundObject(instances, INSTANCES);
  return instanceList === null ? null : boundList(instanceList, "java.util.ArrayList");
}

function instancesOf(list: readonly unknown[], reader: InstanceReader): readonly InstanceCopy[] {
  const copies: InstanceCopy[] = [];
  for (const [index, value] of list.entries()) {
    const copy = reader.read(value, index);
    if (copy === undefined) reader.droppedCount++;
    else copies.push(copy);
  }
  return copies;
}

function withTexts(text: string): unknown {
  try {
    return parseJsonOfTexts(text);
  } catch (error) {
    // A text of many megabytes is too long for the pattern that looks for numbers.
    if (error instanceof RangeError) throw jsonParseError(error.message);
    throw error;
  }
}

const EPHEMERAL = "com.alibaba.nacos.naming.iplist.ephemeral.";
const DATUM = "com.alibaba.nacos.naming.consistency.Datum";
const INSTANCES = "com.alibaba.nacos.naming.core.Instances";

function at(value: unknown, key: string | number): unknown {
  return typeof value === "object" && value !== null
    ? (value as Readonly<Record<string | number, unknown>>)[key]
    : undefined;
}
