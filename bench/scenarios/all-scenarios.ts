import type { Scenario } from '../scenario.ts';
import { attack } from './attack.ts';
import { catchup } from './catchup.ts';
import { channel } from './channel.ts';
import { checkScenario } from './check.ts';
import { cores } from './cores.ts';
import { crowd } from './crowd.ts';
import { fanout } from './fanout.ts';
import { feed } from './feed.ts';
import { formatting } from './formatting.ts';
import { framesScenario } from './frames.ts';
import { groups } from './groups.ts';
import { growth } from './growth.ts';
import { homepage } from './homepage.ts';
import { idle } from './idle.ts';
import { login } from './login.ts';
import { mixed } from './mixed.ts';
import { overload } from './overload.ts';
import { presence } from './presence.ts';
import { reactions } from './reactions.ts';
import { registry } from './registry.ts';
import { scale } from './scale.ts';
import { send } from './send.ts';
import { storage } from './storage.ts';
import { store } from './store.ts';
import { storm } from './storm.ts';
import { web } from './web.ts';

/** In the order of the report. */
export const scenarios: readonly Scenario[] = [
  send,
  overload,
  fanout,
  crowd,
  cores,
  channel,
  reactions,
  groups,
  mixed,
  catchup,
  storm,
  homepage,
  growth,
  presence,
  login,
  idle,
  storage,
  store,
  feed,
  attack,
  framesScenario,
  checkScenario,
  registry,
  scale,
  web,
  formatting,
];
