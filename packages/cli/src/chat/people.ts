import { markedName, shownName } from '@parley/protocol';
import type { ParleyClient, User } from '@parley/sdk';

/** Names of people, which are requested together when they are first shown, and presence. */
export class People {
  private readonly online = new Map<string, boolean>();
  private readonly wanted = new Set<string>();

  constructor(private readonly client: Pick<ParleyClient, 'people'>) {}

  /** A user's name, marked if it mixes scripts; the first characters of the id until the name is known. */
  name(userId: string): string {
    const person = this.client.people.get(userId);
    if (person) return markedName(shownName(person.displayName, person.username), 'en');
    this.want(userId);
    return userId.slice(0, 8);
  }

  isOnline(userId: string): boolean {
    return this.online.get(userId) ?? false;
  }

  /** Adds the presence in a conversation's data, unless a presence is known: the data is from when it was loaded. */
  meet(user: User): void {
    if (!this.online.has(user.id)) this.online.set(user.id, user.online);
  }

  setOnline(userId: string, online: boolean): void {
    this.online.set(userId, online);
  }

  private want(userId: string): void {
    if (this.wanted.size === 0) queueMicrotask(() => this.ask());
    this.wanted.add(userId);
  }

  private ask(): void {
    const userIds = [...this.wanted];
    this.wanted.clear();
    // Names that are found arrive as an event; others are requested again when they are next shown.
    this.client.people.find(userIds).catch(() => undefined);
  }
}
