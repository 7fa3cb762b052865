import { describe, expect, it } from "vitest";
import { day, dayIn, elapsed, moment, period, relative, today } from "../src/lib/dates";

const NOON = Date.parse("2026-11-23T12:00:00Z");
const plain = (text: string) => text.replaceAll(/[\u00a0\u2009\u202f]/g, " ");

// The tests run in New York, where the mistakes show.
describe("a civil date", () => {
  it("is the same day everywhere", () => expect(day("en-GB", "2026-11-01")).toBe("1 Nov 2026"));

  it("of today is the reader's own", () => {
    expect(today(Date.parse("2026-11-23T12:00:00Z"))).toBe("2026-11-23");
    expect(today(Date.parse("2026-11-23T02:00:00Z"))).toBe("2026-11-22");
  });

  it.each([
    ["2026-11-23", "today"],
    ["2026-11-24", "tomorrow"],
    ["2026-12-01", "in 8 days"],
    ["2026-09-23", "2 months ago"],
  ])("%s is %s", (date, words) => expect(relative("en", date, NOON)).toBe(words));
});

describe("a moment", () => {
  it("is shown in the reader's own zone", () => {
    expect(day("en-GB", "2026-11-01T02:00:00Z")).toBe("31 Oct 2026");
    expect(moment("en-GB", "2026-11-23T12:00:00Z")).toBe("23 Nov 2026, 07:00");
  });

  it.each([
    ["2026-11-23T12:10:00Z", "in 10 minutes"],
    ["2026-11-23T09:00:00Z", "3 hours ago"],
    ["2026-11-20T12:00:00Z", "3 days ago"],
  ])("%s is %s", (at, words) => expect(relative("en", at, NOON)).toBe(words));
});

describe("a half-open period", () => {
  it("is the civil days of the seller, the last one included", () => {
    const october = ["2026-09-30T22:00:00Z", "2026-10-31T23:00:00Z"] as const;
    expect(plain(period("en-GB", ...october, "Europe/Amsterdam"))).toBe("1 – 31 Oct 2026");
    expect(dayIn("en-GB", october[1], "Europe/Amsterdam")).toBe("1 Nov 2026");
    expect(dayIn("en-GB", "2026-11-01", "Pacific/Pago_Pago")).toBe("1 Nov 2026");
  });

  it("knows how much of it has passed", () => {
    expect(elapsed("2026-11-01T00:00:00Z", "2026-11-11T00:00:00Z", Date.parse("2026-11-06T00:00:00Z"))).toBe(
      0.5,
    );
    expect(elapsed("2026-11-01T00:00:00Z", "2026-11-11T00:00:00Z", Date.parse("2027-01-01T00:00:00Z"))).toBe(
      1,
    );
  });
});

describe("the dates somebody chose", () => {
  it.each([
    ["dots", "01.11.2026", "23.11.2026, 07:00"],
    ["slashes", "01/11/2026", "23/11/2026, 07:00"],
    ["iso", "2026-11-01", "2026-11-23, 07:00"],
  ] as const)("%s hold in every language", (days, civil, at) => {
    expect(day("fr-FR", "2026-11-01", { days })).toBe(civil);
    expect(moment("en-GB", "2026-11-23T12:00:00Z", { days })).toBe(at);
  });

  it("say a period by its first and last day, and one day once", () => {
    const october = ["2026-09-30T22:00:00Z", "2026-10-31T23:00:00Z"] as const;
    expect(period("de-DE", ...october, "Europe/Amsterdam", { days: "iso" })).toBe("2026-10-01 – 2026-10-31");
    const first = ["2026-09-30T22:00:00Z", "2026-10-01T22:00:00Z"] as const;
    expect(period("de-DE", ...first, "Europe/Amsterdam", { days: "iso" })).toBe("2026-10-01");
  });

  it("and the zone move moments, not civil days", () => {
    const chosen = { days: "iso", zone: "Asia/Tokyo" } as const;
    expect(day("en-GB", "2026-11-01T20:00:00Z", chosen)).toBe("2026-11-02");
    expect(day("en-GB", "2026-11-01", chosen)).toBe("2026-11-01");
  });
});
