import {
  type Account,
  Conversation,
  clientCloseCodes,
  type InputOf,
  knownTerms,
  limits,
  parseAnswer,
  type ResponseOf,
  type UserId,
} from '@parley/protocol';
import { backoffMs } from './backoff.ts';
import type { CatchUp } from './catch-up.ts';
import type { ClientCore } from './client-core.ts';
import { HttpApi } from './http.ts';
import { ParleyError } from './parley-error.ts';
import type { Person } from './people.ts';
import type { ReadRevision } from './read-revision.ts';
import { isOtherEpoch } from './restoration.ts';

/** A session whose end the server couldn't be told of is ended this much later, for an hour at most. */
const endRetryMs = 5_000;
const endTriesMax = 720;

/** Who is logged in, here and in the store. */
export class Session {
  account: Account | null = null;
  /** Whose session was lost with a restore of the server: what is kept here is theirs. */
  lost: Account | null = null;
  private loadingDeviceSecrets: Promise<void> | null = null;

  /** @param forgetHere ends the connection, and forgets what is kept outside of the store. */
  constructor(
    private readonly core: ClientCore,
    private readonly catchUp: CatchUp,
    private readonly readRevision: ReadRevision,
    private readonly forgetHere: () => void,
  ) {}

  async signup(input: InputOf<'signup'>): Promise<Account> {
    await this.loadDeviceSecrets();
    return this.begin(await this.core.api.call('signup', input));
  }

  async login(input: InputOf<'login'>): Promise<Account> {
    await this.loadDeviceSecrets();
    return this.begin(await this.core.api.call('login', input));
  }

  async resume(): Promise<Account | null> {
    const { api, store, conversations, outbox } = this.core;
    const [session] = await Promise.all([store.session(), this.loadDeviceSecrets()]);
    if (!session) return null;
    if (session.lost) this.lost = session.account;
    else {
      api.token = session.token;
      this.account = session.account;
    }
    this.catchUp.progress = session.catchUp ?? 'never';
    this.readRevision.current = session.readRevision ?? null;
    this.catchUp.epoch = session.epoch;
    if (session.terms !== knownTerms) this.catchUp.interrupt();
    for (const { conversation, position } of await store.conversations()) {
      // One that another version stored may be there still, although this version wrote the session since.
      conversations.put(parseAnswer(Conversation, conversation) ?? conversation, position);
    }
    this.core.people.learn(conversations.list().flatMap(({ data }) => data.partner ?? []));
    await outbox.load();
    return this.account;
  }

  /** Sends what other clients of this person left on the store, as tabs of another version do. */
  async takeOverOutbox(): Promise<void> {
    const session = await this.core.store.session();
    if (session && session.account.id === this.account?.id) await this.core.outbox.load();
  }

  async logout(): Promise<void> {
    const { api, runtime } = this.core;
    const ending = new HttpApi(api.url, runtime);
    ending.token = api.token;
    const isTold = await this.end(ending);
    await this.forget();
    if (!isTold) this.endLater(ending, endTriesMax);
  }

  /** Whether the server knows that the session is over. */
  private async end(api: HttpApi): Promise<boolean> {
    try {
      await api.call('logout', {});
      return true;
    } catch (error) {
      // A session that has ended already is what was asked for.
      return error instanceof ParleyError && error.code === 'unauthenticated';
    }
  }

  private endLater(api: HttpApi, tries: number): void {
    this.core.runtime.after(endRetryMs, () => {
      this.end(api)
        .then((isTold) => !isTold && tries > 1 && this.endLater(api, tries - 1))
        .catch(this.core.reportFailure);
    });
  }

  /** The connection stopped: tells when that is so because the session has ended. */
  async stopped(code: number | undefined): Promise<void> {
    const { api, store, events } = this.core;
    const { account } = this;
    const { token } = api;
    if (!account || (code !== clientCloseCodes.unauthenticated && code !== clientCloseCodes.revoked)) return;
    const isCurrent = () => api.token === token;
    const lost = await this.isOfAnotherHistory(account, isCurrent);
    if (!isCurrent()) return;
    if (lost) {
      api.token = null;
      this.account = null;
      this.lost = account;
      // Another client on the same store may have logged in meanwhile.
      if ((await store.session())?.token === token) await this.save();
    }
    events.emit('sessionEnded', { lost });
  }

  welcomed(account: Account): void {
    this.account = account;
    this.core.people.learn([account]);
  }

  /** Takes in how oneself is called now. */
  named(people: readonly Person[]): void {
    const { account } = this;
    const own = people.find(({ id }) => id === account?.id);
    if (!account || !own || own.displayName === account.displayName) return;
    this.account = { ...account, displayName: own.displayName };
    this.save().catch(this.core.reportFailure);
  }

  async save(): Promise<void> {
    const account = this.account ?? this.lost;
    if (!account) return;
    const { epoch, progress: catchUp } = this.catchUp;
    const { current: readRevision } = this.readRevision;
    await this.core.store.setSession({
      ...{ token: this.core.api.token ?? '', account, catchUp, terms: knownTerms },
      ...(readRevision !== null && { readRevision }),
      ...(epoch !== undefined && { epoch }),
      ...(this.lost && { lost: true }),
    });
  }

  /** The store lost everything: what is known here is written again. */
  async keepAgain(): Promise<void> {
    if (!this.account && !this.lost) return;
    for (const conversation of this.core.conversations.list()) this.core.changed(conversation);
    this.core.outbox.keepAgain();
    await this.core.store.setDeviceSecrets(this.core.api.deviceSecrets);
    await this.save();
  }

  /** Asks the store once, which may take its time. */
  private loadDeviceSecrets(): Promise<void> {
    const { api, store } = this.core;
    this.loadingDeviceSecrets ??= store.deviceSecrets().then((secrets) => {
      api.deviceSecrets = secrets;
    });
    return this.loadingDeviceSecrets;
  }

  private async keepDeviceSecret(secret: string): Promise<void> {
    const { api, store } = this.core;
    const others = api.deviceSecrets.filter((other) => other !== secret);
    api.deviceSecrets = [secret, ...others].slice(0, limits.deviceSecretsPerRequest);
    await store.setDeviceSecrets(api.deviceSecrets);
  }

  private async begin({ token, account, deviceSecret }: ResponseOf<'login'>): Promise<Account> {
    const earlier = this.account ?? this.lost ?? (await this.core.store.session())?.account;
    // What is kept is another person's, or nobody knows whose: none of it may be shown, or sent, as this one's.
    if (earlier?.id !== account.id) await this.forget(account.id);
    this.core.api.token = token;
    this.account = account;
    this.lost = null;
    await this.save();
    if (deviceSecret !== undefined) await this.keepDeviceSecret(deviceSecret);
    await this.core.outbox.load();
    return account;
  }

  /** Whether the server was restored; asked again until it can say. */
  private async isOfAnotherHistory({ id: userId }: Account, isWanted: () => boolean): Promise<boolean> {
    const { api, runtime } = this.core;
    const { epoch } = this.catchUp;
    for (let attempt = 0; epoch !== undefined && isWanted(); attempt++) {
      try {
        return isOtherEpoch(epoch, (await api.call('getServer', { userId })).epoch);
      } catch (error) {
        // A server of an earlier version, which doesn't know the question.
        if (error instanceof ParleyError && error.code === 'invalid_request') return false;
      }
      await new Promise<void>((resolve) => runtime.after(backoffMs(attempt, runtime.random()), resolve));
    }
    return false;
  }

  /**
   * @param next who logs in: the store is cleared of what isn't theirs. Without, nothing is cleared when another client,
   * as in another tab, has logged in on it since.
   */
  private async forget(next?: UserId): Promise<void> {
    const { token } = this.core.api;
    this.forgetHere();
    this.core.api.token = null;
    this.account = null;
    this.lost = null;
    this.catchUp.epoch = undefined;
    this.catchUp.progress = 'never';
    this.readRevision.current = null;
    const isOwn = next !== undefined || ((await this.core.store.session())?.token ?? token) === token;
    if (isOwn) await this.core.store.clear(next);
  }
}
