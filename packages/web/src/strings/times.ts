import { locale, t } from './strings.ts';

const dayMs = 86_400_000;

/** Hours and minutes. */
export function clockTime(atMs: number): string {
  return new Intl.DateTimeFormat(locale(), { timeStyle: 'short' }).format(atMs);
}

/** The whole of it, for whoever asks. */
export function exactTime(atMs: number): string {
  return new Intl.DateTimeFormat(locale(), { dateStyle: 'full', timeStyle: 'medium' }).format(atMs);
}

/** Midnight before this moment, here. */
export function dayOf(atMs: number): number {
  return new Date(atMs).setHours(0, 0, 0, 0);
}

export function dayName(atMs: number, nowMs = Date.now()): string {
  const days = Math.round((dayOf(nowMs) - dayOf(atMs)) / dayMs);
  if (days === 0) return t('today');
  if (days === 1) return t('yesterday');
  const isThisYear = new Date(atMs).getFullYear() === new Date(nowMs).getFullYear();
  const year = isThisYear ? {} : { year: 'numeric' as const };
  return new Intl.DateTimeFormat(locale(), { weekday: 'long', day: 'numeric', month: 'long', ...year }).format(atMs);
}

/** As short as a list needs: the time of today, the weekday of this week, else the date. */
export function shortTime(atMs: number, nowMs = Date.now()): string {
  const days = Math.round((dayOf(nowMs) - dayOf(atMs)) / dayMs);
  if (days === 0) return clockTime(atMs);
  if (days < 7) return new Intl.DateTimeFormat(locale(), { weekday: 'short' }).format(atMs);
  return new Intl.DateTimeFormat(locale(), { day: 'numeric', month: 'short' }).format(atMs);
}
