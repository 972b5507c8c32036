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
import type { AmendmentOutbox } from './amendment-outbox.ts';
import { backoffMs } from './backoff.ts';
import type { CatchUp } from './catch-up.ts';
import type { Emitter } from './client-events.ts';
import type { Connection } from './connection.ts';
import type { ConversationRecords } from './conversation-records.ts';
import type { ConversationUpdater } from './conversation-updater.ts';
import { HttpApi } from './http.ts';
import type { Identity } from './identity.ts';
import type { Outbox } from './outbox.ts';
import { ParleyError } from './parley-error.ts';
import type { PeopleDirectory, Person } from './people-directory.ts';
import type { ReadMarks } from './read-marks.ts';
import type { ReadRevision } from './read-revision.ts';
import { isOtherEpoch } from './restoration.ts';
import type { Runtime } from './runtime.ts';
import type { SteadyStore } from './store/steady-store.ts';

/** If the server cannot be reached at log-out, ending the session is retried this often, for an hour at most. */
const endRetryMs = 5_000;
const endTriesMax = 720;

/** What {@link Session} needs. */
export interface SessionPorts {
  readonly api: HttpApi;
  readonly runtime: Pick<Runtime, 'fetch' | 'after' | 'random'>;
  readonly store: SteadyStore;
  readonly connection: Pick<Connection, 'serverFeatures'>;
  readonly identity: Identity;
  readonly records: Pick<ConversationRecords, 'put' | 'list'>;
  readonly updater: Pick<ConversationUpdater, 'changed' | 'showMarks'>;
  readonly people: Pick<PeopleDirectory, 'learn'>;
  readonly outbox: Pick<Outbox, 'load' | 'keepAgain'>;
  readonly amendments: Pick<AmendmentOutbox, 'load' | 'keepAgain'>;
  readonly catchUp: Pick<CatchUp, 'progress' | 'epoch' | 'interrupt'>;
  readonly readRevision: Pick<ReadRevision, 'current'>;
  readonly readMarks: Pick<ReadMarks, 'pending' | 'unread' | 'load'>;
  readonly events: Emitter;
  /** Closes the connection and deletes what is in memory only. */
  forgetHere(): void;
  reportFailure(error: unknown): void;
}

/** Begins and ends the session, and keeps it in the store. */
export class Session {
  private loadingDeviceSecrets: Promise<void> | null = null;
  /** The features that the store has. */
  private keptFeatures: readonly string[] = [];

  constructor(private readonly ports: SessionPorts) {}

  async signup(input: InputOf<'signup'>): Promise<Account> {
    await this.loadDeviceSecrets();
    return this.begin(await this.ports.api.call('signup', input));
  }

  async login(input: InputOf<'login'>): Promise<Account> {
    await this.loadDeviceSecrets();
    return this.begin(await this.ports.api.call('login', input));
  }

  async resume(): Promise<Account | null> {
    const { api, store, connection, records, updater, people, identity, catchUp, readMarks, readRevision } = this.ports;
    const { failedReads } = store;
    const [session, conversations] = await Promise.all([
      store.session(),
      store.conversations(),
      this.loadDeviceSecrets(),
    ]);
    // Somebody has logged in meanwhile.
    if (identity.account) return identity.account;
    identity.isUnknown = store.failedReads > failedReads;
    if (identity.isUnknown) this.loadingDeviceSecrets = null;
    if (!session || identity.isUnknown) return null;
    if (session.lost) identity.lost = session.account;
    else {
      api.token = session.token;
      identity.account = session.account;
    }
    catchUp.progress = session.catchUp ?? 'never';
    readRevision.current = session.readRevision ?? null;
    catchUp.epoch = session.epoch;
    connection.serverFeatures = this.keptFeatures = session.features ?? [];
    readMarks.load(session.unsentReads ?? {}, session.unsentMarks ?? {});
    if (session.terms !== knownTerms) catchUp.interrupt();
    for (const { conversation, position, ownUnread, revision = 0 } of conversations) {
      // Another version of the client may have stored it, even if this version stored the session later.
      records
        .put(parseAnswer(Conversation, conversation) ?? conversation, position, true, ownUnread)
        .keptUpTo(revision);
    }
    people.learn(records.list().flatMap(({ data }) => data.partner ?? []));
    await updater.showMarks();
    await this.loadUnsent();
    return identity.account;
  }

  private async loadUnsent(): Promise<void> {
    await this.ports.outbox.load();
    await this.ports.amendments.load();
  }

  /** Sends messages that other clients of the same account left in the store, for example tabs of another version. */
  async takeOverOutbox(): Promise<void> {
    const { store, identity } = this.ports;
    const session = await store.session();
    if (session && session.account.id === identity.account?.id) await this.loadUnsent();
  }

  async logout(): Promise<void> {
    const { api, runtime, identity } = this.ports;
    if (api.token === null && !identity.lost) return;
    const ending = new HttpApi(api.url, runtime);
    ending.token = api.token;
    // The data is deleted at once, even if the server cannot be reached.
    const isEnded = ending.token === null || this.end(ending);
    await this.forget();
    if (!(await isEnded)) this.endLater(ending, endTriesMax);
  }

  /** Resolves with whether the session has ended on the server. */
  private async end(api: HttpApi): Promise<boolean> {
    try {
      await api.call('logout', {});
      return true;
    } catch (error) {
      // The session had already ended.
      return error instanceof ParleyError && error.code === 'unauthenticated';
    }
  }

  private endLater(api: HttpApi, tries: number): void {
    this.ports.runtime.after(endRetryMs, () => {
      this.end(api)
        .then((isEnded) => !isEnded && tries > 1 && this.endLater(api, tries - 1))
        .catch(this.ports.reportFailure);
    });
  }

  /** The connection stopped. Emits `sessionEnded` if the reason is that the session ended. */
  async stopped(code: number | undefined): Promise<void> {
    const { api, store, events, identity } = this.ports;
    const { account } = identity;
    const { token } = api;
    if (!account || (code !== clientCloseCodes.unauthenticated && code !== clientCloseCodes.revoked)) return;
    const isCurrent = () => api.token === token;
    const lost = await this.wasServerRestored(account, isCurrent);
    if (!isCurrent()) return;
    if (lost) {
      api.token = null;
      identity.account = null;
      identity.lost = account;
      // Another client with the same store may have logged in meanwhile.
      if ((await store.session())?.token === token) await this.save();
    }
    events.emit('sessionEnded', { lost });
  }

  welcomed(account: Account): void {
    this.ports.identity.account = account;
    this.ports.people.learn([account]);
  }

  /** Stores the features of the server if they changed, for a later run that begins without a connection. */
  keepFeatures(): void {
    const { connection, reportFailure } = this.ports;
    if (String(connection.serverFeatures) !== String(this.keptFeatures)) this.save().catch(reportFailure);
  }

  /** Updates the account if its own names changed. */
  named(people: readonly Person[]): void {
    const { identity, reportFailure } = this.ports;
    const { account } = identity;
    const own = people.find(({ id }) => id === account?.id);
    if (!account || !own || own.displayName === account.displayName) return;
    identity.account = { ...account, displayName: own.displayName };
    this.save().catch(reportFailure);
  }

  async save(): Promise<void> {
    const { api, store, connection, identity, catchUp, readMarks, readRevision } = this.ports;
    const account = identity.account ?? identity.lost;
    if (!account) return;
    const { epoch } = catchUp;
    const { serverFeatures: features } = connection;
    this.keptFeatures = features;
    await store.setSession({
      ...{ token: api.token ?? '', account, catchUp: catchUp.progress, terms: knownTerms },
      ...(readRevision.current !== null && { readRevision: readRevision.current }),
      ...(epoch !== undefined && { epoch }),
      ...(features.length > 0 && { features }),
      ...(readMarks.pending.size > 0 && { unsentReads: Object.fromEntries(readMarks.pending) }),
      ...(readMarks.unread.size > 0 && { unsentMarks: Object.fromEntries(readMarks.unread) }),
      ...(identity.lost && { lost: true }),
    });
  }

  /** The store lost all data: writes what is in memory again. */
  async keepAgain(): Promise<void> {
    const { api, store, identity, records, updater, outbox, amendments } = this.ports;
    if (!identity.account && !identity.lost) return;
    for (const record of records.list()) updater.changed(record);
    outbox.keepAgain();
    amendments.keepAgain();
    await store.setDeviceSecrets(api.deviceSecrets);
    await this.save();
  }

  /** Reads the store once. */
  private loadDeviceSecrets(): Promise<void> {
    const { api, store } = this.ports;
    this.loadingDeviceSecrets ??= store.deviceSecrets().then((secrets) => {
      api.deviceSecrets = secrets;
    });
    return this.loadingDeviceSecrets;
  }

  private async keepDeviceSecret(secret: string): Promise<void> {
    const { api, store } = this.ports;
    const others = api.deviceSecrets.filter((other) => other !== secret);
    api.deviceSecrets = [secret, ...others].slice(0, limits.deviceSecretsPerRequest);
    await store.setDeviceSecrets(api.deviceSecrets);
  }

  private async begin({ token, account, deviceSecret }: ResponseOf<'login'>): Promise<Account> {
    const { api, store, identity } = this.ports;
    const earlier = identity.account ?? identity.lost ?? (await store.session())?.account;
    // Stored data of another or an unknown account must not be shown or sent as this account's.
    if (earlier?.id !== account.id) await this.forget(account.id);
    api.token = token;
    identity.account = account;
    identity.lost = null;
    identity.isUnknown = false;
    await this.save();
    if (deviceSecret !== undefined) await this.keepDeviceSecret(deviceSecret);
    await this.loadUnsent();
    return account;
  }

  /** Whether the server was restored from a backup. Retries until the server answers. */
  private async wasServerRestored({ id: userId }: Account, isCurrent: () => boolean): Promise<boolean> {
    const { api, runtime, catchUp } = this.ports;
    const { epoch } = catchUp;
    for (let attempt = 0; epoch !== undefined && isCurrent(); attempt++) {
      try {
        return isOtherEpoch(epoch, (await api.call('getServer', { userId })).epoch);
      } catch (error) {
        // A server of an earlier version does not accept `userId`.
        if (error instanceof ParleyError && error.code === 'invalid_request') return false;
      }
      await new Promise<void>((resolve) => runtime.after(backoffMs(attempt, runtime.random()), resolve));
    }
    return false;
  }

  /**
   * @param next the account that logs in: data of other accounts is deleted from the store. If absent, the store is
   *   cleared unless another client with the same store, for example another tab, has logged in since.
   */
  private async forget(next?: UserId): Promise<void> {
    const { api, store, identity, catchUp, readRevision, forgetHere } = this.ports;
    const token = api.token ?? '';
    forgetHere();
    api.token = null;
    identity.account = null;
    identity.lost = null;
    catchUp.epoch = undefined;
    catchUp.progress = 'never';
    readRevision.current = null;
    if (next === undefined) {
      const stored = await store.session();
      // Somebody has logged in meanwhile, here or in another client.
      if (api.token !== null || (stored?.token ?? token) !== token) return;
    }
    await store.clear(next);
  }
}
