import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { SimTranscript } from "../kit/sim-transcript.ts";

// Goal: what members say to each other can be read, and a change of it shows in a diff. Each `.txt` holds
// commands, each followed by the messages that flowed. `UPDATE=1 npx vitest run test/scenarios` writes
// them anew.
const folder = new URL(".", import.meta.url);
const names = readdirSync(folder).filter((name) => name.endsWith(".txt"));
const RULE = "----";

describe("transcripts", () => {
  it.each(names)("%s is what happens", async (name) => {
    const url = new URL(name, folder);
    const text = readFileSync(url, "utf8");
    const played = await play(text);
    const isUpdate = process.env["UPDATE"] === "1";
    if (isUpdate) writeFileSync(url, played);
    expect(played).toBe(isUpdate ? played : text);
  });
});

// Paragraphs: a remark begins with `#`, everything else is commands, a rule, and what was seen.
async function play(text: string): Promise<string> {
  const paragraphs = text.trim().split(/\n\n+/);
  const headers = new Map(
    paragraphs
      .flatMap((paragraph) => paragraph.split("\n"))
      .filter((line) => /^(members|clients) /.test(line))
      .map((line) => [line.split(" ")[0], line.split(" ").slice(1)] as const),
  );
  const transcript = new SimTranscript(headers.get("clients") ?? [], headers.get("members") ?? []);
  const played: string[] = [];
  for (const paragraph of paragraphs) played.push(await playParagraph(paragraph, transcript));
  return `${played.join("\n\n")}\n`;
}

async function playParagraph(paragraph: string, transcript: SimTranscript): Promise<string> {
  if (paragraph.startsWith("#") || /^(members|clients) /.test(paragraph)) return paragraph;
  const commands = paragraph.split(`\n${RULE}`)[0]?.split("\n") ?? [];
  const seen: string[] = [];
  for (const command of commands) seen.push(...(await transcript.run(command)));
  return [...commands, ...(seen.length === 0 ? [] : [RULE, ...seen])].join("\n");
}
