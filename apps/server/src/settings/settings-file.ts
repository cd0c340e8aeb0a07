import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { NacreError } from "@nacre/core";
import { parseProperties, type Property } from "./properties.ts";
import type { SettingSources } from "./settings.ts";

/** A properties file that has been read. */
export interface SettingsFile {
  /** As it was named, relative to the folder of the process. */
  readonly path: string;
  readonly properties: readonly Property[];
}

/**
 * Reads the file that `--config` or `NACRE_CONFIG` names, else `conf/application.properties` if it
 * exists.
 *
 * @throws {@link NacreError} `START_FAILED` when it cannot be read.
 */
export function readSettingsFile(sources: SettingSources): SettingsFile | undefined {
  const named = sources.flags["config"] ?? sources.environment["NACRE_CONFIG"];
  const isNamed = named !== undefined && named !== "";
  const path = isNamed ? named : join("conf", "application.properties");
  const text = readSmallFile(sources.folder, path, { mayMiss: !isNamed });
  return text === undefined ? undefined : { path, properties: parseProperties(text) };
}

/**
 * Reads a file that people write.
 *
 * @returns `undefined` when the file does not exist and may be missing.
 * @throws {@link NacreError} `START_FAILED` when it cannot be read or is too long.
 */
export function readSmallFile(
  folder: string,
  path: string,
  { mayMiss }: { readonly mayMiss: boolean },
): string | undefined {
  let text: string;
  try {
    text = readFileSync(resolve(folder, path), "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (mayMiss && (code === "ENOENT" || code === "ENOTDIR")) return undefined;
    throw new NacreError("START_FAILED", `cannot read ${path} (${code})`, { cause: error });
  }
  if (text.length > fileLengthMax) {
    throw new NacreError("START_FAILED", `${path} is longer than ${fileLengthMax} characters`);
  }
  return text;
}

const fileLengthMax = 1_048_576;
