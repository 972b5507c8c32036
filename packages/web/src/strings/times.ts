import { locale, t } from './strings.ts';

const dayMs = 86_400_000;

/** Creating a formatter takes longer than all that a view formats with it. */
const formatters = new Map<string, Intl.DateTimeFormat>();

function format(atMs: number, options: Intl.DateTimeFormatOptions): string {
  const key = `${locale()} ${JSON.stringify(options)}`;
  const formatter = formatters.get(key) ?? new Intl.DateTimeFormat(locale(), options);
  formatters.set(key, formatter);
  return formatter.format(atMs);
}

/** Hours and minutes. */
export function clockTime(atMs: number): string {
  return format(atMs, { timeStyle: 'short' });
}

/** The full date and time, for tooltips. */
export function exactTime(atMs: number): string {
  return format(atMs, { dateStyle: 'full', timeStyle: 'medium' });
}

/** The date in few characters. */
export function shortDate(atMs: number): string {
  return format(atMs, { dateStyle: 'medium' });
}

/** The date with its weekday and year. */
export function fullDay(atMs: number): string {
  return format(atMs, { dateStyle: 'full' });
}

/** The last midnight before a moment, in local time. */
export function dayOf(atMs: number): number {
  return new Date(atMs).setHours(0, 0, 0, 0);
}

export function dayName(atMs: number, nowMs: number): string {
  const days = Math.round((dayOf(nowMs) - dayOf(atMs)) / dayMs);
  if (days === 0) return t('today');
  if (days === 1) return t('yesterday');
  const isThisYear = new Date(atMs).getFullYear() === new Date(nowMs).getFullYear();
  const year = isThisYear ? {} : { year: 'numeric' as const };
  return format(atMs, { weekday: 'long', day: 'numeric', month: 'long', ...year });
}

/** Short enough for a list: the time of today, the weekday of the last week, or else the date. */
export function shortTime(atMs: number, nowMs: number): string {
  const days = Math.round((dayOf(nowMs) - dayOf(atMs)) / dayMs);
  if (days === 0) return clockTime(atMs);
  if (days < 7) return format(atMs, { weekday: 'short' });
  return format(atMs, { day: 'numeric', month: 'short' });
}
