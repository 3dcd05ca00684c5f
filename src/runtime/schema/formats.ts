/**
 * String formats. The API server ignores those it doesn't know, and so does this; it knows a few that nobody here uses
 * (isbn, creditcard, ...), which are left out. Source: kube-openapi, validation/strfmt.
 */
type Format = (text: string) => boolean;

const uuid = (version: string, variant: string): Format => {
  const pattern = new RegExp(`^[0-9a-f]{8}-?[0-9a-f]{4}-?${version}-?${variant}-?[0-9a-f]{12}$`, "i");
  return (text) => pattern.test(text);
};
const any4 = "[0-9a-f]{4}";

const isDate: Format = (text) => {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (!parts) return false;
  const [year, month, day] = [Number(parts[1]), Number(parts[2]), Number(parts[3])];
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
};

/** More lenient than RFC 3339, as the server is: any sign may stand before the fraction, and offsets have no bound. */
const isDateTime: Format = (text) => {
  const [date, time] = text.toLowerCase().split("t");
  if (text.length < 4 || date === undefined || time === undefined || !isDate(date)) return false;
  const parts = /^([0-9]{2}):([0-9]{2}):([0-9]{2})([^\n][0-9]+)?(z|([+-][0-9]{2}:[0-9]{2}))$/u.exec(time);
  return parts !== null && (parts[1] ?? "") <= "23" && (parts[2] ?? "") <= "59" && (parts[3] ?? "") <= "59";
};

const formats: ReadonlyMap<string, Format> = new Map<string, Format>([
  ["date", isDate],
  ["datetime", isDateTime],
  ["uuid", uuid(any4, any4)],
  ["uuid3", uuid("3[0-9a-f]{3}", any4)],
  ["uuid4", uuid("4[0-9a-f]{3}", "[89ab][0-9a-f]{3}")],
  ["uuid5", uuid("5[0-9a-f]{3}", "[89ab][0-9a-f]{3}")],
]);

/** The check of a format by its name in a schema, where it is one that is checked. */
export function formatOf(name: string | undefined): Format | undefined {
  return name === undefined ? undefined : formats.get(name.replaceAll("-", ""));
}
