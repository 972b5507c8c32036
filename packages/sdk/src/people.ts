import type { UserId } from '@parley/protocol';
import type { PeopleDirectory, Person } from './people-directory.ts';

/** The names of people. */
export class People {
  constructor(private readonly directory: PeopleDirectory) {}

  /** The last known names of a person; undefined if nobody looked them up. */
  get(userId: UserId): Person | undefined {
    return this.directory.get(userId);
  }

  /** The names of these people. Looks up unknown names. Without a connection, only the known names. */
  find(userIds: readonly UserId[]): Promise<Person[]> {
    return this.directory.find(userIds);
  }

  /** Adds names from elsewhere, for example from the caller's own store. */
  learn(people: readonly Person[]): void {
    this.directory.learn(people);
  }
}
