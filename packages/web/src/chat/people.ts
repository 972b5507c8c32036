import type { UserId } from '@parley/protocol';
import type { Person } from '@parley/sdk';
import { personName } from '../strings/person-name.ts';
import { t } from '../strings/strings.ts';

/** The people whose names this tab knows. Requests those that it does not. */
export class People {
  private readonly known = new Map<UserId, Person>();
  private readonly wanted = new Set<UserId>();
  private readonly asked = new Set<UserId>();

  /**
   * @param find requests people.
   * @param changed is called when requested people have arrived.
   */
  constructor(
    private readonly find: (userIds: UserId[]) => Promise<Person[]>,
    private readonly changed: () => void,
  ) {}

  get(userId: UserId): Person | undefined {
    return this.known.get(userId);
  }

  take(people: readonly Person[]): void {
    for (const person of people) this.known.set(person.id, person);
  }

  /** A person's name; null while it is not known. It is requested then. */
  nameOf(userId: UserId): string | null {
    const known = this.known.get(userId);
    if (known) return personName(known);
    if (!this.asked.has(userId)) this.want(userId);
    return null;
  }

  /** A person's name, or a text in place of a name that is not known. */
  shownNameOf(userId: UserId): string {
    return this.nameOf(userId) ?? t('unknownPerson');
  }

  clear(): void {
    this.known.clear();
    this.asked.clear();
  }

  private want(userId: UserId): void {
    if (this.wanted.size === 0) queueMicrotask(() => void this.request());
    this.wanted.add(userId);
    this.asked.add(userId);
  }

  private async request(): Promise<void> {
    const userIds = [...this.wanted];
    this.wanted.clear();
    const found = await this.find(userIds).catch(() => []);
    this.take(found);
    // People who were not found are requested again when a view next needs them.
    for (const userId of userIds) if (!this.known.has(userId)) this.asked.delete(userId);
    if (found.length > 0) this.changed();
  }
}
