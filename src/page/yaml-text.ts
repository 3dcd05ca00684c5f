/** JSON values as YAML, in block style. Strings that YAML could read as something else are quoted. */

/** The YAML of a value, with a line break at its end. */
export function yamlText(value: unknown): string {
  if (isCollection(value)) return `${block(value, "").join("\n")}\n`;
  return `${scalar(value, "")}\n`;
}

function isCollection(value: unknown): value is object {
  return typeof value === "object" && value !== null && Object.keys(value).length > 0;
}

/** The lines of a map or list that is not empty. */
function block(value: object, indent: string): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => listItem(item, indent));
  return Object.entries(value).flatMap(([key, item]) => {
    const name = `${indent}${isPlain(key) ? key : JSON.stringify(key)}:`;
    if (!isCollection(item)) return [`${name} ${scalar(item, `${indent}  `)}`];
    return [name, ...block(item, Array.isArray(item) ? indent : `${indent}  `)];
  });
}

function listItem(item: unknown, indent: string): string[] {
  if (!isCollection(item)) return [`${indent}- ${scalar(item, `${indent}  `)}`];
  const [first = "", ...rest] = block(item, `${indent}  `);
  return [`${indent}- ${first.slice(indent.length + 2)}`, ...rest];
}

function scalar(value: unknown, indent: string): string {
  if (typeof value !== "string") return JSON.stringify(value);
  if (canBeLiteral(value)) return literal(value, indent);
  return isPlain(value) ? value : JSON.stringify(value).replaceAll(/[\u007f-\u009f\u2028\u2029\ufeff]/g, escaped);
}

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;

/** Text of several lines that a literal block holds unchanged. */
function canBeLiteral(text: string): boolean {
  return (
    /[^\n]\n/.test(text) &&
    !/^[ \n]/.test(text) &&
    !/[^\n\t\u0020-\u007e\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]/u.test(text)
  );
}

function literal(text: string, indent: string): string {
  const body = text.replace(/\n+$/, "");
  const breaks = text.length - body.length;
  const lines = [...body.split("\n"), ...Array.from({ length: Math.max(0, breaks - 1) }, () => "")];
  const chomping = breaks === 0 ? "-" : breaks === 1 ? "" : "+";
  return [`|${chomping}`, ...lines.map((line) => (line === "" ? "" : `${indent}${line}`))].join("\n");
}

/** Whether a string needs no quotes: words that are no number, date, boolean or null to any reader of YAML. */
function isPlain(text: string): boolean {
  return (
    /^[A-Za-z_/][-A-Za-z0-9_./@+ ]*$/.test(text) &&
    !text.endsWith(" ") &&
    !/^(y|n|yes|no|on|off|true|false|null|nan|inf)$/i.test(text)
  );
}
