import type { InputOf, OperationId, ResponseOf } from '@parley/protocol';
import { HttpApi, ParleyError } from '@parley/sdk';
import { retriedWhileOverloaded } from './retried.ts';
import type { Person, RunningServer } from './running-server.ts';

/** Everybody whose access the tables of docs/SECURITY.md state, in the order of their columns. */
export const callers = [
  ...['nobody', 'stranger', 'former member', 'removed', 'banned', 'disabled account', 'revoked session'],
  ...['member', 'admin', 'owner', 'administrator'],
] as const;
export type Caller = (typeof callers)[number];

export const password = 'correct horse battery';

/** What callers change, beside their own accounts: a group, one to leave, and a channel. */
export type RoomName = 'group' | 'left group' | 'channel';

export interface Room {
  id: string;
  /** The number of a message. */
  seq: number;
}

/** The operations that act on another user. Each caller who may succeed acts on a user who is there for that. */
export const actingOn = ['addMembers', 'removeMember', 'setRole', 'banUser', 'unbanUser'] as const;
type ActingOn = (typeof actingOn)[number];
const mayAct = ['admin', 'owner'] as const;

/** Repeats what an overloaded server refuses, as a server on a busy machine may. */
class PatientApi extends HttpApi {
  override call<Id extends OperationId>(id: Id, input: InputOf<Id>): Promise<ResponseOf<Id>> {
    return retriedWhileOverloaded(() => super.call(id, input));
  }
}

/** A server with a user of each kind. */
export class AccessScene {
  private readonly people = new Map<string, Person>();
  private readonly rooms = new Map<RoomName, Room>();

  private constructor(readonly server: RunningServer) {}

  static async on(server: RunningServer): Promise<AccessScene> {
    const scene = new AccessScene(server);
    // The first account of a server administers it.
    await scene.signUp('administrator');
    const others = callers.filter((caller) => caller !== 'nobody' && caller !== 'administrator');
    const targets = actingOn.flatMap((id) => mayAct.map((caller) => targetName(id, caller)));
    await Promise.all([...others, ...targets, 'deputy', 'victim'].map((name) => scene.signUp(name)));
    for (const name of ['group', 'left group', 'channel'] as const) await scene.makeRoom(name);
    return scene;
  }

  private async signUp(name: string): Promise<void> {
    const { token, account } = await this.api(null).call('signup', { username: usernameOf(name), password });
    this.people.set(name, { token, account });
  }

  person(name: string): Person {
    const person = this.people.get(name);
    if (!person) throw new Error(`there is no ${name}`);
    return person;
  }

  id(name: string): string {
    return this.person(name).account.id;
  }

  /** The user on whom the caller acts. Those who are refused before name that of the owner. */
  targetOf(id: ActingOn, caller: Caller): string {
    return this.id(targetName(id, caller === 'admin' ? 'admin' : 'owner'));
  }

  room(name: RoomName): Room {
    const room = this.rooms.get(name);
    if (!room) throw new Error(`there is no ${name}`);
    return room;
  }

  /** A client with the session of the caller; nobody has none. */
  as(caller: Caller): HttpApi {
    return this.api(caller === 'nobody' ? null : this.person(caller).token);
  }

  private api(token: string | null): HttpApi {
    const api = new PatientApi(this.server.nextUrl(), { fetch });
    api.token = token;
    return api;
  }

  private async makeRoom(name: RoomName): Promise<void> {
    const owner = this.as('owner');
    const created = await owner.call(name === 'channel' ? 'createChannel' : 'createGroup', { name });
    const conversationId = created.id;
    const acting = ['admin', 'member', 'former member', 'removed', 'disabled account', 'revoked session', 'deputy'];
    const acted = (...ids: ActingOn[]) => ids.flatMap((id) => mayAct.map((caller) => targetName(id, caller)));
    const joining = [...acting, ...acted('removeMember', 'setRole', 'banUser')];
    await owner.call('addMembers', { conversationId, userIds: joining.map((each) => this.id(each)) });
    const [{ seq }] = await Promise.all([
      owner.call('sendMessage', { conversationId, clientMessageId: 'first', text: 'a message' }),
      owner.call('setRole', { conversationId, userId: this.id('admin'), role: 'admin' }),
      owner.call('setRole', { conversationId, userId: this.id('deputy'), role: 'owner' }),
      this.as('former member').call('leaveConversation', { conversationId }),
      owner.call('removeMember', { conversationId, userId: this.id('removed') }),
      ...['banned', ...acted('unbanUser')].map((each) =>
        owner.call('banUser', { conversationId, userId: this.id(each) }),
      ),
    ]);
    this.rooms.set(name, { id: conversationId, seq });
  }

  /** Disables an account, and ends a session. The rooms have both as members before. */
  async endSessions(): Promise<void> {
    const disabled = { userId: this.id('disabled account'), disabled: true };
    await this.as('administrator').call('setAccountDisabled', disabled);
    await this.as('revoked session').call('logout', {});
  }
}

function targetName(id: ActingOn, caller: (typeof mayAct)[number]): string {
  return `target of ${id} by ${caller}`;
}

/** A name without spaces, as accounts have. */
export function usernameOf(name: string): string {
  return name.replaceAll(' ', '-');
}

/** `yes`, or the code with which the operation is refused. */
export async function answerTo<Id extends OperationId>(api: HttpApi, id: Id, input: InputOf<Id>): Promise<string> {
  try {
    await api.call(id, input);
    return 'yes';
  } catch (error) {
    if (error instanceof ParleyError) return error.code;
    throw error;
  }
}
