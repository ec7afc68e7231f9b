import { expect, it } from "vitest";
import { oneLine, shown } from "./shown";

it.each([
  ["acc\u202eurate", "acc[U+202E]urate"],
  ["\u2066a\u2069\u200f", "[U+2066]a[U+2069][U+200F]"],
  ["ba\u200bse\u200cline\u200d", "ba[U+200B]se[U+200C]line[U+200D]"],
  ["\ufeffname", "[U+FEFF]name"],
  ["pass\u00adword", "pass[U+00AD]word"],
  ["a\u0000\u001b[31m\u007f\u0085b", "a[U+0000][U+001B][31m[U+007F][U+0085]b"],
  ["a\u2028b\u3164\u115fc\ufe0f\ud800", "a[U+2028]b[U+3164][U+115F]c[U+FE0F][U+D800]"],
  ["tags \u{e0041}\u{e0042}", "tags [U+E0041][U+E0042]"],
  ["1\u200d\u{1f525}", "1[U+200D]\u{1f525}"],
])("writes out what has no shape: %j", (text, seen) => expect(shown(text)).toBe(seen));

it.each([
  "plain, näme – «☃» 5 % 1\u202f000 漢字 한국어 ひらがな",
  "עברית and العربية ۝",
  "👩‍💻 👩🏽‍🚀 ❤️ 1️⃣ 🏳️‍🌈 🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
  "می‌خواهم क्‍ष",
  "two\nlines\tand a tab\r\n",
])("leaves what belongs where it stands: %s", (text) => expect(shown(text)).toBe(text));

it("shows in one line what would be lost there", () => {
  expect(oneLine("a\nb\r\nc\td")).toBe("a↵b↵c⇥d");
  expect(oneLine(" run  1 ")).toBe("␣run␣␣1␣");
  expect(oneLine("run 1")).toBe("run 1");
});
