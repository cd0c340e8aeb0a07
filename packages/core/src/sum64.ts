import { hash } from "node:crypto";

/** A sum of 64 bits in two signed halves, since additions of those are exact and cheap. */
export interface Sum64 {
  readonly high: number;
  readonly low: number;
}

/** The first 64 bits of the MD5 of a text: nobody here has a reason to look for collisions. */
export function sumOfText(text: string): Sum64 {
  const digest = hash("md5", text, "buffer");
  return { high: digest.readInt32BE(0), low: digest.readInt32BE(4) };
}

/** 16 lowercase hexadecimal digits. */
export function formatSum(high: number, low: number): string {
  return digitsOf(high) + digitsOf(low);
}

function digitsOf(half: number): string {
  return (half >>> 0).toString(16).padStart(8, "0");
}
