// What a browser calls itself, in the words of reports.

// In order: each of the later ones names those before it too, or is named by them.
const NAMES = [
  ["Firefox", /\b(?:Firefox|FxiOS)\/([\d.]+)/],
  ["Edge", /\bEdgA?\/([\d.]+)/],
  ["Chromium", /\b(?:HeadlessChrome|Chrome|Chromium|CriOS)\/([\d.]+)/],
  ["Safari", /\bVersion\/([\d.]+).*\bSafari\//],
  ["WebKit", /\bAppleWebKit\/([\d.]+)/],
];

export function runtimeOf(userAgent) {
  for (const [name, pattern] of NAMES) {
    const found = pattern.exec(userAgent);
    if (found) return `${name} ${found[1]}`;
  }
  return userAgent.slice(0, 80);
}
