// What a browser calls itself, in the words of reports.

// In order: each of the later ones names those before it too, or is named by them.
const NAMES = [
  ["Firefox", /\bFirefox\/([\d.]+)/],
  ["Edge", /\bEdgA?\/([\d.]+)/],
  ["Chromium", /\b(?:HeadlessChrome|Chrome|Chromium)\/([\d.]+)/],
  ["Safari", /\bVersion\/([\d.]+).*\bSafari\//],
  ["WebKit", /\bAppleWebKit\/([\d.]+)/],
];

// On an iPhone these are not their own engines.
const ON_IOS = { CriOS: "Chrome", EdgiOS: "Edge", FxiOS: "Firefox" };

export function runtimeOf(userAgent) {
  const guest = /\b(CriOS|EdgiOS|FxiOS)\/([\d.]+)/.exec(userAgent);
  if (guest) return `WebKit (${ON_IOS[guest[1]]} ${guest[2]})`;
  for (const [name, pattern] of NAMES) {
    const found = pattern.exec(userAgent);
    if (found) return `${name} ${found[1]}`;
  }
  return userAgent.slice(0, 80);
}
