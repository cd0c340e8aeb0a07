import type { Flags } from "../arguments.ts";
import { settingNames, settingOf } from "./config.ts";
import { flagOf } from "./setting-values.ts";

/** The flags of `nacre start`: one for each setting, and the file to read. */
export const settingFlags: Flags = {
  config: { type: "string" },
  ...Object.fromEntries(
    settingNames.map((name) => [
      flagOf(name),
      { type: settingOf(name).type === "boolean" ? "boolean" : "string" } as const,
    ]),
  ),
};
