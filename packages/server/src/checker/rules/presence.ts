import type { Report } from '../finding.ts';

/** The bounds of contract 9. */
const bounds = { online: 1_000, closed: 10_000, lost: 30_000 } as const;

interface User {
  connectedLine: number;
  /** The clients that are connected. */
  connected: Set<string>;
  /** When the user became online or offline, and the time after which everybody must know. */
  changed: { line: number; dueMs: number };
}

interface Watcher {
  line: number;
  isConnected: boolean;
  /** What the client was told about each watched user; null before the first answer. */
  told: Map<string, { online: boolean; line: number } | null>;
}

interface Due {
  dueMs: number;
  watcher: string;
  userId: string;
}

/** Watchers see who is online and who is not, within the bounds (contract 9). */
export class Presence {
  private readonly users = new Map<string, User>();
  private readonly watchers = new Map<string, Watcher>();
  private readonly faults = new Set<string>();
  private faultsEndedMs = 0;
  private due: Due[] = [];

  constructor(
    private readonly report: Report,
    /** Added to each bound. */
    private readonly slackMs: number,
  ) {}

  /** Judges what had to be known before this time. */
  advance({ timeMs: nowMs, line }: Moment): void {
    if (this.due.length === 0 || this.faults.size > 0) return;
    const passed = this.due.filter(({ dueMs }) => dueMs < nowMs);
    if (passed.length === 0) return;
    this.due = this.due.filter(({ dueMs }) => dueMs >= nowMs);
    for (const { watcher, userId } of passed) this.judge(watcher, userId, { timeMs: nowMs, line });
  }

  /** A user whose clients are recorded, and not connected yet. */
  introduce(userId: string, { line, timeMs }: Moment): void {
    const changed = { line, dueMs: timeMs + bounds.lost + this.slackMs };
    if (!this.users.has(userId)) this.users.set(userId, { connectedLine: 0, connected: new Set(), changed });
  }

  connected(client: string, userId: string, { line, timeMs }: Moment): void {
    const user = this.users.get(userId);
    if (!user) return;
    user.connectedLine = line;
    if (user.connected.size === 0) this.change(userId, user, { line, timeMs }, bounds.online);
    user.connected.add(client);
  }

  disconnected(client: string, userId: string, how: 'closed' | 'lost', at: Moment): void {
    const watcher = this.watchers.get(client);
    if (watcher) watcher.isConnected = false;
    const user = this.users.get(userId);
    if (!user?.connected.delete(client) || user.connected.size > 0) return;
    this.change(userId, user, at, bounds[how]);
  }

  watch(client: string, userIds: readonly string[], { line }: Moment): void {
    this.watchers.set(client, { line, isConnected: true, told: new Map(userIds.map((userId) => [userId, null])) });
  }

  tell(client: string, users: readonly { userId: string; online: boolean }[], { line, timeMs }: Moment): void {
    const watcher = this.watchers.get(client);
    if (!watcher?.isConnected) return;
    for (const { userId, online } of users) {
      if (!watcher.told.has(userId)) continue;
      watcher.told.set(userId, { online, line });
      const user = this.users.get(userId);
      if (user && online !== user.connected.size > 0) this.plan(client, userId, Math.max(user.changed.dueMs, timeMs));
    }
  }

  fault(name: string): void {
    this.faults.add(name);
  }

  /** What was due during a fault is due after it, within the longest bound. */
  faultEnded(name: string, timeMs: number): void {
    this.faults.delete(name);
    this.faultsEndedMs = timeMs;
    const dueMs = timeMs + bounds.lost + this.slackMs;
    for (const each of this.due) each.dueMs = Math.max(each.dueMs, dueMs);
  }

  private change(userId: string, user: User, { line, timeMs }: Moment, boundMs: number): void {
    user.changed = { line, dueMs: timeMs + boundMs + this.slackMs };
    for (const client of this.watchers.keys()) this.plan(client, userId, user.changed.dueMs);
  }

  private plan(watcher: string, userId: string, dueMs: number): void {
    if (!this.watchers.get(watcher)?.told.has(userId)) return;
    this.due = this.due.filter((each) => each.watcher !== watcher || each.userId !== userId);
    this.due.push({ dueMs: Math.max(dueMs, this.afterFaults), watcher, userId });
  }

  private get afterFaults(): number {
    return this.faultsEndedMs === 0 ? 0 : this.faultsEndedMs + bounds.lost + this.slackMs;
  }

  private judge(client: string, userId: string, { timeMs: nowMs, line }: Moment): void {
    const watcher = this.watchers.get(client);
    const user = this.users.get(userId);
    const told = watcher?.told.get(userId);
    // Only a watch that was answered is judged.
    if (!watcher?.isConnected || !user || !told) return;
    const isOnline = user.connected.size > 0;
    if (told.online === isOnline || nowMs <= user.changed.dueMs) return;
    const state = (online: boolean) => (online ? 'online' : 'offline');
    const what = `${client} shows ${userId} as ${state(told.online)}, but the user is ${state(isOnline)} since line ${user.changed.line}`;
    this.report('presence-late', what, [watcher.line, told.line, user.connectedLine, user.changed.line, line]);
  }
}

interface Moment {
  line: number;
  timeMs: number;
}
