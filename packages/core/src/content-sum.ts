import type { ValueDatum } from "./datum-copy.ts";
import type { Instance } from "./instance.ts";
import { instanceText } from "./instance-content.ts";
import { formatSum, type Sum64, sumOfText } from "./sum64.ts";

/**
 * Sums up what anybody can see of some instances. The order does not matter, nor do versions: members
 * that serve the same have the same sum.
 *
 * Costs one hash per instance that was not summed before; an instance is a value, so its part is kept.
 *
 * @returns 16 hexadecimal digits; all 0 for no instance
 */
export function instancesSum(instances: readonly Instance[]): string {
  // Added and not combined by exclusive or: one instance listed twice would cancel itself out.
  let high = 0;
  let low = 0;
  for (const instance of instances) {
    const sum = instanceSum(instance);
    high = (high + sum.high) | 0;
    low = (low + sum.low) | 0;
  }
  return formatSum(high, low);
}

const instanceSums = new WeakMap<Instance, Sum64>();

function instanceSum(instance: Instance): Sum64 {
  const known = instanceSums.get(instance);
  if (known !== undefined) return known;
  const sum = sumOfText(instanceText(instance));
  instanceSums.set(instance, sum);
  return sum;
}

/**
 * Sums up a datum of another kind, its version included: there, a later write of the same text is not
 * known until it arrives, and a deletion is known only by its version.
 *
 * @returns 16 hexadecimal digits
 */
export function valueSum({ key, version, text }: ValueDatum): string {
  const { high, low } = sumOfText(JSON.stringify([key, version, text ?? null]));
  return formatSum(high, low);
}
