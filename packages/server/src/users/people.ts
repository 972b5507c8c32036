import type { RequestOf, ResponseOf, User, UserId } from '@parley/protocol';
import * as z from 'zod/mini';
import type { ConnectionRegistry } from '../connections/registry-port.ts';
import { cursorText, decodeCursor, encodeCursor } from '../platform/cursor.ts';
import { Refusal } from '../platform/failures.ts';
import { searchPrefixes } from '../platform/search-terms.ts';
import { userView } from './user-view.ts';
import type { UserStore } from './users-port.ts';

const searchCursor = z.tuple([cursorText, cursorText]);

/** Finds people. Reveals nothing but username, display name, id and presence. */
export class People {
  constructor(
    private readonly users: Pick<UserStore, 'search' | 'byId' | 'byIds'>,
    private readonly registry: Pick<ConnectionRegistry, 'online'>,
  ) {}

  async search(query: RequestOf<'userSearch'>['query']): Promise<ResponseOf<'userSearch'>> {
    const [term, id] = query.cursor ? decodeCursor(query.cursor, searchCursor) : [];
    const after = term !== undefined && id !== undefined ? { term, id } : null;
    const found = await this.users.search({ prefixes: searchPrefixes(query.q), after, limit: query.limit });
    const online = await this.registry.online(found.map(({ user }) => user.id));
    const last = found.length === query.limit ? found.at(-1) : undefined;
    return {
      users: found.map(({ user }) => userView(user, online.has(user.id))),
      nextCursor: last ? encodeCursor([last.term, last.user.id]) : null,
    };
  }

  /** Returns the users whose names differ from the given version, disabled users included. */
  async lookUp({ userIds, versions: given }: RequestOf<'lookUpUsers'>['body']): Promise<User[]> {
    const versions = new Map(userIds.map((userId, index) => [userId, given?.[index]]));
    const users = await this.users.byIds([...versions.keys()]);
    const changed = users.filter((user) => userView(user, false).version !== versions.get(user.id));
    const online = await this.registry.online(changed.map(({ id }) => id));
    return changed.map((user) => userView(user, online.has(user.id)));
  }

  async get(userId: UserId): Promise<User> {
    const user = await this.users.byId(userId);
    if (!user || user.disabled) throw new Refusal('not_found', 'There is no such user.');
    const online = await this.registry.online([userId]);
    return userView(user, online.has(userId));
  }
}
