// Values as the user of the SDK sees them, made fit for a message.

const TEXT_LIMIT = 2000;

// Why a command is refused: a code of the protocol, and words.
export class Refusal extends Error {
  constructor(code, text, definite = true) {
    super(text);
    this.reply = { code, definite, text };
  }
}

// A value raw; what is neither text nor absent is shown as text.
export function raw(value) {
  return value === undefined || value === null || typeof value === "string" ? value : String(value);
}

export function textOf(error) {
  return cut(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
}

// No access token reaches a trace, whatever the SDK writes to its console.
export function cut(whole) {
  const text = whole.replace(/\beyJ[\w-]+\.[\w.-]+/g, "…");
  return text.length > TEXT_LIMIT ? `${text.slice(0, TEXT_LIMIT)}…` : text;
}

// What a program handed to its console, as one line.
export function spoken(parts) {
  return parts.map(readable).join(" ");
}

function readable(part) {
  if (typeof part !== "object" || part === null || part instanceof Error) return `${part}`;
  try {
    return JSON.stringify(part);
  } catch {
    return `${part}`;
  }
}
