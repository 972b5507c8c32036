import { followerNames, type RequestOf, type ResponseOf } from '@parley/protocol';
import type { FollowerStates } from './follower.ts';

/** Reports the progress of followers and resets them, also from a process that runs no followers. */
export class FollowerAdministration {
  constructor(private readonly states: Pick<FollowerStates, 'report' | 'reset'>) {}

  async list(): Promise<ResponseOf<'listFollowers'>> {
    return { followers: await Promise.all(followerNames.map((name) => this.states.report(name))) };
  }

  reset(name: RequestOf<'resetFollower'>['params']['name']): Promise<void> {
    return this.states.reset(name);
  }
}
