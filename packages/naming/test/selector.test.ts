import { labelSelector, noSelector } from "@nacre/naming";
import { describe, expect, it } from "vitest";

describe("labelSelector", () => {
  it.each([
    ["CONSUMER.label.A = PROVIDER.label.A", ["A"]],
    ["CONSUMER.label.A=PROVIDER.label.A", ["A"]],
    ["CONSUMER.label.A = PROVIDER.label.A & CONSUMER.label.B = PROVIDER.label.B", ["A", "B"]],
    ["CONSUMER.label.A=PROVIDER.label.A&CONSUMER.label.A=PROVIDER.label.A", ["A"]],
    [" CONSUMER.label.A\t= PROVIDER.label.A\n", ["A"]],
    ["", []],
    ["  ", []],
  ])("reads %j", (expression, labels) => {
    expect(labelSelector(expression)).toEqual({ type: "label", expression, labels });
  });

  it.each([
    "A = B",
    "CONSUMER.label.A",
    "CONSUMER.label.A = PROVIDER.label.B",
    "PROVIDER.label.A = CONSUMER.label.A",
    "CONSUMER.label. = PROVIDER.label.",
    "CONSUMER.label.A = PROVIDER.label.A = PROVIDER.label.A",
    "CONSUMER.label.A = PROVIDER.label.A &",
    "CONSUMER.label.A = PROVIDER.label.A | CONSUMER.label.B = PROVIDER.label.B",
    "xCONSUMER.label.A = PROVIDER.label.A",
  ])("refuses %j", (expression) => {
    expect(() => labelSelector(expression)).toThrow(
      expect.objectContaining({ code: "INVALID_SELECTOR", message: "parse expression failed!" }),
    );
  });
});

describe("noSelector", () => {
  it("selects by nothing", () => {
    expect(noSelector).toEqual({ type: "none" });
  });
});
