import { type SettingName, settingNames, settingOf } from "./settings/config.ts";
import { flagOf, formatValue } from "./settings/setting-values.ts";

/** What `nacre` prints when it is asked nothing. */
export const generalHelp = `nacre: a service registry that speaks the naming protocol of Nacos 1.4.1

Usage: nacre COMMAND [flags]

Commands:
  start                     runs a member
  config                    prints the settings in force as a properties file, and where each
                            comes from; takes the flags of start
  why SERVICE [IP:PORT]     tells why the instances of a service came and went
  members                   shows the members, and whether they agree
  diff PEER                 shows in what a member and a peer differ
  leave                     makes a member hand over and stop
  help [COMMAND]            explains a command
  version                   prints the version

Settings come from flags, NACRE_* variables of the environment and application.properties;
\`nacre help start\` lists them.`;

/** What `nacre help start` prints. */
export function startHelp(): string {
  return [
    "Usage: nacre start [flags]",
    "",
    "Runs a member until SIGTERM or SIGINT. What is set later wins: default, file, environment, flag.",
    "",
    ...entry(
      "--config FILE",
      "Properties file to read, as Nacos has it; else the one that NACRE_CONFIG names, else " +
        "conf/application.properties if there is one.",
    ),
    ...settingLines(),
  ].join("\n");
}

/** What `nacre help config` prints. */
export const configHelp = `Usage: nacre config [flags of start]

Prints the settings in force as a properties file: what each is for, what is allowed, and where
the value comes from. The output can be given back with --config. Nothing is started, but what
would stop a start stops this command too.`;

/** What `nacre help why` prints. */
export const whyHelp = `Usage: nacre why SERVICE [IP:PORT] [flags]

Tells what a member remembers of the instances of a service, or of one of them: when it was
registered, why it lost its health, who removed it. SERVICE is a name, or GROUP@@NAME.

  --namespace ID   The namespace of the service.
                   Default: public
  --server URL     The member to ask.
                   Default: http://127.0.0.1:8848
  --from TIME      Only changes since then: an age such as 15m, an ISO time, or epoch
                   milliseconds.
  --json           Prints the entries as JSON.

Exit code 1 when nothing is found.`;

/** What `nacre help members` prints. */
export const membersHelp = `Usage: nacre members [flags]

Shows the members as one of them sees them; a star marks that one. Below the table stands what is
wrong, if anything is.

  --server URL     The member to ask.
                   Default: http://127.0.0.1:8848
  --json           Prints the answer of GET /nacre/v1/convergence.

Exit code 1 when a member is not UP, does not serve, is ill, or disagrees for more than two rounds
of comparison (of 5 s each), or when the member cannot be asked.`;

/** What `nacre help diff` prints. */
export const diffHelp = `Usage: nacre diff PEER [flags]

Shows which keys differ between a member and its peer PEER (an address as in nacre members), and for
the first 20 how their lists of that service differ: "here" is the member that is asked. Lists show
no disabled instances.

  --server URL     The member to ask; it and PEER must be reachable from here.
                   Default: http://127.0.0.1:8848
  --json           Prints the same as JSON.

Exit code 0 when the last comparison found no difference. A few keys differ at any moment where
there are writes: they are on their way.`;

/** What `nacre help leave` prints. */
export const leaveHelp = `Usage: nacre leave [flags]

Makes a member hand over to its peers and stop, as SIGTERM does. It answers at once and is gone
within 2 s. Only its own machine, other members, and calls with the server identity may ask for it;
the identity is taken from the variables of the environment that a member reads.

  --server URL     The member that shall leave.
                   Default: http://127.0.0.1:8848`;

/** Puts line breaks into `text` so that no line is longer than `width`. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

const widthMax = 90;

function settingLines(): readonly string[] {
  const lines: string[] = [];
  let group = "";
  for (const name of settingNames) {
    const setting = settingOf(name);
    if (setting.group !== group) {
      group = setting.group;
      lines.push("", `${group}:`);
    }
    lines.push(...entry(flagUsage(name), `${setting.description} ${facts(name)}`));
  }
  return lines;
}

function flagUsage(name: SettingName): string {
  const setting = settingOf(name);
  if (setting.type === "boolean") {
    return setting.default ? `--no-${flagOf(name)}` : `--${flagOf(name)}`;
  }
  const words = setting.type === "string" ? setting.enum?.join("|") : undefined;
  return `--${flagOf(name)} ${words ?? metavariable(name)}`;
}

function metavariable(name: SettingName): string {
  const setting = settingOf(name);
  if (name.endsWith("Ms")) return "MS";
  if (name.endsWith("Bytes")) return "BYTES";
  if ("format" in setting && setting.format !== undefined) {
    const address = setting.type === "array" ? "A:P,B:P" : "A:P";
    const words = {
      host: "HOST",
      "context-path": "PATH",
      path: "PATH",
      network: "IP,...",
      address,
    };
    return words[setting.format];
  }
  return "N";
}

function facts(name: SettingName): string {
  const setting = settingOf(name);
  const shown = formatValue(setting.default);
  const byDefault = `Default: ${shown === "" ? "none" : shown}`;
  return setting.type === "integer" || setting.type === "number"
    ? `${byDefault}; ${setting.minimum} to ${setting.maximum}.`
    : `${byDefault}.`;
}

function entry(usage: string, text: string): readonly string[] {
  return [`  ${usage}`, ...wrap(text, widthMax - 6).map((line) => `      ${line}`)];
}
