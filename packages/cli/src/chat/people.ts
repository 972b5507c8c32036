import { shownName } from '@parley/protocol';
import type { ParleyClient, User } from '@parley/sdk';

/** Names and presence of people, asked for once each and kept current. */
export class People {
  private readonly known = new Map<string, User>();
  private readonly asked = new Set<string>();

  constructor(
    private readonly client: ParleyClient,
    private readonly changed: () => void,
  ) {}

  /** What to call somebody; until it is known, the start of their id. */
  name(userId: string): string {
    const user = this.known.get(userId);
    if (user) return shownName(user.displayName, user.username);
    const { account } = this.client;
    if (userId === account?.id) return shownName(account.displayName, account.username);
    this.ask(userId);
    return userId.slice(0, 8);
  }

  isOnline(userId: string): boolean {
    return this.known.get(userId)?.online ?? false;
  }

  /** How somebody is called now. Presence is as was told last: a conversation has it as it was when it was loaded. */
  put(user: User): void {
    const online = this.known.get(user.id)?.online ?? user.online;
    this.known.set(user.id, { ...user, online });
  }

  setOnline(userId: string, online: boolean): void {
    const user = this.known.get(userId);
    if (user) this.known.set(userId, { ...user, online });
  }

  private ask(userId: string): void {
    if (this.asked.has(userId)) return;
    this.asked.add(userId);
    this.client.call('getUser', { userId }).then(
      (user) => {
        this.known.set(userId, user);
        this.changed();
      },
      // Somebody who is no more keeps the start of their id for a name; others are asked for again when next shown.
      () => this.asked.delete(userId),
    );
  }
}
