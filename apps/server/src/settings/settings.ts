import type { Config, SettingName } from "./config.ts";
import type { MemberSource } from "./member-source.ts";

/** Where the value of a setting comes from. */
export type Origin =
  | { readonly kind: "default" }
  | { readonly kind: "file"; readonly path: string; readonly line: number }
  | { readonly kind: "environment"; readonly name: string }
  | { readonly kind: "flag"; readonly name: string };

/** Something about the settings that the log shall say once. */
export interface Notice {
  readonly level: "info" | "warn";
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** The settings in force. */
export interface Settings {
  readonly config: Config;
  readonly origins: Readonly<Record<SettingName, Origin>>;
  readonly notices: readonly Notice[];

  /** Where the list of members comes from. */
  readonly memberSource: MemberSource;
}

/** Where settings come from. */
export interface SettingSources {
  /** What the command line gives, by the names of flags without dashes; `config` is the file. */
  readonly flags: Readonly<Record<string, string>>;
  readonly environment: Readonly<Record<string, string | undefined>>;

  /** The folder that relative paths start from. */
  readonly folder: string;
}

/** Says in words where a value comes from. */
export function formatOrigin(origin: Origin): string {
  switch (origin.kind) {
    case "default":
      return "default";
    case "file":
      return `file ${origin.path}:${origin.line}`;
    case "environment":
      return `environment ${origin.name}`;
    case "flag":
      return `flag --${origin.name}`;
  }
}
