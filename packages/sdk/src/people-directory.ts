import { type InputOf, limits, type User, type UserId } from '@parley/protocol';
import type { HttpApi } from './http.ts';
import { Disconnected, ParleyError } from './parley-error.ts';

/** The names of one person. */
export interface Person {
  id: UserId;
  username: string;
  displayName: string;
  /** The server's version of these names. A look-up that carries it is answered only if they have changed. */
  version?: string | undefined;
}

/**
 * The names of people. Entries carry only ids; names are looked up in batches, with the versions that are known, so
 * that the answer contains only changes. Watched people are looked up when the watch begins on each connection; after
 * that the server pushes changes.
 */
export class PeopleDirectory {
  private readonly known = new Map<UserId, Person>();
  /** People whose changes the server pushes, and who were looked up since then. */
  private readonly current = new Set<UserId>();
  /** People who were looked up on this connection and not found. */
  private readonly absent = new Set<UserId>();

  /** @param changed called with people whose names or versions changed or became known. */
  constructor(
    private readonly api: Pick<HttpApi, 'call'>,
    private readonly changed: (people: readonly Person[]) => void,
    private readonly reportFailure: (error: unknown) => void,
  ) {}

  /** The last known names; undefined if unknown. */
  get(userId: UserId): Person | undefined {
    return this.known.get(userId);
  }

  /** Takes in names from elsewhere, for example from the caller's own store. */
  learn(people: readonly Person[]): void {
    const news = people.flatMap((person): Person[] => {
      const { id, username, displayName, version } = person;
      const known = this.known.get(id);
      const isSame =
        known?.username === username &&
        known.displayName === displayName &&
        known.version === (version ?? known.version);
      // Keeps fields that a later version of the server added.
      return isSame ? [] : [{ ...person, version }];
    });
    for (const person of news) this.known.set(person.id, person);
    if (news.length > 0) this.changed(news);
  }

  /** The names of these people; looks up those that are unknown. Without a connection, only those that are known. */
  async find(userIds: readonly UserId[]): Promise<Person[]> {
    const unknown = userIds.filter((userId) => !this.known.has(userId) && !this.absent.has(userId));
    try {
      await this.lookUpAll(unknown);
      for (const userId of unknown) if (!this.known.has(userId)) this.absent.add(userId);
    } catch (error) {
      if (!(error instanceof Disconnected)) throw error;
    }
    return userIds.flatMap((userId) => this.known.get(userId) ?? []);
  }

  /** Looks up which of these people's names have changed. */
  async refresh(userIds: readonly UserId[]): Promise<void> {
    await this.lookUpAll(userIds);
  }

  /** From now on the server pushes changes of exactly these people; earlier changes are looked up. */
  watched(userIds: readonly UserId[]): void {
    const wanted = new Set(userIds);
    const added = userIds.filter((userId) => !this.current.has(userId));
    for (const userId of this.current) if (!wanted.has(userId)) this.current.delete(userId);
    for (const userId of added) this.current.add(userId);
    this.lookUpAll(added).catch((error: unknown) => {
      for (const userId of added) this.current.delete(userId);
      this.report(error);
    });
  }

  /** On a new connection the server does not push changes yet. */
  disconnected(): void {
    this.current.clear();
    this.absent.clear();
  }

  renamed(userId: UserId, displayName: string): void {
    const known = this.known.get(userId);
    if (known) this.learn([{ id: userId, username: known.username, displayName }]);
    else this.lookUpAll([userId]).catch((error: unknown) => this.report(error));
  }

  clear(): void {
    this.known.clear();
    this.disconnected();
  }

  /** A failure for lack of a connection is not reported: the next connection looks up again. */
  private report(error: unknown): void {
    if (!(error instanceof Disconnected)) this.reportFailure(error);
  }

  private async lookUpAll(userIds: readonly UserId[]): Promise<void> {
    for (let from = 0; from < userIds.length; from += limits.usersPerLookup) {
      const page = userIds.slice(from, from + limits.usersPerLookup);
      const versions = page.map((userId) => this.known.get(userId)?.version ?? null);
      this.learn(await this.lookUp({ userIds: page, versions }));
    }
  }

  private async lookUp(wanted: InputOf<'lookUpUsers'>): Promise<User[]> {
    try {
      return (await this.api.call('lookUpUsers', wanted)).users;
    } catch (error) {
      // A server of an earlier version does not have this operation.
      if (error instanceof ParleyError && error.code === 'not_found') return [];
      throw error;
    }
  }
}
