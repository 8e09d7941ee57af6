// Times come in UTC, readable as they are. Here they turn into the reader's own zone and words:
// "today 14:05, 3 minutes ago".
// The British forms of English, as the server writes them: day before month by name, 24 hours.
const language = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang || undefined;
const hours = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
const clock = new Intl.DateTimeFormat(language, hours);
const zoned = new Intl.DateTimeFormat(language, { ...hours, timeZoneName: "short" });
const date = new Intl.DateTimeFormat(language, { day: "numeric", month: "short", year: "numeric" });
const longDate = new Intl.DateTimeFormat(language, { day: "numeric", month: "long", year: "numeric" });
const whole = new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "long" });
const ago = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export function localTimes() {
  const times = [...document.querySelectorAll("time[data-time]")];
  const tell = () => times.forEach(render);
  if (times.length) tell();
  if (times.some((time) => time.dataset.time === "moment")) setInterval(tell, 30_000);
  for (const zone of document.querySelectorAll("[data-zone]")) {
    zone.textContent = zone.dataset.zone.replace("{zone}", zoneName());
  }
}

// The times within a part that came later.
export function showTimes(part) {
  part.querySelectorAll("time[data-time]").forEach(render);
}

function render(element) {
  const at = new Date(element.dateTime);
  if (Number.isNaN(at.valueOf())) return;
  element.title = whole.format(at);
  if (element.dataset.time === "clock") element.textContent = zoned.format(at);
  else if (element.dataset.time === "day") element.textContent = longDate.format(at);
  else element.textContent = momentText(at, new Date());
}

function momentText(at, now) {
  const seconds = (at - now) / 1000;
  const days = Math.round((midnight(at) - midnight(now)) / (DAY * 1000));
  const when = Math.abs(days) <= 1 ? `${ago.format(days, "day")} ${clock.format(at)}` : `${date.format(at)}, ${clock.format(at)}`;
  const relative = distance(seconds);
  return relative ? `${when}${language?.startsWith("zh") ? "，" : ", "}${relative}` : when;
}

function distance(seconds) {
  const size = Math.abs(seconds);
  if (size < MINUTE) return ago.format(0, "second");
  if (size < HOUR) return ago.format(Math.trunc(seconds / MINUTE), "minute");
  if (size < DAY) return ago.format(Math.trunc(seconds / HOUR), "hour");
  if (size < 30 * DAY && size >= 2 * DAY) return ago.format(Math.trunc(seconds / DAY), "day");
  return "";
}

function midnight(moment) {
  return new Date(moment.getFullYear(), moment.getMonth(), moment.getDate());
}

function zoneName() {
  const parts = new Intl.DateTimeFormat(language, { timeZoneName: "long" }).formatToParts(new Date());
  return parts.find((part) => part.type === "timeZoneName")?.value ?? "UTC";
}
