/** What the settings of `config.ts` say about themselves; the words are those of JSON Schema. */
export type Setting = NumberSetting | BooleanSetting | StringSetting | ListSetting;

/** A value that a setting may have. */
export type SettingValue = number | boolean | string | readonly string[];

/** The value that the setting `S` may have. */
export type ValueOf<S extends Setting> = S extends { readonly enum: readonly (infer Word)[] }
  ? Word
  : S extends { readonly type: "integer" | "number" }
    ? number
    : S extends { readonly type: "boolean" }
      ? boolean
      : S extends { readonly type: "array" }
        ? readonly string[]
        : string;

interface SettingBase {
  /** The heading that help and documents put the setting under. */
  readonly group: string;

  /** Its name in `application.properties`. */
  readonly property: string;

  /** Other names in `application.properties`, for instance of another version of Spring. */
  readonly aliases?: readonly string[];

  /** Environment variables of the official Nacos image that mean this setting. */
  readonly variables?: readonly string[];

  /** One sentence. */
  readonly description: string;
}

/** A number within bounds. */
export interface NumberSetting extends SettingBase {
  readonly type: "integer" | "number";
  readonly default: number;
  readonly minimum: number;
  readonly maximum: number;
}

/** True or false. */
export interface BooleanSetting extends SettingBase {
  readonly type: "boolean";
  readonly default: boolean;
}

/** A text: one of the words of `enum`, or one that `format` describes. */
export interface StringSetting extends SettingBase {
  readonly type: "string";
  readonly default: string;
  readonly enum?: readonly string[];
  readonly format?: "host" | "context-path" | "address" | "path";
}

/** Texts with commas or blanks between them. */
export interface ListSetting extends SettingBase {
  readonly type: "array";
  readonly default: readonly string[];
  readonly format: "address" | "network";
}
