import { type InputOf, limits, type User, type UserId } from '@parley/protocol';
import type { HttpApi } from './http.ts';
import { Disconnected, ParleyError } from './parley-error.ts';

/** Somebody's names. */
export interface Person {
  id: UserId;
  username: string;
  displayName: string;
  /** Of these names, as the server gave it: with it, it answers only when they have changed. */
  version?: string | undefined;
}

/**
 * How people are called. Entries carry ids alone: names are asked for, many at once, and those that are known with
 * their version, so that the answer has what changed. Whoever is watched is asked for when that begins, on each
 * connection; from then on the server tells.
 */
export class People {
  private readonly known = new Map<UserId, Person>();
  /** Those whose changes the server tells, and who were asked for since it does. */
  private readonly current = new Set<UserId>();

  /** Asked for on this connection, and not found. */
  private readonly absent = new Set<UserId>();

  /** @param changed told of everybody whose names, or their version, are others than were known here. */
  constructor(
    private readonly api: Pick<HttpApi, 'call'>,
    private readonly changed: (people: readonly Person[]) => void,
    private readonly reportFailure: (error: unknown) => void,
  ) {}

  /** As last known; undefined until somebody is found. */
  get(userId: UserId): Person | undefined {
    return this.known.get(userId);
  }

  /** Takes in names that came another way, from a store of one's own for example. */
  learn(people: readonly Person[]): void {
    const news = people.flatMap(({ id, username, displayName, version }): Person[] => {
      const known = this.known.get(id);
      const isSame =
        known?.username === username &&
        known.displayName === displayName &&
        known.version === (version ?? known.version);
      return isSame ? [] : [{ id, username, displayName, version }];
    });
    for (const person of news) this.known.set(person.id, person);
    if (news.length > 0) this.changed(news);
  }

  /** The people among these whose names are known, or found now; without a connection those who are known. */
  async find(userIds: readonly UserId[]): Promise<Person[]> {
    const unknown = userIds.filter((userId) => !this.known.has(userId) && !this.absent.has(userId));
    try {
      await this.ask(unknown);
      for (const userId of unknown) if (!this.known.has(userId)) this.absent.add(userId);
    } catch (error) {
      if (!(error instanceof Disconnected)) throw error;
    }
    return userIds.flatMap((userId) => this.known.get(userId) ?? []);
  }

  /** Asks for changes of these people's names. */
  async refresh(userIds: readonly UserId[]): Promise<void> {
    await this.ask(userIds);
  }

  /** The server tells changes of these people from now on, and of nobody else: what changed before is asked for. */
  watched(userIds: readonly UserId[]): void {
    const wanted = new Set(userIds);
    const added = userIds.filter((userId) => !this.current.has(userId));
    for (const userId of this.current) if (!wanted.has(userId)) this.current.delete(userId);
    for (const userId of added) this.current.add(userId);
    this.ask(added).catch((error: unknown) => {
      for (const userId of added) this.current.delete(userId);
      if (!(error instanceof Disconnected)) this.reportFailure(error);
    });
  }

  /** A new connection: nothing is told yet. */
  disconnected(): void {
    this.current.clear();
    this.absent.clear();
  }

  renamed(userId: UserId, displayName: string): void {
    const known = this.known.get(userId);
    if (known) this.learn([{ id: userId, username: known.username, displayName }]);
    else this.ask([userId]).catch(this.reportFailure);
  }

  clear(): void {
    this.known.clear();
    this.disconnected();
  }

  private async ask(userIds: readonly UserId[]): Promise<void> {
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
      // A server of a version that has no such operation.
      if (error instanceof ParleyError && error.code === 'not_found') return [];
      throw error;
    }
  }
}
